"""The embedded server: begun once, shared, and ended by whoever wants it ended."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from click.testing import CliRunner

from think_family.errors import ThinkFamilyError
from think_family.postgres.command import postgres
from think_family.postgres.server import running, start, stop
from think_family.postgres.settings import Settings


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    # So long a path that no socket fits into it, and with what a shell would read.
    with tempfile.TemporaryDirectory(prefix="think-family-") as short:
        folder = Path(short) / ("it's $(a) long `way` " * 5) / "postgres"
        yield folder
        stop(folder)


def answer(settings: Settings, question: str) -> object:
    with closing(settings.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(question)
        (found,) = cursor.fetchone() or (None,)
        return found


def test_it_starts_once_is_shared_and_keeps_its_data_when_stopped(folder: Path) -> None:
    assert running(folder) is None
    settings = start(folder)
    assert answer(settings, "create table kept as select 7 as n; select n from kept") == 7
    with closing(settings.connect()) as connection:
        connection.cursor().execute("create table t (n int)")
        connection.commit()
    # Again, and by another name of the folder: the same server.
    assert start(folder / ".." / "postgres") == settings == running(folder)
    assert stop(folder)
    assert not stop(folder)
    assert running(folder) is None
    again = start(folder)
    assert answer(again, "select count(*) from t") == 0


def test_text_sorts_by_code_point_as_duckdb_sorts_it(folder: Path) -> None:
    settings = start(folder)
    sql = "select string_agg(t, '' order by t) from unnest(array['b', 'É', 'a', 'Z', 'é']) as t"
    assert answer(settings, sql) == "ZabÉé"


def test_only_its_owner_may_open_the_socket(folder: Path) -> None:
    settings = start(folder)
    socket = Path(settings.host) / f".s.PGSQL.{settings.port}"
    assert socket.stat().st_mode & 0o077 == 0
    assert answer(settings, "show listen_addresses") == ""


def test_a_failed_statement_leaves_no_value_in_its_log(folder: Path) -> None:
    settings = start(folder)
    with pytest.raises(psycopg2.Error, match="Mr Smith"):
        answer(settings, "select cast('Mr Smith' as integer)")
    assert "Smith" not in (folder / "server.log").read_text(encoding="utf-8")


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(ThinkFamilyError, match="holds something else"):
        start(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]


def test_the_server_of_another_version_is_not_started(tmp_path: Path) -> None:
    (tmp_path / "PG_VERSION").write_text("16\n", encoding="utf-8")
    with pytest.raises(ThinkFamilyError, match="Postgres 16, and this is 18"):
        start(tmp_path)


def test_no_password_and_no_data_stand_in_the_list_of_processes(folder: Path) -> None:
    start(folder)
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    assert "password" not in "\n".join(
        line for line in listed.stdout.splitlines() if str(folder.parent) in line
    )


def test_the_command_starts_and_stops_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, server: Settings
) -> None:
    def said(*arguments: str) -> str:
        return CliRunner().invoke(postgres, arguments).output

    monkeypatch.setenv("THINK_FAMILY_PG_FOLDER", str(folder))
    assert "Postgres runs in" in said("start")
    assert said("status").endswith("running.\n")
    assert said("stop").endswith("stopped.\n")
    assert said("stop").endswith("was not running.\n")
    assert said("status").endswith("not running.\n")
    monkeypatch.setenv("THINK_FAMILY_PG_HOST", server.host)
    assert "none is started" in said("start")
