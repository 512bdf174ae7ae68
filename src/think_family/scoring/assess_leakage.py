"""Whether a score, or a feature, knows what it cannot: the answer itself.

Two checks. Labels that were dealt anew by chance must make every score worthless: a measure that
still finds something measures wrongly. And no single feature may tell nearly all of the answer:
what is that good was recorded because of the event (S. Kaufman and others, Leakage in data mining,
ACM TKDD 6, 2012), as an assessment that a referral to the service brings about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from think_family.scoring.measures import Ranked
from think_family.scoring.resampling import SEED, Bools, Estimate, Floats, as_they_are, estimate

# A single feature that puts whom the event came to above others more often than this leaks.
BOUND = 0.95

# With fewer whom the event came to, or fewer others, among those who have a value, a feature may
# tell them apart by chance: it is not looked at.
LEAST_OF_EACH = 10

_MOST_TEXTS = 50

LEAKAGE_SCHEMA = pa.schema(
    [
        ("feature", pa.string()),
        ("by", pa.string()),
        ("roc_auc", pa.float64()),
        ("average_precision", pa.float64()),
        ("leaks", pa.bool_()),
    ]
)


@dataclass(frozen=True)
class Chance:
    """What a score reaches on labels that chance dealt anew.

    Attributes:
        roc_auc: Mean and interval over the deals; around 0.5 if nothing is amiss.
        average_precision: Likewise; around the prevalence.
        prevalence: Share of people whom the event came to.
    """

    roc_auc: Estimate
    average_precision: Estimate
    prevalence: float

    @property
    def is_chance(self) -> bool:
        """Whether chance is all that is left."""
        return self.roc_auc.low <= 0.5 <= self.roc_auc.high


def chance_results(
    label: Bools,
    score: Floats,
    weight: Floats | None = None,
    *,
    deals: int = 200,
    seed: int = SEED,
    level: float = 0.99,
) -> Chance:
    """Measure a score on labels dealt anew (P. Good, Permutation Tests, 2000).

    Args:
        label: Of each row, whether the event came.
        score: Of each row.
        weight: Of each row; 1 if left out.
        deals: How often to deal; 1 or more.
        seed: Where chance begins.
        level: How much of the deals the intervals hold.
    """
    weights = np.ones(len(label)) if weight is None else weight
    draws = as_they_are(len(label))
    counts = np.ones((len(label), 1))
    chance = np.random.default_rng(seed)
    found = []
    for _ in range(deals):
        whole = Ranked(chance.permutation(label), score, weights, draws).whole(counts)
        found.append((whole.roc_auc[0], whole.average_precision[0]))
    auc, precision = (np.array(values) for values in zip(*found, strict=True))
    return Chance(
        estimate(np.r_[auc.mean(), auc], level=level),
        estimate(np.r_[precision.mean(), precision], level=level),
        float(weights[label].sum() / weights.sum()),
    )


def leaking_features(
    label: Bools,
    features: Mapping[str, Any],
    weight: Floats | None = None,
    *,
    bound: float = BOUND,
) -> pa.Table:
    """Tell of each single feature how much of the answer it knows.

    Three readings of a feature are tried: its values, up or down, among those who have one; whether
    it has a value at all; and, of texts, how common the event is with each. Texts of more than 50
    different values are read as filled or empty alone.

    Args:
        label: Of each row, whether the event came.
        features: Name -> column of numbers or text, as an Arrow table or a mapping gives them.
        weight: Of each row; 1 if left out.
        bound: AUC from which a feature leaks.

    Returns:
        Rows of `LEAKAGE_SCHEMA`, per feature the reading that knows most; the worst first.
    """
    weights = np.ones(len(label)) if weight is None else weight
    columns = features.column_names if isinstance(features, pa.Table) else list(features)
    rows = []
    for name in columns:
        column = features[name]
        if not isinstance(column, pa.ChunkedArray | pa.Array):
            column = pa.array(np.asarray(column))
        readings = list(_readings(column, label, weights))
        by, auc, values, among = max(readings, key=lambda reading: (reading[1], reading[0]))
        precision = _average_precision(label, values, weights, among)
        rows.append(
            {
                "feature": name,
                "by": by,
                "roc_auc": auc,
                "average_precision": None if np.isnan(precision) else precision,
                "leaks": bool(auc >= bound),
            }
        )
    rows.sort(key=lambda row: (-row["roc_auc"], row["feature"]))
    return pa.Table.from_pylist(rows, schema=LEAKAGE_SCHEMA)


_Reading = tuple[str, float, Floats, Bools]


def _readings(column: Any, label: Bools, weight: Floats) -> list[_Reading]:
    kind = column.type
    if pa.types.is_temporal(kind):
        column = pc.cast(pc.cast(column, pa.timestamp("us")), pa.int64())
        kind = column.type
    is_filled = column.is_valid().to_numpy(zero_copy_only=False).astype(bool)
    found = []
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        texts = column.to_numpy(zero_copy_only=False).astype(object)
        distinct = sorted({text for text in texts if text is not None})
        if len(distinct) <= _MOST_TEXTS:
            rates = np.full(len(label), np.nan)
            for text in distinct:
                which = np.asarray(texts == text, dtype=bool)
                total = weight[which].sum()
                rates[which] = weight[which & label].sum() / total if total else np.nan
            found.append(("its texts", *_better_way(label, rates, weight, is_filled)))
    else:
        values = pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False).astype(np.float64)
        is_filled &= ~np.isnan(values)
        found.append(("its values", *_better_way(label, values, weight, is_filled)))
    every = np.ones(len(label), dtype=bool)
    filled = is_filled.astype(np.float64)
    found.append(("whether it has a value", *_better_way(label, filled, weight, every)))
    return found


def _better_way(
    label: Bools, values: Floats, weight: Floats, among: Bools
) -> tuple[float, Floats, Bools]:
    """Give the AUC of values or of their opposite, whichever has more, and which was taken."""
    counting = among & (weight > 0)
    if min(int((label & counting).sum()), int((~label & counting).sum())) < LEAST_OF_EACH:
        return 0.5, values, np.zeros(len(label), dtype=bool)
    auc = _auc(label[counting], values[counting], weight[counting])
    return (auc, values, among) if auc >= 0.5 else (1 - auc, -values, among)


def _auc(label: Bools, values: Floats, weight: Floats) -> float:
    """Count pairs that stand in order, ties as half; the opposite of the values gives the rest."""
    _, block = np.unique(values, return_inverse=True)
    positive = np.bincount(block, weights=weight * label)
    negative = np.bincount(block, weights=weight * ~label)
    below = np.cumsum(negative) - negative
    ahead = (positive * (below + negative / 2)).sum()
    return float(ahead / (positive.sum() * negative.sum()))


def _average_precision(label: Bools, values: Floats, weight: Floats, among: Bools) -> float:
    if not among.any():
        return float("nan")
    counts, draws = np.ones((len(label), 1)), as_they_are(len(label))
    whole = Ranked(label, values, weight, draws, among=among).whole(counts, is_curved=False)
    return float(whole.average_precision[0])
