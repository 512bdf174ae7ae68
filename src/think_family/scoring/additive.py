"""The glass box: an additive model of labelled and unlabelled rows whose every part can be read.

The log-odds of being labelled are a base and one contribution per feature, each a step function of
few bins: a generalised additive model (Hastie and Tibshirani, 1990) of the kind that Lou, Caruana
and Gehrke (Intelligible models for classification and regression, KDD 2012) and Caruana and others
(Intelligible models for healthcare, KDD 2015) found to cost little accuracy beside what cannot be
read.

Each feature is cut at weighted quantiles of the training rows, labels unseen. The bin that most
rows are in says nothing; from it, upwards and downwards, each next bin adds a step. Steps are
fitted together by logistic regression with a penalty on their sum (l1: fewer steps) and on their
squares (l2: smaller ones). Where the score may only rise, steps have one sign, and the shape holds
by construction.

scikit-learn's LogisticRegression knows no bounds on coefficients. So the same penalised likelihood
is minimised by the same method with bounds, L-BFGS-B (Byrd, Lu, Nocedal and Zhu, SIAM Journal on
Scientific Computing 16, 1995) of scipy; without bounds both give the same model, which a test
holds. There is no chance in it: folds are dealt by a digest of the family, and rows count by what
they hold.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.sparse import csr_array
from scipy.special import expit
from threadpoolctl import threadpool_limits

from think_family.errors import ThinkFamilyError
from think_family.scoring.applying import bins_of
from think_family.scoring.columns import (
    Bools,
    Floats,
    Ints,
    Training,
    digest_of,
    kind_of,
    totals,
    training_keys,
    values_of,
)
from think_family.scoring.features import COMMONEST, EITHER, HIGHEST, LOWEST, Feature
from think_family.scoring.parameters import (
    AdditiveParameters,
    Term,
    grained,
    libraries,
)
from think_family.scoring.positive_unlabelled import (
    biased_weights,
    label_frequency,
    shift_to_labelled,
)
from think_family.scoring.scale import PERCENTILE, scale_from
from think_family.scoring.selection import folds_of

Bins = npt.NDArray[np.uint8]

# A float at an edge is cut where people would: at three figures.
_FIGURES = 3

_MOST_ITERATIONS = 5000
_LARGEST_SLOPE = 1e-4
_MOST_BEGINNINGS = 20


@dataclass(frozen=True)
class AdditiveSettings:
    """How a glass box is fitted.

    Attributes:
        l1: Penalty on the size of steps, in units of the likelihood of one labelled row.
        l2: Penalty on half the square of steps, likewise.
        most_bins: The most bins of a feature, missing not counted; up to 254.
        smallest_bin: The fewest rows of a bin.
        positive_share: Share of the weight that labelled rows get; none keeps the sampling weights.
        folds: Parts that families are dealt into, to estimate how many of the harmed are labelled;
            0 leaves the estimate out.
        seed: Of the deal.
        scale: How the scale from 0 to 100 is made.
    """

    l1: float = 1.0
    l2: float = 1.0
    most_bins: int = 6
    smallest_bin: int = 20
    positive_share: float | None = None
    folds: int = 5
    seed: int = 1
    scale: str = PERCENTILE


def fit_additive(
    training: Training,
    features: Sequence[Feature],
    settings: AdditiveSettings | None = None,
    *,
    model: str,
    facts: dict[str, Any] | None = None,
) -> AdditiveParameters:
    """Fit a glass box.

    Args:
        training: Rows, labelled and unlabelled, with sampling weights and families.
        features: Columns that it may use, with signs and rules for missing values.
        settings: Penalties, bins and the like.
        model: Name of the model.
        facts: What is to be kept with the parameters beside what is known here, such as the cut-off
            and the digest of the configuration: plain values, as JSON knows them.

    Returns:
        Parameters: the same for the same rows in whatever order.

    Raises:
        ThinkFamilyError: A feature is missing or no number, or the fit came to no end.
    """
    settings = settings or AdditiveSettings()
    return fit_candidates(training, features, {"": settings}, model=model, facts=facts)[""]


def fit_candidates(
    training: Training,
    features: Sequence[Feature],
    candidates: Mapping[str, AdditiveSettings],
    *,
    model: str,
    facts: dict[str, Any] | None = None,
    cuts: Cuts | None = None,
) -> dict[str, AdditiveParameters]:
    """Fit several glass boxes on the same rows, which are cut into bins once.

    Args:
        training: As `fit_additive` takes it; so are the other arguments.
        features: Columns that they may use.
        candidates: Settings by name.
        model: Name of the model.
        facts: What is to be kept with the parameters.
        cuts: Of the same rows, where other features of them are fitted on too.

    Returns:
        By name, what `fit_additive` gives.
    """
    cuts = cuts or Cuts(training)
    designs: dict[tuple[int, int, float | None], _Design] = {}
    names = [feature.name for feature in features]
    digest = digest_of(names, training_keys(training, names))
    fitted = {}
    for name, settings in candidates.items():
        cut = (settings.most_bins, settings.smallest_bin, settings.positive_share)
        if cut not in designs:
            designs[cut] = _Design(cuts, features, settings)
        kept = {**(facts or {}), "data_digest": digest}
        fitted[name] = _parameters(designs[cut], training, features, settings, model, kept)
    return fitted


def _parameters(
    design: _Design,
    training: Training,
    features: Sequence[Feature],
    settings: AdditiveSettings,
    model: str,
    facts: dict[str, Any],
) -> AdditiveParameters:
    whole = design.weights(np.ones(len(training), dtype=bool))
    fit = design.fit(whole, settings)
    tables = design.tables(fit.steps)
    at_rows = design.bin_weights(whole.total)
    means = [
        float((table * weight).sum() / weight.sum())
        for table, weight in zip(tables, at_rows, strict=True)
    ]
    contributions = [
        grained(table - mean) if np.ptp(table) > 0 else np.zeros_like(table)
        for table, mean in zip(tables, means, strict=True)
    ]
    base = float(grained(np.array([fit.intercept + sum(means)]))[0])
    log_odds = base + design.added(contributions)
    terms = tuple(
        _term(feature, kind, has_flag, edges, told)
        for feature, kind, has_flag, edges, told in zip(
            features, design.kinds, design.has_flag, design.edges, contributions, strict=True
        )
        if np.any(told)
    )
    used = {term.feature for term in terms}
    labelled = training.is_positive
    return AdditiveParameters(
        model=model,
        base=base,
        terms=terms,
        unused=tuple(feature.name for feature in features if feature.name not in used),
        scale=scale_from(log_odds, whole.total, settings.scale),
        training={
            **facts,
            "n_rows": len(training),
            "n_labelled": int(labelled.sum()),
            "n_families": len(set(training.cluster)),
            "weight_labelled": float(np.sort(training.weight[labelled]).sum()),
            "weight": float(np.sort(training.weight).sum()),
            "n_steps": int((fit.steps != 0).sum()),
            "settings": asdict(settings),
            "label_frequency": _frequency(design, training, settings),
            "libraries": libraries(),
        },
    )


def cross_fit_additive(
    training: Training, features: Sequence[Feature], settings: AdditiveSettings | None = None
) -> Floats:
    """Give the log-odds of every row from fits that saw no row of its family.

    Bins are those of all rows: they see no label.

    Returns:
        One number per row.
    """
    settings = settings or AdditiveSettings()
    return _cross_fitted(_Design(Cuts(training), features, settings), training, settings)


def _cross_fitted(design: _Design, training: Training, settings: AdditiveSettings) -> Floats:
    fold = folds_of(training.cluster, settings.folds, settings.seed)
    log_odds = np.empty(len(training))
    start: Floats | None = None
    for number in range(settings.folds):
        out = fold == number
        if not (training.is_positive & ~out).any() or not (~training.is_positive & ~out).any():
            raise ThinkFamilyError(
                f"Without fold {number + 1} of {settings.folds} no labelled or no other rows are"
                " left: set fewer folds."
            )
        fit = design.fit(design.weights(~out), settings, start)
        start = fit.solution
        told = fit.intercept + design.added(design.tables(fit.steps))
        log_odds[out] = told[design.group[out]]
    return log_odds


def _frequency(
    design: _Design, training: Training, settings: AdditiveSettings
) -> dict[str, float] | None:
    if not settings.folds:
        return None
    labelled = training.is_positive
    log_odds = _cross_fitted(design, training, settings)[labelled]
    return asdict(label_frequency(expit(log_odds), training.weight[labelled]))


def _term(
    feature: Feature, kind: str, has_flag: bool, edges: tuple[float, ...], told: Floats
) -> Term:
    values = told[:-1].tolist()
    # Neighbours that contribute the same are one bin to a reader.
    steps = [at for at in range(len(edges)) if values[at] != values[at + 1]]
    return Term(
        feature=feature.name,
        kind=kind,
        sign=feature.sign,
        indicator_code=feature.indicator_code,
        scope=feature.scope,
        is_label_proxy=feature.is_label_proxy,
        imputed=feature.missing.impute,
        has_flag=has_flag,
        edges=tuple(edges[step] for step in steps),
        contributions=(values[0], *(values[step + 1] for step in steps)),
        missing=float(told[-1]),
    )


@dataclass(frozen=True)
class _Weights:
    """Weights of the distinct rows: in the fit, and by sampling."""

    fit_labelled: Floats
    fit_total: Floats
    labelled: Floats
    total: Floats


@dataclass(frozen=True)
class _Fit:
    intercept: float
    steps: Floats
    solution: Floats


@dataclass(frozen=True)
class _Cut:
    """A feature in bins."""

    kind: str
    edges: tuple[float, ...]
    binned: Bins
    #: What tells which rows miss it; none where none do.
    missing: bytes | None


class Cuts:
    """The features of some rows in bins, each cut once, whoever asks for it."""

    def __init__(self, training: Training) -> None:
        """Take the rows.

        Args:
            training: Rows to fit on; labels are not looked at.
        """
        self.training = training
        self._cut: dict[tuple[str, int, int], _Cut] = {}

    def of(self, feature: str, settings: AdditiveSettings) -> _Cut:
        """Give a feature in bins."""
        key = (feature, settings.most_bins, settings.smallest_bin)
        if key not in self._cut:
            table, weight = self.training.table, self.training.weight
            values = values_of(table, feature)
            is_missing = np.isnan(values)
            edges = edges_of(values, weight, settings.most_bins, settings.smallest_bin)
            self._cut[key] = _Cut(
                kind_of(table, feature),
                edges,
                bins_of(values, edges),
                hashlib.sha256(np.packbits(is_missing).tobytes()).digest()
                if is_missing.any()
                else None,
            )
        return self._cut[key]


class _Design:
    """The distinct rows of bins, and the steps that give bins their values."""

    def __init__(self, cuts: Cuts, features: Sequence[Feature], settings: AdditiveSettings) -> None:
        training = cuts.training
        self._is_positive = training.is_positive
        self._weight = training.weight
        self._settings = settings
        cut = [cuts.of(feature.name, settings) for feature in features]
        self.kinds = [feature.kind for feature in cut]
        self.edges = [feature.edges for feature in cut]
        self.has_flag: list[bool] = []
        patterns: set[bytes] = set()
        for feature, told in zip(features, cut, strict=True):
            # What is missing of the same rows is told once, by the first: that an area holds none
            # of an indicator's features would else be weighed in shreds.
            self.has_flag.append(
                feature.missing.flag and told.missing is not None and told.missing not in patterns
            )
            if self.has_flag[-1] and told.missing is not None:
                patterns.add(told.missing)
        binned: Bins = np.empty((len(training), len(features)), dtype=np.uint8)
        for number, told in enumerate(cut):
            binned[:, number] = told.binned
        self.rows, self.group = _distinct(binned)
        del binned
        # Rows of one kind and weight are interchangeable: sums do not depend on their order.
        self._order = np.lexsort((training.weight, training.is_positive, self.group))
        whole = self.weights(np.ones(len(training), dtype=bool))
        self._sizes = [len(edges) + 2 for edges in self.edges]
        self._starts = np.cumsum([0, *self._sizes])
        at_bins = self.bin_weights(whole.total)
        commonest = [int(weight.argmax()) for weight in at_bins]
        commonest_told = [int(weight[:-1].argmax()) for weight in at_bins]
        self._steps = _steps_of(features, self.has_flag, self._sizes, commonest, commonest_told)
        self._is_bin = self._indicators(commonest)

    def weights(self, is_used: Bools) -> _Weights:
        """Sum the weights of the rows that are used, per distinct row."""
        order = self._order[is_used[self._order]]
        is_positive, weight = self._is_positive[order], self._weight[order]
        fit = biased_weights(is_positive, weight, self._settings.positive_share)
        group = self.group[order]

        def summed(values: Floats) -> Floats:
            return totals(group, values, len(self.rows))

        return _Weights(
            summed(fit * is_positive), summed(fit), summed(weight * is_positive), summed(weight)
        )

    def bin_weights(self, weight: Floats) -> list[Floats]:
        """Sum weights of distinct rows per feature and bin, missing last."""
        return [
            totals(self.rows[:, number], weight, size) for number, size in enumerate(self._sizes)
        ]

    def tables(self, steps: Floats) -> list[Floats]:
        """Give each feature's value per bin, missing last, from the sizes of steps."""
        values = self._steps @ steps
        return [
            values[start : start + size]
            for start, size in zip(self._starts[:-1], self._sizes, strict=True)
        ]

    def added(self, tables: Sequence[Floats]) -> Floats:
        """Add up the values of each distinct row."""
        total = np.zeros(len(self.rows))
        for number, table in enumerate(tables):
            total += table[self.rows[:, number]]
        return total

    def _indicators(self, commonest: list[int]) -> csr_array:
        """Give a row per distinct row, with a 1 for each of its bins but the commonest of each."""
        is_told = self.rows != np.array(commonest, dtype=np.uint8)
        ends = np.concatenate([[0], np.cumsum(is_told.sum(axis=1))])
        columns = (self.rows + self._starts[:-1].astype(np.int32))[is_told].astype(np.int32)
        shape = (len(self.rows), int(self._starts[-1]))
        return csr_array((np.ones(len(columns)), columns, ends), shape=shape)

    def fit(
        self, weights: _Weights, settings: AdditiveSettings, start: Floats | None = None
    ) -> _Fit:
        """Fit the sizes of steps, none negative, and the intercept, then shift the latter.

        Args:
            weights: Of the distinct rows.
            settings: Penalties.
            start: The solution of a fit like this one to start from.
        """
        labelled, total = weights.fit_labelled, weights.fit_total
        is_there = total > 0
        is_bin = self._is_bin if is_there.all() else self._is_bin[is_there]
        labelled, total = labelled[is_there], total[is_there]
        turned = is_bin.T.tocsr()
        steps, upright = self._steps, self._steps.T.tocsr()
        share = labelled.sum() / total.sum()
        # Steps are fitted in units in which each matters alike, or rare bins would take for ever.
        curvature = abs(upright) @ (turned @ (total * share * (1 - share)))
        unit = 1 / np.sqrt(curvature + settings.l2 + 1e-6)

        def loss(point: Floats) -> tuple[float, Floats]:
            sizes = point[1:] * unit
            log_odds = point[0] + is_bin @ (steps @ sizes)
            likelihood = (total * np.logaddexp(0, log_odds)).sum() - (labelled * log_odds).sum()
            penalty = settings.l1 * sizes.sum() + settings.l2 / 2 * (sizes**2).sum()
            rest = total * expit(log_odds) - labelled
            slope = upright @ (turned @ rest) + settings.l1 + settings.l2 * sizes
            return float(likelihood + penalty), np.concatenate([[rest.sum()], slope * unit])

        first = np.concatenate([[np.log(share / (1 - share))], np.zeros(len(unit))])
        if start is not None:
            first = np.concatenate([start[:1], start[1:] / unit])
        point = first
        # Close to the end a search along a line is lost in rounding now and then; begun anew,
        # without what it remembers, it goes on.
        for _ in range(_MOST_BEGINNINGS):
            # Of one thread sums of vectors have one order, whatever machine it is.
            with threadpool_limits(limits=1, user_api="blas"):
                found = minimize(
                    loss,
                    point,
                    jac=True,
                    method="L-BFGS-B",
                    bounds=[(None, None), *[(0, None)] * len(unit)],
                    options={
                        "maxiter": _MOST_ITERATIONS,
                        "maxfun": 2 * _MOST_ITERATIONS,
                        "maxcor": 30,
                        "ftol": 0,
                        "gtol": 1e-6,
                    },
                )
            point = np.asarray(found.x)
            slope = loss(point)[1]
            # At a bound only a slope that leads inside counts.
            is_bound = (point <= 0) & (np.arange(len(point)) > 0)
            steepest = np.abs(np.where(is_bound, np.minimum(slope, 0), slope)).max()
            if steepest <= _LARGEST_SLOPE:
                break
        else:
            raise ThinkFamilyError(
                f"The fit came to no end after {_MOST_BEGINNINGS} beginnings; a larger l2 makes it"
                " easier."
            )
        sizes = point[1:] * unit
        log_odds = point[0] + is_bin @ (steps @ sizes)
        shift = shift_to_labelled(log_odds, weights.labelled[is_there], weights.total[is_there])
        return _Fit(float(point[0]) + shift, sizes, np.concatenate([point[:1], sizes]))


