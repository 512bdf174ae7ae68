"""What happens that police may learn of, and what they learn: one incident, many possible records.

An incident happens once. Calls, crimes, domestic-abuse grades, missing reports and intelligence
are views of it. Police know of a part of those who were there; petty incidents come to notice more
in some wards and for some groups than for others.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from think_family.synthesis.dice import (
    YEAR,
    Flags,
    Ints,
    Reals,
    choose,
    events,
    lags,
    lookup,
    ranges,
    within,
)
from think_family.synthesis.harms import QUIET, UNSEEN, VISIBLE, Groups, Harm, friends_of
from think_family.synthesis.lives import Lives, Spells
from think_family.synthesis.places import STAY, Places, Residences
from think_family.synthesis.population import F, M, People
from think_family.synthesis.schooling import Schooling
from think_family.synthesis.services import capped
from think_family.synthesis.world import (
    HISTORY_END,
    HISTORY_START,
    INCIDENT_ROLES,
    NEVER,
    NOBODY,
    OFFENCES,
    build,
    categories,
)

CRIME, DOMESTIC, MISSING, ASB, CONCERN, MEETING = range(6)
ROLE = {name: i for i, name in enumerate(INCIDENT_ROLES)}
OFF = {name: i for i, name in enumerate(OFFENCES)}
OPEN = {name: i for i, name in enumerate(categories("call_cards", "opening"))}

# How often police stop or notice members of each ethnic group for petty matters, relative to the
# white British (Home Office, Police powers and procedures: stop and search, 2022/23, softened).
NOTICE = np.array([1.0, 1.0, 1.8, 1.7, 1.2, 1.0, 1.2, 1.3, 1.0, 2.0, 2.2, 1.2])


@dataclass
class _Log:
    """Incidents and their records, gathered in batches."""

    n: int = 0
    incident: dict[str, list[npt.NDArray[np.generic]]] = field(default_factory=dict)
    rows: dict[str, dict[str, list[npt.NDArray[np.generic]]]] = field(default_factory=dict)

    def open(self, n: int, **columns: object) -> Ints:
        """Add incidents: kind, day, minute, address, area, recorded."""
        _gather(self.incident, n, columns)
        self.n += n
        return np.arange(self.n - n, self.n, dtype=np.int64)

    def add(self, table: str, n: int, **columns: object) -> None:
        """Add rows to a table that refers to incidents."""
        _gather(self.rows.setdefault(table, {}), n, columns)

    def people(
        self,
        incident: Ints,
        person: Ints,
        role: str,
        known: object = True,
        present: object = True,
        professional: bool = False,
    ) -> None:
        """Add people to incidents."""
        self.add(
            "incident_people",
            len(incident),
            incident=incident,
            person=person,
            role=ROLE[role],
            present=present,
            known_to_police=known,
            professional=professional,
        )

    def table(self, name: str) -> dict[str, npt.NDArray[np.generic]]:
        """Columns of a gathered table."""
        return {key: np.concatenate(parts) for key, parts in self.rows.get(name, {}).items()}


def _gather(
    target: dict[str, list[npt.NDArray[np.generic]]], n: int, columns: dict[str, object]
) -> None:
    for name, values in columns.items():
        target.setdefault(name, []).append(np.broadcast_to(np.asarray(values), (n,)))


@dataclass
class Policing:
    """Tables of the police, and what other modules ask of them."""

    tables: dict[str, pd.DataFrame]
    missing: tuple[Ints, Ints]
    offenders: tuple[Ints, Ints, Ints]
    domestic: tuple[Ints, Ints]


@dataclass
class _City:
    """All that the parts below read."""

    rng: np.random.Generator
    p: People
    city: Places
    homes: Residences
    life: Lives
    school: Schooling
    harms: list[Harm]
    groups: Groups
    calm: Spells
    log: _Log
    liability: Reals
    mate: Ints
    public: list[Ints]

    def resident(self, person: Ints, day: Ints) -> Flags:
        """Whether each is alive and in the city (or a visitor) on the day."""
        here: Flags = (self.p.arrived[person] <= day) & (self.p.left[person] > day)
        alive: Flags = here & (self.p.died[person] > day)
        found: Flags = alive | (self.p.presence[person] == 2)
        return found

    def home(self, person: Ints, day: Ints) -> Ints:
        """Address of each person on the day, or -1."""
        r = self.homes
        return lookup(r.person, r.start, r.end, r.address, person, day)

    def somewhere(self, area: Ints) -> Ints:
        """Choose a public place in the area."""
        out = np.zeros(len(area), dtype=np.int64)
        for a in (0, 1):
            mine = np.flatnonzero(area == a)
            out[mine] = self.public[a][self.rng.integers(0, len(self.public[a]), len(mine))]
        return out

    def minutes(self, n: int, late: float = 0.5) -> Ints:
        """Minutes of the day; a share falls in the evening and night."""
        night = self.rng.random(n) < late
        evening = (self.rng.normal(22.0, 2.6, n) % 24) * 60
        other = self.rng.uniform(8, 19, n) * 60
        return np.where(night, evening, other).astype(np.int64) % 1440

    def friend(self, person: Ints, day: Ints) -> Ints:
        """Choose a present friend of each child on the day, or -1.

        Close friends are chosen more often than others, and of two the wilder one.
        """
        first, count, other, start, end = self._friends
        at = self.life.position[person]
        many = np.where(at >= 0, count[np.maximum(at, 0)], 0)
        if not len(other):
            return np.full(len(person), NOBODY, dtype=np.int64)
        found = np.full(len(person), NOBODY, dtype=np.int64)
        for _ in range(2):
            turn = (self.rng.random(len(person)) ** 1.6 * np.maximum(many, 1)).astype(np.int64)
            row = np.minimum(first[np.maximum(at, 0)] + turn, len(other) - 1)
            good = (many > 0) & (start[row] <= day) & (end[row] > day)
            friend = np.where(good, self.life.child[other[row]], NOBODY)
            wilder = self.liability[np.maximum(friend, 0)] > self.liability[np.maximum(found, 0)]
            found = np.where((found < 0) | (wilder & (friend >= 0)), friend, found)
        return found

    def companion(self, harm: Harm, victim: Ints, day: Ints) -> Ints:
        """Choose another present victim of the same group, near in time of onset, or -1.

        `victim` and the result are positions in `Harm.victim`.
        """
        order = np.lexsort((harm.onset, harm.group))
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(len(order))
        step = self.rng.geometric(0.6, len(victim)) * self.rng.choice([-1, 1], len(victim))
        other = order[np.clip(rank[victim] + step, 0, len(order) - 1)]
        good = (other != victim) & (harm.group[other] == harm.group[victim])
        good &= (harm.onset[other] <= day) & (harm.end[other] > day)
        return np.where(good, other, NOBODY)

    _friends: tuple[Ints, Ints, Ints, Ints, Ints] = field(init=False)
    city_index: tuple[Ints, Ints, Ints] = field(init=False)

    def __post_init__(self) -> None:
        """Index friends, and residents by small area (their first home in the history)."""
        self._friends = friends_of(self.school, self.life)
        r = self.homes
        lead = np.ones(len(r.person), dtype=bool)
        lead[1:] = r.person[1:] != r.person[:-1]
        row = np.flatnonzero(lead & (r.address >= 0))
        lsoa = self.city.lsoa[r.address[row]]
        order = np.argsort(lsoa, kind="stable")
        n_lsoa = len(self.city.lsoa_ward)
        self.city_index = (
            r.person[row[order]],
            np.searchsorted(lsoa[order], np.arange(n_lsoa)),
            np.bincount(lsoa, minlength=n_lsoa),
        )

    def calmed(self, person: Ints, day: Ints) -> Flags:
        """Events that help prevents: half of those in the year after it begins."""
        held = lookup(
            self.calm.who,
            self.calm.start,
            self.calm.end,
            np.ones(len(self.calm.who), np.int64),
            person,
            day,
            0,
        )
        return (held > 0) & (self.rng.random(len(person)) < 0.5)


def policing(
    rng: np.random.Generator,
    p: People,
    city: Places,
    homes: Residences,
    life: Lives,
    school: Schooling,
    harms: list[Harm],
    groups: Groups,
    calm: Spells,
) -> Policing:
    """Let the history happen, and let police learn of part of it."""
    liability = np.exp(0.5 * p.z + 0.7 * p.v) * np.where(p.sex == M, 1.0, 0.24)
    liability *= rng.gamma(0.45, 1 / 0.45, p.n)
    w = _City(
        rng,
        p,
        city,
        homes,
        life,
        school,
        harms,
        groups,
        calm,
        _Log(),
        liability,
        _mates(rng, p, city, homes, liability),
        [
            np.concatenate(
                [
                    city.of_kind(k, a)
                    for k in ("park", "shop", "takeaway", "transport", "car_park", "hotel")
                ]
            )
            for a in (0, 1)
        ],
    )
    _offending(w)
    _losses(w)
    domestic = _domestic(w)
    _missing(w)
    _nuisance(w)
    _stops(w)
    _crowds(w)
    _concerns(w)
    _exploitation(w)
    _standing_intelligence(w)
    return _finish(w, domestic)


def _mates(
    rng: np.random.Generator, p: People, city: Places, homes: Residences, liability: Reals
) -> Ints:
    """Give each of the more liable a lasting companion in offending, near in place and age."""
    mate = np.full(p.n, NOBODY, dtype=np.int64)
    liable = np.flatnonzero((liability > np.quantile(liability, 0.93)) & (p.presence < 2))
    row = np.minimum(np.searchsorted(homes.person, liable), max(len(homes.person) - 1, 0))
    at = homes.address[row]
    lsoa = np.where((homes.person[row] == liable) & (at >= 0), city.lsoa[np.maximum(at, 0)], 0)
    ward = city.lsoa_ward[lsoa]
    key = p.born[liable] / YEAR + 2.0 * rng.standard_normal(len(liable))
    order = liable[np.lexsort((key, ward))]
    near = np.abs(p.born[order[:-1]] - p.born[order[1:]]) < 8 * YEAR
    mate[order[:-1][near]] = order[1:][near]
    back = order[1:][near]
    unset = mate[back] < 0
    mate[back[unset]] = order[:-1][near][unset]
    return mate


def _age_curve(age: Reals) -> Reals:
    """Relative rate of offending by age."""
    return np.interp(
        age, [9.9, 10, 13, 16, 19, 25, 40, 60, 80], [0, 0.1, 0.7, 1.6, 1.7, 1.1, 0.6, 0.15, 0.02]
    )


def _yearly(w: _City, rate: Reals, low_age: float, curve: bool) -> tuple[Ints, Ints]:
    """Events of all people, year by year of the history, with an age curve."""
    found_who, found_day = [], []
    for year in range(7):
        begin = HISTORY_START + int(year * YEAR)
        stop = min(HISTORY_START + int((year + 1) * YEAR), HISTORY_END + 1)
        age = (begin + 182 - w.p.born) / YEAR
        scale = _age_curve(age) if curve else (age >= low_age) * 1.0
        start = np.maximum(w.p.arrived, begin)
        end = np.minimum(np.minimum(w.p.left, w.p.died), stop)
        here = (w.p.presence < 2) | (age > 18)
        who, when = events(w.rng, rate * scale * here, start, np.maximum(end, start))
        found_who.append(who)
        found_day.append(when)
    return np.concatenate(found_who), np.concatenate(found_day)


_MIX = {
    # offence: share for under 18, share for adults
    "violence_with_injury": (0.17, 0.13),
    "violence_without_injury": (0.22, 0.18),
    "stalking_harassment": (0.05, 0.08),
    "robbery": (0.045, 0.015),
    "possession_weapon": (0.035, 0.02),
    "rape": (0.012, 0.012),
    "sexual_assault": (0.02, 0.018),
    "drug_supply": (0.03, 0.03),
    "drug_possession": (0.09, 0.09),
    "burglary": (0.04, 0.05),
    "vehicle_crime": (0.05, 0.04),
    "shoplifting": (0.07, 0.17),
    "theft_other": (0.04, 0.05),
    "criminal_damage_arson": (0.11, 0.07),
    "public_order": (0.08, 0.1),
}
_PERSONAL = (
    "violence_with_injury",
    "violence_without_injury",
    "stalking_harassment",
    "robbery",
    "rape",
    "sexual_assault",
    "burglary",
    "vehicle_crime",
    "theft_other",
    "criminal_damage_arson",
    "public_order",
)


def _crimes(
    w: _City,
    incident: Ints,
    offence: Ints,
    day: Ints,
    recorded: Ints,
    known_suspect: Flags,
    domestic: bool = False,
    cse: object = False,
    knife: object = False,
) -> Ints:
    """Record crimes; returns their outcomes (integer codes)."""
    m = len(incident)
    u = w.rng.random(m)
    with_suspect = np.where(
        u < 0.14, 5, np.where(u < 0.24, 4, np.where(u < 0.78, 2, np.where(u < 0.86, 3, 0)))
    )
    outcome = np.where(known_suspect, with_suspect, np.where(u < 0.85, 1, 0))
    outcome = np.where(recorded > HISTORY_END - 60, 0, outcome)
    w.log.add(
        "crimes",
        m,
        incident=incident,
        offence=offence,
        started=day,
        ended=day + (w.rng.random(m) < 0.08) * w.rng.integers(0, 3, m),
        recorded=recorded,
        domestic=domestic,
        cse=cse,
        knife=knife,
        outcome=outcome,
    )
    return outcome


def _cards(w: _City, incident: Ints, day: Ints, minute: Ints, opening: Ints) -> None:
    m = len(incident)
    later = minute + w.rng.integers(1, 90, m)
    w.log.add(
        "call_cards",
        m,
        incident=incident,
        day=day + later // 1440,
        minute=later % 1440,
        opening=opening,
        grade=choose(w.rng, np.array([0.27, 0.36, 0.25, 0.12]), m),
        recorded=day + later // 1440,
    )


def _checks(w: _City, incident: Ints, person: Ints, day: Ints, minute: Ints) -> None:
    """Officers at an incident check people on the Police National Computer."""
    later = minute + w.rng.integers(15, 150, len(incident))
    w.log.add(
        "pnc_checks",
        len(incident),
        incident=incident,
        person=person,
        day=day + later // 1440,
        minute=later % 1440,
    )


def _report(
    w: _City,
    incident: Ints,
    day: Ints,
    theme: object,
    address: Ints,
    delay: int = 3,
) -> Ints:
    """Make intelligence reports; returns their numbers in the order of making."""
    m = len(incident)
    made = sum(len(x) for x in w.log.rows.get("intelligence", {}).get("day", []))
    w.log.add(
        "intelligence",
        m,
        incident=incident,
        day=day,
        recorded=day + lags(w.rng, m, delay),
        theme=theme,
        address=address,
        source_grade=1 + choose(w.rng, np.array([0.28, 0.62, 0.10]), m),
        assessment=choose(w.rng, np.array([0.12, 0.34, 0.1, 0.41, 0.03]), m),
        handling=(w.rng.random(m) < 0.14).astype(np.int64),
    )
    return np.arange(made, made + m, dtype=np.int64)


def _name_subjects(w: _City, report: Ints, person: Ints, role: object) -> None:
    """Name people in reports; one in forty is the wrong person."""
    m = len(report)
    mistaken = w.rng.random(m) < 0.025
    other = w.rng.integers(0, w.p.n, m)
    w.log.add(
        "intelligence_subjects",
        m,
        intelligence=report,
        person=np.where(mistaken, other, person),
        role=role,
        mistaken=mistaken,
    )


def _offending(w: _City) -> None:
    """Crimes with a suspect, alone or together; serious violence between peers among them."""
    rng, p = w.rng, w.p
    who, day = _yearly(w, 0.060 * w.liability, 10, curve=True)
    extra_w, extra_d = [], []
    # Criminally exploited children carry drugs and knives for others.
    ce = w.harms[1]
    rate = np.where(ce.visibility == VISIBLE, 2.2, np.where(ce.visibility == QUIET, 0.45, 0.0))
    k, d = events(
        rng,
        rate * rng.gamma(1.0, 1.0, len(rate)),
        np.maximum(ce.onset, HISTORY_START),
        np.minimum(ce.end, HISTORY_END),
    )
    extra_w.append(w.life.child[ce.victim[k]])
    extra_d.append(d)
    run = np.concatenate([np.zeros(len(who), bool), np.ones(len(k), bool)])
    who, day = np.concatenate([who, *extra_w]), np.concatenate([day, *extra_d])
    ok = w.resident(who, day) & ~w.calmed(who, day)
    who, day, run = who[ok], day[ok], run[ok]
    m = len(who)
    age = (day - p.born[who]) / YEAR
    young = age < 18
    names = list(_MIX)
    codes = np.array([OFF[x] for x in names])
    offence = np.where(
        young,
        codes[choose(rng, np.array([_MIX[x][0] for x in names]), m)],
        codes[choose(rng, np.array([_MIX[x][1] for x in names]), m)],
    )
    carried = np.array(
        [
            OFF["drug_supply"],
            OFF["drug_possession"],
            OFF["possession_weapon"],
            OFF["robbery"],
            OFF["violence_with_injury"],
        ]
    )
    offence = np.where(
        run & (rng.random(m) < 0.75),
        carried[choose(rng, np.array([0.35, 0.2, 0.2, 0.1, 0.15]), m)],
        offence,
    )
    # Petty possession comes to notice unevenly.
    petty = np.isin(offence, (OFF["drug_possession"], OFF["public_order"]))
    here = w.home(who, day)
    ward = np.where(here >= 0, w.city.lsoa_ward[w.city.lsoa[np.maximum(here, 0)]], 0)
    notice = 0.5 * NOTICE[p.ethnicity[who]] * w.city.ward_policing[ward]
    seen = ~petty | (rng.random(m) < notice)
    who, day, run, age, young = who[seen], day[seen], run[seen], age[seen], young[seen]
    offence, here = offence[seen], here[seen]
    m = len(who)
    area = np.where(here >= 0, w.city.area()[np.maximum(here, 0)], np.maximum(p.area[who], 0))
    shops = [w.city.of_kind("shop", a) for a in (0, 1)]
    place = w.somewhere(area)
    for a in (0, 1):
        lifted = np.flatnonzero((offence == OFF["shoplifting"]) & (area == a))
        place[lifted] = shops[a][rng.integers(0, len(shops[a]), len(lifted))]
    indoors = (rng.random(m) < 0.3) & (here >= 0) & (offence != OFF["shoplifting"])
    place = np.where(indoors, here, place)
    place = np.where(rng.random(m) < 0.06, NOBODY, place)
    minute = w.minutes(m, 0.55)
    recorded = day + lags(rng, m, 0.7, 1.2)
    incident = w.log.open(
        m, kind=CRIME, day=day, minute=minute, address=place, area=area, recorded=recorded
    )
    known = rng.random(m) < 0.86
    w.log.people(incident, who, "suspect", known=known)
    # Company: friends for the young, a lasting mate for the others.
    for turn, chance in ((0, 0.36), (1, 0.14)):
        pal = np.where(young | (rng.random(m) < 0.25), w.friend(who, day), NOBODY)
        pal = np.where((pal < 0) & (turn == 0) & (rng.random(m) < 0.5), w.mate[who], pal)
        with_ = np.flatnonzero((pal >= 0) & (rng.random(m) < np.where(young, chance, chance / 2)))
        fine = w.resident(pal[with_], day[with_]) & (day[with_] - p.born[pal[with_]] > 9 * YEAR)
        with_ = with_[fine]
        w.log.people(
            incident[with_],
            pal[with_],
            "suspect" if turn == 0 else "involved",
            known=rng.random(len(with_)) < 0.72,
        )
    # Victims: peers of the young; people of the neighbourhood for the others.
    personal = np.isin(offence, [OFF[x] for x in _PERSONAL])
    victim = _victims(w, who, day, young, area)
    struck = np.flatnonzero(personal & (victim >= 0) & (victim != who) & (rng.random(m) < 0.85))
    struck = struck[w.resident(victim[struck], day[struck])]
    w.log.people(incident[struck], victim[struck], "victim", known=rng.random(len(struck)) < 0.95)
    watched = np.flatnonzero(rng.random(m) < 0.16)
    witness = _neighbour(w, who[watched], day[watched])
    fine = (witness >= 0) & (witness != who[watched])
    w.log.people(
        incident[watched[fine]], witness[fine], "witness", known=rng.random(int(fine.sum())) < 0.8
    )
    knife = np.isin(
        offence, (OFF["possession_weapon"], OFF["robbery"], OFF["violence_with_injury"])
    ) & (rng.random(m) < 0.16)
    knife |= offence == OFF["possession_weapon"]
    outcome = _crimes(w, incident, offence, day, recorded, known, knife=knife)
    called = np.flatnonzero(rng.random(m) < 0.62)
    opening = np.where(
        np.isin(
            offence,
            [
                OFF[x]
                for x in (
                    "violence_with_injury",
                    "violence_without_injury",
                    "robbery",
                    "possession_weapon",
                )
            ],
        ),
        OPEN["violence"],
        np.where(
            np.isin(offence, (OFF["drug_supply"], OFF["drug_possession"])),
            OPEN["drugs"],
            np.where(
                np.isin(offence, (OFF["rape"], OFF["sexual_assault"])),
                OPEN["sexual_offence"],
                np.where(offence == OFF["public_order"], OPEN["public_order"], OPEN["theft"]),
            ),
        ),
    )
    _cards(w, incident[called], day[called], minute[called], opening[called])
    checked = called[known[called] & (rng.random(len(called)) < 0.55)]
    _checks(w, incident[checked], who[checked], day[checked], minute[checked])
    # Serious violence between peers.
    peer = struck[
        np.isin(offence[struck], (OFF["violence_with_injury"], OFF["robbery"]))
        & (age[struck] < 25)
        & ((day[struck] - p.born[victim[struck]]) / YEAR < 25)
    ]
    peer = peer[rng.random(len(peer)) < np.where(knife[peer], 0.95, 0.4)]
    w.log.add(
        "peer_violence",
        len(peer),
        incident=incident[peer],
        aggressor=who[peer],
        victim=victim[peer],
        day=day[peer],
        knife=knife[peer],
    )
    # Arrests, and youth justice.
    held = np.flatnonzero(known & (age >= 10) & (rng.random(m) < np.where(young, 0.16, 0.24)))
    later = np.maximum(day[held], recorded[held]) + lags(rng, len(held), 0.8, 1.5)
    w.log.add(
        "custody",
        len(held),
        incident=incident[held],
        person=who[held],
        day=later,
        minute=w.minutes(len(held), 0.5),
        released=later + (rng.random(len(held)) < 0.6),
        outcome=np.where(
            outcome[held] == 5,
            0,
            np.where(outcome[held] == 4, 3, 1 + (rng.random(len(held)) < 0.55)),
        ),
    )
    justice = np.flatnonzero(young & known & (age >= 10) & np.isin(outcome, (4, 5)))
    justice = justice[rng.random(len(justice)) < 0.6]
    begin = recorded[justice] + 20 + lags(rng, len(justice), 60)
    w.log.add(
        "youth_justice",
        len(justice),
        person=who[justice],
        start=begin,
        end=begin + 60 + rng.integers(0, 270, len(justice)),
        outcome=np.where(
            outcome[justice] == 4,
            choose(rng, np.array([0.5, 0.2, 0.2, 0, 0, 0, 0.1]), len(justice)),
            choose(rng, np.array([0, 0, 0.1, 0.55, 0.29, 0.06, 0]), len(justice)),
        ),
        incident=incident[justice],
        recorded=begin + lags(rng, len(justice), 5),
    )
    # One in eleven of these crimes is also told by intelligence.
    told = np.flatnonzero(rng.random(m) < 0.09)
    theme = np.where(
        np.isin(offence[told], (OFF["drug_supply"], OFF["drug_possession"])),
        2,
        np.where(
            np.isin(
                offence[told],
                (OFF["violence_with_injury"], OFF["robbery"], OFF["possession_weapon"]),
            ),
            3,
            5,
        ),
    )
    theme = np.where(run[told] & (rng.random(len(told)) < 0.5), 1, theme)
    report = _report(w, incident[told], day[told], theme, place[told])
    _name_subjects(w, report, who[told], 0)
    pal = w.mate[who[told]]
    both = np.flatnonzero((pal >= 0) & (rng.random(len(told)) < 0.35))
    both = both[w.resident(pal[both], day[told][both])]
    _name_subjects(w, report[both], pal[both], 2)


def _neighbour(w: _City, person: Ints, day: Ints) -> Ints:
    """Someone who lives in the same small area on the day, or -1."""
    home = w.home(person, day)
    index, first, count = w.city_index
    lsoa = np.where(home >= 0, w.city.lsoa[np.maximum(home, 0)], 0)
    turn = (w.rng.random(len(person)) * count[lsoa]).astype(np.int64)
    found = index[np.minimum(first[lsoa] + turn, len(index) - 1)]
    good = (home >= 0) & (count[lsoa] > 0) & w.resident(found, day)
    return np.where(good, found, NOBODY)


def _victims(w: _City, who: Ints, day: Ints, young: Flags, area: Ints) -> Ints:
    """Choose a schoolmate, a friend's friend, or a neighbour."""
    friend = w.friend(who, day)
    second = w.friend(np.maximum(friend, 0), day)
    peer = np.where((friend >= 0) & (second >= 0) & (second != who), second, friend)
    near = _neighbour(w, who, day)
    found = np.where(young & (peer >= 0) & (w.rng.random(len(who)) < 0.7), peer, near)
    lost = np.flatnonzero(found < 0)
    found[lost] = w.rng.integers(0, w.p.n, len(lost))
    old_enough = day - w.p.born[found] > 5 * YEAR
    return np.where(old_enough & (w.p.presence[found] < 2), found, NOBODY)


