"""Read relations of Postgres as DuckDB asks for them, all as of one moment.

A relation is a dataset that DuckDB scans: each scan opens a stream of its own, with the columns
that it needs, and takes batch after batch as it works. So nothing is read before it is used, a
relation can be read twice, and memory does not grow with it.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import adbc_driver_postgresql.dbapi as adbc
import pyarrow as pa
import pyarrow.dataset as ds
from adbc_driver_manager._reader import AdbcRecordBatchReader
from adbc_driver_postgresql import StatementOptions

from think_family.errors import ThinkFamilyError
from think_family.postgres.errors import said_by
from think_family.postgres.link import Link, run
from think_family.postgres.settings import Settings, noticing
from think_family.postgres.types import ReadColumn, read_column, refuse_far_dates
from think_family.sql import literal

# Bytes of one batch: large enough for speed, small beside what DuckDB works with.
_BATCH = {StatementOptions.BATCH_SIZE_HINT_BYTES.value: str(4 * 1024 * 1024)}

_READING = (
    "set transaction isolation level repeatable read, read only",
    # A model may think for long between two reads.
    "set local idle_in_transaction_session_timeout = 0",
    # Rows come as they were written, so that equal tables give equal results.
    "set local synchronize_seqscans = off",
    "set local max_parallel_workers_per_gather = 0",
)

# Of a domain, the type below it.
_COLUMNS = """
    select
        attributes.attname as column_name,
        bases.typname as type_name,
        coalesce(elements.typname, '') as element_name,
        case types.typtype when 'd' then types.typtypmod else attributes.atttypmod end as modifier
    from pg_catalog.pg_attribute as attributes
    inner join pg_catalog.pg_type as types on types.oid = attributes.atttypid
    inner join pg_catalog.pg_type as bases
        on bases.oid = case types.typtype when 'd' then types.typbasetype else types.oid end
    left join pg_catalog.pg_type as elements
        on elements.oid = bases.typelem and bases.typcategory = 'A'
    where
        attributes.attrelid = to_regclass({name})
        and attributes.attnum > 0
        and not attributes.attisdropped
    order by attributes.attnum
