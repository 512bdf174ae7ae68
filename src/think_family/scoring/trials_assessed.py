"""What trials say of each model: how good its scores were, beside what costs nothing, and for whom.

Each day of trial is told by itself, and all of them together (no day): then each day has a list of
its own, as a team would have had, and what the lists hold is added up. Groups, days ahead and
calibration are told of all days together, for of one day there are too few. Variants of a model are
told beside the model as it is configured, on the same people and draws.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from think_family.scoring.assess import (
    EVERYONE,
    NOT_KNOWN,
    SCHEMAS,
    Assessment,
    Settings,
    assess,
)
from think_family.scoring.assess_groups import compare_recorded
from think_family.scoring.measures import restated_precision
from think_family.scoring.resampling import Bools, Floats, draw_clusters
from think_family.scoring.rows import NOT_RECORDED, Scored
from think_family.scoring.trials_truth import HARMS, City

AS_CONFIGURED = "as_configured"

#: The final score, the glass box and the index, as `int_scores__trials_scored` names them.
SCORES = ("score", "model_score", "index_score")
TWICE_MISSING = "two missing episodes"
KNOWN_ALREADY = "known already"
GROUPINGS: Mapping[str, str] = {
    "ethnicity": "ethnicity",
    "sex": "sex",
    "age band": "age_band",
    "programme": "programme",
    "deprivation": "deprivation",
}
RESTATED = "precision_at_natural_prevalence"

_DRAWS = 500
# Of fewer people no shares by group are told.
_LEAST_RECORDED = 50

ASSESSED = pa.schema(
    [
        ("section", pa.string()),
        ("model", pa.string()),
        ("variant", pa.string()),
        ("as_of", pa.date32()),
        ("population", pa.string()),
        ("score", pa.string()),
        ("kind", pa.string()),
        ("other", pa.string()),
        ("measure", pa.string()),
        ("k", pa.float64()),
        ("lead_time", pa.string()),
        ("bin", pa.int32()),
        ("recall", pa.float64()),
        ("grouping", pa.string()),
        ("group_name", pa.string()),
        ("reference", pa.string()),
        ("n_rows", pa.int64()),
        ("n_positive", pa.int64()),
        ("value", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("worst", pa.float64()),
        ("best", pa.float64()),
        ("expected", pa.float64()),
        ("other_value", pa.float64()),
        ("difference", pa.float64()),
        ("difference_low", pa.float64()),
        ("difference_high", pa.float64()),
        ("ratio", pa.float64()),
        ("ratio_low", pa.float64()),
        ("ratio_high", pa.float64()),
        ("verdict", pa.string()),
    ]
)

# Column of a section's own -> column of the long table.
_NAMES = {
    "counts": {"what": "measure"},
    "lead_times": {},
    "calibration": {"observed": "value"},
    "groups": {"group": "group_name"},
    "curves": {"precision": "value"},
}
_MEASURES = {"lead_times": "found", "calibration": "calibration", "curves": "precision"}


@dataclass(frozen=True)
class TrialRows:
    """What the assessment of trials reads; Arrow tables.

    Attributes:
        trials: `int_scores__trials_scored`.
        known: `int_scores__markers_known`: model, person_id, as_of_date.
        described: `int_scores__trial_persons_described`.
        recorded: What counts of whom on the days of trial: person_id, as_of_date, indicator_code.
        models: `int_scores__models_configured`.
        labelled: The days on which labelled persons are seen: model, reason, as_of_date,
            outcome_known_on.
        prevalences: The seed `score_prevalence`: target, share_in_a_year.
        city: What city it is.
        publishable_population: From so many people on, and at natural prevalence, accuracy may be
            published; elsewhere precision is restated, where the natural share is known.
        truth: As `trials_truth.true_order` gives it, or None.
        draws: Draws of families.
    """

    trials: Any
    known: Any
    described: Any
    recorded: Any
    models: Any
    labelled: Any
    prevalences: Any
    city: City
    publishable_population: int
    truth: Any = None
    draws: int = _DRAWS

    @property
    def is_publishable(self) -> bool:
        """Whether accuracy that is measured on the city may be published."""
        is_large = self.city.population >= self.publishable_population
        return is_large and self.city.is_natural_prevalence


def assess_trials(rows: TrialRows) -> pa.Table:
    """Assess every model and variant on its days of trial.

    Nobody is judged of whom nobody can tell what came. Where the event came to nobody on a day, or
    to nobody who was not known already, people are counted and no more is told of it.

    Args:
        rows: What there is.

    Returns:
        Rows of `ASSESSED`. Sections: counts, performance, comparisons, lead_times, calibration,
        curves, groups, recorded (share of each group of whom an indicator counts: what a score sees
        of it), and city (how large it is, and whether results may be published).
    """
    told: list[dict[str, Any]] = []
    with duckdb.connect(":memory:") as connection:
        connection.execute("set threads = 1")
        for name in ("trials", "known", "described", "recorded", "models", "labelled"):
            connection.register(name, getattr(rows, name))
        connection.register("prevalences", rows.prevalences)
        connection.register("truth", rows.truth if rows.truth is not None else _no_truth())
        connection.execute(_JOINED_SQL)
        for model, target, capacity, horizon, natural, variant in connection.execute(
            _MODELS_SQL
        ).fetchall():
            one = _Model(
                name=model,
                variant=variant,
                harm=HARMS.get(target) if rows.truth is not None else None,
                horizon_days=horizon,
                natural=None if rows.is_publishable else natural,
                settings=Settings(capacity=capacity, draws=rows.draws, at=_lengths(capacity)),
            )
            tell = _told_as_configured if variant == AS_CONFIGURED else _told_of_variant
            told += [{"model": model, "variant": variant, **row} for row in tell(one, connection)]
            if variant == AS_CONFIGURED:
                told += [{"model": model, "variant": variant, **row} for row in _told_city(rows)]
    return pa.Table.from_pylist(told, schema=ASSESSED)


@dataclass(frozen=True)
class _Model:
    name: str
    variant: str
    harm: str | None
    horizon_days: int
    natural: float | None
    settings: Settings


def _told_city(rows: TrialRows) -> Iterator[dict[str, Any]]:
    yield {"section": "city", "measure": "people", "n_rows": rows.city.population}
    for measure, told in (
        ("natural prevalence", rows.city.is_natural_prevalence),
        ("synthetic", rows.city.is_synthetic),
        ("publishable", rows.is_publishable),
    ):
        yield {"section": "city", "measure": measure, "value": float(told)}


def _lengths(capacity: float) -> tuple[float, ...]:
    """Give lengths of lists about a team's own: half, twice and four times it."""
    return (capacity / 2, 2 * capacity, 4 * capacity)


