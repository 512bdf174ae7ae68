"""Children's social care and youth justice of the Bristol programme."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from think_family.synthesis.recording.dirt import HELD, RATES
from think_family.synthesis.recording.extract import FIRST, LAST, Extract
from think_family.synthesis.recording.people import (
    Rows,
    Sight,
    codes,
    identifier,
    numbers,
)
from think_family.synthesis.recording.police import Police
from think_family.synthesis.recording.recorder import (
    BRISTOL,
    Recorder,
    Records,
    census_ethnicity,
    first_of,
    later,
    numbered,
    property_reference,
)
from think_family.synthesis.recording.text import (
    Text,
    coded,
    either,
    references,
    take,
)
from think_family.synthesis.world import NEVER, NOBODY, World, categories

_SOURCES = {
    "police": "POL",
    "school": "SCH",
    "health": "HEA",
    "housing": "HOU",
    "family": "IND",
    "council": "LAS",
    "anonymous": "ANO",
    "other": "OTH",
}
_FACTORS = {
    "alcohol_misuse_child": "1A",
    "alcohol_misuse_parent": "1B",
    "drug_misuse_child": "2A",
    "drug_misuse_parent": "2B",
    "domestic_abuse_child": "3A",
    "domestic_abuse_parent": "3B",
    "mental_health_child": "4A",
    "mental_health_parent": "4B",
    "learning_disability_child": "5A",
    "unaccompanied_asylum_seeker": "8A",
    "young_carer": "10A",
    "going_missing": "11A",
    "child_sexual_exploitation": "12A",
    "trafficking": "13A",
    "gangs": "14A",
    "emotional_abuse": "15A",
    "neglect": "16A",
    "physical_abuse": "17A",
    "sexual_abuse": "18A",
    "self_harm": "19A",
    "child_criminal_exploitation": "24A",
}
"""Factors that the system's form offers; an assessment with none of them says so."""
_NO_FACTOR = "22A"
_NEEDS = {
    "abuse_or_neglect": "N1",
    "disability": "N2",
    "parental_illness": "N3",
    "family_stress": "N4",
    "family_dysfunction": "N5",
    "behaviour": "N6",
    "low_income": "N7",
    "absent_parenting": "N8",
    "other": "N9",
}
_CATEGORIES = {
    "neglect": "NEG",
    "emotional_abuse": "EMO",
    "physical_abuse": "PHY",
    "sexual_abuse": "SEX",
    "multiple": "MUL",
}
_LEGAL = {
    "full_care_order": "C2",
    "interim_care_order": "C1",
    "section_20": "V2",
    "placement_order": "E1",
}
_PLACEMENTS = {
    "foster": "U4",
    "kinship": "U1",
    "childrens_home": "K2",
    "semi_independent": "H5",
    "placed_for_adoption": "A3",
}
_CARE_ENDS = {
    "next_placement": "X1",
    "returned_home": "E4",
    "turned_18": "E15",
    "adopted": "E11",
    "special_guardianship": "E8",
}
_HELP_OUTCOMES = {"met": "MET", "partly_met": "MET", "disengaged": "DEC", "stepped_up": "STP"}
_TIES = {
    "parent": "PAR",
    "step_parent": "STP",
    "adoptive_parent": "PAR",
    "sibling": "SIB",
    "half_sibling": "SIB",
    "partner": "PTR",
    "foster": "FOS",
}
_STAYS = {
    "home": "HOME",
    "temporary": "TEMP",
    "foster": "PLAC",
    "childrens_home": "PLAC",
    "semi_independent": "PLAC",
    "refuge": "REFU",
    "hostel": "HOST",
    "university": "TEMP",
}
_YOUTH_JUSTICE = {
    "community_resolution": "OOC",
    "youth_caution": "OOC",
    "conditional_caution": "YCC",
    "referral_order": "ROO",
    "rehabilitation_order": "YRO",
    "custody": "CUS",
    "prevention": "PRE",
}
EVENTS = {
    "referrals": "day",
    "assessments": "start",
    "need_spells": "start",
    "protection_plans": "start",
    "care_spells": "start",
    "early_help": "start",
}
"""World tables of children's social care, with the day on which each began."""


