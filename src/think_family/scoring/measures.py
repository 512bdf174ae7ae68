"""How good a score is at finding whom an event came to.

Everything here is a weighted sum over people. Weights are sampling weights: a row of weight 10
stands for ten people, of whom nine were not kept. `Ranked` and `Calibrated` take all the sums that
the measures of one score need, for the data as they are and for each draw of `resampling` at once;
the functions below them give one measure of plain arrays.

People of one score stand in no order among themselves. What a list of k holds where ties straddle
its end is counted three times: as if chance had put them in order (the expected value, exact), at
best, and at worst (F. McSherry and M. Najork, Computing information retrieval performance measures
efficiently in the presence of tied scores, ECIR 2008).

Who has no score stands below all who have one: nobody would have seen them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import brentq
from scipy.special import digamma, expit, logit

from think_family.scoring.resampling import (
    Bools,
    Draws,
    Floats,
    Ints,
    as_they_are,
    basis_of,
    ratio,
    row_sums,
)

# Recalls at which precision is told.
RECALLS: Floats = np.linspace(0.02, 1.0, 50)

# Days from the as-of date to the event: name -> first and last day.
LEAD_TIMES: Mapping[str, tuple[float, float]] = {
    "0-30": (0, 30),
    "31-180": (31, 180),
    "181-365": (181, 365),
}

CALIBRATION_BINS = 10

# Numbers of one array at a time.
_ROOM = 1_000_000

# Probabilities are kept this far from 0 and 1 where their logarithm is taken.
_NEAREST = 1e-6


@dataclass(frozen=True)
class Listed:
    """What a list of the k highest scores holds; an array entry per draw.

    Attributes:
        n: People on it: k, or all where there are fewer.
        found: Those of them whom the event came to, ties ordered by chance.
        best: The same, ties ordered for the best.
        worst: The same, ties ordered for the worst.
    """

    n: Floats
    found: Floats
    best: Floats
    worst: Floats


@dataclass(frozen=True)
class Whole:
    """What the whole order of a score shows; an array entry per draw.

    Attributes:
        average_precision: See `average_precision`.
        roc_auc: See `roc_auc`.
        precisions: Precision at each of `RECALLS`, recalls by draws.
        n_positive: People whom the event came to.
        n_negative: The others.
    """

    average_precision: Floats
    roc_auc: Floats
    precisions: Floats
    n_positive: Floats
    n_negative: Floats


class Ranked:
    """One score's order of some people, ready to be measured in many draws.

    Args:
        label: Of each row, whether the event came.
        score: Of each row; higher is listed first, NaN last.
        weight: Of each row, not negative.
        draws: The draws, of the same rows.
        among: Which rows stand in the order; None: all.
    """

    def __init__(
        self,
        label: Bools,
        score: Floats,
        weight: Floats,
        draws: Draws,
        *,
        among: Bools | None = None,
    ) -> None:
        """Sort the rows, and sum them up by cluster."""
        kept = weight > 0 if among is None else among & (weight > 0)
        rows = np.flatnonzero(kept)
        key = np.where(np.isnan(score[rows]), -np.inf, score[rows])
        order = np.argsort(-key, kind="stable")
        rows, key = rows[order], key[order]
        is_first = np.ones(len(rows), dtype=bool)
        is_first[1:] = key[1:] != key[:-1]
        self._n_rows = len(label)
        self._rows = rows
        self._weight = weight[rows]
        self._is_positive = label[rows]
        self._cluster = draws.cluster[rows]
        # Number of each row's block of equal scores, and the row that each begins with.
        self._block: Ints = np.cumsum(is_first) - 1
        self._starts: Ints = np.flatnonzero(is_first)
        self._sum_stretches(draws, len(label))

    def _sum_stretches(self, draws: Draws, n_rows: int) -> None:
        """Sum weights by stretches of the order: blocks that hold a positive, and what is between.

        Nothing else of the order matters to average precision, AUC and the curve, so that a draw
        costs no more than there are positives.
        """
        holds = np.zeros(len(self._starts), dtype=bool)
        holds[self._block[self._is_positive]] = True
        before = np.cumsum(holds) - holds
        n_holding = int(holds.sum())

        def summed(which: Bools, stretch: Ints, weights: Floats, height: int) -> sparse.csr_array:
            cells = (weights[which], (stretch[self._block[which]], self._rows[which]))
            return draws.per_cluster(sparse.csr_array(cells, shape=(height, n_rows)))

        # In turn: before the first block that holds a positive, in it, between it and the next ...
        self._all = summed(
            np.ones(len(self._rows), dtype=bool),
            2 * before + holds,
            self._weight,
            2 * n_holding + 1,
        )
        self._positives = summed(self._is_positive, before, self._weight, n_holding)
        ones = np.ones(len(self._rows))
        self._members = summed(holds[self._block], before, ones, n_holding)

    def whole(self, counts: Floats, *, is_curved: bool = True) -> Whole:
        """Measure the whole order.

        Args:
            counts: Clusters by draws, as `Draws.chunks` gives them.
            is_curved: Whether precision is told along recall; if not, it is NaN.
        """
        size = max(1, _ROOM // self._all.shape[0])
        pieces = [
            self._whole(counts[:, start : start + size], is_curved)
            for start in range(0, counts.shape[1], size)
        ]
        return Whole(
            np.concatenate([piece.average_precision for piece in pieces]),
            np.concatenate([piece.roc_auc for piece in pieces]),
            np.concatenate([piece.precisions for piece in pieces], axis=1),
            np.concatenate([piece.n_positive for piece in pieces]),
            np.concatenate([piece.n_negative for piece in pieces]),
        )

    def _whole(self, counts: Floats, is_curved: bool) -> Whole:
        everyone = self._all @ counts
        positive = self._positives @ counts
        members = self._members @ counts
        # Running sums rather than sums: they add up in one order, however many draws there are.
        listed = np.cumsum(everyone, axis=0)
        found = np.cumsum(positive, axis=0)
        n_draws = counts.shape[1]
        if not len(positive):
            lacking, nobody = np.full(n_draws, np.nan), np.zeros(n_draws)
            return Whole(
                lacking,
                lacking.copy(),
                np.full((len(RECALLS), n_draws), np.nan),
                nobody,
                listed[-1] - nobody,
            )
        n, n_positive = listed[-1], found[-1]
        block = everyone[1::2]
        listed_before, found_before = listed[0:-1:2], found - positive
        precise = _precision_in_blocks(positive, block, members, listed_before, found_before)
        lower = (n - n_positive) - (listed_before - found_before) - (block - positive)
        ahead = positive * (lower + (block - positive) / 2)
        return Whole(
            ratio(np.cumsum(precise, axis=0)[-1], n_positive),
            ratio(np.cumsum(ahead, axis=0)[-1], n_positive * (n - n_positive)),
            _precision_along_recall(positive, block, listed_before, found)
            if is_curved
            else np.full((len(RECALLS), n_draws), np.nan),
            n_positive,
            n - n_positive,
        )

    def shares(self, k: float) -> Floats:
        """Tell of each row of the data which part of it is on a list of k, ties ordered by chance.

        1 of those who are on it for certain, 0 of those who are not, in between of those tied at
        its end.
        """
        shares = np.zeros(self._n_rows)
        if not len(self._rows):
            return shares
        block = np.add.reduceat(self._weight, self._starts)
        before = np.cumsum(block) - block
        part = np.clip((k - before) / block, 0.0, 1.0)
        shares[self._rows] = part[self._block]
        return shares

    def top(self, most: float, cells: sparse.csr_array | None = None) -> Top:
        """Prepare the upper end of the order, as far as any list goes.

        Args:
            most: The longest list that will be asked for.
            cells: Sums by rows of the data that `DrawnTop.selected` is to take, if any.
        """
        return Top(
            self._rows, self._weight, self._is_positive, self._cluster, self._block, most, cells
        )


class Top:
    """The upper end of an order, ready for many draws; made by `Ranked.top`."""

    def __init__(
        self,
        rows: Ints,
        weight: Floats,
        is_positive: Bools,
        cluster: Ints,
        block: Ints,
        most: float,
        cells: sparse.csr_array | None,
    ) -> None:
        """Go down half as far again as the longest list: draws differ in whom they hold."""
        self._rows, self._weight, self._is_positive = rows, weight, is_positive
        self._cluster, self._block = cluster, block
        self._most = most
        self._cells = cells
        self._prepare(int(np.searchsorted(np.cumsum(weight), 1.5 * most)) + 1)

    def _prepare(self, n_taken: int) -> None:
        n_taken = min(n_taken, len(self._rows))
        if n_taken:
            # To the end of a block: ties are not parted.
            n_taken = int(np.searchsorted(self._block, self._block[n_taken - 1], side="right"))
        self._n_taken = n_taken
        self._n_blocks = int(self._block[n_taken - 1]) + 1 if n_taken else 0
        # By blocks and clusters; the clusters that come up here are few.
        self._here, cluster = np.unique(self._cluster[:n_taken], return_inverse=True)
        place = (self._block[:n_taken], cluster)
        shape = (self._n_blocks, len(self._here))
        weight = self._weight[:n_taken]
        self._all = sparse.csr_array((weight, place), shape=shape)
        positive = weight * self._is_positive[:n_taken]
        self._positives = sparse.csr_array((positive, place), shape=shape)
        self._positives.eliminate_zeros()
        self._sums: sparse.csr_array | None = None
        self._place = cluster
        if self._cells is None:
            return
        listed = sparse.csr_array(self._cells[:, self._rows[:n_taken]])
        if self._cells.shape[0] * self._n_blocks < n_taken:
            # Rows in large ties: their sums by block are fewer than they are.
            at = listed.tocoo()
            sums = (at.row * self._n_blocks + self._block[at.col], cluster[at.col])
            height = self._cells.shape[0] * self._n_blocks
            self._sums = sparse.csr_array((at.data, sums), shape=(height, len(self._here)))
        else:
            self._listed = listed

    def draw(self, counts: Floats) -> DrawnTop:
        """Look at it in some draws.

        Args:
            counts: Clusters by draws.
        """
        while True:
            drawn = counts[self._here]
            block = self._all @ drawn
            reached = np.cumsum(block, axis=0)[-1:] >= self._most
            if self._n_taken == len(self._rows) or np.all(reached):
                break
            self._prepare(2 * self._n_taken)
        return DrawnTop(self, drawn, block, self._positives @ drawn)

    def selected(self, drawn: Floats, parts: Floats) -> Floats:
        """Sum the cells over rows, of each block the part that counts (blocks by draws)."""
        if self._cells is None:
            raise ValueError("no cells were given to sum")
        if self._sums is not None:
            by_block = self._sums @ drawn
            by_block = by_block.reshape(self._cells.shape[0], self._n_blocks, drawn.shape[1])
            # A running sum adds up in one order, however many draws there are.
            summed: Floats = np.cumsum(by_block * parts, axis=1)[:, -1]
            return summed
        counted: Floats = self._listed @ (parts[self._block[: self._n_taken]] * drawn[self._place])
        return counted


class DrawnTop:
    """The upper end of an order in some draws.

    Args:
        top: What it is of.
        drawn: How often each of its clusters was drawn, clusters by draws.
        block: Weight of each block, blocks by draws.
        positive: Weight of the positives in each.
    """

    def __init__(self, top: Top, drawn: Floats, block: Floats, positive: Floats) -> None:
        """Add up from the top."""
        self._top, self._drawn = top, drawn
        self._n_draws = drawn.shape[1]
        none = np.zeros((1, self._n_draws))
        self._block = block
        self._positive = positive
        self._listed = np.cumsum(np.vstack([none, block]), axis=0)
        self._found = np.cumsum(np.vstack([none, positive]), axis=0)

    def _last(self, k: float) -> tuple[Ints, Floats, Floats]:
        """Find the block in which a list of k ends, and how much of it is still listed.

        Returns:
            Per draw: the block's number, the weight that is listed of it, and as a part of it.
        """
        n_blocks = len(self._block)
        if not n_blocks:
            nothing = np.zeros(self._n_draws)
            return np.zeros(self._n_draws, dtype=np.int64), nothing, nothing
        last = np.array(
            [np.searchsorted(self._listed[1:, draw], k) for draw in range(self._n_draws)],
            dtype=np.int64,
        )
        last = np.minimum(last, n_blocks - 1)
        draw = np.arange(self._n_draws)
        whole = self._block[last, draw]
        taken = np.minimum(whole, k - self._listed[last, draw])
        part = np.divide(taken, whole, out=np.ones(self._n_draws), where=whole > 0)
        return last, taken, part

    def at(self, k: float) -> Listed:
        """Tell what a list of k holds; k is no more than the `most` that was asked for."""
        last, taken, part = self._last(k)
        if not len(self._block):
            nothing = np.zeros(self._n_draws)
            return Listed(nothing, nothing, nothing, nothing)
        draw = np.arange(self._n_draws)
        sure = self._found[last, draw]
        tied, whole = self._positive[last, draw], self._block[last, draw]
        return Listed(
            n=self._listed[last, draw] + taken,
            found=sure + part * tied,
            best=sure + np.minimum(taken, tied),
            worst=sure + np.maximum(0.0, taken - (whole - tied)),
        )

    def selected(self, k: float) -> Floats:
        """Sum the cells of the top over those on a list of k, ties ordered by chance.

        Returns:
            Sums by draws.
        """
        last, _, part = self._last(k)
        place = np.arange(len(self._block))[:, None]
        parts = np.where(place < last, 1.0, np.where(place == last, part, 0.0))
        return self._top.selected(self._drawn, parts)


class RankedByDay:
    """Orders of several days told as one: of each day's people a list of their own, equally long.

    A team looks at a list on each day; scores of one day are not set beside those of another. What
    lists hold adds up over the days. Average precision and the curve are means over all whom the
    event came to, each at their place within their day; AUC is one over all pairs of one day.

    Args:
        days: The order of each day's people, of the same rows and draws.
    """

    def __init__(self, days: Sequence[Ranked]) -> None:
        """Keep the orders."""
        self._days = days

    def whole(self, counts: Floats, *, is_curved: bool = True) -> Whole:
        """Measure the whole orders; see `Ranked.whole`."""
        days = [day.whole(counts, is_curved=is_curved) for day in self._days]
        n_positive = np.stack([day.n_positive for day in days])
        n_negative = np.stack([day.n_negative for day in days])
        return Whole(
            _mean([day.average_precision for day in days], n_positive),
            _mean([day.roc_auc for day in days], n_positive * n_negative),
            _mean([day.precisions for day in days], n_positive[:, None, :]),
            np.cumsum(n_positive, axis=0)[-1],
            np.cumsum(n_negative, axis=0)[-1],
        )

    def shares(self, k: float) -> Floats:
        """Tell of each row which part of it is on its day's list of k; see `Ranked.shares`."""
        shares: Floats = np.cumsum([day.shares(k) for day in self._days], axis=0)[-1]
        return shares

    def top(self, most: float, cells: sparse.csr_array | None = None) -> TopByDay:
        """Prepare the upper end of each order; see `Ranked.top`."""
        return TopByDay([day.top(most, cells) for day in self._days])


