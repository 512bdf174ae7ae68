"""Who is near whom that carries a risk, on a day."""

from __future__ import annotations

from datetime import date, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from think_family.network.carried import spread_as_of

DAY = date(2024, 1, 10)
BEFORE, AFTER = DAY - timedelta(days=1), DAY + timedelta(days=1)

Tie = tuple[str, str, str, date, date | None]
Carrier = tuple[str, date, str, float, float | None]
Wanted = tuple[str, date]
Near = dict[tuple[str, date, str, str, str], tuple[int, float, int, float]]


def table(rows: list[tuple[object, ...]], **columns: pa.DataType) -> pa.Table:
    values = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    return pa.table(
        {
            name: pa.array(list(column), kind)
            for (name, kind), column in zip(columns.items(), values, strict=True)
        }
    )


def spread(
    ties: list[Tie], carriers: list[Carrier], wanted: list[Wanted], **options: float
) -> Near:
    text, day, number = pa.string(), pa.date32(), pa.float64()
    told = spread_as_of(
        table(ties, person_id_l=text, person_id_r=text, tie=text, linked_on=day, ended_on=day),
        table(
            carriers, person_id=text, as_of_date=day, harm=text, risk=number, risk_no_proxies=number
        ),
        table(wanted, person_id=text, as_of_date=day),
        **options,
    )
    keys = ("person_id", "as_of_date", "harm", "scope", "basis")
    measures = ("n_carriers", "risk", "nearest_hops", "proximity")
    rows = told.to_pylist()
    assert rows == sorted(rows, key=lambda row: [row[key] for key in keys])
    return {
        tuple(row[key] for key in keys): tuple(row[measure] for measure in measures) for row in rows
    }


def friends(*pairs: tuple[str, str]) -> list[Tie]:
    return [(left, right, "shared_incidents", BEFORE, None) for left, right in pairs]


def test_a_risk_is_halved_with_each_step_beyond_the_first() -> None:
    ties = friends(("a", "b"), ("b", "c"), ("c", "d"), ("d", "e"))
    near = spread(ties, [("a", DAY, "cse", 8, None)], [(p, DAY) for p in "abcde"])
    assert near == {
        (person, DAY, "cse", scope, "all"): (1, 8, hops, proximity)
        for person, hops, proximity in (("b", 1, 8), ("c", 2, 4), ("d", 3, 2))
        for scope in ("all", "no_family")
    }


@pytest.mark.parametrize(
    ("linked_on", "ended_on", "counts"),
    [
        (DAY, None, True),
        (AFTER, None, False),
        (BEFORE, AFTER, True),
        (BEFORE, DAY, False),
    ],
)
def test_only_ties_of_the_day_lead_on(linked_on: date, ended_on: date | None, counts: bool) -> None:
    ties: list[Tie] = [("a", "b", "shared_incidents", linked_on, ended_on)]
    near = spread(ties, [("a", DAY, "cse", 8, 8)], [("b", DAY)])
    assert bool(near) == counts


@pytest.mark.parametrize("tie", ["family", "household"])
def test_without_family_a_pair_of_one_home_is_none_whatever_else_ties_it(tie: str) -> None:
    ties = [*friends(("a", "b")), ("b", "a", tie, BEFORE, None)]
    near = spread(ties, [("a", DAY, "cse", 8, None)], [("b", DAY)])
    assert {scope for _, _, _, scope, _ in near} == {"all"}


def test_who_has_left_the_family_is_one_no_more() -> None:
    ties = [*friends(("a", "b")), ("a", "b", "family", BEFORE, DAY)]
    near = spread(ties, [("a", DAY, "cse", 8, None)], [("b", DAY)])
    assert {scope for _, _, _, scope, _ in near} == {"all", "no_family"}


def test_each_harm_and_basis_is_told_by_itself() -> None:
    carriers: list[Carrier] = [
        ("a", DAY, "cse", 8, 5),
        ("a", DAY, "serious_violence", 3, None),
        ("a", BEFORE, "cse", 99, 99),
    ]
    near = spread(friends(("a", "b")), carriers, [("b", DAY)])
    assert {(harm, basis): risk for (_, _, harm, scope, basis), (_, risk, _, _) in near.items()
            if scope == "all"} == {
        ("cse", "all"): 8, ("cse", "no_proxies"): 5, ("serious_violence", "all"): 3,
    }  # fmt: skip


