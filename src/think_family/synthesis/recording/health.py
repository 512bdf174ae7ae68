"""Health extracts of both areas: practice lists, maternity, mental health, treatment."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from think_family.synthesis.recording.extract import FIRST, LAST, Extract
from think_family.synthesis.recording.people import Rows, Sight, codes, numbers
from think_family.synthesis.recording.recorder import (
    Recorder,
    first_of,
    later,
    numbered,
    within_groups,
)
from think_family.synthesis.recording.text import Text, coded, null_where, references, take
from think_family.synthesis.world import HISTORY_START, NEVER, categories

_SERVICES = {
    "camhs": "CAM",
    "adult_community": "CMH",
    "crisis": "CRI",
    "talking_therapy": "IAP",
    "perinatal": "CMH",
}
_SUBSTANCES = {
    "alcohol": "ALC",
    "cannabis": "CAN",
    "opiates": "OPI",
    "crack": "STI",
    "opiates_and_crack": "OPI",
    "other": "OTH",
}
_EXITS = {"open": "INT", "completed": "SUC", "dropped_out": "DRO", "transferred": "TRA"}
_MOST_CONTACTS = 24
_NUMBER_MISSING = 0.015
"""Share of clinical rows without an NHS number: national completeness is above 98 %."""


def extracts(recorder: Recorder) -> Iterator[Extract]:
    """Make the extracts of the health system."""
    yield _registrations(recorder)
    yield _maternity(recorder)
    yield _mental_health(recorder)
    yield _substance_treatment(recorder)


def _numbers_held(recorder: Recorder, rng: np.random.Generator, person: Rows) -> Text:
    text = take(recorder.people.nhs_number, person)
    return null_where(text, rng.random(len(person)) < _NUMBER_MISSING)


def _registrations(recorder: Recorder) -> Extract:
    world, people = recorder.world, recorder.people
    rng = recorder.rng("health/gp_registrations")
    frame = world.gp_registrations
    start, end = numbers(frame["start"]), numbers(frame["end"])
    recorded = later(rng, start, 4)
    rows = np.flatnonzero((end > HISTORY_START) & (recorded <= LAST))
    rows = rows[
        first_of(numbers(frame["person"])[rows], numbers(frame["practice"])[rows], start[rows])
    ]
    person, practice = numbers(frame["person"])[rows], numbers(frame["practice"])[rows]
    start, end, recorded = start[rows], end[rows], recorded[rows]
    extract = Extract.of("health/gp_registrations", recorded)
    seen = np.minimum(end, LAST) - rng.exponential(500, len(rows)).astype(np.int64)
    sight = Sight(people, rng, "health", person, recorded, np.maximum(seen, recorded))
    sight.put(
        extract,
        surname="surname",
        forename="forename",
        previous_surname="former_surname",
        date_of_birth="birth",
        address_line="address_line",
        postcode="postcode",
    )
    sight.put_sex(extract, "sex", "1", "2", "0")
    died = (end < NEVER) & (people.died[person] <= end)
    gone = later(rng, end, 12)
    status = np.select([gone > LAST, died], [0, 2], 1)
    extract.put(
        nhs_number=take(people.nhs_number, person),
        practice_code=take(practice_codes(recorder), practice),
        status=coded(status, ("CUR", "DED", "DEA")),
    )
    changed = np.flatnonzero((gone > FIRST) & (gone <= LAST))
    current = pa.array(["CUR"] * len(changed), pa.string())
    extract.amend("status", changed, current, gone[changed])
    return extract.put_dates(registered_date=start, recorded_date=recorded).reveal_dates(
        gone, deducted_date=end
    )


def practice_codes(recorder: Recorder) -> Text:
    """Code of every practice."""
    return references("L", 89_001 + np.arange(len(recorder.world.practices)), 5)


def _maternity(recorder: Recorder) -> Extract:
    rng = recorder.rng("health/maternity")
    frame = recorder.world.pregnancies
    frame = frame[numbers(frame["recorded"]) <= LAST]
    recorded, ended, n = numbers(frame["recorded"]), numbers(frame["ended"]), len(frame)
    outcome = codes(frame["outcome"])
    still = (outcome == 0) & (rng.random(n) < 0.004)
    words = ("LIV", "MIS", "TER", "STB", "CON")
    known = later(rng, ended, 5)
    going_on = known > LAST
    final = np.where(going_on, 4, np.where(still, 3, outcome))
    extract = Extract.of("health/maternity", recorded).put(
        pregnancy_ref=references("PG", numbered(recorded), 7),
        nhs_number=_numbers_held(recorder, rng, numbers(frame["person"])),
        outcome=coded(final, words),
    )
    rows = np.flatnonzero((known > FIRST) & ~going_on)
    extract.amend("outcome", rows, pa.array(["CON"] * len(rows), pa.string()), known[rows])
    extract.persons = numbers(frame["person"])
    # Due 266 days after conception, give or take the error of the dating scan.
    due = numbers(frame["conceived"]) + 266 + rng.integers(-4, 5, n)
    return extract.put_dates(
        booking_date=numbers(frame["booked"]), due_date=due, recorded_date=recorded
    )


def _mental_health(recorder: Recorder) -> Extract:
    rng = recorder.rng("health/mental_health_contacts")
    frame = recorder.world.mental_health
    start, end = numbers(frame["start"]), numbers(frame["end"])
    # Who was accepted and waits on the last day has no contact yet.
    accepted = start < NEVER
    count = np.where(accepted, np.clip(numbers(frame["n_contacts"]), 1, _MOST_CONTACTS), 1)
    row = np.repeat(np.arange(len(frame)), count)
    number = within_groups(row)
    last_day = np.minimum(end, LAST + 60)
    span = np.maximum(last_day - start, 0)
    day = np.where(
        accepted[row],
        start[row] + (span[row] * number) // np.maximum(count[row] - 1, 1),
        numbers(frame["referred"])[row],
    )
    recorded = np.maximum(day, numbers(frame["recorded"])[row]) + rng.integers(0, 4, len(row))
    final = accepted[row] & (number == count[row] - 1) & (number > 0) & (end[row] < NEVER)
    status = np.select([~accepted[row], final, number == 0], [2, 3, 0], 0)
    status = np.where((status == 0) & (number > 0) & (rng.random(len(row)) < 0.14), 1, status)
    kept = recorded <= LAST
    row, day, recorded, status = row[kept], day[kept], recorded[kept], status[kept]
    person = numbers(frame["person"])[row]
    extract = Extract.of("health/mental_health_contacts", recorded).put(
        contact_ref=references("MH", numbered(recorded), 8),
        nhs_number=_numbers_held(recorder, rng, person),
        service=coded(
            codes(frame["service"])[row],
            [_SERVICES[v] for v in categories("mental_health", "service")],
        ),
        status=coded(status, ("ACC", "DNA", "REJ", "DIS")),
    )
    extract.persons = person
    return extract.put_dates(contact_date=day, recorded_date=recorded)


def _substance_treatment(recorder: Recorder) -> Extract:
    rng = recorder.rng("health/substance_treatment")
    frame = recorder.world.substance_treatment
    frame = frame[numbers(frame["recorded"]) <= LAST]
    recorded, end, n = numbers(frame["recorded"]), numbers(frame["end"]), len(frame)
    substance = codes(frame["substance"])
    words = [_SUBSTANCES[v] for v in categories("substance_treatment", "substance")]
    ketamine = (substance == words.index("OTH")) & (rng.random(n) < 0.3)
    exits = [_EXITS[v] for v in categories("substance_treatment", "outcome")]
    ended = np.where(end <= LAST, codes(frame["outcome"]), 0)
    extract = Extract.of("health/substance_treatment", recorded).put(
        treatment_ref=references("TR", numbered(recorded), 7),
        nhs_number=_numbers_held(recorder, rng, numbers(frame["person"])),
        substance=coded(np.where(ketamine, len(words), substance), [*words, "KET"]),
        exit_reason=coded(ended, exits),
    )
    rows = np.flatnonzero((end > FIRST) & (end <= LAST))
    extract.amend("exit_reason", rows, pa.array(["INT"] * len(rows), pa.string()), end[rows])
    extract.persons = numbers(frame["person"])
    return extract.put_dates(
        start_date=numbers(frame["start"]), recorded_date=recorded
    ).reveal_dates(end_date=end)