class TopByDay:
    """The upper ends of the orders of several days; made by `RankedByDay.top`."""

    def __init__(self, days: Sequence[Top]) -> None:
        """Keep them."""
        self._days = days

    def draw(self, counts: Floats) -> DrawnTopByDay:
        """Look at them in some draws."""
        return DrawnTopByDay([day.draw(counts) for day in self._days])


class DrawnTopByDay:
    """The upper ends of the orders of several days in some draws."""

    def __init__(self, days: Sequence[DrawnTop]) -> None:
        """Keep them."""
        self._days = days

    def at(self, k: float) -> Listed:
        """Tell what the lists of k hold together."""
        days = [day.at(k) for day in self._days]
        return Listed(
            *(
                np.cumsum([getattr(day, name) for day in days], axis=0)[-1]
                for name in ("n", "found", "best", "worst")
            )
        )

    def selected(self, k: float) -> Floats:
        """Sum the cells over those on the lists of k."""
        sums: Floats = np.cumsum([day.selected(k) for day in self._days], axis=0)[-1]
        return sums


def _mean(of_days: Sequence[Floats], weight: Floats) -> Floats:
    """Take the mean over days, of those that have a value."""
    values = np.stack(of_days)
    weights = np.where(np.isnan(values), 0.0, np.broadcast_to(weight, values.shape))
    summed = np.cumsum(np.nan_to_num(values) * weights, axis=0)[-1]
    mean: Floats = ratio(summed, np.cumsum(weights, axis=0)[-1])
    return mean


