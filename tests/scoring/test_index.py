"""The index: points that fade and are capped, and what counts of model and index."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from think_family.errors import ThinkFamilyError
from think_family.scoring.index import combined, fit_index, index_score, points_of
from think_family.scoring.parameters import FLAGS, parameters_from, written

DAY = date(2025, 8, 31)
POINTS = {"missing": 8.0, "suspension": 4.0, "absence": 4.0}
CRITERIA = {"missing": "children", "suspension": "school", "absence": "school"}


def spine(*persons: str) -> pa.Table:
    return pa.table({"person_id": list(persons), "as_of_date": [DAY] * len(persons)})


def windowed(*rows: tuple[str, str, float]) -> pa.Table:
    return pa.table(
        {
            "person_id": pa.array([person for person, _, _ in rows], pa.string()),
            "as_of_date": pa.array([DAY] * len(rows), pa.date32()),
            "indicator_code": pa.array([code for _, code, _ in rows], pa.string()),
            "weight": pa.array([weight for _, _, weight in rows], pa.float64()),
        }
    )


def test_points_count_as_far_as_they_have_not_faded() -> None:
    told = windowed(
        ("ada", "missing", 0.5),
        ("ada", "suspension", 1.0),
        ("ben", "absence", 0.0),
        ("ben", "not in the index", 1.0),
        ("nobody of the spine", "missing", 1.0),
    )
    who = spine("ada", "ben", "cas")
    parameters = fit_index(who, told, model="cse", points=POINTS, criteria=CRITERIA)
    indexed = index_score(parameters, who, told)
    assert indexed.rows["points"].to_pylist() == [8.0, 0.0, 0.0]
    assert indexed.rows["score"].to_pylist() == [100.0, 0.0, 0.0]
    assert indexed.contributions.select(
        ["person_id", "indicator_code", "contribution"]
    ).to_pylist() == [
        {"person_id": "ada", "indicator_code": "missing", "contribution": 4.0},
        {"person_id": "ada", "indicator_code": "suspension", "contribution": 4.0},
    ]


def test_one_criterion_counts_no_more_than_its_cap() -> None:
    told = windowed(("ada", "suspension", 1.0), ("ada", "absence", 0.5), ("ben", "absence", 1.0))
    who = spine("ada", "ben")
    parameters = fit_index(
        who, told, model="m", points=POINTS, criteria=CRITERIA, cap_per_criterion=4.5
    )
    indexed = index_score(parameters, who, told)
    # Ada's six points at school are cut to four and a half, in proportion.
    assert indexed.contributions["contribution"].to_pylist() == [3.0, 1.5, 4.0]
    assert indexed.rows["points"].to_pylist() == [4.5, 4.0]


def test_flags_are_counted_without_points() -> None:
    told = windowed(("ada", "missing", 0.01), ("ada", "absence", 1.0), ("ben", "absence", 0.0))
    who = spine("ada", "ben")
    parameters = fit_index(who, told, model="m", points=POINTS, criteria=CRITERIA, kind=FLAGS)
    assert index_score(parameters, who, told).rows["points"].to_pylist() == [2.0, 0.0]


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(sorted(POINTS)), st.floats(0, 1)),
        unique_by=lambda row: row[:2],
    ),
    st.sampled_from([None, 0.3, 5.0]),
    st.integers(0, 5),
)
def test_contributions_add_up_and_keep_below_the_cap(
    rows: list[tuple[str, str, float]], cap: float | None, seed: int
) -> None:
    who = spine("a", "b", "c")
    told = windowed(*rows)
    parameters = fit_index(
        who, told, model="m", points=POINTS, criteria=CRITERIA, cap_per_criterion=cap
    )
    shuffled = told.take(np.random.default_rng(seed).permutation(len(told)))
    indexed, again = (index_score(parameters, who, table) for table in (told, shuffled))
    assert indexed == again
    for row in indexed.rows.to_pylist():
        parts = [
            part
            for part in indexed.contributions.to_pylist()
            if part["person_id"] == row["person_id"]
        ]
        assert sum(part["contribution"] for part in parts) == row["points"]
        for criterion in ("children", "school"):
            of = sum(p["contribution"] for p in parts if p["criterion"] == criterion)
            assert cap is None or of <= cap
    assert parameters_from(written(parameters)) == parameters


def test_points_are_read_from_the_catalogue() -> None:
    catalogue = pa.table(
        {
            "indicator_code": ["missing", "absence"],
            "criterion": ["children", "school"],
            "points_cse": [8, 0],
            "points_wrong": [-1, 0],
            "points_none": [0, 0],
        }
    )
    assert points_of(catalogue, "points_cse") == ({"missing": 8.0}, {"missing": "children"})
    for column, message in (
        ("points_wrong", "must be 0 or more"),
        ("points_none", "gives no indicator any points"),
        ("points_other", "The column points_other is missing"),
    ):
        with pytest.raises(ThinkFamilyError, match=message):
            points_of(catalogue, column)


def test_rows_that_cannot_be_counted_are_refused() -> None:
    good = windowed(("ada", "missing", 1.0))
    parameters = fit_index(spine("ada"), good, model="m", points=POINTS, criteria=CRITERIA)
    for who, told, message in (
        (spine("ada", "ada"), good, "1 rows of the spine repeat"),
        (spine("ada"), windowed(("ada", "missing", 1.5)), "no share from 0 to 1"),
        (spine("ada"), windowed(*[("ada", "missing", 1.0)] * 2), "1 rows of indicators repeat"),
    ):
        with pytest.raises(ThinkFamilyError, match=message):
            index_score(parameters, who, told)


def test_the_higher_counts_and_both_are_kept() -> None:
    nan = np.nan
    told = combined(
        np.array([90.0, 20.0, 50.0, nan, 30.0, nan]), np.array([50.0, 60.5, 50.0, 70.0, nan, nan])
    )
    assert told["score"].to_pylist() == [90.0, 60.5, 50.0, 70.0, 30.0, None]
    assert told["winner"].to_pylist() == ["model", "index", "both", "index", "model", None]
    assert told["is_strong_disagreement"].to_pylist() == [True, True, False, None, None, None]
    assert told["model_score"].to_pylist()[3] is None
