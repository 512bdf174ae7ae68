"""Folds, splits and choices: no family, label or person on both sides."""

from __future__ import annotations

import re
from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from think_family.errors import ThinkFamilyError
from think_family.scoring.selection import (
    choose_in_folds,
    choose_over_time,
    draw_splits,
    folds_of,
    labels_of,
    permuted,
    splits_at,
    tell_splits,
)

CUT_OFFS = (date(2023, 6, 30), date(2022, 6, 30), date(2021, 6, 30))


def splits(**changes: object) -> tuple:  # type: ignore[type-arg]
    given = {"horizon_days": 365, "lag_days": 40, "data_end": date(2025, 8, 31)}
    return splits_at(CUT_OFFS, **{**given, **changes})  # type: ignore[arg-type]


def labels(*rows: tuple[str, date, date]) -> pa.Table:
    return pa.table(
        {
            "person_id": [person for person, _, _ in rows],
            "label_date": [began for _, began, _ in rows],
            "recorded_date": [recorded for _, _, recorded in rows],
        }
    )


def test_a_family_is_in_one_fold_whatever_else_there_is() -> None:
    families = [f"family {number % 300}" for number in range(1000)]
    fold = folds_of(families, 5, 1)
    assert set(fold) == {0, 1, 2, 3, 4}
    assert all(len(set(fold[number::300])) == 1 for number in range(300))
    assert (folds_of(families[::-1], 5, 1)[::-1] == fold).all()
    assert (folds_of(families[:50], 5, 1) == fold[:50]).all()
    assert (folds_of(families, 5, 2) != fold).any()
    assert np.bincount(fold).min() > 120


def test_labels_are_dealt_out_by_ids_and_not_by_order() -> None:
    is_positive = np.arange(500) < 50
    ids = [f"p{number}" for number in range(500)]
    dealt = permuted(is_positive, ids, 1)
    assert dealt.sum() == 50
    assert (permuted(is_positive[::-1], ids[::-1], 1)[::-1] == dealt).all()
    assert (permuted(is_positive, ids, 2) != dealt).any()
    assert 0 <= (dealt & is_positive).sum() < 15
    with pytest.raises(ThinkFamilyError, match="ids of their own"):
        permuted(is_positive, ["p"] * 500, 1)


def test_a_test_window_begins_after_its_cut_off_and_is_complete_before_the_data_end() -> None:
    first, *_ = splits()
    assert first.cut_off == date(2021, 6, 30)
    assert (first.test_from, first.test_until) == (date(2021, 7, 1), date(2022, 6, 30))
    assert first.complete_on == date(2022, 8, 9)
    with pytest.raises(
        ThinkFamilyError, match="2023-06-30 is complete on 2024-08-08, and the data"
    ):
        splits(data_end=date(2024, 8, 8))
    assert len(splits(data_end=date(2024, 8, 9))) == 3
    with pytest.raises(ThinkFamilyError, match="3 different cut-offs are given"):
        splits(fewest=4)
    with pytest.raises(ThinkFamilyError, match="1 different cut-offs are given, of 2"):
        splits_at(
            [CUT_OFFS[0]] * 2, horizon_days=1, lag_days=1, data_end=date(2030, 1, 1), fewest=1
        )


def test_what_was_not_recorded_by_the_cut_off_is_not_learned_from() -> None:
    split = splits()[1]
    told = labels(
        ("began and recorded before", date(2022, 6, 1), date(2022, 6, 30)),
        ("recorded a day too late", date(2022, 6, 1), date(2022, 7, 1)),
        ("begins on the cut-off", date(2022, 6, 30), date(2022, 6, 30)),
        ("begins the day after", date(2022, 7, 1), date(2022, 7, 5)),
        ("planned ahead", date(2022, 7, 9), date(2022, 6, 1)),
        ("begins on the last day", date(2023, 6, 30), date(2023, 8, 1)),
        ("begins a day too late", date(2023, 7, 1), date(2023, 7, 1)),
    )
    parts = labels_of(split, told)
    assert parts.training.tolist() == [True, False, True, False, False, False, False]
    assert parts.test.tolist() == [False, False, False, True, True, True, False]