def _precision_in_blocks(
    positive: Floats, block: Floats, members: Floats, listed: Floats, found: Floats
) -> Floats:
    """Sum, over the positives of each block, the precision expected at their places.

    The m members of a block stand in any order alike, each of the block's mean weight u. At place j
    there is a positive with probability q / m, and then on average (j - 1) (q - 1) / (m - 1) of the
    other q - 1 before it. So the sum over j of

        q / m * u * (found + u + u * (j - 1) (q - 1) / (m - 1)) / (listed + j u),

    where the sum of 1 / (listed / u + j) is a difference of two digamma functions. Exact where the
    members weigh the same, so also where rows of different scores weigh differently.

    Args:
        positive: Weight of the positives in each block, blocks by draws.
        block: Weight of each block.
        members: Members of each block.
        listed: Weight of all before each block.
        found: Weight of the positives before each block.
    """
    u = ratio(block, members)
    single = positive * ratio(found + u, listed + u)
    precise: Floats = np.where(positive > 0, single, 0.0)
    tied = (members > 1) & (positive > 0)
    m, u, found = members[tied], u[tied], found[tied]
    z = listed[tied] / u
    q = positive[tied] / u
    harmonic = digamma(z + m + 1) - digamma(z + 1)
    others = (q - 1) / (m - 1)
    precise[tied] = (
        q / m * ((found + u * (1 - others)) * harmonic + u * others * (m - z * harmonic))
    )
    return precise


