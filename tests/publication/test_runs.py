"""`think-family runs`: which run made what readers see, and how the others ended."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result
from published_database import PublishedDatabase

from think_family.cli import main
from think_family.postgres.hold import Hold

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


class DuckDBFiles:
    """A warehouse in DuckDB, in the folder at hand."""

    place = "warehouse/think_family.duckdb"

    def build(self, *sql: str) -> None:
        with duckdb.connect("warehouse/build.duckdb") as connection:
            connection.execute(";".join(sql))

    def publish(self, sql: str = MANIFEST) -> None:
        with duckdb.connect(self.place) as connection:
            connection.execute(sql)

    def runs(self, *options: str) -> Result:
        return CliRunner().invoke(main, ["runs", *options])


class InPostgres:
    """A warehouse in a database of Postgres."""

    def __init__(self, database: PublishedDatabase) -> None:
        self.settings = database.settings
        self._query = database.query
        server = f"{self.settings.host}:{self.settings.port}"
        self.place = f"the schema published of the database own on {server}"
        self._environment = {
            "THINK_FAMILY_PG_HOST": self.settings.host,
            "THINK_FAMILY_PG_PORT": str(self.settings.port),
            "THINK_FAMILY_PG_USER": self.settings.user,
            "THINK_FAMILY_PG_DATABASE": self.settings.database,
            "THINK_FAMILY_BUILD_FILE": "of another engine",
        }

    def build(self, *sql: str) -> None:
        self._query(";".join(sql))

    def publish(self, sql: str = MANIFEST) -> None:
        self._query(f"create schema published; set search_path = published; {sql}")

    def runs(self, *options: str) -> Result:
        return CliRunner(env=self._environment).invoke(main, ["runs", "-t", "postgres", *options])


Warehouse = DuckDBFiles | InPostgres


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder, where the files have their usual places."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("THINK_FAMILY_BUILD_FILE", raising=False)
    monkeypatch.delenv("THINK_FAMILY_PUBLISHED_FILE", raising=False)
    Path("warehouse").mkdir()


@pytest.fixture
def files() -> DuckDBFiles:
    return DuckDBFiles()


@pytest.fixture
def postgres(database: PublishedDatabase) -> InPostgres:
    return InPostgres(database)


@pytest.fixture(params=["files", "postgres"])
def warehouse(request: pytest.FixtureRequest) -> Warehouse:
    """A warehouse of each engine."""
    found: Warehouse = request.getfixturevalue(request.param)
    return found


def test_the_runs_are_listed_the_newest_first(warehouse: Warehouse) -> None:
    warehouse.build(LEDGER, DESCRIBED)
    warehouse.publish()
    assert warehouse.runs().output.splitlines() == [
        "run  started (UTC)     outcome        as of       failed  commit       command",
        "  4  2025-09-04 08:00  killed         2025-08-31       -  -            build",
        "  3  2025-09-03 08:00  not published  -                0  -            run --select"
        " stg_police_records__nominals s…",
        "  2  2025-09-02 08:00  not published  2025-08-31       2  0123456789+  build",
        " *1  2025-09-01 08:00  published      2025-07-31       0  0123456789   build",
        f"* its marts are in {warehouse.place}",
    ]


def test_a_limit_says_how_many_it_left_out(warehouse: Warehouse) -> None:
    warehouse.build(LEDGER, DESCRIBED)
    warehouse.publish()
    _, newest, rest, _ = warehouse.runs("--limit", "1").output.splitlines()
    assert newest.startswith("  4  ")
    assert rest == "… and 3 earlier ones; see --limit."


def test_json_holds_everything(warehouse: Warehouse) -> None:
    warehouse.build(LEDGER, DESCRIBED)
    warehouse.publish()
    told = json.loads(warehouse.runs("--json", "--limit", "3").output)
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
    assert [run["is_served"] for run in json.loads(warehouse.runs("--json").output)] == [
        False,
        False,
        False,
        True,
    ]


def test_before_a_run_described_itself_its_start_and_end_are_told(warehouse: Warehouse) -> None:
    warehouse.build(LEDGER)
    assert warehouse.runs().output.splitlines()[-2:] == [
        "  1  2025-09-01 08:00  published      -           0  -       build",
        f"No run is known to have written {warehouse.place}.",
    ]


def test_a_run_that_was_killed_after_it_published_bears_the_asterisk(warehouse: Warehouse) -> None:
    warehouse.build(LEDGER, DESCRIBED)
    warehouse.publish(MANIFEST.replace("aaaa", "dddd"))
    assert warehouse.runs().output.splitlines()[1].startswith(" *4  2025-09-04 08:00  killed ")


@pytest.mark.parametrize(
    ("published", "said"),
    [
        ("create table dim_person (person_id varchar)", "No run is known to have written"),
        (MANIFEST.replace("aaaa", "zzzz"), "was written by a run of another warehouse: zzzz"),
    ],
    ids=["of an earlier version", "of another warehouse"],
)
def test_what_none_of_the_runs_published_is_told(
    warehouse: Warehouse, published: str, said: str
) -> None:
    warehouse.build(LEDGER)
    warehouse.publish(published)
    lines = warehouse.runs().output.splitlines()
    assert said in lines[-1]
    assert not any("*" in line for line in lines)


def test_while_a_build_is_under_way_the_published_file_tells(files: DuckDBFiles) -> None:
    files.build(LEDGER, DESCRIBED)
    files.publish()
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
        told = files.runs()
        Path("warehouse/think_family.duckdb").unlink()
        nothing_published = files.runs()
    finally:
        writing.communicate("\n", timeout=30)
    assert told.exit_code == 0
    assert "such as a build or a load. These are the runs that" in told.stderr
    assert told.stdout.splitlines()[1:] == [
        " *1  2025-09-01 08:00  published  2025-07-31       -  0123456789  build",
        "* its marts are in warehouse/think_family.duckdb",
    ]
    assert nothing_published.exit_code == 1
    assert "is being written by another process" in nothing_published.stderr


def test_what_is_missing_or_foreign_is_said_with_the_remedy(files: DuckDBFiles) -> None:
    assert "does not exist: nothing has been built. Run `make build`" in files.runs().output
    files.build("create schema raw")
    assert "holds no run ledger: nothing has been built. Run `make build`" in files.runs().output
    Path("warehouse/build.duckdb").write_bytes(b"\xff\xfe no database")
    told = files.runs()
    assert told.exit_code == 1
    assert "it is no DuckDB file of this version" in told.output


def test_in_postgres_a_run_that_is_under_way_is_told_from_one_that_was_killed(
    postgres: InPostgres,
) -> None:
    postgres.build(LEDGER, DESCRIBED)

    def outcome() -> str:
        told: str = json.loads(postgres.runs("--json", "--limit", "1").output)[0]["outcome"]
        return told

    assert outcome() == "killed"
    for work, run, told in (
        ("build", "dddd", "under way"),
        ("build", "eeee", "killed"),
        ("load", "", "killed"),
    ):
        hold = Hold(postgres.settings, work, run)
        try:
            assert outcome() == told
        finally:
            hold.release()
    postgres.build(
        "insert into run_ledger.runs_ended values ('dddd', '2025-09-04 08:09:00', 400, 0, 0, true)"
    )
    assert outcome() == "published"


def test_what_is_missing_in_postgres_is_said_with_the_remedy(postgres: InPostgres) -> None:
    told = postgres.runs()
    assert told.exit_code == 1
    assert told.output.startswith("Error: The database own on ")
    assert "holds no run ledger: nothing has been built. Run `make build`" in told.output
    assert "--build-file names a DuckDB file" in postgres.runs("--build-file", "x").output


def test_no_server_is_made_to_say_that_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THINK_FAMILY_PG_FOLDER", "warehouse/postgres")
    told = CliRunner().invoke(main, ["runs", "-t", "postgres"])
    assert "warehouse/postgres does not exist: nothing has been built" in told.output
    assert not Path("warehouse/postgres").exists()
