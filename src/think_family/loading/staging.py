"""Staging of a file in DuckDB, which reads CSV and Parquet whatever engine holds the raw layer.

The sound rows of a file are first staged in a temporary table, outside the raw tables and in
parallel: c0, c1, ... as text, null where empty, in the order of the file, with their numbers n
where a row may be lacking. Keys and hashes of the raw rows are written here too, so that they are
the same, byte for byte, on every engine. Rows without a number are numbered as they leave the
staged table: numbering them while they are read would make DuckDB read with one thread.

DuckDB's messages quote the rows they complain of, so none of them is ever passed on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from think_family.contract import Column, Extract
from think_family.loading.careful import BLANKS, NUL_FAULT, Reject, Row
from think_family.loading.deliveries import Delivery
from think_family.loading.errors import FileRefusedError, LoadError, Refusal
from think_family.loading.header import ColumnMatch
from think_family.loading.inspection import ROW_LIMIT, CsvShape, ParquetShape
from think_family.sql import literal, quoted

# Control characters that part the values of a content hash and stand for null in it.
_PART, _NULL = "chr(31)", "chr(30)"
_BATCH_ROWS = 50_000
_BATCH_CHARACTERS = 32 * 2**20
_WIDE_ROW = 2**20
_TIME_TEXT = "%Y-%m-%dT%H:%M:%S"
_DATE_TEXT = {"iso": "%Y-%m-%d", "dmy": "%d/%m/%Y", "dmon": "%d-%b-%Y"}


@dataclass(frozen=True, slots=True)
class Staged:
    """A file in the staging table, with the rows that were rejected on the way there."""

    n_rows: int
    rejects: list[Reject]


class Staging:
    """One staged file at a time, in the DuckDB session `connection`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Use `connection`, which stays the caller's to close."""
        self._connection = connection
        self._execute("set enable_progress_bar = false")

    def stage_csv(self, delivery: Delivery, shape: CsvShape) -> Staged | None:
        """Stage a plain CSV file with DuckDB's own reader; None when it has a fault of any kind.

        The rows must be as many as the scan counted, and every key must hold.
        """
        if not shape.n_rows:
            self._stage_table(len(shape.match.headers))
            return Staged(0, [])
        columns = {f"c{place}": "VARCHAR" for place in range(len(shape.match.headers))}
        options = (
            f"columns={columns}, auto_detect=false, header=false, skip=1, "
            f"delim={literal(shape.delimiter)}, quote='\"', escape='\"', nullstr='', "
            "strict_mode=true, null_padding=false"
        )
        if shape.longest > _WIDE_ROW:
            options += f", max_line_size={ROW_LIMIT + 1}, buffer_size={2 * ROW_LIMIT}"
        try:
            with discreet(delivery.file, spared=(duckdb.InvalidInputException,)):
                self._execute(
                    "create or replace temp table staged as "
                    f"select * from read_csv($path, {options})",
                    {"path": _no_glob(delivery.path)},
                )
                count, n_bad_keys = self._one(
                    "select count(*), count(*) filter (where "
                    f"{_bad_key(delivery.extract, shape.match)}) from staged"
                )
        except duckdb.InvalidInputException:
            return None
        if count != shape.n_rows or n_bad_keys:
            return None
        return Staged(count, [])

    def stage_rows(
        self, delivery: Delivery, shape: CsvShape, rows: Iterable[Row | Reject]
    ) -> Staged:
        """Stage rows that were read one by one."""
        width = len(shape.match.headers)
        rejects: list[Reject] = []
        n_good = 0
        with discreet(delivery.file):
            self._stage_table(width, with_number=True)
            for batch in _batches(rows, rejects):
                n_good += len(batch)
                numbers = pa.array([row.number for row in batch], type=pa.int64())
                fields = zip(
                    *([field or None for field in row.fields] for row in batch), strict=True
                )
                table = pa.table(
                    [numbers, *(pa.array(values, type=pa.string()) for values in fields)],
                    names=["n", *(f"c{place}" for place in range(width))],
                )
                self._connection.register("batch", table)
                self._execute("insert into staged select * from batch")
                self._connection.unregister("batch")
        return Staged(n_good + len(rejects), rejects)

    def parquet_columns(self, delivery: Delivery) -> tuple[tuple[str, str], ...]:
        """Give names and types of the columns of a Parquet file.

        Raises:
            FileRefusedError: DuckDB cannot read the file's footer.
        """
        # A cursor of its own, because files are looked at in several threads.
        with _parquet(delivery), self._connection.cursor() as cursor:
            rows = cursor.execute(
                "describe select * from read_parquet($path)", {"path": _no_glob(delivery.path)}
            ).fetchall()
        return tuple((row[0], row[1]) for row in rows)

    def stage_parquet(self, delivery: Delivery, shape: ParquetShape) -> Staged:
        """Stage a Parquet file as text, dates in the format that the contract gives the column.

        Raises:
            FileRefusedError: a part of the file cannot be read.
        """
        extract, match = delivery.extract, shape.match
        meaning = {
            place: column
            for column, place in zip(extract.columns, match.positions, strict=True)
            if place is not None
        }
        texts = ", ".join(
            f"{_as_text(quoted(name), kind, meaning.get(place))} as c{place}"
            for place, (name, kind) in enumerate(shape.columns)
        )
        path = {"path": _no_glob(delivery.path)}
        with _parquet(delivery):
            self._execute(
                "create or replace temp table staged as "
                f"select file_row_number + 1 as n, {texts} "
                "from read_parquet($path, file_row_number=true)",
                path,
            )
            (count,) = self._one("select count(*) from staged")
            (n_rows,) = self._one("select sum(num_rows) from parquet_file_metadata($path)", path)
        if count != n_rows:
            raise FileRefusedError(_unreadable_parquet(delivery))
        is_bad = f"({_has_nul(match)} or {_bad_key(extract, match)})"
        with discreet(delivery.file):
            faulty = self._execute(
                f"select n, {_faults(extract, match)}, {_row_json(match)} from staged "
                f"where {is_bad} order by n"
            )
            if faulty:
                self._execute(f"delete from staged where {is_bad}")
        rejects = [Reject(*fault) for fault in faulty]
        return Staged(count, rejects)

    def raw_rows(self, delivery: Delivery, match: ColumnMatch) -> tuple[str, dict[str, object]]:
        """Give a query, with its parameters, of the staged rows as they stand in the raw table."""
        extract = delivery.extract
        values = ["null" if place is None else f"c{place}" for place in match.positions]
        numbered = (
            "staged" if self._has_numbers() else "(select *, row_number() over () as n from staged)"
        )
        columns = [
            *(
                f"cast({value} as varchar) as {quoted(column.name)}"
                for column, value in zip(extract.columns, values, strict=True)
            ),
            f"{_row_key(extract, match)} as _source_row_key",
            f"{_content_hash(values)} as _content_hash",
            "$file as _file",
            "n as _row_number",
            "$day as _extract_date",
            f"{_extra(match)} as _extra_columns",
        ]
        parameters = {"file": delivery.file, "day": delivery.extract_date}
        return f"select {', '.join(columns)} from {numbered}", parameters

    @contextmanager
    def table(self, rows: pa.Table) -> Iterator[str]:
        """Give a query of `rows`, which stand in the session meanwhile."""
        self._connection.register("handed_over", rows)
        try:
            yield "select * from handed_over"
        finally:
            self._connection.unregister("handed_over")

    def drop(self) -> None:
        """Give back the memory of the staged file."""
        self._execute("drop table if exists staged")

    def _execute(self, sql: str, parameters: object = None) -> list[tuple[Any, ...]]:
        # To the end: the connection does no other work while rows of a result are outstanding.
        return self._connection.execute(sql, parameters).fetchall()

    def _one(self, sql: str, parameters: object = None) -> tuple[Any, ...]:
        return self._execute(sql, parameters)[0]

    def _stage_table(self, width: int, *, with_number: bool = False) -> None:
        columns = ["n bigint"] * with_number + [f"c{place} varchar" for place in range(width)]
        self._execute(f"create or replace temp table staged ({', '.join(columns)})")

    def _has_numbers(self) -> bool:
        columns = self._execute("describe staged")
        return bool(columns[0][0] == "n")


