"""A feature that is filled in when the label comes is found among honest ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from think_family.scoring.assess_leakage import leaking_features


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