def of_area(recorder: Recorder, table: str, day: str, area: int) -> Rows:
    """Rows of a world table that an area's services dealt with, recorded by the end."""
    frame = getattr(recorder.world, table)
    answers = recorder.people.responsible_area(numbers(frame["person"]), numbers(frame[day]))
    return np.flatnonzero((answers == area) & (numbers(frame["recorded"]) <= LAST))


def relatives(world: World, children: Rows, since: Rows) -> tuple[Rows, Rows]:
    """Close relatives of some people, each with the day on which they came to be known.

    Args:
        world: The world.
        children: People in whom the service took an interest.
        since: Day of that interest, by person of the world; `NEVER` for others.
    """
    ties = world.relationships
    a, b = numbers(ties["a"]), numbers(ties["b"])
    start, end = numbers(ties["start"]), numbers(ties["end"])
    wanted = np.zeros(len(world.persons), dtype=bool)
    wanted[children] = True
    found, days = [], []
    for subject, other in ((a, b), (b, a)):
        day = np.maximum(since[subject], start)
        rows = wanted[subject] & (end > since[subject]) & (day <= LAST)
        found.append(other[rows])
        days.append(day[rows])
    return np.concatenate(found), np.concatenate(days)


def household_of_interest(
    recorder: Recorder, rng: np.random.Generator, person: Rows, day: Rows
) -> tuple[Rows, Rows]:
    """Family members that a worker puts on the system beside the child, with the day of entry."""
    since = np.full(recorder.people.n, NEVER, dtype=np.int64)
    np.minimum.at(since, person, day)
    who, when = relatives(recorder.world, np.unique(person), since)
    # Absent fathers and grown-up brothers and sisters are often left out.
    male_adult = recorder.people.sex[who] & (recorder.people.age_on(who, when) >= 18)
    noted = rng.random(len(who)) < np.where(male_adult, 0.75, 0.92)
    when = later(rng, when, 6)
    noted &= when <= LAST
    return who[noted], when[noted]


def adopted_lives(recorder: Recorder, rng: np.random.Generator, area: int) -> tuple[Rows, Rows]:
    """People after adoption for whom post-adoption support opened a record, with the day."""
    people = recorder.people
    life = np.flatnonzero(people.adopted)
    order = people.left[people.adopted_from[life]]
    when = later(rng, order, 30)
    chosen = (people.responsible_area(life, when) == area) & (when <= LAST)
    return life[chosen], when[chosen]


