"""The extracts of a small city: what the input contract says, and the dirt that is stated."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from think_family.contract import read_contract
from think_family.contract.contract import Extract as ContractExtract
from think_family.synthesis import command, simulation
from think_family.synthesis.city import Written, write_city
from think_family.synthesis.recording.deliveries import (
    ALIASED,
    EXTENDED,
    HEADER_ONLY,
    NEW_ETHNIC_CODES,
    REORDERED,
    UNKNOWN_CODES,
    UPPER_CASED,
)
from think_family.synthesis.recording.dirt import QUALITY, RATES
from think_family.synthesis.recording.education import Education
from think_family.synthesis.recording.extract import Extract
from think_family.synthesis.recording.layout import DELIVERIES, LAYOUTS, PROGRAMMES
from think_family.synthesis.recording.people import People, Sight, as_text
from think_family.synthesis.recording.recorder import SOMERSET, Recorder
from think_family.synthesis.recording.social_care import of_area
from think_family.synthesis.recording.somerset import Somerset
from think_family.synthesis.world import NEVER, NOBODY, World

ROOT = Path(__file__).parents[2]
# The city has two councils: a further programme's extracts are none of its own.
CONTRACT = {
    f"{e.system}/{e.name}": e
    for e in read_contract(ROOT / "models/staging").extracts
    if e.programme in PROGRAMMES.values()
}
CODES = {
    name: set(group["code"])
    for name, group in pd.read_csv(ROOT / "seeds/code_map.csv", dtype=str, keep_default_na=False)
    .groupby("code_list")
}  # fmt: skip
DATES = ["2025-06-30", "2025-07-31", "2025-08-31"]
DATE_PATTERNS = {"iso": "%Y-%m-%d", "dmy": "%d/%m/%Y", "dmon": "%d-%b-%Y"}


@dataclass(frozen=True)
class City:
    """A small city on disk, and the world that it came from."""

    world: World
    extracts: Path
    truth: Path
    written: Written

    def file(self, name: str, date: str) -> pd.DataFrame | None:
        """One delivery as text, or None where there is none."""
        found = list((self.extracts / name).glob(f"{date}.*"))
        if not found:
            return None
        if found[0].suffix == ".parquet":
            return pd.read_parquet(found[0]).astype("string")
        return pd.read_csv(found[0], dtype="string", na_values=[""], keep_default_na=False)

    @cached_property
    def files(self) -> dict[tuple[str, str], pd.DataFrame]:
        """Every delivery under the names of the contract's columns."""
        made = {}
        for name in LAYOUTS:
            back = {alias: column for column, alias in ALIASED.get(name, {}).items()}
            for date in DATES:
                frame = self.file(name, date)
                if frame is not None:
                    frame.columns = [
                        back.get(c.lower(), c.lower()) if date != DATES[0] else c
                        for c in frame.columns
                    ]
                    made[name, date] = frame
        return made


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    folder = tmp_path_factory.mktemp("city")
    # The first of these cities in which a child was adopted: in small ones that is rare.
    worlds = (simulation.simulate(3_000, seed, 20.0) for seed in range(50))
    world = next(w for w in worlds if (w.persons["adopted_from"] != NOBODY).any())
    written = write_city(world, folder / "extracts", folder / "truth")
    return City(world, folder / "extracts", folder / "truth", written)


def test_the_layouts_are_those_of_the_contract() -> None:
    assert set(LAYOUTS) == set(CONTRACT)
    for name, layout in LAYOUTS.items():
        extract = CONTRACT[name]
        assert layout.columns == tuple(c.name for c in extract.columns), name
        assert layout.key == extract.key, name
        assert layout.full == (extract.delivery == "full"), name
        assert PROGRAMMES[layout.system] == extract.programme, name
        formats = {c.format for c in extract.columns if c.data_type == "date"}
        assert formats <= {layout.style}, name
    assert [np.datetime64(d, "D").astype(str) for d in DELIVERIES] == DATES


def test_every_extract_is_written_with_its_columns_and_only_these_drift(city: City) -> None:
    assert set(city.written.rows) == set(CONTRACT)
    for name, layout in LAYOUTS.items():
        first = city.file(name, DATES[0])
        assert first is not None
        assert tuple(first.columns) == layout.columns, name
        assert len(first) > 0 or layout.system in ("base", "exploitation"), name
        last = city.file(name, DATES[-1])
        assert last is not None
        headers = list(last.columns)
        if name in ALIASED:
            assert headers == [ALIASED[name].get(c, c) for c in layout.columns]
        elif name in UPPER_CASED:
            assert headers == [c.upper() for c in layout.columns]
        elif name in REORDERED:
            assert headers != list(layout.columns)
            assert sorted(headers) == sorted(layout.columns)
        elif name in EXTENDED:
            assert headers == [*layout.columns, EXTENDED[name][0]]
        else:
            assert headers == list(layout.columns)
        suffix = "parquet" if layout.parquet else "csv"
        dates = [DATES[0], DATES[-1]] if layout.yearly else DATES
        assert sorted(p.name for p in (city.extracts / name).iterdir()) == [
            f"{date}.{suffix}" for date in dates
        ]


