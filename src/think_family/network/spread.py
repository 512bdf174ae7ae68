"""Who is near whom that carries a risk: how many steps along links, how many, and how much."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from think_family.errors import ThinkFamilyError

Ints = npt.NDArray[np.int64]
Ints32 = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Masks = npt.NDArray[np.uint64]
Bools = npt.NDArray[np.bool_]

HOPS = 3
DECAY = 0.5
LARGEST_HUB = 100

# Carriers followed at a time: one bit of a mask for each.
_BATCH = 64


def spread_risk(
    links: Any,
    carriers: Any,
    *,
    hops: int = HOPS,
    decay: float = DECAY,
    largest_hub: int = LARGEST_HUB,
) -> pa.Table:
    """Tell for every person which carriers of a risk are near, and how near.

    A carrier is so many hops away as the shortest path along links has; nobody is near themselves,
    so what persons carry counts for others and not for them. A person of more than `largest_hub`
    links (a hub: somebody known to half a town, or two persons under one id) is reached, but no
    path leads on through them, or all would be near all. What a hub carries reaches those whom the
    hub is linked with, and they pass it on.

    Distances are exact: a breadth-first search from every carrier, of 64 carriers at a time, each
    a bit of a mask that persons hand on to their neighbours (after J. Chhugani and others, Fast and
    efficient graph traversal algorithm for CPUs, IPDPS 2012, and M. Then and others, The more the
    merrier: efficient multi-source graph traversal, PVLDB 8, 2014). Memory grows with links and
    persons, not with carriers. The order of rows makes no difference, not even in the last digit.

    Args:
        links: Unordered pairs of persons, person_id_l and person_id_r, as an Arrow table, a record
            batch or a mapping to arrays of Arrow or numpy. Pairs may repeat, in either order; a
            person's pair with themselves counts for nothing.
        carriers: Likewise person_id, each once, and risk, a positive number in any unit.
        hops: Most steps to a carrier; 1 or more.
        decay: What is left of a risk with each further step; above 0 and at most 1.
        largest_hub: Most links of a person through whom paths lead; 1 or more.

    Returns:
        One row per person with a carrier within `hops`, ordered by person_id: person_id;
        n_carriers_1 to n_carriers_<hops> (carriers at just so many hops) and n_carriers (all of
        them); risk_1 to risk_<hops> and risk, the sums of what these carry; nearest_hops (to the
        nearest carrier); proximity, the sum over carriers of risk * decay ** (hops to it - 1);
        is_hub, whether no path led on through the person. How many hubs cut paths short is the sum
        of that column.

    Raises:
        ThinkFamilyError: A column is missing or has nulls, types of persons differ, a carrier is
            given twice or carries no positive number, or an argument is out of range.
    """
    if hops < 1 or largest_hub < 1 or not 0 < decay <= 1:
        raise ThinkFamilyError(
            "hops and largest_hub must be 1 or more, and decay above 0 and at most 1."
        )
    left = _column(links, "person_id_l", "links")
    right = _column(links, "person_id_r", "links", left.type)
    carrier_id = _column(carriers, "person_id", "carriers", left.type)
    risk = _column(carriers, "risk", "carriers", pa.float64())
    _check_carriers(carrier_id, risk)
    order = pc.sort_indices(carrier_id)
    persons, (numbers_l, numbers_r, carrier) = _numbered(left, right, carrier_id.take(order))
    starts, neighbours = _adjacency(numbers_l, numbers_r, len(persons))
    n_near, risk_near = _reached(
        starts,
        neighbours,
        np.diff(starts) > largest_hub,
        carrier,
        np.asarray(risk.take(order)),
        hops,
    )
    return _told(persons, n_near, risk_near, np.diff(starts) > largest_hub, decay)


def _column(table: Any, name: str, of: str, kind: Any = None) -> pa.ChunkedArray:
    try:
        column = table[name]
    except (KeyError, IndexError, ValueError):
        raise ThinkFamilyError(f"The column {name} of the {of} is missing.") from None
    if not isinstance(column, pa.ChunkedArray):
        column = pa.chunked_array([pa.array(column)])
    if column.null_count:
        raise ThinkFamilyError(
            f"{column.null_count} of {len(column)} values of {name} of the {of} are missing: leave"
            " those rows out."
        )
    if kind is None or column.type == kind:
        return column
    if pa.types.is_string(kind) != (
        pa.types.is_string(column.type) or pa.types.is_large_string(column.type)
    ):
        raise ThinkFamilyError(f"{name} of the {of} is of another type than it must be: {kind}.")
    return column.cast(kind)


def _check_carriers(person_id: pa.ChunkedArray, risk: pa.ChunkedArray) -> None:
    n_repeated = len(person_id) - pc.count_distinct(person_id).as_py()
    if n_repeated:
        raise ThinkFamilyError(
            f"{n_repeated} of {len(person_id)} carriers are given more than once: give each person"
            " once, with all that the person carries."
        )
    values = np.asarray(risk)
    n_wrong = int((~((values > 0) & np.isfinite(values))).sum())
    if n_wrong:
        raise ThinkFamilyError(
            f"risk of {n_wrong} of {len(values)} carriers is no positive number: leave out who"
            " carries none."
        )


def _numbered(*columns: pa.ChunkedArray) -> tuple[pa.Array, list[Ints]]:
    """Give the distinct values of columns of one type, and the place of each value among them."""
    chunks = [chunk for column in columns for chunk in column.chunks]
    encoded = pa.chunked_array(chunks, columns[0].type).dictionary_encode()
    # The dictionary of the last chunk holds those of all before it.
    values = encoded.chunks[-1].dictionary if encoded.chunks else pa.array([], columns[0].type)
    indices = [np.asarray(chunk.indices, np.int64) for chunk in encoded.chunks]
    numbers = np.concatenate([np.empty(0, np.int64), *indices])
    return values, np.split(numbers, np.cumsum([len(column) for column in columns])[:-1])


def _adjacency(left: Ints, right: Ints, n_persons: int) -> tuple[Ints, Ints32]:
    """Give where the neighbours of each person start, one place more, and the neighbours."""
    apart = left != right
    left, right = left[apart], right[apart]
    ends = np.concatenate([left << 32 | right, right << 32 | left])
    ends.sort()
    is_new = np.ones(len(ends), bool)
    np.not_equal(ends[1:], ends[:-1], out=is_new[1:])
    ends = ends[is_new]
    starts = np.zeros(n_persons + 1, np.int64)
    np.cumsum(np.bincount(ends >> 32, minlength=n_persons), out=starts[1:])
    return starts, ends.astype(np.int32)


def _reached(
    starts: Ints, neighbours: Ints32, is_hub: Bools, carrier: Ints, risk: Floats, hops: int
) -> tuple[Ints32, Floats]:
    """Count, per hop and person, the carriers first reached at that hop, and sum their risks."""
    n_near = np.zeros((hops, len(is_hub)), np.int32)
    risk_near = np.zeros((hops, len(is_hub)))
    for begin in range(0, len(carrier), _BATCH):
        batch = slice(begin, begin + _BATCH)
        sums = _sums(risk[batch])
        waves = _waves(starts, neighbours, is_hub, carrier[batch])
        for hop, (persons, mask) in zip(range(hops), waves, strict=False):
            n_near[hop, persons] += np.bitwise_count(mask)
            risk_near[hop, persons] += _sum_of(sums, mask)
    return n_near, risk_near


def _waves(
    starts: Ints, neighbours: Ints32, is_hub: Bools, carrier: Ints
) -> Iterator[tuple[Ints, Masks]]:
    """Give, hop by hop, the persons whom carriers reach first at that hop, and which carriers.

    Args:
        starts: As `_adjacency` gives it.
        neighbours: Likewise.
        is_hub: Per person, whether no path leads on through the person.
        carrier: Persons who are carriers; 64 at most.

    Yields:
        Persons, and of each a mask with a bit for each of the carriers.
    """
    persons = carrier
    mask = np.uint64(1) << np.arange(len(carrier), dtype=np.uint64)
    # Nobody is near themselves.
    seen = np.zeros(len(is_hub), np.uint64)
    seen[persons] = mask
    met = np.zeros(len(is_hub), np.uint64)
    while True:
        n_neighbours = starts[persons + 1] - starts[persons]
        ends = np.cumsum(n_neighbours)
        n_steps = int(ends[-1]) if len(ends) else 0
        first = np.repeat(starts[persons] - (ends - n_neighbours), n_neighbours)
        np.bitwise_or.at(met, neighbours[first + np.arange(n_steps)], np.repeat(mask, n_neighbours))
        persons = np.flatnonzero(met)
        mask = met[persons] & ~seen[persons]
        met[persons] = 0
        persons, mask = persons[mask != 0], mask[mask != 0]
        seen[persons] |= mask
        yield persons, mask
        leads_on = ~is_hub[persons]
        persons, mask = persons[leads_on], mask[leads_on]


def _sums(risk: Floats) -> Floats:
    """Give the sum of risks of each set of eight, as 256 sums for each byte of a mask."""
    of_byte = np.zeros(_BATCH)
    of_byte[: len(risk)] = risk
    bits = np.arange(256)[:, None] >> np.arange(8) & 1
    return np.stack([(bits * eight).sum(axis=1) for eight in of_byte.reshape(8, 8)])


def _sum_of(sums: Floats, mask: Masks) -> Floats:
    """Sum the risks of the carriers in each mask."""
    total = np.zeros(len(mask))
    for place, of_byte in enumerate(sums):
        total += of_byte[(mask >> np.uint64(8 * place)).astype(np.uint8)]
    return total


def _told(
    persons: pa.Array, n_near: Ints32, risk_near: Floats, is_hub: Bools, decay: float
) -> pa.Table:
    hops = len(n_near)
    reached = np.flatnonzero(n_near.any(axis=0))
    ids = persons.take(pa.array(reached))
    order = pc.sort_indices(ids)
    reached = reached[np.asarray(order)]
    counts, risks = n_near[:, reached], risk_near[:, reached]
    weights = decay ** np.arange(hops)
    return pa.table(
        {
            "person_id": ids.take(order),
            **{f"n_carriers_{hop + 1}": counts[hop] for hop in range(hops)},
            "n_carriers": counts.sum(axis=0, dtype=np.int32),
            **{f"risk_{hop + 1}": risks[hop] for hop in range(hops)},
            "risk": risks.sum(axis=0),
            "nearest_hops": (counts > 0).argmax(axis=0).astype(np.int32) + 1,
            "proximity": (risks * weights[:, None]).sum(axis=0),
            "is_hub": pa.array(is_hub[reached]),
        }
    )