def test_nobody_is_learned_from_and_foretold() -> None:
    again = labels(
        ("ada", date(2022, 1, 1), date(2022, 1, 2)), ("ada", date(2022, 9, 1), date(2022, 9, 2))
    )
    with pytest.raises(ThinkFamilyError, match="0 labels and 1 persons"):
        labels_of(splits()[1], again)
    with pytest.raises(ThinkFamilyError, match="recorded_date of the labels must hold a date"):
        labels_of(
            splits()[1],
            pa.table({**labels(("a", *CUT_OFFS[:2])).to_pydict(), "recorded_date": [None]}),
        )


def test_splits_are_told_and_drawn() -> None:
    told = tell_splits(
        splits(),
        labels(
            ("a", date(2021, 2, 1), date(2021, 2, 2)),
            ("b", date(2021, 6, 1), date(2021, 7, 2)),
            ("c", date(2022, 2, 1), date(2022, 2, 2)),
            ("d", date(2023, 2, 1), date(2023, 2, 2)),
            ("e", date(2023, 7, 1), date(2023, 7, 2)),
        ),
    )
    assert told.column("cut_off").to_pylist() == sorted(CUT_OFFS)
    assert told.column("n_training_labels").to_pylist() == [1, 3, 4]
    assert told.column("n_test_labels").to_pylist() == [1, 1, 1]
    assert told.column("n_recorded_late").to_pylist() == [1, 0, 0]
    assert told.column("n_in_both").to_pylist() == [0, 0, 0]
    assert told.column("n_test_labels_of_earlier").to_pylist() == [0, 0, 0]
    drawn = draw_splits(told, date(2019, 1, 1), date(2025, 8, 31))
    assert drawn == draw_splits(told, date(2019, 1, 1), date(2025, 8, 31))
    assert "learned from: 3 labels" in drawn
    assert "In both parts: 0 labels" in drawn
    # Each bar begins where the one before it ends.
    bars = [
        (float(x), float(width))
        for x, width in re.findall(r'<rect x="([\d.]+)" y="\d+" width="([\d.]+)"', drawn)
    ]
    assert len(bars) == 9
    for learned, tested in zip(bars[0::3], bars[1::3], strict=True):
        assert learned[0] + learned[1] == pytest.approx(tested[0], abs=0.2)


def test_windows_that_overlap_are_counted() -> None:
    near = splits_at(
        [date(2022, 6, 30), date(2022, 12, 31)],
        horizon_days=365,
        lag_days=0,
        data_end=date(2025, 8, 31),
        fewest=2,
    )
    told = tell_splits(near, labels(("a", date(2023, 2, 1), date(2023, 2, 2))))
    assert told.column("n_test_labels_of_earlier").to_pylist() == [0, 1]


def test_the_best_over_time_is_chosen_and_of_equals_the_plainest() -> None:
    right, wrong = np.array([True, False]), np.array([False, True])

    def measure(is_positive: np.ndarray, scores: np.ndarray, weight: np.ndarray) -> float:
        return float((is_positive == (scores > 0)).mean())

    def candidate(*good: bool):  # type: ignore[no-untyped-def]
        return lambda time: (right, (right if good[time] else wrong).astype(float), np.ones(2))

    choice = choose_over_time(
        {"plain": candidate(True, False), "good": candidate(True, True), "same": candidate(1, 1)},
        2,
        measure,
    )
    assert choice.name == "good"
    assert choice.measured["plain"] == (1.0, 0.0)
    in_folds = choose_in_folds(
        {"plain": lambda: np.array([1.0, 0, 0, 0]), "good": lambda: np.array([1.0, 0, 1, 0])},
        np.array([True, False, True, False]),
        np.ones(4),
        np.array([0, 0, 1, 1]),
        measure,
    )
    assert in_folds.name == "good"
    assert in_folds.measured["plain"] == (1.0, 0.5)
    with pytest.raises(ThinkFamilyError, match="nothing to choose among"):
        choose_over_time({}, 1, measure)