def _no_truth() -> pa.Table:
    return pa.table(
        {
            "person_id": pa.array([], pa.string()),
            "as_of_date": pa.array([], pa.date32()),
            "harm": pa.array([], pa.string()),
            "value": pa.array([], pa.float64()),
        }
    )


def _told_as_configured(
    model: _Model, connection: duckdb.DuckDBPyConnection
) -> Iterator[dict[str, Any]]:
    found = _read(model, connection)
    whole = _scored(found, model)
    # Of one day, what needs many people is not told.
    of_day = replace(model, settings=replace(model.settings, is_curved=False))
    for day in whole.days:
        yield from _assessed(replace(whole.of_day(day), lead_days=None, groups={}), of_day, day)
    with_probability = replace(whole, probability=_probabilities(model, found, connection))
    yield from _assessed(with_probability, model, None)
    yield from _told_recorded(model, whole, found, connection)


def _told_of_variant(
    model: _Model, connection: duckdb.DuckDBPyConnection
) -> Iterator[dict[str, Any]]:
    """Tell a variant's final score and its own beside those of the model as it is configured."""
    found = _read(model, connection)
    for name in ("score", "model_score"):
        if np.isnan(_numbers(found, name)).all():
            continue
        whole = replace(
            _scored(found, model),
            scores={name: _numbers(found, name)},
            baselines={AS_CONFIGURED: _numbers(found, f"configured_{name}")},
            lead_days=None,
            groups={},
            truth=None,
        )
        short = replace(model, settings=replace(model.settings, at=(), is_curved=False))
        for row in _assessed(whole, short, None):
            # The model as it is configured is told by itself; and people are counted once.
            if row.get("score") == AS_CONFIGURED:
                continue
            if name == "score" or row.get("score") == name:
                yield row


def _read(model: _Model, connection: duckdb.DuckDBPyConnection) -> pa.Table:
    return connection.execute(
        _ROWS_SQL, {"model": model.name, "variant": model.variant, "harm": model.harm}
    ).to_arrow_table()


def _numbers(found: pa.Table, name: str) -> Floats:
    values: Floats = found[name].to_numpy(zero_copy_only=False).astype(np.float64)
    return values


def _objects(found: pa.Table, name: str) -> npt.NDArray[np.object_]:
    return np.array(found[name].to_pylist(), dtype=object)


