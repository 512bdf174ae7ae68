"""Gather linked records into persons, without joining what must stay apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Constraints:
    """What must not come together in one cluster. Nodes are numbered from 0.

    Attributes:
        identifiers: For each kind of identifier of which a person has only one (NHS number, UPN),
            two arrays of one length: node and code of the identifier that the node holds. Two
            groups that both hold codes of a kind, and none in common, stay apart.
        apart: Two arrays of one length, left and right: nodes that stay apart.
        adoption_day: Per node, the day on which its record was closed by adoption; `NEVER` if not.
        first_day: Per node, the day on which its source first held it. A group with a record
            closed by adoption takes in nothing that a source first held after that day: that
            would be the child's life after the order. What is refused for this reason follows no
            lighter link either: a late record of the earlier life must not carry its name over
            into the later one. `-NEVER` where unknown, and for a record that an order closed.
    """

    identifiers: Sequence[tuple[Ints, Ints]] = ()
    apart: tuple[Ints, Ints] = field(
        default_factory=lambda: (np.empty(0, np.int64), np.empty(0, np.int64))
    )
    adoption_day: Ints | None = None
    first_day: Ints | None = None


def _labels(n_nodes: int, left: Ints, right: Ints) -> Ints:
    graph = coo_array((np.ones(len(left), np.int8), (left, right)), shape=(n_nodes, n_nodes))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def _has_several_codes(labels: Ints, nodes: Ints, codes: Ints) -> Ints:
    """Find the labels under which more than one code occurs."""
    pairs = np.unique(np.stack([labels[nodes], codes], axis=1), axis=0)
    found, counts = np.unique(pairs[:, 0], return_counts=True)
    return np.asarray(found[counts > 1], dtype=np.int64)


def violating_labels(labels: Ints, constraints: Constraints) -> Ints:
    """Find the labels whose nodes may break a constraint (every broken one is among them)."""
    suspects = [
        _has_several_codes(labels, nodes, codes) for nodes, codes in constraints.identifiers
    ]
    left, right = constraints.apart
    suspects.append(labels[left][labels[left] == labels[right]])
    if constraints.adoption_day is not None and constraints.first_day is not None:
        n_labels = int(labels.max()) + 1 if len(labels) else 0
        earliest_order = np.full(n_labels, NEVER, np.int64)
        np.minimum.at(earliest_order, labels, constraints.adoption_day)
        latest_first = np.full(n_labels, -NEVER, np.int64)
        np.maximum.at(latest_first, labels, constraints.first_day)
        suspects.append(np.flatnonzero(latest_first > earliest_order))
    return np.unique(np.concatenate(suspects)) if suspects else np.empty(0, np.int64)


def cluster(
    n_nodes: int, left: Ints, right: Ints, weight: Floats, constraints: Constraints
) -> Ints:
    """Find connected components of the links, cut where a constraint forbids a merge.

    Components that break no constraint are taken as they are. In the others, links are followed
    from the heaviest to the lightest, and a link is refused when the two groups that it would join
    may not come together. Ties go by node number, so that the order of links does not matter.

    Args:
        n_nodes: Number of nodes.
        left: Left nodes of the links.
        right: Right nodes of the links.
        weight: Weights of the links; larger is surer.
        constraints: What must stay apart.

    Returns:
        Per node, the smallest node of its cluster.
    """
    labels = _labels(n_nodes, left, right)
    suspects = violating_labels(labels, constraints)
    suspect_nodes = np.isin(labels, suspects)
    smallest = np.full(int(labels.max()) + 1 if n_nodes else 0, n_nodes, np.int64)
    np.minimum.at(smallest, labels, np.arange(n_nodes))
    clusters = smallest[labels]
    if len(suspects):
        of_suspects = suspect_nodes[left]
        clusters[suspect_nodes] = _follow_links(
            np.flatnonzero(suspect_nodes),
            left[of_suspects],
            right[of_suspects],
            weight[of_suspects],
            constraints,
        )
    return clusters


class _Groups:
    """Disjoint sets of nodes with what each holds."""

    def __init__(self, nodes: Ints, constraints: Constraints) -> None:
        self.parent = {node: node for node in nodes.tolist()}
        self.members = {node: [node] for node in self.parent}
        self.codes: list[dict[int, set[int]]] = []
        for holders, codes in constraints.identifiers:
            held: dict[int, set[int]] = {}
            here = np.isin(holders, nodes)
            for node, code in zip(holders[here].tolist(), codes[here].tolist(), strict=True):
                held.setdefault(node, set()).add(code)
            self.codes.append(held)
        self.apart: dict[int, set[int]] = {}
        left, right = constraints.apart
        here = np.isin(left, nodes) & np.isin(right, nodes)
        for a, b in zip(left[here].tolist(), right[here].tolist(), strict=True):
            self.apart.setdefault(a, set()).add(b)
            self.apart.setdefault(b, set()).add(a)
        self.order: dict[int, int] = {}
        self.first: dict[int, int] = {}
        self.refused_by_order: dict[int, float] = {}
        if constraints.adoption_day is not None and constraints.first_day is not None:
            self.order = dict(
                zip(nodes.tolist(), constraints.adoption_day[nodes].tolist(), strict=True)
            )
            self.first = dict(
                zip(nodes.tolist(), constraints.first_day[nodes].tolist(), strict=True)
            )

    def find(self, node: int) -> int:
        while self.parent[node] != node:
            self.parent[node] = self.parent[self.parent[node]]
            node = self.parent[node]
        return node

    def may_join(self, a: int, b: int) -> bool:
        """Whether two groups, each given by its root, may come together."""
        for held in self.codes:
            codes_a, codes_b = held.get(a), held.get(b)
            if codes_a and codes_b and codes_a.isdisjoint(codes_b):
                return False
        small, large = (a, b) if len(self.members[a]) <= len(self.members[b]) else (b, a)
        return not any(
            self.find(other) == large
            for node in self.members[small]
            for other in self.apart.get(node, ())
        )

    def order_forbids(self, a: int, b: int, weight: float) -> bool:
        """Whether an adoption order lies between two groups, or already kept one from a surer link.

        Must be asked from the heaviest link to the lightest.
        """
        if not self.order:
            return False
        if self.first[b] > self.order[a] or self.first[a] > self.order[b]:
            later = b if self.first[b] > self.order[a] else a
            self.refused_by_order.setdefault(later, weight)
            return True
        return any(self.refused_by_order.get(group, weight) > weight for group in (a, b))

    def join(self, a: int, b: int) -> None:
        """Join two groups, each given by its root; the smaller node becomes the root."""
        root, other = min(a, b), max(a, b)
        self.parent[other] = root
        self.members[root] += self.members.pop(other)
        for held in self.codes:
            if other in held:
                held.setdefault(root, set()).update(held.pop(other))
        if self.order:
            self.order[root] = min(self.order[root], self.order[other])
            self.first[root] = max(self.first[root], self.first[other])
        if other in self.refused_by_order:
            refused = self.refused_by_order.pop(other)
            self.refused_by_order[root] = max(self.refused_by_order.get(root, refused), refused)


def _follow_links(
    nodes: Ints, left: Ints, right: Ints, weight: Floats, constraints: Constraints
) -> Ints:
    groups = _Groups(nodes, constraints)
    small, large = np.minimum(left, right), np.maximum(left, right)
    for at in np.lexsort((large, small, -weight)).tolist():
        a, b = groups.find(int(small[at])), groups.find(int(large[at]))
        if a == b or groups.order_forbids(a, b, float(weight[at])):
            continue
        if groups.may_join(a, b):
            groups.join(a, b)
    return np.array([groups.find(node) for node in nodes.tolist()], dtype=np.int64)
