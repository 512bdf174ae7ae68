"""Homes, money and health: tenancies, homelessness, council tax, benefits, doctors, treatment."""

from __future__ import annotations

import numpy as np
import pandas as pd

from think_family.synthesis.dice import (
    YEAR,
    Ints,
    Reals,
    alternate,
    choose,
    events,
    lags,
    lookup,
    pick,
    ranges,
)
from think_family.synthesis.lives import Lives
from think_family.synthesis.names import place_names
from think_family.synthesis.places import SOCIAL, STAY, Places, Residences
from think_family.synthesis.population import ADULT, FAMILY, F, M, People
from think_family.synthesis.services import capped
from think_family.synthesis.world import (
    HISTORY_END,
    HISTORY_START,
    NEVER,
    NOBODY,
    build,
)


def prison(rng: np.random.Generator, p: People, city: Places) -> Residences:
    """Spells in prison: mostly young men of families in adversity."""
    adult = np.maximum(p.born + int(18.5 * YEAR), np.maximum(p.arrived, HISTORY_START))
    end = np.minimum(np.minimum(p.left, p.died), HISTORY_END + 1)
    end = np.minimum(end, p.born + int(60 * YEAR))
    able = (p.presence == 0) & (end > adult)
    rate = 0.0024 * np.exp(0.9 * p.z + 0.9 * p.v) * np.where(p.sex == M, 1.0, 0.06) * able
    who, s, e = alternate(rng, rate, np.full(p.n, 1.6), adult, np.maximum(end, adult))
    pool = city.of_kind("prison")
    return Residences(
        who,
        pool[rng.integers(0, len(pool), len(who))],
        s,
        e,
        np.full(len(who), STAY["prison"], dtype=np.int64),
        np.zeros(len(who), dtype=bool),
    )


def homelessness(
    rng: np.random.Generator, p: People, city: Places
) -> tuple[pd.DataFrame, Residences]:
    """Homelessness applications, and spells in hostels and temporary accommodation."""
    adult = np.maximum(p.born + int(17 * YEAR), np.maximum(p.arrived, HISTORY_START))
    end = np.minimum(np.minimum(p.left, p.died), HISTORY_END)
    able = (p.presence == 0) & (end > adult)
    age_factor = np.where(HISTORY_START - p.born < 30 * YEAR, 1.6, 1.0)
    rate = 0.0030 * np.exp(0.85 * p.z + 0.3 * p.v) * age_factor * able
    rate = np.where(HISTORY_START - p.born > 60 * YEAR, rate * 0.25, rate)
    who, when = events(rng, rate, adult, np.maximum(end, adult))
    age = (when - p.born[who]) / YEAR
    m = len(who)
    young = age < 24
    reason = np.where(
        young,
        choose(rng, np.array([0.5, 0.07, 0.16, 0.08, 0.04, 0.08, 0.07]), m),
        choose(rng, np.array([0.13, 0.12, 0.38, 0.1, 0.07, 0.06, 0.14]), m),
    )
    # Those who fled abuse apply too.
    fled = np.flatnonzero(p.home_flees < NEVER)
    slot = np.full(len(p.home_area), -1, dtype=np.int64)
    slot[fled] = np.arange(len(fled))
    row = np.flatnonzero((slot[p.stay_home] >= 0) & (p.stay_role == ADULT))
    row = row[
        (p.stay_start[row] < p.home_flees[p.stay_home[row]] - 30)
        & (p.stay_end[row] > p.home_flees[p.stay_home[row]] + 30)
    ]
    row = row[rng.random(len(row)) < 0.7]
    who = np.concatenate([who, p.stay_person[row]])
    when = np.concatenate([when, p.home_flees[p.stay_home[row]] + 3])
    reason = np.concatenate([reason, np.full(len(row), 1, dtype=np.int64)])
    ok = (when >= HISTORY_START) & (when < HISTORY_END)
    who, when, reason = who[ok], when[ok], reason[ok]
    order = np.lexsort((who, when))
    who, when, reason = who[order], when[order], reason[order]
    m = len(who)
    outcome = choose(rng, np.array([0.42, 0.33, 0.17, 0.08]), m)
    length = 20 + rng.gamma(1.5, 60.0, m).astype(np.int64)
    stop = np.minimum(when + length, np.minimum(p.left[who], p.died[who]))
    stop = np.maximum(stop, when + 1)
    housed = np.isin(outcome, (1, 2)) & (rng.random(m) < 0.45) & (reason != 1)
    has_child = np.zeros(p.n, dtype=bool)
    for parent in (p.mother, p.father):
        has_child[parent[(parent >= 0) & (p.born > HISTORY_START - 10 * 365)]] = True
    hostel = housed & ~has_child[who]
    address = np.full(m, NOBODY, dtype=np.int64)
    for a in (0, 1):
        pool = city.of_kind("hostel", a)
        mine = np.flatnonzero(hostel & (p.area[who] == a))
        address[mine] = pool[rng.integers(0, len(pool), len(mine))]
    table = build(
        "homelessness",
        {
            "person": who,
            "day": when,
            "end": capped(stop),
            "reason": reason,
            "outcome": outcome,
            "address": address,
            "recorded": when + lags(rng, m, 3),
        },
    )
    lives_in = hostel & (stop > when + 5)
    over = Residences(
        who[lives_in],
        address[lives_in],
        when[lives_in] + 3,
        stop[lives_in],
        np.full(int(lives_in.sum()), STAY["hostel"], dtype=np.int64),
        np.zeros(int(lives_in.sum()), dtype=bool),
    )
    return table, over


