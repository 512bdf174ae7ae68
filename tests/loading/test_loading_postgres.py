"""Loading into Postgres: the same raw layer as in DuckDB, and what only a server does to a load."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from loading_place import CANARY, HEADER, SOURCES, DuckDBStore, Place, PostgresStore, furnished

from think_family.loading import postgres_engine
from think_family.loading.errors import LoadError
from think_family.loading.postgres_engine import PostgresEngine
from think_family.postgres import hold
from think_family.postgres.settings import Settings

GOOD = f"{HEADER}\n1,Smith,01/02/1990,1.70,2020-01-01\n2,Jones,,,2020-01-02\n"
FILE = "police_records/nominals/2025-06-30.csv"


@pytest.fixture
def place(tmp_path: Path, postgres: PostgresStore) -> Place:
    return furnished(tmp_path / "place", postgres)


def trigger(place: Place, body: str) -> None:
    """Have the server do something at each nominal that comes in."""
    place.query(
        "create or replace function raw.stumble() returns trigger language plpgsql as "
        f"$$ begin {body}; return new; end $$"
    )
    place.query(
        "create trigger stumble before insert on raw.police_records__nominals "
        "for each row execute function raw.stumble()"
    )


def mend(place: Place) -> None:
    place.query("drop function raw.stumble() cascade")


def deliver_all_sorts(place: Place) -> None:
    """Deliver what takes every way through the loader, in two loads."""
    awkward = (
        f"{HEADER}\n"
        '1," O\'Neil, ""Zoë""\n\\N",,\t,2020-01-01\n'
        ' 2|\\ ,,,"",2020-01-02\n\n'
        "3,\u2028😀,,,\n"
    )
    place.deliver("2025-05-31.csv", awkward)
    place.deliver("2025-06-30.csv", GOOD)
    assert place.load().exit_code == 0
    place.deliver("2025-06-30.csv", GOOD.replace("Smith", "Smyth") + "7\n,x,,,\n")
    place.deliver(
        "2025-07-31.csv",
        "Nominal No;surname;Recorded date;Shoe;;\n1;é;2020-01-01;9;;\n5;;;;;".encode("cp1252"),
    )
    place.deliver("2025-08-31.csv", HEADER)
    place.deliver("2025-07-31.csv", "nominal_ref,occurrence_ref\n a|b ,c\na,b|c\n", "roles")
    table = pa.table(
        {
            "nominal_ref": pa.array([1.0, 2.0, None]),
            "surname": ["O'Neil", "", CANARY],
            "date_of_birth": pa.array([date(1990, 2, 1), None, None]),
            "height": pa.array([1.7, 2.0, float("nan")]),
            "recorded_date": pa.array([1577836800000, 1577923200001, 0], type=pa.timestamp("ms")),
            "tags": pa.array([["a\0"], None, None]),
            "photo": pa.array([b"\0\xff", None, None]),
        }
    )
    pq.write_table(table, place.deliver("2025-09-30.parquet", ""))
    assert place.load().exit_code == 0


def test_raw_layer_is_the_same_in_postgres_and_in_duckdb(place: Place, tmp_path: Path) -> None:
    other = furnished(tmp_path / "other", DuckDBStore(tmp_path / "other.duckdb"))
    for each in (place, other):
        deliver_all_sorts(each)
    assert place.state() == other.state()
    assert len(place.nominals()) == 9
    assert len(place.rejects()) == 3


def test_raw_columns_are_text_numbers_and_days(place: Place) -> None:
    place.load()
    types = place.query(
        "select distinct cast(data_type as text) from information_schema.columns "
        "where table_schema = 'raw' order by 1"
    )
    assert types == [("bigint",), ("date",), ("integer",), ("text",)]


STUMBLES = {
    "53100": "the server's disk is full",
    "53200": "the server ran out of memory",
    "42501": "this user lacks a privilege",
    "57014": "it was cancelled, at the keyboard, by someone on the server or by a time limit there",
    "23514": "Postgres stopped (SQLSTATE 23514)",
}


@pytest.mark.parametrize("state", STUMBLES)
def test_server_that_stumbles_changes_nothing(place: Place, state: str) -> None:
    place.deliver("2025-06-30.csv", GOOD)
    place.load()
    before = place.state()
    place.deliver("2025-06-30.csv", GOOD.replace("Jones", CANARY))
    trigger(
        place,
        f"if new.surname = '{CANARY}' then "
        f"raise exception 'no %', new.surname using errcode = '{state}'; end if",
    )
    result = place.load()
    assert result.exit_code == 1
    assert f"{FILE}: {STUMBLES[state]}. What was loaded before stands." in result.output
    assert CANARY not in result.output
    assert place.state() == before
    mend(place)
    place.load()
    assert place.nominals() == [("1", "Smith"), ("2", CANARY)]


def test_connection_that_is_lost_changes_nothing(place: Place) -> None:
    place.load()
    before = place.state()
    place.deliver("2025-06-30.csv", GOOD)
    trigger(place, "perform pg_terminate_backend(pg_backend_pid())")
    result = place.load()
    assert result.exit_code == 1
    assert f"{FILE}: the connection to the server was lost." in result.output
    assert place.state() == before
    mend(place)
    place.load()
    assert len(place.nominals()) == 2


@contextmanager
def load_that_sleeps(place: Place, seconds: int) -> Iterator[subprocess.Popen[str]]:
    """Give a load in a process of its own that the server keeps waiting among a file's rows."""
    place.load()
    place.deliver("2025-06-30.csv", GOOD)
    trigger(place, f"perform pg_sleep({seconds})")
    with place.start_load() as process:
        patience = time.monotonic() + 30
        while not place.query("select pid from pg_stat_activity where wait_event = 'PgSleep'"):
            assert process.poll() is None
            assert time.monotonic() < patience
            time.sleep(0.02)
        yield process


