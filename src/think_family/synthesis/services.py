"""What services decide: social care, early help, the specialist services, panels, alerts, help.

Decisions follow the latent life of the child and what is visible of it; nothing here feeds back
into the onset of harm but the start of a service, which `harms` has drawn.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from think_family.synthesis.dice import (
    YEAR,
    Flags,
    Ints,
    choose,
    events,
    first_days,
    lags,
    lookup,
    merge,
    pick,
    prompted,
    ranges,
)
from think_family.synthesis.harms import UNSEEN, VISIBLE, Harm
from think_family.synthesis.lives import Lives, Spells
from think_family.synthesis.population import F, People
from think_family.synthesis.schooling import Schooling
from think_family.synthesis.world import (
    ASSESSMENT_FACTORS,
    HISTORY_END,
    HISTORY_START,
    NEVER,
    NOBODY,
    build,
)

FACTOR = {name: i for i, name in enumerate(ASSESSMENT_FACTORS)}
_REASON = (
    "neglect",
    "physical_abuse",
    "emotional_abuse",
    "sexual_abuse",
    "domestic_abuse",
    "parental_capacity",
    "disability",
    "behaviour",
    "exploitation",
    "missing",
    "other",
)
_R = {name: i for i, name in enumerate(_REASON)}


def capped(days: Ints) -> Ints:
    """Make ends after the history NEVER."""
    return np.where(days > HISTORY_END, NEVER, days)


def social_care(
    rng: np.random.Generator, p: People, life: Lives, s: Schooling, harms: list[Harm]
) -> dict[str, pd.DataFrame]:
    """Referrals, assessments with factors, children in need, protection plans, care spells."""
    child = life.child
    n = len(child)
    start = np.maximum(life.start, HISTORY_START - 700)
    end = life.end
    frail = rng.gamma(1.1, 1 / 1.1, n)  # some families come again and again

    # ---- referrals ---------------------------------------------------------------------------
    # By family: siblings are referred together.
    mother = np.where(p.mother[child] >= 0, p.mother[child], p.n + np.arange(n))
    mothers, of = np.unique(mother, return_inverse=True)
    lead = np.unique(of, return_index=True)[1]
    first_day = np.full(len(mothers), NEVER, dtype=np.int64)
    last_day = np.full(len(mothers), -NEVER, dtype=np.int64)
    np.minimum.at(first_day, of, start)
    np.maximum.at(last_day, of, end)
    who, day_ = events(
        rng, 0.030 * np.exp(0.72 * p.z[child[lead]]) * frail[lead], first_day, last_day
    )
    k, abuse_day = events(rng, np.full(len(life.abuse.who), 0.20), life.abuse.start, life.abuse.end)
    at = np.searchsorted(mothers, life.abuse.who[k])
    at = np.minimum(at, len(mothers) - 1)
    hit = mothers[at] == life.abuse.who[k]
    family = np.concatenate([who, at[hit]])
    when = np.concatenate([day_, abuse_day[hit]])
    because = np.concatenate(
        [
            choose(
                rng,
                np.array([0.27, 0.14, 0.12, 0.05, 0.05, 0.16, 0.05, 0.06, 0.0, 0.01, 0.09]),
                len(who),
            ),
            np.full(int(hit.sum()), _R["domestic_abuse"]),
        ]
    )
    order = np.argsort(of, kind="stable")
    row0 = np.searchsorted(of[order], np.arange(len(mothers)))
    many = np.bincount(of, minlength=len(mothers))
    kid = order[ranges(row0[family], many[family])]
    event = np.repeat(np.arange(len(family)), many[family])
    keep = rng.random(len(kid)) < 0.82
    kid, event = kid[keep], event[keep]
    parts = [(kid, when[event], because[event], np.zeros(len(kid), dtype=np.int64))]
    # By child: drifting from school, disability, exploitation (kind 1: cse, 2: ce).
    position = life.position[life.drift.who]
    k, d = events(rng, np.full(len(position), 0.13), life.drift.start, life.drift.end)
    parts.append(
        (
            position[k],
            d,
            np.where(rng.random(len(k)) < 0.8, _R["behaviour"], _R["missing"]),
            np.zeros(len(k), dtype=np.int64),
        )
    )
    able = np.flatnonzero(s.plan & (rng.random(n) < 0.16))
    d = np.maximum(start[able], p.born[child[able]] + rng.integers(200, 3000, len(able)))
    parts.append(
        (able, d, np.full(len(able), _R["disability"]), np.full(len(able), 9, dtype=np.int64))
    )
    for number, harm in enumerate(harms, start=1):
        goes = np.flatnonzero(rng.random(len(harm.referred)) < np.where(harm.accepted, 0.9, 0.75))
        parts.append(
            (
                harm.referred_child[goes],
                harm.referred[goes] + rng.integers(-3, 12, len(goes)),
                np.full(len(goes), _R["exploitation"]),
                np.full(len(goes), number),
            )
        )
    kid, when, because, theme = (np.concatenate([x[i] for x in parts]) for i in range(4))
    ok = (when >= start[kid]) & (when < end[kid]) & (when <= HISTORY_END)
    kid, when, because, theme = kid[ok], when[ok], because[ok], theme[ok]
    order = np.lexsort((kid, when))
    kid, when, because, theme = kid[order], when[order], because[order], theme[order]
    m = len(kid)
    u = rng.random(m)
    assess = np.where(theme > 0, 0.93, np.where(because == _R["domestic_abuse"], 0.5, 0.62))
    outcome = np.where(u < assess, 2, np.where(u < assess + 0.12, 1, 0))
    source = np.where(
        because == _R["domestic_abuse"],
        choose(rng, np.array([0.72, 0.08, 0.08, 0.02, 0.04, 0.02, 0.02, 0.02]), m),
        choose(rng, np.array([0.24, 0.25, 0.17, 0.03, 0.09, 0.12, 0.05, 0.05]), m),
    )

    # ---- assessments ---------------------------------------------------------------------------
    a = np.flatnonzero(outcome == 2)
    a_kid, a_start = kid[a], when[a] + rng.integers(0, 4, len(a))
    a_end = a_start + 6 + rng.gamma(4.0, 8.0, len(a)).astype(np.int64)
    u = rng.random(len(a))
    heavy = np.isin(
        because[a],
        (
            _R["neglect"],
            _R["physical_abuse"],
            _R["emotional_abuse"],
            _R["sexual_abuse"],
            _R["domestic_abuse"],
        ),
    )
    plan_p = np.where(heavy, 0.19, 0.05) * np.exp(0.2 * p.z[child[a_kid]])
    verdict = np.where(u < plan_p, 3, np.where(u < plan_p + 0.40, 2, np.where(u < 0.62, 1, 0)))
    verdict = np.where((theme[a] > 0) & (verdict < 2) & (u < 0.9), 2, verdict)

    # ---- need spells -----------------------------------------------------------------------------
    opened = np.flatnonzero(verdict >= 2)
    o_kid = a_kid[opened]
    length = 30 + rng.gamma(0.9, 570.0, len(opened)).astype(np.int64)
    length = np.where(theme[a][opened] == 9, 900 + rng.gamma(1.0, 1500.0, len(opened)), length)
    length = np.where(np.isin(theme[a][opened], (1, 2)), length + 60, length).astype(np.int64)
    n_start = a_start[opened]
    n_end = n_start + length
    # Protection plans within them.
    planned = np.flatnonzero(verdict[opened] == 3)
    c_start = a_end[opened][planned] + rng.integers(3, 15, len(planned))
    c_end = c_start + 60 + rng.gamma(2.2, 118.0, len(planned)).astype(np.int64)
    n_end[planned] = np.maximum(n_end[planned], c_end + rng.integers(0, 120, len(planned)))
    care_kid = life.position[life.care.who]
    g_end = life.care.end + rng.integers(0, 100, len(care_kid))
    s_kid = np.concatenate([o_kid, care_kid])
    s_start = np.concatenate([n_start, life.care.start])
    # A case is recorded once it is decided on: when it has been assessed, or on coming into care.
    s_known = np.concatenate([a_end[opened], life.care.start])
    s_end = np.concatenate([n_end, g_end])
    s_start = np.maximum(s_start, life.start[s_kid])
    s_end = np.minimum(s_end, life.end[s_kid])
    s_end = np.maximum(s_end, s_start)
    needs = _need_of(because[a][opened], rng)
    needs = np.concatenate(
        [
            needs,
            choose(
                rng, np.array([0.72, 0.03, 0.04, 0.06, 0.12, 0.01, 0.0, 0.02, 0.0]), len(care_kid)
            ),
        ]
    )
    who, begin, finish = merge(s_kid, s_start, s_end, slack=10)
    # The primary need is that of the earliest spell united, and so is the day it was decided on.
    rank = np.lexsort((s_start, s_kid))
    at = np.searchsorted(
        s_kid[rank] * (1 << 21) + s_start[rank], who * (1 << 21) + begin, side="left"
    )
    earliest = rank[np.minimum(at, len(rank) - 1)]
    need, known = needs[earliest], np.maximum(s_known[earliest], begin)
    good = (finish > begin) & (finish > HISTORY_START) & (begin <= HISTORY_END)
    order = np.flatnonzero(good)
    order = order[np.lexsort((who[order], begin[order]))]
    who, begin, finish, need, known = (x[order] for x in (who, begin, finish, need, known))
    tables: dict[str, pd.DataFrame] = {}
    tables["need_spells"] = build(
        "need_spells",
        {
            "person": child[who],
            "start": begin,
            "end": capped(finish),
            "need": need,
            "recorded": known + lags(rng, len(who), 3),
        },
    )
    c_kid = o_kid[planned]
    c_end = np.minimum(c_end, life.end[c_kid])
    ok = (c_end > c_start) & (c_end > HISTORY_START) & (c_start <= HISTORY_END)
    # One plan at a time.
    w, b, f = merge(c_kid[ok], c_start[ok], c_end[ok])
    order = np.lexsort((w, b))
    w, b, f = w[order], b[order], f[order]
    tables["protection_plans"] = build(
        "protection_plans",
        {
            "person": child[w],
            "start": b,
            "end": capped(f),
            "category": pick(
                rng,
                len(w),
                neglect=0.49,
                emotional_abuse=0.37,
                physical_abuse=0.07,
                sexual_abuse=0.04,
                multiple=0.03,
            ),
            "recorded": b + lags(rng, len(w), 2),
        },
    )
    tables["care_spells"] = build(
        "care_spells",
        {
            "person": life.placement_child,
            "episode": life.placement_period.astype(np.int32),
            "start": life.placement_start,
            "end": life.placement_end,
            "legal_status": life.placement_legal,
            "placement": life.placement_kind,
            "address": life.placement_address,
            "end_reason": life.placement_reason,
            "recorded": life.placement_start + lags(rng, len(life.placement_child), 4),
        },
    )

    # ---- what is in the history, and the factors ------------------------------------------------
    seen = np.flatnonzero(when >= HISTORY_START)
    renumber = np.full(m, -1, dtype=np.int64)
    renumber[seen] = np.arange(len(seen))
    tables["referrals"] = build(
        "referrals",
        {
            "person": child[kid[seen]],
            "day": when[seen],
            "source": source[seen],
            "reason": because[seen],
            "outcome": outcome[seen],
            "recorded": when[seen] + lags(rng, len(seen), 1),
        },
    )
    done = np.flatnonzero((when[a] >= HISTORY_START) & (a_end <= HISTORY_END))
    a_kid, a_start, a_end, verdict = a_kid[done], a_start[done], a_end[done], verdict[done]
    a_theme, a_because = theme[a][done], because[a][done]
    tables["assessments"] = build(
        "assessments",
        {
            "referral": renumber[a[done]],
            "person": child[a_kid],
            "start": a_start,
            "end": a_end,
            "outcome": verdict,
            "recorded": a_end + lags(rng, len(done), 3),
        },
    )
    tables["assessment_factors"] = _factors(rng, p, life, harms, a_kid, a_start, a_theme, a_because)
    return tables


def _need_of(because: Ints, rng: np.random.Generator) -> Ints:
    """Primary need of a spell by the reason of the referral."""
    need = np.zeros(len(because), dtype=np.int64)
    u = rng.random(len(because))
    need[because == _R["disability"]] = 1
    parental = because == _R["parental_capacity"]
    need[parental] = np.where(u[parental] < 0.3, 2, np.where(u[parental] < 0.6, 3, 4))
    odd = np.isin(because, (_R["behaviour"], _R["missing"]))
    need[odd] = np.where(u[odd] < 0.4, 5, 4)
    rest = because == _R["other"]
    need[rest] = np.where(
        u[rest] < 0.4, 3, np.where(u[rest] < 0.6, 6, np.where(u[rest] < 0.8, 7, 8))
    )
    return need


def _factors(
    rng: np.random.Generator,
    p: People,
    life: Lives,
    harms: list[Harm],
    kid: Ints,
    start: Ints,
    theme: Ints,
    because: Ints,
) -> pd.DataFrame:
    """Factors found at assessment: most of what is there, and some of what is not."""
    n = len(kid)
    child = life.child[kid]
    age = (start - p.born[child]) / YEAR
    z, v = p.z[child], p.v[child]
    girl = p.sex[child] == F

    def on(spells: Spells, subject: Ints) -> Flags:
        held = lookup(
            spells.who,
            spells.start,
            spells.end,
            np.ones(len(spells.who), np.int64),
            subject,
            start,
            0,
        )
        return held > 0

    abuse = on(life.abuse_child, kid)
    drift = on(life.drift, child)
    hurt = []
    for harm in harms:
        begin = np.full(len(life.child), NEVER, dtype=np.int64)
        begin[harm.victim] = np.where(harm.visibility == UNSEEN, NEVER, harm.onset)
        hurt.append(begin[kid] + 60 <= start)
    tendency = {
        "alcohol_misuse_parent": 0.12 * np.exp(0.25 * z),
        "drug_misuse_parent": 0.13 * np.exp(0.3 * z),
        "domestic_abuse_parent": np.where(abuse | (because == _R["domestic_abuse"]), 0.82, 0.24),
        "domestic_abuse_child": np.where(abuse, 0.22, 0.07),
        "mental_health_parent": 0.30 * np.exp(0.12 * z),
        "mental_health_child": np.where(age > 9, 0.24, 0.05) * np.exp(0.2 * v),
        "learning_disability_child": np.full(n, 0.07),
        "learning_disability_parent": np.full(n, 0.03),
        "physical_disability_child": np.where(because == _R["disability"], 0.5, 0.04),
        "young_carer": np.where(age > 7, 0.05, 0.0),
        "alcohol_misuse_child": np.where(age > 12, 0.06 * np.exp(0.3 * v), 0.0),
        "drug_misuse_child": np.where(age > 12, 0.11 * np.exp(0.3 * v), 0.0),
        "going_missing": np.where(age > 10, 0.04 + 0.1 * drift, 0.003),
        "child_sexual_exploitation": np.where(
            theme == 1,
            0.80,
            np.where(
                hurt[0],
                0.22,
                np.where(
                    age >= 10,
                    np.where(girl, 0.012, 0.009) * (1 + 2.5 * drift),
                    np.where(girl, 0.0165, 0.0125),
                ),
            ),
        ),
        "child_criminal_exploitation": np.where(
            theme == 2, 0.8, np.where(hurt[1], 0.22, np.where(age >= 10, 0.012, 0.0008))
        ),
        "gangs": np.where(theme == 2, 0.35, np.where(age >= 11, 0.012, 0.001)),
        "trafficking": np.where(theme > 0, 0.06, 0.003) * (theme != 9),
        "socially_unacceptable_behaviour": np.where(age > 9, 0.13 + 0.15 * drift, 0.03),
        "self_harm": np.where(age > 10, 0.08 * np.exp(0.2 * v), 0.004),
        "neglect": np.where(because == _R["neglect"], 0.7, 0.16),
        "emotional_abuse": np.where(because == _R["emotional_abuse"], 0.7, 0.18),
        "physical_abuse": np.where(because == _R["physical_abuse"], 0.7, 0.10),
        "sexual_abuse": np.where(
            because == _R["sexual_abuse"], 0.65, np.where(theme == 1, 0.3, 0.03)
        ),
        "other": np.full(n, 0.12),
    }
    found_a, found_f = [], []
    for name, chance in tendency.items():
        hit = np.flatnonzero(rng.random(n) < chance)
        found_a.append(hit)
        found_f.append(np.full(len(hit), FACTOR[name], dtype=np.int64))
    assessment, factor = np.concatenate(found_a), np.concatenate(found_f)
    order = np.lexsort((factor, assessment))
    return build("assessment_factors", {"assessment": assessment[order], "factor": factor[order]})


def early_help(rng: np.random.Generator, p: People, life: Lives, homes_of: Ints) -> pd.DataFrame:
    """Early help by family: one row per member, children and a parent.

    `homes_of` is the family of each child (by position) while it grows up.
    """
    child = life.child
    adrift = first_days(len(child), life.position[life.drift.who], life.drift.start)
    begin = np.maximum(np.maximum(life.start, HISTORY_START), p.born[child])
    k, when = prompted(
        rng,
        0.0096 * np.exp(0.45 * p.z[child]),
        begin,
        np.minimum(life.end, HISTORY_END),
        [(0.7, adrift)],
    )
    fam = homes_of[k]
    ok = fam >= 0
    k, when, fam = k[ok], when[ok], fam[ok]
    length = 40 + rng.gamma(2.0, 75.0, len(k)).astype(np.int64)
    reason = choose(rng, np.array([0.24, 0.18, 0.2, 0.12, 0.14, 0.07, 0.05]), len(k))
    outcome = 1 + choose(rng, np.array([0.5, 0.22, 0.18, 0.1]), len(k))
    # Siblings of the same family, and the mother.
    order = np.argsort(homes_of, kind="stable")
    low = np.searchsorted(homes_of[order], fam)
    high = np.searchsorted(homes_of[order], fam, side="right")
    row = np.repeat(np.arange(len(k)), high - low)
    member = order[ranges(low, high - low)]
    member_ok = (life.start[member] <= when[row]) & (life.end[member] > when[row])
    row, member = row[member_ok], child[member[member_ok]]
    mother = p.mother[child[k]]
    adult = np.flatnonzero((mother >= 0) & (p.left[np.maximum(mother, 0)] > when))
    row = np.concatenate([row, adult])
    member = np.concatenate([member, mother[adult]])
    stop = np.minimum(when[row] + length[row], np.minimum(p.left[member], p.died[member]))
    good = stop > when[row]
    row, member, stop = row[good], member[good], stop[good]
    order = np.lexsort((member, row))
    row, member, stop = row[order], member[order], stop[order]
    shut = capped(stop)
    return build(
        "early_help",
        {
            "family": fam[row],
            "person": member,
            "start": when[row],
            "end": shut,
            "reason": reason[row],
            "outcome": np.where(shut == NEVER, 0, outcome[row]),
            "recorded": when[row] + lags(rng, len(k), 5)[row],
        },
    )


def specialist(
    rng: np.random.Generator, p: People, life: Lives, harms: list[Harm]
) -> dict[str, pd.DataFrame]:
    """Referrals to and service by the specialist services; panels; national referrals; markers."""
    parts = []
    for number, harm in enumerate(harms):
        m = len(harm.referred)
        parts.append(
            {
                "child": harm.referred_child,
                "kind": np.full(m, number),
                "day": harm.referred,
                "accepted": harm.accepted,
                "start": harm.started,
                "entry": harm.entry,
                "truly": harm.truly,
            }
        )
    col = {key: np.concatenate([x[key] for x in parts]) for key in parts[0]}
    order = np.lexsort((col["child"], col["kind"], col["day"]))
    col = {key: value[order] for key, value in col.items()}
    n = len(order)
    child = life.child[col["child"]]
    accepted = col["accepted"].astype(bool)
    wait = np.where(accepted, col["start"] - col["day"], 40)
    triaged = col["day"] + np.maximum(2, (wait * rng.uniform(0.2, 0.7, n)).astype(np.int64))
    begun = accepted & (col["start"] <= HISTORY_END)
    adult = p.born[child] + int(18 * YEAR)
    length = 45 + rng.gamma(2.2, 110.0, n).astype(np.int64)
    stop = col["start"] + length
    why = 1 + choose(rng, np.array([0.72, 0.25, 0.03]), n)
    why = np.where(stop > adult + 60, 4, why)
    stop = np.minimum(stop, np.maximum(adult + 60, col["start"] + 20))
    stop = np.minimum(stop, np.maximum(p.left[child], col["start"] + 10))
    stop = np.where(begun, capped(stop), NEVER)
    advice = rng.random(n) < 0.5
    tables: dict[str, pd.DataFrame] = {}
    tables["service_referrals"] = build(
        "service_referrals",
        {
            "person": child,
            "kind": col["kind"],
            "referred": col["day"],
            "source": pick(
                rng,
                n,
                police=0.3,
                school=0.17,
                social_care=0.34,
                health=0.07,
                family=0.04,
                voluntary=0.06,
                self=0.02,
            ),
            "triaged": triaged,
            "triage": np.where(accepted, 0, np.where(advice, 1, 2)),
            "risk_level": np.where(
                accepted,
                choose(rng, np.array([0.1, 0.5, 0.4]), n),
                choose(rng, np.array([0.6, 0.35, 0.05]), n),
            ),
            "service_start": np.where(begun, col["start"], NEVER),
            "service_end": stop,
            "end_reason": np.where(begun & (stop < NEVER), why, 0),
            "entry": col["entry"].astype(bool) & begun,
            "truly_harmed": col["truly"].astype(bool),
            "recorded": col["day"] + lags(rng, n, 2),
        },
    )
    # ---- panels -----------------------------------------------------------------------------
    heard = np.flatnonzero(rng.random(n) < np.where(col["kind"] == 1, 0.95, 0.4))
    day_ = triaged[heard] + rng.integers(3, 28, len(heard))
    heard, day_ = heard[day_ <= HISTORY_END], day_[day_ <= HISTORY_END]
    level = np.where(
        accepted[heard],
        2 + (rng.random(len(heard)) < 0.55),
        (rng.random(len(heard)) < 0.55).astype(np.int64),
    )
    tables["panel_decisions"] = build(
        "panel_decisions",
        {
            "person": child[heard],
            "service_referral": heard,
            "day": day_,
            "level": level,
            "decision": np.where(level >= 2, 2 - (rng.random(len(heard)) < 0.2), level),
            "recorded": day_ + lags(rng, len(heard), 3),
        },
    )
    # ---- national referral mechanism -----------------------------------------------------------
    truly = col["truly"].astype(bool)
    sent = np.flatnonzero(
        rng.random(n) < np.where(accepted, np.where(col["kind"] == 1, 0.30, 0.12), 0.02)
    )
    day_ = triaged[sent] + lags(rng, len(sent), 20)
    sent, day_ = sent[day_ <= HISTORY_END], day_[day_ <= HISTORY_END]
    m = len(sent)
    reasonable = day_ + 4 + lags(rng, m, 18)
    positive = rng.random(m) < np.where(truly[sent], 0.9, 0.6)
    conclusive = reasonable + 90 + lags(rng, m, 260, 0.5)
    pending = ~positive | (conclusive > HISTORY_END)
    u = rng.random(m)
    last = np.where(
        pending, 0, np.where(u < np.where(truly[sent], 0.86, 0.5), 1, np.where(u < 0.95, 2, 3))
    )
    tables["nrm_decisions"] = build(
        "nrm_decisions",
        {
            "person": child[sent],
            "referred": day_,
            "exploitation": np.where(
                col["kind"][sent] == 0,
                0,
                np.where(rng.random(m) < 0.85, 1, np.where(rng.random(m) < 0.5, 2, 3)),
            ),
            "reasonable": reasonable,
            "reasonable_outcome": np.where(positive, 0, 1),
            "conclusive": np.where(pending, NEVER, conclusive),
            "conclusive_outcome": last,
            "recorded": day_ + lags(rng, m, 6),
        },
    )
    return tables


def help_offered(
    rng: np.random.Generator, p: People, life: Lives, s: Schooling, harms: list[Harm]
) -> tuple[dict[str, pd.DataFrame], Spells]:
    """Alerts of the earlier scoring practice, their feedback, and help that is short of workers.

    Whether help is allocated or waits depends on the week alone, not on the child: that is what
    makes the waiting list a fair comparison. Returns the tables (without `harm_after`, filled in
    when events are known) and the spells in which help calms offending and going missing.
    """
    child = life.child
    n = len(child)
    age_start = p.born[child] + int(9.5 * YEAR)
    begin = np.maximum(np.maximum(age_start, life.start), HISTORY_START + 120)
    stop = np.minimum(life.end, HISTORY_END)
    apparent = np.exp(0.3 * p.z[child] + 0.35 * p.v[child])
    signs = [
        (1.3, first_days(n, life.position[life.drift.who], life.drift.start)),
        (1.1, first_days(n, life.position[life.care.who], life.care.start)),
    ]
    hurt_from = np.full(n, NEVER, dtype=np.int64)
    hurt_to = np.full(n, -NEVER, dtype=np.int64)
    parts: list[tuple[Ints, Ints, Ints]] = []
    for number, harm in enumerate(harms):
        hurt_from[harm.victim] = np.minimum(hurt_from[harm.victim], harm.onset)
        hurt_to[harm.victim] = np.maximum(hurt_to[harm.victim], harm.end)
        seen = np.flatnonzero(harm.visibility == VISIBLE)
        k, d = events(
            rng,
            np.full(len(seen), 0.5),
            np.maximum(harm.onset[seen] + 40, HISTORY_START + 120),
            np.minimum(harm.end[seen], HISTORY_END),
        )
        parts.append((harm.victim[seen[k]], d, np.full(len(k), number)))
    for number, rate in ((0, 0.0009), (1, 0.0010), (2, 0.0010), (3, 0.0022), (4, 0.0008)):
        k, d = prompted(rng, rate * apparent, begin, stop, signs)
        parts.append((k, d, np.full(len(k), number)))
    kid, when, kind = (np.concatenate([x[i] for x in parts]) for i in range(3))
    ok = (when >= begin[kid]) & (when < stop[kid])
    kid, when, kind = kid[ok], when[ok], kind[ok]
    order = np.lexsort((kid, when))
    kid, when, kind = kid[order], when[order], kind[order]
    m = len(kid)
    truly = (hurt_from[kid] <= when) & (hurt_to[kid] > when)
    u = rng.random(m)
    acted = np.where(truly, 0.45, 0.22)
    response = np.where(
        u < 0.30,
        0,
        np.where(
            u < 0.30 + acted, 1, np.where(u < 0.30 + acted + 0.17, 2, np.where(u < 0.985, 3, 4))
        ),
    )
    responded = when + 2 + lags(rng, m, 12)
    response = np.where(responded > HISTORY_END, 0, response)
    responded = np.where(response == 0, NEVER, responded)
    tables: dict[str, pd.DataFrame] = {}
    tables["alerts"] = build(
        "alerts",
        {
            "person": child[kid],
            "day": when,
            "kind": kind,
            "recipient": pick(
                rng, m, social_worker=0.36, early_help=0.24, school=0.2, police=0.14, gp=0.06
            ),
            "response": response,
            "responded": responded,
            "truly_harmed": truly,
            "recorded": when + 1,
        },
    )
    # Help after an alert, and as much again that came by other ways.
    led = np.flatnonzero((response == 1) & (rng.random(m) < 0.7))
    k, d = prompted(rng, 0.0045 * apparent, begin, stop, signs)
    who = np.concatenate([kid[led], k])
    offered = np.concatenate([responded[led] + rng.integers(0, 15, len(led)), d])
    alert = np.concatenate([led, np.full(len(k), NOBODY)])
    ok = offered < np.minimum(stop[who], HISTORY_END)
    who, offered, alert = who[ok], offered[ok], alert[ok]
    order = np.lexsort((who, offered))
    who, offered, alert = who[order], offered[order], alert[order]
    q = len(who)
    week = (offered - HISTORY_START) // 7
    full = rng.random(int(week.max(initial=0)) + 1) < 0.33
    declined = rng.random(q) < 0.13
    allocation = np.where(declined, 2, np.where(full[week], 1, 0))
    given = allocation == 0
    starts = offered + rng.integers(4, 25, q)
    ends = starts + 60 + rng.gamma(2.5, 50.0, q).astype(np.int64)
    open_ = given & (ends > HISTORY_END)
    better = 1 + choose(rng, np.array([0.52, 0.36, 0.12]), q)
    tables["interventions"] = build(
        "interventions",
        {
            "person": child[who],
            "alert": alert,
            "kind": pick(
                rng,
                q,
                key_worker=0.3,
                mentoring=0.2,
                diversion=0.17,
                education_support=0.14,
                family_support=0.12,
                specialist_therapy=0.07,
            ),
            "offered": offered,
            "allocation": allocation,
            "start": np.where(given, starts, NEVER),
            "end": np.where(given, capped(ends), NEVER),
            "outcome": np.where(given, np.where(open_, 0, better), 4),
            "harm_after": False,
            "recorded": offered + lags(rng, q, 4),
        },
    )
    calm = Spells(child[who[given]], starts[given], starts[given] + 365)
    return tables, calm


def markers(
    rng: np.random.Generator,
    p: People,
    life: Lives,
    harms: list[Harm],
    missing: tuple[Ints, Ints],
    offenders: tuple[Ints, Ints, Ints],
    domestic: tuple[Ints, Ints],
) -> pd.DataFrame:
    """Police markers. Those of the CSE operation follow a referral; the rest follow incidents.

    `missing` are persons and days of missing reports, `offenders` persons, days and marker codes,
    `domestic` victims and days.
    """
    cse = harms[0]
    parts: list[tuple[Ints, Ints, Ints, Ints]] = []
    set_ = np.flatnonzero(
        rng.random(len(cse.referred)) < np.where(cse.accepted, np.where(cse.truly, 0.82, 0.5), 0.25)
    )
    day_ = cse.referred[set_] + rng.integers(2, 45, len(set_))
    parts.append(
        (
            life.child[cse.referred_child[set_]],
            day_,
            day_ + 400 + rng.integers(0, 700, len(set_)),
            np.zeros(len(set_), dtype=np.int64),
        )
    )
    who, when, kind = offenders
    parts.append((who, when, np.full(len(who), NEVER), kind))
    who, when = missing
    order = np.lexsort((when, who))
    who, when = who[order], when[order]
    third = np.zeros(len(who), dtype=bool)
    third[2:] = (who[2:] == who[:-2]) & (when[2:] - when[:-2] < 90)
    parts.append(
        (
            who[third],
            when[third] + 1,
            when[third] + 365,
            np.full(int(third.sum()), 5, dtype=np.int64),
        )
    )
    who, when = domestic
    order = np.lexsort((when, who))
    who, when = who[order], when[order]
    third = np.zeros(len(who), dtype=bool)
    third[2:] = (who[2:] == who[:-2]) & (when[2:] - when[:-2] < 365)
    parts.append(
        (
            who[third],
            when[third] + 2,
            when[third] + 730,
            np.full(int(third.sum()), 6, dtype=np.int64),
        )
    )
    who, begin, stop, kind = (np.concatenate([x[i] for x in parts]) for i in range(4))
    # One marker of a kind at a time.
    key = who * 8 + kind
    key, begin, stop = merge(key, begin, stop)
    who, kind = key // 8, key % 8
    ok = (begin <= HISTORY_END) & (begin >= HISTORY_START)
    who, begin, stop, kind = who[ok], begin[ok], stop[ok], kind[ok]
    order = np.lexsort((who, begin))
    return build(
        "markers",
        {
            "person": who[order],
            "kind": kind[order],
            "start": begin[order],
            "end": capped(stop)[order],
            "recorded": begin[order] + lags(rng, len(order), 1),
        },
    )
