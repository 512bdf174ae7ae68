"""What the synthetic city must look like, with the source of each figure, and how it is measured.

The figures were settled before anything that is measured on the city, and are not changed to please
a later result. They hold at natural prevalence; a measured value passes when it lies within
``[low, high]``, widened by three standard errors for a city that is small. Where the source gives
one figure, it stands in the unit and the width of the band is a judgement; where nothing is
published, the source says "assumed".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from think_family.synthesis.dice import Flags, Ints
from think_family.synthesis.world import (
    HISTORY_END,
    HISTORY_START,
    World,
    day,
)

Measured = tuple[float, float]  # value, standard error

_YEARS = (HISTORY_END - HISTORY_START) / 365.25
_CENSUS = tuple(day(f"{year}-03-31") for year in (2021, 2022, 2023, 2024, 2025))
# Counts cluster in families and persons: standard errors of counts are widened by this factor.
_CLUSTER = 1.6


@dataclass(frozen=True)
class Target:
    """A figure of the real world that the city reproduces."""

    name: str
    low: float
    high: float
    unit: str
    source: str
    measure: Callable[[World], Measured]


def residents(world: World, on: int) -> Flags:
    """Who lives in the city on a day, visitors apart."""
    p = world.persons
    here = (p["arrived"] <= on) & (p["left"] > on) & (p["died"] > on) & (p["born"] <= on)
    return (here & (p["presence"] != "visitor")).to_numpy()


def ages(world: World, on: int) -> np.ndarray:
    """Age of everyone on a day, in years."""
    return ((on - world.persons["born"]) / 365.25).to_numpy()


def children(world: World, on: int) -> Flags:
    """Children under 18 who live in the city on a day."""
    return residents(world, on) & (ages(world, on) < 18)


def _share(hit: float, of: float) -> Measured:
    value = hit / max(of, 1)
    return value, _CLUSTER * float(np.sqrt(max(value * (1 - value), 1e-9) / max(of, 1)))


def _rate(count: float, exposure: float, per: float) -> Measured:
    value = count / max(exposure, 1e-9) * per
    return value, _CLUSTER * float(np.sqrt(max(count, 1)) / max(exposure, 1e-9) * per)


def _open_on(frame: pd.DataFrame, on: int) -> pd.DataFrame:
    return frame[(frame["start"] <= on) & (frame["end"] > on)]


def _stock(table: str) -> Callable[[World], Measured]:
    """Children with an open spell per 10,000 under-18s, mean of the census days."""

    def measure(world: World) -> Measured:
        hit = of = 0
        for on in _CENSUS:
            child = children(world, on)
            who = _open_on(getattr(world, table), on)["person"].unique()
            hit += int(child[who].sum())
            of += int(child.sum())
        value, error = _rate(hit, of, 10_000)
        # The same children stand on several census days.
        return value, error * float(np.sqrt(len(_CENSUS) / 2))

    return measure


def _school_year(world: World, year: int) -> pd.DataFrame:
    rows = world.attendance[world.attendance["year"] == year]
    sums = rows.groupby("person")[["possible", "authorised", "unauthorised"]].sum()
    sums["absence"] = (sums["authorised"] + sums["unauthorised"]) / sums["possible"]
    return sums


def _persistent_absence(world: World) -> Measured:
    absence = _school_year(world, 2023)["absence"]
    return _share(float((absence >= 0.10).sum()), len(absence))


def _overall_absence(world: World) -> Measured:
    sums = _school_year(world, 2023)
    missed = float((sums["authorised"] + sums["unauthorised"]).sum())
    return missed / float(sums["possible"].sum()), float(sums["absence"].std() / len(sums) ** 0.5)


def _severe_absence(world: World) -> Measured:
    absence = _school_year(world, 2023)["absence"]
    return _share(float((absence >= 0.50).sum()), len(absence))


def _suspensions(world: World) -> Measured:
    begin, end = day("2023-09-01"), day("2024-08-31")
    x = world.exclusions
    n = ((x["kind"] == "suspension") & (x["day"] >= begin) & (x["day"] < end)).sum()
    pupils = len(_school_year(world, 2023))
    value, error = _rate(float(n), pupils * 3, 100)
    return value, 2 * error  # few pupils have most of them


def _permanent(world: World) -> Measured:
    x = world.exclusions
    n = (x["kind"] == "permanent").sum()
    pupils = sum(len(_school_year(world, y)) for y in range(2018, 2025))
    return _rate(float(n), pupils, 100)


def _neet(world: World) -> Measured:
    hit = of = 0
    for on in (day("2022-02-01"), day("2023-02-01"), day("2024-02-01"), day("2025-02-01")):
        rows = _open_on(world.destinations, on)
        hit += int(rows["status"].isin(["neet", "not_known"]).sum())
        of += len(rows)
    return _share(hit, of)


def _missing_days(world: World) -> tuple[Ints, Ints, Ints]:
    """Missing reports of children: persons, days, and years of the history."""
    m = world.missing_episodes
    who, when = m["person"].to_numpy(), m["reported"].to_numpy()
    young = (when - world.persons["born"].to_numpy()[who]) / 365.25 < 18
    year = ((when - HISTORY_START) / 365.25).astype(np.int64)
    young &= (when <= HISTORY_END) & (year < 7)
    return who[young].astype(np.int64), when[young].astype(np.int64), year[young]


def _children_missing(world: World) -> Measured:
    who, _, year = _missing_days(world)
    hit = len(np.unique(who * 10 + year))
    of = sum(int(children(world, on).sum()) for on in _CENSUS) / len(_CENSUS) * 7
    return _share(hit, of)


def _care_missing(world: World) -> tuple[Measured, Measured, float]:
    """Share of looked-after children missing in a year, reports each, share of the top tenth."""
    who, when, _ = _missing_days(world)
    care = world.care_spells
    hit = of = 0
    counts: list[np.ndarray] = []
    for year in range(1, 7):
        begin = HISTORY_START + int(year * 365.25)
        end = begin + 365
        rows = care[(care["start"] < end) & (care["end"] > begin)]
        looked_after = rows["person"].unique().astype(np.int64)
        of += len(looked_after)
        mine = (when >= begin) & (when < end) & np.isin(who, looked_after)
        # Reports made while in care.
        key = rows["person"].to_numpy().astype(np.int64)
        inside = np.zeros(int(mine.sum()), dtype=bool)
        w, t = who[mine], when[mine]
        for k, s, e in zip(key, rows["start"].to_numpy(), rows["end"].to_numpy(), strict=True):
            inside |= (w == k) & (t >= s) & (t < e)
        _, each = np.unique(w[inside], return_counts=True)
        hit += len(each)
        counts.append(each)
    every = np.sort(np.concatenate(counts))[::-1]
    mean = float(every.mean()) if len(every) else 0.0
    error = float(every.std() / max(len(every), 1) ** 0.5) * 1.5 if len(every) else 9.0
    top = float(every[: max(1, len(every) // 10)].sum() / max(every.sum(), 1))
    return _share(hit, of), (mean, error), top


def _flagged(world: World) -> pd.DataFrame:
    """Assessments that found child sexual exploitation, with the child's age and sex."""
    f = world.assessment_factors
    at = f.loc[f["factor"] == "child_sexual_exploitation", "assessment"].to_numpy()
    rows = world.assessments.iloc[at].copy()
    persons = world.persons.iloc[rows["person"].to_numpy()]
    rows["age"] = (rows["end"].to_numpy() - persons["born"].to_numpy()) / 365.25
    rows["girl"] = (persons["sex"] == "f").to_numpy()
    return rows


