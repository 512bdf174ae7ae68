"""The latent life of children: abuse at home, care, drifting from school; and where that leads.

Three two-state Markov chains drive every harm in the city:

- D, domestic abuse at home: one chain per mother (and per woman in a couple), more often on where
  adversity z is high;
- C, looked after by the council: family crises take in some of the children, teenagers also come
  in on their own;
- S, drifting from school: from the tenth birthday, driven by z and by own vulnerability v.

Given z and v the chains are independent, so the expectation of any product of them a year ahead has
a closed form (`ahead`). That is what makes the true risk of `harms` computable.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from think_family.synthesis.dice import YEAR, Ints, Reals, alternate, choose, events, holds, ranges
from think_family.synthesis.places import KIND, STAY, Places, Residences
from think_family.synthesis.population import (
    ADULT,
    CHILD,
    FAMILY,
    SHARED,
    People,
    extend,
    minor_span,
)
from think_family.synthesis.world import HISTORY_END, HISTORY_START, NEVER, NOBODY

Bits = npt.NDArray[np.uint8]
MONTH = YEAR / 12
BURN_IN = HISTORY_START - 2 * 365
N_MONTHS = int((HISTORY_END - BURN_IN) / MONTH) + 2

ABUSE_OFF = 0.70
CARE_OFF = 0.36
DRIFT_OFF = 0.45


def abuse_on(z: Reals) -> Reals:
    """Rate per year at which domestic abuse begins at home."""
    return np.asarray(0.045 * np.exp(0.75 * z), dtype=np.float64)


def care_on_family(z: Reals) -> Reals:
    """Rate per year of family crises that take children into care."""
    return np.asarray(0.00246 * np.exp(0.95 * z), dtype=np.float64)


TAKEN_IN = 0.75  # chance of each child of the family in such a crisis


def care_on_teen(z: Reals, v: Reals, age: Reals) -> Reals:
    """Rate per year at which a child of 12 to 17 comes into care alone."""
    rate = 0.0012 * np.exp(0.7 * z + 0.6 * v)
    return np.where((age >= 12) & (age < 17.5), rate, 0.0)


def drift_on(z: Reals, v: Reals, age: Reals) -> Reals:
    """Rate per year at which a child of 10 to 17 drifts from school."""
    return np.where(age >= 10, 0.045 * np.exp(0.45 * z + 0.65 * v), 0.0)


@dataclass
class Spells:
    """Spells of subjects: positions or person rows, with start and end days."""

    who: Ints
    start: Ints
    end: Ints

    def on(self, n: int, day: int) -> npt.NDArray[np.bool_]:
        """State of `n` subjects on a day."""
        return holds(n, self.who, self.start, self.end, day)


@dataclass
class Lives:
    """Children of the history and their latent chains; `who` are positions in `child`."""

    child: Ints  # person rows
    start: Ints  # under 18 and in the city: [start, end)
    end: Ints
    position: Ints  # of each person in `child`, or -1
    mother_z: Reals
    abuse: Spells  # by person row of the woman
    care: Spells  # by person row of the child
    drift: Spells  # by person row of the child
    abuse_child: Spells  # by position, spells of abuse at home while a child
    # care periods in detail, one row per placement
    placement_child: Ints
    placement_period: Ints
    placement_start: Ints
    placement_end: Ints
    placement_kind: Ints
    placement_address: Ints
    placement_legal: Ints
    placement_reason: Ints
    adopted: Ints  # new person rows
    adopted_from: Ints
    adopted_day: Ints
    adopted_home: Ints
    over: list[Residences]


def months(n: int, who: Ints, start: Ints, end: Ints) -> Bits:
    """State of `n` subjects at the middle of each month since `BURN_IN`, as a matrix of 0 and 1."""
    first = np.ceil((start - BURN_IN) / MONTH - 0.5).astype(np.int64)
    last = np.ceil((end - BURN_IN) / MONTH - 0.5).astype(np.int64)
    first = np.clip(first, 0, N_MONTHS)
    last = np.clip(last, 0, N_MONTHS)
    edge = np.zeros((n, N_MONTHS + 1), dtype=np.int8)
    np.add.at(edge, (who, first), 1)
    np.add.at(edge, (who, last), -1)
    state: Bits = (np.cumsum(edge, axis=1, dtype=np.int8)[:, :N_MONTHS] > 0).astype(np.uint8)
    return state


PLACEMENTS = ("foster", "kinship", "childrens_home", "semi_independent", "placed_for_adoption")
_FOSTER, _KINSHIP, _CHILDRENS_HOME, _SEMI, _FOR_ADOPTION = range(5)
LEGAL = ("full_care_order", "interim_care_order", "section_20", "placement_order")
END_REASONS = (
    "open",
    "next_placement",
    "returned_home",
    "turned_18",
    "adopted",
    "special_guardianship",
)


def lives(rng: np.random.Generator, p: People, city: Places) -> Lives:
    """Draw the chains of every child and what follows for where children live."""
    # ---- D: abuse, by woman ----------------------------------------------------------------
    women = np.unique(np.concatenate([p.couple_b, p.mother[p.mother >= 0]]))
    women = women[p.left[women] > HISTORY_START]
    since = np.full(len(women), BURN_IN - 4 * 365, dtype=np.int64)
    since = np.maximum(since, p.born[women] + int(17 * YEAR))
    until = np.minimum(np.minimum(p.left[women], p.died[women]), HISTORY_END + 1)
    k, s, e = alternate(rng, abuse_on(p.z[women]), np.full(len(women), ABUSE_OFF), since, until)
    abuse = Spells(women[k], s, e)

    # ---- C: care, by family and child --------------------------------------------------------
    child, start, end = minor_span(p)
    has_mother = np.flatnonzero(p.mother[child] >= 0)
    mothers, of = np.unique(p.mother[child[has_mother]], return_inverse=True)
    n_m = len(mothers)
    crisis, crisis_day = events(
        rng,
        care_on_family(p.z[mothers]),
        np.full(n_m, BURN_IN - 5 * 365),
        np.full(n_m, HISTORY_END + 1),
    )
    order = np.argsort(of, kind="stable")
    first = np.searchsorted(of[order], np.arange(n_m))
    many = np.bincount(of, minlength=n_m)
    kid = has_mother[order[ranges(first[crisis], many[crisis])]]
    day = np.repeat(crisis_day, many[crisis])
    taken = rng.random(len(kid)) < TAKEN_IN
    kid, day = kid[taken], day[taken]
    teen, teen_day = events(
        rng,
        care_on_teen(p.z[child], p.v[child], np.full(len(child), 13.0)),
        p.born[child] + int(12 * YEAR),
        p.born[child] + int(17.5 * YEAR),
    )
    kid, day = np.concatenate([kid, teen]), np.concatenate([day, teen_day])
    inside = (day >= p.born[child[kid]]) & (day >= p.arrived[child[kid]]) & (day < end[kid])
    kid, day = kid[inside], day[inside]
    length = 1 + (rng.exponential(1.0, len(kid)) / CARE_OFF * YEAR).astype(np.int64)
    order = np.lexsort((day, kid))
    kid, day, length = kid[order], day[order], length[order]
    # A crisis while in care changes nothing.
    stop = day + length
    keep = np.ones(len(kid), dtype=bool)
    last_kid, last_stop = -1, -(10**9)
    for i, (who, begin, finish) in enumerate(
        zip(kid.tolist(), day.tolist(), stop.tolist(), strict=True)
    ):
        if who == last_kid and begin <= last_stop:
            keep[i] = False
        else:
            last_kid, last_stop = who, finish
    kid, day, stop = kid[keep], day[keep], stop[keep]
    over_18 = stop >= end[kid]
    stop = np.minimum(stop, end[kid])

    # ---- adoption: the end of one life and the start of another --------------------------------
    age_in = (day - p.born[child[kid]]) / YEAR
    adopt = (age_in < 3.5) & (rng.random(len(kid)) < 0.42) & (day > BURN_IN)
    order_day = day + 250 + (rng.exponential(0.7, len(kid)) * YEAR).astype(np.int64)
    adopt &= (order_day < HISTORY_END - 60) & (order_day > HISTORY_START + 60)
    adopt &= order_day < end[kid]
    once = np.zeros(len(kid), dtype=bool)
    adopting = np.flatnonzero(adopt)
    once[adopting[np.unique(kid[adopting], return_index=True)[1]]] = True
    adopt &= once
    stop = np.where(adopt, order_day, stop)
    adoptees = np.flatnonzero(adopt)
    lost = child[kid[adoptees]]
    p.left[lost] = order_day[adoptees]
    end[kid[adoptees]] = order_day[adoptees]
    # Nothing follows in the first life.
    gone_at = np.full(len(child), NEVER, dtype=np.int64)
    gone_at[kid[adoptees]] = order_day[adoptees]
    later = day < gone_at[kid]
    kid, day, stop = kid[later], day[later], stop[later]
    over_18, adopt = over_18[later], adopt[later]
    born_in = p.stay_person
    cut = np.isin(born_in, lost)
    p.stay_end = np.where(cut, np.minimum(p.stay_end, p.left[born_in]), p.stay_end)
    ok = p.stay_end > p.stay_start
    for name in ("person", "home", "start", "end", "role"):
        setattr(p, f"stay_{name}", getattr(p, f"stay_{name}")[ok])
    placed_here = rng.random(len(lost)) < 0.6
    lost = lost[placed_here]
    ordered = p.left[lost]
    new_home, whole = _adoptive_homes(rng, p, ordered)
    lost, ordered, new_home = lost[whole], ordered[whole], new_home[whole]
    adopted = extend(
        p,
        len(lost),
        sex=p.sex[lost],
        born=p.born[lost],
        arrived=ordered,
        ethnicity=p.ethnicity[lost],
        area=p.home_area[new_home],
        z=p.home_z[new_home],
        v=p.v[lost] * 0.6,
    )
    home_end = np.full(len(p.home_area), HISTORY_START, dtype=np.int64)
    np.maximum.at(home_end, p.stay_home, p.stay_end)
    p.stay_person = np.concatenate([p.stay_person, adopted])
    p.stay_home = np.concatenate([p.stay_home, new_home])
    p.stay_start = np.concatenate([p.stay_start, ordered])
    p.stay_end = np.concatenate([p.stay_end, home_end[new_home]])
    p.stay_role = np.concatenate([p.stay_role, np.full(len(adopted), CHILD)])
    p.left[adopted] = home_end[new_home]

    care_child = child[kid]
    care = Spells(care_child, day, stop)

    # ---- the children again, with the second lives ---------------------------------------------
    child, start, end = minor_span(p)
    position = np.full(p.n, -1, dtype=np.int64)
    position[child] = np.arange(len(child))
    known = position[care.who] >= 0
    care = Spells(care.who[known], care.start[known], care.end[known])

    # ---- S: drifting from school ----------------------------------------------------------------
    ten = p.born[child] + int(10 * YEAR)
    k, s, e = alternate(
        rng,
        drift_on(p.z[child], p.v[child], np.full(len(child), 12.0)),
        np.full(len(child), DRIFT_OFF),
        ten,
        end,
    )
    drift = Spells(child[k], s, e)

    # ---- abuse at home, child by child ---------------------------------------------------------
    mother = p.mother[child]
    mother_z = np.where(mother >= 0, p.z[np.maximum(mother, 0)], -9.0)
    order = np.argsort(abuse.who, kind="stable")
    low = np.searchsorted(abuse.who[order], mother)
    high = np.searchsorted(abuse.who[order], mother, side="right")
    count = np.where(mother >= 0, high - low, 0)
    row = np.repeat(np.arange(len(child)), count)
    at = order[ranges(low, count)]
    s = np.maximum(abuse.start[at], start[row])
    e = np.minimum(abuse.end[at], end[row])
    good = e > s
    abuse_child = Spells(row[good], s[good], e[good])

    elsewhere, made = _placements(rng, p, city, care, adopt[known], over_18[known])
    over = [elsewhere, _refuges(rng, p, city), _halls(rng, p, city)]
    return Lives(
        child=child,
        start=start,
        end=end,
        position=position,
        mother_z=mother_z,
        abuse=abuse,
        care=care,
        drift=drift,
        abuse_child=abuse_child,
        adopted=adopted,
        adopted_from=lost,
        adopted_day=ordered,
        adopted_home=new_home,
        over=over,
        **made,
    )


def _adoptive_homes(
    rng: np.random.Generator, p: People, day: Ints
) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Homes of childless couples of 30 to 50 for children adopted on the given days."""
    n_homes = len(p.home_area)
    has_child = np.zeros(n_homes, dtype=bool)
    has_child[p.stay_home[p.stay_role == CHILD]] = True
    age = (day.mean() - p.born[p.couple_a]) / YEAR if len(day) else p.born[p.couple_a] * 0.0
    begin = np.full(n_homes, NEVER, dtype=np.int64)
    np.minimum.at(begin, p.stay_home, p.stay_start)
    finish = np.full(n_homes, -NEVER, dtype=np.int64)
    np.maximum.at(finish, p.stay_home, p.stay_end)
    home = p.couple_home
    fit = (age > 29) & (age < 52) & ~has_child[home] & (p.couple_end == NEVER)
    fit &= (begin[home] < HISTORY_START) & (finish[home] == NEVER)
    pool = np.unique(home[fit])
    pool = rng.permutation(pool)
    found = np.resize(pool, len(day)) if len(pool) else np.zeros(len(day), dtype=np.int64)
    whole = np.arange(len(day)) < len(pool)
    return found.astype(np.int64), whole