def _precision_along_recall(
    positive: Floats, block: Floats, listed: Floats, found: Floats
) -> Floats:
    """Give the precision at which each of `RECALLS` is reached; within ties both grow evenly."""
    precisions = np.full((len(RECALLS), positive.shape[1]), np.nan)
    for draw in range(positive.shape[1]):
        target = RECALLS * found[-1, draw]
        if found[-1, draw] <= 0:
            continue
        nth = np.minimum(np.searchsorted(found[:, draw], target), len(found) - 1)
        within = positive[nth, draw]
        part = ratio(target - (found[nth, draw] - within), within)
        precisions[:, draw] = ratio(target, listed[nth, draw] + part * block[nth, draw])
    return precisions


class Calibrated:
    """Whether what was foretold came as often as was foretold, ready for many draws.

    Args:
        label: Of each row, whether the event came.
        probability: Of each row, from 0 to 1; NaN: none was given, and the row is left out.
        weight: Of each row.
        draws: The draws, of the same rows.
        among: Which rows count; None: all.
        bins: How many bins of equal count to make.
    """

    def __init__(
        self,
        label: Bools,
        probability: Floats,
        weight: Floats,
        draws: Draws,
        *,
        among: Bools | None = None,
        bins: int = CALIBRATION_BINS,
    ) -> None:
        """Sort into bins, fit the line, and sum up by cluster."""
        kept = ~np.isnan(probability) & (weight > 0)
        if among is not None:
            kept &= among
        rows = np.flatnonzero(kept)
        y, p, w = label[rows].astype(np.float64), probability[rows], weight[rows]
        bin_of = bins_of_equal_count(p, w, bins=bins)
        self.n_bins = int(bin_of.max()) + 1 if len(rows) else 0
        self.rows_per_bin: Ints = np.bincount(bin_of, minlength=self.n_bins)
        self.bases = [basis_of(bin_of == nth, y, w) for nth in range(self.n_bins)]
        x = logit(np.clip(p, _NEAREST, 1 - _NEAREST))
        # With the slope held at 1, and with both free.
        self._shift = _fitted_shift(x, y, w)
        self._line = _fitted_line(x, y, w)
        shifted = expit(self._shift + x)
        lined = expit(self._line[0] + self._line[1] * x)
        spread = w * lined * (1 - lined)
        miss = w * (y - lined)
        of_bins = (
            each * (bin_of == nth) for each in (w, w * p, w * y) for nth in range(self.n_bins)
        )
        of_all = (
            w,
            w * (p - y) ** 2,
            w * (y - shifted),
            w * shifted * (1 - shifted),
            miss,
            miss * x,
            spread,
            spread * x,
            spread * x * x,
        )
        sums = chain(of_bins, of_all)
        cells = row_sums(sums, len(rows))
        placed = sparse.csr_array(
            (np.ones(len(rows)), (np.arange(len(rows)), rows)), shape=(len(rows), len(label))
        )
        self._cells = draws.per_cluster(sparse.csr_array(cells @ placed))

    def measure(self, counts: Floats) -> Calibration:
        """Measure some draws.

        The line of a draw is that of the data as they are, moved by one step of Newton's method on
        the draw: a fit for each would tell the same to the first order (L. H. Moulton and
        S. L. Zeger, Bootstrapping generalized linear models, CSDA 11, 1991).
        """
        summed = self._cells @ counts
        n, k = self.n_bins, 3 * self.n_bins
        weight, squared, shift_miss, shift_spread, miss, miss_x, s, s_x, s_xx = summed[k:]
        determinant = s * s_xx - s_x * s_x
        steep = ratio(s * miss_x - s_x * miss, determinant)
        flat = ratio(s_xx * miss - s_x * miss_x, determinant)
        return Calibration(
            expected=ratio(summed[n : 2 * n], summed[:n]),
            observed=ratio(summed[2 * n : k], summed[:n]),
            weight=summed[:n],
            brier=ratio(squared, weight),
            in_the_large=self._shift + ratio(shift_miss, shift_spread),
            intercept=self._line[0] + flat,
            slope=self._line[1] + steep,
        )


