"""Families over time: who belonged together at the end of each month, by what was recorded then."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Ints = npt.NDArray[np.int64]

_NO_END = np.iinfo(np.int64).max


def month_ends(first_day: int, last_day: int) -> Ints:
    """List the last days of the months from `first_day` to `last_day`, and `last_day` itself.

    Days are counted from 1970-01-01.
    """
    if last_day < first_day:
        return np.empty(0, np.int64)
    first = np.datetime64(int(first_day), "D").astype("datetime64[M]")
    last = np.datetime64(int(last_day), "D").astype("datetime64[M]")
    ends = np.arange(first + 1, last + 2).astype("datetime64[D]").astype(np.int64) - 1
    return np.append(ends[ends < last_day], last_day)


def _components(left: Ints, right: Ints, n_persons: int) -> tuple[Ints, Ints]:
    """Persons with a tie and the smallest person of the component of each."""
    persons = np.unique(np.concatenate([left, right]))
    graph = coo_array(
        (
            np.ones(len(left), np.int8),
            (np.searchsorted(persons, left), np.searchsorted(persons, right)),
        ),
        shape=(len(persons), len(persons)),
    )
    labels = connected_components(graph, directed=False)[1]
    smallest = np.full(len(persons), n_persons, np.int64)
    np.minimum.at(smallest, labels, persons)
    return persons, smallest[labels]


def _carried_over(component: Ints, before: Ints) -> tuple[Ints, Ints]:
    """Which earlier family each component continues.

    A family goes on in the component that holds most of those last in it; a component in which
    several families would go on continues the one with which it shares most persons.

    Args:
        component: Per person with a tie, the component.
        before: Per person with a tie, the family last belonged to; -1 for none.

    Returns:
        Components that continue a family, and those families.
    """
    has_family = before >= 0
    pairs, counts = np.unique(
        np.stack([before[has_family], component[has_family]], axis=1), axis=0, return_counts=True
    )
    order = np.lexsort((pairs[:, 1], -counts, pairs[:, 0]))
    pairs, counts = pairs[order], counts[order]
    first_of_family = np.unique(pairs[:, 0], return_index=True)[1]
    pairs, counts = pairs[first_of_family], counts[first_of_family]
    order = np.lexsort((pairs[:, 0], -counts, pairs[:, 1]))
    pairs = pairs[order]
    components, first_of_component = np.unique(pairs[:, 1], return_index=True)
    return components, pairs[first_of_component, 0]


def family_spells(ties: Any, last_day: int) -> pa.Table:
    """Follow families from month to month.

    At the end of each month, persons who are connected by ties that hold that day are one family. A
    family is the same as the month before by the rule of `_carried_over`; otherwise it is new.

    Args:
        ties: Arrow table with one row per tie of two persons and time: person_l, person_r (text),
            from_day and to_day (days since 1970-01-01, the second exclusive or null), both by what
            was recorded on each day.
        last_day: The day up to which families are followed (days since 1970-01-01).

    Returns:
        One row per person and unbroken stay in a family: person_key, family_number (unique in the
        table), from_day (a month's end, or `last_day`), to_day (exclusive; null while it lasts).
        Ordered by person_key and from_day. Persons without a tie have no row.
    """
    person_l, person_r = (np.asarray(ties[name], dtype=object) for name in ("person_l", "person_r"))
    names, numbers = np.unique(np.concatenate([person_l, person_r]), return_inverse=True)
    left, right = numbers[: len(person_l)], numbers[len(person_l) :]
    from_day = np.asarray(ties["from_day"], dtype=np.int64)
    to_day = np.asarray(ties["to_day"].fill_null(_NO_END), dtype=np.int64)
    n_persons = len(names)
    last_family = np.full(n_persons, -1, np.int64)
    spell_family = np.full(n_persons, -1, np.int64)
    spell_start = np.zeros(n_persons, np.int64)
    n_families = 0
    ended: list[tuple[Ints, Ints, Ints, int]] = []
    for day in month_ends(int(from_day.min()) if len(from_day) else last_day + 1, last_day):
        holds = (from_day <= day) & (day < to_day)
        family = np.full(n_persons, -1, np.int64)
        if holds.any():
            persons, component = _components(left[holds], right[holds], n_persons)
            components, members = np.unique(component, return_inverse=True)
            ids = np.full(len(components), -1, np.int64)
            continued, families = _carried_over(component, last_family[persons])
            ids[np.searchsorted(components, continued)] = families
            new = np.flatnonzero(ids < 0)
            ids[new] = n_families + np.arange(len(new))
            n_families += len(new)
            family[persons] = ids[members]
            last_family[persons] = family[persons]
        changed = np.flatnonzero(family != spell_family)
        left_family = changed[spell_family[changed] >= 0]
        ended.append((left_family, spell_family[left_family], spell_start[left_family], int(day)))
        spell_family[changed] = family[changed]
        spell_start[changed] = day
    lasting = np.flatnonzero(spell_family >= 0)
    ended.append((lasting, spell_family[lasting], spell_start[lasting], -1))
    person = np.concatenate([spell[0] for spell in ended])
    start = np.concatenate([spell[2] for spell in ended])
    end = np.concatenate([np.full(len(spell[0]), spell[3], np.int64) for spell in ended])
    order = np.lexsort((start, person))
    return pa.table(
        {
            "person_key": pa.array(names[person[order]], pa.string()),
            "family_number": np.concatenate([spell[1] for spell in ended])[order],
            "from_day": start[order],
            "to_day": pa.array(end[order], mask=end[order] < 0),
        }
    )