def _flagged_girls(world: World) -> Measured:
    rows = _flagged(world)
    return _share(float(rows["girl"].sum()), len(rows))


def _flagged_older(world: World) -> Measured:
    rows = _flagged(world)
    return _share(float((rows["age"] >= 10).sum()), len(rows))


def _flagged_absent(world: World) -> Measured:
    """Share of flagged children on roll who are persistently absent in the year of the finding."""
    rows = _flagged(world)
    dates = rows["end"].to_numpy().astype("datetime64[D]")
    year = dates.astype("datetime64[Y]").astype(np.int64) + 1970
    year -= (dates.astype("datetime64[M]").astype(np.int64) % 12) < 8
    hit = of = 0
    for y in range(2018, 2025):
        absence = _school_year(world, y)["absence"]
        mine = absence.index.intersection(rows.loc[year == y, "person"].unique())
        hit += int((absence.loc[mine] >= 0.10).sum())
        of += len(mine)
    return _share(hit, of)


def _flow(table: str, column: str) -> Callable[[World], Measured]:
    """Rows per 10,000 under-18s a year, over the history but its first year."""

    def measure(world: World) -> Measured:
        rows = getattr(world, table)
        begin = HISTORY_START + 365
        n = ((rows[column] >= begin) & (rows[column] <= HISTORY_END)).sum()
        of = sum(int(children(world, on).sum()) for on in _CENSUS) / len(_CENSUS)
        value, error = _rate(float(n), of * (HISTORY_END - begin) / 365.25, 10_000)
        return value, error * 1.5

    return measure


