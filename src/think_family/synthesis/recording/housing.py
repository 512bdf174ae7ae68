"""Housing, revenues and benefits: council tenancies, council tax, and the benefits feed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from think_family.synthesis.dice import first_days
from think_family.synthesis.recording.dirt import HELD
from think_family.synthesis.recording.extract import FIRST, LAST, Extract
from think_family.synthesis.recording.people import (
    Rows,
    Sight,
    Timeline,
    codes,
    identifier,
    numbers,
)
from think_family.synthesis.recording.recorder import (
    BRISTOL,
    SOMERSET,
    Recorder,
    first_of,
    later,
    matched,
    numbered,
    spells_met,
    within_groups,
)
from think_family.synthesis.recording.text import (
    Flags,
    coded,
    pounds,
    references,
    take,
    whole,
    yes_no,
)
from think_family.synthesis.world import HISTORY_START, NEVER, NOBODY, categories, day

_STAGES = {"prevention": "PRE", "relief": "REL", "main_duty": "MAI", "not_owed": "NOD"}
_DAYS_OF_RELIEF = 57
_HOMELESS_REASONS = {
    "family_excluded": "FAM",
    "domestic_abuse": "DAB",
    "tenancy_ended": "PRS",
    "evicted": "RNT",
}
_COMPLAINTS = {
    "noise": "NOI",
    "nuisance": "HAR",
    "drugs": "DRU",
    "threats": "VIO",
    "damage": "VAN",
    "animals": "NOI",
}
_BENEFITS = {
    "universal_credit": "UC",
    "jobseekers": "JSA",
    "employment_support": "ESA",
    "income_support": "IS",
    "personal_independence": "PIP",
    "housing_benefit": "HB",
}
"""Benefits that the feed covers; carer's and disability living allowance are outside it."""
_FAMILY_BENEFITS = ("universal_credit", "income_support", "housing_benefit")
_RELATIONS = ("TEN", "PTR", "CHD", "PAR", "SIB", "OTH")
_QUARTER_ENDS = np.array(
    [f"{y}-{m}" for y in range(2015, 2026) for m in ("03-31", "06-30", "09-30", "12-31")],
    dtype="datetime64[D]",
).astype(np.int64)


class Household:
    """The people of social tenancies, as the landlord knows them.

    Attributes:
        tenancy: Row of the tenancy per occupant.
        person: The occupant.
        number: Number of the occupant in the tenancy, from 1, the tenant first.
        relation: Position in the relations of the code list.
        start: First day, end: day after the last.
    """

    def __init__(self, recorder: Recorder, rng: np.random.Generator, tenancies: Rows) -> None:
        """Find who lived in the homes of some tenancies while they lasted."""
        world, people = recorder.world, recorder.people
        frame = world.tenancies.iloc[tenancies]
        stays = world.residences
        stay_start, stay_end = numbers(stays["start"]), numbers(stays["end"])
        start, end = numbers(frame["start"]), numbers(frame["end"])
        left, right = spells_met(
            numbers(frame["address"]), numbers(stays["address"]), start, end, stay_start, stay_end
        )
        person = numbers(stays["person"])[right]
        kept = first_of(left, person)
        left, right, person = left[kept], right[kept], person[kept]
        lead, joint = numbers(frame["person"])[left], numbers(frame["joint"])[left]
        begin = np.maximum(start[left], stay_start[right])
        ties = world.relationships
        kind = codes(ties["kind"])
        kinds = categories("relationships", "kind")
        parental = np.isin(
            kind, [kinds.index(k) for k in ("parent", "step_parent", "adoptive_parent", "foster")]
        )
        sibling = np.isin(kind, [kinds.index(k) for k in ("sibling", "half_sibling")])
        a, b = numbers(ties["a"]), numbers(ties["b"])

        def tied(first: Rows, second: Rows, which: Rows) -> Flags:
            pairs = np.unique(a[which] * people.n + b[which])
            return np.isin(first * people.n + second, pairs)

        rows = np.flatnonzero(parental)
        relation = np.select(
            [
                person == lead,
                person == joint,
                tied(lead, person, rows) | ((joint >= 0) & tied(joint, person, rows)),
                tied(person, lead, rows),
                tied(person, lead, np.flatnonzero(sibling))
                | tied(lead, person, np.flatnonzero(sibling)),
            ],
            [0, 1, 2, 3, 4],
            5,
        )
        known = (relation <= 1) | (rng.random(len(person)) < 0.88)
        order = np.lexsort((people.born[person], relation, left))
        order = order[known[order]]
        self.tenancy, self.person = left[order], person[order]
        self.relation, self.start = relation[order], begin[order]
        self.end = np.minimum(end[left], stay_end[right])[order]
        self.number = within_groups(self.tenancy) + 1


