"""Every relation that comes in or goes out is checked, and no mart stands on an unchecked one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from think_family.quality.suites import Fault, Suite, read_suite

from .conftest import FURTHER, ROOT, Project
from .test_models import LEDGERS, folder_of, is_gate

EXPECTATIONS = ROOT / "expectations"
SUITES = sorted(EXPECTATIONS.rglob("*.json"))
# Folders of staging that need no suites; those of further programmes bring data tests instead.
UNCHECKED = LEDGERS | FURTHER
# Relations in the SQL of a suite, by the names of models.
MODEL_NAME = re.compile(r"\b(?:stg|int|dim|fct)_[a-z0-9_]+")


def suite_of(file: Path) -> Suite:
    suite = read_suite(file)
    assert not isinstance(suite, Fault), suite
    return suite


def checking(project: Project, gate: str) -> dict[str, Any]:
    model: dict[str, Any] = project.models[f"int_quality__{gate}_checked"]
    return model


def ancestors(project: Project, model: dict[str, Any]) -> set[str]:
    """Names of the models above a model; of a gate's own ancestors, it takes no data."""
    found: set[str] = set()
    waiting = [model]
    while waiting:
        for name in project.names_of_parents(waiting.pop()) & project.models.keys():
            if name not in found:
                found.add(name)
                if not is_gate(project.models[name]):
                    waiting.append(project.models[name])
    return found


@pytest.mark.parametrize("file", SUITES, ids=lambda file: file.relative_to(EXPECTATIONS).as_posix())
def test_a_suite_can_be_read_to_its_last_rule(file: Path) -> None:
    suite = suite_of(file)
    assert suite.faults == ()
    for expectation in suite.expectations:
        assert expectation.rule.endswith("."), expectation.rule
        assert expectation.remedy.endswith("."), expectation.remedy


def test_every_folder_of_suites_is_a_gate_and_every_gate_a_folder(project: Project) -> None:
    folders = {folder.name for folder in EXPECTATIONS.iterdir() if folder.is_dir()}
    gates = {model["name"] for model in project.models.values() if is_gate(model)}
    assert gates == {f"gate_{folder}" for folder in folders}
    for gate in gates:
        tests = [t for t in project.tests if t.get("attached_node") == f"model.think_family.{gate}"]
        assert "gate_is_open" in {(t.get("test_metadata") or {}).get("name") for t in tests}, gate


def test_every_staging_model_and_every_mart_is_checked_once(project: Project) -> None:
    of_further = {m["name"] for m in project.in_layer("models/staging") if folder_of(m) in FURTHER}
    checked = [
        file.stem for file in SUITES if file.parent != EXPECTATIONS and file.stem not in of_further
    ]
    to_be_checked = [
        *(m["name"] for m in project.in_layer("models/staging") if folder_of(m) not in UNCHECKED),
        *(m["name"] for m in project.marts),
    ]
    assert sorted(name for name in checked if not name.startswith("int_")) == sorted(to_be_checked)
    assert len(checked) == len(set(checked))


def test_a_gate_reads_what_its_suites_name_and_nothing_else(project: Project) -> None:
    for folder in (folder for folder in EXPECTATIONS.iterdir() if folder.is_dir()):
        named: set[str] = set()
        for file in folder.glob("*.json"):
            queries = " ".join(
                expectation.kwargs.get("unexpected_rows_query", "")
                for expectation in suite_of(file).expectations
            )
            named |= {file.stem} | set(MODEL_NAME.findall(queries))
        read = project.names_of_parents(checking(project, folder.name))
        of_each = {
            f"int_quality__{folder.name}_{what}" for what in ("deliveries_compared", "compared")
        }
        assert read - of_each == named & project.models.keys(), folder.name


def test_a_suite_of_staging_names_the_extract_of_its_model(project: Project) -> None:
    extracts = {
        source["unique_id"]: f"{source['source_name']}/{source['name']}"
        for source in project.manifest["sources"].values()
    }
    for model in project.in_layer("models/staging"):
        if folder_of(model) in UNCHECKED:
            continue
        (file,) = EXPECTATIONS.glob(f"*/{model['name']}.json")
        read = {extracts[parent] for parent in model["depends_on"]["nodes"] if parent in extracts}
        assert suite_of(file).extract in read, model["name"]


def test_deliveries_are_compared_of_the_models_that_the_gate_checks(project: Project) -> None:
    for name, model in project.models.items():
        found = re.fullmatch(r"int_quality__(\w+)_deliveries_compared", name)
        if found:
            of_all = {"int_quality__deliveries_dated", "int_quality__deliveries_ordered"}
            compared = project.names_of_parents(model) - of_all
            assert compared == {f.stem for f in (EXPECTATIONS / found[1]).glob("*.json")}, name


def test_a_mart_of_persons_stands_below_the_gate_of_all_that_it_is_made_of(
    project: Project,
) -> None:
    gate_of = {file.stem: f"gate_{file.parent.name}" for file in SUITES}
    for mart in project.marts:
        if folder_of(mart) == "assurance":
            # Tells of deliveries and runs, also where a gate is shut.
            continue
        above = ancestors(project, mart)
        needed = {
            gate_of[name]
            for name in above
            if name.startswith("stg_") and folder_of(project.models[name]) not in UNCHECKED
        }
        assert needed, mart["name"]
        assert needed <= above, (mart["name"], needed - above)
        hooks = " ".join(hook["sql"] for hook in mart["config"]["pre-hook"])
        assert "refuse_ungated()" in hooks, mart["name"]


def test_no_id_is_given_that_a_gate_has_not_let_through(project: Project) -> None:
    for model in project.models.values():
        if "ids_registered(" in model["raw_code"]:
            hooks = " ".join(hook["sql"] for hook in model["config"]["pre-hook"])
            assert "refuse_ungated()" in hooks, model["name"]
            assert [name for name in project.names_of_parents(model) if name.startswith("gate_")]
