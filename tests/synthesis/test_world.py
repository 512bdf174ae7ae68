"""The synthetic city: what must be true of any world, whatever the seed."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import think_family.synthesis
from think_family.synthesis.calibration import TARGETS, calibration_report
from think_family.synthesis.harms import ACCEPTED, END, QUIET, REFERRED, WAIT, _entered_within
from think_family.synthesis.lives import MONTH
from think_family.synthesis.schooling import half_term_days
from think_family.synthesis.simulation import STEPS, simulate
from think_family.synthesis.world import (
    HISTORY_END,
    HISTORY_START,
    HOLD_OUT_DAYS,
    NEVER,
    NOBODY,
    TABLES,
    World,
    build,
    categories,
    day,
    faults,
    to_dates,
)


@pytest.fixture(scope="module")
def world() -> World:
    """A small city in which exploitation is common enough to look at."""
    return simulate(4_000, seed=11, prevalence=20)


@pytest.fixture(scope="module")
def town() -> World:
    """A city at natural prevalence, large enough to measure."""
    return simulate(40_000, seed=5)


def kids_of(world: World, kind: str) -> pd.DataFrame:
    return world.victims[world.victims["kind"] == kind]


def test_a_world_keeps_to_its_description(world: World) -> None:
    assert faults(world) == []
    assert set(world.tables()) == set(TABLES)
    assert all(len(frame) for frame in world.tables().values())


def test_a_breach_of_the_description_is_found(world: World) -> None:
    from dataclasses import replace

    broken = world.victims.assign(person=len(world.persons), end=0)
    told = faults(replace(world, victims=broken))
    assert "victims.person: a row number is out of range" in told


def test_a_reversed_spell_is_found(world: World) -> None:
    from dataclasses import replace

    broken = world.early_help.assign(end=np.int32(0))
    assert faults(replace(world, early_help=broken)) == [
        "early_help: a spell ends before it starts"
    ]


def test_build_takes_codes_values_and_scalars() -> None:
    made = build(
        "groups", {"kind": ["ce", "cse"], "area": np.array([0, 1]), "start": 3, "end": NEVER}
    )
    assert made["kind"].tolist() == ["ce", "cse"]
    assert made["end"].tolist() == [NEVER, NEVER]
    with pytest.raises(ValueError, match="columns differ"):
        build("groups", {"kind": ["ce"]})


def test_days_and_dates_agree() -> None:
    assert day("1970-01-02") == 1
    assert to_dates([1, NEVER]).astype(str).tolist() == ["1970-01-02", "NaT"]


def test_the_same_seed_gives_the_same_world() -> None:
    one, two = simulate(2_000, seed=3), simulate(2_000, seed=3)
    for name, frame in one.tables().items():
        pd.testing.assert_frame_equal(frame, two.tables()[name], obj=name)


def test_another_seed_gives_another_world(world: World) -> None:
    other = simulate(4_000, seed=12, prevalence=20)
    assert not world.persons["born"].equals(other.persons["born"])


def test_progress_is_told_step_by_step() -> None:
    told: list[str] = []
    simulate(2_000, seed=1, progress=told.append)
    assert tuple(told) == STEPS


def test_too_small_a_city_and_no_prevalence_are_refused() -> None:
    with pytest.raises(ValueError, match="at least"):
        simulate(100, seed=1)
    with pytest.raises(ValueError, match="positive"):
        simulate(3_000, seed=1, prevalence=0)


# ---------------------------------------------------------------------------- people and places


def test_numbers_are_valid_in_form_and_unique(world: World) -> None:
    p = world.persons
    assert p["nhs_number"].is_unique
    digits = np.array([[int(c) for c in n] for n in p["nhs_number"]])
    assert (digits[:, :3] == 9).all()
    check = 11 - (digits[:, :9] * np.arange(10, 1, -1)).sum(axis=1) % 11
    assert (np.where(check == 11, 0, check) == digits[:, 9]).all()
    upn = p.loc[p["upn"] != "", "upn"]
    assert upn.is_unique
    for number in upn:
        total = sum(int(c) * w for c, w in zip(number[1:], range(2, 14), strict=True))
        assert number[0] == "ABCDEFGHJKLMNPQRTUVWXYZ"[total % 23]
    nino = p.loc[p["nino"] != "", "nino"]
    assert nino.is_unique
    assert nino.str.fullmatch(r"QQ\d{6}[A-D]").all()
    assert (ages_at(p.loc[p["nino"] != ""], HISTORY_END) >= 15.7).all()


def ages_at(persons: pd.DataFrame, on: int) -> pd.Series:
    return (on - persons["born"]) / 365.25


def test_postcodes_are_of_areas_never_issued(world: World) -> None:
    a = world.addresses
    assert a["uprn"].is_unique
    bristol = a.loc[a["area"] == 0, "postcode"]
    somerset = a.loc[a["area"] == 1, "postcode"]
    assert bristol.str.fullmatch(r"ZA([1-9]|1[0-6]) \d[A-Z]{2}").all()
    assert somerset.str.fullmatch(r"ZS([1-9]|1\d|20) \d[A-Z]{2}").all()


def test_nobody_lives_in_two_places_and_every_resident_in_one(world: World) -> None:
    r = world.residences.sort_values(["person", "start"])
    same = r["person"].to_numpy()[1:] == r["person"].to_numpy()[:-1]
    assert (r["start"].to_numpy()[1:][same] >= r["end"].to_numpy()[:-1][same]).all()
    p = world.persons
    for on in HOLD_OUT_DAYS:
        here = (p["arrived"] <= on) & (p["left"] > on) & (p["died"] > on) & (p["born"] <= on)
        here &= p["presence"] != "visitor"
        housed = np.zeros(len(p), dtype=bool)
        housed[r.loc[(r["start"] <= on) & (r["end"] > on), "person"]] = True
        assert not (here.to_numpy() & ~housed).any()
        assert not (housed & ~here.to_numpy()).any()


def test_a_refuge_is_always_protected(world: World) -> None:
    r = world.residences
    assert r.loc[r["kind"] == "refuge", "protected"].all()
    assert (r["kind"] == "refuge").any()


def test_mothers_and_twins_are_as_nature_has_it(world: World) -> None:
    p = world.persons
    child = p[p["mother"] >= 0]
    gap = (child["born"].to_numpy() - p["born"].to_numpy()[child["mother"]]) / 365.25
    assert gap.min() > 13
    assert gap.max() < 47
    assert (p["sex"].iloc[child["mother"]] == "f").all()
    twin = p[p["twin_of"] >= 0]
    other = p.iloc[twin["twin_of"]]
    assert (twin["born"].to_numpy() == other["born"].to_numpy()).all()
    assert (twin["mother"].to_numpy() == other["mother"].to_numpy()).all()
    assert (other["twin_of"].to_numpy() == twin.index.to_numpy()).all()
    assert (twin["forename"].astype(str).to_numpy() != other["forename"].astype(str)).mean() > 0.97


def test_the_two_lives_of_an_adopted_child_touch_nowhere(town: World) -> None:
    p = town.persons
    new = p[p["adopted_from"] >= 0]
    assert len(new)
    old = p.iloc[new["adopted_from"]]
    assert (new["born"].to_numpy() == old["born"].to_numpy()).all()
    assert (new["arrived"].to_numpy() == old["left"].to_numpy()).all()
    assert (new["nhs_number"].to_numpy() != old["nhs_number"].to_numpy()).all()
    assert (new[["mother", "father"]] == NOBODY).all(axis=None)
    ended = pd.Series(old["left"].to_numpy(), index=old.index)
    for table, frame in town.tables().items():
        column = next((c for c in ("start", "day", "referred", "reported") if c in frame), None)
        if column and "person" in frame:
            rows = frame[frame["person"].isin(ended.index)]
            late = rows[column].to_numpy() > ended.loc[rows["person"]].to_numpy()
            assert not late.any(), table


def test_names_change_in_order(world: World) -> None:
    names = world.names
    assert (names["end"] > names["start"]).all()
    now = names[names["end"] == NEVER].set_index("person").sort_index()
    assert len(now) == len(world.persons)
    assert (now["surname"].astype(str).to_numpy() == world.persons["surname"].astype(str)).all()
    assert set(names["reason"]) >= {"birth", "marriage"}


def test_a_child_in_care_stays_in_the_family_of_origin(town: World) -> None:
    care = town.care_spells
    on = HOLD_OUT_DAYS[1]
    inside = care.loc[(care["start"] <= on) & (care["end"] > on), "person"].unique()
    m = town.family_members
    member = m.loc[(m["start"] <= on) & (m["end"] > on), "person"].unique()
    assert np.isin(inside, member).mean() > 0.95


# ---------------------------------------------------------------------------- services and harms


def test_services_follow_harm(world: World) -> None:
    s = world.service_referrals
    started = s[s["service_start"] < NEVER]
    assert (started["service_start"] > started["referred"]).all()
    assert (started["triaged"] > started["referred"]).all()
    assert (started["triage"] == "accepted").all()
    age = (s["referred"].to_numpy() - world.persons["born"].to_numpy()[s["person"]]) / 365.25
    assert age.max() < 18.01
    assert not s.loc[s["entry"]].duplicated(["person", "kind"]).any()
    v = world.victims.set_index(["person", "kind"])["onset"]
    true = s[s["truly_harmed"]]
    onset = v.reindex(pd.MultiIndex.from_frame(true[["person", "kind"]])).to_numpy()
    known = ~np.isnan(onset)
    assert known.mean() > 0.95
    assert (true["referred"].to_numpy()[known] - onset[known] >= 30).all()


def test_markers_of_the_cse_operation_follow_a_referral(world: World) -> None:
    m = world.markers[world.markers["kind"] == "cse_operation"]
    s = world.service_referrals[world.service_referrals["kind"] == "cse"]
    first = s.groupby("person")["referred"].min()
    assert len(m)
    assert (m["start"].to_numpy() > first.loc[m["person"]].to_numpy()).all()


def test_some_victims_leave_no_trace(world: World) -> None:
    unseen = world.victims.loc[world.victims["visibility"] == "unseen", "person"]
    others = world.victims.loc[world.victims["visibility"] != "unseen", "person"]
    unseen = unseen[~unseen.isin(others)]
    i = world.incident_people
    kind = world.incidents["kind"].to_numpy()[i["incident"]]
    met = i[(kind == "meeting") & i["person"].isin(unseen)]
    assert len(met)
    assert not met["known_to_police"].any()


def test_many_with_the_same_traces_are_never_harmed(town: World) -> None:
    m = town.missing_episodes
    young = ages_at(town.persons.iloc[m["person"]], HISTORY_END) < 26
    missing = m.loc[young.to_numpy(), "person"].unique()
    assert np.isin(missing, town.victims["person"]).mean() < 0.6


def test_a_small_city_has_enough_users_at_the_documented_prevalence() -> None:
    s = simulate(5_000, seed=2, prevalence=20).service_referrals
    assert s.loc[s["entry"], "person"].nunique() >= 60


def test_true_risk_is_a_probability_of_those_at_risk(world: World) -> None:
    risk = world.true_risk
    assert risk["risk"].between(0, 1).all()
    assert (risk.loc[risk["state"] == "served", "risk"] == 0).all()
    assert not risk.loc[risk["state"] == "served", "entered"].any()
    for on in HOLD_OUT_DAYS:
        rows = risk[risk["hold_out"] == on]
        age = ages_at(world.persons.iloc[rows["person"]], on)
        assert age.between(0, 18.01).all()
        assert not rows.duplicated(["person", "kind"]).any()


def test_true_risk_foretells_as_many_entries_as_come() -> None:
    """Over several worlds, entries lie within four standard errors of the sum of true risk."""
    expected = spread = came = 0.0
    by_state: dict[str, list[float]] = {"not_harmed": [0, 0], "harmed": [0, 0]}
    for seed in range(4):
        risk = simulate(5_000, seed=100 + seed, prevalence=8).true_risk
        expected += risk["risk"].sum()
        spread += (risk["risk"] * (1 - risk["risk"])).sum()
        came += risk["entered"].sum()
        for state, sums in by_state.items():
            rows = risk[risk["state"] == state]
            sums[0] += rows["risk"].sum()
            sums[1] += rows["entered"].sum()
    assert abs(came - expected) < 4 * spread**0.5
    for foretold, seen in by_state.values():
        assert abs(seen - foretold) < 5 * foretold**0.5


def test_the_closed_form_of_entry_agrees_with_chance() -> None:
    rng = np.random.default_rng(1)
    n = 200_000
    for visibility in range(3):
        hit = REFERRED[visibility] * ACCEPTED[visibility] / MONTH
        referred = rng.exponential(1 / hit, n)
        ended = rng.exponential(MONTH / END, n)
        wait = rng.integers(*WAIT, n)
        came = (referred < ended) & (referred < 200) & (referred + wait <= 365)
        form = _entered_within(np.array([visibility]), [365.0], [200.0])[0]
        assert form == pytest.approx(came.mean(), abs=0.006)
    assert _entered_within(np.array([QUIET]), [10.0], [200.0])[0] == 0


# ---------------------------------------------------------------------------- police


def test_one_incident_has_many_records(world: World) -> None:
    both = set(world.crimes["incident"]) & set(world.call_cards["incident"])
    assert both & set(world.intelligence["incident"])
    assert world.crimes["incident"].is_unique
    assert world.call_cards["incident"].is_unique


def test_police_checks_and_records_are_of_people_who_were_there(world: World) -> None:
    there = set(
        zip(world.incident_people["incident"], world.incident_people["person"], strict=True)
    )
    for frame in (world.pnc_checks, world.custody, world.missing_episodes):
        assert set(zip(frame["incident"], frame["person"], strict=True)) <= there


def test_intelligence_sees_only_part(town: World) -> None:
    meetings = town.incidents[town.incidents["kind"] == "meeting"]
    share = (meetings["recorded"] <= HISTORY_END).mean()
    assert 0.02 < share < 0.5
    subjects = town.intelligence_subjects
    assert 0 < subjects["mistaken"].mean() < 0.06
    assert (town.intelligence["handling"] == "C").any()


def test_nothing_is_recorded_before_it_happens(world: World) -> None:
    for table, frame in world.tables().items():
        if "recorded" not in frame:
            continue
        happened = next(
            c
            for c in (
                "offered",
                "day",
                "start",
                "reported",
                "referred",
                "booked",
                "started",
                "incident",
            )
            if c in frame
        )
        if happened == "incident":
            then = world.incidents["day"].to_numpy()[frame["incident"]]
        else:
            then = frame[happened].to_numpy()
        if table == "mental_health":
            then = frame["referred"].to_numpy()
        assert (frame["recorded"].to_numpy() >= then).all(), table


def test_events_lie_within_the_history(world: World) -> None:
    for table, column in (
        ("incidents", "day"),
        ("exclusions", "day"),
        ("referrals", "day"),
        ("alerts", "day"),
        ("service_referrals", "referred"),
        ("homelessness", "day"),
        ("interventions", "offered"),
    ):
        when = getattr(world, table)[column]
        assert when.between(HISTORY_START, HISTORY_END).all(), table


def test_pregnancies_under_way_at_the_end_are_booked_as_at_any_time(town: World) -> None:
    x = town.pregnancies
    assert (x["booked"] <= x["ended"]).all()
    half_years = (HISTORY_END - x["booked"]) // 182
    births = x[x["outcome"] == "birth"].groupby(half_years).size()
    # The last half-year against the mean of the six before; mothers are few in a town.
    assert births[0] == pytest.approx(births[1:7].mean(), rel=0.2)
    expected = x[(half_years == 0) & (x["outcome"] == "birth")]
    assert (expected["ended"] > HISTORY_END).mean() > 0.7
    assert (x.loc[x["ended"] > HISTORY_END, "child"] == NOBODY).all()
    # First children among them, of women of the usual ages.
    mothers = set(town.persons["mother"])
    first = expected[(expected["ended"] > HISTORY_END) & ~expected["person"].isin(mothers)]
    assert 0.25 < len(first) / len(expected) < 0.65
    assert ages_at(town.persons.iloc[first["person"]], HISTORY_END).between(14.5, 44).all()


def test_no_woman_is_booked_who_has_left_or_died(town: World) -> None:
    x = town.pregnancies
    women = town.persons.iloc[x["person"]]
    gone = np.minimum(women["left"].to_numpy(), women["died"].to_numpy())
    assert (x["booked"].to_numpy() < gone).all()


def test_who_waits_at_the_end_was_not_turned_down(town: World) -> None:
    x = town.mental_health
    late = x["referred"] > HISTORY_END - 60
    accepted = x["start"] < NEVER
    assert accepted[late].mean() == pytest.approx(accepted[~late].mean(), abs=0.12)
    x = town.interventions
    assert ((x["start"] < NEVER) == (x["allocation"] == "allocated")).all()


def test_a_case_of_need_is_recorded_when_it_is_decided_on(town: World) -> None:
    pairs = town.need_spells.merge(town.assessments, on=["person", "start"])
    assert len(pairs) > 100
    assert (pairs["recorded_x"] >= pairs["end_y"]).all()


def test_children_who_miss_education_are_on_no_roll(town: World) -> None:
    gaps = town.missing_education
    both = gaps.merge(town.enrolments, on="person", suffixes=("", "_school"))
    assert len(both) > 100
    at_once = (both["start"] < both["end_school"]) & (both["end"] > both["start_school"])
    assert not at_once.any()
    came = gaps.merge(town.attendance, on="person")
    calendar = {year: half_term_days(year) for year in came["year"].unique().tolist()}
    terms = [calendar[y][t - 1] for y, t in zip(came["year"], came["half_term"], strict=True)]
    begin, finish, sessions = np.array(terms).T
    missed = np.minimum(came["end"], finish) - np.maximum(came["start"], begin)
    # What can be attended of a half-term is what is left of it.
    room = sessions * (1 - np.maximum(missed, 0) / (finish - begin))
    assert (came["possible"] <= room + 2).all()


def test_groups_meet_several_children_at_few_places(town: World) -> None:
    people = town.incident_people
    met = people[(town.incidents["kind"].to_numpy()[people["incident"]] == "meeting")]
    places = town.incidents["address"].to_numpy()[met["incident"]]
    exploited = met["person"].isin(town.victims["person"])
    children = met[exploited].assign(place=places[exploited]).groupby("place")["person"].nunique()
    assert len(children) < 120
    assert children.max() >= 3


# ---------------------------------------------------------------------------- figures


@pytest.mark.parametrize("number", range(len(TARGETS)), ids=[t.name for t in TARGETS])
def test_the_city_is_calibrated(report: pd.DataFrame, number: int) -> None:
    row = report.iloc[number]
    assert row["is_met"], f"{row['measured']:.4g} is not within {row['low']} to {row['high']}"


@pytest.fixture(scope="module")
def report(town: World) -> pd.DataFrame:
    return calibration_report(town)


def test_every_figure_names_its_source() -> None:
    assert all(len(target.source) > 20 and target.low < target.high for target in TARGETS)
    assert len({target.name for target in TARGETS}) == len(TARGETS)


def test_a_wrong_world_fails_its_calibration(town: World) -> None:
    from dataclasses import replace

    wrong = replace(town, need_spells=town.need_spells.iloc[::4].reset_index(drop=True))
    report = calibration_report(wrong).set_index("name")
    assert not report.loc["children in need", "is_met"]


def test_synthesis_knows_nothing_of_what_reads_its_data() -> None:
    root = Path(think_family.synthesis.__file__).parent
    strangers = ("identity", "network", "risk", "explanation", "loading", "quality", "publication")
    for path in sorted(root.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = []
            if isinstance(node, ast.ImportFrom):
                modules = [node.module or ""]
            elif isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            for module in modules:
                parts = module.split(".")
                assert not (parts[0] == "think_family" and parts[1:2] and parts[1] in strangers)


def test_code_lists_have_no_doubles() -> None:
    for table, columns in TABLES.items():
        for column, (kind, _) in columns.items():
            if kind.startswith("code:"):
                values = categories(table, column)
                assert len(set(values)) == len(values), (table, column)