def _losses(w: _City) -> None:
    """Crimes without a known suspect."""
    rng = w.rng
    who, day = _yearly(w, np.full(w.p.n, 0.040) * np.exp(0.12 * w.p.z), 16, curve=False)
    ok = w.resident(who, day) & (w.p.presence[who] < 2)
    who, day = who[ok], day[ok]
    m = len(who)
    home = w.home(who, day)
    area = np.where(home >= 0, w.city.area()[np.maximum(home, 0)], np.maximum(w.p.area[who], 0))
    offence = np.array(
        [
            OFF["burglary"],
            OFF["vehicle_crime"],
            OFF["theft_other"],
            OFF["criminal_damage_arson"],
            OFF["violence_without_injury"],
            OFF["stalking_harassment"],
            OFF["robbery"],
        ]
    )[choose(rng, np.array([0.13, 0.2, 0.27, 0.16, 0.12, 0.09, 0.03]), m)]
    place = np.where(
        np.isin(offence, (OFF["burglary"], OFF["vehicle_crime"])), home, w.somewhere(area)
    )
    minute = w.minutes(m, 0.5)
    recorded = day + lags(rng, m, 0.8, 1.2)
    incident = w.log.open(
        m, kind=CRIME, day=day, minute=minute, address=place, area=area, recorded=recorded
    )
    w.log.people(incident, who, "victim")
    _crimes(w, incident, offence, day, recorded, np.zeros(m, dtype=bool))
    called = np.flatnonzero(rng.random(m) < 0.5)
    _cards(w, incident[called], day[called], minute[called], np.full(len(called), OPEN["theft"]))
    watched = np.flatnonzero(rng.random(m) < 0.07)
    witness = _neighbour(w, who[watched], day[watched])
    fine = (witness >= 0) & (witness != who[watched])
    w.log.people(incident[watched[fine]], witness[fine], "witness")