def _entry(kind: str) -> Callable[[World], Measured]:
    def measure(world: World) -> Measured:
        s = world.service_referrals
        n = (s["entry"] & (s["kind"] == kind)).sum()
        of = sum(int((children(world, on) & (ages(world, on) >= 10)).sum()) for on in _CENSUS)
        value, error = _rate(float(n), of / len(_CENSUS) * _YEARS, 10_000)
        return value, error * 1.3

    return measure


def _per_resident(table: str, per: float, column: str = "recorded") -> Callable[[World], Measured]:
    """Rows per resident and year."""

    def measure(world: World) -> Measured:
        rows = getattr(world, table)
        n = float((rows[column] <= HISTORY_END).sum())
        of = sum(int(residents(world, on).sum()) for on in _CENSUS) / len(_CENSUS)
        return _rate(n, of * _YEARS, per)

    return measure


def _suspects(world: World) -> Measured:
    """Crimes with a suspect known to police."""
    crimes = world.crimes["incident"].to_numpy()
    who = world.incident_people
    known = who[who["role"].isin(["suspect", "offender"]) & who["known_to_police"]]
    return _share(float(np.isin(crimes, known["incident"].to_numpy()).sum()), len(crimes))


def _benefit(world: World) -> Measured:
    on = day("2024-03-31")
    age = ages(world, on)
    adult = residents(world, on) & (age >= 18) & (age < 66)
    rows = _open_on(world.benefits, on)
    who = rows.loc[rows["benefit"] == "universal_credit", "person"].unique()
    return _share(float(adult[who].sum()), float(adult.sum()))


def _minors(world: World) -> Measured:
    on = day("2024-03-31")
    here = residents(world, on)
    return _share(float((here & (ages(world, on) < 18)).sum()), float(here.sum()))


def _elders(world: World) -> Measured:
    on = day("2024-03-31")
    here = residents(world, on)
    return _share(float((here & (ages(world, on) >= 65)).sum()), float(here.sum()))


def _at_home(world: World, on: int) -> pd.DataFrame:
    rows = _open_on(world.residences, on)
    return rows[(rows["kind"] == "home") & (rows["address"] >= 0)]


def _household(world: World) -> Measured:
    rows = _at_home(world, day("2024-03-31"))
    size = rows.groupby("address").size()
    return float(size.mean()), float(size.std() / len(size) ** 0.5)


def _lone(world: World) -> Measured:
    """Children at home whose home has one adult kin of parental age."""
    on = day("2024-03-31")
    home = _at_home(world, on)
    address = np.full(len(world.persons), -1)
    address[home["person"].to_numpy()] = home["address"].to_numpy()
    child = np.flatnonzero(children(world, on) & (address >= 0))
    r = world.relationships
    parental = r[
        r["kind"].isin(["parent", "step_parent", "adoptive_parent"])
        & (r["start"] <= on)
        & (r["end"] > on)
    ]
    together = address[parental["a"].to_numpy()] == address[parental["b"].to_numpy()]
    together &= address[parental["b"].to_numpy()] >= 0
    n = np.bincount(parental["b"].to_numpy()[together], minlength=len(address))[child]
    return _share(float((n == 1).sum()), float((n >= 1).sum()))


def _twins(world: World) -> Measured:
    """Twin maternities per 1,000 maternities."""
    p = world.persons
    born = (p["mother"] >= 0) & (p["born"] >= day("2005-01-01"))
    n = born.sum()
    pairs = (born & (p["twin_of"] >= 0)).sum() / 2
    return _rate(float(pairs), float(n - pairs), 1_000)


def _young_conceptions(world: World) -> Measured:
    x = world.pregnancies
    age = (x["conceived"].to_numpy() - world.persons["born"].to_numpy()[x["person"]]) / 365.25
    n = ((age >= 15) & (age < 18)).sum()
    of = 0
    for on in _CENSUS:
        a = ages(world, on)
        of += int(
            (
                residents(world, on)
                & (a >= 15)
                & (a < 18)
                & (world.persons["sex"] == "f").to_numpy()
            ).sum()
        )
    return _rate(float(n), of / len(_CENSUS) * _YEARS, 1_000)