def test_load_that_is_broken_off_ends_at_once_and_changes_nothing(place: Place) -> None:
    with load_that_sleeps(place, 60) as process:
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=20)
    assert process.returncode == 1
    assert f"{FILE}: it was cancelled, at the keyboard" in told
    assert place.counts() == []
    assert place.nominals() == []
    mend(place)
    assert place.load().exit_code == 0


def test_load_that_is_killed_among_the_rows_leaves_none_and_lets_the_next_one_in(
    place: Place,
) -> None:
    with load_that_sleeps(place, 1) as process:
        process.kill()
    assert place.counts() == []
    assert place.load().exit_code == 0
    assert place.nominals() == [("1", "Smith"), ("2", "Jones")]


def test_second_load_at_once_is_refused(
    place: Place, postgres: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hold, "_PATIENCE_SECONDS", 0.0)
    place.deliver("2025-06-30.csv", GOOD)
    with PostgresEngine(postgres.settings, "1GB") as first, first.transaction("a file"):
        result = place.load()
        assert result.exit_code == 1
        assert "Another load is running on this database (server process " in result.output
        assert place.state() == {}
    assert place.load().exit_code == 0


def test_table_that_another_holds_is_not_waited_for_forever(
    place: Place, postgres: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_engine, "_WAIT_SECONDS", 1)
    place.load()
    place.deliver("2025-06-30.csv", GOOD)
    with postgres.settings.connect() as other:
        other.cursor().execute("lock table raw.police_records__nominals")
        result = place.load()
    other.close()
    assert result.exit_code == 1
    assert "someone has held the raw tables for" in result.output


def test_server_that_is_not_there_is_told_without_the_password(place: Place) -> None:
    settings = Settings(host="/nowhere", user="loader", password=CANARY)
    place.store = PostgresStore(settings, Path())
    result = place.load()
    assert result.exit_code == 1
    assert "Postgres cannot be reached: " in result.output
    assert "/nowhere" in result.output
    assert CANARY not in result.output


