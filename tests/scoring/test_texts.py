"""Texts say what the reasons are, and can be read back to them."""

from __future__ import annotations

import csv
import random
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from think_family.errors import ThinkFamilyError
from think_family.scoring.texts import Finding, Part, in_words, texts_written, write_text
from think_family.scoring.wording import faults_of

SEEDS = Path(__file__).parents[2] / "seeds"
DAY = date(2024, 6, 30)

FAMILY_COUNTED = "belong to a family with records that counted"


def seed(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def finding(**told: object) -> Finding:
    return replace(Finding("be at risk of sexual exploitation", "Medium", "model"), **told)  # type: ignore[arg-type]


def test_one_reason() -> None:
    text = write_text(finding(why=Part(("are on a CP plan",))))
    assert text.whole == (
        "This person was found more likely than most to be at risk of sexual exploitation because"
        " they are on a CP plan. The score is that of the statistical model."
    )
    assert (text.why, text.person, text.family) == (text.whole, None, None)


def test_two_reasons_and_all_three_parts() -> None:
    text = write_text(
        finding(
            level="High",
            winner="both",
            known_by="a marker of the police",
            why=Part(("are on a CP plan", "have moved school")),
            person=Part(("owe council tax",)),
            family=Part(("are unemployed", "have been reported as homeless"), n_further=1),
        )
    )
    assert text.whole == (
        "This person was found much more likely than most to be at risk of sexual exploitation"
        " because they are on a CP plan; and they have moved school. The statistical model and the"
        " analysts' index give the same score. Already known by a marker of the police."
        " Contextual factors of this person: they owe council tax. Contextual factors of at least"
        " one member of their family: they are unemployed; they have been reported as homeless; and"
        " one further factor."
    )
    assert " ".join((text.why, text.person or "", text.family or "")) == text.whole


def test_reasons_that_are_not_named_are_counted() -> None:
    many = write_text(finding(why=Part(("are on a CP plan",), n_further=14)))
    assert "because they are on a CP plan; and for 14 further reasons." in many.whole
    none_named = write_text(finding(why=Part(n_further=2)))
    assert "sexual exploitation for two reasons not listed here." in none_named.whole


def test_without_a_reason_nothing_is_made_up() -> None:
    text = write_text(finding())
    assert "sexual exploitation but no single record stands out." in text.whole


def test_who_does_not_stand_out_is_not_said_to() -> None:
    text = write_text(finding(level=None, why=Part(("are on a CP plan",), n_further=1)))
    assert text.whole == (
        "This person was not found more likely than most to be at risk of sexual exploitation. What"
        " counted most: they are on a CP plan; and one further reason. The score is that of the"
        " statistical model."
    )
    assert "What counted" not in write_text(finding(level=None)).whole


def test_a_reason_stands_once() -> None:
    text = write_text(finding(why=Part(("are on a CP plan", "are on a CP plan"))))
    assert text.whole.count("CP plan") == 1


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({}, "The score is that of the statistical model."),
        ({"winner": "index"}, "The score is that of the analysts' index."),
        (
            {"winner": "index", "is_strong_disagreement": True},
            "The score is that of the analysts' index; the statistical model gives a far lower"
            " one.",
        ),
        ({"method": "flag_count", "winner": "index"}, "The score is a count of flags."),
        (
            {"method": "network"},
            "The score tells of people near this person and of nothing else.",
        ),
        (
            {"proxy_share": 0.51},
            "Most of the score rests on records that may come of a harm that is already suspected"
            " or of help that is already given.",
        ),
    ],
)
def test_which_kind_carried_a_score_is_said(told: dict[str, object], sentence: str) -> None:
    assert sentence in write_text(finding(**told)).whole


def test_half_and_less_is_not_most() -> None:
    assert "Most of the score" not in write_text(finding(proxy_share=0.5)).whole


def test_what_the_family_carried_is_said_where_the_score_is_explained() -> None:
    text = write_text(finding(family_share=0.2, family=Part(("are unemployed",))))
    assert f"because they {FAMILY_COUNTED}." in text.why
    assert FAMILY_COUNTED not in write_text(finding(family_share=0.19)).whole


def test_numbers_are_said_in_words_up_to_twelve() -> None:
    assert [in_words(number) for number in (0, 1, 12, 13)] == ["no", "one", "twelve", "13"]