def _domestic(w: _City) -> tuple[Ints, Ints]:
    """Domestic abuse that is reported; returns victims and days."""
    rng, p, life = w.rng, w.p, w.life
    rate = 0.95 * rng.gamma(1.2, 1 / 1.2, len(life.abuse.who))
    k, day = events(
        rng,
        rate,
        np.maximum(life.abuse.start, HISTORY_START),
        np.minimum(life.abuse.end, HISTORY_END),
    )
    woman = life.abuse.who[k]
    order = np.lexsort((p.couple_start, p.couple_b))
    now = lookup(p.couple_b, p.couple_start, p.couple_end, p.couple_a, woman, day)
    at = (
        np.searchsorted(
            p.couple_b[order].astype(np.int64) * (1 << 21) + p.couple_start[order] + (1 << 20),
            woman.astype(np.int64) * (1 << 21) + day + (1 << 20),
            side="right",
        )
        - 1
    )
    at = np.maximum(at, 0)
    last = np.where(p.couple_b[order[at]] == woman, p.couple_a[order[at]], NOBODY)
    man = np.where(now >= 0, now, last)
    child_father = np.full(p.n, NOBODY, dtype=np.int64)
    kids = np.flatnonzero((p.mother >= 0) & (p.father >= 0))
    child_father[p.mother[kids]] = p.father[kids]
    man = np.where(man >= 0, man, child_father[woman])
    ok = w.resident(woman, day)
    woman, man, now, day = woman[ok], man[ok], now[ok], day[ok]
    m = len(woman)
    man = np.where((man >= 0) & w.resident(np.maximum(man, 0), day), man, NOBODY)
    turned = (rng.random(m) < 0.2) & (man >= 0)
    victim, suspect = np.where(turned, man, woman), np.where(turned, woman, man)
    home = w.home(victim, day)
    area = np.where(home >= 0, w.city.area()[np.maximum(home, 0)], np.maximum(p.area[victim], 0))
    minute = w.minutes(m, 0.7)
    late = lags(rng, m, 0.4, 1.6)
    historic = rng.random(m) < 0.03
    recorded = day + np.where(historic, 200 + rng.integers(0, 900, m), late)
    incident = w.log.open(
        m,
        kind=DOMESTIC,
        day=day,
        minute=minute,
        address=np.where(rng.random(m) < 0.85, home, NOBODY),
        area=area,
        recorded=recorded,
    )
    w.log.people(incident, victim, "victim")
    named = np.flatnonzero((suspect >= 0) & (rng.random(m) < 0.95))
    w.log.people(incident[named], suspect[named], "suspect")
    # Children at home.
    child = life.child
    of = p.mother[child]
    order = np.argsort(of, kind="stable")
    low = np.searchsorted(of[order], woman)
    high = np.searchsorted(of[order], woman, side="right")
    row = np.repeat(np.arange(m), high - low)
    kid = child[order[ranges(low, high - low)]]
    there = (day[row] >= p.born[kid]) & (day[row] - p.born[kid] < 18 * YEAR)
    there &= w.resident(kid, day[row])
    row, kid = row[there], kid[there]
    there = (w.home(kid, day[row]) == home[row]) & (rng.random(len(row)) < 0.62)
    row, kid = row[there], kid[there]
    w.log.people(incident[row], kid, "child_present", known=rng.random(len(row)) < 0.8)
    caller = np.flatnonzero(rng.random(m) < 0.2)
    near = _neighbour(w, victim[caller], day[caller])
    fine = (near >= 0) & (near != victim[caller]) & (near != suspect[caller])
    w.log.people(incident[caller[fine]], near[fine], "reporting", present=False)
    relation = np.where((now >= 0) & (suspect >= 0), 0, 1)
    relation = np.where(rng.random(m) < 0.06, 3, relation)
    w.log.add(
        "domestic_incidents",
        m,
        incident=incident,
        dash=choose(rng, np.array([0.57, 0.32, 0.11]), m),
        relationship=relation,
        recorded=recorded,
    )
    crime = np.flatnonzero(rng.random(m) < 0.56)
    offence = np.array(
        [
            OFF["violence_with_injury"],
            OFF["violence_without_injury"],
            OFF["stalking_harassment"],
            OFF["coercive_control"],
            OFF["criminal_damage_arson"],
            OFF["rape"],
        ]
    )[choose(rng, np.array([0.24, 0.4, 0.17, 0.07, 0.08, 0.04]), len(crime))]
    _crimes(
        w, incident[crime], offence, day[crime], recorded[crime], suspect[crime] >= 0, domestic=True
    )
    held = crime[(suspect[crime] >= 0) & (rng.random(len(crime)) < 0.3)]
    later = recorded[held] + lags(rng, len(held), 0.6, 1.2)
    w.log.add(
        "custody",
        len(held),
        incident=incident[held],
        person=suspect[held],
        day=later,
        minute=w.minutes(len(held), 0.6),
        released=later + (rng.random(len(held)) < 0.7),
        outcome=choose(rng, np.array([0.2, 0.3, 0.42, 0.04, 0.04]), len(held)),
    )
    called = np.flatnonzero((recorded - day < 3) & (rng.random(m) < 0.88))
    _cards(w, incident[called], day[called], minute[called], np.full(len(called), OPEN["domestic"]))
    for person in (victim, suspect):
        checked = called[(person[called] >= 0) & (rng.random(len(called)) < 0.5)]
        _checks(w, incident[checked], person[checked], day[checked], minute[checked])
    return victim, recorded