@contextmanager
def discreet(file: str, spared: tuple[type[duckdb.Error], ...] = ()) -> Iterator[None]:
    """Turn an error of DuckDB, whose message may quote a row, into one that does not.

    Errors of the kinds `spared` pass as they are, for a caller that deals with them.
    """
    try:
        yield
    except spared:
        raise
    except duckdb.OutOfMemoryException:
        raise LoadError(
            f"{file}: DuckDB ran out of memory or of disk. What was loaded before stands. Make "
            "room, or give it more with --memory-limit."
        ) from None
    except duckdb.Error as error:
        raise LoadError(
            f"{file}: DuckDB stopped ({type(error).__name__}). What was loaded before stands. Look "
            "for a full disk or another process on the same file, then load again."
        ) from None


@contextmanager
def _parquet(delivery: Delivery) -> Iterator[None]:
    """Turn what DuckDB says of a damaged Parquet file into the refusal of the file."""
    try:
        yield
    except (duckdb.BinderException, duckdb.CatalogException, duckdb.OutOfMemoryException) as error:
        with discreet(delivery.file):
            raise error
    except duckdb.Error:
        # Damage shows as any of several kinds of error, the bare base class among them.
        raise FileRefusedError(_unreadable_parquet(delivery)) from None


def _unreadable_parquet(delivery: Delivery) -> Refusal:
    return Refusal(
        delivery.file,
        "it cannot be read as Parquet: it is cut short, damaged, or another kind of file.",
        "Ask for it again.",
    )


