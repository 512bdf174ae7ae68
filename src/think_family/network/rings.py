"""Rings: where the people of one person's network stand around that person.

Each stands on the ring of their hops, in the wedge of the neighbour further in whom the strongest
tie leads to. So the ties that lead outwards do not cross, and only the others can.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Weights = Mapping[frozenset[str], float]

# Rounds of swapping neighbours on a ring; a round changes little after the first few.
_ROUNDS = 10

# By how much an earlier place in the order counts less than the one next to it.
_FADING = 0.5


@dataclass(frozen=True)
class Place:
    """The ring that a person stands on (0: the centre), and where: radians clockwise from above."""

    hops: int
    angle: float


def place_on_rings(hops: Mapping[str, int], weights: Weights) -> dict[str, Place]:
    """Give each person a place.

    Args:
        hops: Hops of each person from the centre, who is the one of 0 hops; ordered so that of two
            equal choices the earlier person is chosen. Whoever has hops has a tie to somebody who
            has one less.
        weights: Weight of the tie between two of these persons, for each two that have one.

    Returns:
        A place for each person, in the order of rings and clockwise on each. The same persons in
        the same order come to the same places.
    """
    rank = {person: position for position, person in enumerate(hops)}
    neighbours: dict[str, dict[str, float]] = {person: {} for person in hops}
    for pair, weight in weights.items():
        one, other = sorted(pair, key=rank.__getitem__)
        neighbours[one][other] = neighbours[other][one] = weight
    children: dict[str, list[str]] = {person: [] for person in hops}
    parent: dict[str, str] = {}
    for person in sorted(hops, key=lambda each: (hops[each], rank[each])):
        if hops[person]:
            inner = [each for each in neighbours[person] if hops[each] == hops[person] - 1]
            strongest = max(neighbours[person][each] for each in inner)
            parent[person] = min(
                (each for each in inner if neighbours[person][each] == strongest),
                key=rank.__getitem__,
            )
            children[parent[person]].append(person)
    centre = min(hops, key=hops.__getitem__)
    across = [
        (one, other)
        for one, of_one in neighbours.items()
        for other in of_one
        if rank[one] < rank[other] and parent.get(one) != other and parent.get(other) != one
    ]
    for siblings in children.values():
        siblings[:] = _side_by_side(siblings, _affinity(siblings, children, across))
    sizes = _sizes(centre, children, hops)
    angles = _angles(centre, children, sizes)
    best = _turned(angles, across)
    for _ in range(_ROUNDS):
        before = best
        for siblings in children.values():
            for left in range(len(siblings) - 1):
                siblings[left], siblings[left + 1] = siblings[left + 1], siblings[left]
                angles = _angles(centre, children, sizes)
                found = _turned(angles, across)
                # A swap must be worth it, so that rounding never decides.
                if found < best - 1e-9:
                    best = found
                else:
                    siblings[left], siblings[left + 1] = siblings[left + 1], siblings[left]
        if best == before:
            break
    angles = _angles(centre, children, sizes)
    order = sorted(hops, key=lambda each: (hops[each], angles[each]))
    return {person: Place(hops[person], angles[person]) for person in order}


def least_gaps(places: Iterable[Place]) -> dict[int, float]:
    """Give for each ring but the centre the smallest angle between two neighbours on it."""
    rings: dict[int, list[float]] = {}
    for place in places:
        if place.hops:
            rings.setdefault(place.hops, []).append(place.angle)
    gaps = {}
    for hops, angles in rings.items():
        angles.sort()
        around = [*angles[1:], angles[0] + math.tau]
        gaps[hops] = min(later - angle for angle, later in zip(angles, around, strict=True))
    return gaps


def turn(start: float, end: float) -> float:
    """Give the shorter way from one angle to another; clockwise is positive."""
    return (end - start + math.pi) % math.tau - math.pi


def _descent(person: str, children: Mapping[str, list[str]]) -> list[str]:
    """Give a person, and all who stand in the person's wedge."""
    found = [person]
    for each in found:
        found.extend(children[each])
    return found


def _affinity(
    siblings: list[str], children: Mapping[str, list[str]], across: list[tuple[str, str]]
) -> dict[frozenset[str], int]:
    """Count the ties between the wedges of each two siblings."""
    wedge = {each: sibling for sibling in siblings for each in _descent(sibling, children)}
    counts: dict[frozenset[str], int] = {}
    for one, other in across:
        pair = frozenset(wedge[end] for end in (one, other) if end in wedge)
        if len(pair) == 2:
            counts[pair] = counts.get(pair, 0) + 1
    return counts


def _side_by_side(siblings: list[str], affinity: Mapping[frozenset[str], int]) -> list[str]:
    """Order siblings so that those with ties between them stand near each other."""
    pull = dict.fromkeys(siblings, 0.0)
    order: list[str] = []
    while pull:
        # The first of equals, as dictionaries keep their order.
        found = max(pull, key=pull.__getitem__)
        del pull[found]
        order.append(found)
        for each in pull:
            pull[each] = _FADING * pull[each] + affinity.get(frozenset({found, each}), 0)
    return order


def _sizes(
    centre: str, children: Mapping[str, list[str]], hops: Mapping[str, int]
) -> dict[str, float]:
    """Give how much of the circle each wedge needs, in places of the outermost ring."""
    outermost = max(hops.values())
    sizes: dict[str, float] = {}
    for person in reversed(_descent(centre, children)):
        # A place takes more of the angle the further in the ring is.
        own = outermost / max(hops[person], 1)
        sizes[person] = max(own, sum(sizes[child] for child in children[person]))
    return sizes


def _angles(
    centre: str, children: Mapping[str, list[str]], sizes: Mapping[str, float]
) -> dict[str, float]:
    """Give each person the middle of their wedge."""
    wedges = {centre: (0.0, math.tau)}
    for person in _descent(centre, children):
        start, width = wedges[person]
        total = sum(sizes[child] for child in children[person])
        for child in children[person]:
            share = width * sizes[child] / total
            wedges[child] = (start, share)
            start += share
    first = children[centre][0] if children[centre] else centre
    # The first on the first ring stands straight above the centre.
    above = wedges[first][0] + wedges[first][1] / 2 if first != centre else 0.0
    return {
        person: (start + width / 2 - above) if person != centre else 0.0
        for person, (start, width) in wedges.items()
    }


def _turned(angles: Mapping[str, float], across: list[tuple[str, str]]) -> float:
    """Sum how far round the ties lead that do not lead straight outwards."""
    return math.fsum(abs(turn(angles[one], angles[other])) for one, other in across)
