"""Whether scores, and what they are made of, have shifted since an earlier run.

The population stability index sets the shares of people in bins side by side (N. Siddiqi, Credit
Risk Scorecards, 2006): the sum over bins of (now - then) * ln(now / then). By custom, below 0.1
nothing has shifted, and from 0.25 on much has. It tells that people are others, or recorded
otherwise; not that a score is worse.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from think_family.scoring.resampling import Bools, Floats, Ints

BINS = 10

SOME_FROM = 0.1
MUCH_FROM = 0.25

DRIFT_SCHEMA = pa.schema(
    [
        ("what", pa.string()),
        ("column", pa.string()),
        ("psi", pa.float64()),
        ("n_bins", pa.int32()),
        ("empty_then", pa.float64()),
        ("empty_now", pa.float64()),
        ("verdict", pa.string()),
    ]
)


@dataclass(frozen=True)
class Shift:
    """How far a column has shifted.

    Attributes:
        psi: Population stability index; 0: the same shares in all bins.
        then: Share of people in each bin, in the reference; the last is of those without a value.
        now: The same now.
    """

    psi: float
    then: Floats
    now: Floats


def stability_index(
    then: Any,
    now: Any,
    *,
    weight_then: Floats | None = None,
    weight_now: Floats | None = None,
    bins: int = BINS,
) -> Shift:
    """Give the population stability index of one column.

    Bins of numbers hold about as many people each in the reference, and reach beyond its ends.
    Where it has no more different numbers than bins, each is a bin, as is what lies beyond them.
    Texts are a bin each, and those that the reference lacks are one together. Who has no value is a
    bin of their own. Where a bin is empty in one of the two, half of one row stands for it, for no
    logarithm is finite there.

    Args:
        then: Values of the reference, an Arrow or numpy array of numbers or text; null and NaN are
            no value.
        now: Values to set beside it.
        weight_then: Of each row; 1 if left out.
        weight_now: Likewise.
        bins: Most bins of numbers.
    """
    old, new = _column(then), _column(now)
    weights = [
        np.ones(len(column)) if weight is None else np.asarray(weight, dtype=np.float64)
        for column, weight in ((old, weight_then), (new, weight_now))
    ]
    if all(_is_number(column) for column in (old, new)):
        numbers = [_numbers(column) for column in (old, new)]
        edges = _edges(numbers[0], weights[0], bins)
        n_bins = len(edges) + 1
        placed = [
            np.where(np.isnan(values), n_bins, np.searchsorted(edges, values, side="right"))
            for values in numbers
        ]
    else:
        texts = [pc.cast(column, pa.string()) for column in (old, new)]
        known = sorted(text for text in pc.unique(texts[0]).to_pylist() if text is not None)
        n_bins = len(known) + 1
        place = {text: nth for nth, text in enumerate(known)} | {None: n_bins}
        placed = [
            np.array([place.get(text, n_bins - 1) for text in column.to_pylist()], dtype=np.int64)
            for column in texts
        ]
    shares = [
        _shares(bin_of, weight, n_bins + 1) for bin_of, weight in zip(placed, weights, strict=True)
    ]
    return _shifted(shares[0], shares[1], (len(placed[0]), len(placed[1])))


def stability_of_counts(then: npt.ArrayLike, now: npt.ArrayLike) -> Shift:
    """Give the population stability index of people who were counted in the same bins.

    Args:
        then: How many people were in each bin; the last bin is of those without a value.
        now: Likewise, in the same bins.
    """
    counts = [np.asarray(count, dtype=np.float64) for count in (then, now)]
    shares = [count / (count.sum() or 1.0) for count in counts]
    return _shifted(shares[0], shares[1], (int(counts[0].sum()), int(counts[1].sum())))


def _shifted(then: Floats, now: Floats, n_rows: tuple[int, int]) -> Shift:
    used = (then > 0) | (now > 0)
    filled = [
        np.where(share > 0, share, 0.5 / max(1, n))[used]
        for share, n in zip((then, now), n_rows, strict=True)
    ]
    psi = float(((filled[1] - filled[0]) * np.log(filled[1] / filled[0])).sum())
    return Shift(psi, then, now)


def verdict_of(psi: float) -> str:
    """Say in words how much has shifted, by the customary bounds."""
    if psi < SOME_FROM:
        return "stable"
    return "some shift" if psi < MUCH_FROM else "much shift"


def drift(
    then: Mapping[str, Any],
    now: Mapping[str, Any],
    *,
    what: str = "feature",
    weight_then: Floats | None = None,
    weight_now: Floats | None = None,
    bins: int = BINS,
) -> pa.Table:
    """Tell of each column how far it has shifted.

    Args:
        then: Name -> values of the reference, as an Arrow table or a mapping gives them.
        now: The same columns now.
        what: What the columns are: a score, or a feature.
        weight_then: Of each row of the reference; 1 if left out.
        weight_now: Of each row now.
        bins: Most bins of numbers.

    Returns:
        Rows of `DRIFT_SCHEMA`, in the order of the columns of `then`.
    """
    columns = then.column_names if isinstance(then, pa.Table) else list(then)
    rows = []
    for column in columns:
        shift = stability_index(
            then[column], now[column], weight_then=weight_then, weight_now=weight_now, bins=bins
        )
        rows.append(
            {
                "what": what,
                "column": column,
                "psi": shift.psi,
                "n_bins": int(((shift.then > 0) | (shift.now > 0)).sum()),
                "empty_then": float(shift.then[-1]),
                "empty_now": float(shift.now[-1]),
                "verdict": verdict_of(shift.psi),
            }
        )
    return pa.Table.from_pylist(rows, schema=DRIFT_SCHEMA)


@dataclass(frozen=True)
class Stay:
    """Which part of a list stays on it.

    Attributes:
        expected: With ties at the ends of both lists ordered by chance, each by itself.
        worst: With ties ordered so that the fewest stay.
        best: With ties ordered so that the most stay.
    """

    expected: float
    worst: float
    best: float


def top_that_stays(
    then: npt.ArrayLike,
    score_then: npt.ArrayLike,
    now: npt.ArrayLike,
    score_now: npt.ArrayLike,
    k: int,
) -> Stay:
    """Tell which part of the k highest scores is among the k highest of a later run.

    Args:
        then: Ids of people, each once.
        score_then: Their scores; NaN: none, and not on the list.
        now: Ids of people later, each once.
        score_now: Their scores later.
        k: Length of the lists; a list is shorter where fewer have a score.

    Returns:
        Shares of the earlier list; NaN where it is empty.
    """
    ids, place = np.unique(
        np.concatenate([np.asarray(then).astype(str), np.asarray(now).astype(str)]),
        return_inverse=True,
    )
    n_then = len(np.asarray(then))
    lists = [
        _on_list(place[:n_then], np.asarray(score_then, dtype=np.float64), len(ids), k),
        _on_list(place[n_then:], np.asarray(score_now, dtype=np.float64), len(ids), k),
    ]
    (sure, tied, free), (sure_now, tied_now, free_now) = lists
    n_listed = int(sure.sum()) + free
    if not n_listed:
        return Stay(np.nan, np.nan, np.nan)

    def n(which: Bools) -> int:
        return int(which.sum())

    part = free / max(1, n(tied))
    part_now = free_now / max(1, n(tied_now))
    expected = float(((sure + part * tied) * (sure_now + part_now * tied_now)).sum())
    both = n(sure & sure_now)
    # Best: first those who are sure to be on the other list, then the same of those tied in both.
    gain = min(free, n(tied & sure_now))
    gain_now = min(free_now, n(sure & tied_now))
    most = both + gain + gain_now + min(free - gain, free_now - gain_now, n(tied & tied_now))
    # Worst: first those who cannot be on the other list, then others of those tied in both.
    rest = max(0, free - n(tied & ~sure_now & ~tied_now))
    rest_now = max(0, free_now - n(tied_now & ~sure & ~tied))
    least = both + max(0, rest + rest_now - n(tied & tied_now))
    return Stay(expected / n_listed, least / n_listed, most / n_listed)


def _on_list(person: Ints, score: Floats, n: int, k: int) -> tuple[Bools, Bools, int]:
    """Tell who is on a list for certain, who is tied at its end, and how many of those it takes."""
    sure, tied = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    given = ~np.isnan(score)
    values = np.sort(score[given])[::-1]
    if not len(values) or k < 1:
        return sure, tied, 0
    last = values[min(k, len(values)) - 1]
    sure[person[given & (score > last)]] = True
    tied[person[given & (score == last)]] = True
    return sure, tied, min(k, len(values)) - int(sure.sum())


def _column(values: Any) -> pa.ChunkedArray | pa.Array:
    if isinstance(values, pa.ChunkedArray | pa.Array):
        return values
    return pa.array(np.asarray(values))


def _is_number(column: pa.ChunkedArray | pa.Array) -> bool:
    kind = column.type
    numeric = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    return bool(numeric or pa.types.is_boolean(kind) or pa.types.is_null(kind))


def _numbers(column: pa.ChunkedArray | pa.Array) -> Floats:
    values: Floats = pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False)
    return values.astype(np.float64)


def _edges(values: Floats, weight: Floats, bins: int) -> Floats:
    """Find the values at which bins begin; a value so common that it fills several is one bin."""
    given = ~np.isnan(values)
    if not given.any():
        return np.zeros(0)
    distinct, place = np.unique(values[given], return_inverse=True)
    if len(distinct) <= bins:
        # Each value is a bin, and so is what lies below or above them all.
        return np.append(distinct, np.nextafter(distinct[-1], np.inf)).astype(np.float64)
    per_value = np.bincount(place, weights=weight[given], minlength=len(distinct))
    below = np.cumsum(per_value) - per_value
    # A bin begins at the first value that has a whole bin's people below it.
    raw = np.floor(bins * below / per_value.sum() + 1e-9)
    edges: Floats = distinct[1:][raw[1:] > raw[:-1]]
    return edges


def _shares(bin_of: Ints, weight: Floats, n_bins: int) -> Floats:
    summed = np.bincount(bin_of, weights=weight, minlength=n_bins).astype(np.float64)
    shares: Floats = summed / (summed.sum() or 1.0)
    return shares
