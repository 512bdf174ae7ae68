"""One scale from 0 to 100 for scores of any kind: a table of the training population.

A score says how few of the population that the model was made for stand as high. The map is a table
of values and scores, straight between them, so that it can be read and checked; it never falls, and
so changes no ranking.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from think_family.errors import ThinkFamilyError
from think_family.scoring.columns import Floats

PERCENTILE = "percentile"
RARITY = "rarity"
KINDS = (PERCENTILE, RARITY)

# Shares of the population at which the table has a row: close together where lists are cut.
_SHARES = (
    0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99, 0.993,
    0.995, 0.997, 0.998, 0.999, 0.9995, 0.9998, 0.9999,
)  # fmt: skip

_PER_TENFOLD = 25.0


@dataclass(frozen=True)
class Scale:
    """The map from what a model says to a score from 0 to 100.

    Attributes:
        kind: `percentile`: 100 times the share of the population that stands lower. `rarity`: 25
            for each tenfold fewer that stand as high, so that 50 is as high as one in a hundred, 75
            as one in a thousand, 100 as one in ten thousand or the highest of all.
        values: What the model says (log-odds, points), rising.
        scores: The score of each, from 0 to 100, never falling.
    """

    kind: str
    values: tuple[float, ...]
    scores: tuple[float, ...]

    def __post_init__(self) -> None:
        """Check that the table is a map."""
        if (
            self.kind not in KINDS
            or not self.values
            or len(self.values) != len(self.scores)
            or any(a >= b for a, b in zip(self.values, self.values[1:], strict=False))
            or any(a > b for a, b in zip(self.scores, self.scores[1:], strict=False))
            or not 0 <= self.scores[0] <= self.scores[-1] <= 100
        ):
            raise ThinkFamilyError(
                "The scale is no table of rising values and scores from 0 to 100."
            )

    def slopes(self) -> tuple[float, ...]:
        """Give the rise of the score per unit between each value and the next."""
        steps = zip(self.values, self.values[1:], self.scores, self.scores[1:], strict=False)
        return tuple((score_b - score_a) / (b - a) for a, b, score_a, score_b in steps)

    def score(self, values: Floats) -> Floats:
        """Map what the model says to scores; below the table is its first score, above its last."""
        if len(self.values) == 1:
            return np.full(len(values), self.scores[0])
        lower = np.array(self.values)
        scores = np.array(self.scores)
        inside = np.clip(values, lower[0], lower[-1])
        step = np.clip(np.searchsorted(lower, inside, side="right") - 1, 0, len(lower) - 2)
        risen = scores[step] + (inside - lower[step]) * np.array(self.slopes())[step]
        # Rounding must not lift the end of one step above the start of the next.
        mapped: Floats = np.minimum(risen, scores[step + 1])
        return mapped


def scale_from(values: Floats, weight: Floats, kind: str = PERCENTILE) -> Scale:
    """Make the scale of a population.

    Equal values have one score, by the share that stands strictly lower: where most people have no
    points, no points is 0. The highest value of the population is 100.

    Args:
        values: What the model says of each row of the training population.
        weight: How many of the population each stands for.
        kind: `percentile` or `rarity`.
    """
    order = np.lexsort((weight, values))
    ordered, weights = values[order], weight[order]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    distinct = ordered[starts]
    mass = np.add.reduceat(weights, starts)
    below = np.concatenate([[0.0], np.cumsum(mass)[:-1]]) / mass.sum()
    at = np.unique(np.append(np.searchsorted(below, _SHARES, side="left"), len(distinct) - 1))
    at = at[at < len(distinct)]
    scores = (
        100 * below if kind == PERCENTILE else np.minimum(100, -_PER_TENFOLD * np.log10(1 - below))
    )
    if len(distinct) > 1:
        scores[-1] = 100.0
    scores = np.maximum.accumulate(scores)
    return Scale(
        kind, tuple(float(v) for v in distinct[at]), tuple(float(round(s, 6)) for s in scores[at])
    )
