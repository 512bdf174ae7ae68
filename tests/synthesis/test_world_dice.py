"""Draws and spells: tiny literal tables, then properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from think_family.synthesis.dice import (
    alternate,
    choose,
    events,
    first_days,
    generator,
    holds,
    lookup,
    merge,
    prompted,
    ranges,
    within,
)
from think_family.synthesis.places import Residences, overlay
from think_family.synthesis.schooling import ON_ROLL, TAKEN_OFF, Schooling, _take_off_roll
from think_family.synthesis.world import NEVER


def ints(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def test_within_counts_positions_in_runs() -> None:
    assert within(ints(2, 0, 3)).tolist() == [0, 1, 0, 1, 2]
    assert ranges(ints(10, 5, 7), ints(2, 0, 3)).tolist() == [10, 11, 7, 8, 9]


def test_overlapping_spells_merge_by_subject() -> None:
    who, start, end = merge(ints(1, 1, 1, 2), ints(0, 5, 20, 3), ints(6, 9, 25, 4))
    assert list(zip(who, start, end, strict=True)) == [(1, 0, 9), (1, 20, 25), (2, 3, 4)]


def test_a_long_spell_swallows_later_short_ones() -> None:
    who, start, end = merge(ints(1, 1, 1), ints(0, 2, 50), ints(100, 4, 60))
    assert list(zip(who, start, end, strict=True)) == [(1, 0, 100)]


def test_slack_closes_small_gaps() -> None:
    _, start, end = merge(ints(1, 1), ints(0, 12), ints(10, 20), slack=2)
    assert list(zip(start, end, strict=True)) == [(0, 20)]


def test_lookup_finds_the_spell_that_holds() -> None:
    key, start, end, value = ints(1, 1, 2), ints(0, 10, 5), ints(10, 20, 9), ints(7, 8, 9)
    found = lookup(key, start, end, value, ints(1, 1, 1, 2, 2, 3), ints(9, 10, 20, 4, 5, 5))
    assert found.tolist() == [7, 8, -1, -1, 9, -1]


def test_lookup_holds_for_days_before_1970() -> None:
    found = lookup(ints(1), ints(-9_000), ints(-8_000), ints(4), ints(1, 1), ints(-8_500, -9_001))
    assert found.tolist() == [4, -1]


def test_the_first_day_of_each_subject_is_found() -> None:
    assert first_days(3, ints(2, 0, 2), ints(7, 5, 6)).tolist() == [5, NEVER, 6]


def test_what_prompts_events_does_so_from_its_day_on_and_not_before() -> None:
    n, half = 40_000, 4 * 365
    start, end = np.zeros(n, dtype=np.int64), np.full(n, 2 * half)
    day = np.where(np.arange(n) % 2 == 0, half, NEVER)
    who, when = prompted(generator(3, "test"), np.full(n, 0.05), start, end, [(1.1, day)])
    prompted_ever, late = day[who] < NEVER, when >= half
    # Events in each half of the span: 4 years at 0.05 a year for 20,000 subjects.
    usual = pytest.approx(4_000, rel=0.06)
    assert (prompted_ever & ~late).sum() == usual
    assert (~prompted_ever & ~late).sum() == usual
    assert (~prompted_ever & late).sum() == usual
    assert (prompted_ever & late).sum() == pytest.approx(4_000 * np.exp(1.1), rel=0.06)


def roll(*rows: tuple[int, int, int]) -> Schooling:
    """Enrolments of pupils at the school of their row: pupil, start, end."""
    person, start, end = (ints(*column) for column in zip(*rows, strict=True))
    none, no_flags = ints(), np.zeros(0, dtype=bool)
    school, reason = np.arange(len(rows)), np.full(len(rows), ON_ROLL)
    return Schooling(
        none, none, none, person, school, start, end, reason, school, none, none, none, no_flags,
        no_flags, none, none, none, none, none, none,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("missing", "left"),
    [
        # In the middle of one enrolment, after which the pupil comes back to it.
        (
            (1, 120, 150),
            [(1, 0, 100, 120, TAKEN_OFF), (1, 0, 150, 200, ON_ROLL), (1, 1, 210, 300, ON_ROLL)],
        ),
        # Between two schools, and into the second.
        ((1, 201, 230), [(1, 0, 100, 200, ON_ROLL), (1, 1, 230, 300, ON_ROLL)]),
        # Over a whole enrolment and what follows.
        ((1, 150, 400), [(1, 0, 100, 150, TAKEN_OFF)]),
        # Of another pupil.
        ((2, 120, 150), [(1, 0, 100, 200, ON_ROLL), (1, 1, 210, 300, ON_ROLL)]),
    ],
)
def test_who_misses_education_is_on_no_roll(
    missing: tuple[int, int, int], left: list[tuple[int, int, int, int, int]]
) -> None:
    enrolled = roll((1, 100, 200), (1, 210, 300))
    _take_off_roll(enrolled, *(ints(value) for value in missing))
    columns = (enrolled.person, enrolled.school, enrolled.start, enrolled.end, enrolled.reason)
    assert list(zip(*(column.tolist() for column in columns), strict=True)) == left


def test_two_spells_in_one_enrolment_are_both_cut_out() -> None:
    enrolled = roll((1, 100, 200), (3, 100, 200))
    _take_off_roll(enrolled, ints(1, 1, 3), ints(110, 130, 90), ints(120, 140, 120))
    assert list(zip(enrolled.person, enrolled.start, enrolled.end, strict=True)) == [
        (1, 100, 110), (1, 120, 130), (1, 140, 200), (3, 120, 200),
    ]  # fmt: skip


def test_events_fall_in_their_spans_at_their_rate() -> None:
    rng = generator(3, "test")
    start, end = np.full(4_000, 100), np.full(4_000, 100 + 3_652)
    who, day = events(rng, np.full(4_000, 0.5), start, end)
    assert day.min() >= 100
    assert day.max() < 100 + 3_652
    assert len(who) / 4_000 == pytest.approx(5.0, rel=0.03)


def test_a_chain_is_on_for_its_stationary_share() -> None:
    rng = generator(4, "test")
    n = 4_000
    who, start, end = alternate(
        rng, np.full(n, 0.5), np.full(n, 1.5), np.zeros(n, np.int64), np.full(n, 20_000)
    )
    assert holds(n, who, start, end, 15_000).mean() == pytest.approx(0.25, abs=0.03)
    same = who[1:] == who[:-1]
    assert (start[1:][same] >= end[:-1][same]).all()


def test_nothing_is_drawn_without_weights() -> None:
    with pytest.raises(ValueError, match="weights are zero"):
        choose(generator(1, "test"), np.zeros(3), 2)


def test_rooms_are_independent_and_repeatable() -> None:
    first = generator(1, "a").random(4)
    assert (first == generator(1, "a").random(4)).all()
    assert (first != generator(1, "b").random(4)).all()


spells = st.lists(
    st.tuples(st.integers(0, 4), st.integers(-50, 50), st.integers(1, 30)), min_size=1, max_size=30
)


@given(spells)
def test_merged_spells_cover_the_same_days(rows: list[tuple[int, int, int]]) -> None:
    who = ints(*(r[0] for r in rows))
    start = ints(*(r[1] for r in rows))
    end = start + ints(*(r[2] for r in rows))
    days = {(w, d) for w, s, e in zip(who, start, end, strict=True) for d in range(s, e)}
    merged = list(zip(*merge(who, start, end), strict=True))
    assert {(w, d) for w, s, e in merged for d in range(s, e)} == days
    assert sum(e - s for _, s, e in merged) == len(days)


def residences(rows: list[tuple[int, int, int]], address: int) -> Residences:
    who = ints(*(r[0] for r in rows))
    start = ints(*(r[1] for r in rows))
    n = len(rows)
    return Residences(
        who,
        np.full(n, address, dtype=np.int64),
        start,
        start + ints(*(r[2] for r in rows)),
        np.zeros(n, dtype=np.int64),
        np.zeros(n, dtype=bool),
    )


@given(spells, spells)
@settings(max_examples=60)
def test_an_overlay_prevails_and_leaves_no_overlap(
    base_rows: list[tuple[int, int, int]], over_rows: list[tuple[int, int, int]]
) -> None:
    base_rows = [
        (w, s, e - s)
        for w, s, e in zip(
            *merge(
                ints(*(r[0] for r in base_rows)),
                ints(*(r[1] for r in base_rows)),
                ints(*(r[1] + r[2] for r in base_rows)),
            ),
            strict=True,
        )
    ]
    made = overlay(residences(base_rows, 1), residences(over_rows, 2))
    base_days = {(w, d) for w, s, k in base_rows for d in range(s, s + k)}
    over_days = {(w, d) for w, s, k in over_rows for d in range(s, s + k)}
    found = [
        (w, d, a)
        for w, s, e, a in zip(made.person, made.start, made.end, made.address, strict=True)
        for d in range(s, e)
    ]
    assert {(w, d) for w, d, a in found if a == 1} >= base_days - over_days
    if len(over_days) == sum(k for _, _, k in over_rows):
        assert {(w, d) for w, d, a in found if a == 1} == base_days - over_days
        assert {(w, d) for w, d, a in found if a == 2} == over_days
    assert len({(w, d) for w, d, _ in found}) == len(found)
    assert {(w, d) for w, d, a in found if a == 2} <= over_days