# A small grammar of texts, which knows nothing of how they are written.
FOUND = re.compile(
    r"This person was (?P<found>not found|found much|found somewhat|found) more likely than most to"
    r" (?P<risk>[^;:.]+?)"
    r"(?: because (?P<why>[^.]+)| for (?P<alone>\w+) reasons? not listed here"
    r"| but no single record stands out)?\."
    r"(?: What counted most: (?P<most>[^.]+)\.)?"
    r" (?P<carried>(?:The score|The statistical model)[^.]+)\."
    r"(?P<proxies> Most of the score rests on records [^.;:]+\.)?"
    r"(?: Already known by (?P<known>[^.;:]+)\.)?"
    r"(?: Contextual factors of this person: (?P<person>[^.]+)\.)?"
    r"(?: Contextual factors of at least one member of their family: (?P<family>[^.]+)\.)?"
)
FOUND_BY_LEVEL = {
    "High": "found much",
    "Medium": "found",
    "Low": "found somewhat",
    None: "not found",
}
NUMBERS = {in_words(number): number for number in range(40)}


def read_list(text: str | None) -> tuple[list[str], int]:
    """Read `they A; they B; and [for] two further reasons` back to phrases and a number."""
    if text is None:
        return [], 0
    items = text.split("; ")
    n_further = 0
    last = re.fullmatch(r"and (?:for )?(\w+) further (?:reason|factor)s?", items[-1])
    if last:
        n_further = NUMBERS[last[1]]
        items.pop()
    elif len(items) > 1:
        assert items[-1].startswith("and they ")
        items[-1] = items[-1].removeprefix("and ")
    assert all(item.startswith("they ") for item in items), text
    return [item.removeprefix("they ") for item in items], n_further


def phrases_of_seeds() -> list[str]:
    """All that may be said after the word they, with days of what is over."""
    told = []
    for row in seed("indicator_catalogue"):
        over = "until" if row["kind"] == "state" else "on"
        told += [row["phrase_person"], row["phrase_family"]]
        told.append(f"{row['phrase_past']} {over} 3 May 2023")
    for row in seed("score_phrase"):
        told += [row["phrase_person"], row["phrase_through_others"]]
    return sorted({phrase for phrase in told if phrase})


def part_drawn(chance: random.Random, phrases: list[str]) -> Part:
    return Part(
        tuple(chance.sample(phrases, chance.choice((0, 1, 1, 2, 3, 6)))), chance.randint(0, 15)
    )


def test_a_thousand_texts_are_read_back_to_their_reasons() -> None:
    chance = random.Random(1)  # noqa: S311, texts to try and no secrets
    phrases = phrases_of_seeds()
    risks = [row["phrase_risk"] for row in seed("score_indicator")]
    for _ in range(1000):
        drawn = Finding(
            risk=chance.choice(risks),
            level=chance.choice(("High", "Medium", "Low", None)),
            winner=chance.choice(("model", "index", "both")),
            is_strong_disagreement=chance.random() < 0.3,
            method=chance.choice(("learned", "learned", "flag_count", "network")),
            known_by=chance.choice((None, "a marker of the police's operation")),
            proxy_share=chance.random(),
            family_share=chance.choice((0.0, 0.1, 0.3)),
            why=part_drawn(chance, phrases),
            person=part_drawn(chance, phrases),
            family=part_drawn(chance, phrases),
        )
        text = write_text(drawn).whole
        assert write_text(drawn).whole == text
        assert faults_of(text) == (), text
        read = FOUND.fullmatch(text)
        assert read, text
        assert read["risk"] == drawn.risk
        assert read["found"] == FOUND_BY_LEVEL[drawn.level]
        assert (read["known"] or None) == drawn.known_by
        assert bool(read["proxies"]) == (drawn.proxy_share > 0.5)
        stands_out = drawn.level is not None
        assert (read["most"] if stands_out else read["why"]) is None
        why, n_further = read_list(read["why"] if stands_out else read["most"])
        family_counted = [FAMILY_COUNTED] if drawn.family_share >= 0.2 else []
        assert why == [*drawn.why.phrases, *family_counted]
        if why:
            assert n_further == drawn.why.n_further
        elif stands_out:
            assert NUMBERS.get(read["alone"] or "no") == drawn.why.n_further
        for name, part in (("person", drawn.person), ("family", drawn.family)):
            named, n_further = read_list(read[name])
            assert named == list(part.phrases)
            assert n_further == (part.n_further if part.phrases else 0)