@dataclass(frozen=True)
class Calibration:
    """How well probabilities were foretold; an array entry per draw.

    Attributes:
        expected: Mean probability of each bin, bins by draws.
        observed: Share of each bin whom the event came to.
        weight: People in each bin.
        brier: Mean squared distance of probability and what came (G. W. Brier, 1950).
        in_the_large: Intercept with the slope at 1, in log odds: 0 where as many came as were
            foretold, above 0 where more did.
        intercept: Intercept of the line of log odds (D. R. Cox, Two further applications of a model
            for binary regression, Biometrika 45, 1958).
        slope: Its slope: 1 where probabilities are spread as they should be, below 1 where they are
            too extreme (B. Van Calster and others, A calibration hierarchy for risk models was
            defined, J Clin Epidemiol 74, 2016).
    """

    expected: Floats
    observed: Floats
    weight: Floats
    brier: Floats
    in_the_large: Floats
    intercept: Floats
    slope: Floats


def bins_of_equal_count(values: Floats, weight: Floats, *, bins: int) -> Ints:
    """Part values into bins of about equal weight, numbered from the lowest; ties stay together."""
    if not len(values):
        return np.zeros(0, dtype=np.int64)
    distinct, place = np.unique(values, return_inverse=True)
    per_value = np.bincount(place, weights=weight, minlength=len(distinct))
    middle = np.cumsum(per_value) - per_value / 2
    raw = np.minimum((bins * middle / per_value.sum()).astype(np.int64), bins - 1)
    _, number = np.unique(raw, return_inverse=True)
    found: Ints = number[place]
    return found


