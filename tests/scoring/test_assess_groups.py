"""Groups beside a reference: every measure by hand, and what is called evidence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from think_family.scoring.assess import Settings, assess
from think_family.scoring.assess_groups import NOT_ENOUGH
from think_family.scoring.rows import NOT_RECORDED, Scored


def scored(
    came: list[int],
    score: list[float],
    group: list[str],
    *,
    references: dict[str, str] | None = None,
    cluster: list[int] | None = None,
) -> Scored:
    n = len(came)
    return Scored(
        as_of=None,
        entity=np.array([f"p{person}" for person in range(n)], dtype=object),
        label=np.array(came, dtype=bool),
        is_told=np.ones(n, dtype=bool),
        scores={"model": np.array(score, dtype=float)},
        baselines={},
        probability=None,
        known=None,
        cohort=None,
        cluster=np.arange(n) if cluster is None else np.array(cluster),
        weight=np.ones(n),
        lead_days=None,
        truth=None,
        groups={"area": np.array(group, dtype=object)},
        references=references or {},
        features={},
    )


def told(found: Scored, **settings: Any) -> dict[tuple[str, str], dict[str, Any]]:
    rows = assess(found, Settings(**settings)).tables["groups"].to_pylist()
    return {(row["group"], row["measure"]): row for row in rows}


# Of north, 2 of 4 are listed, 1 of them rightly; of south, 1 of 3, rightly.
AREAS = [
    # came, score, area
    (1, 0.9, "north"),
    (1, 0.8, "south"),
    (0, 0.7, "north"),
    (1, 0.3, "north"),
    (0, 0.2, "south"),
    (0, 0.2, "south"),
    (0, 0.1, "north"),
]


def test_each_measure_of_each_group() -> None:
    came, score, area = (list(column) for column in zip(*AREAS, strict=True))
    found = told(scored(came, score, area), capacity=3, draws=0)
    for (group, measure), value in {
        ("north", "selection_rate"): 2 / 4,
        ("south", "selection_rate"): 1 / 3,
        ("north", "precision"): 1 / 2,
        ("south", "precision"): 1 / 1,
        ("north", "true_positive_rate"): 1 / 2,
        ("south", "true_positive_rate"): 1 / 1,
        ("north", "false_positive_rate"): 1 / 2,
        ("south", "false_positive_rate"): 0 / 2,
        ("north", "observed_less_expected"): 2 / 4 - (0.9 + 0.7 + 0.3 + 0.1) / 4,
        ("south", "observed_less_expected"): 1 / 3 - (0.8 + 0.2 + 0.2) / 3,
    }.items():
        assert found[group, measure]["value"] == pytest.approx(value), (group, measure)
    beside = found["south", "selection_rate"]
    assert beside["reference"] == "north"
    assert beside["difference"] == pytest.approx(1 / 3 - 1 / 2)
    assert beside["ratio"] == pytest.approx((1 / 3) / (1 / 2))
    assert (beside["n_rows"], beside["n_positive"]) == (3, 1)
    # Of a difference that may lie around 0, a ratio says nothing.
    assert found["south", "observed_less_expected"]["ratio"] is None


def test_the_reference_is_the_largest_group_that_was_recorded_or_the_one_named() -> None:
    area = [NOT_RECORDED] * 3 + ["north"] * 2 + ["south"] * 2
    came, score = [1, 0, 0, 1, 0, 1, 0], [float(n) for n in range(7)]
    assert told(scored(came, score, area), draws=0)["south", "precision"]["reference"] == "north"
    named = scored(came, score, area, references={"area": "south"})
    found = told(named, draws=0)
    assert found["north", "precision"]["reference"] == "south"
    assert found["south", "precision"]["verdict"] == "reference"
    assert [group for group, measure in found if measure == "precision"] == [
        "north", "south", NOT_RECORDED,
    ]  # fmt: skip


def city(n: int, *, heard: float, seed: int = 1) -> Scored:
    """Two areas alike in all but this: of the south, less of what happens is heard."""
    chance = np.random.default_rng(seed)
    area = np.where(np.arange(n) % 2, "north", "south")
    odds = chance.normal(-2.5, 1.2, n)
    came = chance.random(n) < 1 / (1 + np.exp(-odds))
    seen = np.where(area == "south", odds - (1 - heard) * 2, odds)
    return scored(came.astype(int).tolist(), seen.tolist(), area.tolist())


def test_a_bias_in_what_is_recorded_is_found() -> None:
    found = told(city(6000, heard=0.2), capacity=600, draws=200)
    row = found["south", "true_positive_rate"]
    assert row["verdict"] == "lower"
    assert row["difference_high"] < 0
    assert row["ratio_high"] < 1
    assert found["south", "selection_rate"]["verdict"] == "lower"


def test_where_there_is_none_none_is_told() -> None:
    found = told(city(6000, heard=1.0), capacity=600, draws=200)
    verdicts = {row["verdict"] for (group, _), row in found.items() if group == "south"}
    assert verdicts == {NOT_ENOUGH}


def test_a_group_too_small_is_not_enough_evidence_whatever_the_interval() -> None:
    biased = city(6000, heard=0.2)
    found = told(biased, capacity=600, draws=200, least_positives=5000)
    evident = {measure for (_, measure), row in found.items() if row["verdict"] == "lower"}
    # Who is listed, and who is listed wrongly, stands on more than those whom the event came to.
    assert evident <= {"selection_rate", "false_positive_rate"}
    found = told(biased, capacity=600, draws=200, least_rows=4000)
    assert {row["verdict"] for row in found.values()} == {"reference", NOT_ENOUGH}


def test_none_found_of_a_small_group_is_no_evidence_by_itself() -> None:
    """Of 600, 15 are found; of 40, none: as likely as not if all were alike."""
    came = [1] * 640 + [0] * 640
    score = [float(nth < 15) for nth in range(640)] + [0.5] * 85 + [0.0] * 555
    area = ["north"] * 600 + ["south"] * 40 + ["north"] * 600 + ["south"] * 40
    found = told(scored(came, score, area), capacity=100, draws=200)
    row = found["south", "true_positive_rate"]
    assert (row["value"], row["low"]) == (0, 0)
    assert row["high"] == pytest.approx(0.0876, abs=1e-4)
    assert row["difference_low"] < 0 < row["difference_high"]
    assert row["verdict"] == NOT_ENOUGH