def housing(rng: np.random.Generator, p: People, city: Places) -> dict[str, pd.DataFrame]:
    """Tenancies, rent arrears, council-tax liability, the council's antisocial-behaviour cases."""
    # Adults at each address stay of each home.
    adult = np.flatnonzero(p.stay_role == ADULT)
    n_homes = len(p.home_area)
    first = np.searchsorted(city.home, np.arange(n_homes))
    many = np.searchsorted(city.home, np.arange(n_homes), side="right") - first
    counts = many[p.stay_home[adult]]
    row = np.repeat(adult, counts)
    at = ranges(first[p.stay_home[adult]], counts)
    start = np.maximum(p.stay_start[row], city.start[at])
    end = np.minimum(p.stay_end[row], city.end[at])
    good = (end > start + 5) & (end > HISTORY_START)
    row, at, start, end = row[good], at[good], start[good], end[good]
    person = p.stay_person[row]
    order = np.lexsort((p.sex[person], start, at))
    person, at, start, end = person[order], at[order], start[order], end[order]
    lead = np.ones(len(at), dtype=bool)
    lead[1:] = at[1:] != at[:-1]
    li = np.flatnonzero(lead)
    nxt = np.minimum(li + 1, len(at) - 1)
    has_second = (at[nxt] == at[li]) & (nxt != li)
    second = np.where(has_second, person[nxt], NOBODY)
    joined = np.where(has_second, start[nxt], NEVER)
    stay = at[li]
    address = city.address[stay]
    heads, begin = person[li], start[li]
    finish = end[li]
    # When the lead goes and the second stays, the second takes over.
    takes = np.flatnonzero(has_second & (end[nxt] > finish + 30))
    kind_shared = p.home_kind[city.home[stay]] != FAMILY
    made: dict[str, pd.DataFrame] = {}

    def latest(values: Ints) -> Ints:
        return np.minimum(values, NEVER)

    liable = np.concatenate([heads, second[takes]])
    other = np.concatenate([np.where(joined < finish, second, NOBODY), np.full(len(takes), NOBODY)])
    where = np.concatenate([address, address[takes]])
    s = np.concatenate([begin, np.maximum(finish[takes], start[nxt[takes]])])
    e = np.concatenate([finish, end[nxt[takes]]])
    student = (p.presence[liable] == 1) & (rng.random(len(liable)) < 0.8)
    ok = ~student & (e > s) & (s <= HISTORY_END)
    liable, other, where, s, e = liable[ok], other[ok], where[ok], s[ok], e[ok]
    debt = rng.random(len(liable)) < 0.055 * np.exp(0.55 * p.z[liable])
    debt_day = np.maximum(s, HISTORY_START) + (
        rng.random(len(s)) * (np.minimum(e, HISTORY_END) - np.maximum(s, HISTORY_START))
    ).astype(np.int64)
    debt &= debt_day > s + 100
    made["council_tax"] = build(
        "council_tax",
        {
            "address": where,
            "person": liable,
            "second": other,
            "start": s,
            "end": capped(latest(e)),
            "single_discount": (other == NOBODY) & (rng.random(len(s)) < 0.85),
            "arrears": np.where(debt, 20_000 + rng.gamma(2.0, 40_000, len(s)), 0).astype(np.int32),
            "arrears_day": np.where(debt, debt_day, NEVER),
        },
    )
    # ---- social tenancies -----------------------------------------------------------------------
    social = np.flatnonzero(
        (city.tenure[address] == SOCIAL) & ~kind_shared & (begin <= HISTORY_END)
    )
    m = len(social)
    t_end = capped(
        latest(np.maximum(finish[social], np.where(has_second[social], end[nxt[social]], 0)))
    )
    joint = np.where(
        has_second[social] & (joined[social] < begin[social] + 400) & (rng.random(m) < 0.6),
        second[social],
        NOBODY,
    )
    dead = p.died[heads[social]] == t_end
    other_end = np.where(rng.random(m) < 0.9, 1, np.where(rng.random(m) < 0.5, 2, 3))
    why = np.where(t_end == NEVER, 0, np.where(dead, 4, other_end))
    made["tenancies"] = build(
        "tenancies",
        {
            "address": address[social],
            "person": heads[social],
            "joint": joint,
            "start": begin[social],
            "end": t_end,
            "landlord": (
                rng.random(m) < np.where(city.area()[address[social]] == 0, 0.3, 0.7)
            ).astype(np.int64),
            "end_reason": why,
        },
    )
    k, s, e = alternate(
        rng,
        0.075 * np.exp(0.35 * p.z[heads[social]]),
        np.full(m, 1.3),
        np.maximum(begin[social], HISTORY_START),
        np.minimum(t_end, HISTORY_END + 1),
    )
    made["rent_arrears"] = build(
        "rent_arrears",
        {
            "tenancy": k,
            "person": heads[social][k],
            "start": s,
            "end": capped(e),
            "amount": (15_000 + rng.gamma(1.4, 45_000, len(k))).astype(np.int32),
            "recorded": s + lags(rng, len(k), 3),
        },
    )
    # ---- complaints -----------------------------------------------------------------------------
    rate = 0.0035 * np.exp(0.8 * p.z[heads]) * np.where(city.tenure[address] == SOCIAL, 2.5, 0.6)
    rate = rate * rng.gamma(0.5, 2.0, len(rate))
    k, when = events(rng, rate, np.maximum(begin, HISTORY_START), np.minimum(finish, HISTORY_END))
    # A neighbour: the head of some home of the same small area.
    lsoa = city.lsoa[address]
    order = np.argsort(lsoa, kind="stable")
    low = np.searchsorted(lsoa[order], lsoa[k])
    high = np.searchsorted(lsoa[order], lsoa[k], side="right")
    near = heads[order[low + (rng.random(len(k)) * (high - low)).astype(np.int64)]]
    here = (p.arrived[near] <= when) & (p.left[near] > when) & (p.died[near] > when)
    ok = here & (near != heads[k])
    k, when, near = k[ok], when[ok], near[ok]
    made["council_asb"] = build(
        "council_asb",
        {
            "subject": heads[k],
            "complainant": near,
            "address": address[k],
            "day": when,
            "kind": pick(
                rng,
                len(k),
                noise=0.42,
                nuisance=0.24,
                drugs=0.1,
                threats=0.12,
                damage=0.05,
                animals=0.07,
            ),
            "outcome": pick(
                rng,
                len(k),
                no_action=0.55,
                warning=0.27,
                agreement=0.12,
                injunction=0.04,
                closure_order=0.02,
            ),
            "recorded": when + lags(rng, len(k), 4),
        },
    )
    return made


