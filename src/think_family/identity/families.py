"""Families over time: who belonged together at the end of each month, by what was recorded then."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Ints = npt.NDArray[np.int64]

_NO_END = np.iinfo(np.int64).max


def month_ends(first_date: datetime.date, last_date: datetime.date) -> Ints:
    """List the last days of the months between two dates, and the second date itself.

    Returns:
        Days since 1970-01-01; none where the second date lies before the first.
    """
    if last_date < first_date:
        return np.empty(0, np.int64)
    last_day = int(np.datetime64(last_date, "D").astype(np.int64))
    first, last = (np.datetime64(date, "M") for date in (first_date, last_date))
    ends = np.arange(first + 1, last + 2).astype("datetime64[D]").astype(np.int64) - 1
    return np.append(ends[ends < last_day], last_day)


def _components(left: Ints, right: Ints, n_persons: int) -> tuple[Ints, Ints]:
    """Find the persons with a tie, in order, and the number of the component of each.

    Components are numbered in the order of their smallest persons.
    """
    graph = coo_array((np.ones(len(left), np.int8), (left, right)), shape=(n_persons, n_persons))
    labels = connected_components(graph, directed=False)[1]
    is_tied = np.zeros(n_persons, bool)
    is_tied[left] = is_tied[right] = True
    persons = np.flatnonzero(is_tied)
    return persons, labels[persons].astype(np.int64)


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
    n_components = int(component.max()) + 1
    pairs, counts = np.unique(
        before[has_family] * n_components + component[has_family], return_counts=True
    )
    families, components = np.divmod(pairs, n_components)
    order = np.lexsort((components, -counts, families))
    chosen = order[np.unique(families[order], return_index=True)[1]]
    families, components, counts = families[chosen], components[chosen], counts[chosen]
    order = np.lexsort((families, -counts, components))
    chosen = order[np.unique(components[order], return_index=True)[1]]
    return components[chosen], families[chosen]


def _days(dates: pa.ChunkedArray) -> Ints:
    """Turn dates into days since 1970-01-01; null into a day that never comes."""
    days = dates.cast(pa.date32()).cast(pa.int32()).cast(pa.int64())
    return np.asarray(days.fill_null(_NO_END), dtype=np.int64)


def family_spells(ties: Any, first_date: datetime.date, last_date: datetime.date) -> pa.Table:
    """Follow families from month to month.

    At the end of each month, persons who are connected by ties that hold that day are one family. A
    family is the same as the month before by the rule of `_carried_over`; otherwise it is new.

    Args:
        ties: Arrow table with one row per tie of two persons and time: person_id_l, person_id_r
            (text), from_date and to_date (dates, the second exclusive or null), both by what was
            recorded on each day.
        first_date: A day of the month from which families are followed. It must stay the same from
            run to run, as stays that began before it begin at the end of that month.
        last_date: The date up to which families are followed.

    Returns:
        One row per person and unbroken stay in a family: person_id, family_number (unique in the
        table), from_date (a month's end, or `last_date`), to_date (exclusive; null while it lasts).
        Ordered by person_id and from_date. Persons without a tie have no row.
    """
    person_l, person_r = (
        np.asarray(ties[name], dtype=object) for name in ("person_id_l", "person_id_r")
    )
    names, numbers = np.unique(np.concatenate([person_l, person_r]), return_inverse=True)
    left, right = numbers[: len(person_l)], numbers[len(person_l) :]
    from_day, to_day = _days(ties["from_date"]), _days(ties["to_date"])
    n_persons = len(names)
    last_family = np.full(n_persons, -1, np.int64)
    spell_family = np.full(n_persons, -1, np.int64)
    spell_start = np.zeros(n_persons, np.int64)
    n_families = 0
    ended: list[tuple[Ints, Ints, Ints, int]] = []
    for day in month_ends(first_date, last_date):
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
            "person_id": pa.array(names[person[order]], pa.string()),
            "family_number": np.concatenate([spell[1] for spell in ended])[order],
            "from_date": pa.array(start[order].astype("datetime64[D]"), pa.date32()),
            "to_date": pa.array(
                end[order].astype("datetime64[D]"), pa.date32(), mask=end[order] < 0
            ),
        }
    )