def _missing(w: _City) -> None:
    """Missing episodes: children at home and in care, the exploited, and adults."""
    rng, p, life = w.rng, w.p, w.life
    child = life.child
    n = len(child)
    parts: list[tuple[Ints, Ints, Ints]] = []  # person, day, harmed (-1 none, 0 cse, 1 ce)
    # Children at home: an episode now and then, and a run of them for a few.
    v, z = p.v[child], p.z[child]
    rate = 0.0027 * np.exp(0.5 * v + 0.35 * z)
    begin = np.maximum(p.born[child] + int(10.5 * YEAR), np.maximum(life.start, HISTORY_START))
    stop = np.minimum(life.end, HISTORY_END)
    first, day = events(rng, rate, begin, stop)
    k, d = events(
        rng,
        np.full(len(life.drift.who), 0.032),
        np.maximum(life.drift.start, HISTORY_START),
        np.minimum(life.drift.end, HISTORY_END),
    )
    first = np.concatenate([first, life.position[life.drift.who[k]]])
    day = np.concatenate([day, d])
    more = np.minimum(rng.geometric(0.58, len(first)) - 1, 12)
    more = np.where(rng.random(len(first)) < 0.04, more + rng.integers(3, 15, len(first)), more)
    row = np.repeat(np.arange(len(first)), 1 + more)
    turn = within(1 + more)
    when = day[row] + np.where(turn > 0, rng.integers(2, 200, len(row)), 0)
    ok = when < stop[first[row]]
    parts.append((child[first[row[ok]]], when[ok], np.full(int(ok.sum()), -1)))
    # Looked-after children: one in ten a year goes missing, about six times each.
    care = life.care
    at = life.position[care.who]
    age_from = np.maximum(care.start, p.born[care.who] + int(11 * YEAR))
    prone = rng.random(n) < np.clip(0.168 * np.exp(0.4 * v), 0, 0.9)
    rate = np.where(prone[at], 9.5 * rng.lognormal(-0.6, 1.1, len(at)), 0.0)
    k, d = events(rng, rate, np.maximum(age_from, HISTORY_START), np.minimum(care.end, HISTORY_END))
    parts.append((care.who[k], d, np.full(len(k), -1)))
    for number, harm in enumerate(w.harms):
        strength = np.where(
            harm.visibility == VISIBLE,
            (3.4, 2.4)[number],
            np.where(harm.visibility == QUIET, 0.3, 0.0),
        )
        rate = strength * rng.gamma(1.1, 1 / 1.1, len(strength))
        k, d = events(
            rng, rate, np.maximum(harm.onset + 10, HISTORY_START), np.minimum(harm.end, HISTORY_END)
        )
        parts.append((child[harm.victim[k]], d, np.full(len(k), number)))
    grown, d = _yearly(w, 0.0011 * np.exp(0.3 * p.z + 0.3 * p.v), 18, curve=False)
    parts.append((grown, d, np.full(len(grown), -1)))
    who, day, harmed = (np.concatenate([x[i] for x in parts]) for i in range(3))
    ok = w.resident(who, day) & (p.presence[who] < 2) & ~w.calmed(who, day)
    who, day, harmed = who[ok], day[ok], harmed[ok]
    order = np.lexsort((day, who))
    who, day, harmed = who[order], day[order], harmed[order]
    # Not missing again before being found.
    apart = np.ones(len(who), dtype=bool)
    apart[1:] = (who[1:] != who[:-1]) | (day[1:] - day[:-1] > 2)
    who, day, harmed = who[apart], day[apart], harmed[apart]
    m = len(who)
    age = (day - p.born[who]) / YEAR
    young = age < 18
    r = w.homes
    row = lookup(r.person, r.start, r.end, np.arange(len(r.person)), who, day)
    home = np.where(row >= 0, r.address[np.maximum(row, 0)], NOBODY)
    kind = np.where(row >= 0, r.kind[np.maximum(row, 0)], 0)
    from_kind = np.where(
        kind == STAY["foster"],
        1,
        np.where(np.isin(kind, (STAY["childrens_home"], STAY["semi_independent"])), 2, 0),
    )
    area = np.where(home >= 0, w.city.area()[np.maximum(home, 0)], np.maximum(p.area[who], 0))
    odd = rng.random(m)
    from_kind = np.where(~young & (odd < 0.25), 3, np.where(young & (odd < 0.05), 4, from_kind))
    minute = w.minutes(m, 0.7)
    late = minute + rng.integers(30, 600, m)
    reported, r_minute = day + late // 1440, late % 1440
    hours = np.maximum(0.5, rng.lognormal(np.log(np.where(harmed >= 0, 15.0, 7.0)), 1.0, m))
    back = r_minute + (hours * 60).astype(np.int64)
    found, f_minute = reported + back // 1440, back % 1440
    found = np.where(rng.random(m) < 0.0006, NEVER, found)
    incident = w.log.open(
        m, kind=MISSING, day=day, minute=minute, address=home, area=area, recorded=reported
    )
    w.log.people(incident, who, "missing")
    # Where found, and with whom.
    harm_group = np.full(m, NOBODY, dtype=np.int64)
    for number, harm in enumerate(w.harms):
        group_of = np.full(n, NOBODY, dtype=np.int64)
        group_of[harm.victim] = harm.group
        mine = harmed == number
        harm_group[mine] = group_of[life.position[who[mine]]]
    found_at = np.where(rng.random(m) < 0.55, home, NOBODY)
    with_group = np.flatnonzero((harm_group >= 0) & (rng.random(m) < 0.38))
    g = w.groups
    first_place = np.searchsorted(np.sort(g.place_group), harm_group[with_group])
    by_group = np.argsort(g.place_group, kind="stable")
    n_places = np.bincount(g.place_group, minlength=len(g.kind))[harm_group[with_group]]
    found_at[with_group] = g.place[
        by_group[first_place + (rng.random(len(with_group)) * n_places).astype(np.int64)]
    ]
    public = np.flatnonzero((found_at < 0) & (rng.random(m) < 0.6))
    found_at[public] = w.somewhere(area[public])
    _with_exploiter(
        w, incident, day, harm_group, np.where(harmed >= 0, 0.2, 0.0), "found_with", 0.75
    )
    friend = w.friend(who, day)
    pal = np.flatnonzero(young & (friend >= 0) & (rng.random(m) < 0.22))
    pal = pal[w.resident(friend[pal], day[pal])]
    w.log.people(incident[pal], friend[pal], "found_with", known=rng.random(len(pal)) < 0.8)
    # The exploited go missing with one another.
    for number, harm in enumerate(w.harms):
        slot = np.full(n, NOBODY, dtype=np.int64)
        slot[harm.victim] = np.arange(len(harm.victim))
        rows = np.flatnonzero((harmed == number) & (rng.random(m) < 0.45))
        other = w.companion(harm, slot[life.position[who[rows]]], day[rows])
        fine = (other >= 0) & (harm.visibility[np.maximum(other, 0)] != UNSEEN)
        rows, other = rows[fine], child[harm.victim[other[fine]]]
        fine = w.resident(other, day[rows])
        w.log.people(incident[rows[fine]], other[fine], "found_with")
    # Who reports: a parent, or staff by their job.
    mother = p.mother[who]
    parent = np.flatnonzero(young & (from_kind == 0) & (mother >= 0))
    parent = parent[w.resident(mother[parent], day[parent])]
    w.log.people(incident[parent], mother[parent], "reporting", present=False)
    staffed = np.flatnonzero((from_kind > 0) & (home >= 0))
    staff = _staff(w, home[staffed])
    w.log.people(incident[staffed], staff, "reporting", present=False, professional=True)
    # The call script.
    visible = np.zeros(m, dtype=bool)
    for number, harm in enumerate(w.harms):
        level = np.full(n, UNSEEN, dtype=np.int64)
        level[harm.victim] = harm.visibility
        mine = harmed == number
        visible[mine] = level[life.position[who[mine]]] == VISIBLE
    earlier = np.zeros(m, dtype=bool)
    earlier[1:] = who[1:] == who[:-1]
    girl = p.sex[who] == F
    teen = young & (age > 11)
    cse = np.where(
        harmed == 0,
        np.where(visible, 0.62, 0.25),
        np.where(teen, np.where(girl, 0.08, 0.025), 0.004),
    )
    older = np.where(harmed >= 0, 0.4, np.where(teen, 0.07, 0.0))
    crime = np.where(harmed == 1, 0.5, np.where(teen, 0.07, 0.03))
    risk = 0.35 * (harmed >= 0) + 0.1 * young + 0.1 * rng.standard_normal(m)
    grade = np.clip(1.6 + 1.6 * risk + 0.6 * rng.standard_normal(m), 0, 3).astype(np.int64)
    w.log.add(
        "missing_episodes",
        m,
        incident=incident,
        person=who,
        reported=reported,
        reported_minute=r_minute,
        found=np.where(found > HISTORY_END, NEVER, found),
        found_minute=f_minute,
        from_kind=from_kind,
        from_address=home,
        found_address=found_at,
        grade=grade,
        asked_first_time=~earlier & (rng.random(m) < 0.93),
        asked_exploitation=rng.random(m) < cse,
        asked_older_company=rng.random(m) < older,
        asked_drugs=rng.random(m) < np.where(harmed >= 0, 0.4, 0.16),
        asked_self_harm=rng.random(m) < np.where(young, 0.14, 0.35),
        asked_criminal=rng.random(m) < crime,
        recorded=reported,
    )
    called = np.flatnonzero(rng.random(m) < 0.93)
    _cards(
        w,
        incident[called],
        reported[called],
        r_minute[called],
        np.full(len(called), OPEN["missing_person"]),
    )
    checked = called[rng.random(len(called)) < 0.6]
    _checks(w, incident[checked], who[checked], reported[checked], r_minute[checked])


