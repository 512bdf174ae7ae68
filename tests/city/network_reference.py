"""Who is linked with whom, worked out slowly from the rows of the police as they were delivered.

It shares no line with the SQL of the network or with what finds its pairs: rows are read as text,
every two persons' incidents are laid side by side as sets, and what they share is counted. What it
takes as given are the seeds and which person each nominal of the police is.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import combinations
from pathlib import Path

from feature_reference import Known, Row, Warehouse, read_london_day, read_moment, read_seed

THRESHOLD = 3
LARGEST = 25
AN_HOUR = timedelta(hours=1)
# Of what was known of an incident on its first day, the first of these names it.
KINDS = ("crime", "domestic_abuse", "missing", "custody", "intelligence", "research")

Role = tuple[str, str]
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Part:
    """The role of a person in an event, and from which day and until which it was known."""

    person_id: str
    role: Role
    event: str
    kind: str
    day: date
    known_from: date
    known_to: date | None
    moment: datetime | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Meeting:
    """An incident that two persons share."""

    incident: str
    kind: str
    day: date
    #: The day on which both were known to be part of it, and how many were by then.
    known_from: date
    n_persons: int
    #: From which day one of the two is no longer said to be part of it.
    known_to: date | None = field(default=None, compare=False)

    def on(self, day: date) -> bool:
        """Whether both were known to be part of it on a day."""
        return self.known_from <= day and (self.known_to is None or day < self.known_to)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What does not count of the incidents of a kind, for their size."""

    n_incidents: int
    n_persons: int
    n_pairs: int


@dataclass(frozen=True, slots=True)
class Link:
    """What is told of two persons who share enough incidents."""

    n_of_kind: Mapping[str, int]
    first_day: date
    last_day: date
    linked_on: date
    ended_on: date | None
    strength: float


@dataclass(frozen=True)
class Evidence:
    """What the police say: who took part in what, and which events they call the same."""

    # Out of its text, for pytest shows what a failed test was given.
    parts: list[Part] = field(repr=False)
    same: list[tuple[str, str]] = field(repr=False)

    def of(self, roles: Collection[Role]) -> Evidence:
        """The same, with none but the parts in some roles."""
        return replace(self, parts=[one for one in self.parts if one.role in roles])


# -- What the rows say


def roles_that_count(seeds: Path) -> frozenset[Role]:
    """The roles of those who take part, by the extract that holds them."""
    return frozenset(
        (row["source_extract"], row["role"])
        for row in read_seed(seeds, "network_role")
        if row["is_participant"] == "true"
    )


def evidence(city: Warehouse) -> Evidence:
    """All that the rows of the police say of persons and events, whoever takes part or not."""
    parts = [
        *occurrence_parts(city), *domestic_parts(city),
        *intelligence_parts(city), *missing_parts(city),
        *check_parts(city), *custody_parts(city),
    ]  # fmt: skip
    return Evidence(parts, list(references(city)))


def part(
    person_id: str | None,
    role: tuple[str, str | None],
    event: str,
    kind: str,
    day: date | None,
    known: Known | None,
    moment: datetime | None = None,
    place: str | None = None,
) -> Iterator[Part]:
    """A part, if there is a person and it was ever known; of the day it was known, if undated."""
    extract, name = role
    if person_id is not None and name is not None and known is not None:
        yield Part(
            person_id, (extract, name), event, kind, day or known.from_date, known.from_date,
            known.to_date, moment, place,
        )  # fmt: skip


def occurrence_parts(city: Warehouse) -> Iterator[Part]:
    """Roles in a crime. When and where it was is said by the crime."""
    occurrences = city.rows_by("police_records", "occurrences", "occurrence_ref")
    for row in city.rows("police_records", "occurrence_roles"):
        role = "occurrence_roles", city.decoded(row, "role", "role")
        reference = row.text("occurrence_ref")
        for occurrence in occurrences.get(reference, []) if reference else []:
            started = occurrence.values["started_at"]
            yield from part(
                city.nominal(row), role, f"occurrence {reference}", "crime",
                read_london_day(started), row.known.at_once_with(occurrence.known),
                read_moment(started), occurrence.text("location_uprn"),
            )  # fmt: skip


def domestic_parts(city: Warehouse) -> Iterator[Part]:
    """Roles in an incident of domestic abuse, of which no hour is known."""
    for row in city.rows("police_records", "domestic_abuse"):
        role = "domestic_abuse", city.decoded(row, "da_role", "da_role")
        if reference := row.text("da_ref"):
            yield from part(
                city.nominal(row), role, f"domestic abuse {reference}", "domestic_abuse",
                row.day("happened_date"), row.known,
            )  # fmt: skip


