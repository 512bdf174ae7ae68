"""What is left of a build that is killed, or whose server fails it: nothing that harms the next."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from dbt.tests.util import run_dbt
from dbt_common.exceptions import DbtRuntimeError
from psycopg2.extensions import connection as Connection  # noqa: N812

from think_family.errors import ThinkFamilyError
from think_family.postgres.settings import Settings

# The fixtures of the suite are made that way.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestWarning")

HELD = "{% if execute %}{% do adapter.hold_database(invocation_id) %}{% endif %}"


@pytest.fixture(scope="class")
def dbt_profile_target(dbt_profile_target: dict[str, Any]) -> dict[str, Any]:
    # One model after another, in the order of their names.
    return {**dbt_profile_target, "threads": 1}


@pytest.fixture
def reader(server: Settings, project: Any) -> Iterator[Connection]:
    """Someone who looks at what is built."""
    with closing(server.connect()) as connection:
        connection.autocommit = True
        connection.cursor().execute(f"set search_path = {project.test_schema}")
        yield connection


def relations(reader: Connection) -> list[str]:
    with reader.cursor() as cursor:
        cursor.execute(
            "select relname from pg_class where relkind in ('r', 'v')"
            " and relnamespace = current_schema()::regnamespace order by 1"
        )
        return [name for (name,) in cursor.fetchall()]


def rows_of_runs(reader: Connection, table: str) -> list[int]:
    """Number of rows of each run in a table."""
    with reader.cursor() as cursor:
        cursor.execute(f"select count(*) from {table} group by run")
        return [n_rows for (n_rows,) in cursor.fetchall()]


N_ROWS = 5_000
# Every relation holds all rows of a run or none, and but for the increments those of one run.
MODELS = {
    "a_table.sql": f"""
        {{{{ config(materialized="table") }}}}
        select '{{{{ invocation_id }}}}' as run, n from generate_series(1, {N_ROWS}) as n
    """,
    "b_increment.sql": """
        {{ config(materialized="incremental") }}
        select * from {{ ref("a_table") }}
    """,
    "c_python_table.py": """
        import os
        import signal

        import pyarrow

        def model(dbt, session):
            dbt.config(materialized="table")
            rows = dbt.ref("a_table").to_arrow_reader(1000)

            def batches():
                for batch in rows:
                    yield batch
                    if os.environ.get("MOMENT") == "python table is being written":
                        os.kill(os.getpid(), signal.SIGKILL)

            return pyarrow.RecordBatchReader.from_batches(rows.schema, batches())
    """,
    "d_python_increment.py": """
        def model(dbt, session):
            dbt.config(materialized="incremental")
            return dbt.ref("c_python_table")
    """,
    "e_view.sql": """
        {{ config(materialized="view") }}
        select * from {{ ref("d_python_increment") }}
    """,
}
TABLES = [Path(name).stem for name in MODELS]
OF_ONE_RUN = ("a_table", "c_python_table")

# Runs dbt once for each line, until it is about to send a statement like that in the line. A child
# for each run: what takes long is the start.
RUNNER = """
import json, os, re, signal, sys
import dbt.adapters.pypostgres
from dbt.adapters.sql.connections import SQLConnectionManager
from dbt.cli.main import dbtRunner

send = SQLConnectionManager.add_query

def sent_until_the_moment(self, sql, *args, **kwargs):
    if re.search(os.environ["MOMENT"], str(sql), re.DOTALL):
        os.kill(os.getpid(), signal.SIGKILL)
    return send(self, sql, *args, **kwargs)

SQLConnectionManager.add_query = sent_until_the_moment
for line in sys.stdin:
    os.environ["MOMENT"], *arguments = json.loads(line)
    child = os.fork()
    if not child:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        dbtRunner().invoke(arguments)
        os._exit(0)
    print(os.waitpid(child, 0)[1], flush=True)
