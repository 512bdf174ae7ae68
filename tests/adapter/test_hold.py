"""One build or load at a time in a database: who is turned away, what is said, and when it ends."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from dbt.tests.util import run_dbt
from dbt_common.exceptions import DbtRuntimeError

from think_family.errors import ThinkFamilyError
from think_family.loading.postgres_engine import PostgresEngine
from think_family.postgres import hold
from think_family.postgres.hold import Hold, under_way
from think_family.postgres.settings import Settings

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestWarning")

HOLD = Path(__file__).parents[2] / "macros" / "hold_database.sql"


@pytest.fixture(autouse=True)
def _no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hold, "_PATIENCE_SECONDS", 0.0)


def end(server: Settings, pid: int) -> None:
    """End a connection, as the server does when it is stopped."""
    with closing(server.connect()) as connection, connection.cursor() as cursor:
        cursor.execute("select pg_terminate_backend(%s, 10000)", [pid])


@pytest.fixture
def build(server: Settings) -> Iterator[Hold]:
    """A build that is under way."""
    build = Hold(server, "build", "run-1")
    yield build
    build.release()


REFUSAL = re.compile(
    r"Another build is running on this database \(server process (\d+), user postgres,"
    r" since \d{4}-\d\d-\d\d \d\d:\d\d UTC\)\. Nothing was changed by this one: run it again when"
    r" the other is through\..* select pg_terminate_backend\(\1\)"
)


def test_a_second_build_or_load_is_turned_away_and_told_of_the_first(
    server: Settings, build: Hold
) -> None:
    with pytest.raises(ThinkFamilyError, match=REFUSAL):
        Hold(server, "build", "run-2")
    with pytest.raises(ThinkFamilyError, match=REFUSAL):
        PostgresEngine(server, "1GB")
    build.release()
    with PostgresEngine(server, "1GB"), pytest.raises(ThinkFamilyError, match="Another load is"):
        Hold(server, "build", "run-2")
    Hold(server, "build", "run-2").release()


def test_who_is_at_work_can_be_asked(server: Settings, build: Hold) -> None:
    holder = under_way(server)
    assert holder is not None
    assert (holder.work, holder.run, holder.user) == ("build", "run-1", server.user)
    build.release()
    assert under_way(server) is None


def test_another_database_of_the_server_is_free(server: Settings, build: Hold) -> None:
    other = replace(server, database="postgres")
    Hold(other, "build", "run-2").release()
    assert under_way(other) is None


def test_the_server_does_not_end_it_for_idling(server: Settings) -> None:
    options = "-c idle_in_transaction_session_timeout=200ms -c transaction_timeout=500ms"
    with closing(server.connect()) as connection, connection.cursor() as cursor:
        build = Hold(replace(server, options={"options": options}), "build")
        cursor.execute("select pg_sleep(0.8)")
        assert build.stands()
        build.release()


def test_what_is_lost_is_known_and_free_for_others(server: Settings, build: Hold) -> None:
    assert build.stands()
    holder = under_way(server)
    assert holder is not None
    end(server, holder.pid)
    assert not build.stands()
    assert not build.stands()
    Hold(server, "build", "run-2").release()


# How often the server looks whether whoever waits for a statement is still there.
INTERVAL = "current_setting('client_connection_check_interval')"
MODELS = {
    "a_look_around.py": """
        import os

        from think_family.postgres.hold import under_way
        from think_family.postgres.job import job_of

        def model(dbt, session):
            ((interval,),) = dbt.ref("how_often").fetchall()
            holder = under_way(job_of(session).settings)
            if "ENDS_THE_HOLD" in os.environ:
                with job_of(session).settings.connect() as connection:
                    ended = f"select pg_terminate_backend({holder.pid}, 10000)"
                    connection.cursor().execute(ended)
            held_for = f"{holder.work} {holder.run}"
            return session.sql(f"select '{held_for}' as held_for, '{interval}' as interval")
    """,
    "how_often.sql": f"{{{{ config(materialized='view') }}}} select {INTERVAL} as interval",
    "next_one.sql": f"select *, {INTERVAL} as here from {{{{ ref('a_look_around') }}}}",
    "schema.yml": """
        models:
          - name: next_one
            columns: [{name: held_for, data_tests: [not_null]}]
    """,
}


class TestARunOfDbt:
    @pytest.fixture(scope="class")
    def project_config_update(self) -> dict[str, Any]:
        return {
            # Its macro is called by that name.
            "name": "think_family",
            "on-run-start": "{{ hold_database() }}",
            "models": {"+materialized": "table"},
        }

    @pytest.fixture(scope="class")
    def macros(self) -> dict[str, str]:
        return {"hold_database.sql": HOLD.read_text(encoding="utf-8")}

    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        return {name: dedent(code) for name, code in MODELS.items()}

    def test_it_holds_the_database_to_its_end(self, project: Any, server: Settings) -> None:
        run_dbt(["build"])
        assert under_way(server) is None
        found = project.run_sql("select * from {schema}.next_one", fetch="all")
        told = json.loads((Path(project.project_root) / "target/run_results.json").read_text())
        assert found == [(f"build {told['metadata']['invocation_id']}", "2s", "2s")]

    def test_it_is_refused_before_it_changes_anything(
        self, project: Any, server: Settings, build: Hold
    ) -> None:
        with pytest.raises(DbtRuntimeError, match=REFUSAL):
            run_dbt(["build"])

    def test_what_changes_nothing_is_not_refused(self, project: Any, server: Settings) -> None:
        run_dbt(["run"])
        build = Hold(server, "build", "run-1")
        run_dbt(["compile"])
        run_dbt(["test"])
        build.release()

    def test_it_stops_where_it_lost_hold_of_the_database(
        self, project: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ENDS_THE_HOLD", "yes")
        results = run_dbt(["run"], expect_pass=False)
        told = {result.node.name: result.message for result in results}
        assert "does not hold the database any more" in told["next_one"]