def _placements(
    rng: np.random.Generator,
    p: People,
    city: Places,
    care: Spells,
    adopt: npt.NDArray[np.bool_],
    over_18: npt.NDArray[np.bool_],
) -> tuple[Residences, dict[str, Ints]]:
    """Split care periods into placements with addresses."""
    n = len(care.who)
    length = care.end - care.start
    extra = rng.poisson(np.minimum(length / YEAR * 0.45, 6))
    period = np.repeat(np.arange(n), 1 + extra)
    fraction = rng.random(len(period))
    first = np.concatenate([[0], np.cumsum(1 + extra)[:-1]]).astype(np.int64)
    if n:
        fraction[first] = 0.0
    begin = care.start[period] + (fraction * length[period]).astype(np.int64)
    order = np.lexsort((begin, period))
    period, begin = period[order], begin[order]
    finish = care.end[period].copy()
    same = period[1:] == period[:-1]
    finish[:-1] = np.where(same, begin[1:], finish[:-1])
    last = np.ones(len(period), dtype=bool)
    last[:-1] = ~same
    keep = finish > begin
    period, begin, finish, last = period[keep], begin[keep], finish[keep], last[keep]
    who = care.who[period]
    age = (begin - p.born[who]) / YEAR
    u = rng.random(len(who))
    kind = np.where(u < 0.15, _KINSHIP, _FOSTER)
    kind = np.where((age >= 11) & (u > 0.80), _CHILDRENS_HOME, kind)
    kind = np.where((age >= 16) & (u > 0.55), _SEMI, kind)
    kind = np.where(adopt[period] & last, _FOR_ADOPTION, kind)
    # Addresses: foster homes are settled family homes; a quarter of placements are elsewhere.
    address = np.full(len(who), NOBODY, dtype=np.int64)
    moves = np.bincount(city.home, minlength=len(p.home_area))
    settled = (moves == 1) & (p.home_kind == FAMILY)
    first_row = np.searchsorted(city.home, np.arange(len(p.home_area)))
    covers = np.zeros(len(p.home_area), dtype=bool)
    has = np.flatnonzero(settled)
    covers[has] = (city.start[first_row[has]] < HISTORY_START) & (
        city.end[first_row[has]] > HISTORY_END
    )
    grown = np.zeros(len(p.home_area), dtype=bool)
    middle = (p.stay_role == ADULT) & (p.born[p.stay_person] < HISTORY_START - 30 * YEAR)
    middle &= p.born[p.stay_person] > HISTORY_START - 62 * YEAR
    grown[p.stay_home[middle]] = True
    for a in (0, 1):
        mine = np.flatnonzero(p.area[who] == a)
        for kinds, pool in (
            (
                (_FOSTER, _FOR_ADOPTION),
                city.address[first_row[np.flatnonzero(covers & grown & (p.home_area == a))]],
            ),
            ((_KINSHIP,), city.address[first_row[np.flatnonzero(covers & (p.home_area == a))]]),
            ((_CHILDRENS_HOME,), city.of_kind("childrens_home", a)),
            ((_SEMI,), city.of_kind("hostel", a)),
        ):
            these = mine[np.isin(kind[mine], kinds)]
            if kinds[0] == _FOSTER and len(pool):
                pool = rng.permutation(pool)[: max(4, p.n // 900)]
            if len(pool):
                address[these] = pool[rng.integers(0, len(pool), len(these))]
    away = rng.random(len(who)) < np.where(kind == _KINSHIP, 0.1, 0.27)
    address[away] = NOBODY
    u = rng.random(n)
    age_in = (care.start - p.born[care.who]) / YEAR
    legal = np.where(u < np.where(age_in >= 13, 0.45, 0.17), 2, 0)[period]
    early = (begin - care.start[period] < 150) & (legal == 0)
    legal = np.where(early, 1, legal)
    legal = np.where(adopt[period] & last, 3, legal)
    returned = rng.random(len(who)) < 0.62
    reason = np.where(
        ~last,
        1,
        np.where(
            finish > HISTORY_END,
            0,
            np.where(adopt[period], 4, np.where(over_18[period], 3, np.where(returned, 2, 5))),
        ),
    )
    open_end = np.where((finish > HISTORY_END) & last, NEVER, finish)
    stay_kind = np.array(
        [
            STAY["foster"],
            STAY["foster"],
            STAY["childrens_home"],
            STAY["semi_independent"],
            STAY["foster"],
        ]
    )[kind]
    over = Residences(
        who,
        address,
        begin,
        np.minimum(finish, p.left[who]),
        stay_kind,
        np.zeros(len(who), dtype=bool),
    )
    seen = finish > HISTORY_START
    return over, {
        "placement_child": who[seen],
        "placement_period": period[seen],
        "placement_start": begin[seen],
        "placement_end": open_end[seen],
        "placement_kind": kind[seen],
        "placement_address": address[seen],
        "placement_legal": legal[seen],
        "placement_reason": reason[seen],
    }


def _refuges(rng: np.random.Generator, p: People, city: Places) -> Residences:
    """Women and children who flee spend weeks or months in a refuge before the new home."""
    fled = np.flatnonzero(p.home_flees < NEVER)
    fled = fled[rng.random(len(fled)) < 0.6]
    until = p.home_flees[fled] + 14 + rng.gamma(2.0, 40.0, len(fled)).astype(np.int64)
    address = np.zeros(len(fled), dtype=np.int64)
    for a in (0, 1):
        mine = np.flatnonzero(p.home_area[fled] == a)
        # Often to the other area, out of reach.
        pool = np.concatenate([city.of_kind("refuge", a), city.of_kind("refuge", 1 - a)])
        address[mine] = pool[rng.integers(0, len(pool), len(mine))]
    slot = np.full(len(p.home_area), -1, dtype=np.int64)
    slot[fled] = np.arange(len(fled))
    row = np.flatnonzero(slot[p.stay_home] >= 0)
    home = slot[p.stay_home[row]]
    day = p.home_flees[fled][home]
    there = (p.stay_start[row] <= day) & (p.stay_end[row] > day)
    row, home, day = row[there], home[there], day[there]
    return Residences(
        p.stay_person[row],
        address[home],
        day,
        np.minimum(until[home], p.stay_end[row]),
        np.full(len(row), STAY["refuge"], dtype=np.int64),
        np.ones(len(row), dtype=bool),
    )


def _halls(rng: np.random.Generator, p: People, city: Places) -> Residences:
    """First-year students in halls."""
    pool = np.flatnonzero(city.kind == KIND["university_hall"])
    row = np.flatnonzero(
        (p.presence[p.stay_person] == 1)
        & (p.home_kind[p.stay_home] == SHARED)
        & (p.stay_start >= HISTORY_START)
        & (rng.random(len(p.stay_person)) < 0.6)
    )
    start = p.stay_start[row]
    return Residences(
        p.stay_person[row],
        pool[choose(rng, np.ones(len(pool)), len(row))],
        start,
        np.minimum(start + 285, p.stay_end[row]),
        np.full(len(row), STAY["university"], dtype=np.int64),
        np.zeros(len(row), dtype=bool),
    )
