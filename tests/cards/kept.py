"""Tiny results, as literal rows."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from think_family.cards.card import Sources
from think_family.cards.results import TABLES, Results, Row
from think_family.scoring.configuration import Configuration, read_configuration

ROOT = Path(__file__).parents[2]
MODEL = "cse_under_18"
DAY = date(2024, 5, 14)

ABOUT = {
    "people": "535000",
    "synthetic": "yes",
    "natural prevalence": "yes",
    "publishable": "yes",
    "data until": "2025-08-31",
    "extracts digest": "",
    "project digest": "",
}


def row(table: str, **told: Any) -> Row:
    """A row of a table, of the model as it is configured, on all days of trial together."""
    names = TABLES[table].names
    assert set(told) <= set(names), set(told) - set(names)
    usual = {"model": MODEL, "variant": "as_configured"}
    return {name: told.get(name, usual.get(name)) for name in names}


def performance(score: str | None, measure: str, value: float | None, **told: Any) -> Row:
    """A figure of a list of 50."""
    of = {"k": 50.0, "population": "not known", "kind": "score"} | told
    if value is not None:
        of |= {"low": value / 2, "high": 2 * value} | told
    return row("performance", score=score, measure=measure, value=value, **of)


def kept(about: dict[str, str] | None = None, **rows: list[Row]) -> Results:
    """Results with these rows, of a model that stands."""
    tables: dict[str, list[Row]] = {name: [] for name in TABLES}
    tables["about"] = [
        {"what": what, "value": value} for what, value in {**ABOUT, **(about or {})}.items()
    ]
    tables["models"] = [judged()]
    tables["trials"] = [
        row(
            "trials",
            cutoff_date=DAY,
            test_until=date(2025, 5, 14),
            complete_on=date(2025, 8, 30),
            learned_since=date(2018, 10, 12),
            n_learned_from=4265,
            n_labelled=85,
            n_scored=8455,
            n_outcomes=20,
            n_of_age=1035,
            n_left=None,
            n_disagreements=50,
            n_labels_in_both=0,
        )
    ]
    tables["counts"] = [
        row("counts", what=what, n_rows=n, n_people=float(n))
        for what, n in (
            ("assessed", 8000),
            ("assessed whom the event came to", 20),
            ("assessed, known already", 135),
        )
    ]
    tables["performance"] = [
        performance("score", "roc_auc", 0.8, k=None),
        performance("index_score", "roc_auc", 0.7, k=None),
        performance("score", "precision", 0.2),
        performance("score", "recall", 0.25),
        performance("score", "average_precision", 0.075, k=None),
        performance("index_score", "precision", 0.12),
        performance("index_score", "recall", 0.15),
    ]
    return Results({**tables, **rows})


def judged(**told: Any) -> Row:
    """What became of the model."""
    usual = {
        "configuration_digest": "d1",
        "capacity": 50,
        "is_withdrawn": False,
        "reason": "Stands: it came to more of those that the model lists.",
    }
    return row("models", **{**usual, **told})


def model() -> Configuration:
    """The model's own file."""
    return read_configuration(ROOT / "risk_models" / f"{MODEL}.yml")


def sources(**told: Any) -> Sources:
    """What a card is made from beside results; without parameters, unless they are given."""
    usual: dict[str, Any] = {
        "targets": [
            {
                "target": "cse",
                "source_system": "base",
                "source_extract": "services",
                "attribute": "service",
                "value": "started",
            }
        ],
        "meanings": {"n_missing_report_90_days": "Reported missing: events in the last 90 days"},
        "indicators": {"missing_report": "Reported missing"},
        "fitted": {},
        "indexed": {},
    }
    return Sources(**{**usual, **told})
