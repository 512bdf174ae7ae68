"""The force's systems: records, missing people, command and control, checks.

Everyone whom the police wrote down is a nominal, whatever the role; some people have two.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from think_family.synthesis.recording.dirt import RATES
from think_family.synthesis.recording.extract import LAST, Extract
from think_family.synthesis.recording.people import Rows, Sight, codes, numbers
from think_family.synthesis.recording.recorder import (
    Recorder,
    Records,
    ethnic_codes,
    first_of,
    later,
    matched,
    numbered,
)
from think_family.synthesis.recording.text import (
    Flags,
    Text,
    coded,
    either,
    joined,
    references,
    replaced,
    stamps,
    take,
    yes_no,
)
from think_family.synthesis.world import INCIDENT_ROLES, NEVER, NOBODY, categories

_ROLE_CODES = ("VIC", "SUS", "OFF", "WIT", "INV", "REP", "INV", "INV", "INV", "PRO")
_ROLES = {role: position for position, role in enumerate(INCIDENT_ROLES)}
_SUSPECT, _OFFENDER = _ROLES["suspect"], _ROLES["offender"]
_PRO = len(INCIDENT_ROLES)
"""Position, after the roles, of those who were there by profession."""
_DOMESTIC_CODES = ("V", "P", "P", None, None, None, None, None, "C", None)

_OFFENCE_CODES = {
    "violence_with_injury": "8N",
    "violence_without_injury": "105A",
    "stalking_harassment": "195",
    "robbery": "8P",
    "possession_weapon": "10D",
    "rape": "19C",
    "sexual_assault": "17A",
    "sexual_activity_with_child": "22B",
    "sexual_grooming": "71",
    "indecent_images": "71",
    "trafficking_modern_slavery": "106",
    "drug_supply": "92D",
    "drug_possession": "92E",
    "burglary": "28E",
    "vehicle_crime": "48",
    "shoplifting": "45",
    "theft_other": "45",
    "criminal_damage_arson": "58",
    "public_order": "66",
    "child_neglect": "105A",
    "coercive_control": "195",
}

_ETHNIC_CODES = {
    "white_british": "W1",
    "white_other": "W9",
    "gypsy_roma_traveller": "W9",
    "mixed_white_black": "M1",
    "mixed_other": "M9",
    "asian_indian": "A1",
    "asian_pakistani": "A2",
    "asian_bangladeshi": "A9",
    "asian_other": "A9",
    "black_african": "B2",
    "black_caribbean": "B1",
    "other": "O9",
}

_CONTROL_CODES = {
    "violence": "VIO",
    "domestic": "DOM",
    "missing_person": "MIS",
    "suspicious": "SUS",
    "asb": "ASB",
    "concern_for_safety": "CON",
    "theft": "SUS",
    "drugs": "DRU",
    "sexual_offence": "VIO",
    "public_order": "ASB",
    "other": "TRA",
}

_MARKER_CODES = {
    "cse_operation": "OPT",
    "ce_operation": "CCE",
    "violent": "VIO",
    "weapons": "WEA",
    "drugs": "DRU",
    "mental_health": "MEN",
    "self_harm": "SEL",
    "escaper": "ESC",
}
"""Markers of the list; repeat missing and domestic victims are not marked on this system."""


def mapped(table: str, column: str, codes_by_value: dict[str, str]) -> list[str | None]:
    """Codes in the order of a world column's categories; None where the system has no code."""
    return [codes_by_value.get(value) for value in categories(table, column)]


def _national_ids(rng: np.random.Generator, holders: Flags) -> Text:
    """National police identifier of each person; null where there is none."""
    number = np.full(len(holders), NOBODY, dtype=np.int64)
    at = np.flatnonzero(holders)
    number[at] = rng.permutation(len(at)) + 1
    letters = pa.array(list("ABCDEFGHJKLMNPQRTUVWXYZ"))
    letter = take(letters, np.where(number < 0, NOBODY, number % len(letters)))
    year = references("", np.where(number < 0, NOBODY, 1 + number % 25), 2)
    return joined("", year, "/", references("", number, 7), letter)


