"""What is kept of trials: read from a warehouse, with small numbers left empty."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from think_family.cards.results import (
    LEAST_PEOPLE,
    TABLES,
    Results,
    read_results,
    read_warehouse,
    written,
)
from think_family.cards.results import suppressed as suppress
from think_family.disclosure import LEAST_COUNT, is_told_of, told_count
from think_family.errors import ThinkFamilyError
from think_family.publication.duckdb_warehouse import DuckDBWarehouse
from think_family.scoring.trials_assessed import ASSESSED

from .kept import DAY, MODEL, ROOT, judged, kept, performance, row

CAME = "assessed whom the event came to"


@pytest.mark.parametrize(
    ("n", "told"), [(0, 0), (1, None), (9, None), (10, 10), (12, 10), (13, 15)]
)
def test_counts_are_rounded_and_few_are_not_told(n: int, told: int | None) -> None:
    assert told_count(n) == told


def test_marts_and_pages_tell_of_no_fewer_people_than_one_another() -> None:
    project = yaml.safe_load((ROOT / "dbt_project.yml").read_text("utf-8"))
    assert project["vars"]["least_count_told"] == LEAST_COUNT
    assert project["vars"]["score_publishable_population"] == LEAST_PEOPLE


def test_a_share_of_few_is_not_told() -> None:
    assert [is_told_of(n) for n in (None, 9, 10)] == [False, False, True]


@pytest.mark.parametrize(
    ("about", "is_accuracy"),
    [
        ({}, True),
        ({"people": "534999"}, False),
        ({"natural prevalence": "no"}, False),
        ({"publishable": "no"}, False),
    ],
)
def test_accuracy_takes_people_enough_and_a_natural_prevalence(
    about: dict[str, str], is_accuracy: bool
) -> None:
    results = kept(about)
    assert results.is_accuracy == is_accuracy
    assert ("not to be published as accuracy" in results.first_line) != is_accuracy


def of_groups(**told: Any) -> dict[str, Any]:
    usual = {
        "score": "score", "grouping": "sex", "reference": "male", "measure": "true_positive_rate",
        "n_rows": 100, "n_positive": 40, "value": 0.5, "low": 0.4, "high": 0.6,
    }  # fmt: skip
    return row("groups", **{**usual, **told})


def suppressed(**rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    counts = [row("counts", what=CAME, n_rows=40, n_people=40.0)]
    return suppress({**kept().tables, "counts": counts, **rows})


def test_of_a_group_of_few_neither_share_nor_difference_is_told() -> None:
    beside = {"difference": 0.1, "difference_low": 0.05, "difference_high": 0.2, "ratio": 1.5}
    rows = [
        of_groups(group="male", verdict="reference"),
        of_groups(group="female", n_positive=9, verdict="higher", **beside),
    ]
    male, female = suppressed(groups=rows)["groups"]
    assert (male["value"], male["verdict"]) == (0.5, "reference")
    assert [female[name] for name in ("value", "low", "high", *beside)] == [None] * 7
    assert female["verdict"] == "not enough evidence"


def test_a_difference_to_a_reference_of_few_is_not_told_either() -> None:
    rows = [
        of_groups(group="male", n_positive=3, verdict="reference"),
        of_groups(group="female", verdict="higher", difference=0.1),
    ]
    male, female = suppressed(groups=rows)["groups"]
    assert (male["n_positive"], male["value"]) == (None, None)
    assert (female["value"], female["difference"]) == (0.5, None)


def test_precision_of_a_group_is_of_those_listed() -> None:
    rows = [
        of_groups(group="male", measure="selection_rate", value=0.05, verdict="reference"),
        of_groups(group="male", measure="precision", value=0.4, verdict="reference"),
    ]
    listed, precision = suppressed(groups=rows)["groups"]
    # 5 of 100 are listed: of so few no share is told.
    assert (listed["value"], precision["value"]) == (0.05, None)


def test_where_it_came_to_few_no_figure_is_told() -> None:
    told = suppressed(
        counts=[row("counts", what=CAME, n_rows=9, n_people=9.0)],
        comparisons=[row("comparisons", value=0.2, difference=0.1, verdict="higher")],
    )
    assert {r["value"] for r in told["performance"]} == {None}
    assert told["comparisons"][0]["verdict"] == "not enough evidence"
    assert told["counts"][0]["n_rows"] is None


def test_what_is_told_in_sample_is_of_those_learned_from() -> None:
    rows = [
        performance("score", "in_sample_cohort_identified", 0.9, population="in-sample", as_of=day)
        for day in (DAY, date(2023, 5, 15))
    ]
    # Of the other day nobody says how many were learned from.
    assert [r["value"] for r in suppressed(performance=rows)["performance"]] == [0.9, None]


def test_days_ahead_of_few_are_not_told() -> None:
    rows = [
        row("lead_times", lead_time="0-30", n_positive=4, value=0.5),
        row("lead_times", lead_time="31-180", n_positive=36, value=0.5),
    ]
    few, many = suppressed(lead_times=rows)["lead_times"]
    assert (few["n_positive"], few["value"]) == (None, None)
    assert (many["n_positive"], many["value"]) == (35, 0.5)


def files(folder: Path, results: Results) -> Path:
    for name, content in written(results).items():
        (folder / name).write_bytes(content)
    return folder


def test_files_read_again_give_the_same_files(tmp_path: Path) -> None:
    results = kept(
        lead_times=[row("lead_times", lead_time="0-30", n_positive=None, value=1 / 3)],
        groups=[of_groups(group='a, "b"', as_of=DAY, verdict="reference")],
    )
    first = written(results)
    assert written(read_results(files(tmp_path, results))) == first
    assert all(text.decode().startswith(f"# {results.first_line}\n") for text in first.values())
    assert b"0.333333\n" in first["lead_times.csv"].replace(b",,\n", b"\n")


def test_a_file_that_is_missing_or_was_changed_is_named(tmp_path: Path) -> None:
    with pytest.raises(ThinkFamilyError, match=r"about\.csv is not there"):
        read_results(tmp_path)
    files(tmp_path, kept())
    (tmp_path / "models.csv").write_text("# of nobody\nmodel,other\n")
    with pytest.raises(ThinkFamilyError, match=r"models\.csv was not made by this version"):
        read_results(tmp_path)


TYPES = {"string": "varchar", "double": "double", "int64": "bigint", "int32": "integer",
         "date32[day]": "date"}  # fmt: skip


def warehouse(folder: Path, *, learned_outcome: str, tested_outcome: str) -> DuckDBWarehouse:
    """A warehouse of one trial: who was labelled came into service, and so did who was tried."""
    file = folder / "build.duckdb"
    columns = ", ".join(f'"{field.name}" {TYPES[str(field.type)]}' for field in ASSESSED)
    with duckdb.connect(str(file)) as connection:
        connection.execute(f"""
            create schema intermediate;
            create schema marts;
            create schema staging;
            create table marts.fct_run_manifest as
                select 1 as run_number, 'p1' as project_digest, 'e1' as extracts_digest;
            create table staging.stg_load_ledger__files as
                select date '2025-08-31' as extract_date;
            create table intermediate.int_scores__models_configured as
                select '{MODEL}' as model, 'd1' as configuration_digest, 50 as capacity,
                    true as is_seen_before_outcome, 365 as horizon_days;
            create table intermediate.int_scores__models_judged as
                select '{MODEL}' as model, false as is_withdrawn, 'Stands.' as reason;
            create table intermediate.int_scores__cutoffs_dated as
                select date '{DAY}' as cutoff_date, 109 as lag_days;
            create table intermediate.int_scores__person_dates_labelled as
                select * from (values
                    ('{MODEL}', 'ann', date '2023-01-01', 'before_referral', true,
                        date '{learned_outcome}', date '2023-02-01'),
                    ('{MODEL}', 'ann', date '{DAY}', 'test', true,
                        date '{tested_outcome}', date '2024-08-01'))
                as rows (model, person_id, as_of_date, reason, is_outcome, outcome_date,
                    outcome_known_on);
            create table intermediate.int_scores__trials_scored as
                select '{MODEL}' as model, 'as_configured' as variant, date '{DAY}' as cutoff_date,
                    person_id, n % 2 = 0 as is_outcome, cast(null as varchar) as censored,
                    false as is_strong_disagreement, 40 as n_learned_from, 12 as n_labelled
                from (select n, 'p' || n as person_id from range(100) as numbers (n));
            create table intermediate.int_scores__trials_assessed ({columns});
            insert into intermediate.int_scores__trials_assessed by name
                select 'city' as section, '{MODEL}' as model, 'as_configured' as variant,
                    'people' as measure, 100000 as n_rows;
            insert into intermediate.int_scores__trials_assessed by name
                select 'city' as section, '{MODEL}' as model, 'as_configured' as variant, measure,
                    value
                from (values ('natural prevalence', 1), ('synthetic', 1), ('publishable', 0))
                    as told (measure, value);
            insert into intermediate.int_scores__trials_assessed by name
                select 'counts' as section, '{MODEL}' as model, 'as_configured' as variant,
                    '{CAME}' as measure, 50 as n_rows;
            insert into intermediate.int_scores__trials_assessed by name
                select 'performance' as section, '{MODEL}' as model, variant, as_of, 'not known' as
                    population, 'score' as score, 'score' as kind, 'precision' as measure, k, 0.2 as
                    value, 0.1 as low, 0.3 as high
                from (values
                    ('as_configured', null, 50), ('as_configured', null, 100),
                    ('as_configured', date '{DAY}', 50), ('as_configured', date '{DAY}', 100),
                    ('challenger', null, 50)) as told (variant, as_of, k);
        """)
    return DuckDBWarehouse(file, folder / "none.duckdb")


def test_a_warehouse_is_read_with_what_a_team_needs(tmp_path: Path) -> None:
    read = read_warehouse(
        warehouse(tmp_path, learned_outcome="2023-01-02", tested_outcome="2024-06-01")
    )
    assert read.about == {
        "people": "100000",
        "synthetic": "yes",
        "natural prevalence": "yes",
        "publishable": "no",
        "data until": "2025-08-31",
        "extracts digest": "e1",
        "project digest": "p1",
    }
    assert [(r["variant"], r["as_of"], r["k"]) for r in read.tables["performance"]] == [
        ("as_configured", None, 50),
        ("as_configured", None, 100),
        # Of a single day, the list that a team has alone; of whom it came to, nobody counted.
        ("as_configured", DAY, 50),
        ("challenger", None, 50),
    ]
    assert read.of("trials", MODEL) == [
        row(
            "trials",
            cutoff_date=DAY,
            test_until=date(2025, 5, 14),
            complete_on=date(2025, 8, 31),
            learned_since=date(2023, 1, 1),
            n_learned_from=40,
            n_labelled=10,
            n_scored=100,
            n_outcomes=50,
            n_of_age=0,
            n_left=0,
            n_disagreements=0,
            n_labels_in_both=0,
        )
    ]
    assert read.of("models", MODEL) == [judged(reason="Stands.")]
    assert not {"person_id", "cluster_id"} & {n for s in TABLES.values() for n in s.names}


def test_a_label_that_was_learned_from_and_tried_on_is_counted(tmp_path: Path) -> None:
    read = read_warehouse(
        warehouse(tmp_path, learned_outcome="2024-06-01", tested_outcome="2024-06-01")
    )
    assert [r["n_labels_in_both"] for r in read.tables["trials"]] == [1]


def test_a_warehouse_without_trials_says_what_to_build(tmp_path: Path) -> None:
    with pytest.raises(ThinkFamilyError, match="does not exist"):
        read_warehouse(DuckDBWarehouse(tmp_path / "none.duckdb", tmp_path / "none.duckdb"))


def test_performance_is_told_of_the_population_that_counts() -> None:
    rows = [
        performance("score", "precision", 0.2),
        performance("score", "precision", 0.4, population="everyone"),
        performance("score", "precision", 0.1, as_of=DAY),
    ]
    assert [r["value"] for r in kept(performance=rows).headline(MODEL)] == [0.2]
    assert [r["value"] for r in kept(performance=rows[1:2]).headline(MODEL)] == [0.4]
