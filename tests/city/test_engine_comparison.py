"""A model that depends on its engine is found out; one that does not is not."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from engine_comparison import built_relations, differences

from think_family.postgres.settings import Settings

PROJECT = """
name: tiny
version: "1.0"
profile: tiny
flags: {send_anonymous_usage_stats: false}
models: {tiny: {+materialized: table}}
"""
ELSEWHERE = "{{ target.name != 'duckdb' }}"
MODELS = {
    # In DuckDB a number with a fraction, in Postgres a whole one.
    "halved.sql": "select 7 / 2 as half",
    "joined.sql": "select cast(null as varchar) as name, 'a' || 'b' as other",
    # A model finds itself in the build file, or in a session of its own.
    "measured.py": """
def model(dbt, session):
    dbt.config(materialized="table")
    return dbt.ref("summed").project(
        "total + cast(current_database() = 'memory' as integer) * 1e-13 as total"
    )
""",
    "repeated.sql": f"select 1 as one union all select 1 where not {ELSEWHERE}",
    "shifted.sql": f"select cast(1 + cast({ELSEWHERE} as integer) * 1e-6 as double precision) as x",
    "summed.sql": "select cast(0.3 as double precision) as total",
}


@pytest.fixture(scope="module")
def told(server: Settings, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What is said of each model of a tiny project that differs between the engines."""
    folder = tmp_path_factory.mktemp("tiny")
    profile = {
        "duckdb": {"type": "duckdb", "path": "build.duckdb", "schema": "tiny", "threads": 1},
        "postgres": {
            "type": "pypostgres",
            "host": server.host,
            "port": server.port,
            "user": server.user,
            "password": "",
            "dbname": server.database,
            "schema": "tiny",
            "threads": 1,
        },
    }
    (folder / "models").mkdir()
    (folder / "dbt_project.yml").write_text(PROJECT, encoding="utf-8")
    profiles = {"tiny": {"target": "duckdb", "outputs": profile}}
    (folder / "profiles.yml").write_text(json.dumps(profiles), encoding="utf-8")
    for name, text in MODELS.items():
        (folder / "models" / name).write_text(text, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DBT_")}
    for target in profile:
        subprocess.run(
            [sys.executable, "-m", "dbt.cli.main", "--quiet", "run", "--target", target],
            cwd=folder,
            env=environment,
            check=True,
        )
    relations = built_relations(folder / "target" / "manifest.json")
    assert len(relations) == len(MODELS)
    found = differences(relations, folder / "build.duckdb", server)
    return dict(line.removeprefix("tiny.").split(": ", 1) for line in found)


def test_only_what_differs_is_told(told: dict[str, str]) -> None:
    assert told.keys() == {"halved", "repeated", "shifted"}


def test_a_type_that_differs_is_named(told: dict[str, str]) -> None:
    assert told["halved"] == "half is DOUBLE in DuckDB and INTEGER in Postgres"


def test_rows_that_differ_are_counted(told: dict[str, str]) -> None:
    assert told["repeated"].startswith("1 rows stand in DuckDB alone, 0 in Postgres alone")
    assert "and in 1 a floating value is another" in told["shifted"]
