"""How good a grouping is against the truth, counted over pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class PairwiseQuality:
    """Pairs put together by a grouping, against the pairs that truly belong together.

    Attributes:
        n_pairs_found: Pairs in one found group.
        n_pairs_true: Pairs in one true group.
        n_pairs_right: Pairs in both.
    """

    n_pairs_found: int
    n_pairs_true: int
    n_pairs_right: int

    @property
    def precision(self) -> float | None:
        """Share of found pairs that are true; None where no pair was found."""
        return self.n_pairs_right / self.n_pairs_found if self.n_pairs_found else None

    @property
    def recall(self) -> float | None:
        """Share of true pairs that were found; None where there is no true pair."""
        return self.n_pairs_right / self.n_pairs_true if self.n_pairs_true else None

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall; None where neither pair exists."""
        n_pairs = self.n_pairs_found + self.n_pairs_true
        return 2 * self.n_pairs_right / n_pairs if n_pairs else None


def _n_pairs(*keys: Ints) -> int:
    sizes = np.unique(np.stack(keys, axis=1), axis=0, return_counts=True)[1]
    return int((sizes * (sizes - 1) // 2).sum())


def pairwise_quality(found: Ints, true: Ints) -> PairwiseQuality:
    """Compare two groupings of the same items, without going through the pairs.

    Args:
        found: Found group per item.
        true: True group per item.
    """
    if not len(found):
        return PairwiseQuality(0, 0, 0)
    return PairwiseQuality(_n_pairs(found), _n_pairs(true), _n_pairs(found, true))
