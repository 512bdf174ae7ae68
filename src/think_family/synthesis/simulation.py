"""The whole simulation in the order of its causes: from a population and a seed to a `World`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from think_family.synthesis.dice import YEAR, Ints, generator
from think_family.synthesis.harms import KINDS, UNSEEN, Groups, Harm, groups, harm, hotspots
from think_family.synthesis.harms import true_risk_table as risk_table
from think_family.synthesis.household import (
    benefits,
    health,
    homelessness,
    housing,
    own_family,
    prison,
)
from think_family.synthesis.kinship import (
    family_tables,
    name_tables,
    recording_bias,
    relationships,
)
from think_family.synthesis.lives import Lives, Spells, lives
from think_family.synthesis.places import address_table, base_residences, overlay, places
from think_family.synthesis.policing import policing
from think_family.synthesis.population import People, extend, people
from think_family.synthesis.schooling import (
    Schooling,
    attendance,
    exclusions,
    other_tables,
    schooling,
)
from think_family.synthesis.services import (
    capped,
    early_help,
    help_offered,
    markers,
    social_care,
    specialist,
)
from think_family.synthesis.world import (
    HISTORY_END,
    HISTORY_START,
    NEVER,
    NOBODY,
    World,
    build,
)

SMALLEST = 2_000
STEPS = (
    "people",
    "places",
    "lives",
    "schools",
    "harms",
    "true risk",
    "education",
    "services",
    "housing and health",
    "police",
    "names",
    "truth",
)


def simulate(
    population: int,
    seed: int,
    prevalence: float = 1.0,
    progress: Callable[[str], None] | None = None,
) -> World:
    """Simulate a synthetic city.

    Parameters
    ----------
    population
        People who live in the city at some time in the history (about 80 % of them at any one
        time); visitors and second lives after adoption come on top. At least `SMALLEST`.
    seed
        The same population, seed and prevalence give the same world.
    prevalence
        Multiplies the hazard of exploitation, and of referral in error. 1 is natural; only then
        may accuracy be reported. At 20 about 100 children of a city of 5,000 enter a service.
    progress
        Called with the name of each of `STEPS` when it begins.

    """
    if population < SMALLEST:
        raise ValueError(f"a city has at least {SMALLEST} people")
    if prevalence <= 0:
        raise ValueError("prevalence must be positive")

    def room(name: str) -> np.random.Generator:
        return generator(seed, name)

    def step(name: str) -> None:
        if progress is not None:
            progress(name)

    step("people")
    p = people(room("people"), population)
    _visitors(room("visitors"), p, population)
    step("places")
    city = places(room("places"), p)
    step("lives")
    life = lives(room("lives"), p, city)
    homeless, hostels = homelessness(room("homelessness"), p, city)
    homes = base_residences(p, city)
    homes = overlay(homes, hostels)
    for over in life.over:
        homes = overlay(homes, over)
    homes = overlay(homes, prison(room("prison"), p, city))
    step("schools")
    school = schooling(room("schooling"), p, city, life, homes)
    step("harms")
    harms = [harm(room(f"harm {kind}"), kind, p, life, school, prevalence) for kind in KINDS]
    gangs = groups(room("groups"), p, city, homes, life, school, harms)
    step("true risk")
    risk = risk_table(p, life, school, harms, prevalence)
    trouble = _trouble(life, harms)
    tables: dict[str, pd.DataFrame] = {"true_risk": risk, "homelessness": homeless}
    step("education")
    tables |= other_tables(room("education"), p, city, life, school, trouble)
    tables["attendance"] = attendance(room("attendance"), p, life, school, trouble)
    tables["exclusions"] = exclusions(room("exclusions"), p, life, school, trouble)
    step("services")
    tables |= social_care(room("social care"), p, life, school, harms)
    kin, of_home = family_tables(p)
    tables |= kin
    home_of_child = own_family(p, life)
    family_of_child = np.where(home_of_child >= 0, of_home[np.maximum(home_of_child, 0)], NOBODY)
    tables["early_help"] = early_help(room("early help"), p, life, family_of_child)
    tables |= specialist(room("specialist"), p, life, harms)
    offered, calm = help_offered(room("help"), p, life, school, harms)
    tables |= offered
    step("housing and health")
    tables |= housing(room("housing"), p, city)
    tables["benefits"] = benefits(room("benefits"), p)
    tables |= health(room("health"), p, city, homes, life, _first_harm(p, life, harms))
    step("police")
    police = policing(room("policing"), p, city, homes, life, school, harms, gangs, calm)
    tables |= police.tables
    tables["markers"] = markers(
        room("markers"), p, life, harms, police.missing, police.offenders, police.domestic
    )
    tables["interventions"] = _aftermath(tables)
    step("names")
    tables |= name_tables(room("names"), p, life, school.person)
    tables["persons"]["police_known"] = _police_known(p, tables)
    tables["wards"], tables["addresses"] = address_table(
        room("addresses"), city, hotspots(city, gangs)
    )
    tables["relationships"] = relationships(p, city, life)
    step("truth")
    lived = homes.start <= HISTORY_END
    tables["residences"] = build(
        "residences",
        {
            "person": homes.person[lived],
            "address": homes.address[lived],
            "start": homes.start[lived],
            "end": capped(np.minimum(homes.end[lived], NEVER)),
            "kind": homes.kind[lived],
            "protected": homes.protected[lived],
        },
    )
    tables |= _exploitation_tables(life, harms, gangs)
    tables["associations"] = _associations(p, school, life, harms, gangs, tables)
    tables["recording_bias"] = recording_bias()
    return World(population=population, seed=seed, prevalence=prevalence, **tables)


def _visitors(rng: np.random.Generator, p: People, population: int) -> None:
    """People from elsewhere who come to offend or to exploit; police records only."""
    n = max(8, population // 3_000)
    born = HISTORY_START - (rng.uniform(20, 42, n) * YEAR).astype(np.int64)
    extend(
        p,
        n,
        sex=(rng.random(n) < 0.88).astype(np.int64),
        born=born,
        arrived=born,
        area=-1,
        presence=2,
        z=1.0 + rng.standard_normal(n),
        v=0.7 + rng.standard_normal(n),
        ethnicity=rng.choice(
            12, n, p=[0.55, 0.1, 0.02, 0.05, 0.03, 0.02, 0.04, 0.02, 0.03, 0.06, 0.06, 0.02]
        ),
    )


def _trouble(life: Lives, harms: list[Harm]) -> Spells:
    """Spells in which exploitation that shows keeps a child from school."""
    who, start, end = [], [], []
    for h in harms:
        shows = h.visibility != UNSEEN
        who.append(life.child[h.victim[shows]])
        start.append(h.onset[shows] + 20)
        end.append(np.maximum(h.end[shows], h.onset[shows] + 21))
    return Spells(np.concatenate(who), np.concatenate(start), np.concatenate(end))


def _first_harm(p: People, life: Lives, harms: list[Harm]) -> Ints:
    """Day of the first onset that shows, by person."""
    day = np.full(p.n, NEVER, dtype=np.int64)
    for h in harms:
        shows = h.visibility != UNSEEN
        np.minimum.at(day, life.child[h.victim[shows]], h.onset[shows])
    return day


def _aftermath(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Fill in which offers of help were followed by harm within a year."""
    offers = tables["interventions"]
    people_ = tables["incident_people"]
    incidents = tables["incidents"]
    kind = incidents["kind"].cat.codes.to_numpy()[people_["incident"].to_numpy()]
    role = people_["role"]
    bad = ((kind == 0) & role.isin(["victim", "suspect"]).to_numpy()) | (
        (kind == 2) & (role == "missing").to_numpy()
    )
    who = people_["person"].to_numpy()[bad].astype(np.int64)
    day = incidents["day"].to_numpy()[people_["incident"].to_numpy()[bad]].astype(np.int64)
    key = np.sort(who * (1 << 21) + day)
    subject = offers["person"].to_numpy().astype(np.int64) * (1 << 21)
    offered = offers["offered"].to_numpy().astype(np.int64)
    low = np.searchsorted(key, subject + offered, side="right")
    high = np.searchsorted(key, subject + offered + 365, side="right")
    return offers.assign(harm_after=high > low)


