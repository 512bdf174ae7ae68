"""Fit every model on all that is recorded by one day, and give its files of parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from think_family.errors import ThinkFamilyError
from think_family.scoring.additive import fit_additive
from think_family.scoring.candidates import additive_candidates
from think_family.scoring.columns import training_from
from think_family.scoring.configuration import (
    FLAG_COUNT,
    LEARNED,
    NETWORK,
    Configuration,
    missing_rules,
)
from think_family.scoring.features import Feature, features_chosen
from think_family.scoring.index import fit_index, points_of
from think_family.scoring.nearness import fit_near
from think_family.scoring.parameters import FLAGS, POINTS, AdditiveParameters, IndexParameters
from think_family.scoring.population import INDEX, MODEL, parameter_files
from think_family.scoring.trials import learned_from

_PAIR = ["person_id", "as_of_date"]


@dataclass(frozen=True)
class Recorded:
    """What models are fitted on.

    Attributes:
        day: The date of the data; what was not recorded by it does not exist.
        labelled: `int_scores__person_dates_labelled`.
        features: `int_features__persons_described`, of these persons and days.
        eligible: `int_scores__cohorts_gathered`: the cohort of each model on the day.
        windowed: `int_features__indicators_windowed` as of the day.
        neared: `int_scores__adults_neared`.
        features_catalogued: `int_features__features_catalogued`.
        indicators: The seed `indicator_catalogue`.
    """

    day: date
    labelled: pa.Table
    features: pa.Table
    eligible: pa.Table
    windowed: pa.Table
    neared: pa.Table
    features_catalogued: pa.Table
    indicators: pa.Table


@dataclass(frozen=True)
class Fitted:
    """A model as it was fitted.

    Attributes:
        model: Its configuration.
        parameters: What is to stand in each of its files.
        n_cohort: Whom the scale is of: persons whom it scores on the day.
        n_learned_from: Rows that it learned from; 0 where nothing is learned.
        n_labelled: Of these, labelled ones.
    """

    model: Configuration
    parameters: Mapping[Path, AdditiveParameters | IndexParameters]
    n_cohort: int
    n_learned_from: int
    n_labelled: int


def fit_models(
    models: Sequence[Configuration],
    recorded: Recorded,
    folder: Path,
    *,
    candidates: Mapping[str, str] | None = None,
    told: Callable[[Fitted], None] = lambda _: None,
) -> tuple[Fitted, ...]:
    """Fit models; the same rows give the same parameters, in whatever order they stand.

    Args:
        models: Configurations.
        recorded: What is known on the day.
        folder: Where the files are to stand.
        candidates: By model that learns, the candidate that is fitted, as `candidates_chosen` gives
            them; the first of the configuration where none is named.
        told: Called with each model when it is fitted.

    Raises:
        ThinkFamilyError: There is nobody to learn from or to make a scale of; names the model.
    """
    fitted = []
    for model in models:
        fitted.append(_fitted(model, recorded, folder, (candidates or {}).get(model.name)))
        told(fitted[-1])
    return tuple(fitted)


def _fitted(
    model: Configuration, recorded: Recorded, folder: Path, candidate: str | None
) -> Fitted:
    cohort = recorded.eligible.filter(pc.equal(recorded.eligible["model"], model.name))
    if not len(cohort):
        raise ThinkFamilyError(
            f"{model.name} scores nobody on {recorded.day}: look at the ages and the area of its"
            " file, and at what is loaded."
        )
    facts: dict[str, Any] = {
        "as_of_date": recorded.day.isoformat(),
        "configuration_version": model.version,
        "configuration_digest": model.digest,
        "n_cohort": len(cohort),
    }
    files = parameter_files(model, folder)
    parameters: dict[Path, AdditiveParameters | IndexParameters] = {
        files[INDEX]: _index(model, cohort.select(_PAIR), recorded, facts)
    }
    n_learned_from = n_labelled = 0
    if model.method == LEARNED:
        train = _learned_from(model, recorded)
        n_learned_from, n_labelled = len(train), int(pc.sum(train["is_positive"]).as_py() or 0)
        if not 1 < n_labelled < n_learned_from:
            raise ThinkFamilyError(
                f"{model.name} has {n_labelled} labelled of {n_learned_from} rows by"
                f" {recorded.day}: there is nothing to learn. It needs two at least, and others."
            )
        settings = additive_candidates(model)
        chosen = candidate or next(iter(settings))
        parameters[files[MODEL]] = fit_additive(
            training_from(train, cluster="cluster_id"),
            _features(model, recorded),
            settings[chosen],
            model=model.name,
            facts={**facts, "candidate": chosen},
        )
    return Fitted(model, parameters, len(cohort), n_learned_from, n_labelled)


def _index(
    model: Configuration, cohort: pa.Table, recorded: Recorded, facts: dict[str, Any]
) -> IndexParameters:
    if model.method == NETWORK:
        neared = recorded.neared.filter(pc.equal(recorded.neared["model"], model.name))
        return fit_near(cohort, neared, model=model.name, scale=model.scale, facts=facts)
    points, criteria = points_of(recorded.indicators, model.index.points)
    return fit_index(
        cohort,
        recorded.windowed,
        model=model.name,
        points=points,
        criteria=criteria,
        cap_per_criterion=model.index.cap_per_criterion,
        kind=FLAGS if model.method == FLAG_COUNT else POINTS,
        scale=model.scale,
        facts=facts,
    )


def features_of(
    model: Configuration, features_catalogued: pa.Table, indicators: pa.Table
) -> tuple[Feature, ...]:
    """Choose the features that a model is fitted on; none where nothing is learned.

    Args:
        model: Its configuration.
        features_catalogued: As in `Recorded`.
        indicators: Likewise.
    """
    if model.method != LEARNED:
        return ()
    points, _ = points_of(indicators, model.index.points)
    return features_chosen(
        model.features,
        features_catalogued,
        harm=model.harm,
        points=points,
        missing=missing_rules(model),
    )


def _features(model: Configuration, recorded: Recorded) -> tuple[Feature, ...]:
    return features_of(model, recorded.features_catalogued, recorded.indicators)


def _learned_from(model: Configuration, recorded: Recorded) -> pa.Table:
    """Give the rows to learn from with their features."""
    labelled = recorded.labelled
    rows = learned_from(model, labelled.filter(pc.equal(labelled["model"], model.name)),
                        recorded.day)  # fmt: skip
    named = [*_PAIR, *(feature.name for feature in _features(model, recorded))]
    joined = rows.join(recorded.features.select(named), _PAIR, join_type="left outer")
    if len(joined) != len(rows):
        raise ThinkFamilyError("A person and day is described more than once.")
    return joined.sort_by([(name, "ascending") for name in (*_PAIR, "reason")])
