"""What is wrong with a suite is found when it is read, and never passed over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from think_family.quality.suites import Fault, read_suite, read_suites

RULE = {
    "type": "expect_column_values_to_not_be_null",
    "kwargs": {"column": "nominal_id"},
    "severity": "critical",
    "description": "Every nominal has its reference.",
    "notes": "Ask the police.",
}


def written(folder: Path, *rules: Any, name: str = "nominals", **document: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.json"
    document = {"name": name, "expectations": list(rules)} | document
    file.write_text(json.dumps(document), encoding="utf-8")
    return file


def test_a_suite_is_read_with_its_rules_in_order(tmp_path: Path) -> None:
    second = RULE | {"kwargs": {"column_A": "to_date"}, "meta": {"critical_from": 10}}
    suite = read_suite(written(tmp_path, RULE, second, meta={"extract": "police/nominals"}))
    assert not isinstance(suite, Fault)
    assert suite.extract == "police/nominals"
    assert [(rule.number, rule.column) for rule in suite.expectations] == [
        (1, "nominal_id"),
        (2, "to_date"),
    ]
    assert [rule.critical_from for rule in suite.expectations] == [1, 10]
    assert suite.faults == ()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"type": "expect_column_values_to_not_be_nul"}, "none of the kinds"),
        ({"type": "expect_column_distinct_values_to_be_in_set"}, "show no values"),
        ({"type": "expect_column_max_to_be_between"}, "begin with n_ or share_"),
        ({"severity": "critcal"}, "the severity 'critcal' is none of critical, warning"),
        ({"severty": "critical"}, "'severty' is no part of an expectation"),
        ({"description": " "}, "its description is empty"),
        ({"notes": ""}, "its notes is empty"),
        ({"kwargs": ["column"]}, "its kwargs are no object"),
        ({"meta": {"critical_form": 3}}, "its meta may hold column and critical_from only"),
        ({"meta": {"critical_from": 0}}, "critical_from is no positive whole number"),
    ],
)
def test_a_rule_that_is_misspelt_is_a_fault_beside_the_others(
    tmp_path: Path, change: dict[str, Any], told: str
) -> None:
    suite = read_suite(written(tmp_path, RULE, RULE | change))
    assert not isinstance(suite, Fault)
    assert [rule.number for rule in suite.expectations] == [1]
    (fault,) = suite.faults
    assert fault.number == 2
    assert told in fault.what


def test_a_rule_that_lacks_a_part_is_a_fault(tmp_path: Path) -> None:
    suite = read_suite(written(tmp_path, {k: v for k, v in RULE.items() if k != "severity"}))
    assert not isinstance(suite, Fault)
    assert [fault.what.rpartition(": ")[2] for fault in suite.faults] == ["it lacks 'severity'"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"name": "nominals",\n "expectations": [}', "line 2: not valid JSON"),
        ('{"name": "nominals"}', "no list of expectations"),
        ('{"name": "nominals", "expectations": []}', "holds no expectation"),
        ('{"name": "pupils", "expectations": [1]}', "is named 'pupils' inside"),
    ],
)
def test_a_file_that_is_no_suite_is_a_fault(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "nominals.json"
    file.write_text(text, encoding="utf-8")
    fault = read_suite(file)
    assert isinstance(fault, Fault)
    assert told in fault.what


def test_relations_and_files_are_matched_both_ways(tmp_path: Path) -> None:
    written(tmp_path, RULE)
    written(tmp_path, RULE, name="custody")
    suites, faults = read_suites(tmp_path, ["nominals", "markers"])
    assert [suite.name for suite in suites] == ["nominals"]
    assert sorted((fault.suite, fault.what.split()[0]) for fault in faults) == [
        ("custody", "the"),
        ("markers", "there"),
    ]