def intelligence_parts(city: Warehouse) -> Iterator[Part]:
    """Roles in a report, unless it is thought to be false."""
    reports = city.rows_by("police_records", "intelligence_reports", "report_ref")
    for row in city.rows("police_records", "intelligence_subjects"):
        role = "intelligence_subjects", city.decoded(row, "subject_role", "subject_role")
        reference = row.text("report_ref")
        for report in reports.get(reference, []) if reference else []:
            grade = city.decoded(report, "intelligence_assessment", "intelligence_assessment")
            if grade != "suspected_false":
                yield from part(
                    city.nominal(row), role, f"intelligence {reference}", "intelligence",
                    report.day("event_date"), row.known.at_once_with(report.known),
                )  # fmt: skip


def missing_parts(city: Warehouse) -> Iterator[Part]:
    """Who was missing, and with whom. The place is where they were found."""
    reports = city.rows_by("police_missing", "reports", "missing_ref")
    for reference, versions in reports.items():
        for report in versions if reference else []:
            yield from missing_part(city, report, ("reports", "missing"), report, report.known)
    for row in city.rows("police_missing", "companions"):
        role = "companions", city.decoded(row, "role", "role")
        reference = row.text("missing_ref")
        for report in reports.get(reference, []) if reference else []:
            known = row.known.at_once_with(report.known)
            yield from missing_part(city, row, role, report, known)


def missing_part(
    city: Warehouse, row: Row, role: tuple[str, str | None], report: Row, known: Known | None
) -> Iterator[Part]:
    """A part in what a report tells of."""
    missing = report.values["missing_at"]
    return part(
        city.nominal(row), role, f"missing {report.text('missing_ref')}", "missing",
        read_london_day(missing), known, read_moment(missing), report.text("found_uprn"),
    )  # fmt: skip


def check_parts(city: Warehouse) -> Iterator[Part]:
    """Who was checked for an incident of command and control, which says when and where."""
    incidents = city.rows_by("police_control", "incidents", "control_ref")
    for row in city.rows("police_pnc", "checks"):
        role = "checks", city.decoded(row, "reason", "pnc_reason")
        reference = row.text("control_ref")
        for incident in incidents.get(reference, []) if reference else []:
            opened = incident.values["opened_at"]
            yield from part(
                city.nominal(row), role, f"control {reference}", "research",
                read_london_day(opened), row.known.at_once_with(incident.known),
                read_moment(opened), incident.text("location_uprn"),
            )  # fmt: skip


def custody_parts(city: Warehouse) -> Iterator[Part]:
    """Who was detained for a crime."""
    for row in city.rows("police_records", "custody"):
        if reference := row.text("occurrence_ref"):
            yield from part(
                city.nominal(row), ("custody", "detained"), f"occurrence {reference}", "custody",
                read_london_day(row.values["detained_at"]), row.known,
            )  # fmt: skip


def references(city: Warehouse) -> Iterator[tuple[str, str]]:
    """Events that a system says to be of one incident, as it said first."""
    for system, extract, name, column, others in (
        ("police_records", "occurrences", "occurrence", "occurrence_ref", ("control",)),
        ("police_records", "domestic_abuse", "domestic abuse", "da_ref", ("occurrence", "control")),
        ("police_records", "intelligence_reports", "intelligence", "report_ref", ("occurrence",)),
        ("police_missing", "reports", "missing", "missing_ref", ("control",)),
    ):
        for reference, rows in city.rows_by(system, extract, column).items():
            for other in others:
                said = [
                    (row.known.from_date, text)
                    for row in rows
                    if (text := row.text(f"{other}_ref"))
                ]
                if reference and said:
                    yield f"{name} {reference}", f"{other} {min(said)[1]}"


# -- Which events are one incident


class Incidents:
    """Events, merged into incidents."""

    def __init__(self) -> None:
        self._merged: dict[str, str] = {}

    def of(self, event: str) -> str:
        """The event that stands for the incident of an event."""
        while event in self._merged:
            event = self._merged[event]
        return event

    def merge(self, event: str, other: str) -> None:
        """Make the incidents of two events one."""
        event, other = self.of(event), self.of(other)
        if event != other:
            self._merged[event] = other


def merged(given: Evidence, *, by_likeness: bool = True) -> Incidents:
    """Merge what a reference joins; then what brought two people to one place within the hour."""
    incidents = Incidents()
    for event, other in given.same:
        incidents.merge(event, other)
    if by_likeness:
        alike = alike_incidents(given.parts, incidents)
        known_from: dict[str, date] = {}
        for one in given.parts:
            incident = incidents.of(one.event)
            known_from[incident] = min(one.known_from, known_from.get(incident, date.max))
        # Each joins the first that was known before it, and stays with it.
        order = sorted(alike, key=lambda incident: (known_from[incident], incident))
        for place, incident in enumerate(order):
            for earlier in order[:place]:
                if earlier in alike[incident]:
                    incidents.merge(incident, earlier)
                    break
    return incidents