"""
# What a build is killed before, in the order in which it comes to that -> what is left behind.
MOMENTS: dict[str, list[str]] = {
    "drop table .*a_table__dbt_backup": ["a_table__dbt_backup"],
    "python table is being written": [],
    'rename to "c_python_table"': ["c_python_table__dbt_tmp"],
    'insert into .*"d_python_increment"': ["d_python_increment__dbt_tmp"],
}


class TestABuildThatIsKilled:
    @pytest.fixture(scope="class")
    def project_config_update(self) -> dict[str, Any]:
        return {"on-run-start": HELD}

    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        return {name: dedent(code) for name, code in MODELS.items()}

    @contextmanager
    def watched(self, reader: Connection) -> Iterator[None]:
        """Look at all relations all the time: each is there, and holds whole runs."""
        ended = threading.Event()
        seen: list[str] = []

        def watch() -> None:
            while not ended.wait(0.02) and not seen:
                for table in TABLES:
                    try:
                        found = rows_of_runs(reader, table)
                    except Exception as error:
                        seen.append(str(error))
                        continue
                    if set(found) != {N_ROWS} or (table in OF_ONE_RUN and len(found) > 1):
                        seen.append(f"{table}: {found}")

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield
        finally:
            ended.set()
            watcher.join()
        assert seen == []

    def test_leaves_whole_tables_and_nothing_that_the_next_one_does_not_clear_away(
        self, project: Any, reader: Connection
    ) -> None:
        run_dbt(["run"])
        folders = (str(project.project_root), str(project.profiles_dir))
        arguments = ["run", "--project-dir", folders[0], "--profiles-dir", folders[1]]
        left_behind = {}
        with (
            self.watched(reader),
            subprocess.Popen(
                [sys.executable, "-c", RUNNER],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            ) as process,
        ):
            assert process.stdin is not None
            assert process.stdout is not None
            for moment in MOMENTS:
                process.stdin.write(json.dumps([moment, *arguments]) + "\n")
                process.stdin.flush()
                # It came that far, past all that the last one left behind.
                assert (moment, int(process.stdout.readline())) == (moment, signal.SIGKILL)
                left_behind[moment] = sorted(set(relations(reader)) - set(TABLES))
        assert left_behind == MOMENTS
        # Another run finds what was left behind, whatever it builds itself.
        with reader.cursor() as cursor:
            cursor.execute("create table that_left_the_project as select 1 as id")
            cursor.execute("create table that_left_the_project__dbt_tmp as select 1 as id")
        run_dbt(["run"])
        assert relations(reader) == [*TABLES, "that_left_the_project"]
        for table in TABLES:
            assert set(rows_of_runs(reader, table)) == {N_ROWS}


@contextmanager
def killed_while_it_sleeps(server: Settings) -> Iterator[None]:
    """Kill the process of the server that sleeps, once one does."""

    def wait_and_kill() -> None:
        with closing(server.connect()) as connection, connection.cursor() as cursor:
            connection.autocommit = True
            for _ in range(1000):
                cursor.execute("select pid from pg_stat_activity where wait_event = 'PgSleep'")
                if (found := cursor.fetchone()) is not None:
                    os.kill(found[0], signal.SIGKILL)
                    return
                time.sleep(0.02)

    killer = threading.Thread(target=wait_and_kill)
    killer.start()
    try:
        yield
    finally:
        killer.join()


def wait_for(server: Settings) -> None:
    """Wait until the server is up."""
    end = time.monotonic() + 30
    while True:
        try:
            return server.connect().close()
        except ThinkFamilyError:
            assert time.monotonic() < end
            time.sleep(0.05)


@pytest.fixture
def small_disk(server: Settings) -> Iterator[str]:
    """A tablespace on a disk of eight megabytes; only root can mount one."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    data = Path(server.host)
    with tempfile.TemporaryDirectory(dir=data.parent) as folder:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", folder])
        if mounted.returncode != 0:
            pytest.skip("this system mounts no disk")
        try:
            shutil.chown(folder, data.owner(), data.group())
            with closing(server.connect()) as connection:
                connection.autocommit = True
                with connection.cursor() as cursor:
                    cursor.execute("create tablespace small location %s", [folder])
                    yield "small"
                    cursor.execute("drop tablespace small")
        finally:
            subprocess.run(["umount", folder], check=True)


