"""The run ledger: every run leaves its start; its end, unless killed; and what it published."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from .conftest import ON_RUN_START, PROJECT, PROPERTIES, ROOT, Dbt

HOOKS = """
on-run-start: ["{{ check_permitted_purposes() }}", "{{ open_run() }}"]
on-run-end: ["{{ close_run(results) }}"]
"""
MODELS = {
    "int_identity__person_ids_registered.sql": (
        "{{ config(materialized='incremental', incremental_strategy='append',"
        " full_refresh=false) }}"
        " select 'r' || registry_run as registration_key, registry_run"
        " from (select {% if is_incremental() %}"
        "(select max(registry_run) + 1 from {{ this }}){% else %}1{% endif %} as registry_run)"
    ),
    # What it depends on is built when it kills.
    "int_killed.py": (
        "import os, pathlib\n"
        "def model(dbt, session):\n"
        "    persons = dbt.ref('int_joined')\n"
        "    if pathlib.Path('kill').exists():\n"
        "        os._exit(9)\n"
        "    return persons\n"
    ),
    "publication/publication.sql": (
        "select 'dim_person' as mart, count(*) as n_rows, 'd' || count(*) as digest"
        " from {{ ref('dim_person') }}"
        " -- depends_on: {{ ref('stg_load_ledger__files') }} {{ ref('int_killed') }}"
    ),
}


@pytest.fixture
def ledger(dbt: Dbt) -> Dbt:
    """The tiny project, with a run ledger and what the ledger tells of."""
    before, after = PROJECT.split(ON_RUN_START)
    Path("dbt_project.yml").write_text(before + HOOKS + after, encoding="utf-8")
    shutil.copytree(ROOT / "macros" / "run_ledger", "macros/run_ledger")
    Path("macros/run_ledger/_macros.yml").unlink()
    # Without the dispatch, which knows the project by its name.
    Path("macros/type_double.sql").write_text(
        "{% macro type_double() %}double precision{% endmacro %}", encoding="utf-8"
    )
    shutil.copytree(ROOT / "packages" / "dbt_utils_stand_in", "dbt_packages/dbt_utils")
    for name, text in MODELS.items():
        (Path("models") / name).write_text(text, encoding="utf-8")
    Path("models/models.yml").write_text(
        PROPERTIES.replace("PURPOSES", "[safeguarding]"), encoding="utf-8"
    )
    Path("models/ledger.yml").write_text(
        "sources: [{name: loads, schema: raw, tables: [{name: load_files,"
        " config: {meta: {permitted_purposes: [safeguarding]}}}]}]",
        encoding="utf-8",
    )
    Path("models/stg_load_ledger__files.sql").write_text(
        "select * from {{ source('loads', 'load_files') }}", encoding="utf-8"
    )
    change(
        "create table raw.load_files as select 'police' as source_system,"
        " 'nominals' as source_extract, 'a.csv' as source_file, 'aa' as file_sha256,"
        " date '2025-06-30' as extract_date"
    )
    return dbt


def change(sql: str) -> None:
    with duckdb.connect("build.duckdb") as connection:
        connection.execute(sql)


def told(sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect("build.duckdb", read_only=True) as connection:
        return connection.execute(sql).fetchall()


def in_a_process(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dbt.cli.main", "--no-use-colors", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_run_that_was_killed_has_a_start_and_no_end(ledger: Dbt) -> None:
    Path("kill").touch()
    assert in_a_process("build").returncode == 9
    ((command, started_at),) = told("select command, started_at from run_ledger.runs_started")
    now = datetime.now(UTC).replace(tzinfo=None)
    assert command == "build"
    assert now - timedelta(minutes=2) < started_at < now
    assert told("select * from run_ledger.runs_ended") == []


def test_a_run_that_failed_is_told_with_its_nodes_and_publishes_nothing(ledger: Dbt) -> None:
    change("alter table raw.pupils rename to pupils_mislaid")
    assert not ledger("build")[0]
    # Two staging models and the registry stand; five models and a test need the pupils.
    ended = "select n_succeeded, n_failed, n_skipped, is_published from run_ledger.runs_ended"
    assert told(ended) == [(3, 1, 5, False)]
    assert told("select * from run_ledger.files_published") == []
    assert told("select * from run_ledger.marts_published") == []

    change("alter table raw.pupils_mislaid rename to pupils")
    assert in_a_process("retry").returncode != 0, "a retry does not publish"
    assert told("select command from run_ledger.runs_started order by started_at") == [
        ("build",),
        ("retry",),
    ]
    assert told(f"{ended} order by ended_at")[1] == (5, 1, 0, False)


def test_a_publication_is_told_with_its_marts_and_the_files_that_are_new(ledger: Dbt) -> None:
    assert ledger("build")[0]
    change(
        "update raw.load_files set file_sha256 = 'a2';"
        "insert into raw.load_files values"
        " ('police', 'nominals', 'b.csv', 'bb', date '2025-07-31');"
        "insert into raw.pupils values (3)"
    )
    assert ledger("build", "--exclude", "publication", "--empty")[0]
    assert ledger("build")[0]
    first, partial, second = [
        run for (run,) in told("select invocation_id from run_ledger.runs_ended order by ended_at")
    ]
    assert told(
        "select invocation_id, n_failed, n_skipped, is_published from run_ledger.runs_ended"
        " order by ended_at"
    ) == [(first, 0, 0, True), (partial, 0, 0, False), (second, 0, 0, True)]
    # A file that came again with other content is another file.
    assert told(
        "select invocation_id, source_file, file_sha256, cast(extract_date as varchar)"
        " from run_ledger.files_published order by source_file, file_sha256 desc"
    ) == [
        (first, "a.csv", "aa", "2025-06-30"),
        (second, "a.csv", "a2", "2025-06-30"),
        (second, "b.csv", "bb", "2025-07-31"),
    ]
    assert sorted(told("from run_ledger.marts_published"), key=lambda row: row[2]) == [
        (first, "dim_person", 2, "d2"),
        (second, "dim_person", 3, "d3"),
    ]
    assert told("select selection from run_ledger.runs_started order by started_at") == [
        ("",),
        ("--exclude publication --empty",),
        ("",),
    ]
    # The registry as it stood before each run, and none of the kind that this project has not.
    states = told(
        "select person_registry_run, person_registry_digest, family_registry_run,"
        " family_registry_digest from run_ledger.runs_started order by started_at"
    )
    assert states[0] == (None, None, None, None)
    assert [state[0] for state in states] == [None, 1, 2]
    assert states[1][1] != states[2][1]


def test_what_was_refused_or_builds_nothing_is_no_run(ledger: Dbt) -> None:
    built, said = ledger("build", purposes="[planning]")
    assert not built
    assert "does not permit" in said
    assert ledger("run", "--select", "stg_pupils", "stg_nominals", "--vars", "{b: 2, a: it's}")[0]
    ledger("test")
    assert told("select command, selection, variables from run_ledger.runs_started") == [
        ("run", "--select stg_pupils stg_nominals", '{"a": "it\'s", "b": 2}')
    ]
    assert told("select count(*) from run_ledger.runs_ended") == [(1,)]


def test_the_digest_of_a_registry_tells_its_rows_and_not_their_order(ledger: Dbt) -> None:
    registries = {
        "as_it_is": "('r1', 1), ('r2', 1)",
        "turned_round": "('r2', 1), ('r1', 1)",
        "one_other": "('r3', 1), ('r1', 1)",
        "one_twice": "('r2', 1), ('r1', 1), ('r1', 1)",
        "one_null": "('r2', 1), (null, 1)",
    }
    for name, rows in registries.items():
        Path(f"models/{name}.sql").write_text(
            f"select * from (values {rows}) as t (member_key, registry_run)", encoding="utf-8"
        )
    states = "{% if execute %}{% for name in " + str([*registries, "not_built"]) + " %}"
    states += "select '{{ name }}' as name, * from ({{ registry_state(name) }})"
    states += "{{ '' if loop.last else ' union all ' }}{% endfor %}{% endif %}"
    states += "".join(f" -- depends_on: {{{{ ref('{name}') }}}}\n" for name in registries)
    Path("models/states.sql").write_text(states, encoding="utf-8")
    assert ledger("run", "--select", "+states")[0]
    digests = dict(told("select name, registry_digest from states"))
    assert digests.pop("not_built") is None
    assert digests["as_it_is"] == digests["turned_round"]
    assert len(set(digests.values())) == len(registries) - 1
    assert all(len(digest) == 32 for digest in digests.values())


def test_rows_are_kept_with_the_run_and_what_runs_share_is_kept_once(ledger: Dbt) -> None:
    Path("models/scored.sql").write_text(
        "{{ config(post_hook=kept_in_ledger('models_kept')) }}"
        "select 'cse' as model, false as is_withdrawn, cast(null as text) as reason",
        encoding="utf-8",
    )
    Path("models/read.sql").write_text(
        "{{ config(post_hook=kept_once_in_ledger('parameters_kept', 'version')) }}"
        "select version, 'text of ' || version as content from (values"
        " ('one'), ({{ \"'two'\" if var('is_later', false) else \"'one of two'\" }}))"
        " as t (version)",
        encoding="utf-8",
    )
    assert ledger("run", "-s", "scored", "read")[0]
    assert ledger("run", "-s", "scored", "read", "--vars", "is_later: true")[0]
    runs = told("select invocation_id from run_ledger.runs_started order by started_at")
    kept = told(
        "select models_kept.invocation_id, model from run_ledger.models_kept"
        " inner join run_ledger.runs_started using (invocation_id) order by started_at"
    )
    assert kept == [(run, "cse") for (run,) in runs]
    assert told("select version, content from run_ledger.parameters_kept order by version") == [
        ("one", "text of one"),
        ("one of two", "text of one of two"),
        ("two", "text of two"),
    ]
