"""Whether a single feature of a model knows nearly all of the answer, on rows of its own trials."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pyarrow as pa

from think_family.scoring.assess_leakage import leaking_features
from think_family.scoring.configuration import LEARNED, Configuration
from think_family.scoring.resampling import Bools
from think_family.scoring.trials import Evidence, Trial
from think_family.scoring.variants import features_of

LEARNED_FROM, TRIED_ON = "learned from", "tried on"

#: So many of those to whom nothing came are enough to tell.
_MOST_OTHERS = 2000

_SCHEMA = pa.schema(
    [
        ("model", pa.string()),
        ("cutoff_date", pa.date32()),
        ("rows", pa.string()),
        ("feature", pa.string()),
        ("by", pa.string()),
        ("roc_auc", pa.float64()),
        ("n_positive", pa.int32()),
        ("leaks", pa.bool_()),
    ]
)


def features_judged(models: Sequence[Configuration], evidence: Evidence) -> pa.Table:
    """Tell of each feature of each model how much of the answer it alone knows.

    On the latest day of trial: of the rows that the model learns from, and of those that it is
    tried on. All to whom the outcome came are looked at, and of the others evenly so many.

    Args:
        models: Configurations; those that do not learn are passed over.
        evidence: What is known.

    Returns:
        One row per model, kind of rows and feature, those that know most first: by, how it was
        read; roc_auc; n_positive; leaks, whether it knows more than any honest feature could.
    """
    told = [_SCHEMA.empty_table()]
    for model in models:
        if model.method != LEARNED:
            continue
        trial = Trial(model, evidence, ())
        if not trial.days:
            continue
        day = trial.days[-1]
        cohort = trial.cohort(day)
        cohort = cohort.filter(cohort["is_outcome"].is_valid())
        train = trial.training(trial.variants[0], day)
        names = [feature.name for feature in features_of(model, evidence.catalogues, day)]
        for kind, rows, label in (
            (LEARNED_FROM, train, train["is_positive"]),
            (TRIED_ON, cohort, cohort["is_outcome"]),
        ):
            came = np.array(label.to_pylist(), dtype=bool)
            told.append(_judged(model.name, day, kind, rows.select(names), came))
    return pa.concat_tables(told)


def _judged(model: str, day: date, kind: str, features: pa.Table, label: Bools) -> pa.Table:
    others = np.flatnonzero(~label)
    some = others[np.linspace(0, len(others) - 1, min(len(others), _MOST_OTHERS)).astype(int)]
    kept = np.sort(np.concatenate([np.flatnonzero(label), some])).astype(np.int64)
    found = leaking_features(label[kept], features.take(pa.array(kept)))
    return pa.table(
        {
            "model": pa.repeat(pa.scalar(model), len(found)),
            "cutoff_date": pa.repeat(pa.scalar(day, pa.date32()), len(found)),
            "rows": pa.repeat(pa.scalar(kind), len(found)),
            "feature": found["feature"],
            "by": found["by"],
            "roc_auc": found["roc_auc"],
            "n_positive": pa.repeat(pa.scalar(int(label.sum()), pa.int32()), len(found)),
            "leaks": found["leaks"],
        },
        schema=_SCHEMA,
    )