def test_the_aliases_are_those_of_the_contract() -> None:
    for name, renamed in ALIASED.items():
        aliases = {c.name: c.aliases for c in CONTRACT[name].columns}
        assert all(alias in aliases[column] for column, alias in renamed.items())


def test_one_file_has_a_header_and_no_rows(city: City) -> None:
    name, sent = HEADER_ONLY
    frame = city.file(name, np.datetime64(sent, "D").astype(str))
    assert frame is not None
    assert len(frame) == 0


def test_codes_are_those_of_the_lists_but_for_the_planted_ones(city: City) -> None:
    planted = {**UNKNOWN_CODES, **NEW_ETHNIC_CODES}
    met = set()
    for (name, _), frame in city.files.items():
        for column in CONTRACT[name].columns:
            if column.codes:
                unknown = set(frame[column.name].dropna()) - CODES[column.codes]
                allowed = {planted[name, column.name]} if (name, column.name) in planted else set()
                assert unknown <= allowed, (name, column.name)
                met |= {(name, column.name)} if unknown else set()
    assert len(met) >= 6


def read_as(extract: ContractExtract, frame: pd.DataFrame, name: str) -> pd.Series:
    """A column of dates or timestamps; NaT where it cannot be read."""
    column = next(c for c in extract.columns if c.name == name)
    pattern = "%Y-%m-%dT%H:%M:%SZ" if column.data_type == "timestamp" else (
        DATE_PATTERNS[column.format or "iso"]
    )  # fmt: skip
    return pd.to_datetime(frame[name], format=pattern, errors="coerce")


def test_values_are_of_their_types_but_for_unreadable_dates_of_birth(city: City) -> None:
    unreadable = n_births = 0
    for (name, date), frame in city.files.items():
        extract = CONTRACT[name]
        for column in extract.columns:
            values = frame[column.name]
            if column.data_type in ("date", "timestamp"):
                bad = read_as(extract, frame, column.name).isna() & values.notna()
                if column.staged_as == "birth_date":
                    unreadable += int(bad.sum())
                    n_births += int(values.notna().sum())
                    bad &= ~values.isin(["00/00/0000", "0000-00-00", "NOT KNOWN"])
                assert not bad.any(), (name, date, column.name)
            elif column.data_type in ("integer", "decimal"):
                assert pd.to_numeric(values.dropna()).ge(0).all(), (name, column.name)
            elif column.data_type == "boolean":
                assert set(values.dropna().str.upper()) <= {"Y", "N", "YES", "NO", "0", "1"}
    assert unreadable < 0.004 * n_births


def test_no_row_is_delivered_before_it_is_recorded(city: City) -> None:
    late = 0
    for (name, date), frame in city.files.items():
        extract = CONTRACT[name]
        assert extract.recorded_column
        recorded = read_as(extract, frame, extract.recorded_column)
        assert recorded.notna().all(), name
        assert (recorded <= pd.Timestamp(date)).all(), (name, date)
        if extract.delivery == "incremental" and date != DATES[0]:
            earlier = pd.concat(
                [city.files[name, d] for d in DATES if d < date and (name, d) in city.files]
            )
            key = list(extract.key)
            seen = frame[key].merge(earlier[key].drop_duplicates(), how="left", indicator=True)
            new = (seen["_merge"] == "left_only").to_numpy()
            late += int((new & (recorded < pd.Timestamp("2025-05-01")).to_numpy()).sum())
            # What is sent again is changed, not the same once more.
            again = frame[~new].drop_duplicates()
            merged = again.merge(earlier, on=list(LAYOUTS[name].columns), how="inner")
            latest = earlier.drop_duplicates(key, keep="last")
            assert len(merged.merge(latest, on=list(LAYOUTS[name].columns))) == 0, (name, date)
    assert late > 0


def as_delivered(city: City, name: str) -> pd.DataFrame:
    """Rows of an extract as the last delivery that holds them has them, with dates read."""
    extract = CONTRACT[name]
    frame = pd.concat([city.files[name, date] for date in DATES]).drop_duplicates(
        list(extract.key), keep="last"
    )
    read = {
        column.name: read_as(extract, frame, column.name)
        for column in extract.columns
        if column.data_type in ("date", "timestamp")
    }
    return frame.assign(**read)


