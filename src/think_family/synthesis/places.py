"""Wards, streets and addresses, and who dwells where: homes move along chains of vacant dwellings.

Deprivation is a property of small areas (LSOAs); homes are matched to dwellings by adversity, so
that the gradient of every harm with the index of deprivation follows from poverty, not from place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from think_family.synthesis.dice import YEAR, Flags, Ints, Reals, choose, ranges
from think_family.synthesis.names import place_names
from think_family.synthesis.population import SHARED, People
from think_family.synthesis.world import (
    ADDRESS_KINDS,
    HISTORY_END,
    HISTORY_START,
    NEVER,
    NOBODY,
    RESIDENCE_KINDS,
    build,
)

KIND = {name: i for i, name in enumerate(ADDRESS_KINDS)}
STAY = {name: i for i, name in enumerate(RESIDENCE_KINDS)}
OWNED, PRIVATE, SOCIAL, NO_TENURE = 0, 1, 2, 3
PHASES = ("primary", "secondary", "pru", "special", "college")

_MOVES_PER_YEAR = np.array([0.045, 0.22, 0.07])  # owned, private, social: English Housing Survey
_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"


@dataclass
class Places:
    """Addresses as numpy columns, and the dwelling history of every home."""

    n_wards: int
    ward_area: Ints
    ward_policing: Reals
    lsoa_ward: Ints
    lsoa_dep: Reals
    lsoa_decile: Ints
    lsoa_x: Ints
    lsoa_y: Ints
    kind: Ints
    lsoa: Ints
    tenure: Ints
    school_phase: Ints  # of the school addresses, in address order
    school_address: Ints
    # homes' addresses, sorted by home and start
    home: Ints
    address: Ints
    start: Ints
    end: Ints
    protected: Flags

    @property
    def n(self) -> int:
        """Number of addresses."""
        return len(self.kind)

    def area(self) -> Ints:
        """Area of each address."""
        found: Ints = self.ward_area[self.lsoa_ward[self.lsoa]]
        return found

    def of_kind(self, kind: str, area: int | None = None) -> Ints:
        """Rows of the addresses of one kind, in one area if given."""
        mine = self.kind == KIND[kind]
        if area is not None:
            mine = mine & (self.area() == area)
        return np.flatnonzero(mine)


def places(rng: np.random.Generator, p: People) -> Places:
    """Lay out the city for its people and let the homes dwell and move."""
    # ---- wards and small areas --------------------------------------------------------------
    size = np.bincount(p.area[p.area >= 0], minlength=2)
    wards = [max(2, round(int(size[a]) / d)) for a, d in ((0, 9_500), (1, 6_500))]
    ward_area = np.repeat([0, 1], wards)
    n_wards = len(ward_area)
    ward_dep = rng.standard_normal(n_wards) * 0.7
    ward_x = np.where(
        ward_area == 0, rng.integers(10_000, 24_000, n_wards), rng.integers(0, 60_000, n_wards)
    )
    ward_y = np.where(
        ward_area == 0, rng.integers(60_000, 74_000, n_wards), rng.integers(0, 50_000, n_wards)
    )
    ward_policing = np.exp(0.35 * (ward_dep + 0.5 * rng.standard_normal(n_wards)))
    ward_policing /= ward_policing.mean()
    each = [max(5, round(int(size[a]) / 1_600 / wards[a])) for a in (0, 1)]
    lsoa_ward = np.repeat(np.arange(n_wards), np.array(each)[ward_area])
    n_lsoa = len(lsoa_ward)
    lsoa_area = ward_area[lsoa_ward]
    dep = ward_dep[lsoa_ward] + 0.6 * rng.standard_normal(n_lsoa)
    dep = (dep - dep.mean()) / dep.std() * np.where(lsoa_area == 0, 1.15, 0.75)
    dep += np.where(lsoa_area == 0, 0.25, -0.1)
    decile = 10 - np.clip((norm.cdf(dep) * 10).astype(np.int64), 0, 9)
    lsoa_x = ward_x[lsoa_ward] + rng.integers(-900, 900, n_lsoa) * (1 + 2 * lsoa_area)
    lsoa_y = ward_y[lsoa_ward] + rng.integers(-900, 900, n_lsoa) * (1 + 2 * lsoa_area)

    # ---- homes: span, taste in tenure, days of moving ------------------------------------------
    n_homes = len(p.home_area)
    begin = np.full(n_homes, NEVER, dtype=np.int64)
    finish = np.full(n_homes, -NEVER, dtype=np.int64)
    np.minimum.at(begin, p.stay_home, p.stay_start)
    np.maximum.at(finish, p.stay_home, p.stay_end)
    used = np.flatnonzero(begin < NEVER)
    u = rng.random(n_homes)
    social = 1 / (1 + np.exp(2.1 - 0.95 * p.home_z))
    social[p.home_kind == SHARED] = 0.0
    fresh = begin > HISTORY_START - 6 * 365
    private = np.where(p.home_kind == SHARED, 1.0, np.where(fresh, 0.55, 0.22)) * (1 - social)
    taste = np.where(u < social, SOCIAL, np.where(u < social + private, PRIVATE, OWNED))
    rate = _MOVES_PER_YEAR[taste] * np.exp(0.12 * p.home_z)
    span = np.minimum(finish, HISTORY_END) - np.maximum(begin, HISTORY_START)
    count = rng.poisson(rate * np.maximum(span, 0) / YEAR)
    count[begin == NEVER] = 0
    mover = np.repeat(np.arange(n_homes), count)
    moved = np.maximum(begin, HISTORY_START)[mover] + (rng.random(len(mover)) * span[mover]).astype(
        np.int64
    )
    forced = np.flatnonzero((p.home_moves_at < finish) & (p.home_moves_at > begin))
    mover = np.concatenate([mover, forced])
    moved = np.concatenate([moved, p.home_moves_at[forced]])
    must = np.concatenate([np.zeros(len(mover) - len(forced), bool), np.ones(len(forced), bool)])
    order = np.lexsort((moved, mover))
    mover, moved, must = mover[order], moved[order], must[order]
    # One move a quarter at most; a forced one prevails over its neighbours.
    near_next = np.zeros(len(mover), bool)
    near_next[:-1] = (mover[1:] == mover[:-1]) & (moved[1:] - moved[:-1] < 185)
    near_prev = np.zeros(len(mover), bool)
    near_prev[1:] = near_next[:-1]
    keep = must | ~(near_next | near_prev)
    keep &= (moved > begin[mover] + 95) | must
    mover, moved = mover[keep], moved[keep]

    # Some moves cross between the areas: a few by chance, more of those in flight.
    crosses = rng.random(len(mover)) < np.where(
        p.home_flees[mover] == moved, 0.15, np.where(p.home_area[mover] == 0, 0.028, 0.042)
    )
    area_now = p.home_area.copy()

    # ---- dwellings -------------------------------------------------------------------------------
    keeps = p.home_keeps
    keeps_now = (keeps >= 0) & (begin < NEVER)
    initial = used[(begin[used] <= HISTORY_START)]
    later = used[(begin[used] > HISTORY_START) & ~keeps_now[used]]
    n_need = np.zeros(2, dtype=np.int64)
    quarter_of = np.concatenate([begin[later], moved, finish[used]])
    who = np.concatenate([later, mover, used])
    change = np.concatenate([np.ones(len(later)), np.ones(len(mover)), -np.ones(len(used))])
    q = np.clip((quarter_of - HISTORY_START) // 91, 0, 28)
    for a in (0, 1):
        mine = p.home_area[who] == a
        net = np.bincount(
            q[mine], weights=change[mine] * 0 + np.where(change[mine] > 0, 1, 0), minlength=29
        )
        forms = np.bincount(q[mine & (np.arange(len(who)) < len(later))], minlength=29)
        ends = np.bincount(q[mine & (change < 0)], minlength=29)[:28]
        growth = np.cumsum(forms[:28]) - np.concatenate([[0], np.cumsum(ends)[:-1]])
        now = int((p.home_area[initial] == a).sum())
        n_need[a] = now + max(0, int(growth.max())) + int(net.max() * 2) + max(40, now // 20)
    dwelling_lsoa = []
    for a in (0, 1):
        mine = np.flatnonzero(lsoa_area == a)
        weight = rng.uniform(0.7, 1.3, len(mine))
        dwelling_lsoa.append(mine[np.sort(choose(rng, weight, int(n_need[a])))])
    lsoa = np.concatenate(dwelling_lsoa)
    n_dwell = len(lsoa)
    tenure = choose(rng, np.array([0.62, 0.21, 0.17]), n_dwell)
    area_of = lsoa_area[lsoa]
    taken = np.zeros(n_dwell, dtype=bool)
    current = np.full(n_homes, NOBODY, dtype=np.int64)

    # First matching: the most adverse homes in the most deprived small areas, with noise.
    for a in (0, 1):
        mine = initial[p.home_area[initial] == a]
        pool = np.flatnonzero(area_of == a)
        pool = rng.permutation(pool)[: len(mine)]
        pool = pool[np.argsort(dep[lsoa[pool]] + 0.25 * rng.standard_normal(len(pool)))]
        pull = (
            p.home_z[mine] * 0.8
            + 0.5 * (taste[mine] == SOCIAL)
            + 0.75 * rng.standard_normal(len(mine))
        )
        mine = mine[np.argsort(pull, kind="stable")]
        current[mine] = pool
        tenure[pool] = taste[mine]
        taken[pool] = True

    log_home = [initial]
    log_address = [current[initial]]
    log_start = [
        np.maximum(
            begin[initial],
            HISTORY_START - 1 - (rng.exponential(7.0, len(initial)) * YEAR).astype(np.int64),
        )
    ]
    log_forced = [np.zeros(len(initial), dtype=bool)]

    # ---- vacancy chains, quarter by quarter ------------------------------------------------------
    kept = np.flatnonzero(keeps_now)
    mover_q = (moved - HISTORY_START) // 91
    later_q = (begin[later] - HISTORY_START) // 91
    ends_q = np.where(finish > HISTORY_END, 10**6, (finish - HISTORY_START) // 91)
    kept_q = (begin[kept] - HISTORY_START) // 91
    for quarter in range(29):
        heirs = kept[kept_q == quarter]
        heirs = heirs[current[keeps[heirs]] >= 0]
        current[heirs] = current[keeps[heirs]]
        area_now[heirs] = area_of[current[heirs]]
        log_home.append(heirs)
        log_address.append(current[heirs])
        log_start.append(begin[heirs])
        log_forced.append(np.zeros(len(heirs), dtype=bool))
        leaving = np.flatnonzero(mover_q == quarter)
        arriving = later[later_q == quarter]
        takers = np.concatenate([mover[leaving], arriving])
        days = np.concatenate([moved[leaving], begin[arriving]])
        old = current[takers]
        inherited = np.isin(takers, keeps[heirs])
        over_there = mover[leaving[crosses[leaving]]]
        area_now[over_there] = 1 - area_now[over_there]
        for a in (0, 1):
            mine = np.flatnonzero(area_now[takers] == a)
            if not len(mine):
                continue
            pool = np.flatnonzero(~taken & (area_of == a))
            if len(pool) < len(mine):
                raise ValueError("the city has too few dwellings")
            pool = rng.permutation(pool)[: len(mine)]
            wish = taste[takers[mine]] * 10 + p.home_z[takers[mine]]
            offer = tenure[pool] * 10 + dep[lsoa[pool]]
            mine = mine[np.argsort(wish + 0.7 * rng.standard_normal(len(mine)), kind="stable")]
            pool = pool[np.argsort(offer, kind="stable")]
            current[takers[mine]] = pool
            tenure[pool] = taste[takers[mine]]
            taken[pool] = True
        released = old[(old >= 0) & ~inherited]
        log_home.append(takers)
        log_address.append(current[takers])
        log_start.append(days)
        log_forced.append(p.home_flees[takers] == days)
        over = np.flatnonzero(ends_q == quarter)
        gone = current[over]
        taken[released] = False
        taken[gone[gone >= 0]] = False
    p.home_area = area_now
    last = np.ones(len(p.stay_person), dtype=bool)
    last[:-1] = p.stay_person[1:] != p.stay_person[:-1]
    p.area[p.stay_person[last]] = area_now[p.stay_home[last]]
    home = np.concatenate(log_home)
    address = np.concatenate(log_address)
    start = np.concatenate(log_start)
    fled = np.concatenate(log_forced)
    order = np.lexsort((start, home))
    home, address, start, fled = home[order], address[order], start[order], fled[order]
    end = finish[home].copy()
    same = home[1:] == home[:-1]
    end[:-1] = np.where(same, start[1:], end[:-1])
    protected = fled.copy()
    # Whoever fled stays protected in the homes that follow.
    since = np.maximum.accumulate(np.where(fled, np.arange(len(home)), -1))
    protected |= (since >= 0) & (home[np.maximum(since, 0)] == home)
    good = end > start
    home, address, start, end = home[good], address[good], start[good], end[good]
    protected = protected[good]

    # ---- other places ------------------------------------------------------------------------
    n = p.n
    extra_kind: list[Ints] = []
    extra_lsoa: list[Ints] = []
    for kind, per, least in (
        ("refuge", 150_000, 1),
        ("hostel", 60_000, 1),
        ("childrens_home", 40_000, 2),
        ("university_hall", 60_000, 1),
        ("prison", 900_000, 1),
        ("police_station", 120_000, 1),
        ("hospital", 300_000, 1),
        ("surgery", 11_000, 1),
        ("council_office", 300_000, 1),
        ("hotel", 15_000, 2),
        ("takeaway", 2_500, 6),
        ("shop", 2_000, 6),
        ("park", 4_000, 4),
        ("transport", 20_000, 2),
        ("car_park", 12_000, 2),
    ):
        for a in (0, 1):
            if (kind == "university_hall" and a == 1) or (kind == "prison" and a == 1):
                continue
            many = max(least, round(n * (0.6, 0.4)[a] / per))
            mine = np.flatnonzero(lsoa_area == a)
            pull = (
                np.exp(0.4 * dep[mine])
                if kind not in ("surgery", "hospital")
                else dep[mine] * 0 + 1
            )
            extra_kind.append(np.full(many, KIND[kind], dtype=np.int64))
            extra_lsoa.append(mine[choose(rng, pull, many)])
    phases: list[Ints] = []
    n_before_schools = sum(map(len, extra_kind))
    for phase, per, least in (
        (0, 4_600, 4),
        (1, 17_000, 2),
        (2, 130_000, 1),
        (3, 70_000, 1),
        (4, 150_000, 1),
    ):
        for a in (0, 1):
            many = max(least, round(n * (0.6, 0.4)[a] / per))
            mine = np.flatnonzero(lsoa_area == a)
            extra_kind.append(np.full(many, KIND["school"], dtype=np.int64))
            extra_lsoa.append(rng.permutation(np.resize(mine, max(many, len(mine))))[:many])
            phases.append(np.full(many, phase, dtype=np.int64))
    kind_all = np.concatenate([np.full(n_dwell, KIND["residential"], dtype=np.int64), *extra_kind])
    lsoa_all = np.concatenate([lsoa, *extra_lsoa])
    phase_all = np.concatenate(phases)
    return Places(
        n_wards=n_wards,
        ward_area=ward_area,
        ward_policing=ward_policing,
        lsoa_ward=lsoa_ward,
        lsoa_dep=dep,
        lsoa_decile=decile,
        lsoa_x=lsoa_x,
        lsoa_y=lsoa_y,
        kind=kind_all,
        lsoa=lsoa_all,
        tenure=np.concatenate([tenure, np.full(len(kind_all) - n_dwell, NO_TENURE)]),
        school_phase=phase_all,
        school_address=n_dwell + n_before_schools + np.arange(len(phase_all)),
        home=home,
        address=address,
        start=start,
        end=end,
        protected=protected,
    )


@dataclass
class Residences:
    """Who lives at which address, when; sorted by person and start, without overlaps."""

    person: Ints
    address: Ints
    start: Ints
    end: Ints
    kind: Ints
    protected: Flags


def base_residences(p: People, city: Places) -> Residences:
    """Residences that follow from the homes alone."""
    n_homes = len(p.home_area)
    first = np.searchsorted(city.home, np.arange(n_homes))
    many = np.searchsorted(city.home, np.arange(n_homes), side="right") - first
    counts = many[p.stay_home]
    row = np.repeat(np.arange(len(p.stay_home)), counts)
    at = ranges(first[p.stay_home], counts)
    start = np.maximum(p.stay_start[row], city.start[at])
    end = np.minimum(p.stay_end[row], city.end[at])
    good = end > start
    row, at, start, end = row[good], at[good], start[good], end[good]
    person = p.stay_person[row]
    order = np.lexsort((start, person))
    return Residences(
        person[order],
        city.address[at][order],
        start[order],
        end[order],
        np.full(len(order), STAY["home"], dtype=np.int64),
        city.protected[at][order],
    )


def overlay(base: Residences, over: Residences) -> Residences:
    """Put the spells of `over` in the place of whatever `base` says for those days.

    Overlapping spells of `over` are cut at the start of the next.
    """
    keep = over.end > over.start
    order = np.flatnonzero(keep)
    order = order[np.lexsort((over.end[order], over.start[order], over.person[order]))]
    person, start, end = over.person[order], over.start[order], over.end[order].copy()
    same = person[1:] == person[:-1]
    end[:-1] = np.where(same, np.minimum(end[:-1], start[1:]), end[:-1])
    good = end > start
    order, person, start, end = order[good], person[good], start[good], end[good]
    # Remainders of base: the gaps between consecutive overriding spells, cut to the base spells.
    first = np.searchsorted(person, base.person)
    count = np.searchsorted(person, base.person, side="right") - first
    row = np.repeat(np.arange(len(base.person)), count + 1)
    k = ranges(np.zeros(len(count), dtype=np.int64), count + 1)
    at = first[row] + k
    low = np.where(
        k == 0, -NEVER, end[np.maximum(np.minimum(at - 1, len(end) - 1), 0)] if len(end) else -NEVER
    )
    high = np.where(
        k == count[row],
        10 * NEVER,
        start[np.minimum(at, len(start) - 1)] if len(start) else 10 * NEVER,
    )
    s = np.maximum(base.start[row], low)
    e = np.minimum(base.end[row], high)
    good = e > s
    row, s, e = row[good], s[good], e[good]
    who = np.concatenate([base.person[row], person])
    starts = np.concatenate([s, start])
    final = np.lexsort((starts, who))
    return Residences(
        who[final],
        np.concatenate([base.address[row], over.address[order]])[final],
        starts[final],
        np.concatenate([e, end])[final],
        np.concatenate([base.kind[row], over.kind[order]])[final],
        np.concatenate([base.protected[row], over.protected[order]])[final],
    )


def address_table(
    rng: np.random.Generator, city: Places, hotspot: Flags
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables `wards` and `addresses`, with invented streets, towns and postcodes."""
    taken: set[str] = set()
    towns = place_names(rng, 14, taken)
    ward_town = np.where(city.ward_area == 0, 0, 1 + np.arange(city.n_wards) % 12)
    ward_names = place_names(rng, city.n_wards, taken)
    wards = build(
        "wards",
        {
            "name": np.array(ward_names, dtype=object),
            "area": city.ward_area.astype(np.int8),
            "town": np.array([towns[t] for t in ward_town.tolist()], dtype=object),
            "policing": city.ward_policing,
        },
    )
    n = city.n
    # Streets: about 22 dwellings each, within a small area; every other place stands on one too.
    n_lsoa = len(city.lsoa_ward)
    per_lsoa = np.bincount(city.lsoa, minlength=n_lsoa)
    streets_of = np.maximum(3, per_lsoa // 22)
    first_street = np.cumsum(streets_of) - streets_of
    n_street = int(streets_of.sum())
    street = first_street[city.lsoa] + (rng.random(n) * streets_of[city.lsoa]).astype(np.int64)
    stems = place_names(rng, max(50, n_street // 3), taken)
    suffixes = [
        "Road",
        "Street",
        "Avenue",
        "Close",
        "Lane",
        "Way",
        "Drive",
        "Court",
        "Crescent",
        "Gardens",
        "Place",
        "Terrace",
    ]
    stem = rng.integers(0, len(stems), n_street).tolist()
    suffix = choose(rng, np.array([9, 7, 4, 5, 3, 2, 3, 1, 2, 2, 1, 1.0]), n_street).tolist()
    street_name = [f"{stems[a]} {suffixes[b]}" for a, b in zip(stem, suffix, strict=True)]
    order = np.argsort(street, kind="stable")
    counts = np.bincount(street, minlength=n_street)
    position = np.empty(n, dtype=np.int64)
    position[order] = np.arange(n) - np.repeat(np.cumsum(counts) - counts, counts)
    # Blocks of flats: six to a number, in a sixth of the streets.
    block = rng.random(n_street) < 0.17
    flats = block[street]
    number = np.where(flats, 1 + position // 6, 1 + position)
    flat = np.where(flats, 1 + position % 6, 0)
    # Postcodes: up to 16 addresses of a street share one; districts follow the wards.
    unit_key = street * 64 + np.minimum(position // 16, 63)
    keys, unit = np.unique(unit_key, return_inverse=True)
    lsoa_of_street = np.repeat(np.arange(n_lsoa), streets_of)
    ward_of_unit = city.lsoa_ward[lsoa_of_street[keys // 64]]
    first_ward = np.array([0, int((city.ward_area == 0).sum())])
    area_of_unit = city.ward_area[ward_of_unit]
    district = 1 + (ward_of_unit - first_ward[area_of_unit]) % np.array([16, 20])[area_of_unit]
    postcodes: list[str] = []
    used: dict[tuple[int, int], int] = {}
    for a, d in zip(area_of_unit.tolist(), district.tolist(), strict=True):
        serial = used.get((a, d), 0)
        used[a, d] = serial + 1
        # A fixed stride through the 4,000 codes of a district scatters neighbours.
        mixed = serial * 1_237 % 4_000
        sector, rest = divmod(mixed, 400)
        postcodes.append(f"Z{'AS'[a]}{d} {sector}{_LETTERS[rest // 20]}{_LETTERS[rest % 20]}")
    if max(used.values(), default=0) > 4_000:
        raise ValueError("a postcode district is full")
    names = {
        "refuge": "Haven House",
        "hostel": "Hostel",
        "childrens_home": "House",
        "university_hall": "Hall",
        "prison": "Prison",
        "police_station": "Police Station",
        "hospital": "Hospital",
        "surgery": "Surgery",
        "council_office": "Council Offices",
        "hotel": "Hotel",
        "takeaway": "Grill",
        "shop": "Stores",
        "park": "Park",
        "transport": "Bus Station",
        "car_park": "Car Park",
        "school": "School",
    }
    line = [
        f"Flat {f}, {m}" if f else str(m)
        for f, m in zip(flat.tolist(), number.tolist(), strict=True)
    ]
    special = np.flatnonzero(city.kind != KIND["residential"])
    titles = place_names(rng, len(special), taken)
    for row, title in zip(special.tolist(), titles, strict=True):
        kind = ADDRESS_KINDS[int(city.kind[row])]
        # A refuge or a children's home shows nothing in its address.
        if kind not in ("refuge", "childrens_home"):
            line[row] = f"{title} {names[kind]}"
    ward = city.lsoa_ward[city.lsoa]
    town_codes = ward_town[ward]
    street_codes, vocabulary = pd.factorize(np.array(street_name, dtype=object), sort=True)
    addresses = build(
        "addresses",
        {
            "uprn": 990_000_000_000 + rng.permutation(n).astype(np.int64) * 37 + 11,
            "line": np.array(line, dtype=object),
            "street": pd.Categorical.from_codes(
                street_codes[street], categories=pd.Index(vocabulary)
            ),
            "town": pd.Categorical.from_codes(town_codes, categories=pd.Index(towns)),
            "postcode": np.array(postcodes, dtype=object)[unit],
            "ward": ward,
            "lsoa": pd.Categorical.from_codes(
                city.lsoa, categories=pd.Index([f"X01{i + 1:06d}" for i in range(n_lsoa)])
            ),
            "imd_decile": city.lsoa_decile[city.lsoa].astype(np.int8),
            "area": city.ward_area[ward].astype(np.int8),
            "kind": city.kind,
            "tenure": city.tenure,
            "easting": (city.lsoa_x[city.lsoa] + 7 * (street % 97) + number).astype(np.int32),
            "northing": (city.lsoa_y[city.lsoa] + 11 * (street % 89) + 2 * number).astype(np.int32),
            "hotspot": hotspot,
        },
    )
    return wards, addresses
