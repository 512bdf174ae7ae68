"""Pictures of what is kept of a model's trials: what it found, and how time was parted."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa

from think_family.cards.results import Results
from think_family.cards.words import named, percent
from think_family.scoring.assess import SCHEMAS, Assessment, Settings
from think_family.scoring.assess_picture import draw_assessment
from think_family.scoring.configuration import Configuration
from think_family.scoring.selection import draw_splits

#: The scores of a trial, short enough for a legend.
_SHORT = {"score": "score", "model_score": "glass box", "index_score": "index"}

_NAMES = ("score", "other")


def draw_found(model: Configuration, results: Results) -> str | None:
    """Draw what a model found on all days of trial; None where nothing may be told of it."""
    tables = {name: results.of(name, model.name) for name in SCHEMAS}
    headline = results.headline(model.name)
    if not any(row["measure"] == "precision" and row["value"] is not None for row in headline):
        return None
    assessment = Assessment(
        Settings(capacity=model.capacity),
        {
            name: pa.Table.from_pylist(
                [_renamed(row) for row in rows if row.get("score") not in _LEFT_OUT],
                schema=SCHEMAS[name],
            )
            for name, rows in tables.items()
        },
        {},
        headline[0]["population"],
    )
    return draw_assessment(assessment, model.title, results.first_line)


# The planted truth is far above all, and would press the rest together.
_LEFT_OUT = ("truth",)


def _renamed(row: dict[str, Any]) -> dict[str, Any]:
    told = {name: _SHORT.get(row[name], row[name]) for name in _NAMES if name in row}
    for name in ("group", "reference"):
        if row.get(name):
            told[name] = named(row[name])
    return {**row, **told}


def draw_parted(model: Configuration, results: Results) -> str | None:
    """Draw what each day of trial learned from, foretold and waited for; None without trials."""
    trials = results.of("trials", model.name)
    if not trials:
        return None
    told = pa.table(
        {
            "cut_off": [row["cutoff_date"] for row in trials],
            "test_until": [row["test_until"] for row in trials],
            "complete_on": [row["complete_on"] for row in trials],
            "n_training_labels": [row["n_labelled"] for row in trials],
            "n_test_labels": [row["n_outcomes"] for row in trials],
            "n_in_both": [row["n_labels_in_both"] for row in trials],
        }
    )
    first = min(row["learned_since"] or row["cutoff_date"] for row in trials)
    return draw_splits(told, first, date.fromisoformat(results.about["data until"]))


def described(model: Configuration, results: Results) -> str:
    """Say in words what the picture of a model shows, for those who do not see it."""
    told = [
        f"{_SHORT.get(row['score'], row['score'])} {percent(row['value'])}"
        for row in results.headline(model.name)
        if row["measure"] == "precision"
        and row["k"] == model.capacity
        and row["value"] is not None
        and row["score"] not in _LEFT_OUT
    ]
    return (
        f"Of the {model.capacity} people listed highest on each day, it came to: {', '.join(told)}."
        if told
        else "What the lists found."
    )
