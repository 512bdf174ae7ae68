"""What every register needs at hand: the world, its people, chance, and numbering."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from think_family.synthesis.dice import generator
from think_family.synthesis.recording.dirt import RATES
from think_family.synthesis.recording.people import Ethnicity, People, Rows
from think_family.synthesis.recording.text import Ints, Text, coded, either, null_where, take
from think_family.synthesis.world import (
    ETHNICITIES,
    HISTORY_END,
    NEVER,
    NOBODY,
    World,
)

BRISTOL, SOMERSET = 0, 1


@dataclass(frozen=True)
class Recorder:
    """The world as the registers read it."""

    world: World
    people: People
    ethnicity: Ethnicity

    @classmethod
    def of(cls, world: World) -> Recorder:
        """Set up the look-ups of a world."""
        return cls(world, People(world), Ethnicity(world))

    def rng(self, room: str) -> np.random.Generator:
        """Return the generator of one register."""
        return generator(self.world.seed, f"recording/{room}")


@dataclass(frozen=True)
class Records:
    """The person records of one system, when people may have more than one.

    Attributes:
        person: Person of each record, in order of first entry.
        first: Day of the first row about each.
        last: Day of the last row about each.
        main: First record of each person; -1 for people whom the system does not hold.
        of_row: Record of every row handed in, by table.
    """

    person: Rows
    first: Rows
    last: Rows
    main: Rows
    of_row: dict[str, Rows]

    @classmethod
    def of(
        cls,
        rng: np.random.Generator,
        n_people: int,
        second: float,
        rows: dict[str, tuple[Rows, Rows]],
        *,
        alternating: bool = False,
    ) -> Records:
        """Give records to all the people in some rows.

        Args:
            rng: Generator of the register.
            n_people: Number of people in the world.
            second: Share of the people who have two records; the second may have no rows.
            rows: Person and day of every row, by table.
            alternating: Whether rows go to either record at any time; otherwise the second one
                takes over when it is opened.
        """
        person = np.concatenate([who for who, _ in rows.values()])
        day = np.concatenate([when for _, when in rows.values()])
        begun = np.full(n_people, NEVER, dtype=np.int64)
        ended = np.full(n_people, -NEVER, dtype=np.int64)
        np.minimum.at(begun, person, day)
        np.maximum.at(ended, person, day)
        # The second record is opened some time after the first, whether or not rows follow.
        span = np.maximum(ended - begun, 0) + 90
        opened = begun + 1 + (rng.random(n_people) * span).astype(np.int64)
        twofold = (rng.random(n_people) < second) & (opened <= HISTORY_END)
        if alternating:
            slot = twofold[person] & (rng.random(len(person)) < 0.35) & (day > begun[person])
        else:
            slot = twofold[person] & (day >= opened[person])
        twice = np.flatnonzero(twofold)
        person = np.concatenate([person, twice])
        day = np.concatenate([day, opened[twice]])
        slot = np.concatenate([slot, np.ones(len(twice), dtype=bool)])
        unique, inverse = np.unique(person * 2 + slot, return_inverse=True)
        first = np.full(len(unique), NEVER, dtype=np.int64)
        last = np.full(len(unique), -NEVER, dtype=np.int64)
        np.minimum.at(first, inverse, day)
        np.maximum.at(last, inverse, day)
        order = np.lexsort((unique, first))
        position = np.empty(len(order), dtype=np.int64)
        position[order] = np.arange(len(order))
        of_row = position[inverse]
        bounds = np.cumsum([0, *(len(who) for who, _ in rows.values())])
        owner = unique[order] // 2
        main = np.full(n_people, NOBODY, dtype=np.int64)
        earliest = first_of(owner)
        main[owner[earliest]] = earliest
        return cls(
            owner,
            first[order],
            last[order],
            main,
            {table: of_row[bounds[i] : bounds[i + 1]] for i, table in enumerate(rows)},
        )


def first_of(*keys: Ints) -> Rows:
    """Rows that are the first with their combination of keys, rising."""
    order = np.lexsort(tuple(reversed(keys)))
    new = np.zeros(len(order), dtype=bool)
    new[:1] = True
    for key in keys:
        sorted_key = np.asarray(key)[order]
        new[1:] |= sorted_key[1:] != sorted_key[:-1]
    # lexsort is stable, so the first of each run is the first in the table.
    return np.sort(order[new])


def numbered(recorded: Ints) -> Rows:
    """Give rows their number from 1 in the order of recording."""
    order = np.argsort(recorded, kind="stable")
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(1, len(order) + 1)
    return ranks


def later(rng: np.random.Generator, days: Ints, mean: float) -> Rows:
    """Days some time later, exponentially distributed about a mean number of days."""
    wait = np.floor(rng.exponential(mean, len(days))).astype(np.int64)
    return np.where(np.asarray(days) >= NEVER, NEVER, np.asarray(days) + wait)


def within_groups(group: Ints) -> Rows:
    """Give rows their number from 0 within their groups; rows of a group must be adjacent."""
    values = np.asarray(group)
    n = len(values)
    if not n:
        return np.zeros(0, dtype=np.int64)
    starts = np.flatnonzero(np.r_[True, values[1:] != values[:-1]])
    return np.arange(n) - np.repeat(starts, np.diff(np.r_[starts, n]))


def spells_met(
    group: Ints, other_group: Ints, start: Ints, end: Ints, other_start: Ints, other_end: Ints
) -> tuple[Rows, Rows]:
    """Pairs of spells of the same group that overlap: rows of the first and of the second table."""
    order = np.argsort(other_group, kind="stable")
    sorted_group = np.asarray(other_group)[order]
    low = np.searchsorted(sorted_group, group, side="left")
    high = np.searchsorted(sorted_group, group, side="right")
    counts = high - low
    left = np.repeat(np.arange(len(counts)), counts)
    position = np.repeat(low, counts) + (
        np.arange(len(left)) - np.repeat(np.cumsum(counts) - counts, counts)
    )
    right = order[position]
    met = (np.asarray(start)[left] < np.asarray(other_end)[right]) & (
        np.asarray(other_start)[right] < np.asarray(end)[left]
    )
    return left[met], right[met]


_CENSUS = {
    "white_british": "WBRI",
    "white_other": "WOTH",
    "gypsy_roma_traveller": "WOTH",
    "mixed_white_black": "MIXD",
    "mixed_other": "MIXD",
    "asian_indian": "ASIA",
    "asian_pakistani": "ASIA",
    "asian_bangladeshi": "ASIA",
    "asian_other": "ASIA",
    "black_african": "BLAC",
    "black_caribbean": "BLAC",
    "other": "OOTH",
}


def ethnic_codes(
    rng: np.random.Generator,
    seen: Rows,
    codes: dict[str, str],
    *,
    not_stated: tuple[str, ...],
    new_code: str | None = None,
) -> Text:
    """Codes of recorded ethnicities; where none is recorded, a code for that or nothing.

    `new_code` stands for Gypsy, Roma and Traveller people in a part of the rows: a code that came
    into use after the agencies' lists were agreed.
    """
    words = [codes[name] for name in ETHNICITIES] + list(not_stated)
    blank = rng.integers(0, len(not_stated) + 1, len(seen))
    missing = np.where(blank == len(not_stated), NOBODY, len(ETHNICITIES) + blank)
    text = coded(np.where(seen < 0, missing, seen), words)
    if new_code is not None:
        traveller = seen == ETHNICITIES.index("gypsy_roma_traveller")
        new = traveller & (rng.random(len(seen)) < RATES["new_ethnic_code"])
        text = either(new, coded(np.zeros(len(seen), np.int64), [new_code]), text)
    return text


def census_ethnicity(rng: np.random.Generator, seen: Rows) -> Text:
    """Codes of the school census, which social care uses too."""
    return ethnic_codes(rng, seen, _CENSUS, not_stated=("NOBT", "REFU"), new_code="WROM")


def matched(rng: np.random.Generator, uprn: Text) -> Text:
    """Property references, less those that the system could not match to an address."""
    return null_where(uprn, rng.random(len(uprn)) < RATES["address_unmatched"])


def property_reference(recorder: Recorder, rng: np.random.Generator, address: Rows) -> Text:
    """Property references of addresses as a system matched them; null where there is none."""
    return matched(rng, take(recorder.people.uprn, address))
