"""Who is near whom that carries a risk, as of many days."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from think_family.network.spread import DECAY, HOPS, LARGEST_HUB, spread_risk

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

#: Ties of people who live or belong together, left out of the network without family.
FAMILY_TIES = ("family", "household")

#: Of what the points of a carrier are the sum: column of the carriers by name of the basis.
BASES = {"all": "risk", "no_proxies": "risk_no_proxies"}

_NEVER = np.iinfo(np.int64).max

_RESULT = pa.schema(
    [
        ("person_id", pa.string()),
        ("as_of_date", pa.date32()),
        ("harm", pa.string()),
        ("scope", pa.string()),
        ("basis", pa.string()),
        ("n_carriers", pa.int32()),
        ("risk", pa.float64()),
        ("nearest_hops", pa.int32()),
        ("proximity", pa.float64()),
        ("is_hub", pa.bool_()),
    ]
)


def spread_as_of(
    ties: pa.Table,
    carriers: pa.Table,
    wanted: pa.Table,
    *,
    hops: int = HOPS,
    decay: float = DECAY,
    largest_hub: int = LARGEST_HUB,
) -> pa.Table:
    """Tell of persons and days which carriers of a risk were near on the day, and how near.

    The network of a day is the ties that were known and had not ended by it. Without family it is
    the pairs whom no tie of family or household holds together on the day, whatever else does.
    Of a day the search goes no further than the persons wanted as of it reach, so that the cost of
    a day of few persons is small, and a person's row is the same whoever else is wanted.

    Args:
        ties: One row per tie and time of it: person_id_l and person_id_r (text, without nulls),
            tie (text), linked_on (date) and ended_on (date; null while it lasts).
        carriers: One row per person, day and harm: person_id, as_of_date, harm (text), risk and
            risk_no_proxies (points, to the hundredth; null or 0 where the person carries none on
            that basis).
        wanted: person_id and as_of_date, each pair once.
        hops: As in `spread_risk`.
        decay: Likewise.
        largest_hub: Likewise; ties count once for a pair.

    Returns:
        One row per person wanted, day, harm, scope (all, or no_family) and basis (all, or
        no_proxies) with a carrier near, in that order: n_carriers, risk (the sum of their points),
        nearest_hops, proximity and is_hub as `spread_risk` gives them.

    Raises:
        ThinkFamilyError: as of `spread_risk`.
    """
    persons, numbers = _numbered(
        ties["person_id_l"], ties["person_id_r"], carriers["person_id"], wanted["person_id"]
    )
    left, right, carrier, person = numbers
    linked_on = _days(ties["linked_on"])
    ended_on = _days(ties["ended_on"])
    is_family = np.asarray(pc.is_in(ties["tie"], pa.array(FAMILY_TIES)))
    carried_on, wanted_on = _days(carriers["as_of_date"]), _days(wanted["as_of_date"])
    # Whole hundredths, of which sums are exact: no order of persons makes a difference.
    points = {
        column: np.rint(carriers[column].fill_null(0).to_numpy() * 100) for column in BASES.values()
    }
    harms = {
        harm: np.asarray(pc.equal(carriers["harm"], harm))
        for harm in sorted(pc.unique(carriers["harm"]).to_pylist())
    }
    told = [_RESULT.empty_table()]
    for day in np.unique(wanted_on):
        of_day = (linked_on <= day) & (ended_on > day)
        is_wanted = np.zeros(len(persons), bool)
        is_wanted[person[wanted_on == day]] = True
        is_near = _within(left[of_day], right[of_day], is_wanted, hops)
        of_day &= is_near[left] & is_near[right]
        of_carriers = (carried_on == day) & is_near[carrier]
        networks = _networks(left[of_day], right[of_day], is_family[of_day])
        for harm, is_of_harm in harms.items():
            of_harm = of_carriers & is_of_harm
            for scope, network in networks.items():
                for basis, column in BASES.items():
                    carry = of_harm & (points[column] > 0)
                    near = spread_risk(
                        network,
                        {"person_id": carrier[carry], "risk": points[column][carry]},
                        hops=hops,
                        decay=decay,
                        largest_hub=largest_hub,
                    )
                    near = near.filter(pa.array(is_wanted[near["person_id"].to_numpy()]))
                    told.append(_told(near, persons, int(day), harm, scope, basis))
    return pa.concat_tables(told).sort_by(
        [(name, "ascending") for name in ("person_id", "as_of_date", "harm", "scope", "basis")]
    )


def _numbered(*columns: pa.ChunkedArray) -> tuple[pa.Array, list[Ints]]:
    """Give the distinct values of columns in their order, and the place of each value in it."""
    values = pa.chunked_array([chunk for column in columns for chunk in column.chunks], pa.string())
    distinct = pc.unique(values)
    distinct = distinct.take(pc.sort_indices(distinct))
    places = pc.index_in(values, distinct).to_numpy().astype(np.int64)
    return distinct, np.split(places, np.cumsum([len(column) for column in columns])[:-1])


def _days(dates: pa.ChunkedArray) -> Ints:
    """Days since 1970; a day that never comes where there is none."""
    days: Ints = (
        dates.cast(pa.date32()).cast(pa.int32()).cast(pa.int64()).fill_null(_NEVER).to_numpy()
    )
    return days


def _within(left: Ints, right: Ints, start: Bools, hops: int) -> Bools:
    """Tell who is at most so many steps from a start, hubs or none between."""
    near = start.copy()
    for _ in range(hops):
        if near.all():
            break
        reached = near.copy()
        reached[right[near[left]]] = True
        reached[left[near[right]]] = True
        near = reached
    return near


def _networks(left: Ints, right: Ints, is_family: Bools) -> dict[str, dict[str, Ints]]:
    """Give the pairs of the day, and those of them whom no family or household holds."""
    pair = np.minimum(left, right) << 32 | np.maximum(left, right)
    outside = ~np.isin(pair, pair[is_family])
    return {
        "all": {"person_id_l": left, "person_id_r": right},
        "no_family": {"person_id_l": left[outside], "person_id_r": right[outside]},
    }


def _told(near: Any, persons: pa.Array, day: int, harm: str, scope: str, basis: str) -> pa.Table:
    n_rows = len(near)

    def same(value: str) -> pa.Array:
        return pa.repeat(pa.scalar(value), n_rows)

    return pa.table(
        [
            persons.take(near["person_id"].combine_chunks()),
            pa.repeat(pa.scalar(day, pa.int32()), n_rows).cast(pa.date32()),
            same(harm),
            same(scope),
            same(basis),
            near["n_carriers"],
            pc.divide(near["risk"], 100.0),
            near["nearest_hops"],
            pc.divide(near["proximity"], 100.0),
            near["is_hub"],
        ],
        schema=_RESULT,
    )
