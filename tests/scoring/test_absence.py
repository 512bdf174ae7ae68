"""What a model says where nothing is recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

from think_family.scoring.absence import absences_weighed
from think_family.scoring.models import read_models
from think_family.scoring.parameters import AdditiveParameters, IndexParameters, Term
from think_family.scoring.population import Trained
from think_family.scoring.scale import PERCENTILE, Scale

MODEL = read_models(Path(__file__).parents[2] / "risk_models")[0]
SCALE = Scale(PERCENTILE, (0.0,), (0.0,))
INDEX = IndexParameters(
    MODEL.name, "points", {"missing": 1.0}, {"missing": "children"}, None, SCALE
)


def term(feature: str, code: str | None, scope: str | None, *bins: float, missing: float) -> Term:
    edges = tuple(float(edge) for edge in range(1, len(bins)))
    return Term(feature, "number", 0, code, scope, False, "lowest", False, edges, bins, missing)


def weighed(*terms: Term) -> list[dict[str, object]]:
    box = AdditiveParameters(model=MODEL.name, base=-3.0, terms=terms, unused=(), scale=SCALE)
    catalogue = {
        "feature": ["n_missing", "days_since_missing", "n_family_missing"],
        "is_zero_when_none": [True, False, True],
    }
    return absences_weighed([Trained(MODEL, box, INDEX)], catalogue).to_pylist()


def test_nothing_is_none_of_counts_and_missing_of_days_since() -> None:
    told = weighed(
        term("n_missing", "missing", "person", -0.25, 1.0, 2.0, missing=0.5),
        term("days_since_missing", "missing", "person", 1.0, 0.5, missing=-0.125),
        term("n_family_missing", "missing", "family", 0.25, -1.0, missing=0.0),
        term("age_in_years", None, None, -1.0, 1.0, missing=0.0),
    )
    assert told == [
        {
            "model": MODEL.name,
            "scope": scope,
            "indicator_code": "missing",
            "contribution": pytest.approx(contribution, abs=0),
        }
        for scope, contribution in (("family", 0.25), ("person", -0.375))
    ]


def test_a_model_that_does_not_learn_says_nothing() -> None:
    catalogue = {"feature": ["n_missing"], "is_zero_when_none": [True]}
    told = absences_weighed([Trained(MODEL, None, INDEX)], catalogue)
    assert told.num_rows == 0
    assert told.column_names == ["model", "scope", "indicator_code", "contribution"]
