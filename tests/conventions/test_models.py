"""The house style, where a machine can tell it from the manifest."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Any

import pytest

from .conftest import Project

# Past participles that do not end in -ed.
IRREGULAR = {"built", "held", "known", "seen", "told", "written"}

# Folders of staging that read what the warehouse tells of itself, and no extract.
LEDGERS = {"load_ledger", "run_ledger"}


def folder_of(model: dict[str, Any]) -> str:
    return PurePath(model["original_file_path"]).parent.name


def is_gate(model: dict[str, Any]) -> bool:
    return bool(model["config"]["meta"].get("is_gate"))


def test_every_model_says_what_it_means_and_what_a_row_is(project: Project) -> None:
    lacking = [
        model["name"]
        for model in project.models.values()
        if "One row per" not in " ".join(model["description"].split())
    ]
    assert lacking == []


def test_every_model_has_a_tested_key(project: Project) -> None:
    keyed = set()
    for test in project.tests:
        kind = (test.get("test_metadata") or {}).get("name")
        if kind in {"unique", "unique_combination_of_columns"}:
            keyed.add(test["attached_node"])
    lacking = [m["name"] for m in project.models.values() if m["unique_id"] not in keyed]
    assert lacking == []


def test_names_tell_layer_source_or_concern(project: Project) -> None:
    wrong = []
    for model in project.in_layer("models/staging"):
        if not re.fullmatch(rf"stg_{folder_of(model)}__[a-z0-9_]+", model["name"]):
            wrong.append(model["name"])
    for model in project.marts:
        if not re.fullmatch(r"(dim|fct)_[a-z0-9_]+", model["name"]):
            wrong.append(model["name"])
    for model in project.in_layer("models/intermediate", "python_models"):
        if model["name"] == "publication" or is_gate(model):
            continue
        found = re.fullmatch(rf"int_{folder_of(model)}__[a-z0-9_]+_([a-z]+)", model["name"])
        if not found or not (found[1].endswith("ed") or found[1] in IRREGULAR):
            wrong.append(model["name"])
    assert wrong == []


def test_no_name_carries_a_version(project: Project) -> None:
    names = [*project.models, *(c for m in project.models.values() for c in m["columns"])]
    assert [n for n in names if re.search(r"(^|_)(v\d+|new|old|final|tmp)(_|$)", n)] == []


def test_only_staging_reads_sources_and_staging_reads_nothing_but_them(project: Project) -> None:
    staging = {model["unique_id"] for model in project.in_layer("models/staging")}
    wrong = []
    for model in project.models.values():
        for parent in model["depends_on"]["nodes"]:
            kind = parent.split(".")[0]
            if model["unique_id"] in staging:
                # A seed is a code map: decoding is staging's work, joining models is not.
                if kind == "model":
                    wrong.append((model["name"], parent))
            elif kind == "source":
                wrong.append((model["name"], parent))
    assert wrong == []


def test_nothing_reads_a_mart_but_marts_their_gate_and_the_publication(project: Project) -> None:
    marts = {model["unique_id"] for model in project.marts}
    readers = {"int_quality__marts_checked", "int_quality__marts_compared", "publication"}
    wrong = [
        model["name"]
        for model in project.models.values()
        if marts.intersection(model["depends_on"]["nodes"])
        and model["unique_id"] not in marts
        and model["name"] not in readers
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("what", "holds"),
    [
        ("a contract", lambda m: m["config"]["contract"]["enforced"]),
        ("public access", lambda m: m["access"] == "public"),
        ("a group", lambda m: m["config"].get("group")),
        ("purposes", lambda m: m["config"]["meta"].get("purposes")),
        ("a key, assumptions and consumers in its description", lambda m: _told(m)),
        (
            "a description and a type on each column",
            lambda m: all(c["description"] and c["data_type"] for c in m["columns"].values()),
        ),
        (
            "handling and permitted purposes on each row",
            lambda m: {"handling", "permitted_purposes"} <= set(m["columns"]),
        ),
    ],
)
def test_every_mart_has(project: Project, what: str, holds: Any) -> None:
    assert project.marts
    assert [model["name"] for model in project.marts if not holds(model)] == [], f"lacks {what}"


def _told(model: dict[str, Any]) -> bool:
    return all(word in model["description"] for word in ("Key:", "Consumers:", "Assumptions:"))


def test_every_mart_is_for_a_consumer_that_an_exposure_names(project: Project) -> None:
    exposed = {
        unique_id
        for exposure in project.manifest["exposures"].values()
        for unique_id in exposure["depends_on"]["nodes"]
    }
    assert [m["name"] for m in project.marts if m["unique_id"] not in exposed] == []


def test_the_publication_holds_every_mart_and_waits_for_every_gate(project: Project) -> None:
    waits_for = project.names_of_parents(project.models["publication"])
    gates = {model["name"] for model in project.models.values() if is_gate(model)}
    assert waits_for == {mart["name"] for mart in project.marts} | gates


def test_row_accounting_counts_every_staging_model_under_its_own_extract(project: Project) -> None:
    counting = project.models["int_assurance__staging_rows_counted"]
    staging = {
        model["name"]: model
        for model in project.in_layer("models/staging")
        if folder_of(model) not in LEDGERS
    }
    assert project.names_of_parents(counting) == set(staging)
    parted = dict(re.findall(r'"(stg_\w+)": "(\w+)"', counting["raw_code"]))
    for name, model in staging.items():
        (extract,) = project.names_of_parents(model) & {
            f"{source['source_name']}.{source['name']}"
            for source in project.manifest["sources"].values()
            if source["source_name"] == folder_of(model)
        }
        assert parted.get(name, name.removeprefix("stg_")) == extract.replace(".", "__"), name


def test_unit_tests_are_the_same_whatever_further_programmes_there_are(project: Project) -> None:
    # A unit test names every relation that its model reads.
    wrong = [
        unit_test["name"]
        for unit_test in project.manifest["unit_tests"].values()
        if 'var("further_programmes")' in project.models[unit_test["model"]]["raw_code"]
        and (unit_test["overrides"] or {}).get("vars", {}).get("further_programmes") != []
    ]
    assert wrong == []


def test_no_model_asks_for_its_engine(project: Project) -> None:
    asking = re.compile(r"target\s*\.\s*(type|name)|adapter\s*\.\s*type")
    assert [m["name"] for m in project.models.values() if asking.search(m["raw_code"])] == []


def test_no_name_is_too_long_for_postgres(project: Project) -> None:
    # dbt makes a table of a unit test's name, too.
    named = [*project.models.values(), *project.manifest["unit_tests"].values()]
    assert [node["name"] for node in named if len(node["name"]) > 63] == []


def test_python_models_are_thin(project: Project) -> None:
    long = {
        model["name"]: len(model["raw_code"].splitlines())
        for model in project.models.values()
        if model["language"] == "python" and len(model["raw_code"].splitlines()) > 60
    }
    assert long == {}


def test_every_macro_is_described_with_its_arguments(project: Project) -> None:
    lacking = []
    for macro in project.macros:
        # A generic test is documented where it is used; a dispatched body with its macro.
        if macro["name"].startswith("test_") or re.match(r"[a-z]+__", macro["name"]):
            continue
        if not macro["description"] or any(not a["description"] for a in macro["arguments"]):
            lacking.append(macro["name"])
    assert lacking == []