def _gradient(world: World) -> Measured:
    """Rate of children in need in the most deprived fifth over that in the least deprived."""
    hit, of = np.zeros(5), np.zeros(5)
    for on in _CENSUS:
        rows = _at_home(world, on)
        decile = np.zeros(len(world.persons), dtype=np.int64)
        decile[rows["person"].to_numpy()] = world.addresses["imd_decile"].to_numpy()[
            rows["address"].to_numpy()
        ]
        child = children(world, on) & (decile > 0)
        need = np.zeros(len(decile), dtype=bool)
        need[_open_on(world.need_spells, on)["person"].to_numpy()] = True
        fifth = (decile - 1) // 2
        hit += np.bincount(fifth[child & need], minlength=5)
        of += np.bincount(fifth[child], minlength=5)
    rate = (hit + 0.5) / np.maximum(of, 1)
    ratio = float(rate[0] / rate[4])
    return ratio, ratio * float(np.sqrt(5 / (hit[0] + 1) + 5 / (hit[4] + 1))) * 1.5


def _homeless(world: World) -> Measured:
    on = day("2024-03-31")
    n_homes = _at_home(world, on)["address"].nunique()
    return _rate(len(world.homelessness), n_homes * _YEARS, 1_000)


def _risk_ratio(world: World) -> Measured:
    """Entries that came over entries expected from the true risk, all hold-out days and harms."""
    risk = world.true_risk
    expected = float(risk["risk"].sum())
    came = float(risk["entered"].sum())
    error = float(np.sqrt((risk["risk"] * (1 - risk["risk"])).sum())) / max(expected, 1e-9)
    return came / max(expected, 1e-9), error * 1.2


_CIN = "Department for Education, Children in need, reporting year 2024 (England and South West)"
_CLA = "Department for Education, Children looked after in England, reporting year 2024"
_MISSING = "Missing People, Key information, from National Crime Agency data 2022-23 and 2023-24"
_CSE = "Department for Education, Children in need: a focus on sexual abuse and exploitation, 2025"
_ABSENCE = "Department for Education, Pupil absence in schools in England, 2023/24"