def _staff(w: _City, address: Ints) -> Ints:
    """Choose a member of staff at an address: one of six adults, the same over the years."""
    adults = np.flatnonzero(
        (w.p.presence == 0)
        & (w.p.arrived <= HISTORY_START)
        & (w.p.left > HISTORY_END)
        & (w.p.died > HISTORY_END)
        & (w.p.born < HISTORY_START - 24 * YEAR)
        & (w.p.born > HISTORY_START - 55 * YEAR)
    )
    turn = w.rng.integers(0, 6, len(address))
    found: Ints = adults[(address * 7_919 + turn * 104_729) % len(adults)]
    return found


def _with_exploiter(
    w: _City, incident: Ints, day: Ints, group: Ints, chance: Reals, role: str, known: float
) -> None:
    """Members of the group who were there too."""
    g, rng = w.groups, w.rng
    rows = np.flatnonzero((group >= 0) & (rng.random(len(incident)) < chance))
    order = np.argsort(g.member_group, kind="stable")
    first = np.searchsorted(g.member_group[order], group[rows])
    count = np.bincount(g.member_group, minlength=len(g.kind))[group[rows]]
    has = count > 0
    rows, first, count = rows[has], first[has], count[has]
    # A few of a group meet most of its victims.
    turn = (rng.random(len(rows)) ** 2.5 * count).astype(np.int64)
    member = g.member[order[first + turn]]
    fine = w.resident(member, day[rows])
    rows, member = rows[fine], member[fine]
    w.log.people(incident[rows], member, role, known=rng.random(len(rows)) < known)


