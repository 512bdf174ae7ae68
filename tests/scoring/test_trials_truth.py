"""The truth of a synthetic city orders people of a trial, and is absent elsewhere."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from think_family.scoring.trials_truth import City, read_city, true_order

HOLD_OUT, DAY = date(2021, 12, 31), date(2022, 5, 15)


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    """Five people: visibly harmed, harmed unseen, harmed too late or served, and none of it."""

    def write(name: str, **columns: pa.Array) -> None:
        pyarrow.parquet.write_table(pa.table(columns), tmp_path / f"{name}.parquet")

    ids = pa.array([1, 2, 3, 4, 5], pa.int32())
    write("person_records", source_row_key=pa.array(["r1", "r2", "r3", "r4", "r5"]),
          true_person_id=ids)  # fmt: skip
    write(
        "true_risk",
        true_person_id=ids,
        holdout_date=pa.array([HOLD_OUT] * 5, pa.date32()),
        harm=["cse"] * 5,
        risk=[0.01, 0.02, 0.03, 0.8, 0.04],
        state=["not_harmed", "not_harmed", "not_harmed", "harmed", "not_harmed"],
    )
    write(
        "onsets",
        true_person_id=pa.array([1, 2, 3, 4], pa.int32()),
        harm=["cse"] * 4,
        onset=pa.array([DAY, date(2022, 1, 1), date(2022, 5, 16), date(2021, 1, 1)], pa.date32()),
        until=pa.array([None, date(2022, 5, 16), None, None], pa.date32()),
        entry=pa.array([date(2022, 9, 1), None, None, DAY], pa.date32()),
        visibility=["visible", "unseen", "visible", "visible"],
    )
    (tmp_path / "settings.json").write_text(
        json.dumps({"population": 100000, "is_natural_prevalence": False}), "utf-8"
    )
    return tmp_path


def values(truth: Path, day: date) -> dict[str, float]:
    persons = pa.table(
        {
            "person_id": [f"P{n}" for n in range(1, 7)],
            "as_of_date": pa.array([day] * 6, pa.date32()),
        }
    )
    rows = pa.table(
        {
            "source_row_key": [f"r{n}" for n in range(1, 6)],
            "person_id": [f"P{n}" for n in range(1, 6)],
        }
    )
    found = true_order(truth, persons, rows)
    assert found is not None
    return {row["person_id"]: row["value"] for row in found.to_pylist()}


def test_on_a_hold_out_date_the_true_risk_counts(truth: Path) -> None:
    assert values(truth, HOLD_OUT) == {"P1": 0.01, "P2": 0.02, "P3": 0.03, "P4": 0.8, "P5": 0.04}


def test_on_another_day_the_harmed_go_first_and_nobody_who_is_served(truth: Path) -> None:
    found = values(truth, DAY)
    assert sorted(found, key=lambda person: -found[person]) == ["P1", "P2", "P5", "P3", "P4"]
    assert found["P4"] == 0
    assert all(0 <= value <= 1 for value in found.values())


def test_before_any_hold_out_date_only_harm_tells(truth: Path) -> None:
    found = values(truth, date(2021, 6, 1))
    assert found == {"P1": 0, "P2": 0, "P3": 0, "P4": 1.0, "P5": 0}


def test_a_real_city_has_no_truth_and_natural_prevalence(truth: Path, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    assert true_order(nowhere, None, None) is None
    assert read_city(nowhere, 600000) == City(600000, True, False)
    assert read_city(truth, 1) == City(100000, False, True)