def _police_known(p: People, tables: dict[str, pd.DataFrame]) -> np.ndarray:
    known = np.zeros(p.n, dtype=bool)
    people_ = tables["incident_people"]
    learned = tables["incidents"]["recorded"].to_numpy()[people_["incident"].to_numpy()]
    seen = people_["known_to_police"].to_numpy() & (learned <= HISTORY_END)
    known[people_["person"].to_numpy()[seen]] = True
    known[tables["intelligence_subjects"]["person"].to_numpy()] = True
    known[tables["pnc_checks"]["person"].to_numpy()] = True
    known[tables["markers"]["person"].to_numpy()] = True
    return known


def _exploitation_tables(life: Lives, harms: list[Harm], g: Groups) -> dict[str, pd.DataFrame]:
    victims = [
        (life.child[h.victim], np.full(len(h.victim), k), h.onset, h.end, h.group, h.visibility)
        for k, h in enumerate(harms)
    ]
    who, kind, onset, end, group, visibility = (
        np.concatenate([v[i] for v in victims]) for i in range(6)
    )
    in_history = (end > HISTORY_START) & (onset <= HISTORY_END)
    order = np.flatnonzero(in_history)
    order = order[np.lexsort((who[order], onset[order]))]
    return {
        "victims": build(
            "victims",
            {
                "person": who[order],
                "kind": kind[order],
                "onset": onset[order],
                "end": capped(end[order]),
                "group": group[order],
                "visibility": visibility[order],
            },
        ),
        "groups": build(
            "groups",
            {"kind": g.kind, "area": g.area.astype(np.int8), "start": g.start, "end": g.end},
        ),
        "exploiters": build(
            "exploiters",
            {
                "person": g.member,
                "group": g.member_group,
                "start": g.start[g.member_group],
                "end": g.end[g.member_group],
            },
        ),
        "group_places": build(
            "group_places",
            {
                "group": g.place_group,
                "address": g.place,
                "start": g.start[g.place_group],
                "end": g.end[g.place_group],
            },
        ),
    }