"""


class Snapshot:
    """The database as it was when the first relation was asked for.

    Relations that have been asked for stay as they are until the snapshot is closed: who would
    rebuild one meanwhile waits. Streams may be read side by side and from any thread.
    """

    def __init__(self, settings: Settings) -> None:
        """Prepare a snapshot; it is of the moment when the first relation is asked for."""
        self._settings = settings
        self._first: Link | None = None
        self._id = ""
        self._beginning = threading.Lock()
        self._streams: set[Link] = set()
        #: What went wrong in a stream; DuckDB hands on a text only, in an error of its own.
        self.failure: ThinkFamilyError | None = None

    @property
    def snapshot_id(self) -> str:
        """Name under which another transaction takes the snapshot: `set transaction snapshot`."""
        self._begun()
        return self._id

    def relation(self, name: str) -> Relation:
        """Give the relation of this qualified and quoted name; none of its rows is read.

        Raises:
            ThinkFamilyError: it does not exist, was rebuilt since the snapshot, or may not be read.
        """
        try:
            rows = self._begun().use(lambda connection: _described(connection, name))
        except adbc.Error as error:
            raise ThinkFamilyError(f"{name} cannot be read. {said_by(error)}") from None
        if not rows:
            raise ThinkFamilyError(
                f"{name} was rebuilt while this model began to read: run the model again."
            )
        return Relation(self, name, [read_column(*row) for row in rows])

    def stream(self, name: str, columns: Sequence[ReadColumn]) -> Generator[pa.RecordBatch]:
        """Read these columns of a relation, batch by batch."""
        schema = pa.schema([column.field for column in columns])
        finished = False
        link = self._begun().another()
        self._streams.add(link)
        try:
            reader = link.use(lambda used: self._opened(link, used, name, columns))
            while (batch := link.use(lambda _: next(reader, None))) is not None:
                arrays = [
                    array.cast(field.type)
                    for array, field in zip(batch.columns, schema, strict=True)
                ]
                refuse_far_dates(schema, arrays)
                yield pa.RecordBatch.from_arrays(arrays, schema=schema)
            finished = True
        except (adbc.Error, ThinkFamilyError) as error:
            if self.failure is None:
                told = error.message if isinstance(error, ThinkFamilyError) else said_by(error)
                self.failure = ThinkFamilyError(f"{name} could not be read to its end. {told}")
            raise
        finally:
            link.close(finished)
            self._streams.discard(link)

    def link(self) -> Link:
        """Connect once more, for something else; at less cost when the snapshot has begun.

        Raises:
            ThinkFamilyError: the server does not answer.
        """
        return Link.open(self._settings) if self._first is None else self._first.another()

    def cancel(self) -> None:
        """Break off what is being read, from any thread."""
        for link in list(self._streams):
            link.cancel()

    def close(self) -> None:
        """End the snapshot, and let go of every relation."""
        for link in list(self._streams):
            link.close()
        if self._first is not None:
            self._first.close(finished=True)

    def _begun(self) -> Link:
        """Give the transaction that holds the snapshot and the locks, begun when first needed."""
        with self._beginning:
            if self._first is None:
                first = Link.open(self._settings)
                try:
                    self._id = first.use(_exported)
                except adbc.Error as error:
                    first.close()
                    raise ThinkFamilyError(f"Postgres cannot be read. {said_by(error)}") from None
                self._first = first
            return self._first

    def _opened(
        self, link: Link, connection: adbc.Connection, name: str, columns: Sequence[ReadColumn]
    ) -> Iterator[pa.RecordBatch]:
        """Begin to read columns of a relation."""
        moment = f"set transaction snapshot {literal(self._id)}"
        run(connection, *_READING, moment, noticing(is_local=True))
        cursor = link.resources.enter_context(connection.cursor())
        cursor.adbc_statement.set_options(**_BATCH)
        expressions = ", ".join(column.expression for column in columns)
        cursor.execute(f"select {expressions} from {name}")
        # The reader that `fetch_record_batch` gives tells of an error without its SQLSTATE.
        handle = cursor.fetch_arrow()
        reader = AdbcRecordBatchReader._import_from_c(handle.address)
        link.resources.callback(reader.close)
        return iter(reader)


def _exported(connection: adbc.Connection) -> str:
    run(connection, *_READING)
    with connection.cursor() as cursor:
        cursor.execute("select pg_catalog.pg_export_snapshot()")
        ((snapshot_id,),) = cursor.fetchall()
    return str(snapshot_id)


def _described(connection: adbc.Connection, name: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        # Locks the relation until the end of the snapshot: it cannot be replaced any more.
        cursor.execute(f"select from {name} limit 0")
        cursor.execute(_COLUMNS.format(name=literal(name)))
        return list(cursor.fetchall())


class Relation(ds.Dataset):  # type: ignore[misc]
    """A relation of a snapshot, in the form that DuckDB scans with the columns it needs."""

    def __init__(self, snapshot: Snapshot, name: str, columns: Sequence[ReadColumn]) -> None:
        """Take a relation as described; the dataset of pyarrow has no constructor of its own."""
        self._snapshot = snapshot
        self._name = name
        self._columns = {column.field.name: column for column in columns}

    @property
    def schema(self) -> pa.Schema:
        """Names and types of all columns."""
        return pa.schema([column.field for column in self._columns.values()])

    def scanner(
        self,
        columns: Sequence[str] | None = None,
        filter: Any = None,  # noqa: A002 - the name is pyarrow's
        **_: Any,
    ) -> Scan:
        """Prepare a scan of these columns, with the rows that pass the filter."""
        wanted = list(self._columns) if columns is None else list(columns)
        return Scan(self, wanted, filter)

    def stream(self, wanted: Sequence[str], mask: Any) -> Iterator[pa.RecordBatch]:
        """Read these columns of the rows that pass the mask."""
        needed = [
            column
            for name, column in self._columns.items()
            if name in wanted or (mask is not None and self._reads(mask, name))
        ]
        with closing(self._snapshot.stream(self._name, needed)) as batches:
            for batch in batches:
                kept = batch if mask is None else batch.filter(mask)
                yield kept.select(list(wanted))

    def _reads(self, mask: Any, name: str) -> bool:
        """Whether a filter reads a column: it does if it means nothing without it."""
        others = pa.schema([field for field in self.schema if field.name != name])
        try:
            others.empty_table().filter(mask)
        except pa.ArrowInvalid:
            return True
        return False


@dataclass(frozen=True, slots=True)
class Scan:
    """One scan of a relation; each reader of it is a stream of its own."""

    relation: Relation
    columns: Sequence[str]
    mask: Any

    def to_reader(self) -> pa.RecordBatchReader:
        """Begin to read when the first batch is asked for."""
        schema = self.relation.schema
        return pa.RecordBatchReader.from_batches(
            pa.schema([schema.field(name) for name in self.columns]),
            self.relation.stream(self.columns, self.mask),
        )
