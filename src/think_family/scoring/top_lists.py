"""How much of a list of people stays on it when one day more is known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from think_family.scoring.assess_drift import top_that_stays
from think_family.scoring.columns import Floats
from think_family.scoring.configuration import LEARNED, Configuration
from think_family.scoring.index import combined
from think_family.scoring.trials import DAY_AFTER, Evidence, FittedTrial, Trial, scores_of
from think_family.scoring.variants import AS_CONFIGURED

#: By what a list is made, as the columns of trials are called.
RANKED_BY = ("log_odds", "index_points", "score")

_RESULT = pa.schema(
    [
        ("model", pa.string()),
        ("variant", pa.string()),
        ("cutoff_date", pa.date32()),
        ("next_date", pa.date32()),
        ("ranked_by", pa.string()),
        ("k", pa.int32()),
        ("n_listed", pa.int32()),
        ("share_expected", pa.float64()),
        ("share_worst", pa.float64()),
        ("share_best", pa.float64()),
    ]
)


def compare_top_lists(models: Sequence[Configuration], evidence: Evidence) -> pa.Table:
    """Tell which part of each model's list stays on it a day later.

    The list is that of the latest day of trial, as long as a team has capacity; the cohort of the
    day after is scored by the same fitted model, on what was known on that day. So nothing differs
    but the day.

    Args:
        models: Configurations; those that do not learn are passed over.
        evidence: What models are tried with; of labelled rows, those of the day after too.

    Returns:
        One row per model and ranked_by (log_odds of the glass box, index_points, or the higher
        score): k, the capacity; n_listed, people on the list of the day; share_expected,
        share_worst and share_best, the part of it that stays, with ties at the ends of both lists
        ordered by chance, or so that the fewest or the most stay.
    """
    rows = []
    for model in models:
        if model.method != LEARNED:
            continue
        trial = Trial(model, evidence, ())
        if not trial.days:
            continue
        day = trial.days[-1]
        fit, index = trial.fitted(trial.variants[0], day), trial.index(day)
        cohorts = [trial.cohort(day), trial.cohort(day + timedelta(days=1), DAY_AFTER)]
        people = [cohort["person_id"].to_pylist() for cohort in cohorts]
        then, now = (_rankings(fit, cohort, trial.indexed(index, cohort)) for cohort in cohorts)
        for ranked_by in RANKED_BY:
            n_scored = int((~np.isnan(then[ranked_by])).sum())
            if not n_scored:
                continue
            stay = top_that_stays(
                people[0], then[ranked_by], people[1], now[ranked_by], model.capacity
            )
            rows.append(
                {
                    "model": model.name,
                    "variant": AS_CONFIGURED,
                    "cutoff_date": day,
                    "next_date": day + timedelta(days=1),
                    "ranked_by": ranked_by,
                    "k": model.capacity,
                    "n_listed": min(model.capacity, n_scored),
                    "share_expected": stay.expected,
                    "share_worst": stay.worst,
                    "share_best": stay.best,
                }
            )
    return pa.Table.from_pylist(rows, schema=_RESULT)


def _rankings(fit: FittedTrial, cohort: pa.Table, indexed: pa.Table) -> dict[str, Floats]:
    log_odds, model_score = scores_of(fit, cohort)
    both = combined(model_score, indexed["score"].to_numpy())
    score = pc.fill_null(both["score"], np.nan).to_numpy()
    return dict(zip(RANKED_BY, (log_odds, indexed["points"].to_numpy(), score), strict=True))