def _nuisance(w: _City) -> None:
    """Antisocial behaviour: mostly young people together, more noticed in some places."""
    rng, p = w.rng, w.p
    who, day = _yearly(w, 0.058 * w.liability, 10, curve=True)
    ok = w.resident(who, day) & (p.presence[who] < 2) & ~w.calmed(who, day)
    who, day = who[ok], day[ok]
    home = w.home(who, day)
    ward = np.where(home >= 0, w.city.lsoa_ward[w.city.lsoa[np.maximum(home, 0)]], 0)
    seen = rng.random(len(who)) < 0.6 * w.city.ward_policing[ward]
    who, day, home = who[seen], day[seen], home[seen]
    m = len(who)
    area = np.where(home >= 0, w.city.area()[np.maximum(home, 0)], np.maximum(p.area[who], 0))
    minute = w.minutes(m, 0.6)
    place = np.where((rng.random(m) < 0.25) & (home >= 0), home, w.somewhere(area))
    incident = w.log.open(
        m, kind=ASB, day=day, minute=minute, address=place, area=area, recorded=day
    )
    named = rng.random(m) < 0.30 * np.minimum(NOTICE[p.ethnicity[who]], 2.0)
    w.log.people(incident, who, "involved", known=named)
    for chance in (0.5, 0.3):
        friend = w.friend(who, day)
        pal = np.flatnonzero((friend >= 0) & (rng.random(m) < chance))
        pal = pal[w.resident(friend[pal], day[pal])]
        w.log.people(
            incident[pal], friend[pal], "involved", known=named[pal] & (rng.random(len(pal)) < 0.7)
        )
    caller = np.flatnonzero(rng.random(m) < 0.5)
    near = _neighbour(w, who[caller], day[caller])
    fine = (near >= 0) & (near != who[caller])
    w.log.people(incident[caller[fine]], near[fine], "reporting", present=False)
    w.log.add(
        "asb_incidents",
        m,
        incident=incident,
        kind=choose(rng, np.array([0.22, 0.7, 0.08]), m),
        recorded=day,
    )
    _cards(w, incident, day, minute, np.full(m, OPEN["asb"]))


def _stops(w: _City) -> None:
    """People stopped together and checked; nothing else comes of most of it."""
    rng, p = w.rng, w.p
    who, day = _yearly(w, 0.026 * w.liability * NOTICE[p.ethnicity], 12, curve=True)
    ok = w.resident(who, day)
    who, day = who[ok], day[ok]
    home = w.home(who, day)
    ward = np.where(home >= 0, w.city.lsoa_ward[w.city.lsoa[np.maximum(home, 0)]], 0)
    seen = rng.random(len(who)) < 0.6 * w.city.ward_policing[ward]
    who, day, home = who[seen], day[seen], home[seen]
    m = len(who)
    area = np.where(home >= 0, w.city.area()[np.maximum(home, 0)], np.maximum(p.area[who], 0))
    minute = w.minutes(m, 0.65)
    incident = w.log.open(
        m, kind=CONCERN, day=day, minute=minute, address=w.somewhere(area), area=area, recorded=day
    )
    w.log.people(incident, who, "involved")
    _cards(w, incident, day, minute, np.full(m, OPEN["suspicious"]))
    _checks(w, incident, who, day, minute)
    for turn, chance in ((0, 0.62), (1, 0.35)):
        pal = w.friend(who, day)
        if turn == 0:
            pal = np.where(pal < 0, w.mate[who], pal)
        together = np.flatnonzero((pal >= 0) & (pal != who) & (rng.random(m) < chance))
        together = together[w.resident(pal[together], day[together])]
        known = rng.random(len(together)) < 0.85
        w.log.people(incident[together], pal[together], "involved", known=known)
        _checks(
            w,
            incident[together[known]],
            pal[together[known]],
            day[together[known]],
            minute[together[known]],
        )


def _crowds(w: _City) -> None:
    """Bring strangers together: disorder with a dozen to fifty young people in one record."""
    rng, p = w.rng, w.p
    m = max(2, int(rng.poisson(p.n / 9_000)))
    day = HISTORY_START + rng.integers(0, HISTORY_END - HISTORY_START, m)
    size = rng.integers(12, 50, m)
    area = (rng.random(m) < 0.3).astype(np.int64)
    place = w.somewhere(area)
    minute = w.minutes(m, 0.9)
    incident = w.log.open(
        m, kind=CRIME, day=day, minute=minute, address=place, area=area, recorded=day
    )
    row = np.repeat(np.arange(m), size)
    weight = w.liability * ((p.born > HISTORY_START - 20 * YEAR) & (p.presence < 2))
    person = choose(rng, np.minimum(weight, np.quantile(weight, 0.995)), len(row))
    age = (day[row] - p.born[person]) / YEAR
    fine = (age > 12) & (age < 27) & w.resident(person, day[row]) & (p.area[person] == area[row])
    row, person = row[fine], person[fine]
    w.log.people(incident[row], person, "involved", known=rng.random(len(row)) < 0.8)
    _crimes(w, incident, np.full(m, OFF["public_order"]), day, day, np.ones(m, dtype=bool))
    _cards(w, incident, day, minute, np.full(m, OPEN["public_order"]))
    checked = rng.random(len(row)) < 0.5
    row, person = row[checked], person[checked]
    _checks(w, incident[row], person, day[row], minute[row])


