"""Places, who was at them, and whom they imply together, worked out slowly in plain Python.

What each part in an incident says of it, who lived where, which places are protected, and the
visits are taken as given; what is put together of them shares no line with the SQL.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any, NamedTuple

import pytest
from conftest import BuiltCity, City

HARMS = ("cse", "criminal_exploitation", "serious_violence")
N_INCIDENTS, LEAST_POINTS, WINDOW = 3, 5, timedelta(days=365)
NEAR = timedelta(hours=24)
# Of other days only the places are looked at where the persons were who are wanted as of them.
OF_EVERYBODY = (
    "as_of_date in (select as_of_date from intermediate.int_features__as_of_dates_listed)"
)
POINTS = [f"points_{harm}{suffix}" for harm in HARMS for suffix in ("", "_no_proxies")]


@dataclass(frozen=True)
class Incident:
    """An incident as it was known on a day."""

    day: date
    persons: frozenset[str]
    from_elsewhere: frozenset[str]
    points: dict[str, int]

    def risk(self, column: str) -> int:
        """The points, or none where they are too few to count."""
        return self.points[column] if self.points[column] >= LEAST_POINTS else 0


@dataclass(frozen=True)
class Part:
    """A part in an incident, from and to when it was known."""

    key: str
    incident: str
    person: str
    day: date
    uprn: str | None
    known_from: date
    known_to: date | None
    points: dict[str, int]


@pytest.fixture(scope="module")
def city(built_city: BuiltCity) -> City:
    return built_city.city


@pytest.fixture(scope="module")
def placed(city: City) -> dict[date, dict[str, list[Incident]]]:
    """By as-of date and property, the incidents that count."""
    incidents = defaultdict(list)
    for *row, points in (
        (*row[:7], row[7:])
        for row in city.query(
            "select participation_key, incident_id, person_id, event_date, uprn, known_from_date,"
            f" known_to_date, {', '.join(POINTS)} from intermediate.int_network__parts_scored"
        )
    ):
        part = Part(*row, points=dict(zip(POINTS, points, strict=True)))
        incidents[part.incident].append(part)
    stays = defaultdict(list)
    for person, uprn, *times in city.query(
        "select person_id, uprn, from_date, to_date from intermediate.int_network__stays_dated"
    ):
        stays[person, uprn].append(times)
    protected = dict(city.query("from intermediate.int_network__places_protected"))
    days = city.query("select as_of_date from intermediate.int_features__as_of_dates_listed")
    found: dict[date, dict[str, list[Incident]]] = {}
    for (day,) in days:
        places = found.setdefault(day, defaultdict(list))
        for parts in incidents.values():
            known = [
                part
                for part in parts
                if part.known_from <= day and not (part.known_to and part.known_to <= day)
            ]
            at = min(
                ((part.known_from, part.day, part.key, part.uprn) for part in known if part.uprn),
                default=None,
            )
            if at is None or protected.get(at[-1], date.max) <= day:
                continue
            happened = min(part.day for part in known)
            if not day - WINDOW < happened <= day:
                continue
            persons = frozenset(part.person for part in known)
            visitors = frozenset(
                person
                for person in persons
                if not any(
                    begin <= day and (end is None or end > day - WINDOW)
                    for begin, end in stays[person, at[-1]]
                )
            )
            if visitors:
                points = {c: max(part.points[c] for part in known) for c in POINTS}
                places[at[-1]].append(Incident(happened, persons, visitors, points))
    return found


def repeated(incidents: Iterable[Incident], column: str) -> tuple[int, int] | None:
    """How many incidents are of risk and what it sums to; None where they are too few."""
    risks = [risk for incident in incidents if (risk := incident.risk(column))]
    return (len(risks), sum(risks)) if len(risks) >= N_INCIDENTS else None


def test_places_are_those_that_a_slow_reading_finds(
    city: City, placed: dict[date, dict[str, list[Incident]]]
) -> None:
    expected = {}
    for day, places in placed.items():
        for uprn, incidents in places.items():
            for harm in HARMS:
                if (sums := repeated(incidents, f"points_{harm}")) is None:
                    continue
                of_risk = [i for i in incidents if i.risk(f"points_{harm}")]
                plain = [i.risk(f"points_{harm}_no_proxies") for i in of_risk]
                expected[day, uprn, harm] = (
                    *sums,
                    sum(1 for points in plain if points),
                    sum(plain),
                    len(frozenset().union(*(i.persons for i in of_risk))),
                    len(frozenset().union(*(i.from_elsewhere for i in of_risk))),
                    min(i.day for i in of_risk),
                    max(i.day for i in of_risk),
                )
    rows = city.query(
        "select as_of_date, uprn, harm, n_incidents, risk, n_incidents_no_proxies,"
        " risk_no_proxies, n_persons, n_persons_from_elsewhere, first_event_date,"
        f" last_event_date from intermediate.int_network__places_repeated where {OF_EVERYBODY}"
    )
    assert expected
    assert {row[:3]: row[3:] for row in rows} == expected
    assert len(rows) == len(expected)


def test_a_place_is_to_each_person_what_it_is_without_their_own_incidents(
    city: City, placed: dict[date, dict[str, list[Incident]]]
) -> None:
    expected: dict[tuple[str, date, str, str], tuple[int, int]] = {}
    for day, places in placed.items():
        for incidents in places.values():
            for harm in HARMS:
                if not repeated(incidents, f"points_{harm}"):
                    continue
                for person in frozenset().union(*(i.persons for i in incidents)):
                    others = [i for i in incidents if person not in i.persons]
                    for basis, suffix in (("all", ""), ("no_proxies", "_no_proxies")):
                        if sums := repeated(others, f"points_{harm}{suffix}"):
                            n_places, highest = expected.get((person, day, harm, basis), (0, 0))
                            expected[person, day, harm, basis] = (
                                n_places + 1, max(highest, sums[1]),
                            )  # fmt: skip
    rows = city.query(
        "select person_id, as_of_date, harm, basis, n_places, highest_risk"
        f" from intermediate.int_network__presences_summed where {OF_EVERYBODY}"
    )
    assert expected
    assert {row[:4]: row[4:] for row in rows} == expected
    assert len(rows) == len(expected)


class Visit(NamedTuple):
    """That somebody was at a place, as part of an incident."""

    person: str
    incident: str
    at: datetime | None
    day: date
    known: date
    withdrawn: date | None
    is_crowded: bool

    def is_near(self, other: Visit) -> bool:
        """Whether another visit is near this one; by the day where one has no hour."""
        if self.at and other.at:
            return abs(self.at - other.at) <= NEAR
        return self.day == other.day


def test_meetings_are_those_that_a_slow_reading_finds(city: City) -> None:
    recorded: dict[str, dict[str, date]] = defaultdict(dict)
    for person, incident, day in city.query(
        "select person_id, incident_id, recorded_date"
        " from intermediate.int_network__person_events_gathered"
    ):
        recorded[person][incident] = day
    visits = defaultdict(list)
    for uprn, *visit in city.query(
        "select uprn, person_id, incident_id, visited_at, visited_date, known_from_date,"
        " withdrawn_date, is_crowded from intermediate.int_network__visits_recorded"
    ):
        visits[uprn].append(Visit(*visit))
    expected: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for uprn, here in visits.items():
        for one, other in product(here, here):
            if (
                one.person >= other.person
                or one.incident == other.incident
                or one.is_crowded
                or other.is_crowded
                or not one.is_near(other)
            ):
                continue
            known, met = max(one.known, other.known), min(one.day, other.day)
            withdrawn = min((v.withdrawn for v in (one, other) if v.withdrawn), default=None)
            mine, theirs = recorded[one.person], recorded[other.person]
            together = min((max(mine[i], theirs[i]) for i in mine.keys() & theirs), default=None)
            if all(end is None or end > known for end in (withdrawn, together)):
                seen = {v.person for v in here if v.known <= known and abs(v.day - met) <= WINDOW}
                expected[one.person, other.person, uprn, one.incident, other.incident] = (
                    met, known, together, withdrawn, len(seen),
                )  # fmt: skip
    rows = city.query(
        "select person_id_l, person_id_r, uprn, incident_id_l, incident_id_r, met_date, known_on,"
        " reported_together_on, withdrawn_on, n_persons_at_place"
        " from intermediate.int_network__meetings_implied"
    )
    assert expected
    assert {row[:5]: row[5:] for row in rows} == expected
    assert len(rows) == len(expected)
