"""Nobody is called by a role, no code stands among words: in a text, or in a seed of phrases."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from think_family.errors import ThinkFamilyError
from think_family.scoring.wording import ROLES, check_phrases, faults_of

SEEDS = Path(__file__).parents[2] / "seeds"
PHRASES = ("phrase_person", "phrase_past", "phrase_family", "phrase_through_others", "phrase_risk")
SEEDS_OF_PHRASES = ("indicator_catalogue", "score_phrase", "score_indicator")


def phrases_of(seed: str) -> Iterator[tuple[str, str]]:
    with (SEEDS / f"{seed}.csv").open(encoding="utf-8", newline="") as text:
        for row in csv.DictReader(text):
            name = row.get("indicator_code") or row.get("reason_code") or row["model"]
            for column in PHRASES:
                if row.get(column):
                    yield f"{name}, {column}", row[column]


@pytest.mark.parametrize(
    "text",
    [
        "They are an offender.",
        "they are offenders",
        "the victim of an offence",
        "They have been the victim of violence",
        "The suspect's brother",
        "known perpetrators live near by",
        "they are a threat",
        "they are linked to a gang member",
        "They are a suspect in an offence",
        "linked to a groomer",
        "Recorded as a suspect, the offender",
        "they are criminals",
        "a young criminal",
        "a criminal record of theirs",
        "they are DEALERS",
    ],
)
def test_a_person_who_is_called_by_a_role_is_found(text: str) -> None:
    assert any("by a role" in fault for fault in faults_of(text))


@pytest.mark.parametrize("role", ROLES)
def test_every_role_is_found_as_a_noun_for_a_person(role: str) -> None:
    assert faults_of(f"they are a {role}")
    assert faults_of(f"this person is the {role} here")


@pytest.mark.parametrize(
    "text",
    [
        "have been recorded as a suspect in a violent offence",
        "were recorded as the victim of domestic abuse offences",
        "are linked as victim to domestic abuse incidents",
        "are linked to people whose records show a risk of criminal exploitation",
        "be at risk of criminal exploitation",
        "have police warning markers",
    ],
)
def test_what_was_recorded_of_an_event_may_be_said(text: str) -> None:
    assert faults_of(text) == ()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("they have points_cse", "a code: points_cse"),
        ("they have missing_report", "a code: missing_report"),
        ("they went to ks4", "a code: ks4"),
        ("they went , and came", "stray mark"),
        ("they went,; they came", "stray mark"),
        ("they went.. They came", "stray mark"),
        ("they went; .", "stray mark"),
        ("they went ()", "stray mark"),
        ("they  went", "stray space"),
        (" they went", "stray space"),
        ("they went\nand came", "stray space"),
    ],
)
def test_a_code_a_stray_mark_and_a_stray_space_are_found(text: str, fault: str) -> None:
    assert any(fault in found for found in faults_of(text))


def test_the_test_of_the_data_knows_the_same_roles() -> None:
    sql = (SEEDS.parent / "tests" / "data" / "no_text_calls_anybody_by_a_role.sql").read_text()
    assert {f'"{role}"' if role != "criminal" else '"criminals"' for role in ROLES} <= set(
        re.findall(r'"[a-z ]+"', sql)
    )


def test_dates_and_numbers_are_no_codes() -> None:
    assert faults_of("they were suspended from school on 3 May 2023; and 14 further reasons") == ()


@pytest.mark.parametrize(
    "text",
    [
        "have been recorded as a suspect in an offence",
        "are linked to crime",
        "have been detained in police custody",
        "have been recorded as the victim of violence",
        "have a marker for weapons",
    ],
)
def test_of_whom_a_network_alone_is_told_no_word_of_offending_stands(text: str) -> None:
    assert faults_of(text) == ()
    assert faults_of(text, network_only=True)


@pytest.mark.parametrize("seed", SEEDS_OF_PHRASES)
def test_every_phrase_of_the_seeds_may_be_said(seed: str) -> None:
    phrases = list(phrases_of(seed))
    assert phrases
    check_phrases(phrases)
    # What a text is put together with stands nowhere else.
    assert [name for name, phrase in phrases if ";" in phrase or phrase.endswith(".")] == []


def test_what_is_said_of_people_near_by_in_sexual_exploitation_has_no_word_of_offending() -> None:
    phrases = [
        (name, phrase)
        for seed in ("score_phrase", "score_indicator")
        for name, phrase in phrases_of(seed)
        if name.startswith(("cse,", "cse_over_18,"))
    ]
    assert len(phrases) == 4
    check_phrases(phrases, network_only=True)


def test_a_phrase_at_fault_is_told_by_what_it_is_of() -> None:
    with pytest.raises(ThinkFamilyError, match=r"custody: calls somebody by a role: offender"):
        check_phrases([("custody", "are an offender"), ("absence", "were absent")])
    with pytest.raises(ThinkFamilyError, match=r"custody: is empty"):
        check_phrases([("custody", "")])
