"""The fingerprint stays while nothing that decides the build changes, and only then."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from think_family.housekeeping.fingerprint import fingerprint
from think_family.postgres.settings import Settings
from think_family.publication.duckdb_warehouse import DuckDBWarehouse
from think_family.publication.postgres_warehouse import PostgresWarehouse

LOADED = (
    "create schema if not exists raw; drop table if exists raw.load_files;"
    "create table raw.load_files as select"
    " 'dwp' as system, 'benefits' as extract, 'a.csv' as file, '{}' as sha256"
)


def load(root: Path, sha256: str) -> None:
    with duckdb.connect(str(root / "build.duckdb")) as connection:
        connection.execute(LOADED.format(sha256))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("models/marts/dim_person.sql", "seeds/code_map.csv", "truth/persons.parquet"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("one", encoding="utf-8")
    load(tmp_path, "aa")
    return tmp_path


def of(root: Path) -> str:
    warehouse = DuckDBWarehouse(root / "build.duckdb", root / "published.duckdb")
    return fingerprint(root, warehouse, root / "truth")


def test_it_stays_when_the_same_is_loaded_and_built_again(root: Path) -> None:
    before = of(root)
    load(root, "aa")
    (root / "models" / "__pycache__").mkdir()
    (root / "models" / "__pycache__" / "x.pyc").write_bytes(b"")
    (root / "target").mkdir()
    (root / "target" / "manifest.json").write_text("{}", encoding="utf-8")
    with duckdb.connect(str(root / "build.duckdb")) as connection:
        connection.execute("create table built_by_dbt (n integer)")
    assert of(root) == before


@pytest.mark.parametrize(
    "change",
    [
        lambda root: load(root, "bb"),
        lambda root: (root / "models/marts/dim_person.sql").write_text("two"),
        lambda root: (root / "models/marts/dim_person.sql").rename(root / "models/dim_person.sql"),
        lambda root: (root / "seeds/code_map.csv").unlink(),
        lambda root: (root / "truth/persons.parquet").write_text("two"),
        lambda root: (root / "build.duckdb").unlink(),
    ],
    ids=["loaded", "changed", "moved", "deleted", "truth", "nothing loaded"],
)
def test_it_changes_with_all_that_decides_the_build(
    root: Path, change: Callable[[Path], object]
) -> None:
    before = of(root)
    change(root)
    assert of(root) != before


def test_in_postgres_it_changes_with_the_database_too(root: Path, own_database: Settings) -> None:
    def of_database(settings: Settings) -> str:
        return fingerprint(root, PostgresWarehouse(settings), root / "truth")

    def ask(sql: str) -> None:
        with closing(own_database.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            connection.commit()

    empty = of_database(own_database)
    ask(LOADED.format("aa"))
    loaded = of_database(own_database)
    ask(LOADED.format("aa"))
    assert of_database(own_database) == loaded
    ask(LOADED.format("bb"))
    other_load = of_database(own_database)
    other_database = of_database(replace(own_database, database="tests"))
    assert len({empty, loaded, other_load, other_database, of(root)}) == 5
