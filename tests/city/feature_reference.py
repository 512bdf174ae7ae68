"""The features of a person as of a date, worked out slowly from the rows as they were delivered.

It shares no line with the SQL of the features: rows are read as text, dated and decoded here, and
every fact is put together in plain Python. What it takes as given are the seeds, who is who (the
crosswalk to persons, families, birth dates, programmes) and the programme of each extract; of
networks and places also ties, what each part in an incident says, who stayed where, and which
places are protected, which tests of their own judge.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

Feature = bool | int | float | None
Extract = tuple[str, str]

LONDON = ZoneInfo("Europe/London")
WHITE_SPACE = " \t\n\v\f\r\xa0"
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
INTEGERS = range(-(2**31), 2**31)

# How a system writes its dates.
ISO, DMY, DMON = "iso", "dmy", "dmon"
DATES_OF = {
    "bristol_education": ISO,
    "bristol_housing": DMY,
    "bristol_revenues": DMY,
    "bristol_social_care": ISO,
    "bristol_youth_justice": DMY,
    "dwp": DMY,
    "health": ISO,
    "police_control": DMY,
    "police_missing": DMY,
    "police_pnc": DMY,
    "police_records": DMY,
    "school_register": ISO,
    "somerset_children": DMON,
    "somerset_housing": DMON,
}
# The column that says when a row was recorded, where it is not recorded_date.
RECORDED_IN = {"somerset_children": "date_added", "somerset_housing": "date_added"}

MISSING_GRADES = {"no_apparent_risk": 1.0, "low": 2.0, "medium": 3.0, "high": 4.0}
DASH_GRADES = {"standard": 1.0, "medium": 2.0, "high": 3.0}
# Measures that are no counts.
YES_OR_NO = ("is_current", "has_relative")
CALL_SCRIPT = ("exploitation", "substances", "self_harm", "older_friends")
# Markers and episodes that models are measured by.
LABEL_MARKERS = ("OPT", "CCE")
LABEL_EPISODES = ("CSS", "CEP")
# From 1 September to the day on which an academic year is over, 20 July or the day before.
ACADEMIC_YEAR = timedelta(days=322)


# -- How text is read


def cleaned(text: str | None) -> str | None:
    """The text without white space around it; None where nothing is left."""
    return (text or "").strip(WHITE_SPACE) or None


def read_day(text: str | None, written: str) -> date | None:
    """A full date in one of the three ways; None where the text is something else."""
    text = cleaned(text) or ""
    if written == ISO and re.fullmatch(r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}", text):
        year, month, day = int(text[:4]), int(text[5:7]), int(text[8:])
    elif written == DMY and re.fullmatch(r"[0-9]{2}/[0-9]{2}/[1-9][0-9]{3}", text):
        year, month, day = int(text[6:]), int(text[3:5]), int(text[:2])
    elif written == DMON and re.fullmatch(r"[0-9]{2}-[A-Za-z]{3}-[1-9][0-9]{3}", text):
        name = text[3:6].upper()
        year, day = int(text[7:]), int(text[:2])
        month = MONTHS.index(name) + 1 if name in MONTHS else 0
    else:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def read_moment(text: str | None) -> datetime | None:
    """A UTC timestamp; None where the text is none."""
    text = cleaned(text) or ""
    if not re.fullmatch(r"[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9]Z", text):
        return None
    is_midnight_of_next = text[11:19] == "24:00:00"
    clock = "00:00:00" if is_midnight_of_next else text[11:19]
    try:
        moment = datetime.fromisoformat(f"{text[:10]}T{clock}").replace(tzinfo=UTC)
    except ValueError:
        return None
    return moment + timedelta(days=is_midnight_of_next)


def read_london_day(text: str | None) -> date | None:
    """The day in London at a UTC timestamp; None where the text is none."""
    moment = read_moment(text)
    return moment.astimezone(LONDON).date() if moment else None


def read_whole(text: str | None) -> int | None:
    """A whole number in plain digits, which tools may have written with .0 at its end."""
    text = cleaned(text) or ""
    if not re.fullmatch(r"[+-]?[0-9]+([.]0+)?", text):
        return None
    number = int(text.partition(".")[0])
    return number if number in INTEGERS else None


def read_number(text: str | None) -> Decimal | None:
    """A decimal number of at most ten digits before the point, to two places."""
    text = cleaned(text) or ""
    if not re.fullmatch(r"[+-]?[0-9]*[.]?[0-9]+", text):
        return None
    number = Decimal(text).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return number if abs(number) < 10**10 else None


def read_yes(text: str | None) -> bool | None:
    """Yes or no; None where the text is neither."""
    text = (cleaned(text) or "").upper()
    if text in ("Y", "YES", "TRUE", "T", "1"):
        return True
    return False if text in ("N", "NO", "FALSE", "F", "0") else None


def read_nhs_number(text: str | None) -> str | None:
    """Ten digits, whatever stands between them."""
    compact = re.sub(r"[^A-Z0-9]+", "", (text or "").upper())
    return compact if re.fullmatch(r"[0-9]{10}", compact) else None


def years_between(birth_date: date, day: date) -> int:
    """Completed years; who was born on 29 February is a year older on 1 March."""
    is_before_birthday = (day.month, day.day) < (birth_date.month, birth_date.day)
    return day.year - birth_date.year - is_before_birthday


# -- What is known when


@dataclass(frozen=True, slots=True)
class Known:
    """From which day something was known, and from which day no longer."""

    from_date: date
    to_date: date | None

    def on(self, day: date) -> bool:
        """Whether it was known on a day."""
        return self.from_date <= day and (self.to_date is None or day < self.to_date)

    def at_once_with(self, other: Known) -> Known | None:
        """When both were known; None where they never were at once."""
        ends = [end for end in (self.to_date, other.to_date) if end is not None]
        both = Known(max(self.from_date, other.from_date), min(ends, default=None))
        return both if both.to_date is None or both.from_date < both.to_date else None

    def not_before(self, day: date | None) -> Known | None:
        """The same from a day on; None where it was known no longer by then."""
        return self.at_once_with(Known(day, None)) if day else self


@dataclass(frozen=True, slots=True)
class Row:
    """A version of a source row: what it said, and while it stood."""

    key: str
    known: Known
    #: The delivery that brought the version.
    delivered: date
    dates: str
    values: Mapping[str, str | None]

    def text(self, column: str) -> str | None:
        """A column as text."""
        return cleaned(self.values[column])

    def day(self, column: str) -> date | None:
        """A column as a date."""
        return read_day(self.values[column], self.dates)


def versions(
    rows: Iterable[tuple[date, int, str, Mapping[str, str | None]]],
    deliveries: Iterable[tuple[date, bool]],
    key: str,
    written: str,
    recorded_in: str,
) -> Iterator[Row]:
    """The versions of one source row.

    Args:
        rows: what deliveries said of it: their date, the number of the row, its hash, its values.
        deliveries: all deliveries of the extract, and whether each was full.
        key: the key of the source row.
        written: how the system writes dates.
        recorded_in: the column that holds when the row was recorded.
    """
    said = defaultdict(list)
    for delivered, _, content, values in sorted(rows, key=lambda row: row[:2]):
        said[delivered].append((content, values))
    opened: list[tuple[date, Mapping[str, str | None]]] = []
    closed: list[date | None] = []
    standing = None
    for delivered, is_full in sorted(deliveries):
        if is_full and standing is not None and delivered not in said:
            closed[-1], standing = delivered, None
        for content, values in said.get(delivered, ()):
            if content == standing:
                continue
            if standing is not None:
                closed[-1] = delivered
            opened.append((delivered, values))
            closed.append(None)
            standing = content
    for number, ((delivered, values), to_date) in enumerate(zip(opened, closed, strict=True)):
        recorded = read_day(values[recorded_in], written)
        is_known_earlier = number == 0 and recorded is not None and recorded < delivered
        from_date = recorded if recorded and is_known_earlier else delivered
        yield Row(key, Known(from_date, to_date), delivered, written, values)


@dataclass(frozen=True, slots=True)
class Fact:
    """What a version of a row states about a person."""

    person_id: str
    extract: Extract
    attribute: str
    value: str | None
    measure: float | None
    from_date: date
    #: Day from which it no longer holds.
    to_date: date | None
    known: Known
    #: Facts of one key are one event.
    event_key: tuple[str, ...]


# -- The built city, as far as it is taken as given


class Warehouse:
    """The rows of a build file, with the code lists of the seeds."""

    def __init__(self, build_file: Path, seeds: Path) -> None:
        self._build_file = build_file
        self._codes = {
            (row["code_list"], row["code"]): row["value"] for row in read_seed(seeds, "code_map")
        }
        self._rows: dict[Extract, list[Row]] = {}

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query on the build file."""
        with duckdb.connect(str(self._build_file), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def rows(self, system: str, extract: str) -> list[Row]:
        """All versions of all rows of an extract."""
        if (system, extract) not in self._rows:
            self._rows[system, extract] = list(self._read(system, extract))
        return self._rows[system, extract]

    def _read(self, system: str, extract: str) -> Iterator[Row]:
        deliveries = [
            (delivered, delivery == "full")
            for delivered, delivery in self.query(
                "select distinct extract_date, delivery from raw.load_files"
                f" where system = '{system}' and extract = '{extract}'"
            )
        ]
        with duckdb.connect(str(self._build_file), read_only=True) as connection:
            cursor = connection.execute(f"select * from raw.{system}__{extract}")
            names = [column[0] for column in cursor.description]
            by_key = defaultdict(list)
            for row in cursor.fetchall():
                values = dict(zip(names, row, strict=True))
                delivered, number = values.pop("_extract_date"), values.pop("_row_number")
                key, content = values.pop("_source_row_key"), values.pop("_content_hash")
                by_key[key].append((delivered, number, content, values))
        recorded_in = RECORDED_IN.get(system, "recorded_date")
        for key, rows in by_key.items():
            yield from versions(rows, deliveries, key, DATES_OF[system], recorded_in)

    def rows_by(self, system: str, extract: str, column: str) -> dict[str | None, list[Row]]:
        """The same by what a column says."""
        by_text = defaultdict(list)
        for row in self.rows(system, extract):
            by_text[row.text(column)].append(row)
        return dict(by_text)

    def decoded(self, row: Row, column: str, code_list: str) -> str | None:
        """What a code means; unknown where the list does not hold it."""
        code = row.text(column)
        return self._codes.get((code_list, code), "unknown") if code else None

    @cached_property
    def _persons(self) -> dict[tuple[str, str, str], str]:
        return {
            (system, extract, local_id): person_id
            for system, extract, local_id, person_id in self.query(
                "select source_system, source_extract, local_person_id, person_id"
                " from intermediate.int_identity__source_persons_identified"
            )
        }

    def person(self, system: str, extract: str, *local_id: str | int | None) -> str | None:
        """The person whom a system knows by an id, or by an id and a number."""
        if None in local_id:
            return None
        return self._persons.get((system, extract, "|".join(map(str, local_id))))

    def attached(self, relation: str) -> dict[str, list[str]]:
        """The persons of rows that were attached one by one, by the key of the source row."""
        persons = defaultdict(list)
        for key, person_id in self.query(
            f"select source_row_key, person_id from intermediate.{relation}"
        ):
            persons[key].append(person_id)
        return dict(persons)

    def nominal(self, row: Row) -> str | None:
        """The person of a row of the police."""
        return self.person("police_records", "nominals", row.text("nominal_ref"))

    def pupil(self, row: Row) -> str | None:
        """The person of a row of the schools."""
        return self.person("bristol_education", "pupils", row.text("pupil_ref"))

    def client(self, row: Row) -> str | None:
        """The person of a row of social care."""
        return self.person("bristol_social_care", "persons", row.text("person_ref"))

    def patient(self, row: Row) -> str | None:
        """The person of a row of health."""
        nhs_number = read_nhs_number(row.values["nhs_number"])
        return self.person("health", "gp_registrations", nhs_number)

    @cached_property
    def birth_dates(self) -> dict[str, list[tuple[date, Known]]]:
        """The birth dates by which each person was known, and when."""
        dates = defaultdict(list)
        for person_id, birth_date, from_date, to_date in self.query(
            "select person_id, birth_date, from_date, to_date"
            " from intermediate.int_identity__birth_dates_dated"
        ):
            dates[person_id].append((birth_date, Known(from_date, to_date)))
        return dict(dates)


def read_seed(seeds: Path, name: str) -> list[dict[str, str]]:
    """The rows of a seed."""
    with (seeds / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# -- What each family of extracts states


@dataclass(frozen=True)
class Statement:
    """Makes the facts of one extract."""

    extract: Extract

    def fact(
        self,
        person_id: str | None,
        attribute: str,
        value: str | None,
        from_date: date | None,
        known: Known | None,
        event_key: tuple[str, ...],
        measure: float | None = None,
        to_date: date | None = None,
    ) -> Iterator[Fact]:
        """A fact, if there is a person and it was ever known; dated when known if undated."""
        if person_id is not None and known is not None:
            yield Fact(
                person_id, self.extract, attribute, value, measure,
                from_date or known.from_date, to_date, known, event_key,
            )  # fmt: skip


def occurrence_facts(city: Warehouse) -> Iterator[Fact]:
    """Roles in occurrences, by themselves and with the offence and the flag."""
    state = Statement(("police_records", "occurrence_roles"))
    occurrences = city.rows_by("police_records", "occurrences", "occurrence_ref")
    for row in city.rows(*state.extract):
        person_id, reference = city.nominal(row), row.text("occurrence_ref")
        role, key = city.decoded(row, "role", "role"), ("occurrence", reference or row.key)
        if reference not in occurrences:
            yield from state.fact(person_id, "role", role, None, row.known, key)
        for occurrence in occurrences.get(reference, []):
            known = row.known.at_once_with(occurrence.known)
            started = read_london_day(occurrence.values["started_at"])
            offence = city.decoded(occurrence, "offence_code", "offence")
            flag = city.decoded(occurrence, "flag", "occurrence_flag")
            yield from state.fact(person_id, "role", role, started, known, key)
            if role and offence:
                value = f"{role} {offence}"
                yield from state.fact(person_id, "role and offence", value, started, known, key)
            if role and flag and flag != "none":
                value = f"{role} {flag}"
                yield from state.fact(person_id, "role and flag", value, started, known, key)


def custody_facts(city: Warehouse) -> Iterator[Fact]:
    """Detentions."""
    state = Statement(("police_records", "custody"))
    for row in city.rows(*state.extract):
        detained = read_london_day(row.values["detained_at"])
        yield from state.fact(
            city.nominal(row), "detention", None, detained, row.known, (row.key,)
        )  # fmt: skip


def antisocial_behaviour_facts(city: Warehouse) -> Iterator[Fact]:
    """Roles in incidents of antisocial behaviour."""
    state = Statement(("police_records", "antisocial_behaviour"))
    for row in city.rows(*state.extract):
        yield from state.fact(
            city.nominal(row), "role", city.decoded(row, "role", "role"),
            row.day("happened_date"), row.known, ("incident", row.text("asb_ref") or row.key),
        )  # fmt: skip


def domestic_abuse_facts(city: Warehouse) -> Iterator[Fact]:
    """Roles in incidents of domestic abuse, with the DASH grade."""
    state = Statement(("police_records", "domestic_abuse"))
    for row in city.rows(*state.extract):
        yield from state.fact(
            city.nominal(row), "role", city.decoded(row, "da_role", "da_role"),
            row.day("happened_date"), row.known, ("incident", row.text("da_ref") or row.key),
            measure=DASH_GRADES.get(city.decoded(row, "dash_grade", "dash_grade") or ""),
        )  # fmt: skip


def marker_facts(city: Warehouse) -> Iterator[Fact]:
    """Warning markers, without those that models are measured by."""
    state = Statement(("police_records", "markers"))
    for row in city.rows(*state.extract):
        if row.text("marker_code") not in LABEL_MARKERS:
            yield from state.fact(
                city.nominal(row), "marker", city.decoded(row, "marker_code", "marker"),
                row.day("from_date"), row.known, (row.key,), to_date=row.day("to_date"),
            )  # fmt: skip


def intelligence_facts(city: Warehouse) -> Iterator[Fact]:
    """Themes of reports that name a person other than in passing and are not suspected false."""
    state = Statement(("police_records", "intelligence_subjects"))
    reports = city.rows_by("police_records", "intelligence_reports", "report_ref")
    for row in city.rows(*state.extract):
        reference = row.text("report_ref")
        if city.decoded(row, "subject_role", "subject_role") == "mentioned":
            continue
        for report in reports.get(reference, []):
            grade = city.decoded(report, "intelligence_assessment", "intelligence_assessment")
            if grade != "suspected_false":
                yield from state.fact(
                    city.nominal(row), "theme",
                    city.decoded(report, "theme", "intelligence_theme"),
                    report.day("event_date"), row.known.at_once_with(report.known),
                    ("report", reference or row.key),
                )  # fmt: skip


def missing_facts(city: Warehouse) -> Iterator[Fact]:
    """Missing reports: their grade, the place gone from and the answers to the call script."""
    state = Statement(("police_missing", "reports"))
    for row in city.rows(*state.extract):
        person_id, missing = city.nominal(row), read_london_day(row.values["missing_at"])
        grade = city.decoded(row, "grade", "missing_grade")
        measure = MISSING_GRADES.get(grade or "")
        place = city.decoded(row, "missing_from", "missing_place")
        yield from state.fact(
            person_id, "grade", grade, missing, row.known, (row.key,), measure=measure
        )
        yield from state.fact(
            person_id, "missing from", place, missing, row.known, (row.key,), measure=measure
        )
        for answer in CALL_SCRIPT:
            if read_yes(row.values[f"script_{answer}"]):
                yield from state.fact(
                    person_id, "call script", answer, missing, row.known, (row.key,)
                )


def attendance_facts(city: Warehouse) -> Iterator[Fact]:
    """Sessions missed in a half-term and, once it is over, in an academic year."""
    state = Statement(("bristol_education", "attendance"))
    rows_of_year = defaultdict(list)
    for row in city.rows(*state.extract):
        possible = read_whole(row.values["sessions_possible"])
        authorised = read_whole(row.values["sessions_authorised"])
        unauthorised = read_whole(row.values["sessions_unauthorised"])
        person_id, first_day = city.pupil(row), row.day("half_term_start")
        if unauthorised is not None:
            yield from state.fact(
                person_id, "sessions unauthorised", None, first_day, row.known, (row.key,),
                measure=float(unauthorised),
            )  # fmt: skip
        if possible and authorised is not None and unauthorised is not None:
            missed = authorised + unauthorised
            yield from state.fact(
                person_id, "percent missed", None, first_day, row.known, (row.key,),
                measure=100 * missed / possible,
            )  # fmt: skip
            year = (row.text("half_term") or "").partition("-")[0]
            if possible > 0 and re.fullmatch(r"[1-9][0-9]{3}", year):
                rows_of_year[row.text("pupil_ref"), year].append((row.known, missed, possible))
    for (pupil, year), rows in rows_of_year.items():
        began = date(int(year), 9, 1)
        for known, percent in percents_missed(rows, began + ACADEMIC_YEAR):
            yield from state.fact(
                city.person("bristol_education", "pupils", pupil), "percent missed in the year",
                None, began, known, (pupil or "", year), measure=percent,
            )  # fmt: skip


def percents_missed(
    rows: list[tuple[Known, int, int]], over: date
) -> Iterator[tuple[Known, float]]:
    """What was missed of a year by what was known, from the day it is over, and while it was so."""
    changes = {day for known, _, _ in rows for day in (known.from_date, known.to_date) if day}
    days = sorted({over} | {day for day in changes if day > over})
    for day, next_day in zip(days, [*days[1:], None], strict=True):
        stood = [(missed, possible) for known, missed, possible in rows if known.on(day)]
        if stood:
            total = sum(possible for _, possible in stood)
            yield Known(day, next_day), 100 * sum(missed for missed, _ in stood) / total


def somerset_attendance_facts(city: Warehouse) -> Iterator[Fact]:
    """What was missed of an academic year, which Somerset counts itself."""
    state = Statement(("somerset_children", "attendance"))
    for row in city.rows(*state.extract):
        attended = read_number(row.values["percent_attended"])
        if attended is not None:
            yield from state.fact(
                city.person("somerset_children", "people", row.text("som_id")),
                "percent missed in the year", None, row.day("year_start"), row.known, (row.key,),
                measure=float(100 - attended),
            )  # fmt: skip


def exclusion_facts(city: Warehouse) -> Iterator[Fact]:
    """Suspensions and exclusions: their type and reason."""
    state = Statement(("bristol_education", "exclusions"))
    for row in city.rows(*state.extract):
        for attribute, value in (
            ("type", city.decoded(row, "exclusion_type", "exclusion_type")),
            ("reason", city.decoded(row, "reason", "exclusion_reason")),
        ):
            yield from state.fact(
                city.pupil(row), attribute, value, row.day("start_date"), row.known, (row.key,)
            )


def missing_education_facts(city: Warehouse) -> Iterator[Fact]:
    """Times without a school."""
    state = Statement(("bristol_education", "children_missing_education"))
    for row in city.rows(*state.extract):
        yield from state.fact(
            city.pupil(row), "missing education", None, row.day("start_date"), row.known,
            (row.key,), to_date=row.day("end_date"),
        )  # fmt: skip


def special_needs_facts(city: Warehouse) -> Iterator[Fact]:
    """Provision for special educational needs."""
    state = Statement(("bristol_education", "sen"))
    for row in city.rows(*state.extract):
        yield from state.fact(
            city.pupil(row), "provision", city.decoded(row, "provision", "sen_provision"),
            row.day("start_date"), row.known, (row.key,), to_date=row.day("end_date"),
        )  # fmt: skip


def destination_facts(city: Warehouse) -> Iterator[Fact]:
    """Destinations after school, and the risk of having none."""
    state = Statement(("bristol_education", "destinations"))
    for row in city.rows(*state.extract):
        person_id, from_date = city.pupil(row), row.day("from_date")
        yield from state.fact(
            person_id, "destination", city.decoded(row, "destination", "destination"), from_date,
            row.known, (row.key,), to_date=row.day("to_date"),
        )  # fmt: skip
        yield from state.fact(
            person_id, "risk", city.decoded(row, "neet_risk", "neet_risk"), from_date,
            row.known, (row.key,),
        )  # fmt: skip


def free_school_meals_facts(city: Warehouse) -> Iterator[Fact]:
    """Free school meals, which are known of a pupil only as of each delivery."""
    state = Statement(("bristol_education", "pupils"))
    for row in city.rows(*state.extract):
        is_eligible = read_yes(row.values["free_school_meals"])
        if is_eligible is not None:
            yield from state.fact(
                city.pupil(row), "free school meals", str(is_eligible).lower(), row.delivered,
                row.known.not_before(row.delivered), (row.key,),
            )  # fmt: skip


def enrolment_facts(city: Warehouse) -> Iterator[Fact]:
    """The phase of the schools a pupil was on the roll of, and why the pupil left them."""
    state = Statement(("bristol_education", "enrolments"))
    schools = city.rows_by("school_register", "schools", "school_urn")
    for row in city.rows(*state.extract):
        person_id, left = city.pupil(row), row.day("leaving_date")
        for school in schools.get(row.text("school_urn"), []):
            yield from state.fact(
                person_id, "phase of school", city.decoded(school, "phase", "school_phase"),
                row.day("entry_date"), row.known.at_once_with(school.known), (row.key,),
                to_date=left + timedelta(days=1) if left else None,
            )  # fmt: skip
        reason = city.decoded(row, "leaving_reason", "leaving_reason")
        if reason:
            yield from state.fact(
                person_id, "leaving reason", reason, left, row.known.not_before(left), (row.key,)
            )


def social_care_facts(city: Warehouse) -> Iterator[Fact]:
    """Referrals, assessments, plans, times in care and early help."""
    for extract, attribute, code_list, began, ended in (
        ("referrals", "referral", None, "referral_date", None),
        ("assessments", "assessment", None, "started_date", None),
        ("cin_plans", "plan", None, "start_date", "end_date"),
        ("cp_plans", "plan", None, "start_date", "end_date"),
        ("cla_episodes", "episode", None, "start_date", "end_date"),
        ("cla_episodes", "placement", "placement", "start_date", "end_date"),
        ("early_help", "episode", None, "start_date", "end_date"),
    ):
        state = Statement(("bristol_social_care", extract))
        for row in city.rows(*state.extract):
            value = city.decoded(row, attribute, code_list) if code_list else None
            yield from state.fact(
                city.client(row), attribute, value, row.day(began), row.known, (row.key,),
                to_date=row.day(ended) if ended else None,
            )  # fmt: skip


def assessment_factor_facts(city: Warehouse) -> Iterator[Fact]:
    """What assessments found, of the child assessed."""
    state = Statement(("bristol_social_care", "assessment_factors"))
    assessments = city.rows_by("bristol_social_care", "assessments", "assessment_ref")
    for row in city.rows(*state.extract):
        reference = row.text("assessment_ref")
        if reference in assessments:
            first = min(assessments[reference], key=lambda version: version.known.from_date)
            yield from state.fact(
                city.client(first), "factor", city.decoded(row, "factor_code", "assessment_factor"),
                row.day("recorded_date"), row.known.not_before(first.known.from_date),
                ("assessment", reference or row.key),
            )  # fmt: skip


def youth_justice_facts(city: Warehouse) -> Iterator[Fact]:
    """Orders and interventions of the youth justice service."""
    state = Statement(("bristol_youth_justice", "interventions"))
    persons = city.attached("int_identity__youth_justice_attached")
    for row in city.rows(*state.extract):
        for person_id in persons.get(row.key, []):
            yield from state.fact(
                person_id, "intervention", None, row.day("start_date"), row.known, (row.key,),
                to_date=row.day("end_date"),
            )  # fmt: skip


def homelessness_facts(city: Warehouse) -> Iterator[Fact]:
    """Applications as homeless."""
    state = Statement(("bristol_housing", "homelessness"))
    persons = city.attached("int_identity__homelessness_attached")
    for row in city.rows(*state.extract):
        for person_id in persons.get(row.key, []):
            yield from state.fact(
                person_id, "application", None, row.day("opened_date"), row.known, (row.key,),
                to_date=row.day("closed_date"),
            )  # fmt: skip


def tenancy_facts(city: Warehouse) -> Iterator[Fact]:
    """What is said of a tenancy, for those who lived there then."""
    occupants = city.rows_by("bristol_housing", "occupants", "tenancy_ref")
    for extract, attribute, began, ended in (
        ("tenancies", "tenure", "start_date", "end_date"),
        ("rent_arrears", "arrears", "month_end", "month_end"),
        ("asb_cases", "case", "opened_date", "closed_date"),
    ):
        state = Statement(("bristol_housing", extract))
        for row in city.rows(*state.extract):
            value = city.decoded(row, "tenure", "tenure") if extract == "tenancies" else None
            owed = read_number(row.values["arrears"]) if extract == "rent_arrears" else None
            for occupant in occupants.get(row.text("tenancy_ref"), []):
                relation = city.decoded(occupant, "relation", "occupant_relation")
                if extract != "tenancies" and relation not in ("tenant", "partner"):
                    continue
                stays = (
                    (row.day(began), row.day(ended)),
                    (
                        occupant.day("from_date"),
                        occupant.day("to_date"),
                    ),
                )
                if not overlap(*stays):
                    continue
                yield from state.fact(
                    city.person(
                        "bristol_housing", "occupants",
                        occupant.text("tenancy_ref"), read_whole(occupant.values["occupant_no"]),
                    ),
                    attribute, value,
                    max((stay[0] for stay in stays if stay[0]), default=None),
                    row.known.at_once_with(occupant.known), (row.key,),
                    measure=None if owed is None else float(owed),
                    to_date=min((stay[1] for stay in stays if stay[1]), default=None),
                )  # fmt: skip


Stay = tuple[date | None, date | None]


def overlap(one: Stay, other: Stay) -> bool:
    """Whether two times, both with their last days, have a day in common; ends may be open."""

    def begins_in_time(begin: date | None, end: date | None) -> bool:
        return begin is None or end is None or begin <= end

    return begins_in_time(one[0], other[1]) and begins_in_time(other[0], one[1])


def benefit_facts(city: Warehouse) -> Iterator[Fact]:
    """Benefits of claimants and their partners, and the group they are in for work."""
    state = Statement(("dwp", "benefits"))
    for row in city.rows(*state.extract):
        if city.decoded(row, "role", "claimant_role") not in ("claimant", "partner"):
            continue
        number = read_whole(row.values["claimant_no"])
        for attribute, value in (
            ("benefit", city.decoded(row, "benefit", "benefit")),
            ("work status", city.decoded(row, "work_status", "work_status")),
        ):
            yield from state.fact(
                city.person("dwp", "benefits", row.text("claim_ref"), number), attribute, value,
                row.day("start_date"), row.known, (row.key,), to_date=row.day("end_date"),
            )  # fmt: skip


def council_tax_facts(city: Warehouse) -> Iterator[Fact]:
    """Arrears of council tax, which an account shows as of each delivery."""
    state = Statement(("bristol_revenues", "council_tax"))
    for row in city.rows(*state.extract):
        number, owed = read_whole(row.values["liable_no"]), read_number(row.values["arrears"])
        if owed is not None:
            yield from state.fact(
                city.person("bristol_revenues", "council_tax", row.text("account_ref"), number),
                "arrears", None, row.delivered, row.known.not_before(row.delivered), (row.key,),
                measure=float(owed),
            )  # fmt: skip


def somerset_arrears_facts(city: Warehouse) -> Iterator[Fact]:
    """Arrears of rent of tenants and their partners, which an account shows as of each delivery."""
    state = Statement(("somerset_housing", "accounts"))
    for row in city.rows(*state.extract):
        relation = city.decoded(row, "relation", "occupant_relation")
        is_owing = read_yes(row.values["in_arrears"])
        if relation in ("tenant", "partner") and is_owing is not None:
            number = read_whole(row.values["person_no"])
            yield from state.fact(
                city.person("somerset_housing", "accounts", row.text("account_no"), number),
                "arrears", str(is_owing).lower(), row.delivered,
                row.known.not_before(row.delivered), (row.key,),
            )  # fmt: skip


def health_facts(city: Warehouse) -> Iterator[Fact]:
    """Contacts with mental-health services, and treatment for drugs or alcohol."""
    contacts = Statement(("health", "mental_health_contacts"))
    for row in city.rows(*contacts.extract):
        yield from contacts.fact(
            city.patient(row), "service", city.decoded(row, "service", "mh_service"),
            row.day("contact_date"), row.known, (row.key,),
        )  # fmt: skip
    treatments = Statement(("health", "substance_treatment"))
    for row in city.rows(*treatments.extract):
        yield from treatments.fact(
            city.patient(row), "substance", city.decoded(row, "substance", "substance"),
            row.day("start_date"), row.known, (row.key,), to_date=row.day("end_date"),
        )  # fmt: skip


def maternity_facts(city: Warehouse) -> Iterator[Fact]:
    """The age at which a pregnancy was booked, by the birth date that was known."""
    state = Statement(("health", "maternity"))
    for row in city.rows(*state.extract):
        person_id, booked = city.patient(row), row.day("booking_date")
        for birth_date, known in city.birth_dates.get(person_id or "", []):
            if booked:
                yield from state.fact(
                    person_id, "age at booking", None, booked, row.known.at_once_with(known),
                    (row.key,), measure=float(years_between(birth_date, booked)),
                )  # fmt: skip


def somerset_episode_facts(city: Warehouse) -> Iterator[Fact]:
    """What Somerset's programme did or was told, without what models are measured by."""
    state = Statement(("somerset_children", "episodes"))
    for row in city.rows(*state.extract):
        if row.text("type_code") in LABEL_EPISODES:
            continue
        kind, detail = city.decoded(row, "type_code", "som_episode"), row.text("detail")
        values = {"type": kind}
        if kind and detail:
            values["type and detail"] = f"{kind} {detail.lower()}"
        for attribute, value in values.items():
            yield from state.fact(
                city.person("somerset_children", "people", row.text("som_id")), attribute, value,
                row.day("start_date"), row.known, (row.key,), to_date=row.day("end_date"),
            )  # fmt: skip


FAMILIES: tuple[Callable[[Warehouse], Iterator[Fact]], ...] = (
    occurrence_facts,
    custody_facts,
    antisocial_behaviour_facts,
    domestic_abuse_facts,
    marker_facts,
    intelligence_facts,
    missing_facts,
    attendance_facts,
    somerset_attendance_facts,
    exclusion_facts,
    missing_education_facts,
    special_needs_facts,
    destination_facts,
    free_school_meals_facts,
    enrolment_facts,
    social_care_facts,
    assessment_factor_facts,
    youth_justice_facts,
    homelessness_facts,
    tenancy_facts,
    benefit_facts,
    council_tax_facts,
    somerset_arrears_facts,
    health_facts,
    maternity_facts,
    somerset_episode_facts,
)


# -- What is an indicator, and what of it is a feature


@dataclass(frozen=True, slots=True)
class Meaning:
    """A row of the seed that says which fact is which indicator."""

    indicator: str
    value: str
    at_least: float | None
    below: float | None

    def covers(self, fact: Fact) -> bool:
        """Whether a fact of its extract and attribute is meant."""
        if self.value not in ("*", fact.value):
            return False
        if self.at_least is not None and (fact.measure is None or fact.measure < self.at_least):
            return False
        return self.below is None or (fact.measure is not None and fact.measure < self.below)


@dataclass(frozen=True, slots=True)
class Event:
    """What facts of one key say together, as of a day."""

    days_since: int
    is_current: bool
    measure: float | None


def event_as_of(facts: list[Fact], is_state: bool, has_value: bool, day: date) -> Event:
    """Put the facts of one event together."""
    from_date = min(fact.from_date for fact in facts)
    ended = max(
        (fact.to_date for fact in facts if fact.to_date and fact.to_date <= day), default=None
    )
    is_current = is_state and any(fact.to_date is None or fact.to_date > day for fact in facts)
    measures = [fact.measure for fact in facts if fact.measure is not None]
    since = ended if is_state and ended and ended > from_date else from_date
    return Event(
        days_since=0 if is_current else (day - since).days,
        is_current=is_current,
        measure=max(measures, default=None) if has_value else None,
    )


def measures_of(events: list[Event]) -> dict[str, Feature]:
    """What is counted of a person's events of one indicator."""

    def n_within(n_days: int) -> int:
        return sum(event.days_since < n_days for event in events)

    worst = [
        event.measure for event in events if event.days_since < 365 and event.measure is not None
    ]
    return {
        "n_90_days": n_within(90),
        "n_365_days": n_within(365),
        "n_1095_days": n_within(1095),
        "days_since": min(event.days_since for event in events),
        "is_current": any(event.is_current for event in events),
        "worst_365_days": max(worst, default=None),
    }


def family_measures_of(relatives: list[dict[str, Feature]]) -> dict[str, Feature]:
    """What is counted of the relatives' figures of one indicator; empty where they have none."""
    recent = [figures for figures in relatives if figures["n_365_days"]]
    if not recent:
        return {}
    counts = [figures["n_365_days"] or 0 for figures in recent]
    worst = [
        count if figures["worst_365_days"] is None else figures["worst_365_days"]
        for count, figures in zip(counts, recent, strict=True)
    ]
    return {"has_relative": True, "n_365_days": sum(counts), "worst_365_days": max(worst)}


# Points from which a risk is carried, steps that count, and most ties through which paths lead.
CARRIES, MOST_HOPS, LARGEST_HUB = 5, 3, 100
# So many incidents of so many points within so many days make a place a repeated one.
PLACE_THRESHOLD, PLACE_LEAST_POINTS, PLACE_WINDOW_DAYS = 3, 5, 365


@dataclass(frozen=True)
class PlacedIncident:
    """Who was part of an incident at a place, and how much risk it bears."""

    persons: set[str]
    points: Mapping[str, int]


class FeatureReference:
    """The features of persons in a built city, worked out one by one."""

    def __init__(self, build_file: Path, seeds: Path) -> None:
        self._city = Warehouse(build_file, seeds)
        self._catalogue = {
            row["indicator_code"]: row for row in read_seed(seeds, "indicator_catalogue")
        }
        self._kinds = read_seed(seeds, "feature_kind")
        self._risks = read_seed(seeds, "carried_risk")
        self._network_kinds = read_seed(seeds, "network_feature_kind")
        self._told_by: dict[str, set[Extract]] = defaultdict(set)
        self._meanings: dict[tuple[Extract, str], list[Meaning]] = defaultdict(list)
        for row in read_seed(seeds, "indicator_source"):
            extract = row["source_system"], row["source_extract"]
            self._told_by[row["indicator_code"]].add(extract)
            self._meanings[extract, row["attribute"]].append(
                Meaning(
                    row["indicator_code"],
                    row["value"],
                    float(row["at_least"]) if row["at_least"] else None,
                    float(row["below"]) if row["below"] else None,
                )
            )
        self._facts: dict[str, list[Fact]] = defaultdict(list)
        self._held_from: dict[Extract, date] = {}
        for family in FAMILIES:
            for fact in family(self._city):
                self._facts[fact.person_id].append(fact)
                first = self._held_from.setdefault(fact.extract, fact.known.from_date)
                self._held_from[fact.extract] = min(first, fact.known.from_date)

    def features(self, person_id: str, day: date) -> dict[str, Feature]:
        """All features of a person as of a day."""
        relatives = self._relatives(person_id, day)
        ages = [self._age(relative, day) for relative in relatives]
        features: dict[str, Feature] = {
            "age_in_years": self._age(person_id, day),
            "n_relatives": len(relatives),
            "n_relatives_under_18": sum(age is not None and age < 18 for age in ages),
        }
        own = self._figures(person_id, day)
        others = [self._figures(relative, day) for relative in sorted(relatives)]
        family = {
            code: family_measures_of([each[code] for each in others if code in each])
            for code in self._catalogue
        }
        features["n_indicators_known"] = len(own)
        features["n_family_indicators"] = sum(bool(figures) for figures in family.values())
        programmes = self._programmes_of(person_id, day)
        for code, indicator in self._catalogue.items():
            is_held = self._is_held(code, programmes, day)
            figures = {"person": own.get(code, {}), "family": family[code]}
            features[f"is_held_{code}"] = is_held
            for kind in self._kinds:
                if not applies(kind["applies_to"], indicator):
                    continue
                value = figures[kind["scope"]].get(kind["measure"])
                if value is None and kind["is_zero_when_none"] == "true" and is_held:
                    value = False if kind["measure"] in YES_OR_NO else 0
                features[kind["feature_start"] + code + kind["feature_end"]] = value
        return features | self._near(person_id, day) | self._at_places(person_id, day)

    def _near(self, person_id: str, day: date) -> dict[str, Feature]:
        """What others near the person in the network of the day carry."""
        of_day, at_home = self._ties_of(day)
        features: dict[str, Feature] = {}
        for scope in ("", "_no_family"):
            left_out = at_home if scope else frozenset()
            hops = self._hops_from(person_id, of_day, left_out)
            for risk in self._risks:
                for basis in ("", "_no_proxies"):
                    points = {
                        other: self._points(other, day, risk, counts_proxies=not basis)
                        for other in hops
                    }
                    measures = nearness({o: p for o, p in points.items() if p >= CARRIES}, hops)
                    for kind in self._kinds_of("associates"):
                        name = kind["feature_start"] + risk["harm"] + scope + basis
                        features[name] = measures[kind["measure"]]
        return features

    def _kinds_of(self, scope: str) -> list[Mapping[str, str]]:
        return [kind for kind in self._network_kinds if kind["scope"] == scope]

    def _at_places(self, person_id: str, day: date) -> dict[str, Feature]:
        """What places are at which the person was within a year, without the person's incidents."""
        features: dict[str, Feature] = {}
        places = self._places_of(day)
        visited = [
            incidents
            for incidents in places.values()
            if any(person_id in incident.persons for incident in incidents)
        ]
        for risk in self._risks:
            for basis in ("", "_no_proxies"):
                risks_of_others = []
                for incidents in visited:
                    points = [
                        incident.points[f"points_{risk['harm']}{basis}"]
                        for incident in incidents
                        if person_id not in incident.persons
                    ]
                    grave = [one for one in points if one >= PLACE_LEAST_POINTS]
                    if len(grave) >= PLACE_THRESHOLD:
                        risks_of_others.append(sum(grave))
                measures = {
                    "n_places": len(risks_of_others),
                    "highest_risk": max(risks_of_others, default=0),
                }
                for kind in self._kinds_of("places"):
                    features[kind["feature_start"] + risk["harm"] + basis] = measures[
                        kind["measure"]
                    ]
        return features

    def _places_of(self, day: date) -> dict[str, list[PlacedIncident]]:
        """The incidents of a year at each place that may be shown and is not their home alone."""
        begun = day - timedelta(days=PLACE_WINDOW_DAYS)
        parts: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for part in self._parts:
            if Known(part["known_from_date"], part["known_to_date"]).on(day):
                parts[part["incident_id"]].append(part)
        places: dict[str, list[PlacedIncident]] = defaultdict(list)
        for rows in parts.values():
            happened = min(row["event_date"] for row in rows)
            placed = [row for row in rows if row["uprn"] is not None]
            if not placed or not begun < happened <= day:
                continue
            first = min(
                placed,
                key=lambda row: (
                    row["known_from_date"], row["event_date"], row["participation_key"]
                ),
            )  # fmt: skip
            uprn, persons = first["uprn"], {row["person_id"] for row in rows}
            protected_from = self._protected.get(uprn)
            if protected_from is not None and protected_from <= day:
                continue
            dwellers = {
                dweller
                for dweller, from_date, to_date in self._stays.get(uprn, [])
                if from_date <= day and (to_date is None or to_date > begun)
            }
            if persons <= dwellers:
                continue
            points = {
                name: max(row[name] for row in rows) for name in first if name.startswith("points_")
            }
            places[uprn].append(PlacedIncident(persons, points))
        return dict(places)

    @cached_property
    def _parts(self) -> list[dict[str, Any]]:
        points = [
            f"points_{risk['harm']}{basis}" for risk in self._risks for basis in ("", "_no_proxies")
        ]
        columns = [
            "participation_key", "incident_id", "person_id", "event_date", "uprn",
            "known_from_date", "known_to_date", *points,
        ]  # fmt: skip
        return [
            dict(zip(columns, row, strict=True))
            for row in self._city.query(
                f"select {', '.join(columns)} from intermediate.int_network__parts_scored"
            )
        ]

    @cached_property
    def _protected(self) -> dict[str, date]:
        return dict(
            self._city.query(
                "select uprn, protected_from_date from intermediate.int_network__places_protected"
            )
        )

    @cached_property
    def _stays(self) -> dict[str, list[tuple[str, date, date | None]]]:
        stays = defaultdict(list)
        for uprn, *stay in self._city.query(
            "select uprn, person_id, from_date, to_date from intermediate.int_network__stays_dated"
        ):
            stays[uprn].append(tuple(stay))
        return dict(stays)

    @cached_property
    def _ties(self) -> list[tuple[str, str, str, date, date | None]]:
        return [
            *self._city.query(
                "select person_id_l, person_id_r, tie, linked_on, ended_on"
                " from intermediate.int_network__associates_recorded"
            ),
            *self._city.query(
                "select person_id_l, person_id_r, 'inferred', linked_on, ended_on"
                " from intermediate.int_network__associates_linked"
            ),
        ]

    def _ties_of(self, day: date) -> tuple[dict[str, set[str]], frozenset[frozenset[str]]]:
        """Who is tied with whom on a day, and which of these pairs are of one family or home."""
        associates: dict[str, set[str]] = defaultdict(set)
        at_home = set()
        for left, right, tie, linked_on, ended_on in self._ties:
            if linked_on <= day and (ended_on is None or day < ended_on):
                associates[left].add(right)
                associates[right].add(left)
                if tie in ("family", "household"):
                    at_home.add(frozenset((left, right)))
        return dict(associates), frozenset(at_home)

    def _hops_from(
        self,
        person_id: str,
        associates: Mapping[str, set[str]],
        left_out: frozenset[frozenset[str]],
    ) -> dict[str, int]:
        """Steps to whoever is within three; no path leads on through a person of many ties."""

        def around(one: str) -> set[str]:
            return {o for o in associates.get(one, ()) if frozenset((one, o)) not in left_out}

        hops = {person_id: 0}
        leads_on = {person_id}
        for hop in range(1, MOST_HOPS + 1):
            reached = {other for one in leads_on for other in around(one)} - hops.keys()
            hops |= dict.fromkeys(reached, hop)
            leads_on = {one for one in reached if len(around(one)) <= LARGEST_HUB}
        del hops[person_id]
        return hops

    def _points(
        self, person_id: str, day: date, risk: Mapping[str, str], *, counts_proxies: bool
    ) -> float:
        """Points of a harm by what is known of the person, fading as windows end."""
        below = risk["carrier_below_age"]
        age = self._age(person_id, day)
        if below and (age is None or age >= int(below)):
            return 0
        points = 0.0
        for code, figures in self._figures(person_id, day).items():
            indicator = self._catalogue[code]
            if indicator["is_shared"] == "false":
                continue
            if indicator["is_label_proxy"] == "true" and not counts_proxies:
                continue
            points += round(
                int(indicator[f"points_{risk['harm']}"]) * weight_of(figures, indicator), 2
            )
        return round(points, 2)

    def _figures(self, person_id: str, day: date) -> dict[str, dict[str, Feature]]:
        """What is counted of a person, by indicator; only those of which there is an event."""
        facts: dict[str, dict[tuple[Extract, tuple[str, ...]], list[Fact]]] = {}
        for fact in self._facts.get(person_id, []):
            if not fact.known.on(day) or fact.from_date > day:
                continue
            for meaning in self._meanings.get((fact.extract, fact.attribute), []):
                if meaning.covers(fact):
                    events = facts.setdefault(meaning.indicator, {})
                    events.setdefault((fact.extract, fact.event_key), []).append(fact)
        return {
            code: measures_of(
                [
                    event_as_of(
                        one,
                        is_state=self._catalogue[code]["kind"] == "state",
                        has_value=bool(self._catalogue[code]["value_unit"]),
                        day=day,
                    )
                    for one in events.values()
                ]
            )
            for code, events in facts.items()
        }

    def _is_held(self, code: str, programmes: set[str], day: date) -> bool:
        """Whether an extract that tells of it covers the person and had told of anybody by then."""
        return any(
            self._programme_of[extract] in programmes | {"force", "shared"}
            and extract in self._held_from
            and self._held_from[extract] <= day
            for extract in self._told_by[code]
        )

    @cached_property
    def _programme_of(self) -> dict[Extract, str]:
        return {
            (system, extract): programme
            for system, extract, programme in self._city.query(
                "select source_system, source_extract, programme"
                " from staging.stg_load_ledger__extracts"
            )
        }

    @cached_property
    def _programmes(self) -> dict[str, list[tuple[str, Known]]]:
        stays = defaultdict(list)
        for person_id, programme, from_date, to_date in self._city.query(
            "select person_id, programme, from_date, to_date"
            " from intermediate.int_identity__programmes_dated"
        ):
            stays[person_id].append((programme, Known(from_date, to_date)))
        return dict(stays)

    def _programmes_of(self, person_id: str, day: date) -> set[str]:
        stays = self._programmes.get(person_id, [])
        return {programme for programme, time in stays if time.on(day)}

    @cached_property
    def _memberships(self) -> tuple[dict[str, set[str]], dict[str, list[tuple[str, Known]]]]:
        """The families of each person; the members of each family, and when they belonged to it."""
        families, members = defaultdict(set), defaultdict(list)
        for person_id, family_id, from_date, to_date in self._city.query(
            "select person_id, family_id, from_date, to_date"
            " from intermediate.int_identity__family_members_identified"
        ):
            families[person_id].add(family_id)
            members[family_id].append((person_id, Known(from_date, to_date)))
        return dict(families), dict(members)

    def _relatives(self, person_id: str, day: date) -> set[str]:
        families, members = self._memberships
        relatives: set[str] = set()
        for family_id in families.get(person_id, set()):
            together = {member for member, time in members[family_id] if time.on(day)}
            if person_id in together:
                relatives |= together - {person_id}
        return relatives

    def _age(self, person_id: str, day: date) -> int | None:
        """Completed years by the birth date that was known."""
        for birth_date, known in self._city.birth_dates.get(person_id, []):
            if known.on(day):
                return years_between(birth_date, day)
        return None


def weight_of(figures: Mapping[str, Feature], indicator: Mapping[str, str]) -> float:
    """Share of an indicator's points that counts."""
    if indicator["kind"] == "state":
        return float(bool(figures["is_current"]))
    days_since, window = figures["days_since"], int(indicator["window_days"])
    assert days_since is not None
    return max(0.0, 1 - days_since / window)


def nearness(points: Mapping[str, float], hops: Mapping[str, int]) -> dict[str, Feature]:
    """How many carriers there are, what they carry, and how near they are."""
    return {
        "n_carriers": len(points),
        "risk": sum(points.values()),
        "nearest_hops": min((hops[one] for one in points), default=None),
        "proximity": sum(carried / 2 ** (hops[one] - 1) for one, carried in points.items()),
    }


def applies(applies_to: str, indicator: Mapping[str, str]) -> bool:
    """Whether a kind of feature is made of an indicator."""
    if applies_to == "state":
        return indicator["kind"] == "state"
    return applies_to == "all" or bool(indicator["value_unit"])
