"""The world: what truly happens in the synthetic city, and what its services decide.

A `World` is a set of pandas tables. Nothing in it is misspelt, missing or late: the recording turns
it into extracts and puts the dirt in. `TABLES` is the full description of every table and column,
and `faults` holds a world to it.

Conventions
-----------
- Row numbers are keys. A column of kind ``person`` is the row number in ``persons`` (int32), and so
  on for every kind that is a table's name in the singular; -1 (`NOBODY`) means none.
- A column of kind ``day`` is an int32 count of days since 1970-01-01. `NEVER` (a day far in the
  future) means "not" or "still so": spells are half-open, ``start <= day < end``.
- A column of kind ``minute`` is the minute of the day, 0 to 1439 (int16).
- A column of kind ``code`` is a pandas Categorical whose categories are those listed, in order.
- ``text`` columns are Categorical where values repeat and pandas ``str`` otherwise; "" means none.
- ``recorded`` is the day on which the service that saw it entered it; always >= the happening and
  possibly after `HISTORY_END` (then it is not in any extract).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Days = npt.NDArray[np.int32]


def day(iso: str) -> int:
    """Day number (days since 1970-01-01) of an ISO date."""
    return int(np.datetime64(iso, "D").astype(np.int64))


def to_dates(days: npt.ArrayLike) -> npt.NDArray[np.datetime64]:
    """Day numbers as numpy ``datetime64[D]``; `NEVER` becomes NaT."""
    numbers = np.asarray(days, dtype=np.int64)
    dates = numbers.astype("datetime64[D]")
    dates[numbers == NEVER] = np.datetime64("NaT")
    return dates


NOBODY = -1
NEVER = 99_999
HISTORY_START = day("2018-09-01")
HISTORY_END = day("2025-08-31")
HOLD_OUT_DAYS = (day("2021-12-31"), day("2022-12-31"), day("2023-12-31"))
AREAS = ("bristol", "somerset")

ETHNICITIES = (
    "white_british",
    "white_other",
    "gypsy_roma_traveller",
    "mixed_white_black",
    "mixed_other",
    "asian_indian",
    "asian_pakistani",
    "asian_bangladeshi",
    "asian_other",
    "black_african",
    "black_caribbean",
    "other",
)

RESIDENCE_KINDS = (
    "home",
    "temporary",
    "foster",
    "childrens_home",
    "semi_independent",
    "refuge",
    "hostel",
    "university",
    "prison",
)

ADDRESS_KINDS = (
    "residential",
    "refuge",
    "hostel",
    "childrens_home",
    "university_hall",
    "school",
    "prison",
    "police_station",
    "hospital",
    "surgery",
    "council_office",
    "hotel",
    "takeaway",
    "shop",
    "park",
    "transport",
    "car_park",
)

# The Department for Education's factors identified at the end of assessment, shortened.
ASSESSMENT_FACTORS = (
    "alcohol_misuse_child",
    "alcohol_misuse_parent",
    "drug_misuse_child",
    "drug_misuse_parent",
    "domestic_abuse_child",
    "domestic_abuse_parent",
    "mental_health_child",
    "mental_health_parent",
    "learning_disability_child",
    "learning_disability_parent",
    "physical_disability_child",
    "young_carer",
    "privately_fostered",
    "unaccompanied_asylum_seeker",
    "going_missing",
    "child_sexual_exploitation",
    "trafficking",
    "gangs",
    "child_criminal_exploitation",
    "socially_unacceptable_behaviour",
    "self_harm",
    "neglect",
    "emotional_abuse",
    "physical_abuse",
    "sexual_abuse",
    "other",
)

# Offence classes of the synthetic force (invented codes in recording; these are the meanings).
OFFENCES = (
    "violence_with_injury",
    "violence_without_injury",
    "stalking_harassment",
    "robbery",
    "possession_weapon",
    "rape",
    "sexual_assault",
    "sexual_activity_with_child",
    "sexual_grooming",
    "indecent_images",
    "trafficking_modern_slavery",
    "drug_supply",
    "drug_possession",
    "burglary",
    "vehicle_crime",
    "shoplifting",
    "theft_other",
    "criminal_damage_arson",
    "public_order",
    "child_neglect",
    "coercive_control",
)

INCIDENT_ROLES = (
    "victim",
    "suspect",
    "offender",
    "witness",
    "involved",
    "reporting",
    "missing",
    "found_with",
    "child_present",
)

# table -> column -> (kind, meaning). Kinds: a table's singular name, day, minute, int, pence, real,
# flag, text, or code:<value>|<value>...
TABLES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    # ------------------------------------------------------------------ people and places
    "persons": {
        "sex": ("code:f|m", "Sex as registered now."),
        "former_sex": ("code:f|m", "Sex marker before `sex_changed`; equal to `sex` if unchanged."),
        "sex_changed": ("day", "Day the sex marker was changed in official records."),
        "born": ("day", "True date of birth."),
        "died": ("day", "Day of death; `NEVER` if alive at the end."),
        "arrived": ("day", "First day in the city (birth, or moved in; may precede the history)."),
        "left": ("day", "Day the person left the city for good (death aside)."),
        "ethnicity": ("code:" + "|".join(ETHNICITIES), "True (self-identified) ethnicity."),
        "forename": ("text", "Forename now."),
        "middle_name": ("text", "Middle name; empty for about half."),
        "surname": ("text", "Surname now (all names with dates: `names`)."),
        "nickname": ("text", "Short form the person goes by; empty if none."),
        "mother": ("person", "Birth mother if she is in the city. NOBODY for an adopted life."),
        "father": ("person", "Birth father if he is in the city. NOBODY for an adopted life."),
        "twin_of": ("person", "The other twin, both ways."),
        "adopted_from": (
            "person",
            "For the life after an adoption order: the row of the same human's earlier life. The "
            "two must never be joined. The earlier row has `left` = the day of the order.",
        ),
        "area": ("int", "Area of the (last) home: 0 Bristol, 1 Somerset; -1 lives outside."),
        "nhs_number": ("text", "Ten digits in the 999 test range, with a valid check digit."),
        "nino": ("text", "QQ + 6 digits + letter; empty if never 16 in the history."),
        "upn": ("text", "Check letter + 12 digits; empty if never at school in the history."),
        "presence": (
            "code:resident|student|visitor",
            "Visitor: lives outside the city and appears in police records only.",
        ),
        "police_known": ("flag", "Appears in the police records of the history."),
    },
    "names": {
        "person": ("person", ""),
        "forename": ("text", ""),
        "surname": ("text", "May be double-barrelled with a hyphen, or of two words."),
        "start": ("day", "Day from which the name is used (birth day for the first)."),
        "end": ("day", ""),
        "reason": (
            "code:birth|marriage|divorce|adoption|family|gender|preference",
            "Why it began.",
        ),
    },
    "wards": {
        "name": ("text", "Invented."),
        "area": ("int", "0 Bristol, 1 Somerset."),
        "town": ("text", "Post town, invented."),
        "policing": ("real", "Share of petty incidents that police see, relative to 1 on average."),
    },
    "addresses": {
        "uprn": ("int", "Unique property reference number, 12 digits starting 99 (int64)."),
        "line": ("text", "Flat and house number, or the place's name; e.g. 'Flat 2, 14'."),
        "street": ("text", "Invented."),
        "town": ("text", "Invented."),
        "postcode": ("text", "ZA1..ZA16 (Bristol) or ZS1..ZS20 (Somerset), shape 'ZA4 7QK'."),
        "ward": ("ward", ""),
        "lsoa": ("text", "Small area code, 'X01' + 6 digits."),
        "imd_decile": ("int", "1 most deprived to 10 least."),
        "area": ("int", "0 Bristol, 1 Somerset."),
        "kind": ("code:" + "|".join(ADDRESS_KINDS), ""),
        "tenure": ("code:owned|private_rent|social_rent|none", "Tenure of a residential address."),
        "easting": ("int", "Metres on an invented grid."),
        "northing": ("int", "Metres on an invented grid."),
        "hotspot": ("flag", "A place where exploiters meet children in some part of the history."),
    },
    "residences": {
        "person": ("person", ""),
        "address": ("address", "NOBODY for a placement outside the city."),
        "start": ("day", "First night; may precede HISTORY_START."),
        "end": ("day", ""),
        "kind": ("code:" + "|".join(RESIDENCE_KINDS), ""),
        "protected": (
            "flag",
            "Must not be disclosed: refuge, or the new home after a flight or violent separation.",
        ),
    },
    "families": {
        "area": ("int", "Area of the family's last home."),
        "adversity": ("real", "Latent adversity, standard normal across families. Truth only."),
    },
    "family_members": {
        "family": ("family", ""),
        "person": ("person", ""),
        "start": ("day", "Joined: birth, union, adoption, or arrival in the city."),
        "end": ("day", "Left: separation, own household as an adult, adoption away, death."),
        "role": ("code:adult|child|other", "Other: grandparent or grown-up relative."),
    },
    "relationships": {
        "a": ("person", "For parent kinds the parent or carer."),
        "b": ("person", "For parent kinds the child."),
        "kind": ("code:parent|step_parent|adoptive_parent|sibling|half_sibling|partner|foster", ""),
        "start": ("day", ""),
        "end": ("day", ""),
    },
    "friendships": {
        "a": ("person", "a < b."),
        "b": ("person", ""),
        "start": ("day", ""),
        "end": ("day", ""),
        "setting": ("code:school|neighbourhood|placement", ""),
    },
    # ------------------------------------------------------------------ education
    "schools": {
        "urn": ("int", "Six digits starting with 9."),
        "name": ("text", "Invented."),
        "phase": ("code:primary|secondary|pru|special|college", "pru: pupil referral unit."),
        "area": ("int", ""),
        "address": ("address", ""),
    },
    "enrolments": {
        "person": ("person", ""),
        "school": ("school", ""),
        "start": ("day", "May precede HISTORY_START for pupils on roll then."),
        "end": ("day", ""),
        "reason": (
            "code:on_roll|phase_end|moved_home|transferred|excluded|left_city|taken_off",
            "Of leaving. taken_off: missing education.",
        ),
    },
    "attendance": {
        "person": ("person", ""),
        "school": ("school", ""),
        "year": ("int", "Academic year by its first calendar year, e.g. 2023 (int16)."),
        "half_term": ("int", "1 to 6 (int8)."),
        "possible": ("int", "Possible sessions (half days) (int16)."),
        "authorised": ("int", "Sessions missed with leave (int16)."),
        "unauthorised": ("int", "Sessions missed without leave (int16)."),
    },
    "exclusions": {
        "person": ("person", ""),
        "school": ("school", ""),
        "day": ("day", ""),
        "kind": ("code:suspension|permanent", ""),
        "sessions": ("int", "Sessions excluded; 0 for permanent."),
        "reason": (
            "code:disruptive|assault_pupil|assault_adult|threat_adult|threat_pupil|drugs_alcohol|"
            "weapon|damage|theft|sexual_misconduct|bullying|other",
            "",
        ),
        "recorded": ("day", ""),
    },
    "special_needs": {
        "person": ("person", ""),
        "start": ("day", ""),
        "end": ("day", ""),
        "provision": ("code:support|ehcp", ""),
        "need": ("code:semh|mld|slcn|asd|spld|physical|sensory|other", "semh: social, emotional."),
        "recorded": ("day", ""),
    },
    "missing_education": {
        "person": ("person", "On no school's roll in the meantime."),
        "start": ("day", ""),
        "end": ("day", ""),
        "reason": ("code:moved_away|not_found|awaiting_place|withdrawn|other", ""),
        "recorded": ("day", ""),
    },
    "destinations": {
        "person": ("person", "Aged 16 and 17 (academic age: years 12 and 13)."),
        "start": ("day", ""),
        "end": ("day", ""),
        "status": ("code:education|apprenticeship|employment|neet|not_known", ""),
        "recorded": ("day", ""),
    },
    # ------------------------------------------------------------------ children's social care
    "referrals": {
        "person": ("person", "The child."),
        "day": ("day", ""),
        "source": ("code:police|school|health|housing|family|council|anonymous|other", ""),
        "reason": (
            "code:neglect|physical_abuse|emotional_abuse|sexual_abuse|domestic_abuse|"
            "parental_capacity|disability|behaviour|exploitation|missing|other",
            "",
        ),
        "outcome": ("code:no_further_action|early_help|assessment", ""),
        "recorded": ("day", ""),
    },
    "assessments": {
        "referral": ("referral", "The referral that led to it."),
        "person": ("person", ""),
        "start": ("day", ""),
        "end": ("day", "Factors are known on this day."),
        "outcome": ("code:no_further_action|early_help|child_in_need|protection|looked_after", ""),
        "recorded": ("day", "Day the finished assessment was entered."),
    },
    "assessment_factors": {
        "assessment": ("assessment", ""),
        "factor": ("code:" + "|".join(ASSESSMENT_FACTORS), ""),
    },
    "need_spells": {
        "person": ("person", ""),
        "start": ("day", "Children in need as the DfE counts them: every open case."),
        "end": ("day", ""),
        "need": (
            "code:abuse_or_neglect|disability|parental_illness|family_stress|family_dysfunction|"
            "behaviour|low_income|absent_parenting|other",
            "Primary need.",
        ),
        "recorded": ("day", "Of the decision that it is one; `start` may lie weeks before."),
    },
    "protection_plans": {
        "person": ("person", "Within a need spell."),
        "start": ("day", ""),
        "end": ("day", ""),
        "category": ("code:neglect|emotional_abuse|physical_abuse|sexual_abuse|multiple", ""),
        "recorded": ("day", ""),
    },
    "care_spells": {
        "person": ("person", "Looked after; within a need spell. One row per placement."),
        "episode": ("int", "Number of the care period; placements of one period share it."),
        "start": ("day", ""),
        "end": ("day", ""),
        "legal_status": ("code:full_care_order|interim_care_order|section_20|placement_order", ""),
        "placement": (
            "code:foster|kinship|childrens_home|semi_independent|placed_for_adoption",
            "",
        ),
        "address": ("address", "Where the child lives; NOBODY if outside the city."),
        "end_reason": (
            "code:open|next_placement|returned_home|turned_18|adopted|special_guardianship",
            "",
        ),
        "recorded": ("day", ""),
    },
    "early_help": {
        "family": ("family", ""),
        "person": ("person", "The child or parent it is about; one row per member."),
        "start": ("day", ""),
        "end": ("day", ""),
        "reason": (
            "code:parenting|attendance|behaviour|domestic_abuse|mental_health|money_housing|other",
            "",
        ),
        "outcome": ("code:open|met|partly_met|disengaged|stepped_up", ""),
        "recorded": ("day", ""),
    },
    "youth_justice": {
        "person": ("person", "Aged 10 to 17 at start."),
        "start": ("day", ""),
        "end": ("day", ""),
        "outcome": (
            "code:community_resolution|youth_caution|conditional_caution|referral_order|"
            "rehabilitation_order|custody|prevention",
            "",
        ),
        "incident": ("incident", "The crime that led to it."),
        "recorded": ("day", ""),
    },
    # ------------------------------------------------------------------ housing and money
    "tenancies": {
        "address": ("address", "Socially rented."),
        "person": ("person", "Lead tenant."),
        "joint": ("person", "Joint tenant or NOBODY."),
        "start": ("day", ""),
        "end": ("day", ""),
        "landlord": ("code:council|association", ""),
        "end_reason": ("code:current|moved|evicted|abandoned|died", ""),
    },
    "rent_arrears": {
        "tenancy": ("tenancy", ""),
        "person": ("person", "Lead tenant."),
        "start": ("day", "Four weeks' rent overdue."),
        "end": ("day", ""),
        "amount": ("pence", "Highest balance."),
        "recorded": ("day", ""),
    },
    "homelessness": {
        "person": ("person", "Applicant; the rest of the household by residence."),
        "day": ("day", "Application."),
        "end": ("day", "Duty ended."),
        "reason": (
            "code:family_excluded|domestic_abuse|tenancy_ended|relationship_ended|evicted|"
            "left_institution|other",
            "",
        ),
        "outcome": ("code:prevention|relief|main_duty|not_owed", ""),
        "address": ("address", "Temporary accommodation, else NOBODY."),
        "recorded": ("day", ""),
    },
    "council_asb": {
        "subject": ("person", "Complained of."),
        "complainant": ("person", ""),
        "address": ("address", "Of the subject."),
        "day": ("day", ""),
        "kind": ("code:noise|nuisance|drugs|threats|damage|animals", ""),
        "outcome": ("code:no_action|warning|agreement|injunction|closure_order", ""),
        "recorded": ("day", ""),
    },
    "council_tax": {
        "address": ("address", ""),
        "person": ("person", "Liable."),
        "second": ("person", "Second liable adult or NOBODY."),
        "start": ("day", ""),
        "end": ("day", ""),
        "single_discount": ("flag", ""),
        "arrears": ("pence", "Largest balance under enforcement, 0 if none."),
        "arrears_day": ("day", "Day of the liability order; NEVER if none."),
    },
    "benefits": {
        "person": ("person", ""),
        "start": ("day", ""),
        "end": ("day", ""),
        "benefit": (
            "code:universal_credit|jobseekers|employment_support|income_support|carers|"
            "disability_living|personal_independence|housing_benefit",
            "",
        ),
        "workless": ("flag", "No earnings in the household during the spell."),
        "recorded": ("day", ""),
    },
    # ------------------------------------------------------------------ health
    "practices": {
        "name": ("text", "Invented."),
        "area": ("int", ""),
        "address": ("address", ""),
    },
    "gp_registrations": {
        "person": ("person", ""),
        "practice": ("practice", ""),
        "start": ("day", ""),
        "end": ("day", ""),
    },
    "pregnancies": {
        "person": ("person", "The mother."),
        "conceived": ("day", ""),
        "booked": ("day", "Antenatal booking, or the day on which it ended if that came first."),
        "ended": (
            "day",
            "Birth, loss or termination; after HISTORY_END where it is under way then: nobody "
            "knows of it yet.",
        ),
        "outcome": ("code:birth|loss|termination", "Known from the day on which it ended."),
        "child": ("person", "NOBODY unless the birth is in `persons`."),
        "recorded": ("day", "Of the booking."),
    },
    "mental_health": {
        "person": ("person", "Child or adult."),
        "referred": ("day", ""),
        "start": (
            "day",
            "First contact, after HISTORY_END for those who wait for it then; NEVER if not "
            "accepted.",
        ),
        "end": ("day", ""),
        "service": ("code:camhs|adult_community|crisis|talking_therapy|perinatal", ""),
        "reason": (
            "code:anxiety_depression|self_harm|trauma|psychosis|eating|neurodevelopmental|"
            "conduct|other",
            "",
        ),
        "n_contacts": ("int", ""),
        "recorded": ("day", ""),
    },
    "substance_treatment": {
        "person": ("person", ""),
        "start": ("day", ""),
        "end": ("day", ""),
        "substance": ("code:alcohol|cannabis|opiates|crack|opiates_and_crack|other", ""),
        "outcome": ("code:open|completed|dropped_out|transferred", ""),
        "recorded": ("day", ""),
    },
    # ------------------------------------------------------------------ exploitation
    "groups": {
        "kind": ("code:cse|ce", "Harm that the group does (ce: criminal exploitation)."),
        "area": ("int", ""),
        "start": ("day", ""),
        "end": ("day", ""),
    },
    "exploiters": {
        "person": ("person", "Mostly adults. Truth only: no agency holds such a list."),
        "group": ("group", ""),
        "start": ("day", ""),
        "end": ("day", ""),
    },
    "group_places": {
        "group": ("group", ""),
        "address": ("address", "Where its people meet several children."),
        "start": ("day", ""),
        "end": ("day", ""),
    },
    "victims": {
        "person": ("person", "A child. One row per child and harm. Truth only."),
        "kind": ("code:cse|ce", ""),
        "onset": ("day", ""),
        "end": ("day", ""),
        "group": ("group", ""),
        "visibility": ("code:visible|quiet|unseen", "Unseen: leaves no trace before entry."),
    },
    "service_referrals": {
        "person": ("person", ""),
        "kind": ("code:cse|ce", "cse: BASE (Bristol) or the equivalent episode (Somerset)."),
        "referred": ("day", ""),
        "source": ("code:police|school|social_care|health|family|voluntary|self", ""),
        "triaged": ("day", ""),
        "triage": ("code:accepted|advice_only|declined", ""),
        "risk_level": ("code:low|medium|high", "As triaged."),
        "service_start": ("day", "Start of service; NEVER unless accepted. Entry = this day."),
        "service_end": ("day", ""),
        "end_reason": (
            "code:none|completed|disengaged|moved_away|turned_18",
            "none: never began, or still open.",
        ),
        "entry": ("flag", "The child's first start of service for this kind (the target)."),
        "truly_harmed": ("flag", "The child was a victim on the day of referral. Truth only."),
        "recorded": ("day", "Of the referral; the start is recorded within days."),
    },
    "panel_decisions": {
        "person": ("person", ""),
        "service_referral": ("service_referral", "The referral heard (kind cse or ce)."),
        "day": ("day", ""),
        "level": ("code:no_evidence|emerging|moderate|significant", ""),
        "decision": ("code:no_action|single_agency|multi_agency_plan", ""),
        "recorded": ("day", ""),
    },
    "nrm_decisions": {
        "person": ("person", "National referral mechanism (modern slavery)."),
        "referred": ("day", ""),
        "exploitation": ("code:sexual|criminal|labour|combined", ""),
        "reasonable": ("day", "Reasonable-grounds decision."),
        "reasonable_outcome": ("code:positive|negative", ""),
        "conclusive": ("day", "Conclusive-grounds decision; NEVER if pending."),
        "conclusive_outcome": ("code:pending|positive|negative|withdrawn", ""),
        "recorded": ("day", ""),
    },
    "alerts": {
        "person": ("person", "Subject of an alert of the earlier scoring practice."),
        "day": ("day", ""),
        "kind": ("code:cse|ce|missing|neet|violence", ""),
        "recipient": ("code:social_worker|early_help|school|police|gp", ""),
        "response": ("code:none|acted|already_known|not_a_concern|wrong_person", "Feedback."),
        "responded": ("day", ""),
        "truly_harmed": ("flag", "Truth only."),
        "recorded": ("day", "Of the alert; the feedback is recorded when it is given."),
    },
    "interventions": {
        "person": ("person", ""),
        "alert": ("alert", "NOBODY when it did not follow from an alert."),
        "kind": (
            "code:key_worker|mentoring|diversion|education_support|family_support|"
            "specialist_therapy",
            "",
        ),
        "offered": ("day", ""),
        "allocation": (
            "code:allocated|waiting_list|declined",
            "Waiting list: eligible, but every worker was full on the day of offer, whoever it "
            "was: a fair comparison.",
        ),
        "start": ("day", "After HISTORY_END for those who are to begin; NEVER unless allocated."),
        "end": ("day", ""),
        "outcome": ("code:open|improved|no_change|worse|not_started", "As the worker recorded it."),
        "harm_after": ("flag", "True harm (missing, offence, victim) in the year after the offer."),
        "recorded": ("day", ""),
    },
    # ------------------------------------------------------------------ police
    "incidents": {
        "kind": (
            "code:crime|domestic|missing|asb|concern|meeting",
            "What truly happened, once. A call card, a crime, a domestic incident, a missing "
            "report and an intelligence report can all stem from one. Meeting: seen by "
            "intelligence only.",
        ),
        "day": ("day", "Happened (start)."),
        "minute": ("minute", ""),
        "address": ("address", "Where; NOBODY if unknown."),
        "area": ("int", ""),
        "recorded": ("day", "Day police first learned of it; NEVER if they never did."),
        "historic": ("flag", "Reported a year or more after it happened."),
    },
    "incident_people": {
        "incident": ("incident", "Sorted by incident."),
        "person": ("person", ""),
        "role": ("code:" + "|".join(INCIDENT_ROLES), "True role in the incident."),
        "present": ("flag", "Truly at the same place and time as the others."),
        "known_to_police": (
            "flag",
            "Police learned of this person's part; only these may appear in records.",
        ),
        "professional": ("flag", "There or reporting by job (teacher, carer, officer)."),
    },
    "call_cards": {
        "incident": ("incident", "Command-and-control log of the incident (at most one)."),
        "day": ("day", ""),
        "minute": ("minute", ""),
        "opening": (
            "code:violence|domestic|missing_person|suspicious|asb|concern_for_safety|theft|drugs|"
            "sexual_offence|public_order|other",
            "",
        ),
        "grade": ("code:immediate|priority|routine|resolved_by_desk", ""),
        "recorded": ("day", ""),
    },
    "pnc_checks": {
        "incident": ("incident", "Officers checked this person at the incident."),
        "person": ("person", ""),
        "day": ("day", ""),
        "minute": ("minute", ""),
    },
    "crimes": {
        "incident": ("incident", "At most one recorded crime per incident."),
        "offence": ("code:" + "|".join(OFFENCES), ""),
        "started": ("day", ""),
        "ended": ("day", ""),
        "recorded": ("day", ""),
        "domestic": ("flag", "Domestic-abuse flag."),
        "cse": ("flag", "Child-sexual-exploitation flag as police set it."),
        "knife": ("flag", ""),
        "outcome": (
            "code:open|no_suspect|evidential_difficulties|not_in_public_interest|"
            "out_of_court|charged",
            "",
        ),
    },
    "domestic_incidents": {
        "incident": ("incident", "Victim, suspect and children present are in incident_people."),
        "dash": ("code:standard|medium|high", "Grade from the DASH questions."),
        "relationship": ("code:partner|former_partner|parent_child|other_family", ""),
        "recorded": ("day", ""),
    },
    "asb_incidents": {
        "incident": ("incident", ""),
        "kind": ("code:personal|nuisance|environmental", ""),
        "recorded": ("day", ""),
    },
    "missing_episodes": {
        "incident": ("incident", "Role missing in incident_people; companions found_with."),
        "person": ("person", ""),
        "reported": ("day", ""),
        "reported_minute": ("minute", ""),
        "found": ("day", "NEVER if still missing at the end."),
        "found_minute": ("minute", ""),
        "from_kind": ("code:home|foster|childrens_home|hospital|school|other", ""),
        "from_address": ("address", ""),
        "found_address": ("address", "NOBODY if outside the city or not recorded."),
        "grade": ("code:no_apparent_risk|low|medium|high", ""),
        "asked_first_time": ("flag", "Call script: first time missing."),
        "asked_exploitation": ("flag", "Call script: concern about sexual exploitation."),
        "asked_older_company": ("flag", "Call script: thought to be with older people."),
        "asked_drugs": ("flag", "Call script: drugs or alcohol."),
        "asked_self_harm": ("flag", "Call script: self-harm or suicide."),
        "asked_criminal": ("flag", "Call script: involved in crime or carrying a weapon."),
        "recorded": ("day", ""),
    },
    "custody": {
        "incident": ("incident", ""),
        "person": ("person", ""),
        "day": ("day", ""),
        "minute": ("minute", ""),
        "released": ("day", ""),
        "outcome": ("code:charged|bailed|released_no_action|out_of_court|remanded", ""),
    },
    "intelligence": {
        "incident": ("incident", "Incident it tells of; NOBODY when about a state of affairs."),
        "day": ("day", "Day it tells of."),
        "recorded": ("day", "Day the report was made."),
        "theme": ("code:cse|criminal_exploitation|drugs|violence|domestic|other", ""),
        "address": ("address", ""),
        "source_grade": ("int", "3x5x2 source: 1 reliable, 2 untested, 3 not reliable."),
        "assessment": ("code:A|B|C|D|E", "3x5x2: A known directly ... E suspected to be false."),
        "handling": ("code:P|C", "P: sharing permitted; C: with conditions (restricted)."),
    },
    "intelligence_subjects": {
        "intelligence": ("intelligence", ""),
        "person": ("person", ""),
        "role": ("code:subject|victim|associate", ""),
        "mistaken": ("flag", "The report names the wrong person. Truth only."),
    },
    "markers": {
        "person": ("person", ""),
        "kind": (
            "code:cse_operation|violent|weapons|drugs|mental_health|missing_repeat|domestic_victim",
            "cse_operation follows from a referral or intelligence and stands for the CSE team.",
        ),
        "start": ("day", ""),
        "end": ("day", ""),
        "recorded": ("day", ""),
    },
    # ------------------------------------------------------------------ truth
    "peer_violence": {
        "incident": ("incident", "Serious violence between peers under 25."),
        "aggressor": ("person", ""),
        "victim": ("person", ""),
        "day": ("day", ""),
        "knife": ("flag", ""),
    },
    "associations": {
        "a": ("person", "a < b. True ties of people who meet in the world."),
        "b": ("person", ""),
        "kind": ("code:friends|exploiter_victim|co_victims|co_offenders|exploiters|rivals", ""),
        "start": ("day", ""),
        "end": ("day", ""),
    },
    "true_risk": {
        "person": ("person", "A child under 18 living in the city on the hold-out day."),
        "hold_out": ("day", "One of HOLD_OUT_DAYS."),
        "kind": ("code:cse|ce", ""),
        "risk": (
            "real",
            "P(first start of service in (hold_out, hold_out + 365] | latent state on the day).",
        ),
        "state": ("code:not_harmed|harmed|referred|served", "Latent state on the hold-out day."),
        "entered": ("flag", "The realised outcome."),
    },
    "recording_bias": {
        "ethnicity": ("code:" + "|".join(ETHNICITIES), ""),
        "context": (
            "code:police_suspect|police_victim|police_other|school|social_care|health|other",
            "",
        ),
        "p_recorded": ("real", "Probability that a true ethnicity is recorded at all."),
        "p_correct": ("real", "Given recorded, probability that it is right (police: observed)."),
    },
}

_ROW_KINDS = {
    "person": "persons",
    "ward": "wards",
    "address": "addresses",
    "family": "families",
    "school": "schools",
    "referral": "referrals",
    "assessment": "assessments",
    "tenancy": "tenancies",
    "practice": "practices",
    "group": "groups",
    "service_referral": "service_referrals",
    "alert": "alerts",
    "incident": "incidents",
    "intelligence": "intelligence",
}


def categories(table: str, column: str) -> tuple[str, ...]:
    """Values of a code column, in the order of its integer codes."""
    kind = TABLES[table][column][0]
    if not kind.startswith("code:"):
        raise ValueError(f"{table}.{column} is not a code column")
    return tuple(kind[5:].split("|"))


def code(table: str, column: str, value: str) -> int:
    """Integer code of one value of a code column."""
    return categories(table, column).index(value)


def build(table: str, columns: Mapping[str, Any]) -> pd.DataFrame:
    """Make a world table from arrays: codes from integers or text, narrow integers, fixed order.

    Parameters
    ----------
    table
        Name in `TABLES`.
    columns
        One array per column of the table. A code column may be integer codes, a scalar value,
        or anything that holds the values themselves.

    """
    spec = TABLES[table]
    if set(columns) != set(spec):
        raise ValueError(f"{table}: columns differ: {sorted(set(columns) ^ set(spec))}")
    n = max((len(v) for v in columns.values() if np.ndim(v) == 1), default=0)
    made: dict[str, Any] = {}
    for name, (kind, _) in spec.items():
        values = columns[name]
        if kind.startswith("code:"):
            cats: Sequence[str] = categories(table, name)
            if isinstance(values, str):
                codes = np.full(n, cats.index(values), dtype=np.int8)
            elif np.issubdtype(np.asarray(values).dtype, np.integer):
                codes = np.asarray(values).astype(np.int8)
            else:
                codes = pd.Categorical(values, categories=list(cats)).codes
            made[name] = pd.Categorical.from_codes(codes, categories=pd.Index(list(cats)))
        elif kind == "text":
            made[name] = values
        elif kind == "flag":
            made[name] = np.broadcast_to(np.asarray(values, dtype=bool), (n,)).copy()
        elif kind == "real":
            made[name] = np.broadcast_to(np.asarray(values, dtype=np.float64), (n,)).copy()
        elif kind == "minute":
            made[name] = np.broadcast_to(np.asarray(values, dtype=np.int16), (n,)).copy()
        elif kind == "int":
            array = np.asarray(values)
            made[name] = np.broadcast_to(array, (n,)).copy()
        else:
            made[name] = np.broadcast_to(np.asarray(values, dtype=np.int32), (n,)).copy()
    return pd.DataFrame(made)


@dataclass(frozen=True)
class World:
    """All that happened in the synthetic city; one table per field, described in `TABLES`."""

    population: int
    seed: int
    prevalence: float
    persons: pd.DataFrame
    names: pd.DataFrame
    wards: pd.DataFrame
    addresses: pd.DataFrame
    residences: pd.DataFrame
    families: pd.DataFrame
    family_members: pd.DataFrame
    relationships: pd.DataFrame
    friendships: pd.DataFrame
    schools: pd.DataFrame
    enrolments: pd.DataFrame
    attendance: pd.DataFrame
    exclusions: pd.DataFrame
    special_needs: pd.DataFrame
    missing_education: pd.DataFrame
    destinations: pd.DataFrame
    referrals: pd.DataFrame
    assessments: pd.DataFrame
    assessment_factors: pd.DataFrame
    need_spells: pd.DataFrame
    protection_plans: pd.DataFrame
    care_spells: pd.DataFrame
    early_help: pd.DataFrame
    youth_justice: pd.DataFrame
    tenancies: pd.DataFrame
    rent_arrears: pd.DataFrame
    homelessness: pd.DataFrame
    council_asb: pd.DataFrame
    council_tax: pd.DataFrame
    benefits: pd.DataFrame
    practices: pd.DataFrame
    gp_registrations: pd.DataFrame
    pregnancies: pd.DataFrame
    mental_health: pd.DataFrame
    substance_treatment: pd.DataFrame
    groups: pd.DataFrame
    exploiters: pd.DataFrame
    group_places: pd.DataFrame
    victims: pd.DataFrame
    service_referrals: pd.DataFrame
    panel_decisions: pd.DataFrame
    nrm_decisions: pd.DataFrame
    alerts: pd.DataFrame
    interventions: pd.DataFrame
    incidents: pd.DataFrame
    incident_people: pd.DataFrame
    call_cards: pd.DataFrame
    pnc_checks: pd.DataFrame
    crimes: pd.DataFrame
    domestic_incidents: pd.DataFrame
    asb_incidents: pd.DataFrame
    missing_episodes: pd.DataFrame
    custody: pd.DataFrame
    intelligence: pd.DataFrame
    intelligence_subjects: pd.DataFrame
    markers: pd.DataFrame
    peer_violence: pd.DataFrame
    associations: pd.DataFrame
    true_risk: pd.DataFrame
    recording_bias: pd.DataFrame

    def tables(self) -> dict[str, pd.DataFrame]:
        """Every table by name, in the order of the description."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name in TABLES}


def faults(world: World) -> list[str]:
    """Breaches of the description: wrong columns or types, dangling row numbers, reversed spells.

    Returns an empty list for a sound world.
    """
    found: list[str] = []
    tables = world.tables()
    for table, frame in tables.items():
        spec = TABLES[table]
        if list(frame.columns) != list(spec):
            found.append(f"{table}: columns differ from the description")
            continue
        for name, (kind, _) in spec.items():
            column = frame[name]
            if kind.startswith("code:"):
                if list(column.cat.categories) != list(categories(table, name)):
                    found.append(f"{table}.{name}: categories differ")
                if (column.cat.codes < 0).any():
                    found.append(f"{table}.{name}: a code is missing")
            elif kind in _ROW_KINDS:
                values = column.to_numpy()
                if len(values) and (
                    values.min() < NOBODY or values.max() >= len(tables[_ROW_KINDS[kind]])
                ):
                    found.append(f"{table}.{name}: a row number is out of range")
            elif kind in ("day", "pence") and column.dtype != np.int32:
                found.append(f"{table}.{name}: not int32")
        if {"start", "end"} <= set(spec) and (frame["end"] < frame["start"]).any():
            found.append(f"{table}: a spell ends before it starts")
    return found
