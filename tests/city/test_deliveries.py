"""From extract to mart, through a first delivery and later ones."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
from conftest import BuiltCity, identity


def rows_in(file: Path) -> int:
    """Data rows of a delivery, counted without the loader and without DuckDB."""
    if file.suffix == ".parquet":
        return int(pq.ParquetFile(file).metadata.num_rows)
    with file.open(encoding="utf-8-sig", newline="") as text:
        return max(sum(1 for row in csv.reader(text) if row) - 1, 0)


def test_every_row_of_every_file_is_in_raw_or_in_the_rejects(built_city: BuiltCity) -> None:
    city = built_city.city
    in_files: Counter[str] = Counter()
    for file in city.extracts.rglob("*.*"):
        in_files[f"{file.parent.parent.name}.{file.parent.name}"] += rows_in(file)
    rejects: Counter[str] = Counter(
        dict(
            city.query("select system || '.' || extract, count(*) from raw.load_rejects group by 1")
        )
    )
    for extract, expected in in_files.items():
        [(loaded,)] = city.query(f"select count(*) from raw.{extract.replace('.', '__')}")
        assert expected == loaded + rejects[extract], extract
    assert sum(in_files.values()) > 10_000


def test_the_accounting_mart_tells_the_same(built_city: BuiltCity) -> None:
    unequal = built_city.city.query(
        "select source_system, source_extract from marts.fct_row_accounting"
        " where n_rows_in_files <> n_rows_loaded + n_rows_rejected"
    )
    assert unequal == []


def test_persons_keep_their_ids_through_later_deliveries(built_city: BuiltCity) -> None:
    before, after = built_city.identity_before, identity(built_city.city)
    told = dict(
        built_city.city.query(
            "select from_person_id, max(change_kind) from marts.fct_identity_change group by 1"
        )
    )
    moved = {
        before.person_of[row]
        for row in before.person_of.keys() & after.person_of.keys()
        if before.person_of[row] != after.person_of[row]
    }
    assert told, "the later deliveries correct who is who"
    assert moved <= told.keys()
    gone = before.persons - after.persons
    assert gone <= told.keys()
    assert len(moved | gone) < 0.01 * len(before.persons)
    assert after.persons - before.persons, "the later deliveries bring new persons"


def test_a_row_that_a_later_full_delivery_lacks_is_closed_and_kept(built_city: BuiltCity) -> None:
    # Which rows vanished is read off raw, where every delivery stands as it came.
    [(vanished, closed, standing)] = built_city.city.query(
        """
        with deliveries as (
            select max(_extract_date) as last_date from raw.police_records__nominals
        ),
        vanished as (
            select _source_row_key as source_row_key
            from raw.police_records__nominals
            group by _source_row_key
            having max(_extract_date) < (select last_date from deliveries)
        )
        select
            (select count(*) from vanished),
            count(distinct nominals.source_row_key) filter (where not nominals.is_current),
            count(*) filter (where nominals.is_current)
        from vanished
        inner join staging.stg_police_records__nominals as nominals
            on vanished.source_row_key = nominals.source_row_key
        """
    )
    assert vanished > 0
    assert closed == vanished
    assert standing == 0


def test_loading_again_changes_nothing(built_city: BuiltCity) -> None:
    before = built_city.city.query("select count(*), sum(n_loaded) from raw.load_files")
    report = built_city.city.load()
    assert built_city.city.query("select count(*), sum(n_loaded) from raw.load_files") == before
    assert report != built_city.load_report


def test_readers_find_every_mart_in_the_published_file(built_city: BuiltCity) -> None:
    city = built_city.city
    marts = city.query(
        "select table_name from information_schema.tables where table_schema = 'marts'"
    )
    with duckdb.connect(str(city.published_file), read_only=True) as published:
        for (mart,) in marts:
            [(built,)] = city.query(f"select count(*) from marts.{mart}")
            assert published.execute(f"select count(*) from {mart}").fetchall() == [(built,)], mart
    assert len(marts) >= 7


def test_the_docs_page_is_one_file(built_city: BuiltCity) -> None:
    page = built_city.city.artifacts / "static_index.html"
    assert "stg_police_records__nominals" in page.read_text(encoding="utf-8")


def test_the_small_city_has_service_users_enough_to_exercise_the_code(
    built_city: BuiltCity,
) -> None:
    [(users,)] = built_city.city.query(
        """
        with taken_on as (
            select source_row_key from staging.stg_base__services
            where service_start_date is not null
            union all
            select source_row_key from staging.stg_somerset_children__exploitation_episodes
            where episode_type = 'exploitation_service'
            union all
            select source_row_key from staging.stg_exploitation__panel_decisions
            where decision = 'accepted'
        )
        select count(distinct labels.person_id)
        from intermediate.int_identity__label_records_attached as labels
        inner join taken_on on labels.source_row_key = taken_on.source_row_key
        """
    )
    assert users >= 60


def test_accuracy_in_a_city_that_is_not_natural_says_so(built_city: BuiltCity) -> None:
    rows = built_city.city.query(
        "select subject, slice, pairwise_f1, is_natural_prevalence"
        " from marts.fct_linkage_quality where as_of_date is null and slice = 'all'"
    )
    [(subject, slice_, f1, is_natural)] = rows
    assert (subject, slice_, is_natural) == ("person", "all", False)
    assert f1 >= 0.98
