"""Chance: reproducible generators, and events and spells drawn for many subjects at once."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from think_family.synthesis.world import NEVER

Ints = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

YEAR = 365.25


def generator(seed: int, room: str) -> np.random.Generator:
    """Return the generator of one room; rooms do not disturb each other's draws."""
    return np.random.default_rng(np.random.SeedSequence([seed, zlib.crc32(room.encode())]))


def within(counts: Ints) -> Ints:
    """Position of each element in its run, for runs of the given lengths laid end to end."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total, dtype=np.int64) - np.repeat(ends - counts, counts)


def ranges(starts: Ints, counts: Ints) -> Ints:
    """Concatenate ``starts[i] .. starts[i] + counts[i] - 1``."""
    return np.repeat(starts, counts) + within(counts)


def events(rng: np.random.Generator, rate: Reals, start: Ints, end: Ints) -> tuple[Ints, Ints]:
    """Draw a Poisson process per subject with `rate` events a year on ``[start, end)``.

    Returns the subjects' positions and the days of the events, by subject.
    """
    span = np.maximum(end - start, 0)
    counts = rng.poisson(rate * span / YEAR)
    who = np.repeat(np.arange(len(counts)), counts)
    day = start[who] + (rng.random(len(who)) * span[who]).astype(np.int64)
    return who, day


def alternate(
    rng: np.random.Generator, on_rate: Reals, off_rate: Reals, start: Ints, end: Ints
) -> tuple[Ints, Ints, Ints]:
    """Draw a two-state Markov chain per subject, off at `start` (rates per year).

    Returns positions, starts and ends of the spells in the on state, cut at `end`.
    """
    who = np.flatnonzero((end > start) & (on_rate > 0))
    at = start[who].astype(np.float64)
    kept: list[tuple[Ints, Ints, Ints]] = []
    while len(who):
        begin = at + rng.exponential(1.0, len(who)) / on_rate[who] * YEAR
        live = begin < end[who]
        who, begin = who[live], begin[live]
        stop = begin + 1 + rng.exponential(1.0, len(who)) / off_rate[who] * YEAR
        kept.append((who, begin.astype(np.int64), np.minimum(stop, end[who]).astype(np.int64)))
        at = stop
    if not kept:
        return _NO_INTS, _NO_INTS, _NO_INTS
    subject = np.concatenate([k[0] for k in kept])
    begins = np.concatenate([k[1] for k in kept])
    ends = np.concatenate([k[2] for k in kept])
    order = np.lexsort((begins, subject))
    subject, begins, ends = subject[order], begins[order], ends[order]
    longer = ends > begins
    return subject[longer], begins[longer], ends[longer]


_NO_INTS: Ints = np.zeros(0, dtype=np.int64)


def lags(rng: np.random.Generator, n: int, median: float, spread: float = 0.8) -> Ints:
    """Draw delays in whole days, lognormal about a median."""
    return np.floor(median * np.exp(spread * rng.standard_normal(n))).astype(np.int64)


def holds(n: int, who: Ints, start: Ints, end: Ints, day: int) -> Flags:
    """Whether each of `n` subjects is in a spell on a day."""
    state = np.zeros(n, dtype=bool)
    state[who[(start <= day) & (day < end)]] = True
    return state


def first_days(n: int, who: Ints, day: Ints) -> Ints:
    """First day of each of `n` subjects, or `NEVER`."""
    found = np.full(n, NEVER, dtype=np.int64)
    np.minimum.at(found, who, day)
    return found


def prompted(
    rng: np.random.Generator,
    rate: Reals,
    start: Ints,
    end: Ints,
    prompts: Sequence[tuple[float, Ints]],
) -> tuple[Ints, Ints]:
    """Draw events at `rate`, more often from the day on which something prompts them.

    Each prompt is the logarithm of the factor and its day by subject (`NEVER` if it never comes).
    Until that day nothing tells that it will come.
    """
    most = rate * np.exp(sum(weight * (day < NEVER) for weight, day in prompts))
    who, when = events(rng, most, start, end)
    ahead = sum(weight * ((day[who] < NEVER) & (day[who] > when)) for weight, day in prompts)
    kept = rng.random(len(who)) < np.exp(-ahead)
    return who[kept], when[kept]


def lookup(
    key: Ints, start: Ints, end: Ints, value: Ints, who: Ints, day: Ints, missing: int = -1
) -> Ints:
    """Value of the spell that holds for each subject on a day; spells do not overlap."""
    if not len(key):
        return np.full(len(who), missing, dtype=np.int64)
    order = np.lexsort((start, key))
    base = np.int64(1) << 20
    offset = np.int64(1) << 19
    keys = key[order].astype(np.int64) * base + start[order] + offset
    at = np.searchsorted(keys, who.astype(np.int64) * base + day + offset, side="right") - 1
    spell = order[np.maximum(at, 0)]
    good = (at >= 0) & (key[spell] == who) & (day < end[spell])
    found: Ints = np.where(good, value[spell], missing).astype(np.int64)
    return found


def merge(who: Ints, start: Ints, end: Ints, slack: int = 0) -> tuple[Ints, Ints, Ints]:
    """Unite overlapping spells of each subject; gaps of up to `slack` days are closed too."""
    order = np.lexsort((start, who))
    who, start, end = who[order], start[order], end[order]
    if not len(who):
        return who, start, end
    wide = np.int64(1) << 21
    reach = np.maximum.accumulate(who * wide + end)
    fresh = np.ones(len(who), dtype=bool)
    fresh[1:] = (who[1:] != who[:-1]) | (who[1:] * wide + start[1:] > reach[:-1] + slack)
    first = np.flatnonzero(fresh)
    last = np.concatenate([first[1:], [len(who)]]) - 1
    united: Ints = (reach[last] - who[last] * wide).astype(np.int64)
    return who[first], start[first], united


def choose(rng: np.random.Generator, weights: Reals, n: int) -> Ints:
    """Draw `n` positions with replacement, in proportion to the weights."""
    total = np.cumsum(weights)
    if not len(total) or total[-1] <= 0:
        raise ValueError("nothing to choose from: all weights are zero")
    found = np.searchsorted(total, rng.random(n) * total[-1], side="right")
    chosen: Ints = np.minimum(found, len(total) - 1).astype(np.int64)
    return chosen


def pick(rng: np.random.Generator, n: int, **shares: float) -> npt.NDArray[np.str_]:
    """Draw `n` values of a code column with the given shares."""
    names = np.array(list(shares))
    return names[choose(rng, np.array(list(shares.values())), n)]