def _concerns(w: _City) -> None:
    """Let people call out of concern for someone's safety."""
    rng, p = w.rng, w.p
    who, day = _yearly(w, 0.011 * np.exp(0.35 * p.z + 0.35 * p.v), 8, curve=False)
    ok = w.resident(who, day) & (p.presence[who] < 2)
    who, day = who[ok], day[ok]
    m = len(who)
    home = w.home(who, day)
    area = np.where(home >= 0, w.city.area()[np.maximum(home, 0)], np.maximum(p.area[who], 0))
    minute = w.minutes(m, 0.5)
    incident = w.log.open(
        m, kind=CONCERN, day=day, minute=minute, address=home, area=area, recorded=day
    )
    w.log.people(incident, who, "involved", known=rng.random(m) < 0.8)
    _cards(w, incident, day, minute, np.full(m, OPEN["concern_for_safety"]))
    checked = np.flatnonzero(rng.random(m) < 0.3)
    _checks(w, incident[checked], who[checked], day[checked], minute[checked])


def _exploitation(w: _City) -> None:
    """Meetings of groups with the children they harm, and crimes that come to light of it."""
    rng, life, g = w.rng, w.life, w.groups
    for number, harm in enumerate(w.harms):
        child = life.child[harm.victim]
        n = len(child)
        begin, stop = np.maximum(harm.onset, HISTORY_START), np.minimum(harm.end, HISTORY_END)
        rate = np.where(harm.visibility == VISIBLE, 12.0, 8.0)
        k, day = events(rng, rate * rng.gamma(2.0, 0.5, n), begin, stop)
        if not len(k):
            continue
        group = harm.group[k]
        ok = w.resident(child[k], day) & (g.start[group] <= day) & (g.end[group] > day)
        k, day, group = k[ok], day[ok], group[ok]
        m = len(k)
        by_group = np.argsort(g.place_group, kind="stable")
        first = np.searchsorted(g.place_group[by_group], group)
        many = np.bincount(g.place_group, minlength=len(g.kind))[group]
        place = g.place[by_group[first + (rng.random(m) ** 1.5 * many).astype(np.int64)]]
        area = w.city.area()[place]
        minute = w.minutes(m, 0.85)
        # What police get to see of it: an officer's note, a call, or nothing.
        u = rng.random(m)
        told = u < np.where(harm.visibility[k] == VISIBLE, 0.17, 0.05)
        called = ~told & (u < np.where(harm.visibility[k] == VISIBLE, 0.30, 0.08))
        both = told & (rng.random(m) < 0.2)
        incident = w.log.open(
            m,
            kind=MEETING,
            day=day,
            minute=minute,
            address=place,
            area=area,
            recorded=np.where(told | called, day + lags(rng, m, 1.5), NEVER),
        )
        seen = told | called
        shown = seen & (harm.visibility[k] != UNSEEN)
        w.log.people(incident, child[k], "involved", known=shown)
        # Other victims of the group at that time.
        others: list[tuple[Ints, Ints]] = []
        for _ in range(3):
            other = w.companion(harm, k, day)
            rows = np.flatnonzero((other >= 0) & (rng.random(m) < 0.8))
            rows = rows[w.resident(child[other[rows]], day[rows])]
            others.append((rows, other[rows]))
            known = shown[rows] & (harm.visibility[other[rows]] != UNSEEN)
            known &= rng.random(len(rows)) < 0.75
            w.log.people(incident[rows], child[other[rows]], "involved", known=known)
        # Members of the group.
        member_order = np.argsort(g.member_group, kind="stable")
        first_m = np.searchsorted(g.member_group[member_order], group)
        many_m = np.bincount(g.member_group, minlength=len(g.kind))[group]
        met: list[tuple[Ints, Ints]] = []
        for turn, chance in ((0, 1.0), (1, 0.5), (2, 0.2)):
            rows = np.flatnonzero((many_m > turn) & (rng.random(m) < chance))
            at = (rng.random(len(rows)) ** 2.5 * many_m[rows]).astype(np.int64)
            member = g.member[member_order[first_m[rows] + at]]
            fine = w.resident(member, day[rows])
            rows, member = rows[fine], member[fine]
            known = seen[rows] & (rng.random(len(rows)) < 0.65)
            met.append((rows[known], member[known]))
            w.log.people(incident[rows], member, "involved", known=known)
        # Records: intelligence, calls with checks.
        rows = np.flatnonzero(told)
        report = np.full(m, -1, dtype=np.int64)
        theme = np.where(
            rng.random(len(rows)) < 0.78, number, np.where(rng.random(len(rows)) < 0.5, 2, 5)
        )
        report[rows] = _report(w, incident[rows], day[rows], theme, place[rows])
        named = rows[shown[rows] & (rng.random(len(rows)) < 0.9)]
        _name_subjects(w, report[named], child[k[named]], 1)
        for at, other in others:
            keep = (report[at] >= 0) & shown[at] & (harm.visibility[other] != UNSEEN)
            keep &= rng.random(len(at)) < 0.6
            _name_subjects(w, report[at[keep]], child[other[keep]], 1)
        for at, member in met:
            keep = (report[at] >= 0) & (rng.random(len(at)) < 0.85)
            _name_subjects(w, report[at[keep]], member[keep], 0)
        rows = np.flatnonzero(called | both)
        _cards(
            w,
            incident[rows],
            day[rows],
            minute[rows],
            np.where(rng.random(len(rows)) < 0.6, OPEN["suspicious"], OPEN["concern_for_safety"]),
        )
        row_set = np.zeros(m, dtype=bool)
        row_set[rows] = True
        named = rows[shown[rows] & (rng.random(len(rows)) < 0.85)]
        _checks(w, incident[named], child[k[named]], day[named], minute[named])
        for at, other in others:
            keep = row_set[at] & shown[at] & (harm.visibility[other] != UNSEEN)
            keep &= rng.random(len(at)) < 0.7
            _checks(w, incident[at[keep]], child[other[keep]], day[at[keep]], minute[at[keep]])
        for at, member in met:
            keep = row_set[at] & (rng.random(len(at)) < 0.8)
            _checks(w, incident[at[keep]], member[keep], day[at[keep]], minute[at[keep]])
        # Crimes that come to light, often late.
        lit = np.flatnonzero(
            rng.random(m) < np.where(harm.visibility[k] == VISIBLE, (0.06, 0.03)[number], 0.006)
        )
        late = rng.random(len(lit)) < 0.4
        recorded = day[lit] + np.where(
            late, 60 + lags(rng, len(lit), 400, 0.9), lags(rng, len(lit), 8)
        )
        # An unseen victim tells only later, if at all.
        recorded = np.where(harm.visibility[k[lit]] == UNSEEN, recorded + 700, recorded)
        sexual = np.array(
            [
                OFF["sexual_activity_with_child"],
                OFF["sexual_grooming"],
                OFF["rape"],
                OFF["indecent_images"],
                OFF["sexual_assault"],
            ]
        )
        coerced = np.array(
            [OFF["trafficking_modern_slavery"], OFF["drug_supply"], OFF["violence_with_injury"]]
        )
        offence = (
            sexual[choose(rng, np.array([0.4, 0.22, 0.14, 0.12, 0.12]), len(lit))]
            if number == 0
            else coerced[choose(rng, np.array([0.35, 0.45, 0.2]), len(lit))]
        )
        crime = w.log.open(
            len(lit),
            kind=CRIME,
            day=day[lit],
            minute=minute[lit],
            address=place[lit],
            area=area[lit],
            recorded=recorded,
        )
        w.log.people(crime, child[k[lit]], "victim")
        _with_exploiter(w, crime, day[lit], group[lit], np.full(len(lit), 0.9), "suspect", 0.6)
        named_suspect = rng.random(len(lit)) < 0.55
        _crimes(
            w,
            crime,
            offence,
            day[lit],
            recorded,
            named_suspect,
            cse=(number == 0) & (rng.random(len(lit)) < 0.65),
        )