def _distinct(binned: Bins) -> tuple[Bins, Ints]:
    """Give the distinct rows in the order of their bytes, and which of them each row is."""
    n_rows, n_columns = binned.shape
    if not n_columns:
        return binned[:1], np.zeros(n_rows, dtype=np.int64)
    whole = np.ascontiguousarray(binned).view(np.dtype((np.void, n_columns))).ravel()
    order = np.argsort(whole, kind="stable")
    ordered = binned[order]
    is_new = np.ones(n_rows, dtype=bool)
    is_new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    group = np.empty(n_rows, dtype=np.int64)
    group[order] = np.cumsum(is_new) - 1
    return ordered[is_new], group


def _steps_of(
    features: Sequence[Feature],
    has_flag: list[bool],
    sizes: list[int],
    commonest: list[int],
    commonest_told: list[int],
) -> csr_array:
    """Give which steps make up the value of each bin: a row per bin, a column per step.

    The commonest bin has no step. A step that may have either sign is two, up and down, of which
    the penalty leaves one at most.
    """
    rows: list[int] = []
    columns: list[int] = []
    values: list[float] = []
    n_steps, start = 0, 0
    for feature, is_flagged, size, common, common_told in zip(
        features, has_flag, sizes, commonest, commonest_told, strict=True
    ):
        missing = size - 1
        imputed = {LOWEST: 0, HIGHEST: missing - 1, COMMONEST: common_told}[feature.missing.impute]
        # Where most values are missing, steps are counted from the bin that missing is read as.
        anchor = common if common < missing else imputed
        for bins, sign in _chain(missing, anchor, feature.sign):
            holders = list(bins)
            if imputed in bins:
                holders.append(missing)
            for direction in (1, -1) if sign == EITHER else (sign,):
                rows += [start + holder for holder in holders]
                columns += [n_steps] * len(holders)
                values += [float(direction)] * len(holders)
                n_steps += 1
        if is_flagged:
            told = range(missing) if common == missing else [missing]
            for direction in (1, -1):
                rows += [start + holder for holder in told]
                columns += [n_steps] * len(told)
                values += [float(direction)] * len(told)
                n_steps += 1
        start += size
    return csr_array((values, (rows, columns)), shape=(start, n_steps))