def _fitted_shift(x: Floats, y: Floats, w: Floats) -> float:
    """Find what, added to the log odds x, foretells as many as came; NaN where nothing does."""
    positive = w[y == 1].sum()
    if positive <= 0 or positive >= w.sum():
        return float("nan")
    # The sum falls from above 0 to below it: x is within 14 of 0.
    found: float = brentq(lambda a: float((w * (y - expit(a + x))).sum()), -100, 100, xtol=1e-12)
    return found


def _fitted_line(x: Floats, y: Floats, w: Floats) -> tuple[float, float]:
    """Fit the log odds of y to a line of x, by Newton's method.

    Returns:
        Intercept and slope; NaN where there is none, as where x parts the two kinds of y.
    """
    nothing = (float("nan"), float("nan"))
    yes, no = x[y == 1], x[y == 0]
    if not len(yes) or not len(no) or x.min() == x.max():
        return nothing
    if yes.min() >= no.max() or no.min() >= yes.max():
        return nothing
    at = np.array([logit(w[y == 1].sum() / w.sum()), 0.0])
    columns = np.stack([np.ones(len(x)), x])

    def likelihood(line: Floats) -> float:
        odds = line @ columns
        return float((w * (y * odds - np.logaddexp(0, odds))).sum())

    best = likelihood(at)
    for _ in range(100):
        mean = expit(at @ columns)
        information = (columns * (w * mean * (1 - mean))) @ columns.T
        try:
            step = np.linalg.solve(information, columns @ (w * (y - mean)))
        except np.linalg.LinAlgError:
            return nothing
        # Half as far, until it is no step back.
        while likelihood(at + step) < best - 1e-9 * abs(best):
            step = step / 2
        at = at + step
        best = likelihood(at)
        if np.all(np.abs(step) < 1e-9):
            return float(at[0]), float(at[1])
    return nothing


