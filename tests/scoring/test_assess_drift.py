"""Shift of columns between two runs, and what stays on a list."""

from __future__ import annotations

from itertools import combinations
from math import log

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from think_family.scoring.assess_drift import (
    Stay,
    drift,
    stability_index,
    top_that_stays,
    verdict_of,
)


def test_the_index_is_that_of_the_book() -> None:
    # Half of people have 1 and half 2; now a quarter has 1.
    shift = stability_index([1.0, 1, 2, 2], [1.0, 2, 2, 2])
    assert shift.psi == pytest.approx((0.25 - 0.5) * log(0.5) + (0.75 - 0.5) * log(1.5))
    # Below, 1, 2, above, and without a value.
    assert shift.then.tolist() == [0, 0.5, 0.5, 0, 0]
    assert shift.now.tolist() == [0, 0.25, 0.75, 0, 0]


def test_what_was_the_same_for_all_and_is_another_now_has_shifted() -> None:
    assert verdict_of(stability_index([9] * 50, [2] * 50).psi) == "much shift"
    assert stability_index([9] * 50, [9] * 50).psi == 0


def test_the_same_people_have_not_shifted() -> None:
    values = pa.array([1.0, None, 3.0, 3.0, float("nan")])
    assert stability_index(values, values).psi == 0


def test_who_has_no_value_is_a_bin_of_their_own() -> None:
    then, now = pa.array([1, 1, 1, None]), pa.array([1, 1, None, None])
    shift = stability_index(then, now)
    assert shift.psi == pytest.approx((0.5 - 0.75) * log(0.5 / 0.75) + (0.5 - 0.25) * log(2))
    assert (shift.then[-1], shift.now[-1]) == (0.25, 0.5)


def test_an_empty_bin_counts_half_of_one_row() -> None:
    shift = stability_index([1.0, 1, 1, 2], [1.0, 1, 1, 1])
    assert shift.psi == pytest.approx((1 - 0.75) * log(1 / 0.75) + (1 / 8 - 1 / 4) * log(1 / 2))


def test_a_text_that_was_not_there_is_told_with_others_of_its_kind() -> None:
    shift = stability_index(pa.array(["a", "a", "b", "b"]), pa.array(["a", "b", "c", "d"]))
    assert shift.now.tolist() == [0.25, 0.25, 0.5, 0]


def test_bins_hold_as_many_people_each_and_reach_beyond_the_ends() -> None:
    shift = stability_index(np.arange(100.0), np.r_[np.arange(99.0), 1e9], bins=10)
    assert shift.then[:10] == pytest.approx([0.1] * 10)
    assert shift.now[:10] == pytest.approx([0.1] * 10)
    # Nine of ten are 0: that is one bin.
    many = np.r_[np.zeros(90), np.arange(1, 11.0)]
    assert stability_index(many, many, bins=10).then[:2] == pytest.approx([0.9, 0.1])


def test_weights_are_people() -> None:
    weighed = stability_index([1.0, 2], [1.0, 2], weight_now=np.array([1.0, 3]), bins=2)
    assert weighed.psi == stability_index([1.0, 1, 2, 2], [1.0, 2, 2, 2], bins=2).psi


@pytest.mark.parametrize(
    ("psi", "words"), [(0.099, "stable"), (0.1, "some shift"), (0.25, "much shift")]
)
def test_the_customary_bounds(psi: float, words: str) -> None:
    assert verdict_of(psi) == words


def test_each_column_is_told() -> None:
    then = {"age": np.arange(100.0), "sex": pa.array(["f", "m"] * 50)}
    now = {"age": np.arange(100.0) + 50, "sex": pa.array(["m", "f"] * 50)}
    rows = drift(then, now).to_pylist()
    assert [(row["column"], row["verdict"]) for row in rows] == [
        ("age", "much shift"),
        ("sex", "stable"),
    ]
    assert drift({}, {}).num_rows == 0


def test_half_of_a_list_stays() -> None:
    then, now = {"a": 3.0, "b": 2.0, "c": 1.0}, {"b": 9.0, "c": 8.0, "d": 1.0}
    assert top_that_stays([*then], [*then.values()], [*now], [*now.values()], 2) == Stay(
        1 / 2, 1 / 2, 1 / 2
    )


def test_ties_could_let_more_or_fewer_stay() -> None:
    people, score = ["a", "b", "c"], [1.0, 1.0, 1.0]
    found = top_that_stays(people, score, people, score, 1)
    assert (found.worst, found.best) == (0, 1)
    assert found.expected == pytest.approx(1 / 3)


def test_who_has_no_score_is_on_no_list() -> None:
    assert top_that_stays(["a", "b"], [1.0, np.nan], ["b"], [2.0], 2) == Stay(0, 0, 0)
    assert np.isnan(top_that_stays(["a"], [np.nan], ["b"], [2.0], 2).expected)


scores = st.lists(st.integers(0, 2), min_size=6, max_size=6)


@given(then=scores, now=scores, k=st.integers(1, 6))
@settings(max_examples=80, deadline=None)
def test_what_stays_is_as_if_every_order_of_ties_were_tried(
    then: list[int], now: list[int], k: int
) -> None:
    def lists(score: list[int]) -> list[set[int]]:
        last = sorted(score, reverse=True)[k - 1]
        sure = [person for person in range(6) if score[person] > last]
        tied = [person for person in range(6) if score[person] == last]
        return [{*sure, *some} for some in combinations(tied, k - len(sure))]

    stay = [len(one & other) / k for one in lists(then) for other in lists(now)]
    found = top_that_stays(range(6), then, range(6), now, k)
    assert found.expected == pytest.approx(np.mean(stay))
    assert (found.worst, found.best) == pytest.approx((min(stay), max(stay)))
