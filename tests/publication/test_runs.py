"""`think-family runs`: which run made what readers see, and how the others ended."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result

from think_family.cli import main

LEDGER = """
    create schema run_ledger;
    create table run_ledger.runs_started as select * from (values
        ('aaaa', timestamp '2025-09-01 08:00:00', 'build', ''),
        ('bbbb', timestamp '2025-09-02 08:00:00', 'build', ''),
        ('cccc', timestamp '2025-09-03 08:00:00', 'run',
            '--select stg_police_records__nominals stg_dwp__benefits'),
        ('dddd', timestamp '2025-09-04 08:00:00', 'build', '')
    ) as runs (invocation_id, started_at, command, selection);
    create table run_ledger.runs_ended as select * from (values
        ('aaaa', timestamp '2025-09-01 08:09:00', 400, 0, 0, true),
        ('bbbb', timestamp '2025-09-02 08:09:00', 300, 2, 98, false),
        ('cccc', timestamp '2025-09-03 08:00:30', 2, 0, 0, false)
    ) as runs (invocation_id, ended_at, n_succeeded, n_failed, n_skipped, is_published);
    create table run_ledger.runs_described (
        invocation_id text, as_of_date date, commit_hash text, has_local_changes boolean
    );
"""
DESCRIBED = """
    insert into run_ledger.runs_described values
        ('aaaa', date '2025-07-31', '0123456789abcdef', false),
        ('bbbb', date '2025-08-31', '0123456789abcdef', true),
        ('dddd', date '2025-08-31', null, null);
"""
MANIFEST = """
    create table fct_run_manifest as select
        1 as run_number, 'aaaa' as invocation_id, timestamp '2025-09-01 08:00:00' as started_at,
        null::timestamp as ended_at, 'build' as command, '' as selection,
        'unfinished' as outcome, null::integer as n_failed, null::integer as n_skipped,
        date '2025-07-31' as as_of_date, '0123456789abcdef' as commit_hash,
        false as has_local_changes
"""


@pytest.fixture(autouse=True)
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder, where the files have their usual places."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("THINK_FAMILY_BUILD_FILE", raising=False)
    monkeypatch.delenv("THINK_FAMILY_PUBLISHED_FILE", raising=False)
    Path("warehouse").mkdir()


def build(*sql: str) -> None:
    with duckdb.connect("warehouse/build.duckdb") as connection:
        connection.execute(";".join(sql))


def publish(sql: str = MANIFEST) -> None:
    with duckdb.connect("warehouse/think_family.duckdb") as connection:
        connection.execute(sql)


def runs(*options: str) -> Result:
    return CliRunner().invoke(main, ["runs", *options])


def test_the_runs_are_listed_the_newest_first() -> None:
    build(LEDGER, DESCRIBED)
    publish()
    assert runs().output.splitlines() == [
        "run  started (UTC)     outcome        as of       failed  commit       command",
        "  4  2025-09-04 08:00  killed         2025-08-31       -  -            build",
        "  3  2025-09-03 08:00  not published  -                0  -            run --select"
        " stg_police_records__nominals s…",
        "  2  2025-09-02 08:00  not published  2025-08-31       2  0123456789+  build",
        " *1  2025-09-01 08:00  published      2025-07-31       0  0123456789   build",
        "* its marts are in warehouse/think_family.duckdb",
    ]


def test_a_limit_says_how_many_it_left_out() -> None:
    build(LEDGER, DESCRIBED)
    publish()
    _, newest, rest, _ = runs("--limit", "1").output.splitlines()
    assert newest.startswith("  4  ")
    assert rest == "… and 3 earlier ones; see --limit."


def test_json_holds_everything() -> None:
    build(LEDGER, DESCRIBED)
    publish()
    told = json.loads(runs("--json", "--limit", "3").output)
    assert [run["invocation_id"] for run in told] == ["dddd", "cccc", "bbbb"]
    assert told[2] == {
        "run_number": 2,
        "invocation_id": "bbbb",
        "started_at": "2025-09-02T08:00:00Z",
        "ended_at": "2025-09-02T08:09:00Z",
        "command": "build",
        "selection": "",
        "outcome": "not published",
        "n_failed": 2,
        "n_skipped": 98,
        "as_of_date": "2025-08-31",
        "commit_hash": "0123456789abcdef",
        "has_local_changes": True,
        "is_served": False,
    }
    assert [run["is_served"] for run in json.loads(runs("--json").output)] == [
        False,
        False,
        False,
        True,
    ]


def test_before_a_run_described_itself_its_start_and_end_are_told() -> None:
    build(LEDGER)
    assert runs().output.splitlines()[-2:] == [
        "  1  2025-09-01 08:00  published      -           0  -       build",
        "No run is known to have written warehouse/think_family.duckdb.",
    ]


def test_a_run_that_was_killed_after_it_published_bears_the_asterisk() -> None:
    build(LEDGER, DESCRIBED)
    publish(MANIFEST.replace("aaaa", "dddd"))
    assert runs().output.splitlines()[1].startswith(" *4  2025-09-04 08:00  killed ")


@pytest.mark.parametrize(
    ("published", "said"),
    [
        ("create table dim_person (person_id varchar)", "No run is known to have written"),
        (MANIFEST.replace("aaaa", "zzzz"), "was written by a run of another warehouse: zzzz"),
    ],
    ids=["of an earlier version", "of another warehouse"],
)
def test_a_published_file_of_none_of_the_runs_is_told(published: str, said: str) -> None:
    build(LEDGER)
    publish(published)
    lines = runs().output.splitlines()
    assert said in lines[-1]
    assert not any("*" in line for line in lines)


def test_while_a_build_is_under_way_the_published_file_tells() -> None:
    build(LEDGER, DESCRIBED)
    publish()
    writing = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import duckdb; held = duckdb.connect('warehouse/build.duckdb');"
            " print('held', flush=True); input()",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert writing.stdout is not None
        assert writing.stdout.readline() == "held\n"
        told = runs()
        Path("warehouse/think_family.duckdb").unlink()
        nothing_published = runs()
    finally:
        writing.communicate("\n", timeout=30)
    assert told.exit_code == 0
    assert "a build or a load is under way. These are the runs that" in told.stderr
    assert told.stdout.splitlines()[1:] == [
        " *1  2025-09-01 08:00  published  2025-07-31       -  0123456789  build",
        "* its marts are in warehouse/think_family.duckdb",
    ]
    assert nothing_published.exit_code == 1
    assert "a build or a load is under way." in nothing_published.stderr


def test_what_is_missing_or_foreign_is_said_with_the_remedy() -> None:
    assert "does not exist: nothing has been built. Run `make build`" in runs().output
    build("create schema raw")
    assert "holds no run ledger: nothing has been built in it" in runs().output
    Path("warehouse/build.duckdb").write_bytes(b"\xff\xfe no database")
    told = runs()
    assert told.exit_code == 1
    assert "it is no DuckDB file of this version" in told.output
