"""What clustering joins, and what it must never join."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from think_family.identity.clustering import NEVER, Constraints, cluster

NONE = np.empty(0, np.int64)


def ints(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def clusters(
    n_nodes: int, links: list[tuple[int, int, float]], constraints: Constraints | None = None
) -> list[int]:
    left, right, weight = (
        (np.array(column) for column in zip(*links, strict=True)) if links else (NONE, NONE, NONE)
    )
    found = cluster(
        n_nodes,
        left.astype(np.int64),
        right.astype(np.int64),
        weight.astype(np.float64),
        constraints or Constraints(),
    )
    return found.tolist()


def test_linked_nodes_come_together_and_are_named_by_the_smallest() -> None:
    assert clusters(5, [(3, 1, 9.0), (3, 4, 7.0)]) == [0, 1, 2, 1, 1]


def test_nothing_is_joined_without_links() -> None:
    assert clusters(3, []) == [0, 1, 2]


def test_two_nhs_numbers_are_two_persons_and_the_surer_link_wins() -> None:
    two_numbers = Constraints(identifiers=[(ints(0, 2), ints(7, 8))])
    assert clusters(3, [(0, 1, 5.0), (1, 2, 9.0)], two_numbers) == [0, 1, 1]


def test_a_corrected_nhs_number_bridges_the_two() -> None:
    # Node 1 has held both numbers: one of them was a mistake.
    corrected = Constraints(identifiers=[(ints(0, 1, 1, 2), ints(7, 7, 8, 8))])
    assert clusters(3, [(0, 1, 9.0), (1, 2, 8.0)], corrected) == [0, 0, 0]


def test_a_node_without_a_number_joins_either() -> None:
    one_number = Constraints(identifiers=[(ints(0), ints(7))])
    assert clusters(2, [(0, 1, 5.0)], one_number) == [0, 0]


def test_nodes_kept_apart_do_not_meet_by_way_of_a_third() -> None:
    twins = Constraints(apart=(ints(0), ints(2)))
    assert clusters(3, [(0, 1, 5.0), (1, 2, 6.0)], twins) == [0, 1, 1]


def test_a_life_after_an_adoption_order_is_not_joined_to_the_one_before() -> None:
    # 0: closed by adoption on day 100. 1: known since day 50. 2: first known on day 130.
    adoption = Constraints(adoption_day=ints(100, NEVER, NEVER), first_day=ints(10, 50, 130))
    assert clusters(3, [(0, 1, 9.0), (1, 2, 8.0)], adoption) == [0, 0, 2]
    assert clusters(3, [(1, 2, 9.0), (0, 1, 8.0)], adoption) == [0, 1, 1]


def test_a_late_record_of_the_earlier_life_joins_neither_life() -> None:
    # 2 bears the name of the closed record 0, but was first held after the order; 1: the new life.
    adoption = Constraints(adoption_day=ints(100, NEVER, NEVER), first_day=ints(10, 130, 150))
    assert clusters(3, [(0, 2, 9.0), (1, 2, 5.0)], adoption) == [0, 1, 2]
    # The new life itself is only weakly like the closed record, and stays together.
    assert clusters(3, [(0, 1, 4.0), (0, 2, 4.5), (1, 2, 9.0)], adoption) == [0, 1, 1]


def test_ties_go_by_node_number_whatever_the_order_of_links() -> None:
    twins = Constraints(apart=(ints(0), ints(2)))
    links = [(0, 1, 5.0), (1, 2, 5.0)]
    assert clusters(3, links, twins) == clusters(3, links[::-1], twins) == [0, 0, 2]


@st.composite
def problems(draw: st.DrawFn) -> tuple[int, list[tuple[int, int, float]], Constraints]:
    n_nodes = draw(st.integers(1, 12))
    node = st.integers(0, n_nodes - 1)
    links = draw(st.lists(st.tuples(node, node, st.sampled_from([1.0, 2.0, 3.0])), max_size=30))
    held = draw(st.lists(st.tuples(node, st.integers(0, 3)), max_size=8))
    apart = [pair for pair in draw(st.lists(st.tuples(node, node), max_size=6)) if len({*pair}) > 1]
    days = st.integers(0, 5)
    orders = draw(st.lists(st.one_of(st.just(NEVER), days), min_size=n_nodes, max_size=n_nodes))
    first = draw(st.lists(days, min_size=n_nodes, max_size=n_nodes))
    first = [min(day, order) for day, order in zip(first, orders, strict=True)]
    return (
        n_nodes,
        links,
        Constraints(
            identifiers=[(ints(*(n for n, _ in held)), ints(*(code for _, code in held)))],
            apart=(ints(*(a for a, _ in apart)), ints(*(b for _, b in apart))),
            adoption_day=ints(*orders),
            first_day=ints(*first),
        ),
    )


@given(problems())
def test_no_constraint_is_ever_broken(
    problem: tuple[int, list[tuple[int, int, float]], Constraints],
) -> None:
    n_nodes, links, constraints = problem
    found = clusters(n_nodes, links, constraints)
    assert all(found[a] != found[b] for a, b in zip(*constraints.apart, strict=True))
    assert constraints.adoption_day is not None
    assert constraints.first_day is not None
    nodes, codes = constraints.identifiers[0]
    codes_of: dict[int, set[int]] = {}
    for node, code in zip(nodes.tolist(), codes.tolist(), strict=True):
        codes_of.setdefault(node, set()).add(code)
    for name in set(found):
        members = [node for node in range(n_nodes) if found[node] == name]
        assert name == min(members)
        earliest_order = min(int(constraints.adoption_day[node]) for node in members)
        assert all(int(constraints.first_day[node]) <= earliest_order for node in members)
        # The holders of codes in a cluster hang together by codes that they share.
        holders = [codes_of[node] for node in members if node in codes_of]
        reached = set(holders[0]) if holders else set()
        for _ in holders:
            for held in holders:
                if not held.isdisjoint(reached):
                    reached |= held
        assert all(held <= reached for held in holders)


@given(problems(), st.randoms(use_true_random=False))
def test_clusters_do_not_depend_on_the_order_of_links(
    problem: tuple[int, list[tuple[int, int, float]], Constraints], random: object
) -> None:
    n_nodes, links, constraints = problem
    shuffled = [(b, a, weight) for a, b, weight in links]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert clusters(n_nodes, links, constraints) == clusters(n_nodes, shuffled, constraints)


@given(problems())
def test_clusters_lie_within_connected_components(
    problem: tuple[int, list[tuple[int, int, float]], Constraints],
) -> None:
    n_nodes, links, constraints = problem
    free = clusters(n_nodes, links)
    bound = clusters(n_nodes, links, constraints)
    assert all(free[node] == free[bound[node]] for node in range(n_nodes))
