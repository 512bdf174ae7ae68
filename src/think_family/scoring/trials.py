"""Models tried on days that lie behind: fitted on what was known, held against what came after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from think_family.errors import ThinkFamilyError
from think_family.scoring.additive import fit_additive
from think_family.scoring.applying import score
from think_family.scoring.candidates import additive_candidates
from think_family.scoring.columns import Training, training_from
from think_family.scoring.configuration import (
    BEFORE_OUTCOME,
    BEFORE_REFERRAL,
    EARLIER_DAYS,
    LEARNED,
    Configuration,
    missing_rules,
)
from think_family.scoring.features import Feature, features_chosen
from think_family.scoring.index import combined, fit_index, index_score, points_of

_REASONS = {BEFORE_REFERRAL: "before_referral", BEFORE_OUTCOME: "before_outcome"}
_TEST, _EARLIER, _UNLABELLED = "test", "earlier day", "unlabelled"
_PAIR = ["person_id", "as_of_date"]

#: The variant of a model that scores people; others leave something out, or let something in.
AS_CONFIGURED = "as_configured"

_RESULT = pa.schema(
    [
        ("model", pa.string()),
        ("variant", pa.string()),
        ("cutoff_date", pa.date32()),
        ("person_id", pa.string()),
        ("cluster_id", pa.string()),
        ("log_odds", pa.float64()),
        ("index_points", pa.float64()),
        ("model_score", pa.float64()),
        ("index_score", pa.float64()),
        ("score", pa.float64()),
        ("winner", pa.string()),
        ("is_strong_disagreement", pa.bool_()),
        ("is_outcome", pa.bool_()),
        ("lead_days", pa.int32()),
        ("censored", pa.string()),
        ("n_learned_from", pa.int32()),
        ("n_labelled", pa.int32()),
    ]
)


@dataclass(frozen=True)
class Evidence:
    """What models are tried with.

    Attributes:
        labelled: `int_scores__person_dates_labelled`: model, as_of_date, person_id, reason,
            cluster_id, outcome_known_on, is_outcome, lead_days, censored, weight.
        features: `int_features__persons_described`, of these persons and days.
        windowed: `int_features__indicators_windowed`, likewise: person_id, as_of_date,
            indicator_code, weight.
        features_catalogued: `int_features__features_catalogued`.
        indicators: The seed `indicator_catalogue`.
    """

    labelled: pa.Table
    features: pa.Table
    windowed: pa.Table
    features_catalogued: pa.Table
    indicators: pa.Table


def features_used(models: Sequence[Configuration], evidence_of: Mapping[str, Any]) -> list[str]:
    """Name the features that any of the models uses, each once, in order of their names.

    Args:
        models: Configurations.
        evidence_of: features_catalogued and indicators, as in `Evidence`.
    """
    return sorted(
        {
            feature.name
            for model in models
            if model.method == LEARNED
            for feature in _chosen(
                model, evidence_of["features_catalogued"], evidence_of["indicators"]
            )
        }
    )


def try_models(models: Sequence[Configuration], evidence: Evidence) -> pa.Table:
    """Fit each model as of each day of trial, and score whom it would have scored on it.

    A model learns from what was recorded by the day: of labelled persons on their own day those
    whose outcome was known, beside the unlabelled of the same days, of whom none was known to have
    it; or of everybody on earlier days whose horizon was over. It scores everybody of its cohort.
    Where fewer than two persons are labelled by the day there is nothing to learn, and the index
    stands alone.

    Args:
        models: Configurations; those that do not learn are passed over.
        evidence: What is known.

    Returns:
        One row per model, variant, day and person of the cohort on it, in this order: log_odds and
        model_score of the glass box, index_points and index_score, the higher score with its
        winner, and what came after (is_outcome, lead_days, censored); n_learned_from and n_labelled
        rows it was fitted on.
    """
    told = [_RESULT.empty_table()]
    for model in models:
        if model.method != LEARNED:
            continue
        rows = evidence.labelled.filter(pc.equal(evidence.labelled["model"], model.name))
        days = pc.unique(rows.filter(pc.equal(rows["reason"], _TEST))["as_of_date"]).to_pylist()
        told += [_tried(model, rows, day, evidence) for day in sorted(days)]
    return pa.concat_tables(told)


def learned_from(model: Configuration, rows: pa.Table, day: date) -> pa.Table:
    """Give the rows that a model learns from as of a day, with is_positive.

    Args:
        model: Its configuration.
        rows: The rows of `int_scores__person_dates_labelled` that are the model's.
        day: The day; what was not recorded by it does not exist.
    """
    known = pc.fill_null(pc.less_equal(rows["outcome_known_on"], pa.scalar(day)), False)
    if model.as_of == EARLIER_DAYS:
        over = pc.less_equal(
            rows["as_of_date"], pa.scalar(day - timedelta(days=model.horizon_days))
        )
        kept = pc.and_(over, pc.is_valid(rows["is_outcome"]))
        is_positive = pc.and_(pc.fill_null(rows["is_outcome"], False), known)
    else:
        labelled = pc.equal(rows["reason"], _REASONS[model.as_of])
        unlabelled = pc.and_(
            pc.equal(rows["reason"], _UNLABELLED), pc.less(rows["as_of_date"], pa.scalar(day))
        )
        kept = pc.or_(pc.and_(labelled, known), pc.and_(unlabelled, pc.invert(known)))
        is_positive = labelled
    return rows.append_column("is_positive", is_positive).filter(kept)


def _tried(model: Configuration, rows: pa.Table, day: date, evidence: Evidence) -> pa.Table:
    features = _chosen(model, evidence.features_catalogued, evidence.indicators)
    on_day = pc.and_(pc.equal(rows["reason"], _TEST), pc.equal(rows["as_of_date"], pa.scalar(day)))
    test = _described(rows.filter(on_day), features, evidence)
    train = _described(learned_from(model, rows, day), features, evidence)
    n_labelled = int(pc.sum(train["is_positive"]).as_py() or 0)
    log_odds = model_score = np.full(len(test), np.nan)
    if 1 < n_labelled < len(train):
        training = _training(train)
        settings = next(iter(additive_candidates(model).values()))
        scored = score(fit_additive(training, features, settings, model=model.name), test)
        log_odds, model_score = scored.log_odds, scored.score
    points, criteria = points_of(evidence.indicators, model.index.points)
    population = train.filter(pc.invert(train["is_positive"])) if len(train) else test
    spine = population.group_by(_PAIR).aggregate([("weight", "max")])
    index = fit_index(
        spine,
        evidence.windowed,
        model=model.name,
        points=points,
        criteria=criteria,
        cap_per_criterion=model.index.cap_per_criterion,
        weight=spine["weight_max"].cast(pa.float64()).to_numpy(),
        scale=model.scale,
    )
    indexed = index_score(index, test.select(_PAIR), evidence.windowed).rows
    both = combined(model_score, indexed["score"].to_numpy())
    return (
        pa.table(
            {
                "model": pa.repeat(pa.scalar(model.name), len(test)),
                "variant": pa.repeat(pa.scalar(AS_CONFIGURED), len(test)),
                "cutoff_date": test["as_of_date"],
                "person_id": test["person_id"],
                "cluster_id": test["cluster_id"],
                "log_odds": pa.array(log_odds, from_pandas=True),
                "index_points": indexed["points"],
                **{name: both[name] for name in both.column_names},
                "is_outcome": test["is_outcome"],
                "lead_days": test["lead_days"],
                "censored": test["censored"],
                "n_learned_from": pa.repeat(pa.scalar(len(train), pa.int32()), len(test)),
                "n_labelled": pa.repeat(pa.scalar(n_labelled, pa.int32()), len(test)),
            }
        )
        .select(_RESULT.names)
        .cast(_RESULT)
    )


def _chosen(
    model: Configuration, features_catalogued: pa.Table, indicators: pa.Table
) -> tuple[Feature, ...]:
    points, _ = points_of(indicators, model.index.points)
    return features_chosen(
        model.features,
        features_catalogued,
        harm=model.harm,
        points=points,
        missing=missing_rules(model),
    )


def _described(rows: pa.Table, features: Sequence[Feature], evidence: Evidence) -> pa.Table:
    """Join rows to their features, in the order of persons and days."""
    named = [*_PAIR, *(feature.name for feature in features)]
    joined = rows.join(evidence.features.select(named), _PAIR, join_type="left outer")
    if len(joined) != len(rows):
        raise ThinkFamilyError("A person and day is described more than once.")
    return joined.sort_by([(name, "ascending") for name in (*_PAIR, "reason")])


def _training(train: pa.Table) -> Training:
    weight = train["weight"].cast(pa.float64())
    return training_from(
        train.set_column(train.column_names.index("weight"), "weight", weight),
        cluster="cluster_id",
    )