class SocialCare:
    """The registers of children's social care and youth justice."""

    def __init__(self, recorder: Recorder, police: Police) -> None:
        """Find everyone on the system and give them references."""
        self.recorder, self.police = recorder, police
        world, people = recorder.world, recorder.people
        rng = recorder.rng("bristol_social_care")
        self._kept = {t: of_area(recorder, t, day, BRISTOL) for t, day in EVENTS.items()}
        rows: dict[str, tuple[Rows, Rows]] = {}
        self._frame = {}
        for table, kept in self._kept.items():
            self._frame[table] = getattr(world, table).iloc[kept]
            rows[table] = (
                numbers(self._frame[table]["person"]),
                numbers(self._frame[table]["recorded"]),
            )
        rows["adopted"] = adopted_lives(recorder, rng, BRISTOL)
        person = np.concatenate([who for who, _ in rows.values()])
        day = np.concatenate([when for _, when in rows.values()])
        rows["family"] = household_of_interest(recorder, rng, person, day)
        self.records = Records.of(rng, people.n, RATES["social_care_second_record"], rows)
        self._reference = references("S", 300_000 + 5 * np.arange(len(self.records.person)), 7)
        self._closed = self._closing(rng)

    def _closing(self, rng: np.random.Generator) -> Rows:
        """Day on which each record was closed; `NEVER` while work goes on."""
        people, records = self.recorder.people, self.records
        busy_until = np.full(people.n, -NEVER, dtype=np.int64)
        for table in (
            "assessments",
            "need_spells",
            "protection_plans",
            "care_spells",
            "early_help",
        ):
            frame = self._frame[table]
            np.maximum.at(busy_until, numbers(frame["person"]), numbers(frame["end"]))
        # A relative's record is closed with the last child's.
        ties = self.recorder.world.relationships
        a, b = numbers(ties["a"]), numbers(ties["b"])
        family_until = busy_until.copy()
        np.maximum.at(family_until, a, busy_until[b])
        np.maximum.at(family_until, b, busy_until[a])
        until = np.maximum(family_until[records.person], records.last)
        closed = later(rng, np.where(until >= NEVER, NEVER, until), 40)
        forgotten = rng.random(len(closed)) < 0.10
        closed = np.where(forgotten, NEVER, closed)
        order = people.order_day[records.person]
        adopted = people.given_up[records.person] & (order <= LAST)
        # A record that was still worked on after the order is closed then.
        return np.where(adopted, np.maximum(order + 3, records.first), closed)

    def _person(self, table: str) -> Text:
        return take(self._reference, self.records.of_row[table])

    def extracts(self) -> Iterator[Extract]:
        """Make the extracts of both systems."""
        yield self._persons()
        yield self._relationships()
        yield self._addresses()
        yield self._referrals()
        yield self._assessments()
        yield self._assessment_factors()
        yield self._need_spells()
        yield self._protection_plans()
        yield self._care_spells()
        yield self._early_help()
        yield self._youth_justice()

    def _persons(self) -> Extract:
        recorder, records = self.recorder, self.records
        people, person = recorder.people, records.person
        rng = recorder.rng("bristol_social_care/persons")
        n = len(person)
        extract = Extract.of("bristol_social_care/persons", records.first)
        sight = Sight(people, rng, "social_care", person, records.first, records.last)
        sight.put(
            extract,
            surname="surname",
            forename="forename",
            former_surname="former_surname",
            date_of_birth="birth",
        )
        sight.put_sex(extract, "sex", "1", "2", "9")
        seen = recorder.ethnicity.seen(rng, people.ethnicity[person], "social_care")
        child = people.age_on(person, records.first) < 18
        holds_nhs = rng.random(n) < np.where(
            child, HELD["social_care_nhs_child"], HELD["social_care_nhs_adult"]
        )
        given_up = people.given_up[person] & (people.order_day[person] <= LAST)
        mistaken = ~given_up & (rng.random(n) < 0.004)
        status = np.select([given_up, mistaken], [2, 3], 1)
        # Status and date change together, on the day of closure.
        closed = self._closed
        words = ("OPN", "CLS", "ADP", "ADR")
        extract.put(
            record_status=coded(np.where(closed > LAST, 0, status), words),
            person_ref=self._reference,
            ethnicity=census_ethnicity(rng, seen),
            nhs_number=identifier(
                rng, take(people.nhs_number, person), holds_nhs, "social_care", spaced="nhs"
            ),
            upn=identifier(rng, take(people.upn, person), HELD["social_care_upn"], "social_care"),
        )
        rows = np.flatnonzero((closed > FIRST) & (closed <= LAST))
        open_word = pa.array(["OPN"] * len(rows), pa.string())
        extract.amend("record_status", rows, open_word, closed[rows])
        return extract.put_dates(recorded_date=records.first).reveal_dates(closed_date=closed)

    def _relationships(self) -> Extract:
        recorder, records = self.recorder, self.records
        rng = recorder.rng("bristol_social_care/relationships")
        ties = recorder.world.relationships
        kind = codes(ties["kind"])
        a, b = records.main[numbers(ties["a"])], records.main[numbers(ties["b"])]
        start = numbers(ties["start"])
        known = np.maximum(np.maximum(records.first[a], records.first[b]), start)
        rows = np.flatnonzero((a >= 0) & (b >= 0) & (known <= LAST) & (rng.random(len(a)) < 0.93))
        words = [_TIES[v] for v in categories("relationships", "kind")]
        word = np.array([sorted(set(words)).index(w) for w in words])[kind]
        rows = rows[first_of(a[rows], b[rows], word[rows])]
        recorded = known[rows] + rng.integers(0, 15, len(rows))
        return (
            Extract.of("bristol_social_care/relationships", recorded)
            .put(
                person_ref=take(self._reference, b[rows]),
                related_ref=take(self._reference, a[rows]),
                relationship=coded(kind[rows], words),
            )
            .put_dates(from_date=start[rows], recorded_date=recorded)
            .reveal_dates(to_date=numbers(ties["end"])[rows])
        )

    def _addresses(self) -> Extract:
        recorder, records = self.recorder, self.records
        rng = recorder.rng("bristol_social_care/addresses")
        stays = recorder.world.residences
        person = numbers(stays["person"])
        record = records.main[person]
        start, end = numbers(stays["start"]), numbers(stays["end"])
        first, closed = records.first[record], self._closed[record]
        words = [_STAYS.get(v) for v in categories("residences", "kind")]
        kind = codes(stays["kind"])
        listed = np.array([word is not None for word in words])[kind]
        known = np.maximum(first, start) + rng.integers(0, 21, len(start))
        # Moves after the case was closed reach the system only by chance.
        told = rng.random(len(start)) < np.where(
            start <= first, 1.0, np.where(start > closed, 0.1, 1 - RATES["address_not_updated"])
        )
        rows = np.flatnonzero((record >= 0) & listed & told & (end > first - 200) & (known <= LAST))
        rows = rows[first_of(record[rows], start[rows], kind[rows])]
        address = numbers(stays["address"])[rows]
        extract = Extract.of("bristol_social_care/addresses", known[rows])
        sight = Sight(
            recorder.people, rng, "social_care", person[rows], known[rows], known[rows],
            address=address,
        )  # fmt: skip
        sight.put(extract, address_line="address_line", postcode="postcode")
        word = coded(kind[rows], words)
        return (
            extract.put(
                person_ref=take(self._reference, record[rows]),
                address_type=word,
                uprn=property_reference(recorder, rng, address),
            )
            .put_dates(from_date=start[rows], recorded_date=known[rows])
            .reveal_dates(later(rng, end[rows], 10), to_date=end[rows])
        )

    def _referrals(self) -> Extract:
        rng = self.recorder.rng("bristol_social_care/referrals")
        frame = self._frame["referrals"]
        recorded = numbers(frame["recorded"])
        sources = [_SOURCES[v] for v in categories("referrals", "source")]
        decision = codes(frame["outcome"])
        strategy = (decision == 2) & (rng.random(len(frame)) < 0.12)
        return (
            Extract.of("bristol_social_care/referrals", recorded)
            .put(
                referral_ref=take(self._referral_refs(), self._kept["referrals"]),
                person_ref=self._person("referrals"),
                source=coded(codes(frame["source"]), sources),
                decision=coded(np.where(strategy, 3, decision), ("NFA", "EHP", "ASM", "STR")),
            )
            .put_dates(referral_date=numbers(frame["day"]), recorded_date=recorded)
        )

    def _referral_refs(self) -> Text:
        return references("RF", numbered(numbers(self.recorder.world.referrals["recorded"])), 7)

    def _assessment_refs(self) -> Text:
        return references("AM", numbered(numbers(self.recorder.world.assessments["recorded"])), 7)

    def _assessments(self) -> Extract:
        frame = self._frame["assessments"]
        recorded = numbers(frame["recorded"])
        return (
            Extract.of("bristol_social_care/assessments", recorded)
            .put(
                assessment_ref=take(self._assessment_refs(), self._kept["assessments"]),
                person_ref=self._person("assessments"),
                referral_ref=take(self._referral_refs(), numbers(frame["referral"])),
            )
            .put_dates(
                started_date=numbers(frame["start"]),
                completed_date=numbers(frame["end"]),
                recorded_date=recorded,
            )
        )

    def _assessment_factors(self) -> Extract:
        world = self.recorder.world
        kept = np.zeros(len(world.assessments), dtype=bool)
        kept[self._kept["assessments"]] = True
        words = [_FACTORS.get(v) for v in categories("assessment_factors", "factor")]
        offered = np.array([word is not None for word in words])
        assessment = numbers(world.assessment_factors["assessment"])
        factor = codes(world.assessment_factors["factor"])
        rows = np.flatnonzero(kept[assessment] & offered[factor])
        rows = rows[first_of(assessment[rows], factor[rows])]
        without = kept.copy()
        without[assessment[rows]] = False
        none_found = np.flatnonzero(without)
        of = np.concatenate([assessment[rows], none_found])
        which = np.concatenate([factor[rows], np.full(len(none_found), len(words))])
        order = np.lexsort((which, of))
        of, which = of[order], which[order]
        recorded = numbers(world.assessments["recorded"])[of]
        return (
            Extract.of("bristol_social_care/assessment_factors", recorded)
            .put(
                assessment_ref=take(self._assessment_refs(), of),
                factor_code=coded(which, [*words, _NO_FACTOR]),
            )
            .put_dates(recorded_date=recorded)
        )

    def _spell(self, name: str, table: str, reference: str, letters: str) -> Extract:
        """Make an extract of spells with reference, child, start, end and recorded date."""
        frame = self._frame[table]
        recorded = numbers(frame["recorded"])
        extract = Extract.of(name, recorded)
        extract.columns[reference] = references(letters, numbered(recorded), 6)
        return (
            extract.put(person_ref=self._person(table))
            .put_dates(start_date=numbers(frame["start"]), recorded_date=recorded)
            .reveal_dates(end_date=numbers(frame["end"]))
        )

    def _need_spells(self) -> Extract:
        words = [_NEEDS[v] for v in categories("need_spells", "need")]
        return self._spell("bristol_social_care/cin_plans", "need_spells", "cin_ref", "CN").put(
            need_code=coded(codes(self._frame["need_spells"]["need"]), words)
        )

    def _protection_plans(self) -> Extract:
        words = [_CATEGORIES[v] for v in categories("protection_plans", "category")]
        return self._spell("bristol_social_care/cp_plans", "protection_plans", "cp_ref", "CP").put(
            category=coded(codes(self._frame["protection_plans"]["category"]), words)
        )

    def _care_spells(self) -> Extract:
        frame = self._frame["care_spells"]
        rng = self.recorder.rng("bristol_social_care/cla_episodes")
        legal = [_LEGAL[v] for v in categories("care_spells", "legal_status")]
        placement = [_PLACEMENTS[v] for v in categories("care_spells", "placement")]
        ends = [_CARE_ENDS.get(v) for v in categories("care_spells", "end_reason")]
        extract = self._spell("bristol_social_care/cla_episodes", "care_spells", "cla_ref", "CL")
        return extract.put(
            legal_status=coded(codes(frame["legal_status"]), legal),
            placement=coded(codes(frame["placement"]), placement),
            placement_uprn=property_reference(self.recorder, rng, numbers(frame["address"])),
        ).reveal("end_reason", coded(codes(frame["end_reason"]), ends), numbers(frame["end"]))

    def _early_help(self) -> Extract:
        frame = self._frame["early_help"]
        rng = self.recorder.rng("bristol_social_care/early_help")
        outcomes = [_HELP_OUTCOMES.get(v) for v in categories("early_help", "outcome")]
        extract = self._spell(
            "bristol_social_care/early_help", "early_help", "early_help_ref", "EH"
        )
        level = rng.choice(3, len(frame), p=(0.55, 0.35, 0.10))
        outcome = codes(frame["outcome"])
        moved = (outcome > 0) & (rng.random(len(frame)) < 0.03)
        text = either(moved, pa.array(["MOV"] * len(frame), pa.string()), coded(outcome, outcomes))
        return extract.put(level=coded(level, ("2", "3", "4"))).reveal(
            "outcome", text, numbers(frame["end"])
        )

    def _youth_justice(self) -> Extract:
        recorder = self.recorder
        world, people = recorder.world, recorder.people
        rng = recorder.rng("bristol_youth_justice/interventions")
        kept = of_area(recorder, "youth_justice", "start", BRISTOL)
        frame = world.youth_justice.iloc[kept]
        person, recorded = numbers(frame["person"]), numbers(frame["recorded"])
        records = Records.of(
            rng, people.n, RATES["youth_justice_second_record"], {"rows": (person, recorded)}
        )
        reference = references("Y", 1 + np.arange(len(records.person)), 6)
        extract = Extract.of("bristol_youth_justice/interventions", recorded)
        sight = Sight(people, rng, "youth_justice", person, recorded, recorded)
        sight.put(
            extract,
            surname="surname",
            forename="forename",
            date_of_birth="birth",
            postcode="postcode",
        )
        sight.put_sex(extract, "sex", "M", "F", "N")
        held = rng.random(len(person)) < HELD["youth_justice_pnc"]
        words = [_YOUTH_JUSTICE[v] for v in categories("youth_justice", "outcome")]
        return (
            extract.put(
                yj_ref=references("YJ", numbered(recorded), 6),
                young_person_ref=take(reference, records.of_row["rows"]),
                pnc_id=take(self.police.pnc, np.where(held, person, NOBODY)),
                type=coded(codes(frame["outcome"]), words),
            )
            .put_dates(start_date=numbers(frame["start"]), recorded_date=recorded)
            .reveal_dates(end_date=numbers(frame["end"]))
        )