_FRIENDS, _EXPLOITER_VICTIM, _CO_VICTIMS, _CO_OFFENDERS, _EXPLOITERS, _RIVALS = range(6)


def _associations(
    p: People,
    school: Schooling,
    life: Lives,
    harms: list[Harm],
    g: Groups,
    tables: dict[str, pd.DataFrame],
) -> pd.DataFrame:
    """Gather true ties: friends, and who met in exploitation, offending or violence."""
    parts = [
        (
            school.friend_a,
            school.friend_b,
            school.friend_start,
            school.friend_end,
            np.zeros(len(school.friend_a), dtype=np.int64),
        )
    ]
    people_ = tables["incident_people"]
    incident = people_["incident"].to_numpy().astype(np.int64)
    person = people_["person"].to_numpy().astype(np.int64)
    kind = tables["incidents"]["kind"].cat.codes.to_numpy()[incident]
    day = tables["incidents"]["day"].to_numpy()[incident].astype(np.int64)
    role = people_["role"].cat.codes.to_numpy()
    exploiter = np.zeros(p.n, dtype=bool)
    exploiter[g.member] = True
    finish = np.zeros(p.n, dtype=np.int64)
    for h in harms:
        np.maximum.at(finish, life.child[h.victim], h.end)

    def pairs(mine: np.ndarray) -> tuple[Ints, Ints, Ints]:
        rows = np.flatnonzero(mine)
        found: list[tuple[Ints, Ints, Ints]] = []
        for apart in range(1, 9):
            a, b = rows[:-apart], rows[apart:]
            same = incident[a] == incident[b]
            if not same.any():
                break
            one, two = person[a[same]], person[b[same]]
            found.append((np.minimum(one, two), np.maximum(one, two), day[a[same]]))
        if not found:
            none = np.zeros(0, dtype=np.int64)
            return none, none, none
        return (
            np.concatenate([f[0] for f in found]),
            np.concatenate([f[1] for f in found]),
            np.concatenate([f[2] for f in found]),
        )

    def spans(a: Ints, b: Ints, when: Ints, least: int) -> tuple[Ints, Ints, Ints, Ints]:
        key = a * np.int64(p.n) + b
        order = np.lexsort((when, key))
        key, when = key[order], when[order]
        unique, first, count = np.unique(key, return_index=True, return_counts=True)
        enough = count >= least
        unique, first, count = unique[enough], first[enough], count[enough]
        return unique // p.n, unique % p.n, when[first], when[first + count - 1]

    a, b, first, last = spans(*pairs(kind == 5), 1)
    tie = np.where(
        exploiter[a] & exploiter[b],
        _EXPLOITERS,
        np.where(exploiter[a] | exploiter[b], _EXPLOITER_VICTIM, _CO_VICTIMS),
    )
    stop = np.where(
        tie == _EXPLOITERS,
        last + 365,
        np.maximum(last + 1, np.where(exploiter[a], finish[b], finish[a])),
    )
    parts.append((a, b, first, capped(stop), tie))
    # Offending, nuisance and being stopped together, more than once.
    a, b, first, last = spans(*pairs(np.isin(kind, (0, 3, 4)) & np.isin(role, (1, 4))), 2)
    apart = ~np.isin(a * np.int64(p.n) + b, school.friend_a * np.int64(p.n) + school.friend_b)
    a, b, first, last = a[apart], b[apart], first[apart], last[apart]
    parts.append((a, b, first, capped(last + 180), np.full(len(a), _CO_OFFENDERS)))
    fights = tables["peer_violence"]
    one = fights["aggressor"].to_numpy().astype(np.int64)
    two = fights["victim"].to_numpy().astype(np.int64)
    a, b, first, last = spans(
        np.minimum(one, two), np.maximum(one, two), fights["day"].to_numpy().astype(np.int64), 1
    )
    parts.append((a, b, first, capped(last + 180), np.full(len(a), _RIVALS)))
    columns = [np.concatenate([x[i] for x in parts]) for i in range(5)]
    return build(
        "associations",
        {
            "a": columns[0],
            "b": columns[1],
            "kind": columns[4],
            "start": columns[2],
            "end": columns[3],
        },
    )
