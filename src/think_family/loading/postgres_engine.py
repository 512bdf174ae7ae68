"""The raw layer in a Postgres database: everything about loading that is particular to this engine.

Files are staged in a DuckDB session of the loader's own, and go from there to the server by binary
COPY, batch by batch. What Postgres or its driver say may quote a row, so it is never passed on.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from typing import Any

import duckdb
import pyarrow as pa
from adbc_driver_postgresql import dbapi

from think_family.loading.errors import LoadError
from think_family.loading.staging import Staging, discreet
from think_family.postgres.hold import Hold
from think_family.postgres.settings import Settings, noticing

# Rows that are held in memory on their way; DuckDB reads as many at a time itself.
_BATCH_ROWS = 2048
# Advisory lock of each transaction; it spells what it is for, so that nothing else takes the same.
_WRITING = int.from_bytes(b"tf_write", "big")
# How long to wait for whoever holds a raw table, as one does who alters it.
_WAIT_SECONDS = 60
_STANDS = "What was loaded before stands."
_AGAIN = "load again: it goes on from there."

# Besides the driver's own errors: those of Arrow, through which results are read.
_ERRORS = (dbapi.Error, pa.ArrowException, OSError)

_OTHERS = (
    "the schema raw or a table in it belongs to another user",
    "Load as that user, or have it handed over.",
)

# What went wrong and what to do, by SQLSTATE.
_PROBLEMS: dict[str | None, tuple[str, str]] = {
    "25006": (
        "the database is read-only for this user",
        "Load into the primary server, not a standby.",
    ),
    "42501": (
        "this user lacks a privilege",
        "Let the user create the schema raw in the database, or own it and its tables.",
    ),
    # What the user may not see looks as if it were not there, and cannot be made anew.
    "42P06": _OTHERS,
    "42P07": _OTHERS,
    "53100": ("the server's disk is full", f"Make room there, then {_AGAIN}"),
    "53200": ("the server ran out of memory", f"Give it more, then {_AGAIN}"),
    "55P03": (
        f"someone has held the raw tables for {_WAIT_SECONDS} seconds",
        f"Look for them in pg_stat_activity, then {_AGAIN}",
    ),
    "57014": (
        "it was cancelled, at the keyboard, by someone on the server or by a time limit there",
        f"See to it that a load may take its time (statement_timeout); {_AGAIN}",
    ),
}
_LOST = (
    "the connection to the server was lost",
    f"See that the server runs and its log says why, then {_AGAIN}",
)


class PostgresEngine:
    """One Postgres database, locked for this load; a context manager that closes all it opened."""

    # What is longer, Postgres cuts off without an error.
    name_limit = 63

    def __init__(self, settings: Settings, memory_limit: str) -> None:
        """Connect; `memory_limit` is that of the session in which files are staged, as in '3GB'.

        Raises:
            LoadError: the server cannot be reached, or the database does not keep its text in
                UTF-8.
            ThinkFamilyError: a build or another load is running on the database.
        """
        with ExitStack() as opened:
            with _tactful("the database"):
                self._connection = opened.enter_context(_connected(settings))
                self._refuse_other_encodings()
            opened.callback(Hold(settings, "load").release)
            spill = opened.enter_context(tempfile.TemporaryDirectory(prefix="think-family-load-"))
            self._session = opened.enter_context(
                duckdb.connect(config={"memory_limit": memory_limit, "temp_directory": spill})
            )
            # A batch of long texts may hold more than two gigabytes.
            self._session.execute("set arrow_large_buffer_size = true")
            self.staging = Staging(self._session)
            self._opened = opened.pop_all()

    def __enter__(self) -> PostgresEngine:
        """Give the open engine."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection; what was not committed is gone, and others may load or build."""
        self._opened.close()

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run a statement and give its rows."""
        return _execute(self._connection, sql, parameters)

    def insert(self, table: str, query: str, parameters: Mapping[str, object]) -> None:
        """Append to raw.`table` what `query` gives, column by name."""
        relation = self._session.sql(query, params=dict(parameters))
        reader = relation.to_arrow_reader(_BATCH_ROWS)
        broken: list[str] = []

        def batches() -> Iterator[pa.RecordBatch]:
            try:
                yield from reader
            except Exception as error:
                broken.append(type(error).__name__)
                raise

        rows = pa.RecordBatchReader.from_batches(reader.schema, batches())
        try:
            with self._connection.cursor() as cursor:
                cursor.adbc_ingest(table, rows, mode="append", db_schema_name="raw")
        except _ERRORS:
            if broken:
                raise LoadError(
                    f"{table}: DuckDB stopped while it handed over the rows ({broken[0]}). "
                    f"{_STANDS} Give it more with --memory-limit, or make room for temporary files."
                ) from None
            raise

    @contextmanager
    def transaction(self, what: str) -> Iterator[None]:
        """Keep all that is done within, or nothing of it."""
        with discreet(what), _tactful(what):
            self.execute("begin isolation level read committed")
            try:
                self.execute(f"set local lock_timeout to '{_WAIT_SECONDS}s'")
                # The server may still be at the last transaction of a load that was killed.
                self.execute("select 1 from pg_advisory_xact_lock($1)", [_WRITING])
                yield
                self.execute("commit")
            except BaseException:
                with suppress(*_ERRORS):
                    self.execute("rollback")
                raise

    def _refuse_other_encodings(self) -> None:
        ((encoding,),) = self.execute("select current_setting('server_encoding')")
        if encoding != "UTF8":
            raise LoadError(
                f"The database keeps its text in {encoding}, which cannot hold every name. Make "
                "one with: create database ... encoding 'UTF8' template template0"
            )


@contextmanager
def _tactful(what: str) -> Iterator[None]:
    """Turn an error of Postgres or its driver, which may quote a row, into one that does not."""
    try:
        yield
    except _ERRORS as error:
        state = getattr(error, "sqlstate", None)
        stopped = f"SQLSTATE {state}" if state else type(error).__name__
        other = (f"Postgres stopped ({stopped})", f"Look in the server's log, then {_AGAIN}")
        if state is None and isinstance(error, dbapi.OperationalError | OSError):
            state = "08006"
        if state is not None and state.startswith(("08", "57P")):
            problem, remedy = _LOST
        else:
            problem, remedy = _PROBLEMS.get(state, other)
        raise LoadError(f"{what}: {problem}. {_STANDS} {remedy}") from None


@contextmanager
def _connected(settings: Settings) -> Iterator[dbapi.Connection]:
    # The driver writes UTF-8, whatever PGCLIENTENCODING says.
    options = {"client_encoding": "UTF8", "application_name": "think-family load"}
    settings = replace(settings, options={**settings.options, **options})
    try:
        connection = dbapi.connect(settings.conninfo(), autocommit=True)
    except dbapi.Error as error:
        # What libpq says of a connection names host, user and database, and never the password.
        said = " ".join(str(error).partition("Failed to connect:")[2].split())
        raise LoadError(
            f"Postgres cannot be reached: {said or 'the connection failed'}. Nothing was changed. "
            "The server and the user are named by the variables THINK_FAMILY_PG_HOST, _PORT, "
            "_USER, _PASSWORD, _DATABASE and _SSLMODE."
        ) from None
    try:
        _execute(connection, noticing())
        yield connection
    finally:
        with suppress(*_ERRORS):
            connection.close()


def _execute(
    connection: dbapi.Connection, sql: str, parameters: Sequence[object] = ()
) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, tuple(parameters) or None)
        return list(cursor.fetchall()) if cursor.description else []