@dataclass(frozen=True)
class AtK:
    """A measure of the k highest scores: ties ordered by chance, for the best, for the worst."""

    expected: float
    best: float
    worst: float


def _plain(
    label: npt.ArrayLike, score: npt.ArrayLike, weight: npt.ArrayLike | None
) -> tuple[Ranked, Bools, Floats]:
    is_positive = np.asarray(label).astype(bool)
    values = np.asarray(score, dtype=np.float64)
    weights = np.ones(len(values)) if weight is None else np.asarray(weight, dtype=np.float64)
    ranked = Ranked(is_positive, values, weights, as_they_are(len(values)))
    return ranked, is_positive, weights


def precision_at(
    label: npt.ArrayLike, score: npt.ArrayLike, k: float, weight: npt.ArrayLike | None = None
) -> AtK:
    """Tell which part of the k highest scores the event came to.

    Args:
        label: Of each person, whether it came.
        score: Of each person; NaN is lowest.
        k: Length of the list, in people; all are listed where there are fewer.
        weight: Of each person; 1 if left out.
    """
    ranked, _, weights = _plain(label, score, weight)
    listed = ranked.top(k).draw(np.ones((len(weights), 1))).at(k)
    return AtK(*(float(ratio(n, listed.n)[0]) for n in (listed.found, listed.best, listed.worst)))


def recall_at(
    label: npt.ArrayLike, score: npt.ArrayLike, k: float, weight: npt.ArrayLike | None = None
) -> AtK:
    """Tell which part of those whom the event came to is among the k highest scores.

    The arguments are those of `precision_at`.
    """
    ranked, is_positive, weights = _plain(label, score, weight)
    listed = ranked.top(k).draw(np.ones((len(weights), 1))).at(k)
    total = weights[is_positive].sum()
    return AtK(*(float(ratio(n, [total])[0]) for n in (listed.found, listed.best, listed.worst)))


def average_precision(
    label: npt.ArrayLike, score: npt.ArrayLike, weight: npt.ArrayLike | None = None
) -> float:
    """Give the mean, over those whom the event came to, of the precision at their places.

    The area under the curve of precision and recall, without drawing lines between its points
    (K. Boyd, K. H. Eng and C. D. Page, Area under the precision-recall curve: point estimates and
    confidence intervals, ECML PKDD 2013). Of tied scores, the value expected of an order by chance,
    see `_precision_in_blocks`; scikit-learn takes the precision at the end of the ties, which tells
    less of a coarse score than a list of people made by it would find.

    The arguments are those of `precision_at`.
    """
    ranked, _, weights = _plain(label, score, weight)
    return float(ranked.whole(np.ones((len(weights), 1))).average_precision[0])