def _chain(n_bins: int, anchor: int, sign: int) -> list[tuple[range, int]]:
    """Give the bins that each step away from the anchor holds for, and the sign it may have."""
    upwards = [(range(bound, n_bins), sign) for bound in range(anchor + 1, n_bins)]
    downwards = [(range(bound + 1), -sign) for bound in range(anchor)]
    return upwards + downwards


def edges_of(
    values: Floats, weight: Floats, most_bins: int, smallest_bin: int
) -> tuple[float, ...]:
    """Cut a feature into bins of like weight, as far as its values allow.

    Walking upwards, a bin is closed when it holds its share of what is left. A value that alone
    holds more, such as the nothing of most people, is a bin of its own, and what is left is shared
    among the other bins: so rare values are told apart.

    Args:
        values: One per row; not a number where missing.
        weight: Sampling weights.
        most_bins: The most bins.
        smallest_bin: The fewest rows of a bin.

    Returns:
        The values from which a new bin begins, rising; of broken numbers three figures are kept.
    """
    is_told = ~np.isnan(values)
    values, weight = values[is_told], weight[is_told]
    order = np.lexsort((weight, values))
    values, weight = values[order], weight[order]
    if not len(values) or values[0] == values[-1]:
        return ()
    starts = np.flatnonzero(np.append(True, values[1:] != values[:-1]))
    distinct = values[starts]
    masses = np.add.reduceat(weight, starts)
    # How much weight and how many rows stand before each value, and before the end.
    mass = np.concatenate([[0.0], np.cumsum(masses)])
    n_rows = np.append(starts, len(values))
    edges: list[float] = []
    begin = 0
    while len(edges) + 1 < most_bins:
        share = (mass[-1] - mass[begin]) / (most_bins - len(edges))
        enough = int(np.searchsorted(n_rows, n_rows[begin] + smallest_bin))
        full = int(np.searchsorted(mass, mass[begin] + share))
        heavy = begin + 1 + np.flatnonzero(masses[begin + 1 :] >= share)
        end = max(enough, min([full, *heavy[heavy >= enough][:1].tolist()]), begin + 1)
        if end >= len(distinct) or n_rows[-1] - n_rows[end] < smallest_bin:
            break
        edges.append(float(distinct[end]))
        begin = end
    # Nothing is read between the largest number and an infinite one.
    rounded = [_rounded(edge) for edge in edges if np.isfinite(edge)]
    return tuple(sorted({edge for edge in rounded if distinct[0] < edge <= distinct[-1]}))


def _rounded(edge: float) -> float:
    if edge.is_integer():
        return edge
    return float(f"{edge:.{_FIGURES}g}")