def benefits(rng: np.random.Generator, p: People) -> pd.DataFrame:
    """Benefit spells of adults and disability allowance of children."""
    start = np.maximum(np.maximum(p.born + int(18 * YEAR), p.arrived), HISTORY_START - 1500)
    end = np.minimum(np.minimum(p.left, p.died), HISTORY_END + 1)
    work_end = np.minimum(end, p.born + int(66 * YEAR))
    able = (p.presence == 0) & (work_end > start)
    parent = np.zeros(p.n, dtype=bool)
    for who_ in (p.mother, p.father):
        parent[who_[(who_ >= 0) & (p.born > HISTORY_START - 16 * YEAR)]] = True
    rate = 0.062 * np.exp(0.75 * p.z + 0.35 * parent) * able
    rate = np.minimum(rate, 1.5)
    who, s, e = alternate(rng, rate, np.full(p.n, 0.42), start, np.maximum(work_end, start))
    n_uc = len(who)
    old = rng.random(n_uc) < np.where(s < HISTORY_START + 700, 0.28, 0.0)
    kind = np.where(old, choose(rng, np.array([0.0, 0.35, 0.35, 0.3]), n_uc), 0)
    workless = rng.random(n_uc) < np.clip(0.55 + 0.08 * p.z[who], 0.2, 0.9)
    parts = [(who, s, e, kind, workless)]
    # Disability, long; caring; help with rent for people of pension age.
    for code_, chance, first, last in (
        (6, 0.13 * np.exp(0.35 * p.z), 18, 66),
        (5, 0.048 * np.exp(0.25 * p.z + 0.25 * p.v), 3, 16),
        (4, 0.020 * np.exp(0.3 * p.z), 18, 66),
        (7, 0.13 * np.exp(0.6 * p.z), 66, 100),
    ):
        begin = np.maximum(p.born + int(first * YEAR), p.arrived)
        stop = np.minimum(end, p.born + int(last * YEAR))
        has = (p.presence == 0) & (rng.random(p.n) < chance)
        begin = begin + (rng.random(p.n) * 0.8 * np.maximum(stop - begin, 0)).astype(np.int64)
        has &= (stop > begin + 30) & (stop > HISTORY_START)
        k = np.flatnonzero(has)
        lasts = begin[k] + 200 + rng.exponential(8 * YEAR, len(k)).astype(np.int64)
        parts.append(
            (
                k,
                begin[k],
                np.minimum(stop[k], lasts),
                np.full(len(k), code_),
                rng.random(len(k)) < (0.7 if code_ in (4, 6) else 0.0),
            )
        )
    who, s, e = (np.concatenate([x[i] for x in parts]) for i in range(3))
    kind = np.concatenate([x[3] for x in parts])
    workless = np.concatenate([x[4] for x in parts])
    ok = (e > np.maximum(s, HISTORY_START)) & (s <= HISTORY_END)
    order = np.flatnonzero(ok)
    order = order[np.lexsort((s[order], who[order]))]
    return build(
        "benefits",
        {
            "person": who[order],
            "start": s[order],
            "end": capped(e)[order],
            "benefit": kind[order],
            "workless": workless[order],
            "recorded": s[order] + lags(rng, len(order), 14),
        },
    )