@pytest.fixture
def loader(place: Place, postgres: PostgresStore) -> Iterator[PostgresStore]:
    """A user who needs a password and owns the schema raw, and nothing besides."""
    words = "a 'b\\c\" %d/e@f:g?ü"
    access = postgres.log.with_name("pg_hba.conf")
    before = access.read_text()
    access.write_text(f"local all loader scram-sha-256\n{before}")
    postgres.query("select pg_reload_conf()")
    escaped = words.replace("'", "''")
    postgres.query(f"create role loader login password '{escaped}'")
    postgres.query("create schema raw authorization loader")
    settings = replace(postgres.settings, user="loader", password=words)
    store = replace(postgres, settings=settings)
    yield store
    postgres.clear()
    postgres.query("drop role loader")
    access.write_text(before)
    postgres.query("select pg_reload_conf()")


def test_user_who_owns_the_schema_raw_alone_can_load(place: Place, loader: PostgresStore) -> None:
    place.deliver("2025-06-30.csv", GOOD)
    asked = place.store
    place.store = loader
    assert place.load().exit_code == 0
    assert "Nothing new." in place.load().output
    place.store = asked
    assert len(place.nominals()) == 2


def test_wrong_password_is_told_and_shown_nowhere(place: Place, loader: PostgresStore) -> None:
    place.store = replace(loader, settings=replace(loader.settings, password=CANARY))
    result = place.load()
    assert result.exit_code == 1
    assert 'password authentication failed for user "loader"' in result.output
    assert CANARY not in result.output
    assert CANARY not in loader.said()


def test_user_without_privileges_is_told_what_to_grant(
    place: Place, loader: PostgresStore, postgres: PostgresStore
) -> None:
    postgres.clear()
    place.store = loader
    result = place.load()
    assert result.exit_code == 1
    assert "the raw tables: this user lacks a privilege." in result.output
    assert "create the schema raw" in result.output


def test_raw_tables_of_another_user_are_told(
    place: Place, loader: PostgresStore, postgres: PostgresStore
) -> None:
    postgres.clear()
    assert place.load().exit_code == 0
    postgres.query("grant create on database loading to loader")
    place.store = loader
    result = place.load()
    assert result.exit_code == 1
    assert "the schema raw or a table in it belongs to another user" in result.output
    postgres.query("revoke create on database loading from loader")


def test_database_that_cannot_hold_every_name_is_refused(
    place: Place, postgres: PostgresStore
) -> None:
    postgres.query(
        "create database narrow template template0 encoding 'LATIN1' locale_provider libc "
        "locale 'C'"
    )
    try:
        settings = replace(postgres.settings, database="narrow")
        place.store = replace(postgres, settings=settings)
        result = place.load()
        assert result.exit_code == 1
        assert "The database keeps its text in LATIN1" in result.output
    finally:
        postgres.query("drop database narrow with (force)")


def test_text_is_kept_whatever_encoding_the_environment_asks_for(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    place.deliver("2025-06-30.csv", GOOD.replace("Smith", "Zoë 😀"))
    assert place.load().exit_code == 0
    assert place.nominals() == [("1", "Zoë 😀"), ("2", "Jones")]


def test_name_that_postgres_would_cut_off_is_refused(place: Place) -> None:
    name = "a" * 64
    place.contract(SOURCES.replace("name: height", f"name: {name}"))
    result = place.load()
    assert result.exit_code == 1
    assert "_police_records__sources.yml" in result.output
    assert f"the name {name} has more than the 63 characters" in result.output
    assert place.state() == {}


def test_rows_that_duckdb_fails_to_hand_over_are_not_kept(
    place: Place, postgres: PostgresStore
) -> None:
    place.load()
    query = (
        f"select case when i = 9000 then error('{CANARY}') else 'x' end as surname "
        "from range(9999) as t(i)"
    )
    with (
        PostgresEngine(postgres.settings, "1GB") as engine,
        pytest.raises(LoadError, match="DuckDB stopped while it handed over") as caught,
        engine.transaction("the file"),
    ):
        engine.insert("police_records__nominals", query, {})
    assert CANARY not in caught.value.message
    assert place.nominals() == []
