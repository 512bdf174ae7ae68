"""Models tried on days that lie behind: fitted on what was known, held against what came after."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from think_family.errors import ThinkFamilyError
from think_family.scoring.additive import Cuts, fit_candidates
from think_family.scoring.applying import score
from think_family.scoring.boosting import fit_boosting
from think_family.scoring.candidates import additive_candidates, boosting_candidates
from think_family.scoring.columns import Bools, Floats, Training, training_from
from think_family.scoring.configuration import (
    BEFORE_OUTCOME,
    BEFORE_REFERRAL,
    EARLIER_DAYS,
    LEARNED,
    Configuration,
)
from think_family.scoring.index import combined, fit_index, index_score, points_of
from think_family.scoring.measures import average_precision
from think_family.scoring.parameters import AdditiveParameters, BoostedParameters, IndexParameters
from think_family.scoring.selection import choose_over_time
from think_family.scoring.variants import (
    IN_SAMPLE,
    VARIANTS,
    Catalogues,
    Variant,
    features_of,
    variants_of,
)

_REASONS = {BEFORE_REFERRAL: "before_referral", BEFORE_OUTCOME: "before_outcome"}
_TEST, _EARLIER, _UNLABELLED = "test", "earlier day", "unlabelled"
#: The day after the latest day of trial, on which the fitted models are asked again.
DAY_AFTER = "day after"
_PAIR = ["person_id", "as_of_date"]

_Parameters = AdditiveParameters | BoostedParameters
#: Which rows are learned from: by which rule, of which area, as of which day.
_Rows = tuple[str, str | None, date]

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
        ("candidate", pa.string()),
        ("n_learned_from", pa.int32()),
        ("n_labelled", pa.int32()),
    ]
)


@dataclass(frozen=True)
class Evidence:
    """What models are tried with.

    Attributes:
        labelled: `int_scores__person_dates_labelled`: model, as_of_date, person_id, reason,
            cluster_id, outcome_known_on, is_outcome, lead_days, censored, ended_on, weight.
        features: `int_features__persons_described`, of these persons and days.
        windowed: `int_features__indicators_windowed`, likewise: person_id, as_of_date,
            indicator_code, weight.
        residents: In which programmes these persons lived on these days: person_id, as_of_date,
            programme.
        catalogues: The lists of features.
    """

    labelled: pa.Table
    features: pa.Table
    windowed: pa.Table
    residents: pa.Table
    catalogues: Catalogues


@dataclass(frozen=True)
class FittedTrial:
    """A model as it would have been fitted on a day of trial.

    Attributes:
        parameters: Of the glass box or the challenger; none where nothing could be learned.
        candidate: The penalties or settings that were chosen, by name; none likewise.
        n_learned_from: Rows that it was fitted on.
        n_labelled: Of these, labelled ones.
    """

    parameters: _Parameters | None
    candidate: str | None
    n_learned_from: int
    n_labelled: int


def features_used(
    models: Sequence[Configuration], catalogues: Catalogues, asked: Collection[str] = VARIANTS
) -> list[str]:
    """Name the features that any of the models and variants uses, once, in order of their names.

    Args:
        models: Configurations.
        catalogues: The lists of features.
        asked: Variants that are wanted beside each model.
    """
    return sorted(
        {
            feature.name
            for model in models
            if model.method == LEARNED
            for variant in variants_of(model, catalogues, asked)
            for feature in features_of(variant.configuration, catalogues)
        }
    )


def try_models(
    models: Sequence[Configuration], evidence: Evidence, asked: Collection[str] = VARIANTS
) -> pa.Table:
    """Fit each model as of each day of trial, and score whom it would have scored on it.

    A model learns from what was recorded by the day: of labelled persons on their own day those
    whose outcome was known, beside the unlabelled of the same days, of whom none was known to have
    it; or of everybody on earlier days whose horizon was over. It scores everybody of its cohort.
    Where fewer than two persons are labelled by the day there is nothing to learn, and the index
    stands alone.

    Penalties are those of the candidate that foretold best on earlier days of trial, as far as it
    was known by the day; on the earliest, the first candidate's. Variants of the glass box take
    those of the model, so that they differ in nothing but what they are named for. The index is the
    model's in every variant.

    Args:
        models: Configurations; those that do not learn are passed over.
        evidence: What is known.
        asked: Variants that are wanted beside each model.

    Returns:
        One row per model, variant, day and person of the cohort on it, in this order: log_odds and
        model_score of the glass box or challenger, index_points and index_score, the higher score
        with its winner, and what came after (is_outcome, lead_days, censored); candidate, the
        penalties; n_learned_from and n_labelled rows it was fitted on. As the variant `in_sample`,
        those whom the model of the latest day learned from (`Trial.recognised`).
    """
    told = [_RESULT.empty_table()]
    for model in models:
        if model.method != LEARNED:
            continue
        trial = Trial(model, evidence, asked)
        parts: dict[str, list[pa.Table]] = {variant.name: [] for variant in trial.variants}
        for day in trial.days:
            indexed = trial.index_on(day)
            for variant in trial.variants:
                parts[variant.name].append(trial.told(variant, day, indexed))
        told += [part for days in parts.values() for part in days]
        if trial.days:
            told.append(trial.recognised(trial.days[-1]))
    return pa.concat_tables(told)


def candidates_chosen(
    models: Sequence[Configuration], evidence: Evidence, today: date
) -> dict[str, str]:
    """Choose, for each model that learns, the candidate that is to be fitted as of today.

    It is the one that foretold best on the days of trial, as on those days themselves; the first
    where no day tells.

    Args:
        models: Configurations; those that do not learn are passed over.
        evidence: What is known.
        today: The date of the data.
    """
    return {
        model.name: Trial(model, evidence, (), today=today).candidate()
        for model in models
        if model.method == LEARNED
    }


def learned_from(model: Configuration, rows: pa.Table, day: date) -> pa.Table:
    """Give the rows that a model learns from as of a day, with is_positive.

    Unlabelled rows are those of the days of labelled ones: of other days they would tell apart what
    only the day does, and a day that was drawn for somebody whom nobody knew of yet would tell of
    what came after.

    Args:
        model: Its configuration.
        rows: The rows of `int_scores__person_dates_labelled` that are the model's.
        day: The day; what was not recorded by it does not exist.
    """
    known = pc.fill_null(pc.less_equal(rows["outcome_known_on"], pa.scalar(day)), False)
    if model.as_of == EARLIER_DAYS:
        over = pc.and_(
            pc.is_in(rows["reason"], pa.array([_TEST, _EARLIER])),
            pc.less_equal(rows["as_of_date"], pa.scalar(day - timedelta(days=model.horizon_days))),
        )
        is_positive = pc.and_(pc.fill_null(rows["is_outcome"], False), known)
        # Of who left or came of age it is not known that nothing came, unless it is known by now
        # that something did.
        kept = pc.and_(over, pc.or_(is_positive, pc.is_null(rows["ended_on"])))
    else:
        is_positive = pc.equal(rows["reason"], _REASONS[model.as_of])
        labelled = pc.and_(is_positive, known)
        days = pc.unique(rows["as_of_date"].filter(labelled))
        unlabelled = pc.and_(
            pc.and_(pc.equal(rows["reason"], _UNLABELLED), pc.invert(known)),
            pc.and_(
                pc.less(rows["as_of_date"], pa.scalar(day)), pc.is_in(rows["as_of_date"], days)
            ),
        )
        kept = pc.or_(labelled, unlabelled)
    return rows.append_column("is_positive", is_positive).filter(kept)


class Trial:
    """A model and its variants, described once, fitted as of each day of trial."""

    def __init__(
        self,
        model: Configuration,
        evidence: Evidence,
        asked: Collection[str] = VARIANTS,
        *,
        today: date | None = None,
    ) -> None:
        """Join the rows of a model to the features of all its variants.

        Args:
            model: Its configuration.
            evidence: What is known.
            asked: Variants that are wanted beside it.
            today: The date of the data, where the candidate of that day is asked for.
        """
        self.model = model
        self.variants = variants_of(model, evidence.catalogues, asked)
        self._evidence = evidence
        names = {
            feature.name: None
            for variant in self.variants
            for feature in features_of(variant.configuration, evidence.catalogues)
        }
        of_model = evidence.labelled.filter(pc.equal(evidence.labelled["model"], model.name))
        self._rows = described(of_model, list(names), evidence.features)
        on_trial = self._rows["as_of_date"].filter(pc.equal(self._rows["reason"], _TEST))
        #: The days of trial, earliest first.
        self.days: list[date] = sorted(pc.unique(on_trial).to_pylist())
        # Candidates are chosen as of no later day.
        self._latest = today or max(self.days, default=date.min)
        self._lived_in = _lived_in(self._rows, evidence.residents)
        # By variant, day and candidate, what a fit on the day says of the cohort of the day.
        self._foretold: dict[tuple[str, date], dict[str, Floats]] = {}
        self._fitted: dict[tuple[str, date], FittedTrial] = {}
        self._trained: dict[_Rows, pa.Table] = {}
        self._cuts: dict[_Rows, Cuts] = {}
        self._cohorts: dict[tuple[str, date], pa.Table] = {}

    def cohort(self, day: date, reason: str = _TEST) -> pa.Table:
        """Give everybody of the model's cohort on a day, with their features."""
        if (reason, day) not in self._cohorts:
            self._cohorts[reason, day] = self._rows.filter(
                pc.and_(
                    pc.equal(self._rows["reason"], reason),
                    pc.equal(self._rows["as_of_date"], pa.scalar(day)),
                )
            )
        return self._cohorts[reason, day]

    def training(self, variant: Variant, day: date) -> pa.Table:
        """Give the rows that a variant learns from as of a day."""
        key = _rows_of(variant, day)
        if key not in self._trained:
            rows = self._in_area(self._rows, variant)
            self._trained[key] = learned_from(variant.configuration, rows, day)
        return self._trained[key]

    def fitted(self, variant: Variant, day: date) -> FittedTrial:
        """Fit a variant as of a day."""
        if (variant.name, day) not in self._fitted:
            self._fitted[variant.name, day] = self._fit(variant, day)
        return self._fitted[variant.name, day]

    def candidate(self) -> str:
        """Choose the candidate of the model to be fitted as of today."""
        return self._chosen(self.variants[0], list(additive_candidates(self.model)), self._latest)

    def index_on(self, day: date) -> pa.Table:
        """Score everybody of the cohort on a day by the index: points, score."""
        return self.indexed(self.index(day), self.cohort(day))

    def index(self, day: date) -> IndexParameters:
        """Make the index of a day, on the scale of the population that is learned from."""
        catalogues = self._evidence.catalogues
        points, criteria = points_of(catalogues.indicators, self.model.index.points)
        train = self.training(self.variants[0], day)
        population = train.filter(pc.invert(train["is_positive"]))
        if not len(population):
            population = self.cohort(day)
        spine = population.select([*_PAIR, "weight"]).group_by(_PAIR).aggregate([("weight", "max")])
        return fit_index(
            spine,
            self._evidence.windowed,
            model=self.model.name,
            points=points,
            criteria=criteria,
            cap_per_criterion=self.model.index.cap_per_criterion,
            weight=spine["weight_max"].cast(pa.float64()).to_numpy(),
            scale=self.model.scale,
        )

    def indexed(self, index: IndexParameters, rows: pa.Table) -> pa.Table:
        """Score rows by an index."""
        return index_score(index, rows.select(_PAIR), self._evidence.windowed).rows

    def told(self, variant: Variant, day: date, indexed: pa.Table) -> pa.Table:
        """Tell what a variant says of its cohort on a day, and what came after.

        Args:
            variant: One of `variants`.
            day: One of `days`.
            indexed: What the index says of the model's cohort on it.
        """
        whole = self._told(variant.name, self.fitted(variant, day), self.cohort(day), indexed)
        return self._in_area(whole, variant, "cutoff_date")

    def recognised(self, day: date) -> pa.Table:
        """Tell what the model as of a day says of the labelled persons whom it learned from.

        Each is seen on the day that it learned from, the last where there are several, and told as
        of the day of trial; what came after is not told, for it was shown to the model.
        """
        variant = self.variants[0]
        train = self.training(variant, day)
        train = train.filter(train["is_positive"]).sort_by([(name, "ascending") for name in _PAIR])
        if not len(train):
            return _RESULT.empty_table()
        persons = train["person_id"].to_pylist()
        is_last = [one != after for one, after in zip(persons, [*persons[1:], None], strict=True)]
        rows = train.filter(pa.array(is_last, pa.bool_()))
        told = self._told(
            IN_SAMPLE, self.fitted(variant, day), rows, self.indexed(self.index(day), rows)
        )
        for name in ("cutoff_date", "is_outcome", "lead_days", "censored"):
            at = _RESULT.get_field_index(name)
            value = pa.scalar(day if name == "cutoff_date" else None, _RESULT.field(at).type)
            told = told.set_column(at, _RESULT.field(at), pa.repeat(value, len(told)))
        return told

    def _told(self, variant: str, fit: FittedTrial, rows: pa.Table, indexed: pa.Table) -> pa.Table:
        log_odds, model_score = scores_of(fit, rows)
        both = combined(model_score, indexed["score"].to_numpy())
        whole = pa.table(
            {
                "model": pa.repeat(pa.scalar(self.model.name), len(rows)),
                "variant": pa.repeat(pa.scalar(variant), len(rows)),
                "cutoff_date": rows["as_of_date"],
                "person_id": rows["person_id"],
                "cluster_id": rows["cluster_id"],
                "log_odds": pa.array(log_odds, from_pandas=True),
                "index_points": indexed["points"],
                **{name: both[name] for name in both.column_names},
                "is_outcome": rows["is_outcome"],
                "lead_days": rows["lead_days"],
                "censored": rows["censored"],
                "candidate": pa.repeat(pa.scalar(fit.candidate, pa.string()), len(rows)),
                "n_learned_from": pa.repeat(pa.scalar(fit.n_learned_from, pa.int32()), len(rows)),
                "n_labelled": pa.repeat(pa.scalar(fit.n_labelled, pa.int32()), len(rows)),
            }
        )
        return whole.select(_RESULT.names).cast(_RESULT)

    def _fit(self, variant: Variant, day: date) -> FittedTrial:
        train = self.training(variant, day)
        n_labelled = int(pc.sum(train["is_positive"]).as_py() or 0)
        if not 1 < n_labelled < len(train):
            return FittedTrial(None, None, len(train), n_labelled)
        features = features_of(variant.configuration, self._evidence.catalogues, day)
        cuts = self._cuts.setdefault(_rows_of(variant, day), Cuts(_training(train)))
        fit: Callable[[list[str]], dict[str, _Parameters]]
        if variant.is_challenger:
            boosting = boosting_candidates(variant.configuration)
            names, family = list(boosting), variant
            fit = lambda wanted: {  # noqa: E731
                name: fit_boosting(cuts.training, features, boosting[name], model=self.model.name)
                for name in wanted
            }
        else:
            # How many of the harmed are labelled is not asked here: no folds.
            additive = {
                name: replace(settings, folds=0)
                for name, settings in additive_candidates(variant.configuration).items()
            }
            names, family = list(additive), self.variants[0]
            fit = lambda wanted: dict(  # noqa: E731
                fit_candidates(
                    cuts.training,
                    features,
                    {name: additive[name] for name in wanted},
                    model=self.model.name,
                    cuts=cuts,
                )
            )
        chosen = self._chosen(family, names, day)
        # What other candidates say on this day is asked when its horizon is over.
        is_over = day + timedelta(days=self.model.horizon_days) <= self._latest
        is_judged = variant == family and is_over and len(names) > 1
        fits = fit(names if is_judged else [chosen])
        if is_judged:
            self._foretold[variant.name, day] = {
                name: score(fits[name], self.cohort(day)).log_odds for name in names
            }
        return FittedTrial(fits[chosen], chosen, len(train), n_labelled)

    def _chosen(self, variant: Variant, names: list[str], day: date) -> str:
        """Choose a candidate by what it foretold on earlier days, as far as it was known by now."""
        if len(names) == 1:
            return names[0]
        times = []
        for earlier in self.days:
            if earlier + timedelta(days=self.model.horizon_days) > day:
                continue
            self.fitted(variant, earlier)
            rows = self.cohort(earlier)
            known = pc.fill_null(pc.less_equal(rows["outcome_known_on"], pa.scalar(day)), False)
            came = np.asarray(pc.and_(pc.fill_null(rows["is_outcome"], False), known))
            is_judged = came | np.asarray(pc.is_null(rows["ended_on"]))
            if (variant.name, earlier) in self._foretold and came.any():
                times.append((is_judged, came, self._foretold[variant.name, earlier]))
        if not times:
            return names[0]

        def of(name: str) -> Callable[[int], tuple[Bools, Floats, Floats]]:
            def at(time: int) -> tuple[Bools, Floats, Floats]:
                is_judged, came, foretold = times[time]
                return came[is_judged], foretold[name][is_judged], np.ones(int(is_judged.sum()))

            return at

        return choose_over_time(
            {name: of(name) for name in names}, len(times), average_precision
        ).name

    def _in_area(self, rows: pa.Table, variant: Variant, day: str = "as_of_date") -> pa.Table:
        """Keep those who lived in the area of a variant on their day; the model's own is drawn."""
        area = variant.configuration.cohort.area
        if area is None or area == self.model.cohort.area:
            return rows
        lived = self._lived_in.get(area, set())
        pairs = zip(rows["person_id"].to_pylist(), rows[day].to_pylist(), strict=True)
        return rows.filter(pa.array([pair in lived for pair in pairs], pa.bool_()))


