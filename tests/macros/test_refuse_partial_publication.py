"""Readers get a publication only from a whole build."""

from __future__ import annotations

import subprocess
import sys

import duckdb
import pytest

from .conftest import Dbt


def published() -> bool:
    with duckdb.connect("build.duckdb", read_only=True) as connection:
        found = connection.execute(
            "select count(*) from duckdb_tables() where table_name = 'publication'"
        ).fetchall()
    return found == [(1,)]


def test_a_whole_build_publishes(dbt: Dbt) -> None:
    assert dbt("build")[0]
    assert published()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["run"], "this is dbt run"),
        (["build", "--empty"], "--empty builds no rows"),
        (["build", "--select", "+publication", "--exclude", "resource_type:test"], "are left out"),
        (["build", "--exclude", "stg_pupils"], "such as stg_pupils"),
    ],
)
def test_less_than_a_whole_build_is_refused(dbt: Dbt, arguments: list[str], reason: str) -> None:
    # Everything stands from a build before, so that nothing else can be what fails.
    assert dbt("build", "--exclude", "publication")[0]
    built, said = dbt(*arguments)
    assert not built
    assert "Nothing is published" in said
    assert reason in said
    assert not published()


def test_a_retry_is_refused(dbt: Dbt) -> None:
    with duckdb.connect("build.duckdb") as connection:
        connection.execute("alter table raw.pupils rename to pupils_mislaid")
    assert not dbt("build")[0]
    with duckdb.connect("build.duckdb") as connection:
        connection.execute("alter table raw.pupils_mislaid rename to pupils")
    # In a process of its own: dbt remembers the last selection for as long as a process lives.
    retry = subprocess.run(
        [sys.executable, "-m", "dbt.cli.main", "--no-use-colors", "retry"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert retry.returncode != 0
    assert "OK created sql table model main.dim_person" in retry.stdout
    assert "Nothing is published" in retry.stdout
    assert not published()