def _standing_intelligence(w: _City) -> None:
    """Write reports about a state of affairs: who deals, who runs with whom; right or wrong."""
    rng, p = w.rng, w.p
    who, day = _yearly(w, 0.016 * w.liability, 13, curve=True)
    ok = w.resident(who, day)
    who, day = who[ok], day[ok]
    m = len(who)
    theme = 2 + choose(rng, np.array([0.52, 0.2, 0.1, 0.18]), m)
    young = (day - p.born[who]) < 18 * YEAR
    theme = np.where(young & (rng.random(m) < 0.1), np.where(p.sex[who] == F, 0, 1), theme)
    report = _report(
        w,
        np.full(m, NOBODY),
        day,
        theme,
        np.where(rng.random(m) < 0.5, w.home(who, day), NOBODY),
        delay=6,
    )
    _name_subjects(w, report, who, 0)
    pal = w.friend(who, day)
    pal = np.where(pal < 0, w.mate[who], pal)
    both = np.flatnonzero((pal >= 0) & (pal != who) & (rng.random(m) < 0.4))
    both = both[w.resident(pal[both], day[both])]
    _name_subjects(w, report[both], pal[both], 2)
    # Police know something of the groups too.
    g = w.groups
    k, d = events(
        rng,
        np.full(len(g.member), 0.5),
        np.maximum(g.start[g.member_group], HISTORY_START),
        np.minimum(g.end[g.member_group], HISTORY_END),
    )
    ok = w.resident(g.member[k], d)
    k, d = k[ok], d[ok]
    report = _report(
        w, np.full(len(k), NOBODY), d, g.kind[g.member_group[k]], np.full(len(k), NOBODY), delay=6
    )
    _name_subjects(w, report, g.member[k], 0)
    order = np.argsort(g.member_group, kind="stable")
    first = np.searchsorted(g.member_group[order], g.member_group[k])
    many = np.bincount(g.member_group, minlength=len(g.kind))[g.member_group[k]]
    other = g.member[order[first + (rng.random(len(k)) * many).astype(np.int64)]]
    both = (other != g.member[k]) & (rng.random(len(k)) < 0.45) & w.resident(other, d)
    _name_subjects(w, report[both], other[both], 2)


# ------------------------------------------------------------------------------------- tables


def _finish(w: _City, domestic: tuple[Ints, Ints]) -> Policing:
    """Sort incidents by day, renumber them, and drop what lies outside the history."""
    log = w.log
    col = {key: np.concatenate(parts) for key, parts in log.incident.items()}
    day = col["day"].astype(np.int64)
    inside = (day >= HISTORY_START) & (day <= HISTORY_END)
    order = np.flatnonzero(inside)
    order = order[np.lexsort((order, col["minute"][order], day[order]))]
    number = np.full(log.n, -1, dtype=np.int64)
    number[order] = np.arange(len(order))
    tables: dict[str, pd.DataFrame] = {}
    recorded = col["recorded"].astype(np.int64)
    tables["incidents"] = build(
        "incidents",
        {
            "kind": col["kind"][order],
            "day": day[order],
            "minute": col["minute"][order],
            "address": col["address"][order],
            "area": col["area"][order].astype(np.int8),
            "recorded": recorded[order],
            "historic": (recorded[order] - day[order] >= 365) & (recorded[order] < NEVER),
        },
    )
    # People: once per incident and person, the first role that was given.
    people = log.table("incident_people")
    incident = number[people["incident"].astype(np.int64)]
    person = people["person"].astype(np.int64)
    ok = incident >= 0
    when = day[people["incident"].astype(np.int64)]
    ok &= w.resident(person, when) & (w.p.born[person] <= when)
    r = w.homes
    held = lookup(r.person, r.start, r.end, r.kind, person, when) == STAY["prison"]
    ok &= ~held
    rows = np.flatnonzero(ok)
    key = incident[rows] * np.int64(w.p.n) + person[rows]
    rows = rows[np.unique(key, return_index=True)[1]]
    tables["incident_people"] = build(
        "incident_people",
        {
            "incident": incident[rows],
            "person": person[rows],
            "role": people["role"][rows].astype(np.int64),
            "present": people["present"][rows],
            "known_to_police": people["known_to_police"][rows],
            "professional": people["professional"][rows],
        },
    )
    there = np.sort(incident[rows] * np.int64(w.p.n) + person[rows])

    def was_there(i: Ints, q: Ints) -> Flags:
        want = i * np.int64(w.p.n) + q
        at = np.minimum(np.searchsorted(there, want), max(len(there) - 1, 0))
        return there[at] == want if len(there) else np.zeros(len(want), dtype=bool)

    for name in (
        "crimes",
        "call_cards",
        "domestic_incidents",
        "asb_incidents",
        "missing_episodes",
        "peer_violence",
        "pnc_checks",
        "custody",
        "youth_justice",
    ):
        got = log.table(name)
        at = number[got["incident"].astype(np.int64)]
        ok = at >= 0
        subject = {
            "pnc_checks": "person",
            "custody": "person",
            "missing_episodes": "person",
            "peer_violence": "victim",
            "youth_justice": "person",
        }.get(name)
        if subject:
            ok &= was_there(at, got[subject].astype(np.int64))
        if name == "peer_violence":
            ok &= was_there(at, got["aggressor"].astype(np.int64))
        if name == "youth_justice":
            ok &= got["start"].astype(np.int64) <= HISTORY_END
        rows = np.flatnonzero(ok)
        rows = rows[np.argsort(at[rows], kind="stable")]
        columns = {key: values[rows] for key, values in got.items()}
        columns["incident"] = at[rows]
        if name in ("pnc_checks",) and len(rows):
            key = at[rows] * np.int64(w.p.n) + columns["person"].astype(np.int64)
            keep = np.unique(key, return_index=True)[1]
            columns = {key_: values[keep] for key_, values in columns.items()}
        if name == "youth_justice":
            columns["end"] = capped(columns["end"].astype(np.int64))
        tables[name] = build(name, columns)
    # Intelligence keeps its own order, by day of report.
    got = log.table("intelligence")
    made = got["recorded"].astype(np.int64)
    link = got["incident"].astype(np.int64)
    ok = (got["day"].astype(np.int64) >= HISTORY_START) & (made <= HISTORY_END)
    subjects = log.table("intelligence_subjects")
    person = subjects["person"].astype(np.int64)
    report = subjects["intelligence"].astype(np.int64)
    fine = (w.p.born[person] + 8 * YEAR < made[report]) & (
        w.resident(person, got["day"].astype(np.int64)[report]) | subjects["mistaken"].astype(bool)
    )
    fine &= w.p.arrived[person] <= made[report]
    named = np.zeros(len(made), dtype=bool)
    named[report[fine]] = True
    ok &= named
    order = np.flatnonzero(ok)
    order = order[np.lexsort((order, made[order]))]
    renumber = np.full(len(made), -1, dtype=np.int64)
    renumber[order] = np.arange(len(order))
    columns = {key: values[order] for key, values in got.items()}
    linked = link[order]
    columns["incident"] = np.where(linked >= 0, number[np.maximum(linked, 0)], NOBODY)
    columns["source_grade"] = columns["source_grade"].astype(np.int8)
    tables["intelligence"] = build("intelligence", columns)
    rows = np.flatnonzero(fine & (renumber[report] >= 0))
    key = renumber[report[rows]] * np.int64(w.p.n) + person[rows]
    rows = rows[np.unique(key, return_index=True)[1]]
    tables["intelligence_subjects"] = build(
        "intelligence_subjects",
        {
            "intelligence": renumber[report[rows]],
            "person": person[rows],
            "role": subjects["role"][rows].astype(np.int64),
            "mistaken": subjects["mistaken"][rows],
        },
    )
    missing = tables["missing_episodes"]
    held_ = tables["custody"]
    crimes = tables["crimes"]
    # Markers after arrest: for violence, weapons and drugs.
    offence_of = np.full(len(tables["incidents"]), -1, dtype=np.int64)
    offence_of[crimes["incident"].to_numpy()] = crimes["offence"].cat.codes.to_numpy()
    offence = offence_of[held_["incident"].to_numpy()]
    marker = np.where(
        np.isin(offence, (0, 3)),
        1,
        np.where(offence == 4, 2, np.where(offence == OFF["drug_supply"], 3, -1)),
    )
    set_ = np.flatnonzero((marker >= 0) & (w.rng.random(len(marker)) < 0.2))
    return Policing(
        tables,
        (
            missing["person"].to_numpy().astype(np.int64),
            missing["reported"].to_numpy().astype(np.int64),
        ),
        (
            held_["person"].to_numpy()[set_].astype(np.int64),
            held_["day"].to_numpy()[set_].astype(np.int64) + 1,
            marker[set_],
        ),
        domestic,
    )
