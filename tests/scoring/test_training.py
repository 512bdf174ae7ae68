"""Parameters are fitted on all that is recorded by the day, and written all or none."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner

from think_family.cli import main
from think_family.errors import ThinkFamilyError
from think_family.scoring.models import read_models
from think_family.scoring.parameters import AdditiveParameters, IndexParameters, written
from think_family.scoring.training import Recorded, fit_models

DAY = date(2024, 1, 1)
BEFORE, AFTER = DAY - timedelta(days=1), DAY + timedelta(days=1)
LEARNED = """\
name: learned
title: A model
harm: cse
method: learned
version: 1
cohort: {target: cse, labels: [labels], age_from: 10, age_below: 18}
as_of: day_before_referral
features: {set: shared, scopes: [person]}
index: {points: points_cse}
fit: {smallest_bin: 5, l1: [1, 3]}
scale: rarity
capacity: 10
"""
FLAGGED = """\
name: flagged
title: A count
harm: cse
method: flag_count
version: 1
cohort: {age_from: 5, age_below: 18}
index: {points: points_cse}
capacity: 10
"""
NEARED = """\
name: neared
title: By network
harm: cse
method: network
version: 1
cohort: {age_from: 18}
capacity: 10
"""


def table(rows: list[tuple[Any, ...]], **types: pa.DataType) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else [[] for _ in types]
    return pa.table(
        {name: pa.array(column, kind) for (name, kind), column in
         zip(types.items(), columns, strict=True)}
    )  # fmt: skip


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    """Whom the service took on had three reports or more; what came after the day tells nothing."""
    chance = np.random.default_rng(5)
    labelled, described, today, windowed = [], [], [], []
    for reason, known, n in (
        ("before_referral", BEFORE, 40),
        ("unlabelled", None, 400),
        ("before_referral", AFTER, 10),
    ):
        for number in range(n):
            person = f"{reason} {known} {number:03d}"
            weight = 256 if reason == "unlabelled" else 1
            labelled.append(("learned", BEFORE, person, reason, person, known, weight))
            high = reason == "before_referral" and known == BEFORE
            described.append((person, BEFORE, int(chance.integers(*((3, 6) if high else (0, 4))))))
    for number in range(200):
        person = f"today {number:03d}"
        today += [(model, person, DAY, None) for model in ("learned", "flagged", "neared")]
        if number < 50:
            windowed.append((person, DAY, "report", 1 - number / 50))
    text, day = pa.string(), pa.date32()
    return Recorded(
        day=DAY,
        labelled=table(
            labelled, model=text, as_of_date=day, person_id=text, reason=text, cluster_id=text,
            outcome_known_on=day, weight=pa.int32(),
        ),
        features=table(described, person_id=text, as_of_date=day, n_report_365_days=pa.int32()),
        eligible=table(today, model=text, person_id=text, as_of_date=day, known_by=text),
        windowed=table(
            windowed, person_id=text, as_of_date=day, indicator_code=text, weight=pa.float64()
        ),
        neared=table(
            [("neared", "today 003", DAY, 1, 9.0), ("neared", "today 003", DAY, 2, 4.0)],
            model=text, person_id=text, as_of_date=day, n_hops=pa.int32(), points=pa.float64(),
        ),
        features_catalogued=pa.table(
            {
                "feature": ["n_report_365_days"], "indicator_code": ["report"],
                "scope": ["person"], "measure": ["n_365_days"], "harm": pa.nulls(1, text),
                "network_scope": pa.nulls(1, text), "basis": pa.nulls(1, text),
                "is_shared": [True], "is_label_proxy": [False], "position": [1],
            }
        ),
        indicators=pa.table(
            {
                "indicator_code": ["report"], "criterion": ["help"], "points_cse": [10],
                "is_label_proxy": [False],
            }
        ),
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    models = tmp_path / "risk_models"
    models.mkdir()
    for text in (LEARNED, FLAGGED, NEARED):
        (models / f"{text.split()[1]}.yml").write_text(text, encoding="utf-8")
    return models


def test_every_model_gets_the_files_that_scoring_reads(recorded: Recorded, folder: Path) -> None:
    fitted = {model.model.name: model for model in
              fit_models(read_models(folder), recorded, Path("p"))}  # fmt: skip
    files = {name: sorted(f.name for f in model.parameters) for name, model in fitted.items()}
    assert files == {
        "flagged": ["flagged_index.json"],
        "learned": ["learned.json", "learned_index.json"],
        "neared": ["neared_index.json"],
    }
    box = fitted["learned"].parameters[Path("p/learned.json")]
    assert isinstance(box, AdditiveParameters)
    # Who was known to be taken on after the day is not labelled on it.
    assert (fitted["learned"].n_learned_from, fitted["learned"].n_labelled) == (440, 40)
    assert box.training["as_of_date"] == "2024-01-01"
    assert box.training["settings"]["l1"] == 3.0
    flags = fitted["flagged"].parameters[Path("p/flagged_index.json")]
    assert isinstance(flags, IndexParameters)
    # Of 200 children 50 have the one flag.
    assert flags.points == {"report": 1.0}
    assert flags.scale.values == (0.0, 1.0)
    assert flags.training["n_cohort"] == 200
    near = fitted["neared"].parameters[Path("p/neared_index.json")]
    assert isinstance(near, IndexParameters)
    assert near.scale.values[-1] == 13.0


def test_the_same_data_give_the_same_bytes(recorded: Recorded, folder: Path) -> None:
    chance = np.random.default_rng(2)
    shuffled = replace(
        recorded,
        **{
            name: told.take(pa.array(chance.permutation(len(told))))
            for name, told in vars(recorded).items()
            if isinstance(told, pa.Table)
        },
    )
    first, again = (
        [
            written(parameters)
            for model in fit_models(read_models(folder), data, Path("p"))
            for parameters in model.parameters.values()
        ]
        for data in (recorded, shuffled)
    )
    assert first == again


def test_who_has_nothing_to_learn_from_says_so(recorded: Recorded, folder: Path) -> None:
    none_known = replace(recorded, labelled=recorded.labelled.slice(40))
    with pytest.raises(ThinkFamilyError, match="learned has 0 labelled of 400 rows by 2024-01-01"):
        fit_models(read_models(folder), none_known, Path("p"))
    nobody = replace(recorded, eligible=recorded.eligible.slice(0, 0))
    with pytest.raises(ThinkFamilyError, match="flagged scores nobody on 2024-01-01"):
        fit_models(read_models(folder), nobody, Path("p"))


@pytest.fixture
def warehouse(recorded: Recorded, tmp_path: Path) -> Path:
    file = tmp_path / "build.duckdb"
    names = {
        "intermediate.int_scores__person_dates_labelled": recorded.labelled,
        "intermediate.int_features__persons_described": recorded.features,
        "intermediate.int_scores__cohorts_gathered": recorded.eligible,
        "intermediate.int_features__indicators_windowed": recorded.windowed,
        "intermediate.int_scores__adults_neared": recorded.neared,
        "intermediate.int_features__features_catalogued": recorded.features_catalogued,
        "reference.indicator_catalogue": recorded.indicators,
    }
    with duckdb.connect(str(file)) as connection:
        connection.execute("create schema intermediate")
        connection.execute("create schema reference")
        for name, told in names.items():
            connection.register("told", told)
            connection.execute(f"create table {name} as select * from told")
    return file


def run(*arguments: object) -> Any:
    return CliRunner().invoke(main, ["train", *map(str, arguments)], catch_exceptions=True)


def test_the_command_writes_and_checks(warehouse: Path, folder: Path) -> None:
    asked = ("--build-file", warehouse, "--models", folder)
    done = run(*asked)
    assert done.exit_code == 0, done.output
    files = {file.name: file.read_bytes() for file in (folder / "parameters").iterdir()}
    assert sorted(files) == [
        "flagged_index.json", "learned.json", "learned_index.json", "neared_index.json"
    ]  # fmt: skip
    assert json.loads(files["learned.json"])["training"]["n_labelled"] == 40
    assert run(*asked, "--check").exit_code == 0
    other = folder / "parameters" / "learned.json"
    other.write_bytes(files["learned.json"] + b"\n")
    changed = run(*asked, "--check")
    assert changed.exit_code == 1
    assert "1 of 4 files are not what would be written" in changed.output
    assert other.read_bytes() == files["learned.json"] + b"\n"
    assert run(*asked, "--model", "learned").exit_code == 0
    assert other.read_bytes() == files["learned.json"]


def test_a_model_that_cannot_be_fitted_leaves_all_files_as_they_were(
    warehouse: Path, folder: Path
) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            "delete from intermediate.int_scores__cohorts_gathered where model = 'neared'"
        )
    done = run("--build-file", warehouse, "--models", folder)
    assert done.exit_code == 1
    assert "neared scores nobody" in done.output
    assert not (folder / "parameters").exists()


def test_what_is_missing_is_named_with_the_remedy(warehouse: Path, folder: Path) -> None:
    done = run("--build-file", warehouse, "--models", folder, "--model", "other")
    assert "holds no model called other. It holds flagged, learned, neared" in done.output
    done = run("--build-file", folder / "none.duckdb", "--models", folder)
    assert "none.duckdb does not exist. Run `dbt build` first" in done.output
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            "alter table intermediate.int_features__persons_described drop n_report_365_days"
        )
    done = run("--build-file", warehouse, "--models", folder)
    assert "lacks features: n_report_365_days. Run `dbt build` first" in done.output


def test_a_table_that_was_not_built_is_named(warehouse: Path, folder: Path) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("drop table intermediate.int_scores__adults_neared")
    done = run("--build-file", warehouse, "--models", folder)
    assert "holds no int_scores__adults_neared. Run `dbt build` first" in done.output
