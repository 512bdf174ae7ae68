"""How sure a number is: the bootstrap by cluster, drawn once and used for every measure.

People of one family share what makes a score right or wrong, so whole families are drawn, not
people: as many as there are, with replacement (A. C. Davison and D. V. Hinkley, Bootstrap Methods
and Their Application, 1997, 3.8; C. A. Field and A. H. Welsh, Bootstrapping clustered data, JRSS B
69, 2007). A draw is how often each family was drawn. Every measure here is a function of sums over
people, so a draw needs no copy of the data: sums are taken per family once, and a draw weighs them.

All measures of one assessment stand on the same draws, so that differences between two scores are
paired: what chance does to both alike does not widen them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.special import ndtri

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

DRAWS = 1000
SEED = 1
LEVEL = 0.95

# Numbers held at a time for one measure, 8 bytes each; and most draws at a time.
_ROOM = 4_000_000
_MOST_AT_A_TIME = 64

# An interval stands on at least this share of the draws: in the others the measure had no value,
# as the precision of a list that holds nobody.
_LEAST_DEFINED = 0.95


@dataclass(frozen=True)
class Draws:
    """How often each cluster counts: first once each, then in each draw as often as it was drawn.

    Attributes:
        cluster: Number of each row's cluster, 0, 1, ...
        counts: Draws by clusters; the first row is all ones, the data as they are.
    """

    cluster: Ints
    counts: npt.NDArray[np.uint8]

    @property
    def n_clusters(self) -> int:
        """How many clusters there are."""
        return int(self.counts.shape[1])

    @property
    def n_draws(self) -> int:
        """How many draws there are, the data as they are left out."""
        return int(self.counts.shape[0]) - 1

    def per_cluster(self, cells: sparse.csr_array) -> sparse.csr_array:
        """Sum the columns of a matrix, one per row of the data, into one per cluster."""
        n_rows = len(self.cluster)
        members = sparse.csr_array(
            (np.ones(n_rows), (np.arange(n_rows), self.cluster)), shape=(n_rows, self.n_clusters)
        )
        summed = sparse.csr_array(cells @ members)
        summed.sort_indices()
        return summed

    def chunks(self) -> Iterator[Floats]:
        """Give the counts of some draws at a time, as clusters by draws."""
        size = max(1, min(_MOST_AT_A_TIME, _ROOM // max(1, self.n_clusters)))
        for start in range(0, len(self.counts), size):
            yield np.ascontiguousarray(self.counts[start : start + size].T, dtype=np.float64)


def draw_clusters(cluster: Ints, *, draws: int = DRAWS, seed: int = SEED) -> Draws:
    """Draw clusters with replacement, as many as there are.

    Args:
        cluster: Number of each row's cluster, from 0 on without a gap.
        draws: How many times to draw; 0 for the data as they are alone.
        seed: Where chance begins; the same seed and clusters give the same draws, and the first
            draws are the same however many follow.
    """
    n_clusters = int(cluster.max()) + 1 if len(cluster) else 0
    chance = np.random.default_rng(seed)
    counts = np.ones((1 + draws, n_clusters), dtype=np.uint8)
    for draw in counts[1:]:
        # How often one cluster is drawn is about Poisson of mean 1: never near 255.
        drawn = chance.integers(0, n_clusters, size=n_clusters)
        draw[:] = np.bincount(drawn, minlength=n_clusters)
    return Draws(cluster, counts)


def as_they_are(n_rows: int) -> Draws:
    """Count each row once, as a cluster by itself, and draw nothing."""
    return draw_clusters(np.arange(n_rows), draws=0)


@dataclass(frozen=True)
class Estimate:
    """A number, and how sure it is.

    Attributes:
        value: What the data as they are give; NaN where the measure has no value.
        low: Lower end of the interval; NaN where there are too few draws in which it has a value.
        high: Upper end.
    """

    value: float
    low: float
    high: float


def estimate(values: Floats, *, level: float = LEVEL) -> Estimate:
    """Give the value and its percentile interval.

    The percentile interval (B. Efron, The Jackknife, the Bootstrap and Other Resampling Plans,
    1982) stays within what the measure can be; that of a ratio is that of its logarithm.

    Args:
        values: Of the data as they are, then of each draw.
        level: How much of the draws lies within.
    """
    first = float(values[0])
    drawn = values[1:]
    defined = drawn[np.isfinite(drawn)]
    if not np.isfinite(first) or len(defined) < max(1.0, _LEAST_DEFINED * len(drawn)):
        return Estimate(first, np.nan, np.nan)
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(first, float(low), float(high))


# With fewer rows of a kind, draws show too little of what chance can do: of 0 found in 77, every
# draw finds 0.
FEW = 5


def wilson(share: float, n: float, *, level: float = LEVEL) -> tuple[float, float]:
    """Give the score interval of a share of n independent people.

    E. B. Wilson, Probable inference, the law of succession, and statistical inference, JASA 22,
    1927; it holds for shares near 0 and 1 too.
    """
    z = float(ndtri((1 + level) / 2))
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


@dataclass(frozen=True)
class Basis:
    """The rows that a share stands on.

    Attributes:
        n_yes: Rows that count towards it, in whole or in part.
        n_no: Rows that count against it, in whole or in part.
        n_effective: How many people of equal weight tell as much as all of them (L. Kish, Survey
            Sampling, 1965).
    """

    n_yes: int
    n_no: int
    n_effective: float

    @property
    def is_few(self) -> bool:
        """Whether draws show too little."""
        return min(self.n_yes, self.n_no) < FEW


def basis_of(among: Bools, yes: Floats, weight: Floats) -> Basis:
    """Count what a share stands on.

    Args:
        among: Rows of whom it is the share.
        yes: Which part of each row counts towards it, from 0 to 1.
        weight: Of each row.
    """
    counting = among & (weight > 0)
    weights = weight[counting]
    squares = float((weights**2).sum())
    return Basis(
        int((yes[counting] > 0).sum()),
        int((yes[counting] < 1).sum()),
        float(weights.sum()) ** 2 / squares if squares else 0.0,
    )


def estimate_share(values: Floats, basis: Basis, *, level: float = LEVEL) -> Estimate:
    """Give a share and its interval; where it stands on few rows, Wilson's widens that of draws."""
    told = estimate(values, level=level)
    if not basis.is_few or not basis.n_effective or len(values) == 1 or np.isnan(told.value):
        return told
    low, high = wilson(min(max(told.value, 0.0), 1.0), basis.n_effective, level=level)
    return Estimate(told.value, float(np.fmin(told.low, low)), float(np.fmax(told.high, high)))