class Housing:
    """The registers of council housing, revenues and benefits."""

    def __init__(self, recorder: Recorder) -> None:
        """Choose the council's tenancies and number them."""
        self.recorder = recorder
        tenancies = recorder.world.tenancies
        rng = recorder.rng("bristol_housing")
        area = recorder.people.address_area[numbers(tenancies["address"])]
        council = codes(tenancies["landlord"]) == categories("tenancies", "landlord").index(
            "council"
        )
        start, end = numbers(tenancies["start"]), numbers(tenancies["end"])
        recorded = later(rng, start, 6)
        self._kept = np.flatnonzero(
            council & (area == BRISTOL) & (end > day("2015-01-01")) & (recorded <= LAST)
        )
        self._recorded = recorded[self._kept]
        self._reference = references("T", 40_000 + 3 * numbered(self._recorded), 7)
        self._of_tenancy = np.full(len(tenancies), NOBODY, dtype=np.int64)
        self._of_tenancy[self._kept] = np.arange(len(self._kept))

    def extracts(self) -> Iterator[Extract]:
        """Make the extracts of the four systems."""
        yield self._tenancies()
        yield self._occupants()
        yield self._homelessness()
        yield self._rent_arrears()
        yield self._complaints()
        yield self._council_tax()
        yield self._benefits()
        yield self._somerset_accounts()

    def _tenancies(self) -> Extract:
        recorder = self.recorder
        rng = recorder.rng("bristol_housing/tenancies")
        frame = recorder.world.tenancies.iloc[self._kept]
        address, n = numbers(frame["address"]), len(frame)
        extract = Extract.of("bristol_housing/tenancies", self._recorded)
        sight = Sight(
            recorder.people, rng, "housing", numbers(frame["person"]), self._recorded,
            self._recorded, address=address,
        )  # fmt: skip
        sight.put(extract, address_line="address_line", postcode="postcode")
        kind = np.searchsorted((0.80, 0.92, 0.97), rng.random(n))
        return (
            extract.put(
                tenancy_ref=self._reference,
                tenure=coded(kind, ("SEC", "INT", "TMP", "PSH")),
                uprn=take(recorder.people.uprn, address),
            )
            .put_dates(start_date=numbers(frame["start"]), recorded_date=self._recorded)
            .reveal_dates(end_date=numbers(frame["end"]))
        )

    def _occupants(self) -> Extract:
        recorder = self.recorder
        people = recorder.people
        rng = recorder.rng("bristol_housing/occupants")
        household = Household(recorder, rng, self._kept)
        # Tenants are entered with the tenancy, others when someone tells the landlord.
        told = np.where(
            household.relation <= 1, household.start + 3, later(rng, household.start, 70)
        )
        recorded = np.maximum(self._recorded[household.tenancy], told)
        kept = (recorded <= LAST) & (recorded < household.end + 365)
        person, relation = household.person[kept], household.relation[kept]
        recorded, end = recorded[kept], household.end[kept]
        extract = Extract.of("bristol_housing/occupants", recorded)
        sight = Sight(people, rng, "housing", person, recorded, recorded)
        sight.put(extract, surname="surname", forename="forename", date_of_birth="birth")
        sight.put_sex(extract, "sex", "M", "F", "N")
        holds = (relation <= 1) & (rng.random(len(person)) < HELD["housing_nino"])
        return (
            extract.put(
                tenancy_ref=take(self._reference, household.tenancy[kept]),
                occupant_no=whole(household.number[kept]),
                relation=coded(relation, _RELATIONS),
                nino=identifier(rng, take(people.nino, person), holds, "housing", spaced="nino"),
            )
            .put_dates(from_date=household.start[kept], recorded_date=recorded)
            .reveal_dates(later(rng, end, 20), to_date=end)
        )

    def _homelessness(self) -> Extract:
        recorder = self.recorder
        people = recorder.people
        rng = recorder.rng("bristol_housing/homelessness")
        frame = recorder.world.homelessness
        person, applied = numbers(frame["person"]), numbers(frame["day"])
        recorded = numbers(frame["recorded"])
        before = people.home_on(person, applied - 1)
        area = np.where(before >= 0, people.address_area[before], people.area[person])
        rows = np.flatnonzero((area == BRISTOL) & (recorded <= LAST))
        frame, person, applied, recorded = (
            frame.iloc[rows],
            person[rows],
            applied[rows],
            recorded[rows],
        )
        extract = Extract.of("bristol_housing/homelessness", recorded)
        sight = Sight(people, rng, "housing", person, recorded, recorded, address=before[rows])
        sight.put(
            extract,
            surname="surname",
            forename="forename",
            date_of_birth="birth",
            last_postcode="postcode",
        )
        outcomes = categories("homelessness", "outcome")
        stages = [_STAGES[v] for v in outcomes]
        outcome = codes(frame["outcome"])
        # The main duty follows relief that did not help within eight weeks.
        owed = np.minimum(applied + _DAYS_OF_RELIEF, numbers(frame["end"]))
        relieved = (outcome == outcomes.index("main_duty")) & (owed > LAST)
        outcome = np.where(relieved, outcomes.index("relief"), outcome)
        reasons = [_HOMELESS_REASONS.get(v, "OTH") for v in categories("homelessness", "reason")]
        extract = (
            extract.put(
                case_ref=references("HM", numbered(recorded), 6),
                nino=identifier(
                    rng, take(people.nino, person), HELD["homelessness_nino"], "housing",
                    spaced="nino",
                ),
                stage=coded(outcome, stages),
                reason=coded(codes(frame["reason"]), reasons),
                n_children=whole(self._children(person, applied)),
            )
            .put_dates(opened_date=applied, recorded_date=recorded)
            .reveal_dates(closed_date=numbers(frame["end"]))
        )  # fmt: skip
        rows = np.flatnonzero((outcome == outcomes.index("main_duty")) & (owed > FIRST))
        relief = pa.array([_STAGES["relief"]] * len(rows), pa.string())
        extract.amend("stage", rows, relief, owed[rows])
        return extract

    def _children(self, person: Rows, on: Rows) -> Rows:
        """How many of a person's children under 18 lived in the city on a day."""
        people = self.recorder.people
        parent = np.concatenate(
            [numbers(self.recorder.world.persons[p]) for p in ("mother", "father")]
        )
        child = np.tile(np.arange(people.n), 2)
        child, parent = child[parent >= 0], parent[parent >= 0]
        adult_day = people.born[child] + int(18 * 365.25)
        left, _ = spells_met(
            person,
            parent,
            on,
            on + 1,
            people.born[child],
            np.minimum(adult_day, people.left[child]),
        )
        return np.bincount(left, minlength=len(person))

    def _rent_arrears(self) -> Extract:
        rng = self.recorder.rng("bristol_housing/rent_arrears")
        frame = self.recorder.world.rent_arrears
        tenancy = self._of_tenancy[numbers(frame["tenancy"])]
        start, end = numbers(frame["start"]), numbers(frame["end"])
        low = np.searchsorted(_QUARTER_ENDS, np.maximum(start, numbers(frame["recorded"])))
        high = np.searchsorted(_QUARTER_ENDS, np.minimum(end, LAST + 1))
        counts = np.where(tenancy >= 0, np.maximum(high - low, 0), 0)
        row = np.repeat(np.arange(len(frame)), counts)
        quarter = _QUARTER_ENDS[np.repeat(low, counts) + within_groups(row)]
        kept = first_of(tenancy[row], quarter)
        row, quarter = row[kept], quarter[kept]
        amount = (numbers(frame["amount"])[row] * rng.uniform(0.35, 1.0, len(row))).astype(np.int64)
        recorded = quarter + 1 + rng.integers(0, 5, len(row))
        return (
            Extract.of("bristol_housing/rent_arrears", recorded)
            .put(tenancy_ref=take(self._reference, tenancy[row]), arrears=pounds(amount))
            .put_dates(month_end=quarter, recorded_date=recorded)
        )

    def _complaints(self) -> Extract:
        recorder = self.recorder
        rng = recorder.rng("bristol_housing/asb_cases")
        frame = recorder.world.council_asb
        tenancies = recorder.world.tenancies.iloc[self._kept]
        homes = Timeline(
            numbers(tenancies["address"]), numbers(tenancies["start"]), numbers(tenancies["end"])
        )
        opened, recorded = numbers(frame["day"]), numbers(frame["recorded"])
        tenancy = homes.at(numbers(frame["address"]), opened, strict=True)
        rows = np.flatnonzero((tenancy >= 0) & (recorded <= LAST))
        kinds = [_COMPLAINTS[v] for v in categories("council_asb", "kind")]
        return (
            Extract.of("bristol_housing/asb_cases", recorded[rows])
            .put(
                asb_case_ref=references("AC", numbered(recorded[rows]), 6),
                tenancy_ref=take(self._reference, tenancy[rows]),
                type=coded(codes(frame["kind"])[rows], kinds),
            )
            .put_dates(opened_date=opened[rows], recorded_date=recorded[rows])
            .reveal_dates(closed_date=later(rng, opened[rows] + 7, 75))
        )

    def _council_tax(self) -> Extract:
        recorder = self.recorder
        people = recorder.people
        rng = recorder.rng("bristol_revenues/council_tax")
        accounts = recorder.world.council_tax
        address = numbers(accounts["address"])
        start, end = numbers(accounts["start"]), numbers(accounts["end"])
        account_recorded = later(rng, start, 20)
        rows = np.flatnonzero(
            (people.address_area[address] == BRISTOL)
            & (end > HISTORY_START)
            & (account_recorded <= LAST)
        )
        first, second = numbers(accounts["person"])[rows], numbers(accounts["second"])[rows]
        account = np.concatenate([np.arange(len(rows)), np.flatnonzero(second >= 0)])
        liable = np.concatenate([first, second[second >= 0]])
        number = np.concatenate([np.full(len(first), 1), np.full(int((second >= 0).sum()), 2)])
        order = np.lexsort((number, account))
        account, person, number = account[order], liable[order], number[order]
        # The second liable person is put on the account on moving in.
        row = rows[account]
        liable_from = np.where(
            number == 2, self._moved_in(person, address[row], start[row]), start[row]
        )
        recorded = np.maximum(account_recorded[row], liable_from)
        kept = (recorded <= LAST) & (liable_from < end[row])
        account, person, number, row = (x[kept] for x in (account, person, number, row))
        liable_from, recorded, n = liable_from[kept], recorded[kept], len(row)
        extract = Extract.of("bristol_revenues/council_tax", recorded)
        sight = Sight(people, rng, "revenues", person, recorded, recorded, address=address[row])
        sight.put(
            extract,
            surname="surname",
            forename="forename",
            date_of_birth="birth",
            address_line="address_line",
            postcode="postcode",
        )
        extract.blank(rng.random(n) >= HELD["revenues_birth"], "date_of_birth")
        exempt = (rng.random(len(rows)) < 0.015)[account]
        single = accounts["single_discount"].to_numpy()[row]
        reduced = ~single & (rng.random(len(rows)) < 0.12)[account]
        owed, owed_from = numbers(accounts["arrears"])[row], numbers(accounts["arrears_day"])[row]
        owed = np.where(owed_from <= LAST, owed, 0)
        new_debt = np.flatnonzero((owed > 0) & (owed_from > FIRST))
        extract.put(
            account_ref=take(
                references("CT", 500_000 + numbered(account_recorded[rows]), 8), account
            ),
            liable_no=whole(number),
            nino=identifier(
                rng, take(people.nino, person), HELD["revenues_nino"], "revenues", spaced="nino"
            ),
            uprn=matched(rng, take(people.uprn, address[row])),
            status=coded(np.where(exempt, 1, 0), ("OCC", "EXE")),
            reduction=coded(np.select([single, reduced], [2, 1], 0), ("N", "R", "S")),
            arrears=pounds(owed),
        )
        nothing = pa.array(["0.00"] * len(new_debt), pa.string())
        extract.amend("arrears", new_debt, nothing, owed_from[new_debt])
        ended = end[row]
        told = np.where(ended >= NEVER, NEVER, ended + (later(rng, end, 15) - end)[row])
        return extract.put_dates(from_date=liable_from, recorded_date=recorded).reveal_dates(
            told, to_date=ended
        )

    def _moved_in(self, person: Rows, address: Rows, since: Rows) -> Rows:
        """First day on or after `since` on which each person lives at an address, or `since`."""
        stays = self.recorder.world.residences
        start = numbers(stays["start"])
        left, right = spells_met(
            person, numbers(stays["person"]), since, np.full(len(person), NEVER), start,
            numbers(stays["end"]),
        )  # fmt: skip
        there = numbers(stays["address"])[right] == address[left]
        first = first_days(len(person), left[there], np.maximum(start[right], since[left])[there])
        return np.where(first < NEVER, first, since)

    def _benefits(self) -> Extract:
        recorder = self.recorder
        world, people = recorder.world, recorder.people
        rng = recorder.rng("dwp/benefits")
        claims = world.benefits
        words = [_BENEFITS.get(v) for v in categories("benefits", "benefit")]
        benefit, start = codes(claims["benefit"]), numbers(claims["start"])
        who, recorded = numbers(claims["person"]), numbers(claims["recorded"])
        covered = np.array([word is not None for word in words])[benefit]
        area = people.responsible_area(who, start)
        kept = np.flatnonzero(
            covered
            & (area == BRISTOL)
            & (recorded <= LAST)
            & (numbers(claims["end"]) > HISTORY_START)
        )
        claim, person, role = self._claimants(kept)
        row = kept[claim]
        n = len(row)
        extract = Extract.of("dwp/benefits", recorded[row])
        sight = Sight(people, rng, "dwp", person, recorded[row], recorded[row])
        sight.put(
            extract,
            surname="surname",
            forename="forename",
            date_of_birth="birth",
            postcode="postcode",
            address_line="address_line",
        )
        adult = role < 2
        holds = adult & (rng.random(n) < HELD["dwp_nino"])
        kinds = categories("benefits", "benefit")
        workless = claims["workless"].to_numpy()[row]
        conditional = rng.choice(4, n, p=(0.52, 0.2, 0.18, 0.1))
        group = np.select(
            [
                ~adult | np.isin(benefit[row], [kinds.index("personal_independence")]),
                benefit[row] == kinds.index("employment_support"),
                ~workless,
            ],
            [NOBODY, 2, 4],
            conditional,
        )
        end = numbers(claims["end"])[row]
        return (
            extract.put(
                claim_ref=take(references("BN", numbered(recorded[kept]), 8), claim),
                claimant_no=whole(within_groups(claim) + 1),
                role=coded(role, ("CLM", "PTR", "CHD")),
                nino=identifier(rng, take(people.nino, person), holds, "dwp"),
                benefit=coded(benefit[row], words),
                work_status=coded(group, ("SRC", "PRE", "LIM", "CAR", "WRK")),
            )
            .put_dates(start_date=start[row], recorded_date=recorded[row])
            .reveal_dates(end_date=end)
        )

    def _claimants(self, kept: Rows) -> tuple[Rows, Rows, Rows]:
        """Find everyone on some claims.

        Returns the position of the claim, the person, and the role: 0 claimant, 1 partner, 2 child.
        """
        world, people = self.recorder.world, self.recorder.people
        claims = world.benefits.iloc[kept]
        who, start = numbers(claims["person"]), numbers(claims["start"])
        kinds = categories("benefits", "benefit")
        joint = np.isin(codes(claims["benefit"]), [kinds.index(k) for k in _FAMILY_BENEFITS])
        home = people.address_on(who, start)
        ties = world.relationships
        kind = codes(ties["kind"])
        tie_kinds = categories("relationships", "kind")
        a, b = numbers(ties["a"]), numbers(ties["b"])
        tie_start, tie_end = numbers(ties["start"]), numbers(ties["end"])
        parts = [(np.arange(len(kept)), who, np.zeros(len(kept), dtype=np.int64))]
        partner = np.flatnonzero(kind == tie_kinds.index("partner"))
        parental = np.flatnonzero(
            np.isin(
                kind, [tie_kinds.index(k) for k in ("parent", "step_parent", "adoptive_parent")]
            )
        )
        at = np.flatnonzero(joint)
        for one, other, rows, role in ((a, b, partner, 1), (b, a, partner, 1), (a, b, parental, 2)):
            left, right = spells_met(
                who[at], one[rows], start[at], start[at] + 1, tie_start[rows], tie_end[rows]
            )
            claim, person = at[left], other[rows][right]
            together = people.lives_at(person, home[claim], start[claim])
            if role == 2:
                together &= people.age_on(person, start[claim]) < 19
                together &= people.born[person] <= start[claim]
            claim, person = claim[together], person[together]
            parts.append((claim, person, np.full(len(claim), role)))
        claim, person, role_of = (np.concatenate([p[i] for p in parts]) for i in range(3))
        once = first_of(claim, person)
        claim, person, role_of = claim[once], person[once], role_of[once]
        order = np.lexsort((people.born[person], role_of, claim))
        return claim[order], person[order], role_of[order]

    def _somerset_accounts(self) -> Extract:
        recorder = self.recorder
        world, people = recorder.world, recorder.people
        rng = recorder.rng("somerset_housing/accounts")
        tenancies = world.tenancies
        area = people.address_area[numbers(tenancies["address"])]
        opened = later(rng, numbers(tenancies["start"]), 8)
        kept = np.flatnonzero(
            (area == SOMERSET) & (numbers(tenancies["end"]) > day("2016-01-01")) & (opened <= LAST)
        )
        household = Household(recorder, rng, kept)
        recorded = np.maximum(
            opened[kept][household.tenancy],
            np.where(household.relation <= 1, 0, later(rng, household.start, 90)),
        )
        told = recorded <= LAST
        tenancy, person = kept[household.tenancy[told]], household.person[told]
        relation, recorded = household.relation[told], recorded[told]
        extract = Extract.of("somerset_housing/accounts", recorded)
        address = numbers(tenancies["address"])[tenancy]
        sight = Sight(people, rng, "housing", person, recorded, recorded, address=address)
        sight.put(
            extract,
            full_name="full_name",
            dob="birth",
            address="address_line",
            post_code="postcode",
        )
        arrears = world.rent_arrears
        standing = (numbers(arrears["end"]) > LAST) & (numbers(arrears["recorded"]) <= LAST)
        owing = np.zeros(len(tenancies), dtype=bool)
        owing[numbers(arrears["tenancy"])[standing]] = True
        holds = (relation <= 1) & (rng.random(len(person)) < HELD["somerset_housing_nino"])
        end = numbers(tenancies["end"])[tenancy]
        account = references("A", 7_000 + 11 * numbered(opened[kept]), 7)
        return (
            extract.put(
                account_no=take(account, household.tenancy[told]),
                person_no=whole(household.number[told]),
                nino=identifier(rng, take(people.nino, person), holds, "housing", spaced="nino"),
                relation=coded(relation, _RELATIONS),
                in_arrears=yes_no(owing[tenancy], values=("No", "Yes")),
            )
            .put_dates(tenancy_start=numbers(tenancies["start"])[tenancy], date_added=recorded)
            .reveal_dates(tenancy_end=end)
        )