def _scored(found: pa.Table, model: _Model) -> Scored:
    """Put the rows of a model into the form in which scores are assessed."""
    is_known = found["is_known"].to_numpy(zero_copy_only=False).astype(bool)
    _, cluster = np.unique(_objects(found, "cluster_id"), return_inverse=True)
    label = np.array([bool(came) for came in found["is_outcome"].to_pylist()], dtype=bool)
    is_told = found["is_outcome"].is_valid().to_numpy(zero_copy_only=False)
    baselines = {TWICE_MISSING: _numbers(found, "is_twice_missing")}
    if is_known.any():
        baselines[KNOWN_ALREADY] = is_known.astype(np.float64)
    return Scored(
        as_of=_objects(found, "cutoff_date"),
        entity=_objects(found, "person_id"),
        label=label,
        is_told=is_told,
        scores={name: _numbers(found, name) for name in SCORES},
        baselines=baselines,
        probability=None,
        # Without anybody to be found among those who are not known, all are judged.
        known=is_known if is_known.any() and (label & is_told & ~is_known).any() else None,
        cohort=None,
        cluster=cluster,
        weight=np.ones(len(label)),
        lead_days=_numbers(found, "lead_days"),
        truth=_numbers(found, "truth") if model.harm is not None else None,
        groups={
            grouping: np.array(
                [value or NOT_RECORDED for value in found[column].to_pylist()], dtype=object
            )
            for grouping, column in GROUPINGS.items()
        },
        references={},
        features={},
    )


def _assessed(scored: Scored, model: _Model, day: date | None) -> Iterator[dict[str, Any]]:
    """Assess one day, or all; count people where there is nothing to be judged."""
    judged = scored.label & scored.is_told
    if scored.known is not None and day is not None and not (judged & ~scored.known).any():
        judged = np.zeros(len(judged), dtype=bool)
    if not judged.any() or judged[scored.is_told].all():
        yield from _counted(scored, day)
        return
    found = assess(scored, model.settings, is_pooled=day is None)
    for section in SCHEMAS:
        for row in found.tables[section].to_pylist():
            yield from _in_long_form(section, row, scored)
    if model.natural is not None:
        yield from _restated(found, model.natural)


def _counted(scored: Scored, day: date | None) -> Iterator[dict[str, Any]]:
    for what, which in (
        ("rows", np.ones(len(scored.label), dtype=bool)),
        ("left out: nobody can tell whether the event came", ~scored.is_told),
        ("assessed", scored.is_told),
        ("assessed whom the event came to", scored.is_told & scored.label),
    ):
        yield {"section": "counts", "as_of": day, "measure": what, "n_rows": int(which.sum())}


def _in_long_form(section: str, row: Mapping[str, Any], scored: Scored) -> Iterator[dict[str, Any]]:
    names = _NAMES.get(section, {})
    told = {names.get(name, name): value for name, value in row.items()}
    told = {name: value for name, value in told.items() if name in ASSESSED.names}
    told |= {"section": section}
    if section in _MEASURES:
        told["measure"] = _MEASURES[section]
    is_calibration = section == "calibration" or told.get("measure") in _OF_PROBABILITY
    if is_calibration:
        if scored.probability is None or told["score"] != SCORES[0]:
            # A score that happens to lie from 0 to 1 is no probability.
            return
        # The probability is that of the glass box.
        told["score"] = "model_score"
    yield told


_OF_PROBABILITY = (
    "brier",
    "calibration_in_the_large",
    "calibration_intercept",
    "calibration_slope",
    "observed_less_expected",
)


def _restated(found: Assessment, natural: float) -> Iterator[dict[str, Any]]:
    """Restate precision where the event is as common as in life.

    Of those who are not known it is then rarer or more common by the same factor as here.
    """
    rows = found.tables["performance"].to_pylist()
    shares = {row["population"]: row["value"] for row in rows if row["measure"] == "prevalence"}
    for row in rows:
        if row["measure"] != "precision" or row["value"] is None:
            continue
        here = shares[row["population"]]
        at = natural * here / shares[EVERYONE]
        told = {}
        for end in ("value", "low", "high"):
            if row[end] is not None:
                restated = restated_precision(np.array(row[end]), np.array(here), at)
                told[end] = float(restated)
        yield {
            "section": "performance",
            **{name: row[name] for name in ("as_of", "population", "score", "kind", "k")},
            "measure": RESTATED,
            **told,
        }


def _probabilities(model: _Model, found: pa.Table, connection: duckdb.DuckDBPyConnection) -> Floats:
    """Tell how probable the glass box makes an outcome within the horizon.

    Where labelled persons are seen on days of their own, the log-odds are of being the one who is
    labelled on such a day. With as many such days in the horizon as were known in the one before,
    and each independent of the others, somebody is labelled on at least one of them with
    probability 1 - (1 - p)^n.
    """
    p = 1 / (1 + np.exp(-_numbers(found, "log_odds")))
    days = dict(
        connection.execute(
            _LABELLED_SQL, {"model": model.name, "horizon_days": model.horizon_days}
        ).fetchall()
    )
    n = np.array([days.get(day, 0) for day in found["cutoff_date"].to_pylist()], dtype=np.float64)
    seen_on_their_day = bool(days)
    probability: Floats = 1 - (1 - p) ** n if seen_on_their_day else p
    return probability


