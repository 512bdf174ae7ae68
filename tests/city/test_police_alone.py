"""Of police extracts alone, exactly those are linked whom the rows as delivered bring together."""

from __future__ import annotations

import csv
import math
import shutil
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from conftest import ROOT, City
from feature_reference import Warehouse
from network_reference import (
    KINDS,
    LARGEST,
    Evidence,
    LeftOut,
    Link,
    Meeting,
    Pair,
    evidence,
    left_out,
    meetings,
    merged,
    roles_that_count,
    times_linked,
)

SYSTEMS = ("police_control", "police_missing", "police_pnc", "police_records")
FIRST_DELIVERY, DELIVERY, LAST_DELIVERY = "2025-06-30", "2025-07-31", "2025-08-31"
TOLERANCE = 1e-12
# So many must be compared at least, or the comparison says little.
N_LINKS, N_SHARED = 500, 2000
N_NOMINALS, N_ENDED = 80, 3

# The way from a delivery of the gazetteer or of benefits to the gates that look at both.
SELECTED = (
    "path:models/staging/load_ledger", "stg_gazetteer__addresses", "stg_dwp__benefits",
    "int_quality__deliveries_ordered", "int_quality__deliveries_dated",
    "int_quality__police_deliveries_compared", "int_quality__person_records_deliveries_compared",
    "int_quality__police_checked", "int_quality__linkage_checked", "gate_police", "gate_linkage",
)  # fmt: skip

MARTS = ("+fct_association", "+fct_link_coverage")

SEEDS = ROOT / "seeds"
NOON = datetime(2025, 7, 7, 12, tzinfo=UTC)
RECORDED = date(2025, 7, 20)
RECORDED_FIRST, RECORDED_LAST = date(2025, 6, 20), date(2025, 8, 10)

Row = dict[str, str]
Shared = dict[Pair, list[Meeting]]
Links = dict[tuple[str, str, date], Link]


# -- What is planted beside what the city delivers, for it holds no such thing or hardly any