PERSONS = pa.table(
    {
        "model": ["cse_under_18", "cse_under_18", "cse_over_18", "cse_over_18"],
        "person_id": ["P2", "P1", "P3", "P4"],
        "as_of_date": [DAY] * 4,
        "level": ["Medium", None, "High", None],
        "winner": ["index", "model", "index", "index"],
        "is_strong_disagreement": [False, False, None, None],
        "known_by": pa.array([None, "a marker", None, None], pa.string()),
    }
)
INDICATORS = {"model": ["cse_under_18", "cse_over_18"], "phrase_risk": ["be at risk", "be near"]}
MODELS = {"model": ["cse_under_18", "cse_over_18"], "method": ["learned", "network"]}


def reasons(*rows: tuple[Any, ...]) -> pa.Table:
    names = (
        "model", "person_id", "text_part", "nth", "scope", "reason_code", "phrase", "lift_share",
        "is_label_proxy", "is_told_by_another", "is_named",
    )  # fmt: skip
    return pa.Table.from_pylist(
        [
            {**told, "as_of_date": DAY, "is_carrying": told["lift_share"] > 0}
            for told in (dict(zip(names, row, strict=True)) for row in rows)
        ]
    )


REASONS = reasons(
    ("cse_under_18", "P2", "why", 2, "person", "b", "have moved school", 0.2, False, False, True),
    ("cse_under_18", "P2", "why", 1, "person", "a", "are on a CP plan", 0.6, True, False, True),
    ("cse_under_18", "P2", "why", 3, "person", "c", "are late", 0.1, False, False, False),
    ("cse_under_18", "P2", "why", 4, "person", "d", "were late", 0.0, False, True, False),
    ("cse_under_18", "P2", "none", 1, "none", "age", None, 0.1, False, False, False),
    ("cse_under_18", "P2", "person", 1, "person", "e", "owe council tax", 0.0, False, False, True),
    ("cse_under_18", "P2", "family", 1, "family", "a", "are on a CP plan", 0.0, True, False, True),
    ("cse_over_18", "P3", "why", 1, "associates", "cse", "are linked", 1.0, False, False, True),
)  # fmt: skip


def test_everybody_who_was_scored_has_a_text_of_their_own_reasons_in_order() -> None:
    told = texts_written(PERSONS, REASONS, INDICATORS, MODELS)
    # Of an adult near whom nobody at risk is, nothing is written.
    assert told["person_id"].to_pylist() == ["P3", "P1", "P2"]
    near, nothing, much = told["text"].to_pylist()
    assert near == (
        "This person was found much more likely than most to be near because they are linked. The"
        " score tells of people near this person and of nothing else."
    )
    assert nothing == (
        "This person was not found more likely than most to be at risk. The score is that of the"
        " statistical model. Already known by a marker."
    )
    assert much == (
        "This person was found more likely than most to be at risk because they are on a CP plan;"
        " they have moved school; and for one further reason. The score is that of the analysts'"
        " index. Most of the score rests on records that may come of a harm that is already"
        " suspected or of help that is already given. Contextual factors of this person: they owe"
        " council tax. Contextual factors of at least one member of their family: they are on a CP"
        " plan."
    )


def test_the_order_of_the_rows_makes_no_difference() -> None:
    turned = REASONS.take(pa.array(range(len(REASONS) - 1, -1, -1)))
    persons = PERSONS.take(pa.array([2, 3, 0, 1]))
    assert texts_written(persons, turned, INDICATORS, MODELS).equals(
        texts_written(PERSONS, REASONS, INDICATORS, MODELS)
    )


def test_nobody_scored_gives_no_text() -> None:
    assert len(texts_written(PERSONS[:0], REASONS[:0], INDICATORS, MODELS)) == 0


def test_a_model_without_words_is_told() -> None:
    with pytest.raises(ThinkFamilyError, match="no words for: cse_over_18"):
        texts_written(PERSONS, REASONS, {"model": ["cse_under_18"], "phrase_risk": ["be"]}, MODELS)


@pytest.mark.parametrize(
    ("model", "person", "phrase", "fault"),
    [
        ("cse_under_18", "P2", "are an offender", "custody: calls somebody by a role: offender"),
        ("cse_under_18", "P2", "have custody_type", "custody: holds a code: custody_type"),
        ("cse_under_18", "P2", None, "custody: is empty"),
        ("cse_over_18", "P3", "are linked to crime", "custody: speaks of offending: crime"),
    ],
)
def test_a_phrase_at_fault_stops_and_names_the_indicator_and_nobody(
    model: str, person: str, phrase: str | None, fault: str
) -> None:
    row = reasons((model, person, "why", 1, "person", "custody", phrase, 1.0, False, False, True))
    with pytest.raises(ThinkFamilyError, match=re.escape(fault)) as stopped:
        texts_written(PERSONS, row, INDICATORS, MODELS)
    assert person not in str(stopped.value)
