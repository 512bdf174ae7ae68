"""One person's network as a picture and as a table.

`gather_network` reads the ties around a person from what was published, `network_of` makes of them
who stands where and under which number, `draw_network` and `tell_network` give the picture and the
table. The picture holds numbers and never an id; the table says who is which number.

Everybody looks the same, whatever brought them there: a tie is a reason to look at what happened,
and no finding about either person.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from xml.sax.saxutils import escape

import pyarrow as pa

from think_family.errors import ThinkFamilyError
from think_family.network.rings import Place, least_gaps, place_on_rings, turn
from think_family.publication.warehouse import AbsentError, Warehouse
from think_family.sql import literal

Points = list[tuple[float, float]]

HOPS = 2
MOST_PEOPLE = 60

# What brought two people together, in the order in which lines and rows stand.
TIES = ("shared_incidents", "family", "household", "opposite_sides")

_COLUMNS = (
    "person_id", "associate_id", "tie", "evidence", "is_family", "linked_on", "ended_on",
    "n_events", "n_harmed_together", "first_event_date", "last_event_date", "strength",
)  # fmt: skip

_SCHEMA = pa.schema(
    [
        ("number_1", pa.int32()),
        ("number_2", pa.int32()),
        ("person_id_1", pa.string()),
        ("person_id_2", pa.string()),
        ("hops", pa.int32()),
        ("tie", pa.string()),
        ("evidence", pa.string()),
        ("is_family", pa.bool_()),
        ("linked_on", pa.date32()),
        ("ended_on", pa.date32()),
        ("n_events", pa.int32()),
        ("n_harmed_together", pa.int32()),
        ("first_event_date", pa.date32()),
        ("last_event_date", pa.date32()),
        ("strength", pa.float64()),
        ("in_words", pa.string()),
    ]
)

# The names of months are the same wherever the command runs.
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

# What a tie without a strength counts: as much as one incident that only the two were part of.
_RECORDED_STRENGTH = 1.0

# Lengths in user units of the picture.
_NODE = 13.0
_CENTRE = 16.0
_SPACING = 36.0  # between neighbours on a ring, at least
_RING = 96.0  # between rings, at least
_MARGIN = 28.0
_LEAST_WIDTH = 640.0
_ROW = 22.0
_BESIDE = 5.0  # between lines of one pair
_STEP = 6.0  # between points of a bent line

# How far a line between two on one ring bends outwards, at most, as a part of _RING, beyond what
# clears the people whom it passes.
_BULGE = 0.4
_CLEAR = 5.0

_CAPTION = (
    "A line says that events or a home brought two people together.",
    "It does not say why, nor what either did.",
)
_LEGEND_ROWS = 6

# Line styles, and the ties that each stands for. Of one family and of one home is mostly both: one
# line for the two keeps the picture calm.
_STYLES = {
    "incidents": ("shared_incidents",),
    "home": ("family", "household"),
    "sides": ("opposite_sides",),
}

# Told apart by pattern first; the colours are two blues and greys, which all eyes tell from the
# ground in light and dark, and none of which warns. Every person has the same colours.
_CSS = """
.network .ground { fill: #ffffff; }
.network text { fill: #1f2d3a; font-family: system-ui, "Segoe UI", "Liberation Sans", sans-serif; }
.network .heading { font-size: 18px; font-weight: 600; }
.network .words { font-size: 13px; }
.network .number { font-size: 12px; font-weight: 600; text-anchor: middle; }
.network .ring { fill: none; stroke: #e6eaee; stroke-width: 1; }
.network .line { fill: none; stroke-linecap: round; stroke-linejoin: round; }
.network .incidents { stroke: #4a7ba6; }
.network .home { stroke: #6f7b86; stroke-width: 1.6; stroke-dasharray: 6 5; }
.network .sides { stroke: #4a7ba6; stroke-width: 2.4; stroke-dasharray: 0.1 5; }
.network .person { fill: #e3edf6; stroke: #4a6a88; stroke-width: 1.4; }
.network .around { fill: none; stroke: #4a6a88; stroke-width: 1.4; }
@media (prefers-color-scheme: dark) {
.network .ground { fill: #161c22; }
.network text { fill: #e4eaf0; }
.network .ring { stroke: #2a333c; }
.network .incidents, .network .sides { stroke: #7fb2de; }
.network .home { stroke: #98a5b1; }
.network .person { fill: #2b4156; stroke: #a9c3da; }
.network .around { stroke: #a9c3da; }
}
"""


@dataclass(frozen=True)
class Tie:
    """One tie of two people, named as the columns of `fct_association` are.

    What an earlier day did not know is None.
    """

    person_id: str
    associate_id: str
    tie: str
    evidence: str
    is_family: bool | None = None
    linked_on: date | None = None
    ended_on: date | None = None
    n_events: int | None = None
    n_harmed_together: int | None = None
    first_event_date: date | None = None
    last_event_date: date | None = None
    strength: float | None = None


@dataclass(frozen=True)
class Network:
    """The network of one person.

    Attributes:
        as_of: The day as of which it is; None: all that is known.
        most_hops: How many hops were asked for.
        hops: Hops of each person from the one in the centre; the numbers 1, 2, ... of those who
            are drawn are their order here, and who is left out comes after them.
        places: Where those stand who are drawn, in the order of their numbers.
        ties: The ties between all of them, ordered; in each, person_id comes before associate_id
            in the order of `hops`.
    """

    as_of: date | None
    most_hops: int
    hops: Mapping[str, int]
    places: Mapping[str, Place]
    ties: tuple[Tie, ...]

    @property
    def n_left_out(self) -> int:
        """How many people are within the hops and not drawn."""
        return len(self.hops) - len(self.places)

    @property
    def numbers(self) -> dict[str, int]:
        """Number of each person who is drawn."""
        return {person: number for number, person in enumerate(self.places, start=1)}

    @property
    def lines(self) -> dict[tuple[str, str], dict[str, Tie]]:
        """The lines of the picture: for each two people who are drawn, a tie of each style."""
        style_of = {tie: style for style, ties in _STYLES.items() for tie in ties}
        found: dict[tuple[str, str], dict[str, Tie]] = {}
        for tie in self.ties:
            if tie.person_id in self.places and tie.associate_id in self.places:
                styles = found.setdefault((tie.person_id, tie.associate_id), {})
                styles.setdefault(style_of[tie.tie], tie)
        return found


def gather_network(
    warehouse: Warehouse,
    person_id: str,
    *,
    as_of: date | None = None,
    hops: int = HOPS,
    most_people: int = MOST_PEOPLE,
) -> Network:
    """Read the network of a person from what was published.

    Args:
        warehouse: The warehouse; of its marts, `fct_association` is read.
        person_id: The person; letters, digits, hyphens and underscores.
        as_of: Day as of which the network is told; None: all that is known.
        hops: How far from the person to go, in ties; 1 or more.
        most_people: Most people to draw, the person included; 2 or more.

    Raises:
        ThinkFamilyError: The id is none, nobody has been published under it with a tie as of the
            day, or nothing has been published.
    """
    if not person_id or not all(
        each.isascii() and (each.isalnum() or each in "-_") for each in person_id
    ):
        raise ThinkFamilyError(
            f"{person_id!r} is no person_id: those are letters, digits, hyphens and underscores."
        )
    try:
        (rows,) = warehouse.published("ties of people", _question(person_id, as_of, hops))
    except AbsentError as error:
        raise ThinkFamilyError(
            f"{error.message}: nothing has been published, or by an older version of the project."
            " Run `make build`."
        ) from None
    if not rows:
        day = f" as of {as_of}" if as_of else ""
        raise ThinkFamilyError(
            f"No tie of the person {person_id} is published{day} in {warehouse.published_in}. Check"
            " that the id is a person_id of dim_person, which an agency's own number is not"
            + (", and that the day is no earlier than the person's ties." if as_of else ".")
            + " Most people have no tie at all."
        )
    return network_of(
        person_id, (Tie(*row) for row in rows), as_of=as_of, hops=hops, most_people=most_people
    )


def network_of(
    person_id: str,
    ties: Iterable[Tie],
    *,
    as_of: date | None = None,
    hops: int = HOPS,
    most_people: int = MOST_PEOPLE,
) -> Network:
    """Arrange ties to the network of a person.

    Whoever is nearer is drawn first; of two at the same distance, who has more strength towards
    those nearer, then whose tie was known first.

    Args:
        person_id: The person in the centre.
        ties: Ties in any order, told from one side or both.
        as_of: Day as of which they are; what was not known then is taken out of them.
        hops: How far from the person to go; ties that lead further are passed over.
        most_people: Most people to draw, the person included.

    Returns:
        The network; the same ties in another order make the same one.
    """
    # The side from which a tie was told must not show.
    told: dict[tuple[str, str, str, date], Tie] = {}
    for tie in ties:
        one, other = sorted((tie.person_id, tie.associate_id))
        if one != other:
            told[one, other, tie.tie, tie.linked_on or date.min] = replace(
                _as_known_then(tie, as_of), person_id=one, associate_id=other
            )
    found = [told[key] for key in sorted(told)]
    distance = _distances(person_id, found, hops)
    inner: dict[str, list[Tie]] = {person: [] for person in distance}
    for tie in found:
        ends = sorted((tie.person_id, tie.associate_id), key=lambda end: distance.get(end, hops))
        if all(end in distance for end in ends) and distance[ends[0]] < distance[ends[1]]:
            inner[ends[1]].append(tie)
    ranked = sorted(
        distance,
        key=lambda person: (
            distance[person],
            -math.fsum(_strength(tie) for tie in inner[person]),
            min((tie.linked_on or date.max for tie in inner[person]), default=date.max),
            person,
        ),
    )
    weights: dict[frozenset[str], float] = {}
    drawn = ranked[:most_people]
    for tie in found:
        if tie.person_id in drawn and tie.associate_id in drawn:
            pair = frozenset({tie.person_id, tie.associate_id})
            weights[pair] = weights.get(pair, 0) + _strength(tie)
    places = place_on_rings({person: distance[person] for person in drawn}, weights)
    order = [*places, *ranked[most_people:]]
    position = {person: place for place, person in enumerate(order)}
    oriented = [
        tie
        if position[tie.person_id] < position[tie.associate_id]
        else replace(tie, person_id=tie.associate_id, associate_id=tie.person_id)
        for tie in found
        if tie.person_id in position and tie.associate_id in position
    ]
    oriented.sort(
        key=lambda tie: (
            position[tie.person_id],
            position[tie.associate_id],
            TIES.index(tie.tie),
            tie.linked_on or date.min,
        )
    )
    return Network(
        as_of=as_of,
        most_hops=hops,
        hops={person: distance[person] for person in order},
        places=places,
        ties=tuple(oriented),
    )


def draw_network(network: Network) -> str:
    """Draw a network as SVG.

    Args:
        network: As `network_of` gives it.

    Returns:
        An SVG document without any id; the same network gives the same text.
    """
    radii = _radii(network)
    n_rings = len(radii) - 1
    # Ties within the outermost ring bend outwards.
    reach = (
        radii[-1] + _NODE + (_NODE + _CLEAR + _BULGE * _RING if _has_arcs(network, n_rings) else 0)
    )
    width = max(2 * (reach + _MARGIN), _LEAST_WIDTH)
    heading = _heading(network)
    top = _MARGIN + 12 + _ROW * len(heading)
    x, y = width / 2, top + reach
    legend = _legend(network, y + reach + 2 * _ROW)
    height = y + reach + 2 * _ROW + _ROW * (_LEGEND_ROWS + len(_CAPTION)) + _MARGIN
    points = {
        person: _point(x, y, radii[place.hops], place.angle)
        for person, place in network.places.items()
    }
    body = [
        f'<rect class="ground" width="{_n(width)}" height="{_n(height)}"/>',
        *(
            _words(words, _MARGIN, _MARGIN + 12 + _ROW * row, "words" if row else "heading")
            for row, words in enumerate(heading)
        ),
        *(
            f'<circle class="ring" cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}"/>'
            for radius in radii[1:]
        ),
    ]
    for (one, other), styles in network.lines.items():
        way = _way(network.places[one], network.places[other], x, y, radii)
        for nth, (style, tie) in enumerate(styles.items()):
            beside = _BESIDE * (nth - (len(styles) - 1) / 2)
            body.append(_line(style, _moved_aside(way, beside), _width(tie)))
    body.append(f'<circle class="around" cx="{_n(x)}" cy="{_n(y)}" r="{_n(_CENTRE + 4)}"/>')
    for number, (person, (px, py)) in enumerate(points.items(), start=1):
        radius = _NODE if network.hops[person] else _CENTRE
        body.append(_node(number, px, py, radius))
    body += legend
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="network" role="img"'
        f' aria-labelledby="network-title network-desc" width="{_n(width)}" height="{_n(height)}"'
        f' viewBox="0 0 {_n(width)} {_n(height)}">\n'
        f'<title id="network-title">{escape(". ".join(heading[:2]))}</title>\n'
        f'<desc id="network-desc">{escape(_described(network))}</desc>\n'
        f"<style>{_CSS}</style>\n" + "\n".join(body) + "\n</svg>\n"
    )


def tell_network(network: Network) -> pa.Table:
    """Tell a network as a table.

    Args:
        network: As `network_of` gives it.

    Returns:
        One row per two people, tie and time within the hops, ordered by their numbers: number_1 and
        number_2 (null of who is not drawn), person_id_1 and person_id_2 (the first is the nearer
        one), hops (of the second), the columns of `fct_association`, and in_words, a sentence.
    """
    numbers = network.numbers
    rows = [
        {
            **{name: getattr(tie, name) for name in _COLUMNS[2:]},
            "number_1": numbers.get(tie.person_id),
            "number_2": numbers.get(tie.associate_id),
            "person_id_1": tie.person_id,
            "person_id_2": tie.associate_id,
            "hops": network.hops[tie.associate_id],
            "in_words": in_words(tie),
        }
        for tie in network.ties
    ]
    return pa.Table.from_pylist(rows, schema=_SCHEMA)


def in_words(tie: Tie) -> str:
    """Tell a tie in a sentence, which says what brought two people together and not why."""
    n = tie.n_events
    if tie.tie == "family":
        return f"Of one family until {_day(tie.ended_on)}." if tie.ended_on else "Of one family."
    if tie.tie == "household":
        return f"Shared a home until {_day(tie.ended_on)}." if tie.ended_on else "Share a home."
    if tie.tie == "opposite_sides":
        if n is None:
            return "At least one crime names them on opposite sides."
        if n == 1:
            return "One crime names them on opposite sides."
        return f"{n} crimes name them on opposite sides."
    if n is None:
        return "Incidents brought them together."
    words = "1 incident brought them together" if n == 1 else f"{n} incidents brought them together"
    if tie.last_event_date:
        words += f", {'' if n == 1 else 'the last '}on {_day(tie.last_event_date)}"
    harmed = tie.n_harmed_together or 0
    if harmed:
        which = "it" if n == 1 else "all of them" if harmed >= n else f"{harmed} of them"
        words += f"; in {which} both were harmed or missing"
    return words + "."


def _question(person_id: str, as_of: date | None, hops: int) -> str:
    """Ask for the ties between all who are within the hops; the walk starts from one person."""
    # Families and homes end; what is told of incidents ends when it was put right.
    known = "(ties.ended_on is null or ties.tie in ('family', 'household'))"
    if as_of:
        day = f"date '{as_of.isoformat()}'"
        known = f"ties.linked_on <= {day} and (ties.ended_on is null or ties.ended_on > {day})"
    columns = ", ".join(f"ties.{name}" for name in _COLUMNS)
    return f"""
        with recursive walk (person_id, hops) as (
            select cast({literal(person_id)} as text), 0
            union
            select cast(ties.associate_id as text), walk.hops + 1
            from walk
            inner join fct_association as ties on walk.person_id = ties.person_id
            where walk.hops < {int(hops)} and {known}
        ),
        reached as (select distinct person_id from walk)
        select {columns}
        from fct_association as ties
        inner join reached as one on ties.person_id = one.person_id
        inner join reached as other on ties.associate_id = other.person_id
        where ties.person_id < ties.associate_id and {known}
    """


def _as_known_then(tie: Tie, as_of: date | None) -> Tie:
    """Take out of a tie what is known now and may not have been known on the day."""
    if as_of is None:
        return tie
    return Tie(
        person_id=tie.person_id,
        associate_id=tie.associate_id,
        tie=tie.tie,
        evidence=tie.evidence,
        is_family=True if tie.tie == "family" else None,
        linked_on=tie.linked_on,
    )


def _strength(tie: Tie) -> float:
    return _RECORDED_STRENGTH if tie.strength is None else tie.strength


def _distances(person_id: str, ties: list[Tie], hops: int) -> dict[str, int]:
    neighbours: dict[str, set[str]] = {}
    for tie in ties:
        neighbours.setdefault(tie.person_id, set()).add(tie.associate_id)
        neighbours.setdefault(tie.associate_id, set()).add(tie.person_id)
    distance = {person_id: 0}
    frontier = {person_id}
    for hop in range(1, hops + 1):
        met = {other for person in frontier for other in neighbours.get(person, ())}
        frontier = met - distance.keys()
        distance |= dict.fromkeys(sorted(frontier), hop)
    return distance


def _radii(network: Network) -> list[float]:
    """Give the radius of each ring, the centre first, at which no two people on one touch."""
    radii = [0.0]
    for ring, gap in sorted(least_gaps(network.places.values()).items()):
        needed = _SPACING / (2 * math.sin(min(gap, math.pi) / 2))
        radii.append(max(radii[ring - 1] + _RING, needed))
    outermost = len(radii) - 1
    # A wide ring would leave those within it in a knot around the centre.
    return [max(radius, radii[-1] * ring / max(outermost, 1)) for ring, radius in enumerate(radii)]


def _has_arcs(network: Network, ring: int) -> bool:
    return any(
        network.places[one].hops == network.places[other].hops == ring
        for one, other in network.lines
    )


def _point(x: float, y: float, radius: float, angle: float) -> tuple[float, float]:
    return x + radius * math.sin(angle), y - radius * math.cos(angle)


def _way(one: Place, other: Place, x: float, y: float, radii: list[float]) -> Points:
    """Lead from one place to another between the rings, where nobody stands."""
    start, end = radii[one.hops], radii[other.hops]
    if not start or not end:
        return [_point(x, y, start, one.angle), _point(x, y, end, other.angle)]
    turned = turn(one.angle, other.angle)
    # The further round, the further out, so that arcs lie within each other.
    bulge = 0.0
    if start == end:
        bulge = _NODE + _CLEAR + _RING * _BULGE * math.sqrt(abs(turned) / math.pi)
    length = abs(turned) * max(start, end) + abs(end - start) + 2 * bulge
    n_steps = max(2, math.ceil(length / _STEP))
    points = []
    for step in range(n_steps + 1):
        t = step / n_steps
        radius = start + (end - start) * t + bulge * math.sqrt(abs(math.sin(math.pi * t)))
        points.append(_point(x, y, radius, one.angle + turned * t))
    return points


def _moved_aside(points: Points, by: float) -> Points:
    """Move a line to its side, so that lines of one pair lie beside each other."""
    if not by:
        return points
    moved = []
    for place, (x, y) in enumerate(points):
        (x0, y0), (x1, y1) = points[max(place - 1, 0)], points[min(place + 1, len(points) - 1)]
        length = math.hypot(x1 - x0, y1 - y0) or 1.0
        moved.append((x - by * (y1 - y0) / length, y + by * (x1 - x0) / length))
    return moved


def _width(tie: Tie) -> float | None:
    """Give the width of a line of incidents; other lines are all of one width."""
    if tie.tie != "shared_incidents":
        return None
    return 2.0 if tie.strength is None else 1.2 + 0.6 * min(tie.strength, 6.0)


def _line(style: str, points: Points, width: float | None = None) -> str:
    way = " ".join(f"{_n(x)},{_n(y)}" for x, y in points)
    how_wide = "" if width is None else f' stroke-width="{_n(width)}"'
    return f'<polyline class="line {style}"{how_wide} points="{way}"/>'


def _node(number: int, x: float, y: float, radius: float) -> str:
    return (
        f'<circle class="person" cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}"/>'
        f'<text class="number" x="{_n(x)}" y="{_n(y + 4.2)}">{number}</text>'
    )


def _heading(network: Network) -> list[str]:
    hops = network.most_hops
    words = [
        "The network of person 1",
        f"As known on {_day(network.as_of)}"
        if network.as_of
        else "All that was known when the warehouse was published",
    ]
    words[-1] += f"; up to {_counted(hops, 'tie')} away"
    if network.n_left_out:
        are = "is" if network.n_left_out == 1 else "are"
        # How strong ties were on a past day is not known.
        drawn = "the nearest" if network.as_of else "the nearest and most strongly tied"
        words.append(
            f"{_counted(network.n_left_out, 'more person', 'more people')} within these {are} not"
            f" drawn: {drawn} are"
        )
    return words


def _legend(network: Network, top: float) -> list[str]:
    """Say what lines and circles mean; below it the caption."""
    left, right = _MARGIN, _MARGIN + 56
    incidents = "Several incidents brought the two together; the wider, the stronger"
    home = "Of one family or one home, now or before"
    if network.as_of:
        incidents = "Several incidents brought the two together; how many is not told of a past day"
        home = "Of one family or one home"
    body = []
    rows: list[tuple[list[str], str]] = []
    y = [top + _ROW * row for row in range(_LEGEND_ROWS + len(_CAPTION))]
    if network.as_of:
        solid = [_line("incidents", [(left, y[0]), (right, y[0])], 2.0)]
    else:
        solid = [
            _line("incidents", [(left, y[0]), (left + 24, y[0])], 1.8),
            _line("incidents", [(left + 32, y[0]), (right, y[0])], 4.8),
        ]
    rows.append((solid, incidents))
    rows.append(([_line("home", [(left, y[1]), (right, y[1])])], home))
    sides = "A crime names the two on opposite sides"
    rows.append(([_line("sides", [(left, y[2]), (right, y[2])])], sides))
    middle = (left + right) / 2
    circle = '<circle class="{}" cx="{}" cy="{}" r="{}"/>'
    rows.append(
        ([circle.format("person", _n(middle), _n(y[3]), 8)], "A person; the table says who it is")
    )
    rows.append(
        (
            [
                circle.format("person", _n(middle), _n(y[4]), 7),
                circle.format("around", _n(middle), _n(y[4]), 10),
            ],
            "Person 1; each ring is one tie further from them",
        )
    )
    for row, (drawn, words) in enumerate(rows):
        body += drawn
        body.append(_words(words, right + 14, y[row] + 4.5))
    for row, words in enumerate(_CAPTION, start=_LEGEND_ROWS):
        body.append(_words(words, left, y[row]))
    return body


def _words(words: str, x: float, y: float, style: str = "words") -> str:
    return f'<text class="{style}" x="{_n(x)}" y="{_n(y)}">{escape(words)}</text>'


def _described(network: Network) -> str:
    per_ring: dict[int, int] = {}
    for place in network.places.values():
        per_ring[place.hops] = per_ring.get(place.hops, 0) + 1
    around = "; ".join(
        f"{_counted(n, 'person', 'people')} {_counted(ring, 'tie')} away"
        for ring, n in per_ring.items()
        if ring
    )
    n_lines = sum(len(styles) for styles in network.lines.values())
    return (
        f"Around person 1 stand on rings: {around}. {_counted(n_lines, 'line')} between them."
        f" {' '.join(_CAPTION)}"
    )


def _counted(n: int, one: str, many: str | None = None) -> str:
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def _day(day: date | None) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}" if day else ""


def _n(value: float) -> str:
    """Write a length with one decimal, which is all that shows; no zero has a sign."""
    return f"{round(value, 1) + 0.0:g}" if abs(value) < 1e5 else str(round(value))
