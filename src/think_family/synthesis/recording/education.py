"""The education system of the Bristol programme: pupils, their schools, and what went wrong."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from think_family.synthesis.recording.dirt import HELD, RATES
from think_family.synthesis.recording.extract import LAST, Extract
from think_family.synthesis.recording.people import (
    Rows,
    Sight,
    Timeline,
    codes,
    identifier,
    numbers,
)
from think_family.synthesis.recording.places import school_urns
from think_family.synthesis.recording.recorder import (
    BRISTOL,
    Recorder,
    Records,
    census_ethnicity,
    first_of,
    later,
    numbered,
    within_groups,
)
from think_family.synthesis.recording.text import (
    Flags,
    Text,
    coded,
    either,
    filled,
    joined,
    null_where,
    references,
    take,
    whole,
    yes_no,
)
from think_family.synthesis.schooling import half_term_days
from think_family.synthesis.world import NEVER, NOBODY, categories

_YEAR_GROUPS = ("R", *(str(n) for n in range(1, 14)))
_LEAVING = {
    "phase_end": "COM",
    "moved_home": "MOV",
    "transferred": "MOV",
    "excluded": "PEX",
    "left_city": "LEA",
}
_EXCLUSION_REASONS = {
    "disruptive": "DB",
    "assault_pupil": "PP",
    "assault_adult": "PA",
    "threat_adult": "VA",
    "threat_pupil": "VA",
    "drugs_alcohol": "DA",
    "weapon": "OW",
    "sexual_misconduct": "SM",
}
_NEEDS = {
    "semh": "SEMH",
    "mld": "MLD",
    "slcn": "SLCN",
    "asd": "ASD",
    "spld": "SPLD",
    "physical": "PD",
    "sensory": "PD",
    "other": "OTH",
}
_MISSING_REASONS = {
    "moved_away": "LFT",
    "not_found": "UNT",
    "awaiting_place": "NST",
    "withdrawn": "EHE",
    "other": "UNT",
}
PARENT_KINDS = ("parent", "step_parent", "adoptive_parent", "foster")


def half_terms(year: Rows, half_term: Rows) -> tuple[Rows, Rows]:
    """First and last days of half-terms, by academic year and number from 1."""
    years, inverse = np.unique(year, return_inverse=True)
    calendar = np.array([half_term_days(y) for y in years.tolist()], dtype=np.int64)
    found = calendar.reshape(-1, 6, 3)[inverse, half_term - 1]
    return found[:, 0], found[:, 1]


def year_groups(born: Rows, day: Rows) -> Rows:
    """National curriculum year on a day, 0 for reception; may lie outside 0 to 13."""
    date = day.astype("datetime64[D]")
    birth = born.astype("datetime64[D]")

    def academic(dates: npt.NDArray[np.datetime64]) -> Rows:
        months = dates.astype("datetime64[M]").astype(np.int64)
        # Months since January 1970; the academic year turns in September.
        return np.asarray((months - 8) // 12, dtype=np.int64)

    return academic(date) - academic(birth) - 5


class Education:
    """The registers of one area's pupils."""

    def __init__(self, recorder: Recorder) -> None:
        """Find the pupils of the area and give them references."""
        self.recorder = recorder
        world, people = recorder.world, recorder.people
        rng = recorder.rng("bristol_education")
        school_area = numbers(world.schools["area"])
        self._kept: dict[str, Rows] = {}
        self._day: dict[str, Rows] = {}

        def keep(table: str, rows: Rows, day: Rows) -> None:
            kept = rows[day <= LAST]
            self._kept[table], self._day[table] = kept, day[day <= LAST]

        enrolments = world.enrolments
        here = np.flatnonzero(school_area[numbers(enrolments["school"])] == BRISTOL)
        start = numbers(enrolments["start"])[here]
        here = here[
            first_of(
                numbers(enrolments["person"])[here], numbers(enrolments["school"])[here], start
            )
        ]
        keep("enrolments", here, later(rng, numbers(enrolments["start"])[here], 8))

        attendance = world.attendance
        here = np.flatnonzero(school_area[numbers(attendance["school"])] == BRISTOL)
        # The school with most sessions speaks for a pupil who moved in mid-term.
        here = here[np.argsort(-numbers(attendance["possible"])[here], kind="stable")]
        columns = [numbers(attendance[c])[here] for c in ("person", "year", "half_term")]
        here = np.sort(here[first_of(*columns)])
        _, ended = half_terms(
            numbers(attendance["year"])[here], numbers(attendance["half_term"])[here]
        )
        keep("attendance", here, ended + 5 + rng.integers(0, 9, len(here)))

        frame = world.exclusions
        here = np.flatnonzero(school_area[numbers(frame["school"])] == BRISTOL)
        keep("exclusions", here, numbers(frame["recorded"])[here])
        for table, day in (
            ("special_needs", "start"),
            ("missing_education", "start"),
            ("destinations", "start"),
        ):
            frame = getattr(world, table)
            area = people.responsible_area(numbers(frame["person"]), numbers(frame[day]))
            here = np.flatnonzero(area == BRISTOL)
            keep(table, here, numbers(frame["recorded"])[here])

        self.records = Records.of(
            rng,
            people.n,
            RATES["pupil_second_record"],
            {
                table: (numbers(getattr(world, table)["person"])[rows], self._day[table])
                for table, rows in self._kept.items()
            },
        )
        self._reference = references("P", 100_000 + 7 * np.arange(len(self.records.person)), 7)

    def _pupil(self, table: str) -> Text:
        return take(self._reference, self.records.of_row[table])

    def extracts(self) -> Iterator[Extract]:
        """Make the extracts of the system."""
        yield self._pupils()
        yield self._contacts()
        yield self._enrolments()
        yield self._attendance()
        yield self._exclusions()
        yield self._special_needs()
        yield self._missing_education()
        yield self._destinations()

    def _seen(self, rng: np.random.Generator) -> Rows:
        """Last day on which the school asked for details: yearly data sheets while on roll."""
        enrolments = self.recorder.world.enrolments.iloc[self._kept["enrolments"]]
        ends = np.full(len(self.records.person), -NEVER, dtype=np.int64)
        np.maximum.at(ends, self.records.of_row["enrolments"], numbers(enrolments["end"]))
        ends = np.minimum(np.maximum(ends, self.records.first), LAST)
        return np.maximum(
            ends - rng.exponential(150, len(ends)).astype(np.int64), self.records.first
        )

    def _pupils(self) -> Extract:
        recorder, records = self.recorder, self.records
        people, person = recorder.people, records.person
        rng = recorder.rng("bristol_education/pupils")
        n = len(person)
        extract = Extract.of("bristol_education/pupils", records.first)
        seen = self._seen(rng)
        sight = Sight(people, rng, "education", person, records.first, seen)
        sight.put(
            extract,
            legal_surname="surname",
            preferred_surname="former_surname",
            forename="forename",
            date_of_birth="birth",
            address_line="address_line",
            postcode="postcode",
        )
        sight.put_sex(extract, "sex", "M", "F", "N")
        # Some children go by the surname of another adult at home.
        known_as = rng.random(n) < RATES["pupil_other_surname"]
        other = take(extract.columns["legal_surname"], rng.integers(0, max(n, 1), n))
        former = take(
            people.upn, np.where(rng.random(n) < RATES["pupil_former_upn"], person, NOBODY)
        )
        # A temporary number differs from the permanent one in its check letter and serial.
        temporary = joined("", "T", pc.utf8_slice_codeunits(former, 1, 12), "A")
        ethnicity = recorder.ethnicity.seen(rng, people.ethnicity[person], "school")
        return extract.put(
            pupil_ref=self._reference,
            upn=identifier(rng, take(people.upn, person), HELD["education_upn"], "education"),
            former_upn=either(filled(former), temporary, null_where(former, ~filled(former))),
            preferred_surname=either(known_as, other, extract.columns["preferred_surname"]),
            ethnicity=census_ethnicity(rng, ethnicity),
            free_school_meals=yes_no(self._free_meals(person, seen), values=("0", "1")),
        ).put_dates(recorded_date=records.first)

    def _free_meals(self, person: Rows, day: Rows) -> Flags:
        """Whether a parent was on a workless benefit when the school last asked."""
        world = self.recorder.world
        benefits = world.benefits[world.benefits["workless"].to_numpy()]
        claims = Timeline(
            numbers(benefits["person"]), numbers(benefits["start"]), numbers(benefits["end"])
        )
        found = np.zeros(len(person), dtype=bool)
        for parent in ("mother", "father"):
            who = numbers(world.persons[parent])[person]
            found |= (who != NOBODY) & (claims.at(who, day, strict=True) >= 0)
        return found

    def _contacts(self) -> Extract:
        recorder, records = self.recorder, self.records
        world, people = recorder.world, recorder.people
        rng = recorder.rng("bristol_education/pupil_contacts")
        ties = world.relationships
        kinds = categories("relationships", "kind")
        kind = codes(ties["kind"])
        pupil = records.main[numbers(ties["b"])]
        wanted = np.isin(kind, [kinds.index(k) for k in PARENT_KINDS]) & (pupil >= 0)
        rows = np.flatnonzero(wanted)
        seen = np.minimum(records.last[pupil[rows]], LAST)
        start, end = numbers(ties["start"])[rows], numbers(ties["end"])[rows]
        rows = rows[(start <= seen) & (end > records.first[pupil[rows]])]
        rows = rows[first_of(pupil[rows], numbers(ties["a"])[rows])]
        adult, begun = numbers(ties["a"])[rows], numbers(ties["start"])[rows]
        record, kind = pupil[rows], kind[rows]
        male = people.sex[adult]
        # Mothers come first on the form; second contacts are often left blank.
        order = np.lexsort((rng.random(len(rows)), male, record))
        order = order[
            (within_groups(record[order]) == 0) | (rng.random(len(order)) < HELD["second_contact"])
        ]
        adult, record, kind, male = adult[order], record[order], kind[order], male[order]
        number = within_groups(record) + 1
        # A step-parent or foster carer is a contact from the day on which he or she became one.
        first = np.maximum(np.maximum(records.first[record], people.arrived[adult]), begun[order])
        first = np.minimum(first, LAST)
        extract = Extract.of("bristol_education/pupil_contacts", first)
        seen = np.minimum(records.last[record], LAST) - rng.exponential(400, len(adult)).astype(
            np.int64
        )
        sight = Sight(people, rng, "contacts", adult, first, np.maximum(seen, first))
        sight.put(
            extract,
            surname="surname",
            forename="forename",
            date_of_birth="birth",
            address_line="address_line",
            postcode="postcode",
        )
        sight.put_sex(extract, "sex", "M", "F", "N")
        extract.blank(rng.random(len(adult)) >= HELD["contact_birth"], "date_of_birth")
        own = np.isin(kind, [kinds.index("parent"), kinds.index("adoptive_parent")])
        words = np.select(
            [own & ~male, own & male, kind == kinds.index("step_parent")], [0, 1, 2], 3
        )
        return extract.put(
            pupil_ref=take(self._reference, record),
            contact_no=whole(number),
            relationship=coded(words, ("MOT", "FAT", "STM", "FOS")),
            has_parental_responsibility=yes_no(own, values=("0", "1")),
        ).put_dates(recorded_date=first)

    def _enrolments(self) -> Extract:
        recorder = self.recorder
        rng = recorder.rng("bristol_education/enrolments")
        frame = recorder.world.enrolments.iloc[self._kept["enrolments"]]
        start, end, recorded = (
            numbers(frame["start"]),
            numbers(frame["end"]),
            self._day["enrolments"],
        )
        n = len(frame)
        group = year_groups(recorder.people.born[numbers(frame["person"])], start)
        reason = coded(
            codes(frame["reason"]), [_LEAVING.get(v) for v in categories("enrolments", "reason")]
        )
        untold = rng.random(n) < 0.03
        reason = either(untold, pa.array(["UNK"] * n, pa.string()), reason)
        told = later(rng, end, 7)
        return (
            Extract.of("bristol_education/enrolments", recorded)
            .put(
                pupil_ref=self._pupil("enrolments"),
                school_urn=take(school_urns(recorder), numbers(frame["school"])),
                status=coded(
                    np.searchsorted((0.975, 0.985, 0.993), rng.random(n)), ("C", "M", "S", "G")
                ),
                year_group=coded(np.clip(group, 0, 13), _YEAR_GROUPS),
            )
            .put_dates(entry_date=start, recorded_date=recorded)
            .reveal_dates(told, leaving_date=end)
            .reveal("leaving_reason", reason, told)
        )

    def _attendance(self) -> Extract:
        recorder = self.recorder
        frame = recorder.world.attendance.iloc[self._kept["attendance"]]
        year, term = numbers(frame["year"]), numbers(frame["half_term"])
        return (
            Extract.of("bristol_education/attendance", self._day["attendance"])
            .put(
                pupil_ref=self._pupil("attendance"),
                half_term=joined("-", whole(year), whole(term)),
                school_urn=take(school_urns(recorder), numbers(frame["school"])),
                sessions_possible=whole(numbers(frame["possible"])),
                sessions_authorised=whole(numbers(frame["authorised"])),
                sessions_unauthorised=whole(numbers(frame["unauthorised"])),
            )
            .put_dates(
                half_term_start=half_terms(year, term)[0],
                recorded_date=self._day["attendance"],
            )
        )

    def _exclusions(self) -> Extract:
        recorder = self.recorder
        frame = recorder.world.exclusions.iloc[self._kept["exclusions"]]
        recorded = self._day["exclusions"]
        reasons = [_EXCLUSION_REASONS.get(v, "OT") for v in categories("exclusions", "reason")]
        return (
            Extract.of("bristol_education/exclusions", recorded)
            .put(
                exclusion_ref=references("EX", numbered(recorded), 6),
                pupil_ref=self._pupil("exclusions"),
                school_urn=take(school_urns(recorder), numbers(frame["school"])),
                exclusion_type=coded(codes(frame["kind"]), ("SUSP", "PERM")),
                reason=coded(codes(frame["reason"]), reasons),
                sessions=whole(numbers(frame["sessions"])),
            )
            .put_dates(start_date=numbers(frame["day"]), recorded_date=recorded)
        )

    def _special_needs(self) -> Extract:
        frame = self.recorder.world.special_needs.iloc[self._kept["special_needs"]]
        recorded = self._day["special_needs"]
        needs = [_NEEDS[v] for v in categories("special_needs", "need")]
        return (
            Extract.of("bristol_education/sen", recorded)
            .put(
                sen_ref=references("SN", numbered(recorded), 6),
                pupil_ref=self._pupil("special_needs"),
                provision=coded(codes(frame["provision"]), ("K", "E")),
                primary_need=coded(codes(frame["need"]), needs),
            )
            .put_dates(start_date=numbers(frame["start"]), recorded_date=recorded)
            .reveal_dates(end_date=numbers(frame["end"]))
        )

    def _missing_education(self) -> Extract:
        frame = self.recorder.world.missing_education.iloc[self._kept["missing_education"]]
        recorded = self._day["missing_education"]
        reasons = [_MISSING_REASONS[v] for v in categories("missing_education", "reason")]
        return (
            Extract.of("bristol_education/children_missing_education", recorded)
            .put(
                cme_ref=references("CM", numbered(recorded), 6),
                pupil_ref=self._pupil("missing_education"),
                reason=coded(codes(frame["reason"]), reasons),
            )
            .put_dates(start_date=numbers(frame["start"]), recorded_date=recorded)
            .reveal_dates(end_date=numbers(frame["end"]))
        )

    def _destinations(self) -> Extract:
        rng = self.recorder.rng("bristol_education/destinations")
        frame = self.recorder.world.destinations.iloc[self._kept["destinations"]]
        recorded, n = self._day["destinations"], len(frame)
        status = codes(frame["status"])
        values = categories("destinations", "status")
        kinds = {"neet": 1, "not_known": 2}
        details = {
            "education": ("SCH", "COL", "COL", "SCH"),
            "apprenticeship": ("APP",) * 4,
            "employment": ("EMP",) * 4,
            "neet": ("SEE", "ILL", "PRG", "NAV"),
            "not_known": ("UNK",) * 4,
        }
        # A careers adviser's guess: better than chance, made for most leavers.
        risk = np.clip(
            np.array([0, 0, 0, 2, 1])[status] + rng.choice(np.array([-1, 0, 0, 1]), n), 0, 2
        )
        risk = np.where(rng.random(n) < 0.25, NOBODY, risk)
        first = np.zeros(n, dtype=bool)
        first[first_of(numbers(frame["person"]))] = True
        detail = status * 4 + rng.choice(4, n, p=(0.5, 0.2, 0.15, 0.15))
        return (
            Extract.of("bristol_education/destinations", recorded)
            .put(
                destination_ref=references("DE", numbered(recorded), 6),
                pupil_ref=self._pupil("destinations"),
                destination=coded(
                    np.array([kinds.get(v, 0) for v in values])[status], ("EET", "NEET", "NK")
                ),
                detail=coded(detail, [word for v in values for word in details[v]]),
                neet_risk=coded(np.where(first, risk, NOBODY), ("G", "A", "R")),
            )
            .put_dates(from_date=numbers(frame["start"]), recorded_date=recorded)
            .reveal_dates(to_date=numbers(frame["end"]))
        )
