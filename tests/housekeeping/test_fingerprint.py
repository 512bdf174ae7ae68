"""The fingerprint stays while nothing that decides the build changes, and only then."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from think_family.housekeeping.fingerprint import fingerprint


def load(root: Path, sha256: str) -> None:
    with duckdb.connect(str(root / "build.duckdb")) as connection:
        connection.execute(
            "create schema if not exists raw;"
            "create or replace table raw.load_files as select"
            f" 'dwp' as system, 'benefits' as extract, 'a.csv' as file, '{sha256}' as sha256"
        )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("models/marts/dim_person.sql", "seeds/code_map.csv", "truth/persons.parquet"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("one", encoding="utf-8")
    load(tmp_path, "aa")
    return tmp_path


def of(root: Path) -> str:
    return fingerprint(root, root / "build.duckdb", root / "truth")


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
