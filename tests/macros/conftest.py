"""A dbt project of three nodes with the macros of the project, to be built in seconds."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

ROOT = Path(__file__).parents[2]

ON_RUN_START = 'on-run-start: ["{{ check_permitted_purposes() }}", "{{ check_label_lineage() }}"]\n'
PROJECT = f"""
name: tiny
version: "1.0"
profile: tiny
flags: {{send_anonymous_usage_stats: false}}
{ON_RUN_START}models:
  tiny:
    +materialized: table
    publication:
      +pre-hook: "{{{{ refuse_partial_publication() }}}}"
"""
PROFILE = """
tiny:
  target: duckdb
  outputs:
    duckdb: {type: duckdb, path: build.duckdb, schema: main, threads: 1}
"""
PROPERTIES = """
sources:
  - name: police
    schema: raw
    tables:
      - name: nominals
        config: {meta: {permitted_purposes: [safeguarding, planning]}}
  - name: schools
    schema: raw
    tables:
      - name: pupils
        config: {meta: {permitted_purposes: [safeguarding]}}
models:
  - name: stg_nominals
  - name: stg_pupils
  - name: int_joined
  - name: dim_person
    access: public
    config: {meta: {purposes: PURPOSES}}
    columns:
      - name: person_id
        data_tests: [unique]
"""
MODELS = {
    "stg_nominals": "select person_id from {{ source('police', 'nominals') }}",
    "stg_pupils": "select person_id from {{ source('schools', 'pupils') }}",
    "int_joined": (
        "select * from {{ ref('stg_nominals') }} union select * from {{ ref('stg_pupils') }}"
    ),
    "dim_person": "select * from {{ ref('int_joined') }}",
    "publication/publication": "select count(*) as n_rows from {{ ref('dim_person') }}",
}

Dbt = Callable[..., tuple[bool, str]]


@pytest.fixture
def dbt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dbt:
    """Run dbt in the tiny project; gives whether it succeeded and all that it said."""
    monkeypatch.chdir(tmp_path)
    for name in ("DBT_TARGET_PATH", "DBT_LOG_PATH", "DBT_PROFILES_DIR"):
        monkeypatch.delenv(name, raising=False)
    Path("dbt_project.yml").write_text(PROJECT, encoding="utf-8")
    Path("profiles.yml").write_text(PROFILE, encoding="utf-8")
    for name, sql in MODELS.items():
        file = Path("models") / f"{name}.sql"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(sql, encoding="utf-8")
    Path("macros").mkdir()
    for macro in ("check_label_lineage", "check_permitted_purposes", "refuse_partial_publication"):
        shutil.copy(ROOT / "macros" / f"{macro}.sql", "macros")
    with duckdb.connect("build.duckdb") as connection:
        connection.execute(
            "create schema raw;"
            "create table raw.nominals as select 1 as person_id;"
            "create table raw.pupils as select 2 as person_id"
        )

    def run(*arguments: str, purposes: str = "[safeguarding]") -> tuple[bool, str]:
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.cli.main import dbtRunner

        properties = PROPERTIES.replace("PURPOSES", purposes)
        Path("models/models.yml").write_text(properties, encoding="utf-8")
        said: list[str] = []
        result = dbtRunner(callbacks=[lambda event: said.append(event.info.msg)]).invoke(
            [*arguments, "--no-use-colors"]
        )
        # The adapter keeps the file open for as long as the process lives.
        DuckDBConnectionManager.close_all_connections()
        return bool(result.success), "\n".join([*said, str(result.exception or "")])

    return run