def test_pregnancies_under_way_are_on_record_and_their_outcome_is_not(city: City) -> None:
    rows = as_delivered(city, "health/maternity")
    booked_for = (pd.Timestamp(DATES[-1]) - rows["booking_date"]).dt.days
    going_on = rows["outcome"] == "CON"
    # Most are booked within three months of conception: nobody knows yet how those end.
    assert going_on[booked_for < 90].mean() > 0.6
    assert not going_on[booked_for > 330].any()
    late, usual = (booked_for < 180).sum(), booked_for.between(180, 1259).sum() / 6
    assert 0.6 * usual < late < 1.5 * usual
    # What ended before a birth could be due is no birth.
    first = city.files["health/maternity", DATES[0]]
    due = pd.to_datetime(first["due_date"])
    assert not (first["outcome"].eq("LIV") & (due > "2025-07-31")).any()


def test_nobody_who_waits_for_a_contact_is_recorded_as_turned_down(city: City) -> None:
    world = city.world.mental_health
    recorded = world.loc[world["start"] == NEVER, "recorded"]
    turned_down = (as_delivered(city, "health/mental_health_contacts")["status"] == "REJ").sum()
    # A decision is entered within three days.
    assert (recorded <= DELIVERIES[-1] - 3).sum() <= turned_down
    assert turned_down <= (recorded <= DELIVERIES[-1]).sum()
    assert (world["start"].between(DELIVERIES[-1] + 1, NEVER - 1)).any()


def test_help_is_on_record_when_it_begins_and_names_alerts_that_are_too(city: City) -> None:
    help_given = as_delivered(city, "response/interventions")
    assert (help_given["recorded_date"] >= help_given["start_date"]).all()
    alerts = as_delivered(city, "response/alert_feedback")
    named = help_given["alert_ref"].dropna()
    assert len(named) > 0
    assert named.isin(alerts["alert_ref"]).all()
    # An alert is on record the day after, whatever becomes of it.
    assert ((alerts["recorded_date"] - alerts["alert_date"]).dt.days == 1).all()
    assert alerts["decision"].isna().any()


def test_who_was_with_a_missing_child_is_recorded_when_it_is_found(city: City) -> None:
    companions = as_delivered(city, "police_missing/companions")
    reports = as_delivered(city, "police_missing/reports").set_index("missing_ref")
    with_child = companions[companions["role"] == "INV"]
    found = reports.loc[with_child["missing_ref"], "found_at"].to_numpy()
    assert len(found) > 20
    assert (with_child["recorded_date"].to_numpy() >= found.astype("datetime64[D]")).all()