def alike_incidents(parts: Iterable[Part], incidents: Incidents) -> dict[str, set[str]]:
    """Incidents of which two events of two systems are alike."""
    at_place: dict[tuple[str, str], set[Part]] = defaultdict(set)
    for one in parts:
        if one.moment and one.place:
            at_place[one.person_id, one.place].add(one)
    persons: dict[tuple[str, str], set[str]] = defaultdict(set)
    for (person_id, _), there in at_place.items():
        for one, other in combinations(there, 2):
            if one.kind != other.kind and abs(one.moment - other.moment) <= AN_HOUR:  # type: ignore[operator]
                persons[min(one.event, other.event), max(one.event, other.event)].add(person_id)
    alike: dict[str, set[str]] = defaultdict(set)
    for (event, further_event), both in persons.items():
        incident, further = incidents.of(event), incidents.of(further_event)
        if len(both) > 1 and incident != further:
            alike[incident].add(further)
            alike[further].add(incident)
    return alike


# -- Who is linked


def left_out(
    given: Evidence, incidents: Incidents, *, largest: int = LARGEST
) -> dict[str, LeftOut]:
    """What does not count for the size of incidents, by kind, and under "all"."""
    crowds: dict[str, dict[str, date]] = defaultdict(dict)
    first: dict[str, Part] = {}
    for one in sorted(given.parts, key=order_known):
        incident = incidents.of(one.event)
        first.setdefault(incident, one)
        crowds[incident].setdefault(one.person_id, one.known_from)
    n_incidents, n_pairs = Counter[str](), Counter[str]()
    persons: dict[str, set[str]] = defaultdict(set)
    for incident, known in crowds.items():
        if len(known) <= largest:
            continue

        def too_late(*days: date, known: dict[str, date] = known) -> bool:
            return sum(day <= max(days) for day in known.values()) > largest

        for kind in (first[incident].kind, "all"):
            n_incidents[kind] += 1
            persons[kind] |= {person for person, day in known.items() if too_late(day)}
            n_pairs[kind] += sum(too_late(*days) for days in combinations(known.values(), 2))
    return {kind: LeftOut(n, len(persons[kind]), n_pairs[kind]) for kind, n in n_incidents.items()}


def order_known(one: Part) -> tuple[date, int, date]:
    """The order in which parts name the kind and the day of an incident."""
    return one.known_from, KINDS.index(one.kind), one.day


def meetings(
    given: Evidence, incidents: Incidents, *, threshold: int = THRESHOLD, largest: int = LARGEST
) -> dict[Pair, list[Meeting]]:
    """The incidents that link two persons, of every two who share enough of them."""
    of_incident: dict[str, list[Part]] = defaultdict(list)
    incidents_of: dict[str, dict[str, date]] = defaultdict(dict)
    ends_of: dict[str, dict[str, date]] = defaultdict(dict)
    for one in given.parts:
        incident, known = incidents.of(one.event), incidents_of[one.person_id]
        of_incident[incident].append(one)
        known[incident] = min(one.known_from, known.get(incident, date.max))
        ends = ends_of[one.person_id]
        ends[incident] = max(one.known_to or date.max, ends.get(incident, date.min))
    first = {incident: min(parts, key=order_known) for incident, parts in of_incident.items()}
    known_from: dict[str, list[date]] = defaultdict(list)
    for known in incidents_of.values():
        for incident, day in known.items():
            known_from[incident].append(day)
    found = {}
    # Who was in fewer shares fewer with anybody.
    often = [person_id for person_id, known in incidents_of.items() if len(known) >= threshold]
    for left, right in combinations(sorted(often), 2):
        both = incidents_of[left].keys() & incidents_of[right].keys()
        if len(both) < threshold:
            continue
        shared = []
        for incident in both:
            day = max(incidents_of[left][incident], incidents_of[right][incident])
            n_persons = sum(known <= day for known in known_from[incident])
            if n_persons <= largest:
                one = first[incident]
                end = min(ends_of[left][incident], ends_of[right][incident])
                known_to = end if end < date.max else None
                shared.append(Meeting(incident, one.kind, one.day, day, n_persons, known_to))
        if len(shared) >= threshold:
            found[left, right] = shared
    return found


def times_linked(shared: list[Meeting], threshold: int = THRESHOLD) -> Iterator[Link]:
    """Each time in which two persons are linked, told by what was known on its last day."""
    ends = [one.known_to for one in shared if one.known_to]
    linked_on, before = None, list[Meeting]()
    for day in sorted({*(one.known_from for one in shared), *ends}):
        known = [one for one in shared if one.on(day)]
        if linked_on and len(known) < threshold:
            yield link(before, linked_on, day)
            linked_on = None
        elif not linked_on and len(known) >= threshold:
            linked_on = day
        before = known
    if linked_on:
        yield link(before, linked_on, None)


def link(shared: list[Meeting], linked_on: date, ended_on: date | None) -> Link:
    """What is told of a link."""
    return Link(
        Counter(one.kind for one in shared),
        min(one.day for one in shared),
        max(one.day for one in shared),
        linked_on,
        ended_on,
        sum(1 / (one.n_persons - 1) for one in shared),
    )