# Twelve megabytes, and as much again to put them in order.
ROWS = "select n, repeat(md5(cast(n as text)), 10) as notes from generate_series(1, 40000) as n"
IN_TROUBLE = {
    "a_sql_model.sql": f"""
        {{{{ config(materialized="table") }}}}
        select rows.* {{{{ ", pg_sleep(60) is null" if env_var("TROUBLE", "") == "in sql" }}}}
        from ({ROWS}) as rows
        order by notes
    """,
    "b_python_model.py": """
        import os

        from think_family.postgres.job import job_of

        def model(dbt, session):
            dbt.config(materialized="table")
            rows = dbt.ref("rows_in_order")
            if os.environ.get("TROUBLE") == "in python":
                reader = rows.to_arrow_reader(100)
                reader.read_next_batch()
                connection = job_of(session).settings.connect()
                os.kill(connection.info.backend_pid, 9)
                return reader
            return rows
    """,
    "rows_in_order.sql": f"{{{{ config(materialized='view') }}}} {ROWS} order by notes",
}


class TestAServerInTrouble:
    @pytest.fixture(scope="class")
    def project_config_update(self) -> dict[str, Any]:
        return {"on-run-start": HELD}

    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        return {name: dedent(code) for name, code in IN_TROUBLE.items()}

    def relations(self, project: Any, server: Settings) -> dict[str, int]:
        """What is there, each with its number: a table that was built anew has another."""
        with closing(server.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(
                "select relname, oid from pg_class where relkind in ('r', 'v')"
                " and relnamespace = cast(%s as regnamespace)",
                [project.test_schema],
            )
            return dict(cursor.fetchall())

    def told(self, project: Any, server: Settings, **environment: str) -> dict[str, str]:
        """Build in such an environment; give what is said of the models that failed.

        They are as they were before, and the next build succeeds.
        """
        before = self.relations(project, server)
        if not before:
            run_dbt(["run"])
            before = self.relations(project, server)
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            # Where the server is not up again at the end, dbt ends with an error of its own.
            with suppress(DbtRuntimeError):
                run_dbt(["run"], expect_pass=False)
        wait_for(server)
        results = json.loads((Path(project.project_root) / "target/run_results.json").read_text())
        told = {
            result["unique_id"].rpartition(".")[2]: result["message"]
            for result in results["results"]
            if result["status"] == "error"
        }
        after = self.relations(project, server)
        assert set(after) == set(before)
        assert {name: after[name] for name in told} == {name: before[name] for name in told}
        run_dbt(["run"])
        return told

    def test_it_crashes_under_a_sql_model(self, project: Any, server: Settings) -> None:
        # As it does when memory is short: one process dies and takes all with it.
        with killed_while_it_sleeps(server):
            told = self.told(project, server, TROUBLE="in sql")
        assert set(told) == {"a_sql_model", "rows_in_order"}
        assert "closed the connection unexpectedly" in told["a_sql_model"]
        # From then on another build may have begun.
        assert "does not hold the database any more" in told["rows_in_order"]

    def test_it_crashes_under_a_python_model(self, project: Any, server: Settings) -> None:
        told = self.told(project, server, TROUBLE="in python")
        assert set(told) == {"b_python_model"}
        assert "Python model failed: Postgres cannot be reached" in told["b_python_model"]

    def test_there_is_no_room_to_sort(self, project: Any, server: Settings) -> None:
        limits = "-c temp_file_limit=100kB -c work_mem=64kB"
        told = self.told(project, server, PGOPTIONS=limits)
        assert set(told) == {"a_sql_model", "b_python_model"}
        assert "could not be read to its end" in told["b_python_model"]
        for message in told.values():
            assert "temporary file size exceeds" in message
            assert "[53400]" in message

    def test_its_disk_is_full(self, project: Any, server: Settings, small_disk: str) -> None:
        told = self.told(project, server, PGOPTIONS=f"-c default_tablespace={small_disk}")
        assert set(told) == {"a_sql_model", "b_python_model"}
        assert "The result could not be written" in told["b_python_model"]
        for message in told.values():
            assert "No space left on device" in message
            assert "[53100]" in message
