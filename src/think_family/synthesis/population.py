"""People, their kin and the homes they share: who is born to whom, who joins, parts and leaves.

A home is a group of people who dwell together and move as one; `places` gives homes their
addresses. Everything is drawn family by family and then laid out as spells of a person in a home.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from think_family.synthesis.dice import YEAR, Ints, Reals, choose, within
from think_family.synthesis.world import HISTORY_END, HISTORY_START, NEVER, NOBODY

# Shares of the ethnic groups in each area, in the order of `world.ETHNICITIES` (Census 2021,
# rounded: Bristol's children are more diverse than its adults; Somerset is 95 % white British).
ETHNIC_SHARES = np.array(
    [
        [0.700, 0.085, 0.002, 0.030, 0.020, 0.016, 0.024, 0.006, 0.022, 0.052, 0.020, 0.023],
        [0.925, 0.042, 0.003, 0.005, 0.007, 0.003, 0.001, 0.001, 0.005, 0.003, 0.002, 0.003],
    ]
)
# Mean latent adversity of a family by ethnicity: poverty is unequally shared (DWP, Households below
# average income, 2022/23), and adversity follows poverty here; nothing else depends on ethnicity.
ADVERSITY_BY_ETHNICITY = np.array(
    [0.0, 0.05, 0.9, 0.2, 0.05, -0.15, 0.35, 0.45, 0.1, 0.4, 0.3, 0.25]
)

# Age of women at the birth of a first child, and how much earlier it comes with adversity.
_FIRST_BIRTH_AGE, _EARLIER_BY_ADVERSITY, _FIRST_BIRTH_SPREAD = 29.2, 2.2, 4.6
_YEARS_OF_BIRTHS = 30
_GESTATION = 284
"""Days from conception to the latest birth."""

F, M = 0, 1
FAMILY, SHARED = 0, 1
ADULT, CHILD, OTHER = 0, 1, 2


@dataclass
class People:
    """Growing table of persons (numpy columns) and everything that ties them together."""

    sex: Ints
    born: Ints
    died: Ints
    arrived: Ints
    left: Ints
    ethnicity: Ints
    mother: Ints
    father: Ints
    twin_of: Ints
    area: Ints
    presence: Ints
    z: Reals  # adversity of the family of origin (children) or of the own family (adults)
    v: Reals  # own vulnerability, standard normal
    # person in home
    stay_person: Ints
    stay_home: Ints
    stay_start: Ints
    stay_end: Ints
    stay_role: Ints
    # homes
    home_area: Ints
    home_z: Reals
    home_kind: Ints
    home_ethnicity: Ints
    home_keeps: Ints  # home whose address this one keeps when it is formed by a separation
    home_flees: Ints  # day on which the rest flee to a protected address; NEVER if not
    home_moves_at: Ints  # day of a move that a separation forces; NEVER if none
    # couples
    couple_a: Ints
    couple_b: Ints
    couple_start: Ints
    couple_end: Ints
    couple_home: Ints
    married: Ints  # day the second takes the first's surname; NEVER if never
    # births after the history, of pregnancies that may be under way at its end
    unborn_mother: Ints
    unborn_birth: Ints
    step: list[tuple[Ints, Ints, Ints, Ints]] = field(default_factory=list)

    @property
    def n(self) -> int:
        """Number of persons."""
        return len(self.sex)


class _Roll:
    """Columns that grow by blocks."""

    def __init__(self, names: Iterable[str]) -> None:
        self._parts: dict[str, list[np.ndarray]] = {name: [] for name in names}
        self.n = 0

    def add(self, n: int, **columns: object) -> Ints:
        if set(columns) != set(self._parts):
            raise ValueError(f"columns differ: {set(columns) ^ set(self._parts)}")
        for name, values in columns.items():
            self._parts[name].append(np.broadcast_to(np.asarray(values), (n,)))
        self.n += n
        return np.arange(self.n - n, self.n, dtype=np.int64)

    def column(self, name: str) -> np.ndarray:
        merged = np.concatenate(self._parts[name])
        self._parts[name] = [merged]
        return merged


_PERSON = (
    "sex",
    "born",
    "arrived",
    "left",
    "ethnicity",
    "mother",
    "father",
    "area",
    "presence",
    "z",
)
_STAY = ("person", "home", "start", "end", "role")
_HOME = ("area", "z", "kind", "ethnicity", "keeps", "flees", "moves_at")
_COUPLE = ("a", "b", "start", "end", "home")


def _years(rng: np.random.Generator, low: float, high: float, n: int) -> Ints:
    return (rng.uniform(low, high, n) * YEAR).astype(np.int64)


def people(rng: np.random.Generator, population: int) -> People:
    """Draw all who live in the city at some time in the history: exactly `population` rows."""
    person, stay, home, couple = _Roll(_PERSON), _Roll(_STAY), _Roll(_HOME), _Roll(_COUPLE)
    n = round(0.143 * population)

    # ---- families with children born in the last 30 years -----------------------------------
    area = (rng.random(n) < 0.40).astype(np.int64)
    ethnicity = np.zeros(n, dtype=np.int64)
    for a in (0, 1):
        mine = np.flatnonzero(area == a)
        ethnicity[mine] = choose(rng, ETHNIC_SHARES[a], len(mine))
    z = rng.standard_normal(n) * 0.95 + ADVERSITY_BY_ETHNICITY[ethnicity]
    first_birth = HISTORY_END - _years(rng, 0, _YEARS_OF_BIRTHS, n)
    age = _first_birth_age(z) + rng.standard_normal(n) * _FIRST_BIRTH_SPREAD
    age = np.clip(age, 15.5, 44)
    mother_born = first_birth - (age * YEAR).astype(np.int64)

    wanted = 1 + choose(rng, np.array([0.27, 0.42, 0.2, 0.07, 0.03, 0.01]), n)
    wanted += rng.random(n) < 0.12 * np.clip(z, 0, 3)
    unit = np.repeat(np.arange(n), wanted)
    order = within(wanted)
    gap = 330 + (rng.gamma(2.0, 390.0, len(unit))).astype(np.int64)
    gap[order == 0] = 0
    gaps = np.cumsum(gap)
    first = np.cumsum(wanted) - wanted
    births = first_birth[unit] + gaps - gaps[first][unit]
    fertile = births - mother_born[unit] < 45 * YEAR
    expected = fertile & (births > HISTORY_END) & (births <= HISTORY_END + _GESTATION)
    unborn_unit, unborn_birth = unit[expected], births[expected]
    alive = fertile & (births <= HISTORY_END)
    unit, births, order = unit[alive], births[alive], order[alive]
    twin = rng.random(len(unit)) < 0.0155
    unit = np.concatenate([unit, unit[twin]])
    births = np.concatenate([births, births[twin]])
    twin_from = np.concatenate([np.full(len(alive.nonzero()[0]), -1), np.flatnonzero(twin)])
    n_child = len(unit)
    child_sex = (rng.random(n_child) < 0.512).astype(np.int64)
    alike = (twin_from >= 0) & (rng.random(n_child) < 0.65)
    child_sex[alike] = child_sex[twin_from[alike]]
    last_birth = np.full(n, -(10**6), dtype=np.int64)
    np.maximum.at(last_birth, unit, births)

    # ---- young mothers are daughters of other families ----------------------------------------
    young = np.flatnonzero(mother_born > HISTORY_END - 29 * YEAR)
    daughter = np.full(n, NOBODY, dtype=np.int64)
    free = np.flatnonzero((child_sex == F) & (births < HISTORY_END - 16 * YEAR))
    pull = z[unit[free]] + rng.standard_normal(len(free))
    for year in np.unique(mother_born[young] // 365):
        ours = young[mother_born[young] // 365 == year]
        near = np.flatnonzero(births[free] // 365 == year)
        near = near[np.argsort(-pull[near], kind="stable")][: len(ours)]
        ours = ours[: len(near)]
        rng.shuffle(ours)
        daughter[ours] = free[near]
    grown = np.flatnonzero(daughter >= 0)
    mother_born[grown] = births[daughter[grown]]
    # A daughter too young for the birth that was drawn is not its mother.
    early = grown[first_birth[grown] - mother_born[grown] < 14.5 * YEAR]
    mother_born[early] = first_birth[early] - int(15.5 * YEAR)
    daughter[early] = NOBODY
    grown = np.flatnonzero(daughter >= 0)
    area[grown] = area[unit[daughter[grown]]]
    ethnicity[grown] = ethnicity[unit[daughter[grown]]]
    z[grown] = 0.5 * z[grown] + 0.5 * z[unit[daughter[grown]]] + 0.3

    # ---- unions, separations, step-parents ----------------------------------------------------
    alone = rng.random(n) < np.clip(0.10 + 0.08 * z, 0.02, 0.5)
    known_father = rng.random(n) < np.where(alone, 0.6, 0.99)
    formed = first_birth - _years(rng, 0.5, 4.0, n)
    formed = np.maximum(formed, mother_born + int(18.2 * YEAR))
    formed = np.where(daughter >= 0, np.minimum(formed, first_birth + _years(rng, 0, 2, n)), formed)
    formed = np.where(daughter >= 0, np.maximum(formed, mother_born + int(17 * YEAR)), formed)
    formed = np.where(daughter >= 0, formed, np.minimum(formed, first_birth - 60))
    union = formed.copy()
    rate = 0.021 * np.exp(0.35 * z)
    parted = first_birth + (rng.exponential(1.0, n) / rate * YEAR).astype(np.int64)
    parted = np.maximum(parted, union + 200)
    parted = np.where(alone | ~known_father, union, parted)
    separated = known_father & ~alone & (parted <= HISTORY_END - 30)
    stay_with_father = separated & (rng.random(n) < 0.08)
    flight = (
        separated
        & (parted >= HISTORY_START + 90)
        & ~stay_with_father
        & (rng.random(n) < np.clip(0.08 + 0.05 * z, 0.02, 0.3))
    )
    again = (separated | alone) & (rng.random(n) < 0.5)
    step_start = np.where(
        again,
        np.where(separated, parted, first_birth)
        + 180
        + (rng.exponential(3.0, n) * YEAR).astype(np.int64),
        NEVER,
    )
    again = step_start < HISTORY_END - 60
    step_end = np.where(
        again,
        step_start + 120 + (rng.exponential(9.0, n) * YEAR).astype(np.int64),
        NEVER,
    )
    step_end[step_end > HISTORY_END] = NEVER

    # ---- arrivals and departures of whole families --------------------------------------------
    came = (rng.random(n) < 0.2) & (daughter < 0)
    arrival = np.where(came, HISTORY_END - _years(rng, 0, 20, n), mother_born)
    arrival = np.where(came, np.minimum(arrival, HISTORY_END - 60), arrival)
    gone = rng.random(n) < 0.075
    earliest = np.maximum(np.maximum(last_birth, arrival), HISTORY_START) + 60
    settled = np.where(again, np.maximum(earliest, step_start + 60), earliest)
    settled = np.where(separated, np.maximum(settled, parted + 60), settled)
    settled = np.maximum(settled, formed + 60)
    leave = settled + (rng.random(n) * np.maximum(HISTORY_END - settled, 1)).astype(np.int64)
    gone &= settled < HISTORY_END - 60
    leave = np.where(gone, leave, NEVER)

    # ---- rows: children, mothers, fathers, step-fathers ---------------------------------------
    children = person.add(
        n_child,
        sex=child_sex,
        born=births,
        arrived=np.maximum(births, arrival[unit]),
        left=NEVER,
        ethnicity=_child_ethnicity(rng, ethnicity[unit]),
        mother=NOBODY,
        father=NOBODY,
        area=area[unit],
        presence=0,
        z=z[unit],
    )
    new_mother = np.flatnonzero(daughter < 0)
    mother = daughter.copy()
    mother[new_mother] = person.add(
        len(new_mother),
        sex=F,
        born=mother_born[new_mother],
        arrived=np.maximum(arrival[new_mother], mother_born[new_mother]),
        left=leave[new_mother],
        ethnicity=ethnicity[new_mother],
        mother=NOBODY,
        father=NOBODY,
        area=area[new_mother],
        presence=0,
        z=z[new_mother],
    )
    father = np.full(n, NOBODY, dtype=np.int64)
    has = np.flatnonzero(known_father)
    father_age = np.clip((age + 2.4 + rng.standard_normal(n) * 4.0), 16.5, 60)
    f_born = np.minimum(
        first_birth - (father_age * YEAR).astype(np.int64),
        (np.minimum(union, first_birth) - int(16.5 * YEAR)),
    )[has]
    f_left = np.where(
        (separated | alone)[has] & (rng.random(len(has)) < 0.3),
        np.maximum(parted[has], np.maximum(arrival[has], f_born) + 30),
        NEVER,
    )
    f_left = np.where((separated | alone)[has], f_left, leave[has])
    own_home_before = (union[has] > HISTORY_START - 400) & (rng.random(len(has)) < 0.5)
    f_arrived = np.where(
        came[has],
        np.maximum(arrival[has], f_born),
        np.where(own_home_before | (union[has] < HISTORY_START), f_born, union[has]),
    )
    father[has] = person.add(
        len(has),
        sex=M,
        born=f_born,
        arrived=f_arrived,
        left=f_left,
        ethnicity=_partner_ethnicity(rng, ethnicity[has], area[has]),
        mother=NOBODY,
        father=NOBODY,
        area=area[has],
        presence=0,
        z=z[has],
    )
    steps = np.flatnonzero(again)
    s_born = mother_born[steps] - (rng.standard_normal(len(steps)) * 4 * YEAR).astype(np.int64)
    s_born = np.minimum(s_born, step_start[steps] - int(18 * YEAR))
    stepper = person.add(
        len(steps),
        sex=M,
        born=s_born,
        arrived=np.where(step_start[steps] < HISTORY_START, s_born, step_start[steps]),
        left=np.where(step_end[steps] < NEVER, step_end[steps], leave[steps]),
        ethnicity=_partner_ethnicity(rng, ethnicity[steps], area[steps]),
        mother=NOBODY,
        father=NOBODY,
        area=area[steps],
        presence=0,
        z=z[steps],
    )
    step_of = np.full(n, NOBODY, dtype=np.int64)
    step_of[steps] = stepper

    # ---- the families' homes ------------------------------------------------------------------
    unit_home = home.add(
        n,
        area=area,
        z=z,
        kind=FAMILY,
        ethnicity=ethnicity,
        keeps=NOBODY,
        flees=np.where(flight, parted, NEVER),
        moves_at=np.where(flight, parted, NEVER),
    )
    here = np.maximum(formed, arrival)
    custodian_leaves = np.where(stay_with_father, parted, leave)
    stay.add(
        n,
        person=mother,
        home=unit_home,
        start=here,
        end=np.maximum(custodian_leaves, here),
        role=ADULT,
    )
    lived = has[~alone[has]]
    f_start = np.maximum(
        union[lived], np.maximum(arrival[lived], person.column("arrived")[father[lived]])
    )
    f_end = np.where(separated[lived] & ~stay_with_father[lived], parted[lived], leave[lived])
    stay.add(
        len(lived),
        person=father[lived],
        home=unit_home[lived],
        start=f_start,
        end=np.maximum(f_end, f_start),
        role=ADULT,
    )
    couple.add(
        len(lived),
        a=father[lived],
        b=mother[lived],
        start=union[lived],
        end=np.where(separated[lived], parted[lived], NEVER),
        home=unit_home[lived],
    )
    s_stop = np.minimum(step_end[steps], leave[steps])
    stay.add(
        len(steps),
        person=stepper,
        home=unit_home[steps],
        start=step_start[steps],
        end=np.maximum(s_stop, step_start[steps]),
        role=ADULT,
    )
    couple.add(
        len(steps),
        a=stepper,
        b=mother[steps],
        start=step_start[steps],
        end=step_end[steps],
        home=unit_home[steps],
    )

    # The parent who goes: an own home, unless he or she leaves the city.
    goes = np.flatnonzero(
        separated & ((person.column("left")[np.maximum(father, 0)] == NEVER) | stay_with_father)
    )
    goer = np.where(stay_with_father[goes], mother[goes], father[goes])
    keeps = np.where(flight[goes], unit_home[goes], NOBODY)
    own = home.add(
        len(goes),
        area=area[goes],
        z=z[goes] * 0.7,
        kind=FAMILY,
        ethnicity=ethnicity[goes],
        keeps=keeps,
        flees=NEVER,
        moves_at=NEVER,
    )
    stay.add(
        len(goes),
        person=goer,
        home=own,
        start=parted[goes],
        end=np.maximum(person.column("left")[goer], parted[goes]),
        role=ADULT,
    )
    # Fathers before the union, and fathers who never lived with the mother.
    single_start = np.maximum(
        person.column("arrived")[father],
        np.maximum(person.column("born")[father] + int(19 * YEAR), union - 3 * 365),
    )
    single_end = np.where(alone, person.column("left")[father], union)
    owns = np.zeros(n, dtype=bool)
    owns[has] = own_home_before | alone[has]
    owns &= (single_end > single_start + 30) & (single_end > HISTORY_START)
    bachelor = np.flatnonzero(owns)
    own = home.add(
        len(bachelor),
        area=area[bachelor],
        z=z[bachelor] * 0.6,
        kind=FAMILY,
        ethnicity=ethnicity[bachelor],
        keeps=NOBODY,
        flees=NEVER,
        moves_at=NEVER,
    )
    stay.add(
        len(bachelor),
        person=father[bachelor],
        home=own,
        start=single_start[bachelor],
        end=single_end[bachelor],
        role=ADULT,
    )

    # ---- children: at home until they leave ---------------------------------------------------
    p_mother, p_father = mother[unit], father[unit]
    by_step = (
        again[unit]
        & (births > step_start[unit] + 200)
        & (births < np.where(step_end[unit] == NEVER, NEVER, step_end[unit] + 200))
    )
    p_father = np.where(by_step, step_of[unit], p_father)
    adult_at = births + int(18 * YEAR)
    leaves_at = adult_at + 60 + (rng.gamma(1.8, 2.8, n_child) * YEAR).astype(np.int64)
    is_mother = np.zeros(n_child, dtype=bool)
    is_mother[daughter[grown]] = True
    leaves_at[daughter[grown]] = formed[grown]
    fate = choose(rng, np.array([0.20, 0.10, 0.70]), n_child)  # university away, elsewhere, stays
    away = ~is_mother & (fate < 2) & (leaves_at < leave[unit])
    leaves_at = np.where(
        ~is_mother & (fate == 0),
        _september(adult_at + 90),
        leaves_at,
    )
    leaves_at = np.minimum(leaves_at, NEVER)
    # Born before the young mother had a home of her own: first with the grandmother.
    before = np.flatnonzero((daughter[unit] >= 0) & (births < here[unit]))
    with_unit = np.maximum(births, here[unit])
    goes_out = np.minimum(leaves_at, leave[unit])
    gone_child = goes_out > HISTORY_END
    goes_out[gone_child] = NEVER
    stay.add(
        n_child,
        person=children,
        home=unit_home[unit],
        start=with_unit,
        end=np.maximum(goes_out, with_unit),
        role=CHILD,
    )
    grandmother_home = unit_home[unit[daughter[unit[before]]]]
    stay.add(
        len(before),
        person=children[before],
        home=grandmother_home,
        start=births[before],
        end=np.minimum(here[unit[before]], goes_out[before]),
        role=CHILD,
    )
    went = person.column("left").copy()
    went[children] = np.where(
        leave[unit] < leaves_at, leave[unit], np.where(away & ~gone_child, leaves_at, NEVER)
    )
    went[daughter[grown]] = leave[grown]

    # ---- grown children who stay in the city: alone, in couples, in shared homes ---------------
    out = np.flatnonzero(~is_mother & ~away & ~gone_child & (leave[unit] > leaves_at))
    _settle_young(
        rng,
        children,
        out,
        leaves_at,
        child_sex,
        births,
        area[unit],
        z[unit],
        person.column("ethnicity"),
        stay,
        home,
        couple,
    )

    # ---- everyone else: students, childless people, elders ------------------------------------
    rest = population - person.n
    if rest < 0:
        raise ValueError("families outgrew the population")
    twins = np.full(population, NOBODY, dtype=np.int64)
    pair = np.flatnonzero(twin_from >= 0)
    twins[children[pair]] = children[twin_from[pair]]
    twins[children[twin_from[pair]]] = children[pair]
    went_rest = _rest(rng, rest, person, stay, home, couple)

    everyone = People(
        sex=person.column("sex").astype(np.int64),
        born=person.column("born").astype(np.int64),
        died=np.full(population, NEVER, dtype=np.int64),
        arrived=person.column("arrived").astype(np.int64),
        left=np.concatenate([went, went_rest]),
        ethnicity=person.column("ethnicity").astype(np.int64),
        mother=np.full(population, NOBODY, dtype=np.int64),
        father=np.full(population, NOBODY, dtype=np.int64),
        twin_of=twins,
        area=person.column("area").astype(np.int64),
        presence=person.column("presence").astype(np.int64),
        z=person.column("z").astype(np.float64),
        v=rng.standard_normal(population),
        stay_person=stay.column("person").astype(np.int64),
        stay_home=stay.column("home").astype(np.int64),
        stay_start=stay.column("start").astype(np.int64),
        stay_end=stay.column("end").astype(np.int64),
        stay_role=stay.column("role").astype(np.int64),
        home_area=home.column("area").astype(np.int64),
        home_z=home.column("z").astype(np.float64),
        home_kind=home.column("kind").astype(np.int64),
        home_ethnicity=home.column("ethnicity").astype(np.int64),
        home_keeps=home.column("keeps").astype(np.int64),
        home_flees=home.column("flees").astype(np.int64),
        home_moves_at=home.column("moves_at").astype(np.int64),
        couple_a=couple.column("a").astype(np.int64),
        couple_b=couple.column("b").astype(np.int64),
        couple_start=couple.column("start").astype(np.int64),
        couple_end=couple.column("end").astype(np.int64),
        couple_home=couple.column("home").astype(np.int64),
        married=np.zeros(0, dtype=np.int64),
        unborn_mother=mother[unborn_unit],
        unborn_birth=unborn_birth,
    )
    everyone.mother[children] = p_mother
    everyone.father[children] = p_father
    # Step-children with the dates of the step-parent's stay.
    step_child = np.flatnonzero(again[unit] & ~by_step & (births < step_start[unit]))
    everyone.step.append(
        (
            step_of[unit[step_child]],
            children[step_child],
            np.maximum(step_start[unit[step_child]], births[step_child]),
            step_end[unit[step_child]],
        )
    )
    _grandmothers(rng, everyone)
    _deaths(rng, everyone)
    _marriages(rng, everyone)
    _trim(everyone)
    _expect_first_children(rng, everyone, n)
    return everyone


def _first_birth_age(z: Reals) -> Reals:
    """Mean age of women at the birth of a first child."""
    return _FIRST_BIRTH_AGE - _EARLIER_BY_ADVERSITY * z


def _september(days: Ints) -> Ints:
    """Return the next 20 September on or after each day."""
    dates = days.astype("datetime64[D]")
    year = dates.astype("datetime64[Y]").astype(np.int64)
    target = (year.astype("datetime64[Y]").astype("datetime64[M]") + 8).astype(
        "datetime64[D]"
    ).astype(np.int64) + 19
    following = ((year + 1).astype("datetime64[Y]").astype("datetime64[M]") + 8).astype(
        "datetime64[D]"
    ).astype(np.int64) + 19
    return np.where(target >= days, target, following)


def _child_ethnicity(rng: np.random.Generator, ethnicity: Ints) -> Ints:
    mixed = rng.random(len(ethnicity))
    out = ethnicity.copy()
    out[np.isin(ethnicity, (9, 10)) & (mixed < 0.2)] = 3
    out[np.isin(ethnicity, (5, 6, 7, 8, 11)) & (mixed < 0.12)] = 4
    out[(ethnicity == 0) & (mixed < 0.03)] = 3
    out[(ethnicity == 0) & (mixed > 0.98)] = 4
    return out


def _partner_ethnicity(rng: np.random.Generator, ethnicity: Ints, area: Ints) -> Ints:
    out = ethnicity.copy()
    crossing = np.flatnonzero(rng.random(len(out)) < 0.09)
    for a in (0, 1):
        mine = crossing[area[crossing] == a]
        out[mine] = choose(rng, ETHNIC_SHARES[a], len(mine))
    return out


def _settle_young(
    rng: np.random.Generator,
    children: Ints,
    out: Ints,
    leaves_at: Ints,
    sex: Ints,
    births: Ints,
    area: Ints,
    z: Reals,
    ethnicity: Ints,
    stay: _Roll,
    home: _Roll,
    couple: _Roll,
) -> None:
    way = choose(rng, np.array([0.14, 0.46, 0.40]), len(out))  # alone, couple, shared
    way[(way == 2) & (births[out] < HISTORY_END - 27 * YEAR)] = 1
    # Couples: the nearest in age of the other sex in the same area.
    matched = np.zeros(len(out), dtype=bool)
    for a in (0, 1):
        women = np.flatnonzero((way == 1) & (sex[out] == F) & (area[out] == a))
        men = np.flatnonzero((way == 1) & (sex[out] == M) & (area[out] == a))
        k = min(len(women), len(men))
        women = np.sort(rng.permutation(women)[:k])
        men = np.sort(rng.permutation(men)[:k])
        women = women[np.argsort(births[out[women]], kind="stable")]
        men = men[np.argsort(births[out[men]] + 500, kind="stable")]
        matched[women] = matched[men] = True
        she, he = out[women], out[men]
        start = np.maximum(leaves_at[she], leaves_at[he])
        first = np.minimum(leaves_at[she], leaves_at[he])
        nest = home.add(
            k,
            area=a,
            z=(z[she] + z[he]) / 2,
            kind=FAMILY,
            ethnicity=ethnicity[children[she]],
            keeps=NOBODY,
            flees=NEVER,
            moves_at=NEVER,
        )
        for one in (she, he):
            begin = np.maximum(leaves_at[one], first)
            stay.add(k, person=children[one], home=nest, start=begin, end=NEVER, role=ADULT)
        couple.add(k, a=children[he], b=children[she], start=start, end=NEVER, home=nest)
    lone = out[(way == 0) | ((way == 1) & ~matched)]
    flat = home.add(
        len(lone),
        area=area[lone],
        z=z[lone],
        kind=FAMILY,
        ethnicity=ethnicity[children[lone]],
        keeps=NOBODY,
        flees=NEVER,
        moves_at=NEVER,
    )
    stay.add(
        len(lone), person=children[lone], home=flat, start=leaves_at[lone], end=NEVER, role=ADULT
    )
    sharers = out[way == 2]
    sharers = sharers[np.lexsort((leaves_at[sharers], area[sharers]))]
    house = np.arange(len(sharers)) // 4
    n_house = int(house[-1]) + 1 if len(sharers) else 0
    lead = sharers[np.searchsorted(house, np.arange(n_house))]
    shared = home.add(
        n_house,
        area=area[lead],
        z=z[lead],
        kind=SHARED,
        ethnicity=ethnicity[children[lead]],
        keeps=NOBODY,
        flees=NEVER,
        moves_at=NEVER,
    )
    stay.add(
        len(sharers),
        person=children[sharers],
        home=shared[house],
        start=leaves_at[sharers],
        end=NEVER,
        role=ADULT,
    )


def _rest(
    rng: np.random.Generator, n: int, person: _Roll, stay: _Roll, home: _Roll, couple: _Roll
) -> Ints:
    """Students, working-age people without children, and elders; returns their day of leaving."""
    n_student = round(0.14 * n)
    n_elder = round(0.50 * n)
    n_worker = n - n_student - n_elder
    left: list[Ints] = []

    # Students: come in September, first a hall (places decides), then a shared house; most leave.
    entry_year = rng.integers(2015, 2025, n_student)
    entry = ((entry_year - 1970).astype("datetime64[Y]").astype("datetime64[M]") + 8).astype(
        "datetime64[D]"
    ).astype(np.int64) + 12
    stays = np.where(rng.random(n_student) < 0.25, NEVER, entry + 3 * 365 - 60)
    gone = np.where(stays > HISTORY_END, NEVER, stays)
    keep = gone > HISTORY_START
    entry = np.where(keep, entry, entry + 4 * 365)
    gone = np.where(keep, gone, gone + 4 * 365)
    area = (rng.random(n_student) < 0.06).astype(np.int64)
    ethnicity = choose(rng, ETHNIC_SHARES[0], n_student)
    students = person.add(
        n_student,
        sex=(rng.random(n_student) < 0.47).astype(np.int64),
        born=entry - _years(rng, 18.05, 21, n_student),
        arrived=entry,
        left=gone,
        ethnicity=ethnicity,
        mother=NOBODY,
        father=NOBODY,
        area=area,
        presence=1,
        z=rng.standard_normal(n_student) * 0.5 - 0.5,
    )
    left.append(gone)
    order = np.lexsort((rng.random(n_student), entry, area))
    house = np.arange(n_student) // 4
    n_house = int(house[-1]) + 1 if n_student else 0
    shared = home.add(
        n_house,
        area=area[order[::4]],
        z=0.0,
        kind=SHARED,
        ethnicity=0,
        keeps=NOBODY,
        flees=NEVER,
        moves_at=NEVER,
    )
    stay.add(
        n_student,
        person=students[order],
        home=shared[house],
        start=entry[order],
        end=gone[order],
        role=ADULT,
    )

    for kind, size in (("worker", n_worker), ("elder", n_elder)):
        area = (rng.random(size) < (0.34 if kind == "worker" else 0.52)).astype(np.int64)
        area.sort()
        paired = np.zeros(size, dtype=bool)
        for a in (0, 1):
            mine = np.flatnonzero(area == a)
            paired[mine[: 2 * int(len(mine) * (0.41 if kind == "worker" else 0.375))]] = True
        if kind == "worker":
            age = 24 + 40 * rng.beta(1.0, 1.2, size)
        else:
            age = 62 + 33 * rng.beta(1.1, 1.9, size)
        sex = (rng.random(size) < (0.55 if kind == "worker" else 0.46)).astype(np.int64)
        two = np.flatnonzero(paired)
        a_half, b_half = two[::2], two[1::2]
        sex[a_half], sex[b_half] = M, F
        age[b_half] = np.clip(age[a_half] + rng.standard_normal(len(a_half)) * 3 - 1.5, 20, 99)
        ethnicity = np.zeros(size, dtype=np.int64)
        for a in (0, 1):
            mine = np.flatnonzero(area == a)
            shares = ETHNIC_SHARES[a].copy()
            if kind == "elder":
                shares[1:] *= 0.4
            ethnicity[mine] = choose(rng, shares, len(mine))
        ethnicity[b_half] = _partner_ethnicity(rng, ethnicity[a_half], area[a_half])
        z = rng.standard_normal(size) * 0.9 + ADVERSITY_BY_ETHNICITY[ethnicity]
        z[b_half] = z[a_half]
        born = HISTORY_END - (age * YEAR).astype(np.int64)
        head = np.arange(size)
        head[b_half] = a_half
        heads = np.flatnonzero(head == np.arange(size))
        mover = 0.25 if kind == "worker" else 0.06
        arrived = np.where(
            rng.random(size) < mover, HISTORY_END - _years(rng, 0.2, 12, size), born
        )[head]
        arrived = np.maximum(arrived, born)
        gone = np.where(
            rng.random(size) < (0.14 if kind == "worker" else 0.04),
            np.maximum(HISTORY_START, arrived[head])
            + 30
            + (rng.random(size) * (HISTORY_END - np.maximum(HISTORY_START, arrived[head]))).astype(
                np.int64
            ),
            NEVER,
        )[head]
        gone[gone > HISTORY_END] = NEVER
        ids = person.add(
            size,
            sex=sex,
            born=born,
            arrived=arrived,
            left=gone,
            ethnicity=ethnicity,
            mother=NOBODY,
            father=NOBODY,
            area=area,
            presence=0,
            z=z,
        )
        left.append(gone)
        homes = np.full(size, NOBODY, dtype=np.int64)
        homes[heads] = home.add(
            len(heads),
            area=area[heads],
            z=z[heads],
            kind=FAMILY,
            ethnicity=ethnicity[heads],
            keeps=NOBODY,
            flees=NEVER,
            moves_at=NEVER,
        )
        homes = homes[head]
        adult = np.maximum(born + int(20 * YEAR), arrived)
        begin = np.maximum(adult[head], adult)
        stay.add(size, person=ids, home=homes, start=begin, end=np.maximum(gone, begin), role=ADULT)
        together = np.maximum(adult[a_half], adult[b_half]) + _years(rng, 0, 8, len(a_half))
        couple.add(
            len(a_half),
            a=ids[a_half],
            b=ids[b_half],
            start=np.minimum(together, HISTORY_END),
            end=NEVER,
            home=homes[a_half],
        )
    return np.concatenate(left)


def _grandmothers(rng: np.random.Generator, p: People) -> None:
    """Give a third of the mothers without kin a mother among the elders of their area."""
    has_child = np.zeros(p.n, dtype=bool)
    has_child[p.mother[p.mother >= 0]] = True
    for a in (0, 1):
        elder = np.flatnonzero(
            (p.sex == F) & (p.area == a) & ~has_child & (p.born < HISTORY_END - 58 * YEAR)
        )
        women = np.flatnonzero(has_child & (p.mother < 0) & (p.area == a) & (p.arrived <= p.born))
        women = women[rng.random(len(women)) < 0.35]
        k = min(len(elder), len(women))
        if not k:
            continue
        elder = rng.permutation(elder)[:k]
        women = rng.permutation(women)[:k]
        elder = elder[np.argsort(p.born[elder], kind="stable")]
        women = women[np.argsort(p.born[women], kind="stable")]
        gap = (p.born[women] - p.born[elder]) / YEAR
        good = (gap > 17) & (gap < 43) & (p.ethnicity[elder] == p.ethnicity[women])
        p.mother[women[good]] = elder[good]


def _deaths(rng: np.random.Generator, p: People) -> None:
    """Gompertz deaths in the history; parents of minors are spared so that no child is homeless."""
    age = (HISTORY_START - p.born) / YEAR
    a, b = 2.4e-5, 0.105
    start = np.maximum(age, 0.0)
    draw = rng.exponential(1.0, p.n)
    after = np.log1p(draw * b / (a * np.exp(b * start))) / b
    died = np.maximum(p.born, HISTORY_START) + (after * YEAR).astype(np.int64)
    dies = (died <= HISTORY_END) & (died < p.left) & (died > p.arrived + 60)
    dies &= age > 30
    minor = np.flatnonzero(p.born > HISTORY_START - 18 * YEAR)
    for parent in (p.mother, p.father):
        known = parent[minor][parent[minor] >= 0]
        dies[known] = False
    p.died[dies] = died[dies]


def _marriages(rng: np.random.Generator, p: People) -> None:
    n = len(p.couple_a)
    weds = rng.random(n) < 0.48
    day = p.couple_start + 200 + (rng.exponential(2.2, n) * YEAR).astype(np.int64)
    weds &= day < np.minimum(p.couple_end - 60, HISTORY_END)
    weds &= day < np.minimum(p.left[p.couple_b], p.died[p.couple_b])
    p.married = np.where(weds, day, NEVER)


def _expect_first_children(rng: np.random.Generator, p: People, n_families: int) -> None:
    """Let women without children expect a first one when the history ends, as often as before.

    The families of the city have all had theirs by then: without these the pregnancies under way
    at the end would be those of mothers alone.
    """
    births = rng.poisson(n_families / _YEARS_OF_BIRTHS * _GESTATION / YEAR)
    due = HISTORY_END + 1 + rng.integers(0, _GESTATION, births)
    childless = np.ones(p.n, dtype=bool)
    childless[p.mother[p.mother >= 0]] = False
    childless[p.unborn_mother] = False
    age = (HISTORY_END - p.born) / YEAR
    likely = np.exp(-(((age - _first_birth_age(p.z)) / _FIRST_BIRTH_SPREAD) ** 2) / 2)
    able = childless & (p.sex == F) & (p.presence == 0) & (age > 15.5) & (age < 44)
    able &= (p.arrived <= HISTORY_END) & (np.minimum(p.left, p.died) > HISTORY_END - _GESTATION)
    women = np.flatnonzero(able)
    rank = rng.exponential(1.0, len(women)) / likely[women]
    chosen = women[np.argsort(rank, kind="stable")][:births]
    p.unborn_mother = np.concatenate([p.unborn_mother, chosen])
    p.unborn_birth = np.concatenate([p.unborn_birth, due[: len(chosen)]])


def _trim(p: People) -> None:
    """Cut stays at death and departure, and drop what is empty or ended before the history."""
    stop = np.minimum(p.died, p.left)[p.stay_person]
    p.stay_end = np.minimum(p.stay_end, stop)
    p.stay_start = np.maximum(p.stay_start, p.arrived[p.stay_person])
    keep = (p.stay_end > p.stay_start) & (p.stay_end > HISTORY_START)
    keep &= p.stay_start <= HISTORY_END
    order = np.flatnonzero(keep)
    order = order[np.lexsort((p.stay_start[order], p.stay_person[order]))]
    for name in ("person", "home", "start", "end", "role"):
        setattr(p, f"stay_{name}", getattr(p, f"stay_{name}")[order])
    # Nobody dwells in two homes at once: a later stay ends the one before.
    same = p.stay_person[1:] == p.stay_person[:-1]
    ends = p.stay_end.copy()
    ends[:-1] = np.where(same, np.minimum(ends[:-1], p.stay_start[1:]), ends[:-1])
    keep = ends > p.stay_start
    p.stay_end = ends
    for name in ("person", "home", "start", "end", "role"):
        setattr(p, f"stay_{name}", getattr(p, f"stay_{name}")[keep])
    p.couple_end = np.where(p.couple_end > HISTORY_END, NEVER, p.couple_end)
    # A gap between two stays is spent in the earlier home; the city is entered with the first
    # stay and left with the last. Who has no stay at all lives elsewhere.
    same = p.stay_person[1:] == p.stay_person[:-1]
    p.stay_end[:-1] = np.where(same, p.stay_start[1:], p.stay_end[:-1])
    first = np.full(p.n, NEVER, dtype=np.int64)
    np.minimum.at(first, p.stay_person, p.stay_start)
    last = np.full(p.n, HISTORY_START - 1, dtype=np.int64)
    np.maximum.at(last, p.stay_person, p.stay_end)
    p.arrived = np.where(first > HISTORY_START, np.maximum(p.arrived, first), p.arrived)
    p.arrived = np.where(first == NEVER, p.born, p.arrived)
    p.left = np.where(last < p.died, np.minimum(p.left, last), p.left)


def extend(p: People, n: int, **columns: object) -> Ints:
    """Append persons; columns not given are NEVER for days, NOBODY for persons and 0 otherwise."""
    defaults: dict[str, object] = {
        "died": NEVER,
        "left": NEVER,
        "mother": NOBODY,
        "father": NOBODY,
        "twin_of": NOBODY,
    }
    for name in (
        "sex",
        "born",
        "died",
        "arrived",
        "left",
        "ethnicity",
        "mother",
        "father",
        "twin_of",
        "area",
        "presence",
        "z",
        "v",
    ):
        old = getattr(p, name)
        value = np.broadcast_to(np.asarray(columns.get(name, defaults.get(name, 0))), (n,))
        setattr(p, name, np.concatenate([old, value.astype(old.dtype)]))
    return np.arange(p.n - n, p.n, dtype=np.int64)


def minor_span(p: People) -> tuple[Ints, Ints, Ints]:
    """Children of the history: rows, and the span in which each is under 18 and in the city."""
    start = np.maximum(np.maximum(p.born, p.arrived), HISTORY_START - 2 * 365)
    end = np.minimum(
        np.minimum(p.left, p.died), np.minimum(p.born + int(18 * YEAR), HISTORY_END + 1)
    )
    who = np.flatnonzero((end > start) & (p.presence == 0))
    return who, start[who], end[who]