def roc_auc(
    label: npt.ArrayLike, score: npt.ArrayLike, weight: npt.ArrayLike | None = None
) -> float:
    """Give how often somebody whom the event came to scores above somebody whom it did not.

    Ties count half (T. Fawcett, An introduction to ROC analysis, Pattern Recognition Letters 27,
    2006). The arguments are those of `precision_at`.
    """
    ranked, _, weights = _plain(label, score, weight)
    return float(ranked.whole(np.ones((len(weights), 1))).roc_auc[0])


def brier(
    label: npt.ArrayLike, probability: npt.ArrayLike, weight: npt.ArrayLike | None = None
) -> float:
    """Give the mean squared distance of probability and what came (G. W. Brier, 1950)."""
    return float(_calibrated(label, probability, weight).brier[0])


def calibration_line(
    label: npt.ArrayLike, probability: npt.ArrayLike, weight: npt.ArrayLike | None = None
) -> tuple[float, float]:
    """Give intercept and slope of the log odds of what came, over those foretold (Cox 1958)."""
    found = _calibrated(label, probability, weight)
    return float(found.intercept[0]), float(found.slope[0])


def _calibrated(
    label: npt.ArrayLike, probability: npt.ArrayLike, weight: npt.ArrayLike | None
) -> Calibration:
    p = np.asarray(probability, dtype=np.float64)
    w = np.ones(len(p)) if weight is None else np.asarray(weight, dtype=np.float64)
    counted = Calibrated(np.asarray(label).astype(bool), p, w, as_they_are(len(p)))
    return counted.measure(np.ones((len(p), 1)))


def lead_time_of(days: Sequence[float] | Floats, label: Bools) -> npt.NDArray[np.object_]:
    """Name the lead time of each person whom the event came to; None of others.

    Args:
        days: Days from the as-of date to the event.
        label: Whether it came.

    Returns:
        A name of `LEAD_TIMES`, or "other" where the days are unknown or of none of them.
    """
    values = np.asarray(days, dtype=np.float64)
    names = np.full(len(values), None, dtype=object)
    names[label] = "other"
    for name, (first, last) in LEAD_TIMES.items():
        names[label & (values >= first) & (values <= last)] = name
    return names


def restated_precision(precision: Floats, prevalence: Floats, at: float) -> Floats:
    """Restate the precision of a list where the event is rarer or more common.

    C. Elkan, The foundations of cost-sensitive learning, IJCAI 2001, theorem 2, of a list: it
    supposes that the score finds the same part of those whom the event came to, and of the others,
    as it did here. The list grows or shrinks with the prevalence.

    Args:
        precision: Of the list here.
        prevalence: Share of people whom the event came to here.
        at: The share to restate it at.
    """
    over = at * (precision - precision * prevalence)
    under = prevalence - precision * prevalence + at * precision - at * prevalence
    restated: Floats = ratio(over, under)
    return restated


@dataclass(frozen=True)
class InSample:
    """The original's way of measuring, on the people from whom the score was made.

    It says how well a score knows those again whom it was shown, not how well it finds anybody.

    Attributes:
        identified_who_are_cohort: Share of those identified who are in the cohort.
        cohort_identified: Share of the cohort who are identified.
    """

    identified_who_are_cohort: float
    cohort_identified: float


def in_sample(
    is_identified: npt.ArrayLike, is_cohort: npt.ArrayLike, weight: npt.ArrayLike | None = None
) -> InSample:
    """Measure in-sample.

    Args:
        is_identified: Of each person, whether they are on the list, or which part of them is.
        is_cohort: Of each person, whether the score was made from them.
        weight: Of each person; 1 if left out.
    """
    listed = np.asarray(is_identified, dtype=np.float64)
    cohort = np.asarray(is_cohort, dtype=np.float64)
    weights = np.ones(len(listed)) if weight is None else np.asarray(weight, dtype=np.float64)
    both = (weights * listed * cohort).sum()
    return InSample(
        float(ratio(both, (weights * listed).sum())), float(ratio(both, (weights * cohort).sum()))
    )