def _rows_of(variant: Variant, day: date) -> _Rows:
    model = variant.configuration
    return model.as_of, model.cohort.area, day


def scores_of(fit: FittedTrial, rows: pa.Table) -> tuple[Floats, Floats]:
    """Give log-odds and scores of rows; not a number where nothing could be learned."""
    if fit.parameters is None:
        nothing = np.full(len(rows), np.nan)
        return nothing, nothing
    scored = score(fit.parameters, rows)
    return scored.log_odds, scored.score


def described(rows: pa.Table, features: Sequence[str], described_of: pa.Table) -> pa.Table:
    """Join rows to their features, in the order of persons, days and reasons.

    Args:
        rows: person_id, as_of_date, reason and whatever else.
        features: Names of the columns that are wanted.
        described_of: Features of persons and days, once each; where there is none, all are missing.
    """
    keys = described_of.select(_PAIR).append_column("at", pa.array(np.arange(len(described_of))))
    joined = rows.join(keys, _PAIR, join_type="left outer")
    if len(joined) != len(rows):
        raise ThinkFamilyError("A person and day is described more than once.")
    joined = joined.sort_by([(name, "ascending") for name in (*_PAIR, "reason")])
    wide = described_of.select(list(features)).combine_chunks().take(joined["at"])
    for name in features:
        joined = joined.append_column(name, wide[name])
    return joined.drop_columns(["at"]).combine_chunks()


def _lived_in(rows: pa.Table, residents: pa.Table) -> Mapping[str, set[tuple[Any, Any]]]:
    lived: dict[str, set[tuple[Any, Any]]] = {}
    pairs = rows.select(_PAIR).group_by(_PAIR).aggregate([])
    told = residents.join(pairs, _PAIR, join_type="inner")
    for person, day, area in zip(
        *(told[name].to_pylist() for name in (*_PAIR, "programme")), strict=True
    ):
        lived.setdefault(area, set()).add((person, day))
    return lived


def _training(train: pa.Table) -> Training:
    weight = train["weight"].cast(pa.float64())
    return training_from(
        train.set_column(train.column_names.index("weight"), "weight", weight),
        cluster="cluster_id",
    )
