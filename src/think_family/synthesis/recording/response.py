"""Specialist services, panels and the response to alerts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from think_family.synthesis.recording.dirt import HELD
from think_family.synthesis.recording.extract import FIRST, LAST, Extract
from think_family.synthesis.recording.people import Rows, Sight, codes, numbers
from think_family.synthesis.recording.police import Police
from think_family.synthesis.recording.recorder import BRISTOL, Recorder, numbered
from think_family.synthesis.recording.social_care import of_area
from think_family.synthesis.recording.text import Flags, Text, coded, references, take
from think_family.synthesis.world import NEVER, NOBODY, categories

_SOURCES = {
    "police": "POL",
    "school": "SCH",
    "social_care": "LAS",
    "health": "HEA",
    "family": "IND",
    "voluntary": "OTH",
    "self": "IND",
}
_ENDS = {"completed": "PLN", "disengaged": "DIS", "moved_away": "MOV", "turned_18": "AGE"}
_NRM = {"sexual": "SEX", "criminal": "CRI", "labour": "LAB", "combined": "CRI"}
_MODELS = {"cse": "CSE", "ce": "CCE", "missing": "MIS", "violence": "SYV"}
"""Alerts that are fed back; those about leaving education had no feedback form."""
_RESPONSES = {"acted": "ACT", "already_known": "ALC", "not_a_concern": "NFA", "wrong_person": "WRO"}
_HELP = {
    "key_worker": "KEY",
    "mentoring": "MEN",
    "diversion": "DIV",
    "education_support": "SCH",
    "family_support": "FAM",
    "specialist_therapy": "THE",
}
_HELP_OUTCOMES = {
    "open": "ONG",
    "improved": "IMP",
    "no_change": "SAM",
    "worse": "WOR",
    "not_started": "DIS",
}
_IDENTITY = {
    "surname": "surname",
    "forename": "forename",
    "date_of_birth": "birth",
    "postcode": "postcode",
}


def extracts(recorder: Recorder, police: Police) -> Iterator[Extract]:
    """Make the extracts of the specialist service, the panel, the NRM and the response."""
    yield _specialist_service(recorder)
    yield _panel(recorder, police)
    yield _national_referrals(recorder, police)
    yield _alert_feedback(recorder)
    yield _interventions(recorder)


def _describe(
    recorder: Recorder,
    rng: np.random.Generator,
    extract: Extract,
    quality: str,
    person: Rows,
) -> None:
    """Fill the columns of identity as known on the day of recording."""
    sight = Sight(recorder.people, rng, quality, person, extract.entered, extract.entered)
    wanted = {c: role for c, role in _IDENTITY.items() if c in extract.layout.columns}
    sight.put(extract, **wanted)


def _specialist_service(recorder: Recorder) -> Extract:
    rng = recorder.rng("base/services")
    table = recorder.world.service_referrals
    kept = of_area(recorder, "service_referrals", "referred", BRISTOL)
    cse = categories("service_referrals", "kind").index("cse")
    frame = table.iloc[kept[codes(table["kind"])[kept] == cse]]
    recorded = numbers(frame["recorded"])
    extract = Extract.of("base/services", recorded)
    _describe(recorder, rng, extract, "voluntary", numbers(frame["person"]))
    accepted = codes(frame["triage"]) == 0
    triage = np.where(accepted, codes(frame["risk_level"]), 3)
    triaged, begun = numbers(frame["triaged"]), numbers(frame["service_start"])
    ended = numbers(frame["service_end"])
    sources = [_SOURCES[v] for v in categories("service_referrals", "source")]
    reasons = [_ENDS.get(v) for v in categories("service_referrals", "end_reason")]
    return (
        extract.put(
            service_ref=references("BS", numbered(recorded), 6),
            referral_source=coded(codes(frame["source"]), sources),
        )
        .put_dates(referral_date=numbers(frame["referred"]), recorded_date=recorded)
        .reveal("triage", coded(triage, ("LO", "ME", "HI", "NA")), triaged)
        .reveal_dates(triage_date=triaged, service_start_date=begun)
        .reveal_dates(service_end_date=np.where(begun < NEVER, ended, NEVER))
        .reveal("end_reason", coded(codes(frame["end_reason"]), reasons), ended)
    )


def _panel(recorder: Recorder, police: Police) -> Extract:
    rng = recorder.rng("exploitation/panel_decisions")
    world = recorder.world
    heard = numbers(world.panel_decisions["service_referral"])
    ce = categories("service_referrals", "kind").index("ce")
    about = codes(world.service_referrals["kind"])[np.maximum(heard, 0)] == ce
    frame = world.panel_decisions[about & (numbers(world.panel_decisions["recorded"]) <= LAST)]
    heard = numbers(frame["service_referral"])
    person, recorded = numbers(frame["person"]), numbers(frame["recorded"])
    extract = Extract.of("exploitation/panel_decisions", recorded)
    _describe(recorder, rng, extract, "panel", person)
    held = rng.random(len(person)) < HELD["panel_nominal"]
    kind = rng.choice(4, len(person), p=(0.40, 0.35, 0.12, 0.13))
    return extract.put(
        panel_ref=references("PD", numbered(recorded), 6),
        nominal_ref=police.nominal_of(np.where(held, person, NOBODY)),
        decision=coded(codes(frame["decision"]), ("REJ", "WAT", "ACC")),
        exploitation_type=coded(kind, ("CL", "DR", "TH", "WE")),
    ).put_dates(
        referral_date=numbers(world.service_referrals["referred"])[heard],
        panel_date=numbers(frame["day"]),
        recorded_date=recorded,
    )


def _national_referrals(recorder: Recorder, police: Police) -> Extract:
    rng = recorder.rng("exploitation/national_referrals")
    frame = recorder.world.nrm_decisions
    referred = numbers(frame["recorded"])
    reasonable, conclusive = numbers(frame["reasonable"]), numbers(frame["conclusive"])
    second = np.flatnonzero((codes(frame["reasonable_outcome"]) == 0) & (reasonable <= LAST))
    row = np.concatenate([np.arange(len(frame)), second])
    stage = np.concatenate([np.zeros(len(frame), np.int64), np.ones(len(second), np.int64)])
    # The second stage opens when the first has been decided.
    recorded = np.where(stage == 0, referred[row], np.maximum(referred, reasonable + 1)[row])
    decided = np.where(stage == 0, reasonable[row], conclusive[row])
    first_outcome = codes(frame["reasonable_outcome"])[row]
    last_outcome = np.array([2, 0, 1, 3])[codes(frame["conclusive_outcome"])[row]]
    outcome = np.where(stage == 0, first_outcome, last_outcome)
    outcome = np.where(decided > LAST, 2, outcome)
    kept = np.flatnonzero(recorded <= LAST)
    kept = kept[np.lexsort((stage[kept], row[kept]))]
    row, stage, recorded = row[kept], stage[kept], recorded[kept]
    decided, outcome = decided[kept], outcome[kept]
    person = numbers(frame["person"])[row]
    extract = Extract.of("exploitation/national_referrals", recorded)
    _describe(recorder, rng, extract, "panel", person)
    held = rng.random(len(person)) < HELD["panel_nominal"]
    kinds = [_NRM[v] for v in categories("nrm_decisions", "exploitation")]
    extract.put(
        nrm_ref=take(references("NR", numbered(referred), 6), row),
        stage=coded(stage, ("RG", "CG")),
        nominal_ref=police.nominal_of(np.where(held, person, NOBODY)),
        outcome=coded(outcome, ("POS", "NEG", "PEN", "WIT")),
        exploitation_type=coded(codes(frame["exploitation"])[row], kinds),
    )
    rows = np.flatnonzero((decided > np.maximum(recorded, FIRST)) & (decided <= LAST))
    extract.amend("outcome", rows, pa.array(["PEN"] * len(rows), pa.string()), decided[rows])
    return extract.put_dates(
        referral_date=numbers(frame["referred"])[row], recorded_date=recorded
    ).reveal_dates(decision_date=decided)


def _alert_refs(recorder: Recorder) -> Text:
    return references("AL", numbered(numbers(recorder.world.alerts["day"])), 6)


def _with_form(recorder: Recorder) -> Flags:
    """Whether the alerts are of a kind that is fed back."""
    kinds = categories("alerts", "kind")
    has_form = np.array([kind in _MODELS for kind in kinds])[codes(recorder.world.alerts["kind"])]
    return np.asarray(has_form, dtype=np.bool_)


def _alert_feedback(recorder: Recorder) -> Extract:
    rng = recorder.rng("response/alert_feedback")
    frame = recorder.world.alerts
    models = [_MODELS.get(v) for v in categories("alerts", "kind")]
    rows = np.flatnonzero(_with_form(recorder) & (numbers(frame["recorded"]) <= LAST))
    frame = frame.iloc[rows]
    recorded = numbers(frame["recorded"])
    extract = Extract.of("response/alert_feedback", recorded)
    _describe(recorder, rng, extract, "response", numbers(frame["person"]))
    words = [_RESPONSES.get(v) for v in categories("alerts", "response")]
    response = codes(frame["response"])
    watched = (response == words.index("ACT")) & (rng.random(len(rows)) < 0.25)
    answered = numbers(frame["responded"])
    return (
        extract.put(
            alert_ref=take(_alert_refs(recorder), rows),
            model=coded(codes(frame["kind"]), models),
        )
        .put_dates(alert_date=numbers(frame["day"]), recorded_date=recorded)
        .reveal_dates(decision_date=answered)
        .reveal(
            "decision",
            coded(np.where(watched, len(words), response), [*words, "MON"]),
            np.where(response == 0, NEVER, answered),
        )
    )


def _interventions(recorder: Recorder) -> Extract:
    rng = recorder.rng("response/interventions")
    world = recorder.world
    frame = world.interventions
    start = numbers(frame["start"])
    # The extract tells of help given, once it is; offers that were declined or wait are not in it.
    given = codes(frame["allocation"]) == 0
    recorded = np.maximum(numbers(frame["recorded"]), start)
    rows = np.flatnonzero(given & (recorded <= LAST))
    frame, start, recorded = frame.iloc[rows], start[rows], recorded[rows]
    end, alert = numbers(frame["end"]), numbers(frame["alert"])
    # An alert without a form has no reference that others could quote.
    alert = np.where(_with_form(recorder)[alert], alert, NOBODY)
    extract = Extract.of("response/interventions", recorded)
    _describe(recorder, rng, extract, "response", numbers(frame["person"]))
    kinds = [_HELP[v] for v in categories("interventions", "kind")]
    outcomes = [_HELP_OUTCOMES[v] for v in categories("interventions", "outcome")]
    ongoing = end > LAST
    outcome = np.where(ongoing, outcomes.index("ONG"), codes(frame["outcome"]))
    extract.put(
        intervention_ref=references("IV", numbered(recorded), 6),
        alert_ref=take(_alert_refs(recorder), alert),
        type=coded(codes(frame["kind"]), kinds),
        outcome=coded(outcome, outcomes),
    )
    changed = np.flatnonzero((end > FIRST) & ~ongoing)
    extract.amend("outcome", changed, pa.array(["ONG"] * len(changed), pa.string()), end[changed])
    return extract.put_dates(start_date=start, recorded_date=recorded).reveal_dates(end_date=end)