def _batches(rows: Iterable[Row | Reject], rejects: list[Reject]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    n_characters = 0
    for row in rows:
        if isinstance(row, Reject):
            rejects.append(row)
            continue
        batch.append(row)
        n_characters += sum(map(len, row.fields))
        if len(batch) == _BATCH_ROWS or n_characters > _BATCH_CHARACTERS:
            yield batch
            batch, n_characters = [], 0
    if batch:
        yield batch


def _key_places(extract: Extract, match: ColumnMatch) -> list[int]:
    places = dict(zip((c.name for c in extract.columns), match.positions, strict=True))
    found = [places[name] for name in extract.key]
    return [place for place in found if place is not None]


def _trimmed(place: int) -> str:
    return f"trim(c{place}, {literal(BLANKS)})"


def _bad_key(extract: Extract, match: ColumnMatch) -> str:
    places = _key_places(extract, match)
    empty = [f"coalesce({_trimmed(place)}, '') = ''" for place in places]
    header = [f"{_trimmed(p)} = {literal(match.headers[p].strip(BLANKS))}" for p in places]
    return f"({' or '.join(empty)} or ({' and '.join(header)}))"


def _has_nul(match: ColumnMatch) -> str:
    parts = (f"contains(c{place}, chr(0))" for place in range(len(match.headers)))
    return f"coalesce({' or '.join(parts)}, false)"


def _faults(extract: Extract, match: ColumnMatch) -> str:
    named = zip(extract.key, _key_places(extract, match), strict=True)
    cases = " ".join(
        f"when coalesce({_trimmed(place)}, '') = '' then 'its key column {name} is empty'"
        for name, place in named
    )
    return (
        f"case when {_has_nul(match)} then {literal(NUL_FAULT)} {cases} "
        "else 'it is the header line over again' end"
    )


def _row_key(extract: Extract, match: ColumnMatch) -> str:
    # A bar within a value is escaped, so that no two keys write the same text.
    values = " || '|' || ".join(
        f"replace(replace({_trimmed(place)}, '\\', '\\\\'), '|', '\\|')"
        for place in _key_places(extract, match)
    )
    return f"md5({literal(f'{extract.system}|{extract.name}|')} || {values})"


def _content_hash(values: Sequence[str]) -> str:
    parts = ", ".join(f"coalesce({value}, {_NULL})" for value in values)
    return f"md5(concat_ws({_PART}, {parts}))"


def _extra(match: ColumnMatch) -> str:
    if not match.extra:
        return "cast(null as varchar)"
    values = ", ".join(f"c{place}" for place, _ in match.extra)
    return f"case when coalesce({values}) is not null then {_json(match.extra)} end"


def _row_json(match: ColumnMatch) -> str:
    return _json(tuple(enumerate(match.headers)))


def _json(named: Sequence[tuple[int, str]]) -> str:
    pairs = ", ".join(f"{literal(name)}, c{place}" for place, name in named)
    return f"cast(json_object({pairs}) as varchar)"


def _as_text(value: str, kind: str, column: Column | None) -> str:
    """Give SQL that writes a typed column as the text which a CSV of the contract would hold."""
    day = _DATE_TEXT[(column.format if column and column.data_type == "date" else None) or "iso"]
    if kind == "VARCHAR":
        return f"nullif({value}, '')"
    if kind == "DATE":
        return _upper_month(f"strftime({value}, '{day}')", day)
    if kind.startswith("TIMESTAMP"):
        at = f"{value} at time zone 'UTC'" if "TIME ZONE" in kind else value
        at = f"cast({at} as timestamp)"
        moment = (
            f"case when microsecond({at}) % 1000000 = 0 then strftime({at}, '{_TIME_TEXT}Z') "
            f"else strftime({at}, '{_TIME_TEXT}.%fZ') end"
        )
        if column is None or column.data_type != "date":
            return moment
        date_text = _upper_month(f"strftime({at}, '{day}')", day)
        return f"case when {at} = date_trunc('day', {at}) then {date_text} else {moment} end"
    if kind in ("DOUBLE", "FLOAT"):
        # Tools without nullable integers write whole numbers, and gaps as NaN, in this type.
        return (
            f"case when isnan({value}) then null "
            f"when isfinite({value}) and {value} = trunc({value}) and abs({value}) < 9e15 "
            f"then cast(cast({value} as bigint) as varchar) else cast({value} as varchar) end"
        )
    if "[" in kind or kind.startswith(("STRUCT", "MAP", "UNION")):
        return f"cast(to_json({value}) as varchar)"
    return f"cast({value} as varchar)"


def _upper_month(text: str, form: str) -> str:
    return f"upper({text})" if "%b" in form else text


def _no_glob(path: Path) -> str:
    # DuckDB reads a path as a pattern: a folder called [2025] would match a folder called 2.
    return "".join(f"[{c}]" if c in "[*?" else c for c in path.absolute().as_posix())