def _told_recorded(
    model: _Model,
    scored: Scored,
    found: pa.Table,
    connection: duckdb.DuckDBPyConnection,
) -> Iterator[dict[str, Any]]:
    """Tell of which share of each group an indicator counts, beside the reference.

    It is what a score sees of the group; whether more happens to it, or more of it is recorded, the
    share does not say.
    """
    among: Bools = np.ones(len(scored.label), dtype=bool)
    if not len(among):
        return
    flags: Any = connection.execute(_RECORDED_SQL, {"model": model.name}).to_arrow_table()
    persons, days = found["person_id"].to_pylist(), found["cutoff_date"].to_pylist()
    row_of = {key: nth for nth, key in enumerate(zip(persons, days, strict=True))}
    of_indicator: dict[str, list[int]] = {}
    for person, day, indicator in zip(
        flags["person_id"].to_pylist(),
        flags["as_of_date"].to_pylist(),
        flags["indicator_code"].to_pylist(),
        strict=True,
    ):
        of_indicator.setdefault(indicator, []).append(row_of[person, day])
    draws = draw_clusters(scored.cluster, draws=model.settings.draws, seed=model.settings.seed)
    for row in compare_recorded(
        scored.groups,
        {
            indicator: np.array(sorted(of_indicator[indicator]), dtype=np.int64)
            for indicator in sorted(of_indicator)
            if len(of_indicator[indicator]) >= _LEAST_RECORDED
        },
        draws,
        level=model.settings.level,
        least_rows=model.settings.least_rows,
        least_recorded=model.settings.least_positives,
    ):
        told = {("group_name" if name == "group" else name): value for name, value in row.items()}
        yield {"section": "recorded", "population": EVERYONE, "measure": "recorded", **told}


__all__ = ["ASSESSED", "AS_CONFIGURED", "NOT_KNOWN", "TrialRows", "assess_trials"]


_JOINED_SQL = """
    create table joined as
    select
        trials.model,
        trials.variant,
        trials.cutoff_date,
        trials.person_id,
        trials.cluster_id,
        trials.log_odds,
        trials.model_score,
        trials.index_score,
        trials.score,
        trials.is_outcome,
        trials.lead_days,
        known.person_id is not null as is_known,
        described.ethnicity,
        described.sex,
        described.age_band,
        described.programme,
        described.deprivation,
        case when described.n_missing_reports_365_days >= 2 then 1 else 0 end as is_twice_missing
    from trials
    left join known
        on
            trials.model = known.model
            and trials.person_id = known.person_id
            and trials.cutoff_date = known.as_of_date
    left join described
        on
            trials.person_id = described.person_id
            and trials.cutoff_date = described.as_of_date
"""

_MODELS_SQL = """
    select distinct
        models.model,
        models.target,
        models.capacity,
        models.horizon_days,
        prevalences.share_in_a_year,
        joined.variant
    from models
    inner join joined on models.model = joined.model
    left join prevalences on models.target = prevalences.target
    order by models.model, joined.variant
"""

_ROWS_SQL = """
    select
        joined.*,
        coalesce(truth.value, 0) as truth,
        configured.score as configured_score,
        configured.model_score as configured_model_score
    from joined
    left join truth
        on
            joined.person_id = truth.person_id
            and joined.cutoff_date = truth.as_of_date
            and truth.harm = $harm
    left join joined as configured
        on
            configured.variant = 'as_configured'
            and joined.model = configured.model
            and joined.person_id = configured.person_id
            and joined.cutoff_date = configured.cutoff_date
    where joined.model = $model and joined.variant = $variant
    order by joined.cutoff_date, joined.person_id
"""

_LABELLED_SQL = """
    select days.cutoff_date, count(*) as n
    from (select distinct cutoff_date from joined where model = $model) as days
    inner join labelled
        on
            labelled.model = $model
            and labelled.reason = 'before_referral'
            and labelled.outcome_known_on <= days.cutoff_date
            and labelled.as_of_date > days.cutoff_date - to_days($horizon_days)
            and labelled.as_of_date <= days.cutoff_date
    group by days.cutoff_date
"""

_RECORDED_SQL = """
    select recorded.person_id, recorded.as_of_date, recorded.indicator_code
    from recorded
    inner join joined
        on
            joined.model = $model
            and joined.variant = 'as_configured'
            and recorded.person_id = joined.person_id
            and recorded.as_of_date = joined.cutoff_date
"""