def test_a_hub_is_one_by_all_its_ties_whoever_is_wanted() -> None:
    ties = friends(("a", "hub"), ("hub", "b"), ("hub", "c"), ("c", "d"))
    carriers: list[Carrier] = [("a", DAY, "cse", 8, None)]
    assert spread(ties, carriers, [("b", DAY)], largest_hub=2, hops=2) == {}
    assert len(spread(ties, carriers, [("b", DAY)], largest_hub=3, hops=2)) == 2


def test_nothing_gives_nothing() -> None:
    assert spread([], [], []) == {}
    assert spread(friends(("a", "b")), [], [("a", DAY)]) == {}
    assert spread([], [("a", DAY, "cse", 8, None)], [("a", DAY)]) == {}


# ---- Beside a slow reading --------------------------------------------------------------------

PEOPLE = st.sampled_from("abcdefgh")
DAYS = st.sampled_from([BEFORE, DAY, AFTER])
TIES = st.tuples(
    PEOPLE, PEOPLE, st.sampled_from(["family", "household", "shared_incidents", "opposite_sides"]),
    DAYS, st.none() | DAYS,
).filter(lambda tie: tie[0] != tie[1])  # fmt: skip
POINTS = st.sampled_from([5.0, 6.25, 8.5])
CARRIERS = st.tuples(PEOPLE, DAYS, st.sampled_from(["cse", "x"]), POINTS, st.none() | POINTS)


def slowly(
    ties: list[Tie], carriers: list[Carrier], wanted: list[Wanted], largest_hub: int
) -> Near:
    """What the definition says, person by person."""
    near: Near = {}
    for person, day in wanted:
        of_day = [t for t in ties if t[3] <= day and (t[4] is None or t[4] > day)]
        at_home = {frozenset(t[:2]) for t in of_day if t[2] in ("family", "household")}
        pairs = {frozenset(t[:2]) for t in of_day}
        for scope, edges in (("all", pairs), ("no_family", pairs - at_home)):
            hops = steps_from(person, edges, largest_hub)
            for column, basis in ((3, "all"), (4, "no_proxies")):
                for harm in {carrier[2] for carrier in carriers}:
                    carried = {
                        carrier[0]: carrier[column]
                        for carrier in carriers
                        if carrier[1:3] == (day, harm) and carrier[column]
                    }
                    found = [(hops[who], points) for who, points in carried.items() if who in hops]
                    if found:
                        near[person, day, harm, scope, basis] = (
                            len(found),
                            sum(points for _, points in found),
                            min(hop for hop, _ in found),
                            sum(points * 0.5 ** (hop - 1) for hop, points in found),
                        )
    return near


def steps_from(person: str, edges: set[frozenset[str]], largest_hub: int) -> dict[str, int]:
    """Steps to everybody within three, no path leading through a hub."""
    steps: dict[str, int] = {}
    edge_of = {person}
    for hop in (1, 2, 3):
        reached = {
            other
            for one in edge_of
            for edge in edges
            if one in edge
            for other in edge - {one}
            if other != person and other not in steps
        }
        steps |= dict.fromkeys(reached, hop)
        edge_of = {one for one in reached if sum(one in edge for edge in edges) <= largest_hub}
    return steps


@given(
    st.lists(TIES, max_size=14),
    st.lists(CARRIERS, max_size=8, unique_by=lambda carrier: carrier[:3]),
    st.lists(st.tuples(PEOPLE, DAYS), max_size=6, unique=True),
    st.integers(1, 4),
)
def test_it_is_what_the_definition_says_whoever_else_is_wanted(
    ties: list[Tie], carriers: list[Carrier], wanted: list[Wanted], largest_hub: int
) -> None:
    near = spread(ties, carriers, wanted, largest_hub=largest_hub)
    assert near == slowly(ties, carriers, wanted, largest_hub)
