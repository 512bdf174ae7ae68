"""The seeds of indicators agree with each other, with the codes and with the extracts."""

from __future__ import annotations

import csv
from pathlib import Path

from think_family.contract import read_contract
from think_family.indicators.document import read_catalogue

ROOT = Path(__file__).parents[2]
CATALOGUE = read_catalogue(ROOT / "seeds")

# Words of facts that are no codes of an agency: answers, and Somerset's details.
WORDS = {
    "true",
    "exploitation",
    "older_friends",
    "self_harm",
    "substances",
    "childrens home",
    "permanent",
    "semi independent",
    "suspension",
}


def decoded_values() -> set[str]:
    with (ROOT / "seeds" / "code_map.csv").open(encoding="utf-8", newline="") as file:
        return {row["value"] for row in csv.DictReader(file)}


def test_every_indicator_is_told_by_some_fact_and_every_fact_tells_an_indicator() -> None:
    listed = {row["indicator_code"] for row in CATALOGUE.indicators}
    assert {row["indicator_code"] for row in CATALOGUE.sources} == listed


def test_a_fact_is_of_an_extract_of_the_contract() -> None:
    extracts = {
        (extract.system, extract.name)
        for extract in read_contract(ROOT / "models" / "staging").extracts
    }
    assert {(row["source_system"], row["source_extract"]) for row in CATALOGUE.sources} <= extracts


def test_a_fact_is_named_by_a_word_that_decoding_gives() -> None:
    words = decoded_values() | WORDS
    unknown = [
        row["value"]
        for row in CATALOGUE.sources
        if row["value"] != "*"
        and row["value"] not in words
        and not set(row["value"].split(" ", 1)) <= words
    ]
    assert unknown == []


def test_an_indicator_stands_under_one_criterion_and_at_least_one_outcome() -> None:
    needs = {(row["framework"], row["need_code"]) for row in CATALOGUE.needs}
    assert len([1 for framework, _ in needs if framework == "six_criteria"]) == 6
    assert len([1 for framework, _ in needs if framework == "ten_outcomes"]) == 10
    for row in CATALOGUE.indicators:
        assert ("six_criteria", row["criterion"]) in needs, row["indicator_code"]
    for row in CATALOGUE.outcomes:
        assert ("ten_outcomes", row["outcome_code"]) in needs, row["outcome_code"]
    assert {row["indicator_code"] for row in CATALOGUE.outcomes} == {
        row["indicator_code"] for row in CATALOGUE.indicators
    }


def test_an_event_has_a_window_and_a_state_has_none() -> None:
    for row in CATALOGUE.indicators:
        assert bool(row["window_days"]) == (row["kind"] == "event"), row["indicator_code"]
