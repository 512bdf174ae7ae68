"""Which carriers of a risk are near a person, and what they carry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import networkx as nx
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from think_family.errors import ThinkFamilyError
from think_family.network.spread import spread_risk


def links_of(*pairs: str) -> pa.Table:
    """Links in words of two letters, a letter for each person."""
    return pa.table(
        {
            "person_id_l": pa.array([pair[0] for pair in pairs], pa.string()),
            "person_id_r": pa.array([pair[1] for pair in pairs], pa.string()),
        }
    )


def carriers_of(risks: Mapping[str, float]) -> pa.Table:
    return pa.table(
        {
            "person_id": pa.array(list(risks), pa.string()),
            "risk": pa.array(list(risks.values()), pa.float64()),
        }
    )


def near(links: pa.Table, risks: Mapping[str, float], *columns: str, **settings: Any) -> Any:
    """Per person, the columns that are asked for."""
    table = spread_risk(links, carriers_of(risks), **settings)
    rows = {row["person_id"]: [row[c] for c in columns] for row in table.to_pylist()}
    assert list(rows) == sorted(rows)
    return {person: row[0] if len(row) == 1 else tuple(row) for person, row in rows.items()}


def test_a_carrier_is_as_far_away_as_the_shortest_path_has_links() -> None:
    chain = links_of("ab", "bc", "cd", "de", "bd")
    assert near(chain, {"a": 1.0}, "nearest_hops") == {"b": 1, "c": 2, "d": 2, "e": 3}
    assert near(chain, {"a": 1.0}, "nearest_hops", hops=2) == {"b": 1, "c": 2, "d": 2}


def test_nobody_is_near_themselves() -> None:
    ring = links_of("ab", "bc", "ca", "aa")
    assert near(ring, {"a": 1.0}, "n_carriers") == {"b": 1, "c": 1}
    assert near(ring, {"a": 2.0, "b": 5.0}, "n_carriers", "risk") == {
        "a": (1, 5.0),
        "b": (1, 2.0),
        "c": (2, 7.0),
    }


def test_carriers_and_their_risks_are_told_by_hop_and_together() -> None:
    chain = links_of("ab", "bc", "cd")
    assert spread_risk(chain, carriers_of({"b": 1.0, "c": 2.0, "d": 4.0})).to_pylist()[0] == {
        "person_id": "a",
        "n_carriers_1": 1,
        "n_carriers_2": 1,
        "n_carriers_3": 1,
        "n_carriers": 3,
        "risk_1": 1.0,
        "risk_2": 2.0,
        "risk_3": 4.0,
        "risk": 7.0,
        "nearest_hops": 1,
        "proximity": 1.0 + 2.0 / 2 + 4.0 / 4,
        "is_hub": False,
    }


def test_a_risk_decays_with_every_further_step() -> None:
    chain = links_of("ab", "bc", "cd")
    assert near(chain, {"a": 8.0}, "proximity") == {"b": 8.0, "c": 4.0, "d": 2.0}
    assert near(chain, {"a": 8.0}, "proximity", decay=1) == {"b": 8.0, "c": 8.0, "d": 8.0}


def test_a_hub_is_reached_and_no_path_leads_on_through_it() -> None:
    star = links_of("ab", "bc", "bd", "be", "ax", "xe")
    assert near(star, {"a": 1.0}, "nearest_hops", "is_hub", largest_hub=3) == {
        "b": (1, True),
        "x": (1, False),
        "e": (2, False),
    }
    assert set(near(star, {"a": 1.0}, "n_carriers", largest_hub=4)) == set("bcdex")


def test_what_a_hub_carries_reaches_its_neighbours_and_theirs() -> None:
    star = links_of("ba", "bc", "bd", "ax")
    assert near(star, {"b": 1.0}, "nearest_hops", largest_hub=1) == {"a": 1, "c": 1, "d": 1}
    assert near(star, {"b": 1.0}, "nearest_hops", largest_hub=2)["x"] == 2


def test_links_may_repeat_in_either_order_and_one_with_oneself_is_none() -> None:
    assert near(links_of("ab", "bb"), {"a": 1.0}, "is_hub", largest_hub=1) == {"b": False}
    assert near(links_of("ab", "ba", "ab"), {"a": 1.0}, "n_carriers", "is_hub", largest_hub=1) == {
        "b": (1, False)
    }


def test_who_is_not_in_the_network_is_near_nobody() -> None:
    assert near(links_of("ab"), {"z": 1.0}, "n_carriers") == {}
    empty = spread_risk(links_of(), carriers_of({}))
    assert empty.num_rows == 0
    assert empty.schema == spread_risk(links_of("ab"), carriers_of({"a": 1.0})).schema


def test_arrays_of_numpy_are_as_good_as_tables() -> None:
    links = {"person_id_l": np.array([10, 9]), "person_id_r": np.array([9, 8])}
    found = spread_risk(links, {"person_id": np.array([10], np.int32), "risk": np.array([3])})
    assert found.select(["person_id", "risk"]).to_pydict() == {
        "person_id": [8, 9],
        "risk": [3.0, 3.0],
    }


PLENTY = 150  # More carriers than three batches hold.


def test_more_carriers_than_a_batch_holds_are_all_counted() -> None:
    names = [f"p{number:03}" for number in range(PLENTY)]
    links = pa.table({"person_id_l": ["hub"] * PLENTY, "person_id_r": names})
    risks = {name: float(2**-number) for number, name in enumerate(names)}
    found = near(links, risks, "n_carriers", "n_carriers_2", "risk", largest_hub=PLENTY)
    assert found["hub"] == (PLENTY, 0, pytest.approx(sum(risks.values()), 1e-15))
    assert found["p000"][:2] == (PLENTY - 1, PLENTY - 1)


@pytest.mark.parametrize(
    ("links", "carriers", "arguments", "message"),
    [
        (links_of("ab"), {"a": 0.0}, {}, "risk of 1 of 1 carriers is no positive number"),
        (links_of("ab"), {"a": float("inf")}, {}, "no positive number"),
        (links_of("ab"), {"a": float("nan")}, {}, "no positive number"),
        (links_of("ab"), {"a": 1.0}, {"hops": 0}, "must be 1 or more"),
        (links_of("ab"), {"a": 1.0}, {"largest_hub": 0}, "must be 1 or more"),
        (links_of("ab"), {"a": 1.0}, {"decay": 0.0}, "decay above 0"),
        (links_of("ab"), {"a": 1.0}, {"decay": 1.5}, "decay above 0"),
        (links_of("ab").drop_columns("person_id_r"), {"a": 1.0}, {}, "person_id_r of the links"),
        (pa.table({"person_id_l": ["a"], "person_id_r": pa.nulls(1, pa.string())}), {"a": 1.0}, {},
         "1 of 1 values of person_id_r of the links are missing"),
        (pa.table({"person_id_l": [1], "person_id_r": [2]}), {"a": 1.0}, {},
         "person_id of the carriers is of another type"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(
    links: pa.Table, carriers: dict[str, float], arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ThinkFamilyError, match=message):
        spread_risk(links, carriers_of(carriers), **arguments)


def test_a_carrier_given_twice_is_told() -> None:
    twice = pa.table({"person_id": ["a", "a", "b"], "risk": [1.0, 2.0, 3.0]})
    with pytest.raises(ThinkFamilyError, match="1 of 3 carriers are given more than once"):
        spread_risk(links_of("ab"), twice)


def reference(
    links: list[tuple[int, int]], risks: dict[int, float], hops: int, largest_hub: int
) -> dict[int, list[dict[int, float]]]:
    """Per person and hop, the carriers first reached at that hop, by plain searches of networkx."""
    graph = nx.Graph((a, b) for a, b in links if a != b)
    hubs = {person for person, degree in graph.degree if degree > largest_hub}
    found: dict[int, list[dict[int, float]]] = {}
    for carrier, risk in risks.items():
        if carrier not in graph:
            continue
        # A path may begin at a hub and end at one, so a hub is a place that none leads out of.
        ways = nx.DiGraph()
        ways.add_nodes_from(graph)
        ways.add_edges_from(
            (a, b)
            for one, other in graph.edges
            for a, b in ((one, other), (other, one))
            if a not in hubs or a == carrier
        )
        for person, hop in nx.single_source_shortest_path_length(ways, carrier, hops).items():
            if hop:
                found.setdefault(person, [{} for _ in range(hops)])[hop - 1][carrier] = risk
    return found


@given(
    st.lists(st.tuples(st.integers(0, 24), st.integers(0, 24)), max_size=45),
    st.dictionaries(st.integers(0, 26), st.sampled_from([0.25, 1.0, 3.5, 1e6])),
    st.integers(1, 4),
    st.integers(1, 6),
)
@settings(max_examples=80, deadline=None)
def test_it_is_as_a_plain_search_from_every_carrier_says(
    links: list[tuple[int, int]], risks: dict[int, float], hops: int, largest_hub: int
) -> None:
    expected = reference(links, risks, hops, largest_hub)
    left, right = ([pair[side] for pair in links] for side in (0, 1))
    found = spread_risk(
        {"person_id_l": pa.array(left, pa.int64()), "person_id_r": pa.array(right, pa.int64())},
        {
            "person_id": pa.array(list(risks), pa.int64()),
            "risk": pa.array(list(risks.values()), pa.float64()),
        },
        hops=hops,
        largest_hub=largest_hub,
    ).to_pylist()
    assert [row["person_id"] for row in found] == sorted(expected)
    for row in found:
        of_person = expected[row["person_id"]]
        assert [row[f"n_carriers_{h + 1}"] for h in range(hops)] == [len(c) for c in of_person]
        # Sums of halves and quarters are exact in any order.
        assert [row[f"risk_{h + 1}"] for h in range(hops)] == [sum(c.values()) for c in of_person]
        assert row["n_carriers"] == sum(len(c) for c in of_person)
        assert row["risk"] == sum(sum(c.values()) for c in of_person)
        assert row["nearest_hops"] == next(h + 1 for h in range(hops) if of_person[h])
        assert row["proximity"] == sum(sum(c.values()) / 2**h for h, c in enumerate(of_person))


def random_network(seed: int) -> tuple[pa.Table, pa.Table]:
    rng = np.random.default_rng(seed)
    pairs = rng.integers(0, 3_000, (8_000, 2))
    links = pa.table({"person_id_l": pa.array(pairs[:, 0]), "person_id_r": pa.array(pairs[:, 1])})
    carriers = rng.permutation(3_000)[:300]
    return links, pa.table({"person_id": pa.array(carriers), "risk": rng.random(300) + 0.01})


def test_it_is_as_products_of_sparse_matrices_say() -> None:
    links, carriers = random_network(1)
    left, right = (np.asarray(links[c]) for c in ("person_id_l", "person_id_r"))
    both = np.concatenate([left, right]), np.concatenate([right, left])
    matrix = csr_array((np.ones(len(both[0])), both), shape=(3_000, 3_000))
    who, risk = (np.asarray(carriers[c]) for c in ("person_id", "risk"))
    wave = csr_array((np.ones(300), (who, np.arange(300))), shape=(3_000, 300)).toarray() > 0
    seen = wave.copy()
    found = spread_risk(links, carriers, largest_hub=3_000)
    reached = np.asarray(found["person_id"])
    for hop in (1, 2, 3):
        wave = (matrix @ wave > 0) & ~seen
        seen |= wave
        assert np.array_equal(np.asarray(found[f"n_carriers_{hop}"]), wave.sum(axis=1)[reached])
        np.testing.assert_allclose(np.asarray(found[f"risk_{hop}"]), (wave @ risk)[reached])


def test_the_order_of_rows_makes_no_difference() -> None:
    links, carriers = random_network(2)
    rng = np.random.default_rng(3)
    found = spread_risk(links, carriers)
    turned = links.rename_columns(["person_id_r", "person_id_l"])
    assert found.equals(
        spread_risk(
            turned.take(pa.array(rng.permutation(links.num_rows))),
            carriers.take(pa.array(rng.permutation(carriers.num_rows))),
        )
    )