def estimate_difference(
    one: Floats, other: Floats, of_one: Estimate, of_other: Estimate, *, level: float = LEVEL
) -> Estimate:
    """Give the difference of the shares of two groups, with what their intervals allow.

    The interval of draws is widened to that of R. G. Newcombe, Interval estimation for the
    difference between independent proportions, Statistics in Medicine 17, 1998, method 10, which
    puts those of the two together. For shares that stand on few rows.

    Args:
        one: Of one group, in each draw.
        other: Of the other.
        of_one: The first's estimate.
        of_other: The second's.
        level: How much of the draws the interval holds.
    """
    told = estimate(one - other, level=level)
    down = np.hypot(of_one.value - of_one.low, of_other.high - of_other.value)
    up = np.hypot(of_one.high - of_one.value, of_other.value - of_other.low)
    return Estimate(
        told.value,
        float(np.fmin(told.low, told.value - down)),
        float(np.fmax(told.high, told.value + up)),
    )


def row_sums(cells: Iterable[Any], n_rows: int) -> sparse.csr_array:
    """Stack weights of rows, one sum each, into the matrix that takes the sums.

    Args:
        cells: Weights of the rows, an array per sum.
        n_rows: How many rows there are.
    """
    # One at a time: most are 0 for most rows, and there may be a hundred.
    columns, filled = [], []
    for each in cells:
        weights = np.asarray(each, dtype=np.float64)
        found = np.flatnonzero(weights)
        columns.append(found)
        filled.append(weights[found])
    if not columns:
        return sparse.csr_array((0, n_rows))
    ends = np.cumsum([0, *(len(found) for found in columns)])
    return sparse.csr_array(
        (np.concatenate(filled), np.concatenate(columns), ends), shape=(len(columns), n_rows)
    )


def ratio(over: Any, under: Any) -> Any:
    """Divide; NaN where there is nothing to divide by."""
    over, under = np.broadcast_arrays(np.asarray(over, float), np.asarray(under, float))
    return np.divide(over, under, out=np.full(over.shape, np.nan), where=under != 0)
