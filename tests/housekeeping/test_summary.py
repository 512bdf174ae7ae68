"""The closing lines of a build tell what was published."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from think_family.errors import ThinkFamilyError
from think_family.housekeeping.summary import summarise
from think_family.postgres.settings import Settings
from think_family.publication.duckdb_warehouse import DuckDBWarehouse
from think_family.publication.postgres_warehouse import PostgresWarehouse
from think_family.publication.warehouse import Warehouse

DOCS = Path("target/static_index.html")

MARTS = """
    create table dim_person as select * from generate_series(1, 1234);
    create table dim_family as select n > 0 as is_current from generate_series(0, 2) as t (n);
    create table fct_row_accounting as
    select * from (values (2, 1000, 990, 10), (0, 0, 0, 0))
        as t (n_files, n_rows_in_files, n_rows_loaded, n_rows_rejected);
    create table fct_data_quality as
    select * from (values
        (1, 'police', 'shut'), (2, 'police', 'held'), (2, 'health', 'held'), (2, 'health', 'warned')
    ) as t (run_number, gate, verdict);
    create table fct_linkage_quality as
    select * from (values {linkage}) as t (
        subject, slice, as_of_date, pairwise_precision, pairwise_recall, pairwise_f1,
        is_natural_prevalence
    )
"""

Publish = Callable[[str], Warehouse]


@pytest.fixture
def in_duckdb(tmp_path: Path) -> Publish:
    def publish(linkage: str) -> Warehouse:
        with duckdb.connect(str(tmp_path / "served.duckdb")) as connection:
            connection.execute(MARTS.format(linkage=linkage))
        return DuckDBWarehouse(tmp_path / "build.duckdb", tmp_path / "served.duckdb")

    return publish


@pytest.fixture
def in_postgres(own_database: Settings) -> Publish:
    def publish(linkage: str) -> Warehouse:
        with closing(own_database.connect()) as connection, connection.cursor() as cursor:
            cursor.execute("create schema published; set search_path = published")
            cursor.execute(MARTS.format(linkage=linkage))
            connection.commit()
        return PostgresWarehouse(replace(own_database, password="not to be told"))  # noqa: S106

    return publish


@pytest.fixture(params=["in_duckdb", "in_postgres"])
def publish(request: pytest.FixtureRequest) -> Publish:
    """Writes the marts that are summarised, with these rows of linkage."""
    found: Publish = request.getfixturevalue(request.param)
    return found


def test_counts_places_and_the_last_linkage_are_told(publish: Publish) -> None:
    warehouse = publish(
        "('person', 'all', cast(null as date), 0.99, 0.98, 0.985, true),"
        "('person', 'twins', null, 0.5, 0.5, 0.5, true),"
        "('family', 'all', date '2021-12-31', 0.1, 0.1, 0.1, false),"
        "('family', 'all', date '2025-08-31', 0.9, 0.8, 0.8471, false)",
    )
    assert summarise(warehouse, DOCS) == [
        f"Warehouse  {warehouse.published_in}",
        "Docs page  target/static_index.html",
        "Holds      1,234 persons and the 2 families of today",
        "Extracts   1 of 2 delivered, in 2 files",
        "Rows       1,000 in files = 990 loaded + 10 rejected",
        "Gates      2 open: 2 rules hold, 1 are broken and only warn; target/data_docs/index.html",
        "Linkage    person: F1 0.9850 (precision 0.9900, recall 0.9800) against the planted truth",
        "Linkage    family: F1 0.8471 (precision 0.9000, recall 0.8000) against the planted truth,"
        " not at natural prevalence",
    ]


def test_without_truth_no_linkage_is_told(publish: Publish) -> None:
    nothing = "cast(null as double precision)"
    warehouse = publish(
        f"('person', 'all', cast(null as date), {nothing}, {nothing}, {nothing}, true)"
    )
    assert not any(line.startswith("Linkage") for line in summarise(warehouse, DOCS))


def test_the_place_is_told_and_no_password(in_postgres: Publish, own_database: Settings) -> None:
    line, *_ = summarise(in_postgres("('', '', cast(null as date), 1, 1, 1, true)"), DOCS)
    assert line == (
        "Warehouse  the schema published of the database own on"
        f" {own_database.host}:{own_database.port}"
    )


def test_what_is_missing_is_said_with_the_remedy(tmp_path: Path, own_database: Settings) -> None:
    def refused(warehouse: Warehouse) -> str:
        with pytest.raises(ThinkFamilyError, match=r"nothing has been published\.") as error:
            summarise(warehouse, DOCS)
        return error.value.message

    warehouse = DuckDBWarehouse(tmp_path / "build.duckdb", tmp_path / "served.duckdb")
    assert "served.duckdb does not exist" in refused(warehouse)
    with duckdb.connect(str(tmp_path / "served.duckdb")):
        pass
    assert "served.duckdb holds no marts of this project" in refused(warehouse)
    assert "own on" in refused(PostgresWarehouse(own_database))