TARGETS = (
    Target(
        "children in need", 333, 387, "per 10,000 under 18, on a day", _CIN, _stock("need_spells")
    ),
    Target(
        "child protection plans",
        38,
        46,
        "per 10,000 under 18, on a day",
        _CIN,
        _stock("protection_plans"),
    ),
    Target(
        "children looked after",
        70,
        76,
        "per 10,000 under 18, on a day",
        _CLA,
        _stock("care_spells"),
    ),
    Target(
        "referrals to social care",
        460,
        600,
        "per 10,000 under 18 a year",
        _CIN,
        _flow("referrals", "day"),
    ),
    Target(
        "children reported missing",
        0.0043,
        0.0060,
        "share of under 18s a year (1 in 200)",
        _MISSING,
        _children_missing,
    ),
    Target(
        "looked-after children reported missing",
        0.085,
        0.12,
        "share of those looked after in a year (1 in 10)",
        _MISSING,
        lambda world: _care_missing(world)[0],
    ),
    Target(
        "reports per looked-after child missing",
        5.0,
        7.2,
        "reports a year (about 6)",
        _MISSING,
        lambda world: _care_missing(world)[1],
    ),
    Target(
        "girls among CSE-flagged children",
        0.62,
        0.72,
        "share of findings (67 %)",
        _CSE,
        _flagged_girls,
    ),
    Target(
        "aged 10 or over among CSE-flagged children",
        0.77,
        0.85,
        "share of findings (81 %)",
        _CSE,
        _flagged_older,
    ),
    Target(
        "persistently absent among CSE-flagged children",
        0.60,
        0.73,
        "share of those on roll (two thirds)",
        _CSE,
        _flagged_absent,
    ),
    Target(
        "persistent absence",
        0.185,
        0.215,
        "share of pupils, 2023/24 (20.0 %)",
        _ABSENCE,
        _persistent_absence,
    ),
    Target(
        "overall absence",
        0.062,
        0.080,
        "share of sessions, 2023/24 (7.2 %)",
        _ABSENCE,
        _overall_absence,
    ),
    Target(
        "severe absence",
        0.008,
        0.030,
        "share of pupils, 2023/24 (2.3 %)",
        _ABSENCE,
        _severe_absence,
    ),
    Target(
        "suspensions",
        3.5,
        4.5,
        "per 100 pupils a term (4.13 in autumn 2023/24)",
        "Department for Education, Suspensions and permanent exclusions in England, 2023/24",
        _suspensions,
    ),
    Target(
        "permanent exclusions",
        0.07,
        0.15,
        "per 100 pupils a year (0.13 in 2023/24)",
        "Department for Education, Suspensions and permanent exclusions in England, 2023/24",
        _permanent,
    ),
    Target(
        "NEET or not known at 16 and 17",
        0.05,
        0.07,
        "share of academic age 16 and 17",
        "Department for Education, Participation in education, training and NEET age 16 to 17 "
        "by local authority, 2023-24",
        _neet,
    ),
    Target(
        "entry into CSE service",
        11,
        22,
        "first starts per 10,000 aged 10 to 17 a year",
        "Assumed: some 50 to 110 new users a year in an area of this size, well below the 243 "
        "cases allocated to key workers for all causes in 2017-18 (Insight Bristol's account of "
        "its CSE model); no count of new users is published",
        _entry("cse"),
    ),
    Target(
        "entry into criminal-exploitation service",
        11,
        24,
        "first starts per 10,000 aged 10 to 17 a year",
        "Assumed: of the order of the 232 young people at risk of or in criminal exploitation "
        "whom Insight Bristol's account of its work names, spread over some years",
        _entry("ce"),
    ),
    Target(
        "domestic-abuse incidents",
        19,
        28,
        "per 1,000 people a year (25)",
        "Office for National Statistics, Domestic abuse in England and Wales overview: "
        "November 2023 (1,453,867 incidents and crimes)",
        _per_resident("domestic_incidents", 1_000),
    ),
    Target(
        "recorded crime",
        65,
        95,
        "per 1,000 people a year",
        "Office for National Statistics, Crime in England and Wales: police force area tables, "
        "year ending March 2024 (Avon and Somerset, fraud left out)",
        _per_resident("crimes", 1_000),
    ),
    Target(
        "crimes with a known suspect",
        0.33,
        0.52,
        "share of crimes",
        "Home Office, Crime outcomes in England and Wales 2023 to 2024 (no suspect identified "
        "in about four cases in ten; fewer in violence)",
        _suspects,
    ),
    Target(
        "antisocial behaviour",
        12,
        20,
        "incidents per 1,000 people a year",
        "Office for National Statistics, Crime in England and Wales: other related tables, "
        "year ending March 2024 (about 1.0 million incidents)",
        _per_resident("asb_incidents", 1_000),
    ),
    Target(
        "universal credit",
        0.12,
        0.19,
        "share of people of 18 to 65",
        "Department for Work and Pensions, Universal Credit statistics, March 2024",
        _benefit,
    ),
    Target(
        "homelessness applications",
        6,
        15,
        "per 1,000 households a year",
        "Department for Levelling Up, Housing and Communities, Statutory homelessness in "
        "England, financial year 2023-24 (14 assessments per 1,000; fewer in Somerset)",
        _homeless,
    ),
    Target(
        "under-18s",
        0.195,
        0.235,
        "share of residents",
        "Office for National Statistics, Census 2021 and mid-year estimates 2023",
        _minors,
    ),
    Target(
        "people of 65 and over",
        0.13,
        0.20,
        "share of residents",
        "Office for National Statistics, Census 2021 (Bristol 13 %, Somerset 25 %)",
        _elders,
    ),
    Target(
        "household size",
        2.15,
        2.45,
        "people per household",
        "Office for National Statistics, Families and households in the UK: 2023 (2.36)",
        _household,
    ),
    Target(
        "children with one parent at home",
        0.19,
        0.30,
        "share of children at home",
        "Office for National Statistics, Families and households in the UK: 2023 (about 23 %)",
        _lone,
    ),
    Target(
        "twin maternities",
        13.0,
        17.5,
        "per 1,000 maternities",
        "Office for National Statistics, Birth characteristics in England and Wales: 2022",
        _twins,
    ),
    Target(
        "conceptions under 18",
        9,
        18,
        "per 1,000 girls of 15 to 17 a year",
        "Office for National Statistics, Conceptions in England and Wales: 2021 (13.1)",
        _young_conceptions,
    ),
    Target(
        "gradient of need with deprivation",
        2.2,
        6.5,
        "rate in the most over that in the least deprived fifth",
        "Direction from Bywaters and others, The relationship between poverty and child abuse "
        "and neglect, 2022; the band is assumed",
        _gradient,
    ),
    Target(
        "entries over true risk",
        0.85,
        1.15,
        "entries that came over those expected",
        "By definition 1: the check that the true risk is that of the model",
        _risk_ratio,
    ),
)


def calibration_report(world: World) -> pd.DataFrame:
    """Measure every target on a world.

    Returns one row per target: name, low, high, unit, measured, error (standard), is_met, source.
    At another prevalence than 1 the figures of exploitation are not comparable.
    """
    rows = []
    for target in TARGETS:
        value, error = target.measure(world)
        met = target.low - 3 * error <= value <= target.high + 3 * error
        rows.append(
            (target.name, target.low, target.high, target.unit, value, error, met, target.source)
        )
    return pd.DataFrame(
        rows,
        columns=["name", "low", "high", "unit", "measured", "error", "is_met", "source"],
    )