class Police:
    """The force's registers; built once, as references run through all of them."""

    def __init__(self, recorder: Recorder) -> None:
        """Choose what the police wrote down of each incident, and number everything."""
        self.recorder = recorder
        world = recorder.world
        n_incidents = len(world.incidents)
        self._crime = _row_of(numbers(world.crimes["incident"]), n_incidents)
        self._card = _row_of(numbers(world.call_cards["incident"]), n_incidents)
        self._control_ref = references("CC", numbered(numbers(world.call_cards["recorded"])), 8)
        self._occurrence_ref = references("OC", numbered(numbers(world.crimes["recorded"])), 8)

        involved = world.incident_people
        written = involved["known_to_police"].to_numpy()
        incident = numbers(involved["incident"])[written]
        person = numbers(involved["person"])[written]
        role = codes(involved["role"])[written]
        role = np.where(involved["professional"].to_numpy()[written], _PRO, role)
        self._incident, self._person, self._role = incident, person, role

        rng = recorder.rng("police/rows")
        rows: dict[str, tuple[Rows, Rows]] = {}
        self._rows: dict[str, Rows] = {}

        crime = self._crime[incident]
        named_later = np.isin(role, (_SUSPECT, _OFFENDER)) & (rng.random(len(role)) < 0.5)
        recorded = numbers(world.crimes["recorded"])[np.maximum(crime, 0)]
        recorded = np.where(named_later, later(rng, recorded, 12), recorded)
        self._pick(rows, "roles", np.flatnonzero(crime >= 0), recorded, crime, role)
        # Whoever is charged or takes an out-of-court outcome is an offender from then on, beside
        # having been a suspect.
        self._outcome_day = later(rng, numbers(world.crimes["recorded"]), 60)
        outcomes = categories("crimes", "outcome")
        proven = [outcomes.index(value) for value in ("charged", "out_of_court")]
        detected = np.isin(codes(world.crimes["outcome"]), proven)[np.maximum(crime, 0)]
        offenders = np.flatnonzero((crime >= 0) & detected & (role == _SUSPECT))
        day = np.maximum(recorded, self._outcome_day[np.maximum(crime, 0)])
        self._pick(rows, "offenders", offenders, day, crime)

        domestic = _row_of(numbers(world.domestic_incidents["incident"]), n_incidents)[incident]
        has_part = np.array([code is not None for code in _DOMESTIC_CODES])[role]
        recorded = numbers(world.domestic_incidents["recorded"])[np.maximum(domestic, 0)]
        self._domestic = domestic
        self._pick(rows, "domestic", np.flatnonzero((domestic >= 0) & has_part), recorded, domestic)

        asb = _row_of(numbers(world.asb_incidents["incident"]), n_incidents)[incident]
        recorded = numbers(world.asb_incidents["recorded"])[np.maximum(asb, 0)]
        self._asb = asb
        self._pick(rows, "asb", np.flatnonzero(asb >= 0), recorded, asb)

        missing = _row_of(numbers(world.missing_episodes["incident"]), n_incidents)[incident]
        subject = numbers(world.missing_episodes["person"])[np.maximum(missing, 0)]
        recorded = numbers(world.missing_episodes["recorded"])[np.maximum(missing, 0)]
        self._missing = missing
        # Whoever reported is named too, a carer or a teacher as a professional.
        named = np.isin(role, [*(_ROLES[r] for r in ("missing", "found_with", "reporting")), _PRO])
        companions = np.flatnonzero((missing >= 0) & named & (person != subject))
        recorded = later(rng, recorded, 1)
        # Whoever was with the child is known when the child is found.
        found = numbers(world.missing_episodes["found"])[np.maximum(missing, 0)]
        recorded = np.where(role == _ROLES["found_with"], np.maximum(recorded, found), recorded)
        self._pick(rows, "companions", companions, recorded, missing)

        for table, frame, day in (
            ("missing", world.missing_episodes, "recorded"),
            ("custody", world.custody, "day"),
            ("checks", world.pnc_checks, "day"),
            ("markers", world.markers, "recorded"),
        ):
            kept = np.flatnonzero(numbers(frame[day]) <= LAST)
            if table == "markers":
                known = np.array([c is not None for c in mapped("markers", "kind", _MARKER_CODES)])
                kept = kept[known[codes(frame["kind"])[kept]]]
            self._rows[table] = kept
            rows[table] = (numbers(frame["person"])[kept], numbers(frame[day])[kept])

        subjects = world.intelligence_subjects
        report = numbers(subjects["intelligence"])
        recorded = numbers(world.intelligence["recorded"])[report]
        kept = first_of(report, numbers(subjects["person"]))
        kept = kept[recorded[kept] <= LAST]
        self._rows["subjects"] = kept
        rows["subjects"] = (numbers(subjects["person"])[kept], recorded[kept])

        has_pnc = np.zeros(recorder.people.n, dtype=bool)
        has_pnc[rows["custody"][0]] = True
        has_pnc[rows["offenders"][0]] = True
        has_pnc[numbers(world.youth_justice["person"])] = True
        self._recorded = {table: day for table, (_, day) in rows.items()}
        rng = recorder.rng("police/nominals")
        self.nominals = Records.of(
            rng, recorder.people.n, RATES["police_second_nominal"], rows, alternating=True
        )
        self.nominal_ref = references("N", 200_000 + np.arange(len(self.nominals.person)) * 3, 8)
        self.pnc = _national_ids(rng, has_pnc)

    def nominal_of(self, person: Rows) -> Text:
        """Return the reference of each person's first nominal; null for people not held."""
        return take(self.nominal_ref, self.nominals.main[person])

    def _referred(self, table: str) -> Text:
        return take(self.nominal_ref, self.nominals.of_row[table])

    def _pick(
        self,
        rows: dict[str, tuple[Rows, Rows]],
        table: str,
        chosen: Rows,
        recorded: Rows,
        *keys: Rows,
    ) -> None:
        """Keep one row per person and keys, of those recorded by the end."""
        chosen = chosen[recorded[chosen] <= LAST]
        chosen = chosen[first_of(*(key[chosen] for key in keys), self._person[chosen])]
        self._rows[table] = chosen
        rows[table] = (self._person[chosen], recorded[chosen])

    def extracts(self) -> Iterator[Extract]:
        """Make the extracts of all four systems."""
        yield self._nominal_extract()
        yield self._occurrences()
        yield self._occurrence_roles()
        yield self._reports()
        yield self._subjects()
        yield self._custody()
        yield self._markers()
        yield self._domestic_abuse()
        yield self._antisocial_behaviour()
        yield self._missing_reports()
        yield self._companions()
        yield self._incidents()
        yield self._checks()

    def _nominal_extract(self) -> Extract:
        recorder, nominals = self.recorder, self.nominals
        people = recorder.people
        rng = recorder.rng("police_records/nominals")
        person = nominals.person
        n = len(person)
        extract = Extract.of("police_records/nominals", nominals.first)
        sight = Sight(people, rng, "police", person, nominals.first, nominals.last, upper=True)
        sight.put(
            extract,
            surname="surname",
            forename="forename",
            alias_surname="former_surname",
            date_of_birth="birth",
            address_line="address_line",
            postcode="postcode",
        )
        sight.put_sex(extract, "sex", "M", "F", "U")
        worst = np.full(people.n, 9)
        np.minimum.at(worst, self._person, np.array([1, 0, 0, 2, 2, 3, 2, 2, 2, 4])[self._role])
        role = worst[person]
        # Reporting people and professionals are seldom asked for a date of birth or a home address.
        distant = np.isin(role, (3, 4))
        unasked = distant & (rng.random(n) < 0.5)
        unlisted = distant & (rng.random(n) < 0.4)
        alias = (role == 0) & (rng.random(n) < RATES["alias_surname"])
        aliases = take(extract.columns["surname"], rng.integers(0, max(n, 1), n))
        context = np.select(
            [role == 0, role == 1],
            [
                recorder.ethnicity.context("police_suspect"),
                recorder.ethnicity.context("police_victim"),
            ],
            recorder.ethnicity.context("police_other"),
        )
        seen = recorder.ethnicity.seen(rng, people.ethnicity[person], context)
        extract.blank(unasked, "date_of_birth")
        extract.blank(unlisted, "address_line", "postcode")
        return extract.put(
            nominal_ref=self.nominal_ref,
            alias_surname=either(alias, aliases, extract.columns["alias_surname"]),
            ethnicity=ethnic_codes(rng, seen, _ETHNIC_CODES, not_stated=("NS",), new_code="W3"),
            pnc_id=take(self.pnc, person),
        ).put_dates(recorded_date=nominals.first)

    def _place(self, extract: Extract, rng: np.random.Generator, incident: Rows) -> None:
        """Fill the columns of where it happened, as far as they were written down."""
        people = self.recorder.people
        address = numbers(self.recorder.world.incidents["address"])[incident]
        address = np.where(rng.random(len(address)) < RATES["address_unknown"], NOBODY, address)
        wanted = extract.layout.columns
        if "location_line" in wanted:
            extract.put(location_line=take(people.address_line, address))
        if "location_postcode" in wanted:
            extract.put(location_postcode=take(people.postcode, address))
        if "location_uprn" in wanted:
            extract.put(location_uprn=matched(rng, take(people.uprn, address)))

    def _control(self, rng: np.random.Generator, incident: Rows) -> Text:
        """Return references of the call cards, where there is one and someone linked it."""
        linked = rng.random(len(incident)) < 0.93
        return take(self._control_ref, np.where(linked, self._card[incident], NOBODY))

    def _occurrences(self) -> Extract:
        world = self.recorder.world
        crimes = world.crimes
        rng = self.recorder.rng("police_records/occurrences")
        incident, recorded = numbers(crimes["incident"]), numbers(crimes["recorded"])
        n = len(crimes)
        extract = Extract.of("police_records/occurrences", recorded)
        offence = coded(codes(crimes["offence"]), mapped("crimes", "offence", _OFFENCE_CODES))
        serious = (codes(crimes["offence"]) == 0) & (rng.random(n) < 0.06)
        offence = replaced(offence, np.flatnonzero(serious), pa.array(["5D"] * int(serious.sum())))
        trafficked = codes(crimes["offence"]) == categories("crimes", "offence").index(
            "trafficking_modern_slavery"
        )
        flag = np.select(
            [
                crimes["cse"].to_numpy(),
                trafficked,
                crimes["knife"].to_numpy(),
                crimes["domestic"].to_numpy(),
            ],
            [0, 1, 2, 3],
            4,
        )
        choices = {
            "no_suspect": ("18", "18"),
            "evidential_difficulties": ("14", "16"),
            "not_in_public_interest": ("22", "8"),
            "out_of_court": ("3", "8"),
            "charged": ("1", "1"),
        }
        values = categories("crimes", "outcome")
        words = [choices.get(v, (None, None))[i] for i in (0, 1) for v in values]
        outcome = codes(crimes["outcome"]) + len(values) * rng.integers(0, 2, n)
        minute = numbers(world.incidents["minute"])[incident]
        started, ended = numbers(crimes["started"]), numbers(crimes["ended"])
        last_minute = np.minimum(minute + rng.integers(1, 90, n), 24 * 60 - 1)
        self._place(extract, rng, incident)
        extract.put(
            occurrence_ref=self._occurrence_ref,
            offence_code=offence,
            flag=coded(flag, ("CSE", "CCE", "KNIFE", "DA", "NONE")),
            started_at=stamps(started, minute),
            ended_at=stamps(np.maximum(started, ended), last_minute),
            control_ref=self._control(rng, incident),
        )
        extract.reveal("outcome_code", coded(outcome, words), self._outcome_day)
        return extract.put_dates(recorded_date=recorded)

    def _occurrence_roles(self) -> Extract:
        tables = ("roles", "offenders")
        rows = np.concatenate([self._rows[table] for table in tables])
        role = np.concatenate(
            [self._role[self._rows["roles"]], np.full(len(self._rows["offenders"]), _OFFENDER)]
        )
        nominal = np.concatenate([self.nominals.of_row[table] for table in tables])
        recorded = np.concatenate([self._recorded[table] for table in tables])
        crime = self._crime[self._incident[rows]]
        # A person's two nominals can carry one role twice over, one nominal cannot.
        codes_of_role = np.unique(_ROLE_CODES, return_inverse=True)[1]
        kept = first_of(crime, nominal, codes_of_role[role])
        extract = Extract.of("police_records/occurrence_roles", recorded[kept])
        return extract.put(
            occurrence_ref=take(self._occurrence_ref, crime[kept]),
            nominal_ref=take(self.nominal_ref, nominal[kept]),
            role=coded(role[kept], _ROLE_CODES),
        ).put_dates(recorded_date=extract.entered)

    def _reports(self) -> Extract:
        recorder = self.recorder
        reports = recorder.world.intelligence
        rng = recorder.rng("police_records/intelligence_reports")
        incident, recorded = numbers(reports["incident"]), numbers(reports["recorded"])
        extract = Extract.of("police_records/intelligence_reports", recorded)
        crime = np.where(incident >= 0, self._crime[np.maximum(incident, 0)], NOBODY)
        linked = rng.random(len(crime)) < 0.6
        themes = {
            "cse": "CSE",
            "criminal_exploitation": "CCE",
            "drugs": "DRUG",
            "violence": "VIOL",
            "domestic": "OTHR",
            "other": "OTHR",
        }
        place = take(recorder.people.uprn, numbers(reports["address"]))
        return extract.put(
            report_ref=self._report_refs(),
            source_evaluation=coded(numbers(reports["source_grade"]) - 1, ("1", "2", "3")),
            intelligence_assessment=coded(codes(reports["assessment"]), tuple("ABCDE")),
            handling_code=coded(codes(reports["handling"]), ("P", "C")),
            theme=coded(codes(reports["theme"]), mapped("intelligence", "theme", themes)),
            location_uprn=matched(rng, place),
            occurrence_ref=take(self._occurrence_ref, np.where(linked, crime, NOBODY)),
        ).put_dates(event_date=numbers(reports["day"]), recorded_date=recorded)

    def _report_refs(self) -> Text:
        return references("IR", numbered(numbers(self.recorder.world.intelligence["recorded"])), 7)

    def _subjects(self) -> Extract:
        rng = self.recorder.rng("police_records/intelligence_subjects")
        subjects = self.recorder.world.intelligence_subjects.iloc[self._rows["subjects"]]
        extract = Extract.of("police_records/intelligence_subjects", self._recorded["subjects"])
        role = codes(subjects["role"])
        mentioned = (role == 2) & (rng.random(len(role)) < 0.3)
        return extract.put(
            report_ref=take(self._report_refs(), numbers(subjects["intelligence"])),
            nominal_ref=self._referred("subjects"),
            subject_role=coded(np.where(mentioned, 3, role), ("SUBJ", "VULN", "ASSOC", "MENT")),
        ).put_dates(recorded_date=extract.entered)

    def _custody(self) -> Extract:
        recorder = self.recorder
        custody = recorder.world.custody.iloc[self._rows["custody"]]
        rng = recorder.rng("police_records/custody")
        detained, recorded = numbers(custody["day"]), self._recorded["custody"]
        minute, n = numbers(custody["minute"]), len(custody)
        extract = Extract.of("police_records/custody", recorded)
        released = np.maximum(numbers(custody["released"]), detained)
        released_minute = np.where(
            released > detained, rng.integers(0, 24 * 60, n), np.minimum(minute + 300, 24 * 60 - 1)
        )
        outcomes = {
            "charged": "CHG",
            "bailed": "BAIL",
            "released_no_action": "NFA",
            "out_of_court": "CAU",
            "remanded": "CHG",
        }
        outcome = coded(codes(custody["outcome"]), mapped("custody", "outcome", outcomes))
        investigated = (codes(custody["outcome"]) == 2) & (rng.random(n) < 0.4)
        outcome = either(investigated, pa.array(["RUI"] * n, pa.string()), outcome)
        age = recorder.people.age_on(numbers(custody["person"]), detained)
        return (
            extract.put(
                custody_ref=references("CU", numbered(recorded), 7),
                nominal_ref=self._referred("custody"),
                occurrence_ref=take(
                    self._occurrence_ref, self._crime[numbers(custody["incident"])]
                ),
                detained_at=stamps(detained, minute),
                outcome_code=outcome,
                appropriate_adult=yes_no((age < 18) | (rng.random(n) < 0.04)),
            )
            .reveal("released_at", stamps(released, released_minute), released)
            .put_dates(recorded_date=recorded)
        )

    def _markers(self) -> Extract:
        markers = self.recorder.world.markers.iloc[self._rows["markers"]]
        recorded = self._recorded["markers"]
        return (
            Extract.of("police_records/markers", recorded)
            .put(
                marker_ref=references("MK", numbered(recorded), 6),
                nominal_ref=self._referred("markers"),
                marker_code=coded(codes(markers["kind"]), mapped("markers", "kind", _MARKER_CODES)),
            )
            .put_dates(from_date=numbers(markers["start"]), recorded_date=recorded)
            .reveal_dates(to_date=numbers(markers["end"]))
        )

    def _domestic_abuse(self) -> Extract:
        world = self.recorder.world
        rng = self.recorder.rng("police_records/domestic_abuse")
        rows = self._rows["domestic"]
        incident, case = self._incident[rows], self._domestic[rows]
        recorded = self._recorded["domestic"]
        extract = Extract.of("police_records/domestic_abuse", recorded)
        self._place(extract, rng, incident)
        reference = references("DA", numbered(numbers(world.domestic_incidents["recorded"])), 7)
        return extract.put(
            da_ref=take(reference, case),
            nominal_ref=self._referred("domestic"),
            da_role=coded(self._role[rows], _DOMESTIC_CODES),
            dash_grade=coded(codes(world.domestic_incidents["dash"])[case], ("S", "M", "H")),
            occurrence_ref=take(self._occurrence_ref, self._crime[incident]),
            control_ref=self._control(rng, incident),
        ).put_dates(happened_date=numbers(world.incidents["day"])[incident], recorded_date=recorded)

    def _antisocial_behaviour(self) -> Extract:
        world = self.recorder.world
        rng = self.recorder.rng("police_records/antisocial_behaviour")
        rows = self._rows["asb"]
        incident, case = self._incident[rows], self._asb[rows]
        recorded = self._recorded["asb"]
        extract = Extract.of("police_records/antisocial_behaviour", recorded)
        self._place(extract, rng, incident)
        reference = references("AS", numbered(numbers(world.asb_incidents["recorded"])), 7)
        return extract.put(
            asb_ref=take(reference, case),
            nominal_ref=self._referred("asb"),
            category=coded(codes(world.asb_incidents["kind"])[case], ("PER", "NUI", "ENV")),
            role=coded(self._role[rows], _ROLE_CODES),
        ).put_dates(happened_date=numbers(world.incidents["day"])[incident], recorded_date=recorded)

    def _missing_reports(self) -> Extract:
        recorder = self.recorder
        world, people = recorder.world, recorder.people
        rng = recorder.rng("police_missing/reports")
        episodes = world.missing_episodes.iloc[self._rows["missing"]]
        recorded = self._recorded["missing"]
        incident = numbers(episodes["incident"])
        # Last seen is when it began, at the latest when it was reported.
        began, reported = numbers(world.incidents["day"])[incident], numbers(episodes["reported"])
        minute = np.where(
            began < reported,
            numbers(world.incidents["minute"])[incident],
            np.minimum(
                numbers(world.incidents["minute"])[incident], numbers(episodes["reported_minute"])
            ),
        )
        found = numbers(episodes["found"])
        places = {
            "home": "HOM",
            "foster": "FOS",
            "childrens_home": "RES",
            "hospital": "HOS",
            "school": "SCH",
            "other": "OTH",
        }
        extract = Extract.of("police_missing/reports", recorded)
        asked = rng.random(len(incident)) < 0.95

        def answer(column: str) -> Text:
            return yes_no(episodes[column].to_numpy(), where=asked)

        found_place = take(people.uprn, numbers(episodes["found_address"]))
        extract.put(
            missing_ref=self._missing_refs(self._rows["missing"]),
            nominal_ref=self._referred("missing"),
            grade=coded(codes(episodes["grade"]), ("A", "L", "M", "H")),
            missing_at=stamps(np.minimum(began, reported), minute),
            missing_from=coded(
                codes(episodes["from_kind"]), mapped("missing_episodes", "from_kind", places)
            ),
            from_uprn=matched(rng, take(people.uprn, numbers(episodes["from_address"]))),
            script_exploitation=answer("asked_exploitation"),
            script_substances=answer("asked_drugs"),
            script_self_harm=answer("asked_self_harm"),
            script_older_friends=answer("asked_older_company"),
            control_ref=self._control(rng, incident),
        )
        extract.reveal("found_at", stamps(found, numbers(episodes["found_minute"])), found)
        extract.reveal("found_uprn", found_place, found)
        return extract.put_dates(recorded_date=recorded)

    def _missing_refs(self, episodes: Rows) -> Text:
        recorded = numbers(self.recorder.world.missing_episodes["recorded"])
        return take(references("MP", numbered(recorded), 7), episodes)

    def _companions(self) -> Extract:
        rows = self._rows["companions"]
        recorded = self._recorded["companions"]
        return (
            Extract.of("police_missing/companions", recorded)
            .put(
                missing_ref=self._missing_refs(self._missing[rows]),
                nominal_ref=self._referred("companions"),
                role=coded(self._role[rows], _ROLE_CODES),
            )
            .put_dates(recorded_date=recorded)
        )

    def _incidents(self) -> Extract:
        cards = self.recorder.world.call_cards
        rng = self.recorder.rng("police_control/incidents")
        recorded = numbers(cards["recorded"])
        extract = Extract.of("police_control/incidents", recorded)
        self._place(extract, rng, numbers(cards["incident"]))
        return extract.put(
            control_ref=self._control_ref,
            incident_type=coded(
                codes(cards["opening"]), mapped("call_cards", "opening", _CONTROL_CODES)
            ),
            opened_at=stamps(numbers(cards["day"]), numbers(cards["minute"])),
        ).put_dates(recorded_date=recorded)

    def _checks(self) -> Extract:
        checks = self.recorder.world.pnc_checks.iloc[self._rows["checks"]]
        rng = self.recorder.rng("police_pnc/checks")
        recorded, incident = self._recorded["checks"], numbers(checks["incident"])
        custody = self.recorder.world.custody
        held = np.full(len(self._card), NEVER, dtype=np.int64)
        np.minimum.at(held, numbers(custody["incident"]), numbers(custody["day"]))
        arrested = held[incident] <= recorded
        served = self._card[incident] >= 0
        roadside = rng.choice(np.array([0, 0, 0, 1]), len(incident))
        researched = served & (rng.random(len(incident)) < 0.75)
        reason = np.select([arrested, researched], [2, 3], roadside)
        return (
            Extract.of("police_pnc/checks", recorded)
            .put(
                check_ref=references("PC", numbered(recorded), 8),
                nominal_ref=self._referred("checks"),
                control_ref=take(self._control_ref, self._card[incident]),
                reason=coded(reason, ("STO", "VEH", "ARR", "RES")),
                checked_at=stamps(numbers(checks["day"]), numbers(checks["minute"])),
            )
            .put_dates(recorded_date=recorded)
        )


def _row_of(incident: Rows, n_incidents: int) -> Rows:
    """Row of a table that has at most one row per incident, by incident; -1 where there is none."""
    row = np.full(n_incidents, NOBODY, dtype=np.int64)
    row[incident] = np.arange(len(incident))
    return row