def test_a_carer_is_a_contact_from_the_day_of_becoming_one(city: City) -> None:
    education = Education(Recorder.of(city.world))
    contacts = next(e for e in education.extracts() if e.layout.name.endswith("pupil_contacts"))
    number = pd.Series(contacts.columns["pupil_ref"].to_pylist()).str[1:].astype(int)
    pupil = education.records.person[(number.to_numpy() - 100_000) // 7]
    ties = city.world.relationships
    begun = ties[ties["kind"] != "partner"].groupby(["a", "b"])["start"].min()
    pairs = pd.MultiIndex.from_arrays([contacts.persons, pupil])
    assert (contacts.entered >= begun.loc[pairs].to_numpy()).all()


def test_who_waits_for_the_service_in_somerset_is_not_on_record_as_turned_down(city: City) -> None:
    # The day before anyone was taken on: all who were accepted wait.
    referrals = city.world.service_referrals.assign(service_start=np.int32(NEVER))
    recorder = Recorder.of(replace(city.world, service_referrals=referrals))
    episodes = next(e for e in Somerset(recorder).extracts() if e.layout.name.endswith("episodes"))
    on_record = sum(kind == "CSS" for kind in episodes.columns["type_code"].to_pylist())
    here = referrals.iloc[of_area(recorder, "service_referrals", "referred", SOMERSET)]
    here = here[here["kind"] == "cse"]
    assert (here["triage"] == "accepted").any()
    turned_down = (here["triage"] != "accepted") & (here["triaged"] <= DELIVERIES[-1])
    assert on_record == turned_down.sum() > 0


def test_a_key_stands_twice_in_a_file_only_with_the_same_row(city: City) -> None:
    twice = n_rows = 0
    for (name, date), frame in city.files.items():
        assert frame[list(LAYOUTS[name].key)].notna().all().all(), name
        distinct = frame.drop_duplicates()
        assert not distinct.duplicated(list(LAYOUTS[name].key)).any(), (name, date)
        twice += len(frame) - len(distinct)
        n_rows += len(frame)
    assert 0.0008 < twice / n_rows < 0.004


def test_rows_are_amended_and_vanish_between_full_files(city: City) -> None:
    name = "police_records/nominals"
    first, last = (
        city.files[name, date].drop_duplicates().set_index("nominal_ref")
        for date in (DATES[0], DATES[-1])
    )
    both = first.index.intersection(last.index)
    assert 0 < len(first.index.difference(last.index)) < 0.02 * len(first)
    assert len(last.index.difference(first.index)) > 0
    changed = (first.loc[both].fillna("") != last.loc[both].fillna("")).any(axis=1)
    assert 0 < changed.mean() < 0.10


def test_the_truth_names_the_rows_by_the_key_of_the_contract(city: City) -> None:
    records = pd.read_parquet(city.truth / "person_records.parquet")
    assert records["source_row_key"].is_unique
    for name in ("health/gp_registrations", "bristol_education/pupil_contacts", "base/services"):
        rows = pd.concat([city.files[key] for key in city.files if key[0] == name])
        system, extract = name.split("/")
        keys = rows[list(LAYOUTS[name].key)].drop_duplicates()
        expected = {
            hashlib.md5("|".join([system, extract, *values]).encode()).hexdigest()  # noqa: S324
            for values in keys.itertuples(index=False)
        }
        told = records[(records["system"] == system) & (records["extract"] == extract)]
        assert set(told["source_row_key"]) == expected
    named = {
        f"{e.system}/{e.name}"
        for e in CONTRACT.values()
        if {"surname", "full_name"} & {c.staged_as for c in e.columns}
    }
    covered = set((records["system"] + "/" + records["extract"]).unique())
    assert named <= covered | {"base/services", "exploitation/national_referrals"}
    assert (records["programme"] == records["system"].map(PROGRAMMES)).all()


def test_an_identifier_is_of_one_true_person(city: City) -> None:
    registrations = city.files["health/gp_registrations", DATES[-1]]
    keys = "health|gp_registrations|" + registrations[
        list(LAYOUTS["health/gp_registrations"].key)
    ].agg("|".join, axis=1)
    digests = [hashlib.md5(key.encode()).hexdigest() for key in keys]  # noqa: S324
    records = pd.read_parquet(city.truth / "person_records.parquet").set_index("source_row_key")
    people = records.loc[digests, "true_person_id"].to_numpy()
    pairs = pd.DataFrame({"nhs": registrations["nhs_number"], "person": people}).drop_duplicates()
    assert pairs["nhs"].is_unique
    assert pairs["person"].is_unique


def test_the_two_lives_of_an_adopted_child_have_nothing_in_common(city: City) -> None:
    world = city.world
    later_life = np.flatnonzero(world.persons["adopted_from"].to_numpy() != NOBODY)
    assert len(later_life) > 0
    earlier = world.persons["adopted_from"].to_numpy()[later_life]
    for column in ("nhs_number", "upn"):
        values = world.persons[column].astype(str).to_numpy()
        shared = (values[later_life] == values[earlier]) & (values[earlier] != "")
        assert not shared.any()
    records = pd.read_parquet(city.truth / "person_records.parquet")
    after = records.dropna(subset=["adopted_from"])
    assert len(after) > 0
    assert after["is_adopted"].all()
    assert not (after["adopted_from"] == after["true_person_id"]).any()
    persons = city.files["bristol_social_care/persons", DATES[-1]]
    closed = persons[persons["record_status"] == "ADP"]
    assert closed["closed_date"].notna().all()
    somerset = city.files["somerset_children/people", DATES[-1]]
    assert len(closed) + somerset["adopted_closed"].notna().sum() > 0


def test_the_other_files_of_the_truth(city: City) -> None:
    records = pd.read_parquet(city.truth / "person_records.parquet")
    families = pd.read_parquet(city.truth / "families.parquet")
    assert set(records["true_person_id"]) - set(families["true_person_id"]) != set(
        records["true_person_id"]
    )
    risk = pd.read_parquet(city.truth / "true_risk.parquet")
    assert risk["risk"].between(0, 1).all()
    assert set(risk["holdout_date"].astype(str)) == {"2021-12-31", "2022-12-31", "2023-12-31"}
    onsets = pd.read_parquet(city.truth / "onsets.parquet")
    entered = onsets.dropna(subset=["entry"])
    assert 0 < len(entered) < len(onsets)
    ties = pd.read_parquet(city.truth / "associations.parquet")
    assert (ties["a"] != ties["b"]).all()


def test_extracts_hold_no_files_but_the_deliveries(city: City) -> None:
    files = [p for p in city.extracts.rglob("*") if p.is_file()]
    assert len(files) == city.written.n_files
    assert sum(p.stat().st_size for p in files) == city.written.n_bytes


def sights(city: City, quality: str, n: int) -> tuple[Extract, Extract, np.ndarray]:
    """What a system holds of many people, and what is true of them."""
    people = People(city.world)
    rng = np.random.default_rng(5)
    alive = np.flatnonzero(people.left > DELIVERIES[0])
    person = rng.choice(alive, n)
    on = np.full(n, DELIVERIES[0] - 400)
    made = Extract.of("bristol_social_care/persons", on)
    sight = Sight(people, rng, quality, person, on, on)
    sight.put(made, surname="surname", forename="forename", date_of_birth="birth")
    truth = Extract.of("bristol_social_care/persons", on)
    names = people.names_on(person, on)
    truth.put(
        surname=as_text(city.world.names["surname"]).take(names),
        forename=as_text(city.world.names["forename"]).take(names),
    ).put_dates(date_of_birth=people.born[person])
    return made, truth, person


@pytest.mark.parametrize("quality", ["health", "police"])
def test_rates_of_dirt_are_those_stated(city: City, quality: str) -> None:
    n, factor = 40_000, QUALITY[quality]
    made, truth, person = sights(city, quality, n)
    kept = 1 - RATES["corrected"]

    def share(column: str, day: int) -> float:
        pairs = zip(
            made.column_on(column, day).to_pylist(), truth.columns[column].to_pylist(), strict=True
        )
        return float(np.mean([(a or "").strip().lower() != (b or "").lower() for a, b in pairs]))

    births = [r for r in RATES if r.startswith("birth_") and r != "birth_day_month_swapped"]
    swappable = 0.36  # days up to the 12th that are not the number of the month
    wrong = sum(RATES[r] for r in births) + RATES["birth_day_month_swapped"] * swappable
    assert share("date_of_birth", DELIVERIES[0]) == pytest.approx(wrong * factor, rel=0.2, abs=1e-3)
    assert share("date_of_birth", DELIVERIES[-1]) == pytest.approx(
        wrong * factor * kept, rel=0.2, abs=1e-3
    )
    names = city.world.persons["surname"].astype(str).to_numpy()[person]
    double = np.char.find(names.astype(str), "-") >= 0
    misspelt = RATES["surname_misspelt"] + RATES["names_swapped"]
    misspelt += double.mean() * (RATES["double_surname_halved"] + RATES["double_surname_spaced"])
    assert share("surname", DELIVERIES[0]) == pytest.approx(misspelt * factor, rel=0.35, abs=2e-3)


def digests(folder: Path) -> dict[str, str]:
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def test_the_same_seed_gives_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    runs = []
    for hash_seed in ("1", "2"):
        folder = tmp_path / hash_seed
        folder.mkdir()
        command_line = "synth --population 2000 --seed 4 --prevalence 20 --out extracts"
        run = subprocess.Popen(
            [sys.executable, "-m", "think_family", *command_line.split()],
            cwd=folder,
            env=os.environ | {"PYTHONHASHSEED": hash_seed},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        runs.append((folder, run))
    made = []
    for folder, run in runs:
        stdout, stderr = run.communicate()
        assert run.returncode == 0, stderr
        assert "NOT natural prevalence" in stdout
        assert sorted(p.name for p in folder.iterdir()) == ["extracts", "truth"]
        made.append(digests(folder))
    assert made[0] == made[1]
    assert len(made[0]) > 150


def test_a_folder_that_holds_something_is_refused_before_any_work(tmp_path: Path) -> None:
    out = tmp_path / "extracts"
    (out / "dwp").mkdir(parents=True)
    result = CliRunner().invoke(command.synth, ["--population", "2000", "--out", str(out)])
    assert result.exit_code == 1
    assert "is not empty" in result.output
    assert "--overwrite" in result.output


def test_a_run_that_breaks_off_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(simulation, "simulate", broken)
    out = tmp_path / "extracts"
    result = CliRunner().invoke(command.synth, ["--population", "2000", "--out", str(out)])
    assert result.exit_code != 0
    assert list(tmp_path.iterdir()) == []


def test_help_teaches() -> None:
    result = CliRunner().invoke(command.synth, ["--help"])
    assert result.exit_code == 0
    for word in ("never loaded", "--prevalence", "think-family load"):
        assert word in result.output
