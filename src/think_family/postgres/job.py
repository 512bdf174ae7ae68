"""What a Python model works with on Postgres: DuckDB in memory, over a snapshot of the database."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Any

import adbc_driver_postgresql.dbapi as adbc
import duckdb
import narwhals as nw
import pyarrow as pa

from think_family.errors import ThinkFamilyError
from think_family.postgres.errors import said_by
from think_family.postgres.link import Link, run
from think_family.postgres.snapshot import Snapshot
from think_family.postgres.types import refuse_far_dates, written_column
from think_family.sql import quoted

if TYPE_CHECKING:
    from think_family.postgres.settings import Settings

# Rows of one batch on the way back.
_BATCH_ROWS = 50_000

# By the identity of their sessions, for as long as they run.
_JOBS: dict[int, PythonJob] = {}


def job_of(session: duckdb.DuckDBPyConnection) -> PythonJob | None:
    """Give the job that a Python model's session belongs to; None where dbt builds in DuckDB.

    A model whose work is to be done by Postgres itself asks it for `settings` to connect with, and
    for the names of its relations.

    Raises:
        ThinkFamilyError: it is the session of another engine.
    """
    # dbt-duckdb hands over a cursor in a wrapper of its own; the session of Spark has no cursors.
    if not hasattr(session, "cursor"):
        raise ThinkFamilyError(
            "Quality gates and publication work in DuckDB and in Postgres, and this is neither:"
            " build on the target duckdb or postgres, or select models that stand before the gates."
        )
    return _JOBS.get(id(session))


class PythonJob:
    """One run of a Python model; a context manager that leaves nothing behind.

    Attributes:
        settings: how to reach the database that dbt builds in.
        session: DuckDB in memory, which the model computes in, in UTC; what does not fit into
            memory goes to a folder of its own, which nobody else can read.
        snapshot: what the model reads.
    """

    def __init__(
        self, settings: Settings, duckdb_settings: Mapping[str, Any] | None = None
    ) -> None:
        """Begin a job; the server is not asked for anything yet.

        Args:
            settings: how to reach the database.
            duckdb_settings: settings of the session, such as memory_limit.
        """
        self.settings = settings
        self.snapshot = Snapshot(settings)
        self._spill = tempfile.TemporaryDirectory(prefix="think-family-")
        self.session = duckdb.connect(
            ":memory:", config={"temp_directory": self._spill.name, **(duckdb_settings or {})}
        )
        # Dates are the same wherever the model runs.
        self.session.execute("set TimeZone = 'UTC'")
        self._names: dict[int, tuple[duckdb.DuckDBPyRelation, str]] = {}
        self._writing: Link | None = None
        _JOBS[id(self.session)] = self

    def __enter__(self) -> PythonJob:
        """Give the job itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the job."""
        self.close()

    def read(self, name: str) -> duckdb.DuckDBPyRelation:
        """Give a relation of Postgres, by its qualified and quoted name; nothing is read yet."""
        relation = self.session.from_arrow(self.snapshot.relation(name))
        self._names[id(relation)] = (relation, name)
        return relation

    def name_of(self, relation: duckdb.DuckDBPyRelation) -> str:
        """Give the qualified and quoted name of a relation just as `ref` or `source` gave it.

        Raises:
            ThinkFamilyError: it is no relation of the database, but one computed from some.
        """
        known = self._names.get(id(relation))
        if known is None:
            raise ThinkFamilyError(
                "A relation was computed in the model, where one that lies in Postgres is needed:"
                " hand on what dbt.ref or dbt.source gave."
            )
        return known[1]

    def name_in_session(self, database: str, schema: str, identifier: str) -> None:
        """Make a relation of Postgres readable in the session's SQL, under its own name."""
        name = ".".join(quoted(part) for part in (database, schema, identifier))
        self.session.register("dbt_this", self.snapshot.relation(name))
        self.session.execute(f"attach ':memory:' as {quoted(database)}")
        self.session.execute(f"create schema if not exists {quoted(database)}.{quoted(schema)}")
        self.session.execute(f"create view {name} as select * from dbt_this")

    def write(self, result: object, schema: str, table: str, unlogged: bool = False) -> int:
        """Write what a model returned to a new table, in a transaction of its own.

        Args:
            result: a relation of DuckDB, a table or reader of Arrow, a data frame of pandas or
                polars, or one of these in narwhals.
            schema: where the table is made.
            table: its name, which must be free.
            unlogged: whether a crash of the server may lose the table.

        Returns:
            The number of rows.

        Raises:
            ThinkFamilyError: Postgres cannot hold the result, or what the model left to be computed
                failed; the table does not exist then.
        """
        relation = self._relation_of(result)
        columns = [
            written_column(name, kind)
            for name, kind in zip(relation.columns, relation.types, strict=True)
        ]
        definitions = ", ".join(column.definition for column in columns)
        kind = "unlogged table" if unlogged else "table"
        reader = relation.project(", ".join(column.expression for column in columns))
        rows = _Guarded(reader.to_arrow_reader(_BATCH_ROWS))
        link = self._writing = self.snapshot.link()

        def ingest(connection: adbc.Connection) -> int:
            run(connection, f"create {kind} {quoted(schema)}.{quoted(table)} ({definitions})")
            with connection.cursor() as cursor:
                n_rows = cursor.adbc_ingest(
                    table, rows.reader(), mode="append", db_schema_name=schema
                )
            connection.commit()
            return int(n_rows)

        try:
            return link.use(ingest)
        except adbc.Error as error:
            if rows.failure is not None:
                raise rows.failure from None
            raise ThinkFamilyError(f"The result could not be written. {said_by(error)}") from None
        finally:
            link.close(finished=True)

    def cancel(self) -> None:
        """Break off what DuckDB and Postgres are at, from another thread."""
        self.session.interrupt()
        self.snapshot.cancel()
        if self._writing is not None:
            self._writing.cancel()

    def close(self) -> None:
        """Let go of the database, of the session and of what it spilled."""
        _JOBS.pop(id(self.session), None)
        self._names.clear()
        # A result that is half read keeps threads of DuckDB at work.
        self.session.interrupt()
        self.snapshot.close()
        self.session.close()
        self._spill.cleanup()

    def _relation_of(self, result: Any) -> duckdb.DuckDBPyRelation:
        native = nw.to_native(result, pass_through=True)
        if isinstance(native, duckdb.DuckDBPyRelation):
            return native
        # Of its own: the session may be at reading what it gave as the result.
        cursor = self.session.cursor()
        try:
            cursor.register("dbt_result", native)
        except (TypeError, duckdb.Error):
            raise ThinkFamilyError(
                f"The model returned {type(result).__name__}: return a relation of DuckDB, a table"
                " of Arrow or a data frame."
            ) from None
        return cursor.table("dbt_result")


class _Guarded:
    """The rows of a result on their way; keeps what went wrong, of which ADBC gives a text only."""

    def __init__(self, reader: pa.RecordBatchReader) -> None:
        self._reader = reader
        self.failure: ThinkFamilyError | None = None

    def reader(self) -> pa.RecordBatchReader:
        return pa.RecordBatchReader.from_batches(self._reader.schema, self._batches())

    def _batches(self) -> Generator[pa.RecordBatch]:
        try:
            for batch in self._reader:
                refuse_far_dates(batch.schema, batch.columns)
                yield batch
        except OSError as error:
            # DuckDB says so in the middle of a stream; what it says quotes values.
            kind = str(error).partition(":")[0]
            told = kind if re.fullmatch(r"[A-Z][A-Za-z ]+ Error", kind) else "an error"
            self.failure = ThinkFamilyError(
                f"The result could not be computed: DuckDB reports {told} (its message is withheld,"
                " because it may hold values of rows)."
            )
            raise
        except ThinkFamilyError as error:
            self.failure = error
            raise