class Plant:
    """Rows for the police's extracts, by extract and delivery."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], list[Row]] = defaultdict(list)
        self._n = 0

    def _reference(self, sort: str) -> str:
        self._n += 1
        return f"PLANT-{sort}-{self._n:04}"

    def _add(self, extract: str, delivery: str, recorded: date, **values: str) -> None:
        row = values | {"recorded_date": f"{recorded:%d/%m/%Y}"}
        self.rows[extract, delivery].append(row)

    def crime(
        self,
        who: Iterable[str],
        at: datetime,
        *,
        place: str = "",
        control: str = "",
        later_control: str = "",
        role: str = "VIC",
    ) -> str:
        """A crime of some victims; perhaps with a reference that is changed afterwards."""
        reference = self._reference("OCC")
        for delivery, name in ((DELIVERY, control), (LAST_DELIVERY, later_control)):
            if delivery == DELIVERY or name:
                self._add(
                    "police_records/occurrences", delivery, RECORDED,
                    occurrence_ref=reference, offence_code="105A", started_at=text(at),
                    location_uprn=place, control_ref=name,
                )  # fmt: skip
        self.join(reference, who, RECORDED, role)
        return reference

    def join(self, reference: str, who: Iterable[str], recorded: date, role: str = "VIC") -> None:
        """Further persons of a crime."""
        for nominal in who:
            self._add(
                "police_records/occurrence_roles", LAST_DELIVERY, recorded,
                occurrence_ref=reference, nominal_ref=nominal, role=role,
            )  # fmt: skip

    def missing(
        self, who: tuple[str, str], at: datetime, *, place: str = "", role: str = "INV"
    ) -> None:
        """Two who were missing together."""
        reference = self._reference("MIS")
        self._add(
            "police_missing/reports", DELIVERY, RECORDED,
            missing_ref=reference, nominal_ref=who[0], missing_at=text(at), found_uprn=place,
        )  # fmt: skip
        self._add(
            "police_missing/companions", DELIVERY, RECORDED,
            missing_ref=reference, nominal_ref=who[1], role=role,
        )  # fmt: skip

    def call(
        self,
        who: Iterable[str],
        at: datetime,
        *,
        place: str = "",
        reason: str = "STO",
        later_who: Iterable[str] = (),
    ) -> str:
        """A call for which some were checked; perhaps the wrong ones, which is put right."""
        reference = self._reference("CAD")
        self._add(
            "police_control/incidents", DELIVERY, RECORDED,
            control_ref=reference, opened_at=text(at), location_uprn=place,
        )  # fmt: skip
        checks = [(self._reference("PNC"), nominal) for nominal in who]
        later = [(check, nominal) for (check, _), nominal in zip(checks, later_who, strict=False)]
        for delivery, said in ((DELIVERY, checks), (LAST_DELIVERY, later)):
            for check, nominal in said:
                self._add(
                    "police_pnc/checks", delivery, RECORDED,
                    check_ref=check, nominal_ref=nominal, control_ref=reference,
                    reason=reason, checked_at=text(at),
                )  # fmt: skip
        return reference

    def report(
        self, who: Iterable[str], at: datetime, *, crime: str = "", false_from: str = ""
    ) -> None:
        """Intelligence on some; perhaps thought to be false from a delivery on."""
        reference = self._reference("INT")
        for delivery, assessment in ((FIRST_DELIVERY, "B"), (false_from, "E")):
            if delivery:
                self._add(
                    "police_records/intelligence_reports", delivery, RECORDED_FIRST,
                    report_ref=reference, event_date=f"{at:%d/%m/%Y}", source_evaluation="1",
                    intelligence_assessment=assessment, handling_code="P", occurrence_ref=crime,
                )  # fmt: skip
        for nominal in who:
            self._add(
                "police_records/intelligence_subjects", FIRST_DELIVERY, RECORDED_FIRST,
                report_ref=reference, nominal_ref=nominal, subject_role="SUBJ",
            )  # fmt: skip

    def abuse(self, who: Iterable[str], at: datetime, *, crime: str, control: str = "") -> None:
        """Domestic abuse that names a crime and a call."""
        reference = self._reference("DA")
        for nominal in who:
            self._add(
                "police_records/domestic_abuse", DELIVERY, RECORDED,
                da_ref=reference, nominal_ref=nominal, da_role="V", dash_grade="S",
                happened_date=f"{at:%d/%m/%Y}", occurrence_ref=crime, control_ref=control,
            )  # fmt: skip

    def detain(self, who: Iterable[str], at: datetime, *, crime: str) -> None:
        """Some who were detained for a crime."""
        for nominal in who:
            self._add(
                "police_records/custody", DELIVERY, RECORDED,
                custody_ref=self._reference("CUS"), nominal_ref=nominal, occurrence_ref=crime,
                detained_at=text(at),
            )  # fmt: skip

    def deliver(self, extracts: Path) -> None:
        """Add the rows to the files that were delivered."""
        for (extract, delivery), rows in self.rows.items():
            with (extracts / extract / f"{delivery}.csv").open("r+", newline="") as file:
                header = next(csv.reader(file))
                file.seek(0, 2)
                csv.DictWriter(file, [name.lower() for name in header]).writerows(rows)


def text(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def planted(nominals: list[str]) -> Plant:
    """Crowds, events that are alike or hardly, and references that contradict each other."""
    plant = Plant()
    pairs = iter(zip(nominals[::2], nominals[1::2], strict=True))

    def pair(n_crimes: int = 2) -> tuple[str, str]:
        """Two persons who share some crimes, of which none is like another."""
        who = next(pairs)
        for days in range(n_crimes):
            plant.crime(who, NOON - timedelta(days=days + 10))
        return who

    def after(minutes: int) -> datetime:
        return NOON + timedelta(minutes=minutes)

    # Within the hour, and just not.
    for minutes in (0, 60, 61, -60, -61):
        plant.crime(who := pair(), NOON, place="p")
        plant.missing(who, after(minutes), place="p")
    # Elsewhere, or with one of the two only.
    plant.crime(who := pair(), NOON, place="p")
    plant.missing(who, NOON, place="q")
    plant.crime(who := pair(), NOON, place="p")
    plant.call(who[:1], NOON, place="p")
    # Three systems, each within the hour of the next.
    plant.crime(who := pair(), NOON, place="p")
    plant.missing(who, after(50), place="p")
    plant.call(who, after(100), place="p")
    # What is like two that are unlike each other.
    plant.crime(who := pair(), NOON, place="p")
    plant.crime(who, after(100), place="p")
    plant.missing(who, after(50), place="p")
    # One reference after another, and two for one.
    call = plant.call(who := pair(), NOON)
    crime = plant.crime(who, after(500))
    plant.abuse(who, NOON, crime=crime, control=call)
    call, other = plant.call(who := pair(), NOON), plant.call(who, after(500))
    plant.abuse(who, NOON, crime=plant.crime(who, NOON, control=other), control=call)
    # A reference that is changed, in either direction of its numbers.
    call, other = plant.call(who := pair(), NOON), plant.call(who, after(500))
    plant.crime(who, NOON, control=call, later_control=other)
    call, other = plant.call(who := pair(), NOON), plant.call(who, after(500))
    plant.crime(who, NOON, control=other, later_control=call)
    # One that is written later.
    call = plant.call(who := pair(), NOON)
    plant.crime(who, after(500), later_control=call)
    # Roles in which the city brings nobody together.
    plant.crime(pair(), NOON, role="OFF")
    plant.call(pair(), NOON, reason="ARR")
    for role in ("VIC", "SUS", "OFF"):
        plant.missing(pair(), NOON, role=role)
    plant.detain(pair(), NOON, crime=plant.crime((), NOON))
    # Crimes that are named, and never delivered themselves.
    plant.detain(pair(), NOON, crime="PLANT-NOWHERE-1")
    plant.abuse(who := pair(), NOON, crime="PLANT-NOWHERE-2")
    plant.report(who, NOON, crime="PLANT-NOWHERE-2")
    # What is put right: links end, go on with one incident fewer, or begin anew with another.
    early = NOON - timedelta(days=30)
    plant.report(pair(), early, false_from=LAST_DELIVERY)
    plant.report(pair(3), early, false_from=LAST_DELIVERY)
    plant.report(who := pair(), early, false_from=DELIVERY)
    plant.join(plant.crime((), NOON), who, RECORDED_LAST)
    plant.call(who := pair(), NOON, later_who=(who[0], nominals[0]))
    # A crowd that grows: who comes after the 25th links with nobody.
    crowd = nominals[-27:]
    for days in range(3):
        crime = plant.crime(crowd[:25], NOON - timedelta(days=days))
        plant.join(crime, crowd[25:26], RECORDED + timedelta(days=1))
        plant.join(crime, crowd[26:], RECORDED + timedelta(days=2))
    return plant


def distinct_nominals(extracts: Path) -> list[str]:
    """Nominals of whom it is plain that they are different persons."""
    with (extracts / f"police_records/nominals/{LAST_DELIVERY}.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    by_birthday = {row["dob"]: row["nominal_no"] for row in rows if row["dob"] and row["pnc_id"]}
    return sorted(by_birthday.values())[:N_NOMINALS]


# -- What the warehouse says, and what the rows say


@dataclass(frozen=True)
class Compared:
    """A city of police extracts, and what they say who reads them slowly."""

    city: City
    #: All that the police say, and the part of it that counts.
    said: Evidence
    given: Evidence
    # Out of their text, for pytest shows what a failed test was given.
    shared: Shared = field(repr=False)
    rows: list[tuple[Pair, Meeting]] = field(repr=False)

    def n_differing(self, shared: Shared) -> int:
        """How many shared incidents stand on one side alone; a number, which names nobody."""
        return len({(pair, one) for pair, met in shared.items() for one in met} ^ set(self.rows))


@pytest.fixture(scope="module")
def police_alone(everything: Path) -> City:
    folder = everything.parent.with_name("test-city-police-alone")
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "warehouse").mkdir(parents=True)
    city = City(folder, everything.parent / "truth")
    for system in SYSTEMS:
        shutil.copytree(everything / system, city.extracts / system)
    planted(distinct_nominals(city.extracts)).deliver(city.extracts)
    city.load()
    # The gates above the mart are judged; the tests of what lies between are run elsewhere.
    city.dbt("build", "--indirect-selection", "empty", "--select", *MARTS)
    return city


@pytest.fixture(scope="module")
def compared(police_alone: City) -> Compared:
    said = evidence(Warehouse(police_alone.build_file, SEEDS))
    given = said.of(roles_that_count(SEEDS))
    incidents = merged(given)
    # An incident may go by the name of any event that is in it.
    rows = [
        ((left, right), Meeting(incidents.of(event), *rest))
        for left, right, event, *rest in police_alone.query(
            "select person_id_l, person_id_r, event_id, kind, event_date, recorded_date, n_persons"
            " from intermediate.int_network__events_shared"
        )
    ]
    return Compared(police_alone, said, given, meetings(given, incidents), rows)


def links_of(rows: Iterable[tuple[Any, ...]], kinds: Iterable[str]) -> Links:
    """Links, of rows with the pair, a count per kind, four days and a strength."""
    return {
        (left, right, linked_on): Link(
            {kind: n for kind, n in zip(kinds, counts, strict=True) if n},
            first, last, linked_on, ended_on, strength,
        )
        for left, right, *counts, first, last, linked_on, ended_on, strength in rows
    }  # fmt: skip


def links_expected(shared: Shared) -> Links:
    """Links by their pair and first day, as the rows say."""
    return {
        (*pair, one.linked_on): one for pair, met in shared.items() for one in times_linked(met)
    }


def same(found: Links, expected: Links) -> bool:
    """Whether links are the same, but for the last digits of their strength."""
    return found.keys() == expected.keys() and all(
        replace(one, strength=0) == replace(expected[key], strength=0)
        and math.isclose(one.strength, expected[key].strength, rel_tol=0, abs_tol=TOLERANCE)
        for key, one in found.items()
    )


def links_found(city: City) -> Links:
    """Links as the warehouse has them."""
    return links_of(
        city.query(
            f"select person_id_l, person_id_r, {', '.join(f'n_{kind}' for kind in KINDS)},"
            " first_event_date, last_event_date, linked_on, ended_on, strength"
            " from intermediate.int_network__associates_linked"
        ),
        KINDS,
    )


def as_never_put_right(shared: Shared) -> Shared:
    """What is shared, if nothing had ever been withdrawn."""
    return {pair: [replace(one, known_to=None) for one in met] for pair, met in shared.items()}


def test_nothing_but_police_extracts_was_delivered(police_alone: City) -> None:
    systems = police_alone.query("select distinct system from raw.load_files order by system")
    assert [system for (system,) in systems] == list(SYSTEMS)


def test_there_is_something_to_compare(compared: Compared) -> None:
    assert len(compared.shared) >= N_LINKS
    met = [one for shared in compared.shared.values() for one in shared]
    assert len(met) >= N_SHARED
    assert {one.kind for one in met} == set(KINDS)
    assert max(one.n_persons for one in met) == LARGEST


def test_the_shared_incidents_are_what_the_rows_say(compared: Compared) -> None:
    assert len(compared.rows) == sum(map(len, compared.shared.values()))
    assert compared.n_differing(compared.shared) == 0


def test_the_links_are_what_the_rows_say(compared: Compared) -> None:
    expected = links_expected(compared.shared)
    found = links_found(compared.city)
    assert len(found) == len(expected)
    is_same = same(found, expected)
    assert is_same
    counts = compared.city.query(
        "select person_id_l, person_id_r, linked_on, n_events"
        " from intermediate.int_network__associates_linked"
    )
    assert sum(sum(expected[*key].n_of_kind.values()) != n for *key, n in counts) == 0
    # Links have ended, and one has begun anew.
    assert sum(one.ended_on is not None for one in expected.values()) >= N_ENDED
    assert len(expected) > len({key[:2] for key in expected})


def test_the_mart_tells_the_same_pairs_from_both_sides(compared: Compared) -> None:
    told = compared.city.query(
        "select person_id, associate_id, linked_on from marts.fct_association"
        " where evidence = 'inferred'"
    )
    links = links_expected(compared.shared)
    expected = {*links, *((right, left, day) for left, right, day in links)}
    n_differing = len(expected ^ set(told))
    assert (len(told), n_differing) == (len(expected), 0)


def test_what_crowds_leave_out_is_what_the_rows_say(compared: Compared) -> None:
    expected = left_out(compared.given, merged(compared.given))
    # The planted crowds of 27: of each, all pairs but those of the first 25.
    n_pairs = 27 * 26 // 2 - 25 * 24 // 2
    assert expected["crime"] == LeftOut(n_incidents=3, n_persons=2, n_pairs=3 * n_pairs)
    told = compared.city.query(
        "select kind, n_mass_incidents, n_persons_left_out, n_pairs_left_out"
        " from marts.fct_link_coverage"
    )
    none = LeftOut(0, 0, 0)
    assert {kind: LeftOut(*counts) for kind, *counts in told} == {
        kind: expected.get(kind, none) for kind in (*KINDS, "all")
    }


def test_incidents_and_links_are_counted_as_the_rows_say(compared: Compared) -> None:
    given, incidents = compared.given, merged(compared.given)
    persons: dict[str, set[str]] = defaultdict(set)
    for one in given.parts:
        persons[incidents.of(one.event)].add(one.person_id)
    sizes = [len(who) for who in persons.values()]
    standing = {
        pair: one
        for pair, met in compared.shared.items()
        for one in times_linked(met)
        if one.ended_on is None
    }
    linking = {one.incident for pair in standing for one in compared.shared[pair]}
    ((*told,),) = compared.city.query(
        "select n_incidents, n_persons, n_persons_largest, n_incidents_shared, n_pairs,"
        " n_incidents_linking, n_links from marts.fct_link_coverage where kind = 'all'"
    )
    assert told == [
        len(sizes), len(set[str]().union(*persons.values())), max(sizes),
        sum(size > 1 for size in sizes), sum(size * (size - 1) // 2 for size in sizes),
        len(linking), len(standing),
    ]  # fmt: skip
    of_kind = compared.city.query(
        "select kind, n_links from marts.fct_link_coverage where kind <> 'all'"
    )
    assert dict(of_kind) == {
        kind: sum(kind in one.n_of_kind for one in standing.values()) for kind in KINDS
    }


def test_the_command_finds_the_same_links(compared: Compared, tmp_path: Path) -> None:
    events, links, row_map = (tmp_path / name for name in ("events.csv", "links.csv", "map.yml"))
    with duckdb.connect(str(compared.city.build_file), read_only=True) as connection:
        connection.sql("from intermediate.int_network__person_events_gathered").write_csv(
            str(events)
        )
    row_map.write_text(
        "columns: {person: person_id, event: incident_id, kind: kind, date: event_date,"
        " recorded: recorded_date}\n"
    )
    compared.city.run(
        "think_family", "links", "--events", str(events), "--map", str(row_map),
        "--out", str(links),
    )  # fmt: skip
    found = duckdb.read_csv(str(links))
    kinds = [name[2:] for name in found.columns if name.startswith("n_") and name != "n_events"]
    # It is given when a part was first known, and not that it was put right.
    expected = links_expected(as_never_put_right(compared.shared))
    rows = found.project("* exclude (n_events, strength), null as ended_on, strength").fetchall()
    is_same = same(links_of(rows, kinds), expected)
    assert is_same


# -- That a mistake would be noticed


def test_no_role_could_be_left_out_unnoticed(compared: Compared) -> None:
    roles = roles_that_count(SEEDS)
    unnoticed = []
    for role in roles:
        given = compared.said.of(roles - {role})
        if compared.n_differing(meetings(given, merged(given))) == 0:
            unnoticed.append(role)
    assert unnoticed == []


def test_no_role_could_be_taken_in_unnoticed(compared: Compared) -> None:
    roles = roles_that_count(SEEDS)
    unnoticed = []
    for role in {one.role for one in compared.said.parts} - roles:
        given = compared.said.of(roles | {role})
        if compared.n_differing(meetings(given, merged(given))) == 0:
            unnoticed.append(role)
    assert unnoticed == []


def test_no_part_could_be_left_out_unnoticed(compared: Compared) -> None:
    given, incidents = compared.given, merged(compared.given)
    (person_id, _), (met, *_) = next(iter(compared.shared.items()))
    parts = [
        one
        for one in given.parts
        if (one.person_id, incidents.of(one.event)) != (person_id, met.incident)
    ]
    assert compared.n_differing(meetings(replace(given, parts=parts), incidents)) > 0


def test_no_rule_could_be_left_out_unnoticed(compared: Compared) -> None:
    given, incidents = compared.given, merged(compared.given)
    by_mistake = {
        "no references": meetings(given, merged(replace(given, same=[]))),
        "no likeness": meetings(given, merged(given, by_likeness=False)),
        "two are enough": meetings(given, incidents, threshold=2),
        "three are too few": meetings(given, incidents, threshold=4),
        "smaller crowds": meetings(given, incidents, largest=LARGEST - 1),
        "larger crowds": meetings(given, incidents, largest=LARGEST + 1),
    }
    unnoticed = [
        mistake for mistake, shared in by_mistake.items() if compared.n_differing(shared) == 0
    ]
    assert unnoticed == []


def test_what_was_put_right_could_not_be_passed_over_unnoticed(compared: Compared) -> None:
    by_mistake = links_expected(as_never_put_right(compared.shared))
    is_same = same(links_found(compared.city), by_mistake)
    assert not is_same


# -- What an absent source leaves undone, and an empty one does not


def test_a_gate_misses_no_extract_that_was_never_delivered_but_one_that_came_empty(
    police_alone: City,
) -> None:
    gates = (
        "select gate, is_open from intermediate.gate_police union all"
        " select gate, is_open from intermediate.gate_linkage order by gate"
    )
    assert police_alone.query(gates) == [("linkage", True), ("police", True)]

    folder = police_alone.folder.with_name("test-city-police-and-nothing")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(police_alone.extracts, folder / "extracts")
    shutil.copytree(police_alone.folder / "warehouse", folder / "warehouse")
    city = City(folder, police_alone.truth)
    for extract in ("gazetteer/addresses", "dwp/benefits"):
        made = next(iter(police_alone.truth.parent.glob(f"all-extracts/{extract}/*.*")))
        to = city.extracts / extract / f"{LAST_DELIVERY}.csv"
        to.parent.mkdir(parents=True)
        to.write_text(made.read_text(encoding="utf-8-sig").splitlines()[0] + "\n")
    city.load()
    # What stands on neither of the two is as it was.
    city.dbt("build", "--indirect-selection", "empty", "--select", *SELECTED)
    assert city.query(gates) == [("linkage", False), ("police", False)]