def health(
    rng: np.random.Generator, p: People, city: Places, homes: Residences, life: Lives, hurt: Ints
) -> dict[str, pd.DataFrame]:
    """Doctors, pregnancies, mental health and treatment for drugs and alcohol.

    `hurt` is the day of the first onset of exploitation by person (NEVER if none).
    """
    made: dict[str, pd.DataFrame] = {}
    surgery = city.of_kind("surgery")
    area = city.area()[surgery]
    names = place_names(rng, len(surgery), set())
    made["practices"] = build(
        "practices",
        {
            "name": np.array([f"{name} Surgery" for name in names], dtype=object),
            "area": area.astype(np.int8),
            "address": surgery,
        },
    )
    # The two nearest practices of each small area; a person keeps to one of them.
    sx, sy = city.lsoa_x[city.lsoa[surgery]], city.lsoa_y[city.lsoa[surgery]]
    lsoa_area = city.ward_area[city.lsoa_ward]
    far = np.hypot(city.lsoa_x[:, None] - sx[None, :], city.lsoa_y[:, None] - sy[None, :])
    far = np.where(lsoa_area[:, None] == area[None, :], far, far + 1e9)
    two = np.argsort(far, axis=1, kind="stable")[:, :2]
    if two.shape[1] == 1:
        two = np.repeat(two, 2, axis=1)
    habit = (rng.random(p.n) < 0.3).astype(np.int64)
    lost = rng.random(p.n) < 0.02
    row = np.flatnonzero(
        (homes.address >= 0) & (homes.kind != STAY["prison"]) & ~lost[homes.person]
    )
    who = homes.person[row]
    lsoa = city.lsoa[homes.address[row]]
    practice = two[lsoa, habit[who]]
    same = np.zeros(len(row), dtype=bool)
    near = np.hypot(np.diff(city.lsoa_x[lsoa]), np.diff(city.lsoa_y[lsoa])) < 2_500
    same[1:] = (who[1:] == who[:-1]) & ((practice[1:] == practice[:-1]) | near)
    # Short stays change no doctor.
    brief = homes.end[row] - homes.start[row] < 100
    same[1:] |= (who[1:] == who[:-1]) & brief[1:]
    keep = np.flatnonzero(~same)
    who, practice, start = who[keep], practice[keep], homes.start[row][keep]
    repeat = np.zeros(len(keep), dtype=bool)
    repeat[1:] = (who[1:] == who[:-1]) & (practice[1:] == practice[:-1])
    who, practice, start = who[~repeat], practice[~repeat], start[~repeat]
    moved = np.zeros(len(who), dtype=bool)
    moved[1:] = who[1:] == who[:-1]
    delay = np.where(moved, lags(rng, len(who), 40), np.where(start > HISTORY_START, 20, 0))
    start = start + delay
    stop = np.minimum(p.left[who], p.died[who])
    stop[:-1] = np.where(who[1:] == who[:-1], np.minimum(stop[:-1], start[1:]), stop[:-1])
    ok = (stop > start) & (start <= HISTORY_END)
    made["gp_registrations"] = build(
        "gp_registrations",
        {"person": who[ok], "practice": practice[ok], "start": start[ok], "end": capped(stop[ok])},
    )

    # ---- pregnancies -----------------------------------------------------------------------------
    # Those that end in a birth, be it after the history: what is under way is booked as well.
    twin_second = (p.twin_of >= 0) & (p.twin_of < np.arange(p.n))
    born = np.flatnonzero(
        (p.mother >= 0) & (p.born >= HISTORY_START + 120) & ~twin_second & (p.arrived == p.born)
    )
    mother = np.concatenate([p.mother[born], p.unborn_mother])
    birth = np.concatenate([p.born[born], p.unborn_birth])
    child = np.concatenate([born, np.full(len(p.unborn_mother), NOBODY)])
    inside = p.arrived[mother] <= birth - 250
    mother, birth, child = mother[inside], birth[inside], child[inside]
    parts = [
        (
            mother,
            birth - rng.integers(258, 284, len(birth)),
            birth,
            np.zeros(len(birth), dtype=np.int64),
            child,
        )
    ]
    # Pregnancies that end before birth: by age of the woman.
    woman = np.flatnonzero((p.sex == F) & (p.presence == 0))
    for first, last, rate, steep in (
        (14, 18, 0.0062, 0.55),
        (18, 25, 0.022, 0.3),
        (25, 44, 0.014, 0.15),
    ):
        begin = np.maximum(
            p.born[woman] + int(first * YEAR), np.maximum(p.arrived[woman] + 60, HISTORY_START)
        )
        stop = np.minimum(
            np.minimum(p.left[woman], p.died[woman]),
            np.minimum(p.born[woman] + int(last * YEAR), HISTORY_END),
        )
        pull = np.exp(steep * p.z[woman] + 0.3 * p.v[woman])
        k, when = events(rng, rate * pull, begin, stop)
        if first == 14:
            # Four times as often from the onset of exploitation on.
            more, then = events(rng, 3 * rate * pull, np.maximum(begin, hurt[woman]), stop)
            k, when = np.concatenate([k, more]), np.concatenate([when, then])
        outcome = np.where(rng.random(len(k)) < (0.15 if first == 14 else 0.4), 1, 2)
        parts.append(
            (woman[k], when, when + rng.integers(50, 110, len(k)), outcome, np.full(len(k), NOBODY))
        )
    who, began, ended, outcome, baby = (np.concatenate([x[i] for x in parts]) for i in range(5))
    age = (began - p.born[who]) / YEAR
    booked = (
        began + 45 + lags(rng, len(who), 18) + np.where(age < 18, rng.integers(0, 60, len(who)), 0)
    )
    # Whoever has not been booked by then is first seen on the day on which it ends.
    booked = np.minimum(booked, ended)
    ok = (booked >= HISTORY_START) & (booked <= HISTORY_END)
    ok &= booked < np.minimum(p.left[who], p.died[who])
    order = np.flatnonzero(ok)
    order = order[np.lexsort((who[order], booked[order]))]
    made["pregnancies"] = build(
        "pregnancies",
        {
            "person": who[order],
            "conceived": began[order],
            "booked": booked[order],
            "ended": ended[order],
            "outcome": outcome[order],
            "child": baby[order],
            "recorded": booked[order] + lags(rng, len(order), 2),
        },
    )

    # ---- mental health ------------------------------------------------------------------------
    frail: Reals = rng.gamma(0.7, 1 / 0.7, p.n)
    stop = np.minimum(np.minimum(p.left, p.died), HISTORY_END)
    begin = np.maximum(p.arrived, HISTORY_START)
    adult = p.born + int(18 * YEAR)
    here = p.presence < 2
    young_rate = 0.030 * np.exp(0.25 * p.z + 0.45 * p.v) * frail
    young, d1 = events(
        rng, young_rate * here, np.maximum(begin, p.born + int(7 * YEAR)), np.minimum(stop, adult)
    )
    hit = np.flatnonzero(hurt < HISTORY_END)
    k, d2 = events(
        rng,
        np.full(len(hit), 0.35),
        np.maximum(hurt[hit] + 60, HISTORY_START),
        np.minimum(stop[hit], adult[hit]),
    )
    young, d1 = np.concatenate([young, hit[k]]), np.concatenate([d1, d2])
    grown, d3 = events(
        rng, 0.020 * np.exp(0.4 * p.z + 0.3 * p.v) * frail * here, np.maximum(begin, adult), stop
    )
    k, d4 = events(
        rng,
        np.full(len(life.abuse.who), 0.10),
        np.maximum(life.abuse.start, HISTORY_START),
        np.minimum(life.abuse.end, HISTORY_END),
    )
    grown = np.concatenate([grown, life.abuse.who[k]])
    d3 = np.concatenate([d3, d4])
    who = np.concatenate([young, grown])
    when = np.concatenate([d1, d3])
    child = np.concatenate([np.ones(len(young), bool), np.zeros(len(grown), bool)])
    order = np.lexsort((who, when))
    who, when, child = who[order], when[order], child[order]
    m = len(who)
    accepted = rng.random(m) < np.where(child, 0.66, 0.78)
    seen = when + np.where(child, lags(rng, m, 60), lags(rng, m, 25))
    lasts = seen + 30 + rng.gamma(1.5, 110.0, m).astype(np.int64)
    lasts = np.minimum(lasts, np.maximum(np.minimum(p.left[who], p.died[who]), seen + 1))
    service = np.where(child, 0, 1 + choose(rng, np.array([0.33, 0.17, 0.46, 0.04]), m))
    service = np.where((service == 4) & (p.sex[who] == M), 3, service)
    reason = np.where(
        child,
        choose(rng, np.array([0.36, 0.15, 0.1, 0.01, 0.06, 0.2, 0.08, 0.04]), m),
        choose(rng, np.array([0.58, 0.07, 0.1, 0.08, 0.02, 0.05, 0.0, 0.1]), m),
    )
    made["mental_health"] = build(
        "mental_health",
        {
            "person": who,
            "referred": when,
            "start": np.where(accepted, seen, NEVER),
            "end": np.where(accepted, capped(lasts), NEVER),
            "service": service,
            "reason": reason,
            "n_contacts": np.where(accepted, 1 + rng.poisson(5, m), 0).astype(np.int16),
            "recorded": when + lags(rng, m, 4),
        },
    )

    # ---- drugs and alcohol ------------------------------------------------------------------
    bent: Reals = rng.gamma(0.35, 1 / 0.35, p.n)
    using: Reals = 0.0034 * np.exp(0.6 * p.z + 0.4 * p.v) * bent * here
    using = using * np.where(p.sex == M, 1.3, 0.7)
    w1, d1 = events(rng, using, np.maximum(begin, adult), np.minimum(stop, p.born + int(68 * YEAR)))
    youth = 0.0011 * np.exp(0.3 * p.z + 0.7 * p.v) * here
    w2, d2 = events(rng, youth, np.maximum(begin, p.born + int(13 * YEAR)), np.minimum(stop, adult))
    k, d3 = events(
        rng,
        np.full(len(hit), 0.10),
        np.maximum(hurt[hit] + 90, HISTORY_START),
        np.minimum(stop[hit], adult[hit]),
    )
    who = np.concatenate([w1, w2, hit[k]])
    when = np.concatenate([d1, d2, d3])
    order = np.lexsort((who, when))
    who, when = who[order], when[order]
    m = len(who)
    young_ = when < adult[who]
    substance = np.where(
        young_,
        choose(rng, np.array([0.12, 0.8, 0.0, 0.0, 0.0, 0.08]), m),
        choose(rng, np.array([0.34, 0.12, 0.28, 0.06, 0.14, 0.06]), m),
    )
    ends = when + 30 + rng.gamma(1.2, np.where(substance >= 2, 300.0, 120.0)).astype(np.int64)
    ends = np.minimum(ends, np.maximum(np.minimum(p.left[who], p.died[who]), when + 1))
    shut = capped(ends)
    made["substance_treatment"] = build(
        "substance_treatment",
        {
            "person": who,
            "start": when,
            "end": shut,
            "substance": substance,
            "outcome": np.where(shut == NEVER, 0, 1 + choose(rng, np.array([0.47, 0.38, 0.15]), m)),
            "recorded": when + lags(rng, m, 5),
        },
    )
    return made


def own_family(p: People, life: Lives) -> Ints:
    """Home (family) of each child at its fifth birthday or when it came; -1 if none."""
    child = life.child
    when = np.maximum(np.maximum(p.born[child] + 5 * 365, p.arrived[child]), HISTORY_START)
    when = np.minimum(when, np.minimum(p.left[child], HISTORY_END + 1) - 1)
    return lookup(p.stay_person, p.stay_start, p.stay_end, p.stay_home, child, when)
