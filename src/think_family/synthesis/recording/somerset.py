"""The Somerset programme's one system: people, households, episodes, yearly attendance."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from think_family.synthesis.recording.dirt import HELD, RATES
from think_family.synthesis.recording.education import half_terms
from think_family.synthesis.recording.extract import LAST, Extract
from think_family.synthesis.recording.people import Rows, Sight, codes, identifier, numbers
from think_family.synthesis.recording.places import school_urns
from think_family.synthesis.recording.recorder import (
    SOMERSET,
    Recorder,
    Records,
    ethnic_codes,
    first_of,
    later,
    numbered,
)
from think_family.synthesis.recording.social_care import (
    EVENTS,
    adopted_lives,
    household_of_interest,
    of_area,
)
from think_family.synthesis.recording.text import (
    Text,
    coded,
    joined,
    references,
    take,
    whole,
)
from think_family.synthesis.world import NEVER, categories

_ETHNIC_CODES = {
    "white_british": "WB",
    "white_other": "WO",
    "gypsy_roma_traveller": "WO",
    "mixed_white_black": "MX",
    "mixed_other": "MX",
    "asian_indian": "AS",
    "asian_pakistani": "AS",
    "asian_bangladeshi": "AS",
    "asian_other": "AS",
    "black_african": "BL",
    "black_caribbean": "BL",
    "other": "OT",
}
_AGE_BANDS = ("A", "B", "C", "D", "E")
_AGE_EDGES = (5, 10, 16, 18)

# World table -> (type of episode, day it began, column that the free code is taken from).
_EPISODES = {
    "need_spells": ("CIN", "start", "need"),
    "protection_plans": ("CPP", "start", "category"),
    "care_spells": ("LAC", "start", "placement"),
    "early_help": ("EHA", "start", "reason"),
    "assessments": ("ASM", "start", "outcome"),
    "referrals": ("REF", "day", "source"),
    "destinations": ("NEE", "start", "status"),
    "exclusions": ("EXC", "day", "kind"),
    "youth_justice": ("YOS", "start", "outcome"),
    "homelessness": ("HML", "day", "reason"),
    "service_referrals": ("CSS", "referred", "source"),
    "panel_decisions": ("CEP", "day", "level"),
}
_OPEN, _CLOSED, _STEPPED, _NO_ACTION = range(4)
_OUTCOMES = ("OPEN", "CLOSED", "STEP", "NFA")


class Somerset:
    """The registers of the Somerset programme, housing apart."""

    def __init__(self, recorder: Recorder) -> None:
        """Find everyone on the system and give them references."""
        self.recorder = recorder
        world, people = recorder.world, recorder.people
        rng = recorder.rng("somerset_children")
        school_area = numbers(world.schools["area"])
        self._kept: dict[str, Rows] = {}
        rows: dict[str, tuple[Rows, Rows]] = {}
        for table, (_, day, _) in _EPISODES.items():
            frame = getattr(world, table)
            if table == "exclusions":
                here = (school_area[numbers(frame["school"])] == SOMERSET) & (
                    numbers(frame["recorded"]) <= LAST
                )
                kept = np.flatnonzero(here)
            else:
                kept = of_area(recorder, table, day, SOMERSET)
            if table == "destinations":
                neet = categories(table, "status").index("neet")
                kept = kept[codes(frame["status"])[kept] == neet]
            if table == "service_referrals":
                cse = categories(table, "kind").index("cse")
                kept = kept[codes(frame["kind"])[kept] == cse]
            if table == "panel_decisions":
                heard = numbers(frame["service_referral"])[kept]
                ce = categories("service_referrals", "kind").index("ce")
                kept = kept[codes(world.service_referrals["kind"])[heard] == ce]
            self._kept[table] = kept
            rows[table] = (numbers(frame["person"])[kept], numbers(frame["recorded"])[kept])
        concern = [rows[table] for table in EVENTS]
        rows["adopted"] = adopted_lives(recorder, rng, SOMERSET)
        concern.append(rows["adopted"])
        rows["family"] = household_of_interest(
            recorder,
            rng,
            np.concatenate([who for who, _ in concern]),
            np.concatenate([day for _, day in concern]),
        )
        self._concern = np.zeros(people.n, dtype=bool)
        for who, _ in [*concern, rows["family"]]:
            self._concern[who] = True

        enrolments = world.enrolments
        here = np.flatnonzero(school_area[numbers(enrolments["school"])] == SOMERSET)
        told = later(rng, numbers(enrolments["start"])[here], 15)
        here, told = here[told <= LAST], told[told <= LAST]
        rows["enrolments"] = (numbers(enrolments["person"])[here], told)
        years = self._years(school_area)
        rows["attendance"] = (years["person"], years["recorded"])
        self._attended = years
        self.records = Records.of(rng, people.n, RATES["somerset_second_record"], rows)
        self._reference = references("", 4_000_000 + 13 * np.arange(len(self.records.person)), 9)
        self._pupil = np.zeros(people.n, dtype=bool)
        self._pupil[rows["enrolments"][0]] = True

    def _years(self, school_area: Rows) -> dict[str, Rows]:
        """Sessions per pupil and academic year, of years that were sent."""
        frame = self.recorder.world.attendance
        here = np.flatnonzero(school_area[numbers(frame["school"])] == SOMERSET)
        person, year = numbers(frame["person"])[here], numbers(frame["year"])[here]
        key = person * 10_000 + year
        unique, last, inverse = np.unique(key[::-1], return_index=True, return_inverse=True)

        def total(column: str) -> Rows:
            values = numbers(frame[column])[here][::-1]
            return np.bincount(inverse, weights=values, minlength=len(unique)).astype(np.int64)

        made = {
            "person": unique // 10_000,
            "year": unique % 10_000,
            "school": numbers(frame["school"])[here][::-1][last],
            "possible": total("possible"),
            "authorised": total("authorised"),
            "unauthorised": total("unauthorised"),
        }
        # Sent at the end of the summer term, within two weeks.
        _, ends = half_terms(made["year"], np.full(len(unique), 6))
        made["recorded"] = ends + 1 + made["person"] % 14
        kept = (made["recorded"] <= LAST) & (made["possible"] > 0)
        return {name: values[kept] for name, values in made.items()}

    def extracts(self) -> Iterator[Extract]:
        """Make the extracts of the system."""
        yield self._people()
        yield self._family_members()
        yield self._episodes()
        yield self._attendance()

    def _people(self) -> Extract:
        recorder, records = self.recorder, self.records
        people, person = recorder.people, records.person
        rng = recorder.rng("somerset_children/people")
        n = len(person)
        extract = Extract.of("somerset_children/people", records.first)
        sight = Sight(people, rng, "somerset", person, records.first, records.last)
        sight.put(
            extract,
            full_name="full_name",
            dob="birth",
            address="address_line",
            post_code="postcode",
        )
        sight.put_sex(extract, "gender", "MALE", "FEMALE", "X")
        age = people.age_on(person, records.first)
        child = age < 18
        pupil = self._pupil[person]
        seen = recorder.ethnicity.seen(
            rng,
            people.ethnicity[person],
            np.where(
                pupil,
                recorder.ethnicity.context("school"),
                recorder.ethnicity.context("social_care"),
            ),
        )
        holds_nhs = rng.random(n) < np.where(
            child, HELD["somerset_nhs_child"], HELD["somerset_nhs_adult"]
        )
        holds_upn = rng.random(n) < np.where(
            pupil, HELD["somerset_upn_pupil"], HELD["somerset_upn_other"]
        )
        holds_nino = ~child & (rng.random(n) < HELD["somerset_nino"])
        return (
            extract.put(
                som_id=self._reference,
                ethnic_group=ethnic_codes(rng, seen, _ETHNIC_CODES, not_stated=("NK", "NK")),
                age_band=coded(np.searchsorted(_AGE_EDGES, age, side="right"), _AGE_BANDS),
                upn=identifier(rng, take(people.upn, person), holds_upn, "somerset"),
                nhs_no=identifier(
                    rng, take(people.nhs_number, person), holds_nhs, "somerset", spaced="nhs"
                ),
                nino=identifier(
                    rng, take(people.nino, person), holds_nino, "somerset", spaced="nino"
                ),
            )
            .put_dates(date_added=records.first)
            .reveal_dates(
                adopted_closed=np.where(
                    people.given_up[person] & (people.order_day[person] <= LAST),
                    people.order_day[person],
                    NEVER,
                )
            )
        )

    def _family_members(self) -> Extract:
        recorder, records = self.recorder, self.records
        world, people = recorder.world, recorder.people
        rng = recorder.rng("somerset_children/family_members")
        members = world.family_members
        family, person = numbers(members["family"]), numbers(members["person"])
        start, end = numbers(members["start"]), numbers(members["end"])
        # A household is on the system once a child of it is a concern, not for being at school.
        known = np.zeros(len(world.families), dtype=bool)
        known[family[self._concern[person]]] = True
        record = records.main[person]
        recorded = np.maximum(records.first[record], start) + rng.integers(0, 10, len(start))
        rows = np.flatnonzero(
            known[family] & (record >= 0) & (recorded <= LAST) & (end > records.first[record] - 365)
        )
        rows = rows[first_of(family[rows], person[rows])]
        family, person, recorded = family[rows], person[rows], recorded[rows]
        roles = categories("family_members", "role")
        role = codes(members["role"])[rows]
        ties = world.relationships
        kinds = categories("relationships", "kind")
        kind = codes(ties["kind"])
        step, parent = np.zeros(people.n, dtype=bool), np.zeros(people.n, dtype=bool)
        step[numbers(ties["a"])[kind == kinds.index("step_parent")]] = True
        own = np.isin(kind, [kinds.index("parent"), kinds.index("adoptive_parent")])
        parent[numbers(ties["a"])[own]] = True
        adult = role == roles.index("adult")
        word = np.select(
            [
                role == roles.index("child"),
                role == roles.index("other"),
                adult & step[person] & ~parent[person],
                adult & ~parent[person],
                people.sex[person],
            ],
            [0, 1, 2, 3, 4],
            5,
        )
        # Households are numbered in the order in which they came to be known.
        unique, inverse = np.unique(family, return_inverse=True)
        met = np.full(len(unique), NEVER, dtype=np.int64)
        np.minimum.at(met, inverse, recorded)
        household = references("H", 1_000 + numbered(met), 7)
        return (
            Extract.of("somerset_children/family_members", recorded)
            .put(
                household_ref=take(household, inverse),
                som_id=take(self._reference, records.main[person]),
                member_type=coded(word, ("C", "G", "S", "P", "F", "M")),
            )
            .put_dates(from_date=start[rows], date_added=recorded)
            .reveal_dates(later(rng, end[rows], 30), to_date=end[rows])
        )

    def _episodes(self) -> Extract:
        world = self.recorder.world
        parts: list[dict[str, Rows]] = []
        words: list[str] = []
        for number, (table, (_, day, detail)) in enumerate(_EPISODES.items()):
            frame = getattr(world, table).iloc[self._kept[table]]
            values = categories(table, detail)
            start, recorded = numbers(frame[day]), numbers(frame["recorded"])
            end = numbers(frame["end"]) if "end" in frame else start
            outcome = np.full(len(frame), _CLOSED)
            if table in ("early_help", "referrals", "assessments"):
                labels = categories(table, "outcome")
                nothing = [i for i, v in enumerate(labels) if v == "no_further_action"]
                up = [
                    i
                    for i, v in enumerate(labels)
                    if v in ("stepped_up", "protection", "assessment")
                ]
                result = codes(frame["outcome"])
                outcome = np.select([np.isin(result, nothing), np.isin(result, up)], [3, 2], 1)
            elif table == "service_referrals":
                begun = numbers(frame["service_start"]) < NEVER
                # Those taken on: the service, from its start. Others: the referral, and no more,
                # once it is turned down.
                waits = ~begun & (codes(frame["triage"]) == 0)
                start = np.where(begun, numbers(frame["service_start"]), start)
                end = np.where(begun, numbers(frame["service_end"]), numbers(frame["triaged"]))
                recorded = np.where(
                    begun,
                    np.maximum(recorded, start + 1 + numbers(frame["person"]) % 6),
                    np.where(waits, NEVER, np.maximum(recorded, end)),
                )
                outcome = np.where(begun, _CLOSED, _NO_ACTION)
            elif table == "panel_decisions":
                refused = codes(frame["decision"]) == 0
                outcome = np.where(refused, _NO_ACTION, _CLOSED)
            parts.append(
                {
                    "kind": np.full(len(frame), number),
                    "record": self.records.of_row[table],
                    "start": start,
                    "end": np.maximum(end, start),
                    "recorded": recorded,
                    "outcome": outcome,
                    "detail": codes(frame[detail]) + len(words),
                }
            )
            words += [v.replace("_", " ").upper()[:24] for v in values]
        made = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        order = np.lexsort((made["record"], made["recorded"]))
        order = order[made["recorded"][order] <= LAST]
        made = {name: values[order] for name, values in made.items()}
        recorded, end = made["recorded"], made["end"]
        lasting = end > LAST
        extract = Extract.of("somerset_children/episodes", recorded).put(
            episode_id=references("E", numbered(recorded), 8),
            som_id=take(self._reference, made["record"]),
            type_code=coded(made["kind"], [letters for letters, _, _ in _EPISODES.values()]),
            detail=coded(made["detail"], words),
            outcome=coded(np.where(lasting, _OPEN, made["outcome"]), _OUTCOMES),
        )
        rows = np.flatnonzero((end > recorded) & ~lasting)
        extract.amend("outcome", rows, pa.array(["OPEN"] * len(rows), pa.string()), end[rows])
        return extract.put_dates(start_date=made["start"], date_added=recorded).reveal_dates(
            end_date=end
        )

    def _attendance(self) -> Extract:
        years = self._attended
        possible = years["possible"]

        def tenths(sessions: Rows) -> Text:
            share = np.rint(1000 * sessions / possible).astype(np.int64)
            return joined(".", whole(share // 10), whole(share % 10))

        missed = years["authorised"] + years["unauthorised"]
        year = years["year"]
        starts, _ = half_terms(year, np.ones(len(year), dtype=np.int64))
        return (
            Extract.of("somerset_children/attendance", years["recorded"])
            .put(
                som_id=take(self._reference, self.records.of_row["attendance"]),
                academic_year=joined("/", whole(year), pc.utf8_slice_codeunits(whole(year + 1), 2)),
                school_urn=take(school_urns(self.recorder), years["school"]),
                percent_attended=tenths(np.maximum(possible - missed, 0)),
                unauthorised_percent=tenths(np.minimum(years["unauthorised"], possible)),
            )
            .put_dates(year_start=starts, date_added=years["recorded"])
        )
