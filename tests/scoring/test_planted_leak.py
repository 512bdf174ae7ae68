"""A feature that is filled in when the label comes is found among honest ones."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from think_family.scoring.assess_leakage import leaking_features
from think_family.scoring.leaks import LEARNED_FROM, TRIED_ON, _judged

SUITES = Path(__file__).parents[2] / "expectations" / "scores"


def leaking(leak: str) -> list[dict[str, Any]]:
    chance = np.random.default_rng(4)
    n_rows = 4000
    harmed = chance.random(n_rows) < 0.03
    honest = chance.poisson(0.3 + 1.5 * harmed).astype(float)
    late = {
        "value": np.where(harmed, 1.0, 0.0) + (chance.random(n_rows) < 0.01),
        "low value": np.where(harmed, -5.0, chance.normal(size=n_rows)),
        "missing": np.where(harmed, np.nan, 1.0),
        "told": np.where(harmed, 1.0, np.nan),
        "none": chance.normal(size=n_rows),
    }[leak]
    table = pa.table({"honest": honest, "leak": pa.array(late, from_pandas=True)})
    return leaking_features(harmed, table, np.where(harmed, 1.0, 5.0)).to_pylist()


@pytest.mark.parametrize("leak", ["value", "low value", "missing", "told"])
def test_a_planted_leak_is_found(leak: str) -> None:
    told = leaking(leak)
    assert [row["feature"] for row in told if row["leaks"]] == ["leak"]
    assert told[0]["feature"] == "leak"


def test_what_tells_nothing_does_not_leak() -> None:
    told = leaking("none")
    assert [row["leaks"] for row in told] == [False, False]
    assert 0.6 < told[0]["roc_auc"] < 0.95
    assert told[1]["roc_auc"] == pytest.approx(0.5, abs=0.12)


def test_of_rows_of_a_trial_all_who_came_and_evenly_of_the_others_are_looked_at() -> None:
    """A leak among 9,000, of whom 45 were harmed, is found, and the same each time."""
    label = np.arange(9000) % 200 == 0
    honest = np.random.default_rng(3).poisson(0.3 + label).astype(float)
    table = pa.table({"honest": honest, "leak": np.where(label, 3, 0)})
    found = _judged("m", date(2024, 5, 14), TRIED_ON, table, label)
    assert found.equals(_judged("m", date(2024, 5, 14), TRIED_ON, table, label))
    told = {row["feature"]: row for row in found.to_pylist()}
    assert told["leak"]["leaks"]
    assert told["leak"]["roc_auc"] == 1.0
    assert not told["honest"]["leaks"]
    assert {row["n_positive"] for row in told.values()} == {45}


def test_the_gate_of_scores_is_shut_by_a_leak_and_by_nothing_else() -> None:
    label = np.arange(4000) % 100 == 0
    honest = np.random.default_rng(3).poisson(0.3 + label).astype(float)
    suite = json.loads((SUITES / "int_scores__features_judged.json").read_text("utf-8"))
    (rule,) = suite["expectations"]
    assert rule["severity"] == "critical"
    assert rule["kwargs"] == {"column": "leaks", "value_set": [False]}
    for features, is_open in (({"honest": honest}, True), ({"leak": label * 1.0}, False)):
        found = _judged("m", date(2024, 5, 14), LEARNED_FROM, pa.table(features), label)
        assert (set(found["leaks"].to_pylist()) <= set(rule["kwargs"]["value_set"])) == is_open
