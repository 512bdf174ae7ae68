"""What is kept of scores gives them again, and tells what has shifted."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from think_family.errors import ThinkFamilyError
from think_family.scoring.applying import score
from think_family.scoring.assess_drift import stability_index, stability_of_counts
from think_family.scoring.history import (
    bins_counted,
    bins_read,
    bins_told,
    drift_measured,
    features_needed,
    log_odds_of,
    parameters_by_version,
    parameters_read,
    points_read,
    scores_recorded,
)
from think_family.scoring.index import index_score
from think_family.scoring.parameters import (
    AdditiveParameters,
    IndexParameters,
    Term,
    version_of,
    write_parameters,
)
from think_family.scoring.scale import Scale

DAY = date(2025, 6, 30)
SCALE = Scale("rarity", (0.0, 10.0), (0.0, 100.0))
GLASS_BOX = AdditiveParameters(
    model="cse",
    base=-2.0,
    terms=(
        Term("n_missing", "number", 1, "missing", "person", False, "lowest", True,
             (1.0, 3.0), (-0.25, 0.5, 1.5), 0.125),
        Term("is_in_care", "boolean", 0, "care", "person", False, "lowest", False,
             (1.0,), (0.0, 0.75), 0.0),
    ),
    unused=("n_moves",),
    scale=SCALE,
)  # fmt: skip
INDEX = IndexParameters(
    model="cse",
    kind="points",
    points={"care": 5.0, "missing": 10.0},
    criteria={"care": "c1", "missing": "c2"},
    cap_per_criterion=None,
    scale=SCALE,
)
VERSION, INDEX_VERSION = version_of(GLASS_BOX), version_of(INDEX)
PARAMETERS = {VERSION: GLASS_BOX, INDEX_VERSION: INDEX}
FEATURES = pa.table(
    {
        "person_id": ["p3", "p1", "p2"],
        "as_of_date": [DAY] * 3,
        "n_missing": pa.array([None, 2, 4], pa.int32()),
        "is_in_care": pa.array([True, False, None], pa.bool_()),
    }
)
WINDOWED = pa.table(
    {
        "person_id": ["p1", "p1", "p3"],
        "as_of_date": [DAY] * 3,
        "indicator_code": ["missing", "care", "missing"],
        "weight": [0.3, 1.0, 0.0],
    }
)
NEARED = pa.table(
    {
        "model": ["adults", "adults", "adults", "others"],
        "person_id": ["p1", "p1", "p2", "p3"],
        "as_of_date": [DAY] * 4,
        "n_hops": pa.array([1, 2, 2, 1], pa.int32()),
        "points": [10.0, 2.5, 2.5, 1.0],
    }
)


def scored(**columns: Any) -> pa.Table:
    """Three persons scored by model and index, but for the columns given."""
    text, number = pa.string(), pa.float64()
    usual = {
        "model": pa.array(["cse"] * 3, text),
        "person_id": pa.array(["p1", "p2", "p3"], text),
        "as_of_date": pa.array([DAY] * 3, pa.date32()),
        "model_version": pa.array([VERSION] * 3, text),
        "index_version": pa.array([INDEX_VERSION] * 3, text),
        "log_odds": pa.array([-1.5, -0.5, -1.125], number),
        "index_points": pa.array([8.0, 0.0, 0.0], number),
        "model_score": pa.array([5.0, 15.0, 95.0], number),
        "index_score": pa.array([80.0, 0.0, 0.0], number),
        "score": pa.array([80.0, 15.0, 95.0], number),
        "winner": pa.array(["index", "model", "model"], text),
        "level": pa.array(["High", None, "High"], text),
        "known_by": pa.array([None, "a marker", None], text),
    }
    return pa.table(usual | columns)


def recorded(**columns: Any) -> pa.Table:
    return scores_recorded(scored(**columns), FEATURES, WINDOWED, NEARED, PARAMETERS)


def test_beside_each_score_stands_what_it_was_made_from() -> None:
    rows = recorded().to_pylist()
    assert [(row["person_id"], row["bins"]) for row in rows] == [
        ("p1", "0100"),
        ("p2", "0202"),
        ("p3", "0301"),
    ]
    assert [log_odds_of(GLASS_BOX, row["bins"]) for row in rows] == [-1.5, -0.5, -1.125]
    [first, *others] = [points_read(row["points"]) for row in rows]
    indexed = index_score(INDEX, FEATURES.select(["person_id", "as_of_date"]), WINDOWED)
    assert list(first) == ["care", "missing"]
    assert sum(first.values()) == indexed.rows["points"].to_pylist()[1]
    assert others == [{}, {}]


def test_a_model_that_does_not_learn_has_no_bins() -> None:
    nothing = pa.nulls(3, pa.string())
    rows = recorded(model_version=nothing, model_score=pa.nulls(3, pa.float64()))
    assert rows["bins"].null_count == 3
    assert rows["points"].null_count == 0
    columns = {row["column_name"] for row in bins_counted(rows, PARAMETERS).to_pylist()}
    assert columns == {"index_score", "score"}


def test_of_adults_it_is_kept_how_far_away_children_at_risk_are() -> None:
    near = IndexParameters("adults", "near", {}, {}, None, SCALE)
    rows = scores_recorded(
        scored(
            model=pa.array(["adults"] * 3),
            model_version=pa.nulls(3, pa.string()),
            index_version=pa.array([version_of(near)] * 3),
        ),
        FEATURES,
        WINDOWED,
        NEARED,
        {version_of(near): near},
    )
    assert rows["points"].to_pylist() == ["n_hops_1=10.0 n_hops_2=2.5", "n_hops_2=2.5", ""]


@given(
    st.lists(
        st.tuples(st.one_of(st.none(), st.integers(-2, 6)), st.one_of(st.none(), st.booleans())),
        min_size=1,
        max_size=6,
    )
)
def test_the_bins_kept_give_the_log_odds_to_the_last_digit(rows: list[Any]) -> None:
    numbers, truths = zip(*rows, strict=True)
    features = {
        "n_missing": pa.array(numbers, pa.float64()),
        "is_in_care": pa.array(truths, pa.bool_()),
    }
    told = bins_told(GLASS_BOX, features).to_pylist()
    assert [log_odds_of(GLASS_BOX, each) for each in told] == list(
        score(GLASS_BOX, features).log_odds
    )
    assert bins_read(GLASS_BOX, told).shape == (len(rows), 2)


@pytest.mark.parametrize("told", ["", "01", "010000", "0400", "01zz", "0102 "])
def test_bins_of_other_parameters_are_refused(told: str) -> None:
    with pytest.raises(ThinkFamilyError, match="not of these parameters"):
        log_odds_of(GLASS_BOX, told)


def test_who_is_not_described_or_of_an_unknown_version_is_refused() -> None:
    with pytest.raises(ThinkFamilyError, match="described"):
        scores_recorded(scored(), FEATURES.slice(1), WINDOWED, NEARED, PARAMETERS)
    with pytest.raises(ThinkFamilyError, match="no file of the parameters"):
        scores_recorded(scored(), FEATURES, WINDOWED, NEARED, {INDEX_VERSION: INDEX})


def test_files_of_parameters_are_read_as_they_are(tmp_path: Path) -> None:
    folder = tmp_path / "parameters"
    write_parameters(GLASS_BOX, folder / "cse.json")
    write_parameters(INDEX, folder / "cse_index.json")
    read = parameters_read(tmp_path)
    assert parameters_by_version(read) == PARAMETERS
    assert read["content"].to_pylist()[0] == (folder / "cse.json").read_text(encoding="utf-8")
    assert features_needed(PARAMETERS.values()) == ["is_in_care", "n_missing"]
    (folder / "cse.json").write_text(
        (folder / "cse.json").read_text(encoding="utf-8").replace("1.5", "1.25"), encoding="utf-8"
    )
    with pytest.raises(ThinkFamilyError, match=r"cse\.json: the file was changed"):
        parameters_read(tmp_path)


def test_people_are_counted_by_bin_the_empty_ones_too() -> None:
    rows = bins_counted(recorded(), PARAMETERS).to_pylist()
    counts = {
        column: [row["n_people"] for row in rows if row["column_name"] == column]
        for column in ("n_missing", "is_in_care", "score")
    }
    assert counts["n_missing"] == [0, 1, 1, 1]
    assert counts["is_in_care"] == [1, 1, 1]
    assert counts["score"] == [0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0]
    edges = [row["lower_edge"] for row in rows if row["column_name"] == "n_missing"]
    assert edges == [None, 1.0, 3.0, None]
    assert [row["is_missing"] for row in rows if row["column_name"] == "n_missing"] == [
        False, False, False, True,
    ]  # fmt: skip


RUNS = pa.table(
    {
        "model": ["cse"] * 3,
        "invocation_id": ["a", "b", "c"],
        "run_number": pa.array([1, 2, 3], pa.int32()),
        "as_of_date": [date(2025, 6, 30), date(2025, 7, 31), date(2025, 7, 31)],
    }
)


def bins(**counts: list[int]) -> pa.Table:
    """Counts of one feature by run; the last bin is of those without a value."""
    return pa.table(
        {
            "invocation_id": [run for run, of in counts.items() for _ in of],
            "model": ["cse" for of in counts.values() for _ in of],
            "version": ["v1" for of in counts.values() for _ in of],
            "what": ["feature" for of in counts.values() for _ in of],
            "column_name": ["n_missing" for of in counts.values() for _ in of],
            "bin": [number for of in counts.values() for number in range(len(of))],
            "lower_edge": [
                float(number) if 0 < number < len(of) - 1 else None
                for of in counts.values()
                for number in range(len(of))
            ],
            "n_people": [count for of in counts.values() for count in of],
        }
    )


def drift(counted: pa.Table) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = drift_measured(RUNS, counted, least_count=10).to_pylist()
    return rows


def test_drift_is_told_from_one_run_to_the_next() -> None:
    rows = drift(bins(a=[800, 150, 50], b=[800, 150, 50], c=[300, 600, 100]))
    assert [(row["run_number"], row["earlier_run_number"], row["verdict"]) for row in rows] == [
        (1, None, "first run"),
        (2, 1, "stable"),
        (3, 2, "much shift"),
    ]
    by_hand = sum(
        (new - old) * math.log(new / old) for old, new in ((0.8, 0.3), (0.15, 0.6), (0.05, 0.1))
    )
    assert rows[1]["psi"] == 0
    assert rows[2]["psi"] == pytest.approx(by_hand)
    assert (rows[2]["earlier_missing_share"], rows[2]["missing_share"]) == (0.05, 0.1)


def test_a_feature_of_another_version_has_no_common_bins() -> None:
    counted = bins(a=[800, 150, 50], b=[700, 150, 150])
    other = pa.array(["v1"] * 3 + ["v2"] * 3)
    rows = drift(counted.set_column(2, "version", other))
    assert [(row["psi"], row["verdict"]) for row in rows] == [
        (None, "first run"),
        (None, "other version"),
    ]


def test_of_few_people_nothing_is_told() -> None:
    rows = drift(bins(a=[90, 6, 4], b=[80, 10, 3], c=[3, 0, 996]))
    assert [row["missing_share"] for row in rows] == [None, None, None]
    assert [row["n_people"] for row in rows] == [100, None, 999]
    assert [row["verdict"] for row in rows] == ["first run", "too few people", "too few people"]


@given(st.lists(st.integers(0, 3), min_size=1), st.lists(st.integers(0, 3), min_size=1))
def test_counts_give_the_index_that_their_rows_give(then: list[int], now: list[int]) -> None:
    # With each value a bin, as it is of few values that both have.
    then, now = [*range(4), *then], [*range(4), *now]
    counts = [[*np.bincount(values, minlength=4), 0] for values in (then, now)]
    by_rows = stability_index(np.array(then), np.array(now))
    assert stability_of_counts(*counts).psi == pytest.approx(by_rows.psi)
