"""Exploitation of children: onset, groups, places, referral, entry into service, true risk.

Onset of harm k (``cse``, or ``ce``: criminal exploitation) of child i has a hazard per month::

    h = base_k * prevalence * age_k(a) * sex_k
        * exp(z_k z + v_k v + C_k care + D_k abuse at home + S_k drifting from school + F_k friend)

where friend is whether any present friend is harmed in the same way. Thirty days after onset the
harm may end (rate `END`), and the child may be referred: with rate rho to a referral, of which a
share q is accepted; rho and q depend on how visible the harm is. Service starts 18 to 75 days
after an accepted referral, and must be referred before the eighteenth birthday. Children who are
not harmed are referred in error with a hazard of the same form without v.

`true_risk` is P(first start of service in (T, T + 365 days] | latent state at T): the same hazards,
integrated forward month by month. The latent state is z, v, sex, birth date, the chains C, D and S
on the day, friends and their harm, onset, visibility and pending referral. Chains move forward by
their own transition rates in expectation (they are independent given z and v, so the mean of the
product is the product of the means); friends' future onset enters to first order. Leaving the city
(about 1 % a year) is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from think_family.synthesis.dice import YEAR, Flags, Ints, Reals, choose, events, ranges
from think_family.synthesis.lives import (
    ABUSE_OFF,
    BURN_IN,
    CARE_OFF,
    DRIFT_OFF,
    MONTH,
    N_MONTHS,
    TAKEN_IN,
    Lives,
    abuse_on,
    care_on_family,
    care_on_teen,
    drift_on,
    months,
)
from think_family.synthesis.places import KIND, Places, Residences
from think_family.synthesis.population import F, M, People
from think_family.synthesis.schooling import Schooling
from think_family.synthesis.world import (
    HISTORY_END,
    HISTORY_START,
    HOLD_OUT_DAYS,
    NEVER,
    NOBODY,
    build,
)

KINDS = ("cse", "ce")
VISIBLE, QUIET, UNSEEN = 0, 1, 2


@dataclass(frozen=True)
class Hazard:
    """Coefficients of the onset of one harm (log scale, but `base` per month and `other_sex`)."""

    base: float
    mistaken: float  # base of referral in error
    peak: float  # age of greatest hazard
    width: float
    youngest: float
    sex: int
    other_sex: float
    z: float
    v: float
    care: float
    abuse: float
    drift: float
    friend: float


HAZARDS = {
    "cse": Hazard(1.9e-4, 6.0e-5, 14.7, 1.9, 9.5, F, 0.31, 0.35, 0.9, 1.6, 0.6, 1.2, 1.7),
    "ce": Hazard(2.15e-4, 7.5e-5, 15.4, 1.7, 10.0, M, 0.20, 0.40, 0.8, 1.2, 0.4, 1.5, 1.7),
}
SHARES = np.array([0.52, 0.34, 0.14])  # visible, quiet, unseen
REFERRED = np.array([0.16, 0.07, 0.035])  # per month, from 30 days after onset
ACCEPTED = np.array([0.72, 0.62, 0.60])
ACCEPTED_IN_ERROR = 0.30
END = 0.028  # per month
QUIET_DAYS = 30
WAIT = (18, 76)  # days from referral to start of service, uniform
FRIEND_FADES = 0.06  # per month: the friend's harm or the friendship ends


@dataclass
class Harm:
    """Victims and referrals of one kind; children are positions in `Lives.child`."""

    kind: str
    victim: Ints
    onset: Ints
    end: Ints
    visibility: Ints
    group: Ints
    # all referrals, by day
    referred_child: Ints
    referred: Ints
    accepted: Flags
    started: Ints  # NEVER unless accepted
    truly: Flags
    entry: Flags
    first_start: Ints  # by position, NEVER if none


def age_curve(h: Hazard, age: Reals) -> Reals:
    """Relative hazard at an age."""
    curve = np.exp(-((age - h.peak) ** 2) / (2 * h.width**2))
    return np.where((age >= h.youngest) & (age < 18), curve, 0.0)


def _constant(h: Hazard, p: People, life: Lives) -> tuple[Reals, Reals]:
    """Factors that do not change in time: of onset, and of referral in error."""
    child = life.child
    sex = np.where(p.sex[child] == h.sex, 1.0, h.other_sex)
    shared = sex * np.exp(h.z * p.z[child])
    return shared * np.exp(h.v * p.v[child]), shared


def friends_of(s: Schooling, life: Lives) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    """Friendships both ways by position: first row of each child, other, start, end, count."""
    a, b = life.position[s.friend_a], life.position[s.friend_b]
    known = (a >= 0) & (b >= 0)
    a, b = a[known], b[known]
    start, end = s.friend_start[known], s.friend_end[known]
    one = np.concatenate([a, b])
    other = np.concatenate([b, a])
    order = np.argsort(one, kind="stable")
    n = len(life.child)
    first = np.searchsorted(one[order], np.arange(n))
    count = np.bincount(one, minlength=n)
    return (
        first,
        count,
        other[order],
        np.concatenate([start, start])[order],
        np.concatenate([end, end])[order],
    )


def harm(
    rng: np.random.Generator,
    kind: str,
    p: People,
    life: Lives,
    s: Schooling,
    prevalence: float,
) -> Harm:
    """Run the hazard of one harm month by month since `BURN_IN`."""
    h = HAZARDS[kind]
    child = life.child
    n = len(child)
    first, count, other, f_start, f_end = friends_of(s, life)
    care = months(n, life.position[life.care.who], life.care.start, life.care.end)
    abuse = months(n, life.abuse_child.who, life.abuse_child.start, life.abuse_child.end)
    drift = months(n, life.position[life.drift.who], life.drift.start, life.drift.end)
    constant, constant_error = _constant(h, p, life)
    adult = p.born[child] + int(18 * YEAR)

    onset = np.full(n, NEVER, dtype=np.int64)
    end = np.full(n, NEVER, dtype=np.int64)
    started = np.full(n, NEVER, dtype=np.int64)
    accepted_at = np.full(n, NEVER, dtype=np.int64)
    visibility = np.zeros(n, dtype=np.int64)
    error_child: list[Ints] = []
    error_day: list[Ints] = []
    for m in range(N_MONTHS):
        begin = BURN_IN + int(m * MONTH)
        middle = begin + 15
        age = (middle - p.born[child]) / YEAR
        open_ = np.flatnonzero(
            (age >= h.youngest) & (age < 18) & (life.start <= middle) & (life.end > middle)
        )
        curve = age_curve(h, age[open_]) * prevalence
        chains = np.exp(
            h.care * care[open_, m] + h.abuse * abuse[open_, m] + h.drift * drift[open_, m]
        )
        harmed = np.flatnonzero((onset <= begin) & (end > begin))
        near = np.zeros(n, dtype=bool)
        row = ranges(first[harmed], count[harmed])
        met = row[(f_start[row] <= middle) & (f_end[row] > middle)]
        near[other[met]] = True
        rate = h.base * curve * constant[open_] * chains * np.exp(h.friend * near[open_])
        fresh = onset[open_] == NEVER
        struck = open_[fresh & (rng.random(len(open_)) < 1 - np.exp(-rate))]
        k = len(struck)
        onset[struck] = begin + rng.integers(0, 30, k)
        kind_of = choose(rng, SHARES, k)
        visibility[struck] = kind_of
        stop = onset[struck] + QUIET_DAYS + (rng.exponential(1 / END, k) * MONTH).astype(np.int64)
        hit = REFERRED[kind_of] * ACCEPTED[kind_of]
        taken = (
            onset[struck] + QUIET_DAYS + (rng.exponential(1.0, k) / hit * MONTH).astype(np.int64)
        )
        wait = rng.integers(*WAIT, k)
        known = taken < np.minimum(np.minimum(stop, adult[struck]), life.end[struck])
        accepted_at[struck] = np.where(known, taken, NEVER)
        started[struck] = np.where(known, taken + wait, NEVER)
        relief = taken + wait + 30 + rng.exponential(150.0, k).astype(np.int64)
        end[struck] = np.where(known, np.minimum(stop, relief), stop)
        error = h.mistaken * curve * constant_error[open_] * chains
        wrong = open_[fresh & (rng.random(len(open_)) < 1 - np.exp(-error))]
        error_child.append(wrong)
        error_day.append(begin + rng.integers(0, 30, len(wrong)))

    victim = np.flatnonzero(onset < NEVER)
    end[victim] = np.maximum(end[victim], onset[victim] + 1)
    # Referrals that come to nothing, at the rate that is left.
    limit = np.minimum(
        np.minimum(end[victim], accepted_at[victim]), np.minimum(adult[victim], life.end[victim])
    )
    kind_of = visibility[victim]
    k_, lost_day = events(
        rng, REFERRED[kind_of] * (1 - ACCEPTED[kind_of]) * 12, onset[victim] + QUIET_DAYS, limit
    )
    served = np.flatnonzero(started < NEVER)
    wrong = np.concatenate(error_child)
    wrong_day = np.concatenate(error_day)
    # An error is one only before harm, while the child is here.
    good = (wrong_day < onset[wrong]) & (wrong_day < np.minimum(adult[wrong], life.end[wrong]))
    wrong, wrong_day = wrong[good], wrong_day[good]
    wrong_in = rng.random(len(wrong)) < ACCEPTED_IN_ERROR
    referred_child = np.concatenate([victim[k_], served, wrong])
    referred = np.concatenate([lost_day, accepted_at[served], wrong_day])
    accepted = np.concatenate([np.zeros(len(k_), bool), np.ones(len(served), bool), wrong_in])
    begins = np.where(
        accepted,
        np.concatenate(
            [np.full(len(k_), NEVER), started[served], wrong_day + rng.integers(*WAIT, len(wrong))]
        ),
        NEVER,
    )
    truly = np.concatenate([np.ones(len(k_) + len(served), bool), np.zeros(len(wrong), bool)])
    first_start = np.full(n, NEVER, dtype=np.int64)
    np.minimum.at(first_start, referred_child, begins)
    order = np.lexsort((referred_child, referred))
    order = order[(referred[order] >= HISTORY_START) & (referred[order] <= HISTORY_END)]
    referred_child, begins = referred_child[order], begins[order]
    entry = accepted[order] & (begins == first_start[referred_child])
    return Harm(
        kind=kind,
        victim=victim,
        onset=onset[victim],
        end=end[victim],
        visibility=kind_of,
        group=np.full(len(victim), NOBODY, dtype=np.int64),
        referred_child=referred_child,
        referred=referred[order],
        accepted=accepted[order],
        started=begins,
        truly=truly[order],
        entry=entry,
        first_start=first_start,
    )


# ---------------------------------------------------------------------------------- true risk


def _entered_within(visibility: Ints, horizon: npt.ArrayLike, until_adult: npt.ArrayLike) -> Reals:
    """P(start of service within `horizon` days) for a harmed child past the first 30 days.

    The accepted referral must come before the harm ends and before `until_adult` days are over.
    """
    hit = REFERRED[visibility] * ACCEPTED[visibility] / MONTH
    stop = END / MONTH
    days, adult = np.asarray(horizon, np.float64), np.asarray(until_adult, np.float64)
    total = np.zeros(len(days))
    waits = np.linspace(WAIT[0] + 5, WAIT[1] - 6, 6)
    for wait in waits:
        span = np.clip(np.minimum(days - wait, adult), 0, None)
        total += hit / (hit + stop) * (1 - np.exp(-(hit + stop) * span))
    return np.asarray(total / len(waits), dtype=np.float64)


def _chain_ahead(now: Reals, on: Reals, off: float) -> Reals:
    """One month of a two-state chain in expectation (rates per year)."""
    stay = np.exp(-(on + off) / 12)
    level = on / (on + off)
    return np.asarray(level + (now - level) * stay, dtype=np.float64)


def true_risk(
    p: People, life: Lives, s: Schooling, harm_: Harm, prevalence: float, hold_out: int
) -> tuple[Ints, Reals, Ints]:
    """Compute the risk of first entry in the year after a day, for each child in the city.

    Returns positions in `Lives.child`, probabilities, and states (0 not harmed, 1 harmed,
    2 accepted and waiting, 3 served before).
    """
    h = HAZARDS[harm_.kind]
    who = np.flatnonzero((life.start <= hold_out) & (life.end > hold_out))
    n = len(life.child)
    child = life.child[who]
    age = (hold_out - p.born[child]) / YEAR
    until_adult = p.born[child] + int(18 * YEAR) - hold_out
    care = life.care.on(p.n, hold_out)[child].astype(np.float64)
    drift = life.drift.on(p.n, hold_out)[child].astype(np.float64)
    abuse = life.abuse_child.on(n, hold_out)[who].astype(np.float64)
    constant, constant_error = _constant(h, p, life)
    constant, constant_error = constant[who], constant_error[who]
    z, v = p.z[child], p.v[child]
    abuse_rate = np.where(life.mother_z[who] > -9, abuse_on(life.mother_z[who]), 1e-9)
    family_rate = np.where(life.mother_z[who] > -9, care_on_family(life.mother_z[who]), 0)
    family_rate = family_rate * TAKEN_IN

    onset = np.full(n, NEVER, dtype=np.int64)
    end = np.full(n, NEVER, dtype=np.int64)
    visibility = np.zeros(n, dtype=np.int64)
    onset[harm_.victim] = harm_.onset
    end[harm_.victim] = harm_.end
    visibility[harm_.victim] = harm_.visibility
    started_before = harm_.first_start[who] <= hold_out
    harmed = onset[who] <= hold_out
    over = harmed & (end[who] <= hold_out)
    accepted_child = harm_.referred_child[harm_.accepted & (harm_.referred <= hold_out)]
    waiting = np.zeros(n, dtype=bool)
    waiting[accepted_child] = True
    pending = waiting[who] & ~started_before

    # Friends: harmed now, or likely to be harmed.
    first, count, other, f_start, f_end = friends_of(s, life)
    row = ranges(first[who], count[who])
    of = np.repeat(np.arange(len(who)), count[who])
    present = (f_start[row] <= hold_out) & (f_end[row] > hold_out)
    row, of = row[present], of[present]
    now_harmed = (onset[other[row]] <= hold_out) & (end[other[row]] > hold_out)
    friend_now = np.bincount(of, weights=now_harmed, minlength=len(who)) > 0
    here = np.full(n, -1, dtype=np.int64)
    here[who] = np.arange(len(who))

    def integrate(friend_rate: Reals) -> tuple[Reals, Reals, Reals]:
        c, d, f = care.copy(), abuse.copy(), drift.copy()
        alive = np.ones(len(who))
        entered = np.zeros(len(who))
        mistaken = np.zeros(len(who))
        near = friend_now.astype(np.float64)
        mean_rate = np.zeros(len(who))
        for month in range(12):
            t = (month + 0.5) * MONTH
            now_age = age + t / YEAR
            curve = age_curve(h, now_age) * prevalence
            chains = (
                (1 + c * np.expm1(h.care))
                * (1 + d * np.expm1(h.abuse))
                * (1 + f * np.expm1(h.drift))
            )
            rate = h.base * curve * constant * chains * (1 + near * np.expm1(h.friend))
            mean_rate += rate / 12
            new = alive * (1 - np.exp(-rate))
            left = np.full(len(who), 365.0 - t - QUIET_DAYS)
            adult_in = until_adult - t - QUIET_DAYS
            for kind, share in enumerate(SHARES):
                entered += new * share * _entered_within(np.full(len(who), kind), left, adult_in)
            wait_ok = np.clip((365.0 - t - WAIT[0]) / (WAIT[1] - WAIT[0]), 0, 1)
            error = h.mistaken * curve * constant_error * chains
            mistaken += alive * error * ACCEPTED_IN_ERROR * wait_ok
            alive = alive - new
            c = _chain_ahead(c, family_rate + care_on_teen(z, v, now_age) + 1e-12, CARE_OFF)
            d = _chain_ahead(d, abuse_rate, ABUSE_OFF)
            f = _chain_ahead(f, drift_on(z, v, now_age) + 1e-12, DRIFT_OFF)
            near = 1 - (1 - near * np.exp(-FRIEND_FADES)) * np.exp(-friend_rate)
        return entered, mistaken, mean_rate

    _, _, own = integrate(np.zeros(len(who)))
    own = np.where(harmed, 0.0, own)
    seen = here[other[row]]
    weight = np.where(seen >= 0, own[seen], 0.0)
    friend_rate = np.bincount(of, weights=weight, minlength=len(who)).astype(np.float64)
    entered, mistaken, _ = integrate(friend_rate)
    risk = 1 - (1 - entered) * np.exp(-mistaken)
    delay = np.maximum(onset[who] + QUIET_DAYS - hold_out, 0)
    active = _entered_within(visibility[who], 365.0 - delay, until_adult - delay)
    risk = np.where(harmed & ~over, active, risk)
    risk = np.where(over, 0.0, risk)
    risk = np.where(pending, 1.0, risk)
    risk = np.where(started_before, 0.0, risk)
    state = np.where(started_before, 3, np.where(pending, 2, np.where(harmed & ~over, 1, 0)))
    return who, np.clip(risk, 0, 1), state


def true_risk_table(
    p: People, life: Lives, s: Schooling, harms: list[Harm], prevalence: float
) -> pd.DataFrame:
    """Make the table `true_risk` over both harms and all hold-out days."""
    parts: list[dict[str, Ints | Reals | Flags]] = []
    for harm_ in harms:
        for hold_out in HOLD_OUT_DAYS:
            who, risk, state = true_risk(p, life, s, harm_, prevalence, hold_out)
            first = harm_.first_start[who]
            parts.append(
                {
                    "person": life.child[who],
                    "hold_out": np.full(len(who), hold_out),
                    "kind": np.full(len(who), KINDS.index(harm_.kind)),
                    "risk": risk,
                    "state": state,
                    "entered": (first > hold_out) & (first <= hold_out + 365),
                }
            )
    return build("true_risk", {key: np.concatenate([x[key] for x in parts]) for key in parts[0]})


# ---------------------------------------------------------------------------------- groups


@dataclass
class Groups:
    """Groups that exploit children, their people and the places where they meet them."""

    kind: Ints
    area: Ints
    start: Ints
    end: Ints
    member: Ints  # person rows
    member_group: Ints
    place: Ints  # address rows
    place_group: Ints


def groups(
    rng: np.random.Generator,
    p: People,
    city: Places,
    homes: Residences,
    life: Lives,
    s: Schooling,
    harms: list[Harm],
) -> Groups:
    """Form groups, give each its people and places, and each victim a group."""
    size = np.bincount(p.area[p.area >= 0], minlength=2)
    kinds, areas = [], []
    for k in (0, 1):
        for a in (0, 1):
            many = max(1, round(int(size[a]) / 15_000))
            kinds += [k] * many
            areas += [a] * many
    kind, area = np.array(kinds), np.array(areas)
    n = len(kind)
    start = np.where(
        rng.random(n) < 0.3, rng.integers(HISTORY_START, HISTORY_END - 700, n), BURN_IN
    )
    end = np.where(
        rng.random(n) < 0.25, np.maximum(start, HISTORY_START) + rng.integers(500, 1800, n), NEVER
    )
    # One group of each kind and area is there all along.
    lead = np.unique(kind * 2 + area, return_index=True)[1]
    start[lead], end[lead] = BURN_IN, NEVER
    end[end > HISTORY_END] = NEVER
    members = rng.integers(3, 8, n)
    member_group = np.repeat(np.arange(n), members)
    age = (HISTORY_START + 1200 - p.born) / YEAR
    able = (p.left > HISTORY_END) & (p.died > HISTORY_END) & (p.arrived <= HISTORY_START)
    pull = np.exp(0.6 * p.z + 0.6 * p.v) * (able & (age > 19) & (age < 48))
    pull *= np.where(p.sex == M, 1.0, 0.13)
    member = np.full(len(member_group), NOBODY, dtype=np.int64)
    taken = np.zeros(p.n, dtype=bool)
    for a in (0, 1):
        mine = np.flatnonzero(area[member_group] == a)
        weights = pull * (((p.area == a) & (p.presence == 0)) * 1.0)
        visitors = (p.presence == 2) & (pull > 0)
        weights[visitors] = weights.sum() * 0.15 / max(1, visitors.sum())
        weights[taken] = 0.0
        found = np.unique(choose(rng, weights, len(mine) * 3))
        found = rng.permutation(found)[: len(mine)]
        member[mine[: len(found)]] = found
        taken[found] = True
    known = member >= 0
    member, member_group = member[known], member_group[known]
    spots = rng.integers(2, 5, n)
    place_group = np.repeat(np.arange(n), spots)
    place = np.zeros(len(place_group), dtype=np.int64)
    for k in (0, 1):
        for a in (0, 1):
            mine = np.flatnonzero((kind[place_group] == k) & (area[place_group] == a))
            names = (
                ("hotel", "takeaway", "park", "car_park")
                if k == 0
                else ("park", "transport", "takeaway", "shop")
            )
            pool = np.concatenate([city.of_kind(name, a) for name in names])
            place[mine] = rng.permutation(np.resize(pool, max(len(pool), len(mine))))[: len(mine)]
    # One of the places is the home of one of the group.
    leader = member[np.unique(member_group, return_index=True)[1]]
    led = np.unique(member_group)
    row = np.searchsorted(homes.person, leader)
    row = np.minimum(row, len(homes.person) - 1)
    at_home = homes.person[row] == leader
    at_home &= homes.address[row] >= 0
    place = np.concatenate([place, homes.address[row[at_home]]])
    place_group = np.concatenate([place_group, led[at_home]])

    # Each victim's group: a harmed friend's, or one that is there.
    first, count, other, _, _ = friends_of(s, life)
    for harm_ in harms:
        k = KINDS.index(harm_.kind)
        group_of: dict[int, int] = {}
        victim_area = p.area[life.child[harm_.victim]]
        chance = rng.random((len(harm_.victim), 2))
        for i in np.argsort(harm_.onset, kind="stable").tolist():
            child = int(harm_.victim[i])
            near = other[first[child] : first[child] + count[child]].tolist()
            linked = [group_of[f] for f in near if f in group_of]
            linked = [g for g in linked if end[g] > harm_.onset[i]]
            if linked and chance[i, 0] < 0.75:
                chosen = linked[int(chance[i, 1] * len(linked))]
            else:
                here = np.flatnonzero(
                    (kind == k)
                    & (area == victim_area[i])
                    & (start <= harm_.onset[i])
                    & (end > harm_.onset[i])
                )
                chosen = int(here[int(chance[i, 1] * len(here))])
            group_of[child] = chosen
            harm_.group[i] = chosen
    return Groups(kind, area, start, end, member, member_group, place, place_group)


def hotspots(city: Places, g: Groups) -> Flags:
    """Addresses where groups meet children."""
    flag = np.zeros(city.n, dtype=bool)
    flag[g.place] = True
    public: Flags = flag & (city.kind != KIND["residential"])
    return public
