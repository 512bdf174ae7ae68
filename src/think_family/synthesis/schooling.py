"""Schools: who goes where, with whom as friends; attendance, exclusions, needs and destinations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from think_family.synthesis.dice import (
    YEAR,
    Flags,
    Ints,
    Reals,
    choose,
    events,
    first_days,
    lags,
    lookup,
    merge,
    pick,
)
from think_family.synthesis.lives import Lives, Spells
from think_family.synthesis.names import place_names
from think_family.synthesis.places import Places, Residences
from think_family.synthesis.population import M, People
from think_family.synthesis.world import HISTORY_END, HISTORY_START, NEVER, build, day

PRIMARY, SECONDARY, PRU, SPECIAL, COLLEGE = range(5)
ON_ROLL, PHASE_END, MOVED_HOME, TRANSFERRED, EXCLUDED, LEFT_CITY, TAKEN_OFF = range(7)


def september_1(year: Ints) -> Ints:
    """Day number of 1 September of each calendar year."""
    months = (year - 1970).astype("datetime64[Y]").astype("datetime64[M]") + 8
    found: Ints = months.astype("datetime64[D]").astype(np.int64)
    return found


def reception_year(born: Ints) -> Ints:
    """Calendar year in whose September a child starts school (the school year of turning five)."""
    dates = born.astype("datetime64[D]")
    year = dates.astype("datetime64[Y]").astype(np.int64) + 1970
    month = dates.astype("datetime64[M]").astype(np.int64) % 12 + 1
    found: Ints = np.where(month >= 9, year + 5, year + 4)
    return found


@dataclass
class Schooling:
    """Enrolments and friendships, as numpy columns."""

    phase: Ints  # of each school
    area: Ints
    address: Ints
    person: Ints
    school: Ints
    start: Ints
    end: Ints
    reason: Ints
    cohort: Ints  # reception year of the pupil
    excluded_person: Ints  # permanent exclusions
    excluded_school: Ints
    excluded_day: Ints
    plan: Flags  # education, health and care plan, by position in `Lives.child`
    support: Flags  # special-needs support
    need: Ints
    friend_a: Ints
    friend_b: Ints
    friend_start: Ints
    friend_end: Ints
    friend_setting: Ints


def schooling(
    rng: np.random.Generator, p: People, city: Places, life: Lives, homes: Residences
) -> Schooling:
    """Enrol every child of the history and let friendships form."""
    phase = city.school_phase
    address = city.school_address
    area = city.area()[address]
    sx, sy = city.lsoa_x[city.lsoa[address]], city.lsoa_y[city.lsoa[address]]
    child = life.child
    n = len(child)
    cohort = reception_year(p.born[child])
    v, z = p.v[child], p.z[child]
    boy = p.sex[child] == M
    plan = rng.random(n) < 0.042 * np.exp(0.25 * v + 0.15 * z + 0.45 * boy)
    support = ~plan & (rng.random(n) < 0.105 * np.exp(0.3 * v + 0.25 * z + 0.2 * boy))
    need = choose(rng, np.array([0.24, 0.14, 0.22, 0.2, 0.1, 0.04, 0.02, 0.04]), n)
    special = plan & (rng.random(n) < 0.36)

    rows: list[tuple[Ints, Ints, Ints, Ints, Ints]] = []  # child position, school, start, end, why
    # In-year moves between schools, the same for all phases.
    mover, move_day = events(
        rng, 0.022 * np.exp(0.3 * z), np.full(n, HISTORY_START), np.full(n, HISTORY_END)
    )
    moved_home, home_day = _long_moves(p, city, homes, life)
    take = rng.random(len(moved_home)) < 0.4
    mover = np.concatenate([mover, moved_home[take]])
    move_day = np.concatenate([move_day, home_day[take]])
    move_why = np.concatenate(
        [np.full(len(mover) - take.sum(), TRANSFERRED), np.full(int(take.sum()), MOVED_HOME)]
    )
    for kind, first, last in ((PRIMARY, 0, 7), (SECONDARY, 7, 12), (COLLEGE, 12, 14)):
        start = september_1(cohort + first) + 2
        stop = september_1(cohort + last) - 42
        begin = np.maximum(start, p.arrived[child])
        finish = np.minimum(np.minimum(stop, p.left[child]), p.died[child])
        goes = (finish > begin) & (finish > HISTORY_START) & (begin < HISTORY_END)
        if kind == COLLEGE:
            goes &= (begin >= HISTORY_START - 800) & (rng.random(n) < 0.86)
        who = np.flatnonzero(goes)
        kinds = np.where(special[who], SPECIAL, kind)
        when = np.maximum(begin[who], HISTORY_START - 60)
        place = _nearest(rng, p, city, homes, child[who], when, kinds, phase, area, sx, sy)
        # Moves within the span: at most one a phase.
        inside = np.full(n, NEVER, dtype=np.int64)
        why = np.full(n, TRANSFERRED, dtype=np.int64)
        good = (move_day > begin[mover] + 60) & (move_day < finish[mover] - 60) & goes[mover]
        inside[mover[good]] = move_day[good]
        why[mover[good]] = move_why[good]
        cut = inside[who]
        ends = np.minimum(finish[who], cut)
        reason = np.where(
            cut < finish[who],
            why[who],
            np.where(
                finish[who] > HISTORY_END,
                ON_ROLL,
                np.where(finish[who] < stop[who], LEFT_CITY, PHASE_END),
            ),
        )
        rows.append((who, place, begin[who], ends, reason))
        again = np.flatnonzero(cut < finish[who])
        second = who[again]
        place2 = _nearest(
            rng,
            p,
            city,
            homes,
            child[second],
            cut[again] + 30,
            kinds[again],
            phase,
            area,
            sx,
            sy,
            not_at=place[again],
        )
        reason2 = np.where(
            finish[second] > HISTORY_END,
            ON_ROLL,
            np.where(finish[second] < stop[second], LEFT_CITY, PHASE_END),
        )
        rows.append(
            (second, place2, np.minimum(cut[again] + 5, finish[second]), finish[second], reason2)
        )
    who, school, start, end, reason = (np.concatenate([r[i] for r in rows]) for i in range(5))

    # Permanent exclusions, mostly of pupils adrift; then the pupil referral unit.
    drift_rows = life.position[life.drift.who]
    rate = 0.027 * np.exp(0.4 * v[drift_rows]) * np.where(boy[drift_rows], 1.5, 0.6)
    k, out_day = events(rng, rate, life.drift.start, life.drift.end)
    out = drift_rows[k]
    out, first_at = np.unique(out, return_index=True)
    out_day = out_day[first_at]
    row = _row_at(who, start, end, out, out_day)
    ok = (row >= 0) & (out_day >= HISTORY_START) & (out_day < HISTORY_END)
    ok &= phase[school[np.maximum(row, 0)]] == SECONDARY
    out, out_day, row = out[ok], out_day[ok], row[ok]
    excluded_school = school[row]
    finish = september_1(cohort[out] + 12) - 42
    finish = np.minimum(np.minimum(finish, p.left[child[out]]), p.died[child[out]])
    # What came later in the phase never happens.
    banned = np.full(n, NEVER, dtype=np.int64)
    banned[out] = out_day
    until = np.zeros(n, dtype=np.int64)
    until[out] = finish
    void = (start > banned[who]) & (start < until[who])
    end[row] = out_day
    reason[row] = EXCLUDED
    units = [np.flatnonzero((phase == PRU) & (area == a)) for a in (0, 1)]
    pru = np.zeros(len(out), dtype=np.int64)
    for a in (0, 1):
        mine = np.flatnonzero(area[excluded_school] == a)
        pru[mine] = units[a][rng.integers(0, len(units[a]), len(mine))]
    begins = out_day + 8 + lags(rng, len(out), 10, 0.7)
    good = begins < finish - 5
    who = np.concatenate([who[~void], out[good]])
    school = np.concatenate([school[~void], pru[good]])
    start = np.concatenate([start[~void], begins[good]])
    end = np.concatenate([end[~void], finish[good]])
    reason = np.concatenate(
        [reason[~void], np.where(finish[good] > HISTORY_END, ON_ROLL, PHASE_END)]
    )
    fine = (end > start) & (end > HISTORY_START) & (start <= HISTORY_END)
    order = np.flatnonzero(fine)
    order = order[np.lexsort((start[order], who[order]))]
    who, school, start, end = who[order], school[order], start[order], end[order]
    reason = reason[order]
    end = np.where(end > HISTORY_END, NEVER, end)

    made = Schooling(
        phase=phase,
        area=area,
        address=address,
        person=child[who],
        school=school,
        start=start,
        end=end,
        reason=reason,
        cohort=cohort[who],
        excluded_person=child[out],
        excluded_school=excluded_school,
        excluded_day=out_day,
        plan=plan,
        support=support,
        need=need,
        friend_a=who[:0],
        friend_b=who[:0],
        friend_start=who[:0],
        friend_end=who[:0],
        friend_setting=who[:0],
    )
    _befriend(rng, p, city, life, homes, made)
    return made


def _long_moves(p: People, city: Places, homes: Residences, life: Lives) -> tuple[Ints, Ints]:
    """Find moves of a child over more than four kilometres: positions and days."""
    same = homes.person[1:] == homes.person[:-1]
    a, b = homes.address[:-1], homes.address[1:]
    known = same & (a >= 0) & (b >= 0)
    la, lb = city.lsoa[np.maximum(a, 0)], city.lsoa[np.maximum(b, 0)]
    far = np.hypot(city.lsoa_x[la] - city.lsoa_x[lb], city.lsoa_y[la] - city.lsoa_y[lb]) > 4_000
    row = np.flatnonzero(known & far) + 1
    where = life.position[homes.person[row]]
    row, where = row[where >= 0], where[where >= 0]
    return where, homes.start[row]


def _nearest(
    rng: np.random.Generator,
    p: People,
    city: Places,
    homes: Residences,
    person: Ints,
    when: Ints,
    kinds: Ints,
    phase: Ints,
    area: Ints,
    sx: Ints,
    sy: Ints,
    not_at: Ints | None = None,
) -> Ints:
    """Choose a school of the wanted kind near home; the nearest is usual, not certain."""
    home = lookup(homes.person, homes.start, homes.end, homes.address, person, when)
    lsoa = np.where(home >= 0, city.lsoa[np.maximum(home, 0)], -1)
    lost = np.flatnonzero(lsoa < 0)
    ward_area = city.ward_area[city.lsoa_ward]
    for a in (0, 1):
        mine = lost[p.area[person[lost]] == a]
        pool = np.flatnonzero(ward_area == a)
        lsoa[mine] = pool[rng.integers(0, len(pool), len(mine))]
    lsoa = np.maximum(lsoa, 0)
    at_area = ward_area[lsoa]
    found = np.zeros(len(person), dtype=np.int64)
    for kind in range(5):
        for a in (0, 1):
            mine = np.flatnonzero((kinds == kind) & (at_area == a))
            pool = np.flatnonzero((phase == kind) & (area == a))
            if not len(mine):
                continue
            distance = np.hypot(
                city.lsoa_x[lsoa[mine]][:, None] - sx[pool][None, :],
                city.lsoa_y[lsoa[mine]][:, None] - sy[pool][None, :],
            ).astype(np.float32)
            spread = 0.45 if kind == PRIMARY else 0.6
            distance = (distance + 250) * np.exp(
                spread * rng.standard_normal(distance.shape, dtype=np.float32)
            )
            if not_at is not None and len(pool) > 1:
                distance[pool[None, :] == not_at[mine][:, None]] = np.inf
            found[mine] = pool[np.argmin(distance, axis=1)]
    return found


def _row_at(who: Ints, start: Ints, end: Ints, subject: Ints, when: Ints) -> Ints:
    """Row of the spell that holds for each subject on a day, or -1."""
    return lookup(who, start, end, np.arange(len(who)), subject, when)


def _befriend(
    rng: np.random.Generator,
    p: People,
    city: Places,
    life: Lives,
    homes: Residences,
    s: Schooling,
) -> None:
    """Friendships within a school year, a neighbourhood and a placement, of like with like."""
    parts: list[tuple[Ints, Ints, Ints, Ints, int]] = []
    here = lookup(
        homes.person,
        homes.start,
        homes.end,
        homes.address,
        s.person,
        np.maximum(s.start, HISTORY_START),
    )
    lsoa = np.where(here >= 0, city.lsoa[np.maximum(here, 0)], 0)
    group = s.school * 64 + (s.cohort - 2000)
    group = np.where(s.phase[s.school] >= PRU, s.school * 64, group)
    likeness = 0.55 * p.v[s.person] + 0.35 * p.z[s.person]
    end = np.where(s.end == NEVER, HISTORY_END + 400, s.end)
    for turn in range(3):
        key = (
            likeness
            + 0.25 * rng.standard_normal(len(group))
            + (1.2 if turn < 2 else 0.2) * (p.sex[s.person] - 0.5)
            + (lsoa % 17) * (0.0, 0.12, 0.06)[turn]
        )
        order = np.lexsort((key, group))
        for step in (1, 2):
            a, b = order[:-step], order[step:]
            together = (group[a] == group[b]) & (s.person[a] != s.person[b])
            together &= rng.random(len(a)) < (0.62, 0.5)[step - 1]
            a, b = a[together], b[together]
            begin = np.maximum(s.start[a], s.start[b]) + 20
            close = np.minimum(end[a], end[b])
            begin += (rng.random(len(a)) ** 2 * np.maximum(close - begin, 0) * 0.8).astype(np.int64)
            lasts = begin + 120 + (rng.exponential(2.6, len(a)) * YEAR).astype(np.int64)
            good = begin < close
            parts.append((s.person[a][good], s.person[b][good], begin[good], lasts[good], 0))
    # The neighbourhood: children of one small area, near in age.
    child = life.child
    mid = np.minimum(life.end - 1, np.maximum(p.born[child] + int(12 * YEAR), life.start))
    here = lookup(homes.person, homes.start, homes.end, homes.address, child, mid)
    inside = np.flatnonzero((here >= 0) & (p.born[child] < HISTORY_END - 9 * YEAR))
    place = city.lsoa[here[inside]]
    key = p.born[child[inside]] / YEAR + 0.5 * p.v[child[inside]] + rng.standard_normal(len(inside))
    order = inside[np.lexsort((key, place))]
    places_of = city.lsoa[here[order]]
    for step in (1, 2):
        a, b = order[:-step], order[step:]
        near = (places_of[:-step] == places_of[step:]) & (
            np.abs(p.born[child[a]] - p.born[child[b]]) < 2.5 * YEAR
        )
        near &= rng.random(len(a)) < 0.28
        a, b = child[a[near]], child[b[near]]
        begin = np.maximum(p.born[a], p.born[b]) + ((9 + 4 * rng.random(len(a))) * YEAR).astype(
            np.int64
        )
        begin = np.maximum(begin, np.maximum(p.arrived[a], p.arrived[b]))
        lasts = begin + 200 + (rng.exponential(3.0, len(a)) * YEAR).astype(np.int64)
        parts.append((a, b, begin, lasts, 1))
    # Placements: those who live in one children's home at a time.
    rows = np.flatnonzero((life.placement_kind >= 2) & (life.placement_address >= 0))
    rows = rows[np.lexsort((life.placement_start[rows], life.placement_address[rows]))]
    for step in (1, 2, 3):
        a, b = rows[:-step], rows[step:]
        same = life.placement_address[a] == life.placement_address[b]
        begin = life.placement_start[b]
        same &= begin < life.placement_end[a]
        same &= life.placement_child[a] != life.placement_child[b]
        a, b, begin = a[same], b[same], begin[same]
        lasts = begin + 100 + (rng.exponential(1.0, len(a)) * YEAR).astype(np.int64)
        parts.append((life.placement_child[a], life.placement_child[b], begin + 10, lasts, 2))
    a, b, begin, lasts = (np.concatenate([x[i] for x in parts]) for i in range(4))
    setting = np.concatenate([np.full(len(x[0]), x[4]) for x in parts])
    low, high = np.minimum(a, b), np.maximum(a, b)
    gone = np.minimum(np.minimum(p.left[a], p.left[b]), np.minimum(p.died[a], p.died[b]))
    lasts = np.minimum(lasts, gone)
    keep = (lasts > begin) & (lasts > HISTORY_START - 730) & (begin <= HISTORY_END) & (low != high)
    low, high, begin, lasts, setting = (x[keep] for x in (low, high, begin, lasts, setting))
    order = np.lexsort((begin, high, low))
    first = np.ones(len(order), dtype=bool)
    lo, hi = low[order], high[order]
    first[1:] = (lo[1:] != lo[:-1]) | (hi[1:] != hi[:-1])
    keep_rows = order[first]
    s.friend_a, s.friend_b = low[keep_rows], high[keep_rows]
    s.friend_start = begin[keep_rows]
    s.friend_end = np.where(lasts[keep_rows] > HISTORY_END, NEVER, lasts[keep_rows])
    s.friend_setting = setting[keep_rows]


# Half-terms of a school year: month and day of the first day, and length in sessions.
HALF_TERMS = ((9, 3, 72), (11, 1, 70), (1, 4, 60), (2, 21, 58), (4, 15, 54), (6, 3, 66))


def half_term_days(year: int) -> list[tuple[int, int, int]]:
    """First and last day and number of sessions of each half-term of a school year."""
    found = []
    for month, first, sessions in HALF_TERMS:
        begin = day(f"{year if month >= 9 else year + 1}-{month:02d}-{first:02d}")
        found.append((begin, begin + sessions * 7 // 10, sessions))
    return found


def attendance(
    rng: np.random.Generator, p: People, life: Lives, s: Schooling, trouble: Spells
) -> pd.DataFrame:
    """Attendance per pupil and half-term.

    `trouble` are spells (by person) in which exploitation keeps a child from school, as drifting
    does.
    The likelihood of absence: health and family first, drift and harm most of all.
    """
    child = life.child
    n = len(child)
    z, v = p.z[child], p.v[child]
    frail = rng.standard_normal(n)
    depth = rng.exponential(1.0, n)  # how far a child who drifts stays away
    parts: list[dict[str, Ints]] = []
    position = life.position[s.person]
    compulsory = s.phase[s.school] != COLLEGE
    for year in range(2018, 2025):
        # Illness and restrictions from 2020 on; rates of absence have not gone back since.
        climate = {2018: -0.35, 2019: -0.3, 2020: -0.05, 2021: 0.15, 2022: 0.12, 2023: 0.05}.get(
            year, 0.0
        )
        bad_year = 0.55 * rng.standard_normal(n)
        for term, (begin, finish, sessions) in enumerate(half_term_days(year), start=1):
            if year == 2019 and term >= 5:  # schools were closed to most
                continue
            middle = (begin + finish) // 2
            row = np.flatnonzero((s.start <= middle) & (s.end > middle) & compulsory)
            at = position[row]
            adrift = life.drift.on(p.n, middle)[s.person[row]]
            hurt = trouble.on(p.n, middle)[s.person[row]]
            age = (middle - p.born[s.person[row]]) / YEAR
            score = (
                -3.18
                + climate
                + 0.27 * z[at]
                + 0.38 * frail[at]
                + 0.9 * (frail[at] > 2.0)
                + 0.10 * v[at]
                + bad_year[at]
                + 0.045 * np.maximum(age - 11, 0)
                + 0.35 * s.plan[at]
                + 0.15 * s.support[at]
                + adrift * (0.95 + 1.25 * depth[at])
                + 1.8 * hurt
                + 0.35 * rng.standard_normal(len(row))
                + 0.5 * (s.phase[s.school[row]] == PRU)
            )
            rate = 1 / (1 + np.exp(-score))
            # Whoever comes or goes in mid-term could attend in that part alone.
            held = np.minimum(s.end[row], finish) - np.maximum(s.start[row], begin)
            possible = sessions * held // (finish - begin) - 2 * rng.integers(0, 2, len(row))
            possible = np.maximum(possible, 2)
            missed = rng.binomial(possible, rate)
            share = 1 / (
                1 + np.exp(1.35 - 0.45 * z[at] - 1.1 * adrift - 1.2 * hurt - 0.06 * (age - 10))
            )
            unauthorised = rng.binomial(missed, share)
            parts.append(
                {
                    "person": s.person[row].astype(np.int32),
                    "school": s.school[row].astype(np.int32),
                    "year": np.full(len(row), year, dtype=np.int16),
                    "half_term": np.full(len(row), term, dtype=np.int8),
                    "possible": possible.astype(np.int16),
                    "authorised": (missed - unauthorised).astype(np.int16),
                    "unauthorised": unauthorised.astype(np.int16),
                }
            )
    return build("attendance", {key: np.concatenate([x[key] for x in parts]) for key in parts[0]})


_REASONS = {
    "disruptive": 0.44,
    "assault_pupil": 0.17,
    "assault_adult": 0.06,
    "threat_adult": 0.15,
    "threat_pupil": 0.04,
    "drugs_alcohol": 0.04,
    "weapon": 0.015,
    "damage": 0.02,
    "theft": 0.01,
    "sexual_misconduct": 0.01,
    "bullying": 0.015,
    "other": 0.03,
}


def exclusions(
    rng: np.random.Generator, p: People, life: Lives, s: Schooling, trouble: Spells
) -> pd.DataFrame:
    """Suspensions (few pupils have most of them) and permanent exclusions."""
    v = p.v[s.person]
    z = p.z[s.person]
    boy = p.sex[s.person] == M
    at = life.position[s.person]
    secondary = np.isin(s.phase[s.school], (SECONDARY, PRU))
    base = np.where(secondary, 0.075, 0.012) * np.where(s.phase[s.school] == COLLEGE, 0.0, 1.0)
    base *= np.where(s.phase[s.school] == PRU, 3.0, 1.0)
    calm = base * np.exp(0.55 * v + 0.4 * z + np.where(boy, 0.3, -0.3) + 0.7 * s.support[at])
    calm *= rng.gamma(0.7, 1 / 0.7, len(calm))
    begin = np.maximum(s.start, HISTORY_START)
    finish = np.minimum(s.end, HISTORY_END + 1)
    who, when = events(rng, calm, begin, finish)
    extra: list[tuple[Ints, Ints]] = [(who, when)]
    for spells, rate in ((life.drift, 2.9), (trouble, 1.6)):
        ok = life.position[spells.who] >= 0
        k, d = events(
            rng,
            np.full(int(ok.sum()), rate) * rng.gamma(0.8, 1 / 0.8, int(ok.sum())),
            np.maximum(spells.start[ok], HISTORY_START),
            np.minimum(spells.end[ok], HISTORY_END + 1),
        )
        row = lookup(s.person, s.start, s.end, np.arange(len(s.person)), spells.who[ok][k], d)
        good = (row >= 0) & (s.phase[s.school[np.maximum(row, 0)]] != COLLEGE)
        extra.append((row[good], d[good]))
    who = np.concatenate([e[0] for e in extra])
    when = np.concatenate([e[1] for e in extra])
    dates = when.astype("datetime64[D]")
    weekday = (when + 3) % 7 < 5
    month = dates.astype("datetime64[M]").astype(np.int64) % 12 + 1
    open_day = weekday & (month != 8) & ~((month == 3) & (dates < np.datetime64("2019-01-01")))
    closed = (dates >= np.datetime64("2020-03-23")) & (dates < np.datetime64("2020-09-01"))
    who, when = who[open_day & ~closed], when[open_day & ~closed]
    n, n_out = len(who), len(s.excluded_person)
    sessions = 1 + rng.geometric(0.32, n)
    order = np.argsort(np.concatenate([when, s.excluded_day]), kind="stable")
    days = np.concatenate([when, s.excluded_day])
    return build(
        "exclusions",
        {
            "person": np.concatenate([s.person[who], s.excluded_person])[order],
            "school": np.concatenate([s.school[who], s.excluded_school])[order],
            "day": days[order],
            "kind": np.concatenate([np.zeros(n, np.int64), np.ones(n_out, np.int64)])[order],
            "sessions": np.concatenate([np.minimum(sessions, 30), np.zeros(n_out, np.int64)])[
                order
            ].astype(np.int16),
            "reason": pick(rng, n + n_out, **_REASONS),
            "recorded": days[order] + lags(rng, n + n_out, 4),
        },
    )


def other_tables(
    rng: np.random.Generator, p: People, city: Places, life: Lives, s: Schooling, trouble: Spells
) -> dict[str, pd.DataFrame]:
    """Schools, enrolments, friendships, special needs, missing education and destinations.

    Children who miss education are taken off the roll in `s`, which is changed.
    """
    made: dict[str, pd.DataFrame] = {}
    words = ("Primary School", "Academy", "Learning Centre", "School", "College")
    stems = place_names(rng, len(s.phase), set())
    made["schools"] = build(
        "schools",
        {
            "urn": 900_000 + rng.permutation(len(s.phase)).astype(np.int32) * 7,
            "name": np.array(
                [f"{stem} {words[k]}" for stem, k in zip(stems, s.phase.tolist(), strict=True)],
                dtype=object,
            ),
            "phase": s.phase,
            "area": s.area.astype(np.int8),
            "address": s.address,
        },
    )
    made["missing_education"] = _missing_education(rng, p, life, s)
    made["enrolments"] = build(
        "enrolments",
        {
            "person": s.person,
            "school": s.school,
            "start": s.start,
            "end": s.end,
            "reason": np.where(s.end == NEVER, ON_ROLL, s.reason),
        },
    )
    made["friendships"] = build(
        "friendships",
        {
            "a": s.friend_a,
            "b": s.friend_b,
            "start": s.friend_start,
            "end": s.friend_end,
            "setting": s.friend_setting,
        },
    )
    child = life.child
    at = np.flatnonzero((s.plan | s.support) & np.isin(child, s.person))
    age = 4.5 + 6 * rng.random(len(at))
    begin = np.maximum(p.born[child[at]] + (age * YEAR).astype(np.int64), p.arrived[child[at]])
    stop = np.minimum(p.left[child[at]], p.born[child[at]] + int(18.5 * YEAR))
    stop = np.where(
        s.support[at] & (rng.random(len(at)) < 0.35), np.minimum(stop, begin + 900), stop
    )
    ok = (stop > np.maximum(begin, HISTORY_START)) & (begin < HISTORY_END)
    at, begin, stop = at[ok], begin[ok], stop[ok]
    made["special_needs"] = build(
        "special_needs",
        {
            "person": child[at],
            "start": begin,
            "end": np.where(stop > HISTORY_END, NEVER, stop),
            "provision": np.where(s.plan[at], 1, 0),
            "need": s.need[at],
            "recorded": begin + lags(rng, len(at), 10),
        },
    )
    made["destinations"] = _destinations(rng, p, life, trouble)
    return made


def _missing_education(
    rng: np.random.Generator, p: People, life: Lives, s: Schooling
) -> pd.DataFrame:
    """Children missing education: gaps between schools, and pupils who vanish from the roll.

    Nobody is on a roll in the meantime: enrolments that it falls into are cut, in `s`.
    """
    gap = np.flatnonzero(np.isin(s.reason, (MOVED_HOME, TRANSFERRED, EXCLUDED)) & (s.end < NEVER))
    gap = gap[rng.random(len(gap)) < 0.3]
    spell = np.flatnonzero(life.drift.start >= HISTORY_START)
    spell = spell[rng.random(len(spell)) < 0.05]
    who: Ints = np.concatenate([s.person[gap], life.drift.who[spell]])
    start = np.concatenate([s.end[gap] + 1, life.drift.start[spell] + 40])
    length = 20 + rng.gamma(1.3, 50.0, len(who)).astype(np.int64)
    until = np.minimum(p.left[who], p.born[who] + int(16.8 * YEAR))
    stop = np.minimum(start + length, until)
    ok = (stop > start) & (start >= HISTORY_START) & (start < HISTORY_END)
    who, start, stop = merge(who[ok], start[ok], stop[ok])
    _take_off_roll(s, who, start, stop)
    return build(
        "missing_education",
        {
            "person": who,
            "start": start,
            "end": np.where(stop > HISTORY_END, NEVER, stop),
            "reason": pick(
                rng,
                len(who),
                moved_away=0.25,
                not_found=0.2,
                awaiting_place=0.35,
                withdrawn=0.1,
                other=0.1,
            ),
            "recorded": start + lags(rng, len(who), 9),
        },
    )


def _take_off_roll(s: Schooling, who: Ints, start: Ints, stop: Ints) -> None:
    """Cut out of every enrolment the spells of its pupil, which do not overlap and are sorted."""
    if not len(who):
        return
    wide = np.int64(1) << 21
    ends = who * wide + stop
    row, begin = np.arange(len(s.person)), s.start.copy()
    kept: list[tuple[Ints, Ints, Ints, Ints]] = []
    while len(row):
        at = np.searchsorted(ends, s.person[row] * wide + begin, side="right")
        spell = np.minimum(at, len(who) - 1)
        cut = (at < len(who)) & (who[spell] == s.person[row]) & (start[spell] < s.end[row])
        close = np.where(cut, np.minimum(start[spell], s.end[row]), s.end[row])
        kept.append((row, begin, close, np.where(cut, TAKEN_OFF, s.reason[row])))
        # What is left after the spell may meet another one.
        row, begin = row[cut], stop[spell[cut]]
    row, begin, close, reason = (np.concatenate([part[i] for part in kept]) for i in range(4))
    order = np.flatnonzero((begin < close) & (begin <= HISTORY_END))
    order = order[np.lexsort((begin[order], s.person[row[order]]))]
    row = row[order]
    s.person, s.school, s.cohort = s.person[row], s.school[row], s.cohort[row]
    s.start, s.end, s.reason = begin[order], close[order], reason[order]


def _destinations(
    rng: np.random.Generator, p: People, life: Lives, trouble: Spells
) -> pd.DataFrame:
    """Activity of academic age 16 and 17, one or more spells each."""
    child = life.child
    begin = september_1(reception_year(p.born[child]) + 12)
    finish = september_1(reception_year(p.born[child]) + 14)
    start = np.maximum(begin, p.arrived[child])
    stop = np.minimum(np.minimum(finish, p.left[child]), p.died[child])
    ok = (stop > start + 20) & (stop > HISTORY_START) & (begin < HISTORY_END - 20)
    at = np.flatnonzero(ok)
    start, stop = start[at], stop[at]
    who = child[at]
    late = life.drift.end > (p.born[life.drift.who] + int(14.5 * YEAR))
    drifted = first_days(p.n, life.drift.who[late], life.drift.start[late])[who]
    hurt = first_days(p.n, trouble.who, trouble.start)[who]
    late = life.care.end > p.born[life.care.who] + int(14 * YEAR)
    cared = first_days(p.n, life.care.who[late], life.care.start[late])[who]

    def risk_on(day: Ints) -> Reals:
        score = (
            -4.2
            + 0.40 * p.z[who]
            + 0.35 * p.v[who]
            + 1.6 * (drifted < day)
            + 0.9 * (hurt < day)
            + 0.7 * (cared < day)
        )
        return np.asarray(1 / (1 + np.exp(-score)), dtype=np.float64)

    risk = risk_on(start)
    first_neet = rng.random(len(who)) < risk * 0.75
    other = choose(rng, np.array([0.905, 0.055, 0.04]), len(who))  # education, apprentice, work
    unknown = rng.random(len(who)) < 0.010 + 0.02 * risk
    status = np.where(first_neet, 3, np.where(unknown, 4, other))
    # A change on the way: into NEET, or out of it.
    when = start + (rng.uniform(0.2, 0.9, len(who)) * (stop - start)).astype(np.int64)
    changes = rng.random(len(who)) < np.where(first_neet, 0.6, 0.06 + risk_on(when) * 0.5)
    second = np.where(first_neet, np.where(rng.random(len(who)) < 0.6, 0, 2), 3)
    k = np.flatnonzero(changes)
    person = np.concatenate([who, who[k]])
    begins = np.concatenate([start, when[k]])
    ends = np.concatenate([np.where(changes, when, stop), stop[k]])
    state = np.concatenate([status, second[k]])
    good = (ends > np.maximum(begins, HISTORY_START)) & (begins <= HISTORY_END)
    order = np.flatnonzero(good)
    order = order[np.lexsort((begins[order], person[order]))]
    ends = np.where(ends > HISTORY_END, NEVER, ends)
    return build(
        "destinations",
        {
            "person": person[order],
            "start": begins[order],
            "end": ends[order],
            "status": state[order],
            "recorded": begins[order] + lags(rng, len(order), 28),
        },
    )
