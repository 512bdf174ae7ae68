"""The raw layer on DuckDB: everything about loading that is particular to this engine.

The sound rows of a file are first staged in a temporary table, outside the raw tables and in
parallel: c0, c1, ... as text, null where empty, in the order of the file, with their numbers n
where a row may be lacking. Then, in one transaction, rows, rejects and ledger are written together.
Rows without a number are numbered as they leave the staged table: numbering them while they are
read would make DuckDB read with one thread.

DuckDB's messages quote the rows they complain of, so none of them is ever passed on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from think_family.contract import Column, Contract, Extract
from think_family.loading.careful import BLANKS, Reject, Row
from think_family.loading.deliveries import Delivery
from think_family.loading.errors import FileRefusedError, LoadError, Refusal
from think_family.loading.header import ColumnMatch
from think_family.loading.inspection import ROW_LIMIT, CsvShape, ParquetShape

_RECORD_COLUMNS = (
    ("_source_row_key", "varchar"),
    ("_content_hash", "varchar"),
    ("_file", "varchar"),
    ("_row_number", "bigint"),
    ("_extract_date", "date"),
    ("_extra_columns", "varchar"),
)
_LEDGER = {
    "load_extracts": (
        "system varchar, extract varchar, table_name varchar, description varchar, agency varchar, "
        "programme varchar, delivery varchar, key_columns varchar, happened_column varchar, "
        "recorded_column varchar, fresh_within_days integer, lawful_basis varchar, "
        "permitted_purposes varchar, handling varchar, label_rows varchar"
    ),
    "load_files": (
        "system varchar, extract varchar, file varchar, extract_date date, delivery varchar, "
        "sha256 varchar, n_bytes bigint, n_rows bigint, n_loaded bigint, n_rejected bigint, "
        "missing_columns varchar, extra_columns varchar, renamed_columns varchar, notes varchar, "
        "contract_digest varchar"
    ),
    "load_rejects": (
        "system varchar, extract varchar, file varchar, line bigint, reason varchar, "
        "raw_line varchar"
    ),
}
# Control characters that part the values of a content hash and stand for null in it.
_PART, _NULL = "chr(31)", "chr(30)"
_BATCH_ROWS = 50_000
_BATCH_CHARACTERS = 32 * 2**20
_WIDE_ROW = 2**20
_TIME_TEXT = "%Y-%m-%dT%H:%M:%S"
_DATE_TEXT = {"iso": "%Y-%m-%d", "dmy": "%d/%m/%Y", "dmon": "%d-%b-%Y"}


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """What the ledger says of a file that is loaded."""

    file: str
    extract: str
    extract_date: date
    sha256: str
    contract_digest: str
    n_loaded: int


@dataclass(frozen=True, slots=True)
class Staged:
    """A file in the staging table, with the rows that were rejected on the way there."""

    n_rows: int
    rejects: list[Reject]


class Warehouse:
    """The raw layer in one DuckDB file; a context manager that closes its connection."""

    def __init__(self, path: Path, memory_limit: str) -> None:
        """Open `path`, made with its folder when absent.

        Raises:
            LoadError: the file is no DuckDB file or another process has it open.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._connection = duckdb.connect(path, config={"memory_limit": memory_limit})
        except duckdb.Error:
            raise LoadError(
                f"{path} cannot be opened: another process has it open, or it is no DuckDB file of "
                "this version. Close the other process, or move the file away and load anew."
            ) from None
        except UnicodeDecodeError:
            raise LoadError(f"{path} cannot be opened: it is no DuckDB file.") from None
        self._execute("set enable_progress_bar = false")

    def __enter__(self) -> Warehouse:
        """Give the open warehouse."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection; what was not committed is gone."""
        self._connection.close()

    def loaded_files(self) -> dict[str, LoadedFile]:
        """Give what the ledger holds, by file; nothing before the first load.

        A file whose raw table was dropped counts as not loaded.
        """
        tables = self._raw_columns()
        if "load_files" not in tables:
            return {}
        rows = self._execute(
            "select file, system || '/' || extract, extract_date, sha256, contract_digest, "
            "n_loaded, system || '__' || extract from raw.load_files"
        )
        return {row[0]: LoadedFile(*row[:-1]) for row in rows if row[-1] in tables}

    def prepare(self, contract: Contract) -> None:
        """Make the raw tables fit the contract, and write its list of extracts, in one transaction.

        A column that is new in the contract is added, empty, until its files are loaded again; a
        column that has left the contract stays, so that nothing is lost. Where all is as it should
        be, nothing is written.
        """
        with self._transaction("the raw tables"):
            self._execute("create schema if not exists raw")
            for name, columns in _LEDGER.items():
                self._execute(f"create table if not exists raw.{name} ({columns})")
            existing = self._raw_columns()
            for extract in contract.extracts:
                table = f"raw.{_name(extract.table)}"
                wanted = [*((c.name, "varchar") for c in extract.columns), *_RECORD_COLUMNS]
                if extract.table not in existing:
                    columns = ", ".join(f"{_name(name)} {kind}" for name, kind in wanted)
                    self._execute(f"create table {table} ({columns})")
                    self._forget_extract(extract)
                    continue
                for name, kind in wanted:
                    if name not in existing[extract.table]:
                        self._execute(f"alter table {table} add column {_name(name)} {kind}")
            extracts = [_ledger_entry(extract) for extract in contract.extracts]
            if sorted(self._execute("from raw.load_extracts")) != sorted(extracts):
                self._execute("delete from raw.load_extracts")
                for entry in extracts:
                    self._insert_values("load_extracts", entry)

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
            f"delim={_literal(shape.delimiter)}, quote='\"', escape='\"', nullstr='', "
            "strict_mode=true, null_padding=false"
        )
        if shape.longest > _WIDE_ROW:
            options += f", max_line_size={ROW_LIMIT + 1}, buffer_size={2 * ROW_LIMIT}"
        try:
            with _discreet(delivery.file, spared=(duckdb.InvalidInputException,)):
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
        with _discreet(delivery.file):
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
            f"{_as_text(_name(name), kind, meaning.get(place))} as c{place}"
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
        with _discreet(delivery.file):
            faulty = self._execute(
                f"select n, {_key_faults(extract, match)}, {_row_json(match)} from staged "
                f"where {_bad_key(extract, match)} order by n"
            )
            if faulty:
                self._execute(f"delete from staged where {_bad_key(extract, match)}")
        rejects = [Reject(*fault) for fault in faulty]
        return Staged(count, rejects)

    def write_file(
        self,
        delivery: Delivery,
        match: ColumnMatch,
        staged: Staged,
        *,
        sha256: str,
        notes: Sequence[str],
    ) -> int:
        """Put a staged file into its raw table, with rejects and ledger, in one transaction.

        Rows that an earlier state of the same file left are replaced. Gives the rows loaded.

        Raises:
            LoadError: the engine stopped, or rows would be lost; what stood before stands.
        """
        extract, file = delivery.extract, delivery.file
        with self._transaction(file):
            self._forget_file(extract, file)
            self._execute(
                _insert(extract, match, self._has_numbers()),
                {"file": file, "day": delivery.extract_date},
            )
            (n_written,) = self._one(
                f"select count(*) from raw.{_name(extract.table)} where _file = $file",
                {"file": file},
            )
            if n_written + len(staged.rejects) != staged.n_rows:
                raise LoadError(
                    f"{file}: {staged.n_rows} rows were read, but {n_written} loaded and "
                    f"{len(staged.rejects)} rejected. Nothing of it was kept; please report this."
                )
            self._write_rejects(extract, file, staged.rejects)
            self._insert_values(
                "load_files",
                [
                    extract.system,
                    extract.name,
                    file,
                    delivery.extract_date,
                    extract.delivery,
                    sha256,
                    delivery.n_bytes,
                    staged.n_rows,
                    n_written,
                    len(staged.rejects),
                    _listed(match.missing),
                    _listed(header for _, header in match.extra),
                    _listed(f"{old} -> {new}" for old, new in match.renamed),
                    "; ".join(notes) or None,
                    extract.digest,
                ],
            )
        self._execute("drop table if exists staged")
        return int(n_written)

    def _execute(self, sql: str, parameters: object = None) -> list[tuple[Any, ...]]:
        # To the end: the connection does no other work while rows of a result are outstanding.
        return self._connection.execute(sql, parameters).fetchall()

    def _one(self, sql: str, parameters: object = None) -> tuple[Any, ...]:
        return self._execute(sql, parameters)[0]

    def _raw_columns(self) -> dict[str, set[str]]:
        """Give the columns of each table of the schema raw."""
        columns: dict[str, set[str]] = {}
        for table, column in self._execute(
            "select table_name, column_name from duckdb_columns() where schema_name = 'raw'"
        ):
            columns.setdefault(table, set()).add(column)
        return columns

    def _stage_table(self, width: int, *, with_number: bool = False) -> None:
        columns = ["n bigint"] * with_number + [f"c{place} varchar" for place in range(width)]
        self._execute(f"create or replace temp table staged ({', '.join(columns)})")

    def _has_numbers(self) -> bool:
        columns = self._execute("describe staged")
        return bool(columns[0][0] == "n")

    def _forget_file(self, extract: Extract, file: str) -> None:
        (known,) = self._one("select count(*) from raw.load_files where file = $f", {"f": file})
        if known:
            self._execute(f"delete from raw.{_name(extract.table)} where _file = $f", {"f": file})
            self._execute("delete from raw.load_files where file = $f", {"f": file})
            self._execute("delete from raw.load_rejects where file = $f", {"f": file})

    def _forget_extract(self, extract: Extract) -> None:
        for table in ("load_files", "load_rejects"):
            self._execute(
                f"delete from raw.{table} where system = $s and extract = $e",
                {"s": extract.system, "e": extract.name},
            )

    def _write_rejects(self, extract: Extract, file: str, rejects: Sequence[Reject]) -> None:
        if not rejects:
            return
        table = pa.table(
            {
                "line": pa.array([reject.line for reject in rejects], type=pa.int64()),
                "reason": pa.array([reject.reason for reject in rejects], type=pa.string()),
                "raw_line": pa.array([r.raw_line for r in rejects], type=pa.large_string()),
            }
        )
        self._connection.register("rejects", table)
        self._execute(
            "insert into raw.load_rejects select $s, $e, $f, line, reason, raw_line from rejects",
            {"s": extract.system, "e": extract.name, "f": file},
        )
        self._connection.unregister("rejects")

    def _insert_values(self, table: str, values: Sequence[object]) -> None:
        marks = ", ".join("?" * len(values))
        self._execute(f"insert into raw.{table} values ({marks})", list(values))

    @contextmanager
    def _transaction(self, file: str) -> Iterator[None]:
        with _discreet(file):
            self._execute("begin transaction")
            try:
                yield
                self._execute("commit")
            except BaseException:
                # After some errors DuckDB has rolled back by itself.
                with suppress(duckdb.TransactionException):
                    self._connection.rollback()
                raise


@contextmanager
def _discreet(file: str, spared: tuple[type[duckdb.Error], ...] = ()) -> Iterator[None]:
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
        with _discreet(delivery.file):
            raise error
    except duckdb.Error:
        # Damage shows as any of several kinds of error, the bare base class among them.
        raise FileRefusedError(_unreadable_parquet(delivery)) from None


def _ledger_entry(extract: Extract) -> tuple[object, ...]:
    """Give the row of raw.load_extracts; sortable, because no two extracts share their names."""
    return (
        extract.system,
        extract.name,
        extract.table,
        extract.description,
        extract.agency,
        extract.programme,
        extract.delivery,
        _listed(extract.key),
        extract.happened_column,
        extract.recorded_column,
        extract.fresh_within_days,
        extract.lawful_basis,
        _listed(extract.permitted_purposes),
        extract.handling,
        extract.label_rows,
    )


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


def _insert(extract: Extract, match: ColumnMatch, has_numbers: bool) -> str:
    values = ["null" if place is None else f"c{place}" for place in match.positions]
    numbered = "staged" if has_numbers else "(select *, row_number() over () as n from staged)"
    names = ", ".join(_name(column.name) for column in extract.columns)
    record = ", ".join(name for name, _ in _RECORD_COLUMNS)
    return (
        f"insert into raw.{_name(extract.table)} ({names}, {record}) "
        f"select {', '.join(values)}, {_row_key(extract, match)}, {_content_hash(values)}, $file, "
        f"n, $day, {_extra(match)} from {numbered}"
    )


def _key_places(extract: Extract, match: ColumnMatch) -> list[int]:
    places = dict(zip((c.name for c in extract.columns), match.positions, strict=True))
    found = [places[name] for name in extract.key]
    return [place for place in found if place is not None]


def _trimmed(place: int) -> str:
    return f"trim(c{place}, {_literal(BLANKS)})"


def _bad_key(extract: Extract, match: ColumnMatch) -> str:
    places = _key_places(extract, match)
    empty = [f"coalesce({_trimmed(place)}, '') = ''" for place in places]
    header = [f"{_trimmed(p)} = {_literal(match.headers[p].strip(BLANKS))}" for p in places]
    return f"({' or '.join(empty)} or ({' and '.join(header)}))"


def _key_faults(extract: Extract, match: ColumnMatch) -> str:
    named = zip(extract.key, _key_places(extract, match), strict=True)
    cases = " ".join(
        f"when coalesce({_trimmed(place)}, '') = '' then 'its key column {name} is empty'"
        for name, place in named
    )
    return f"case {cases} else 'it is the header line over again' end"


def _row_key(extract: Extract, match: ColumnMatch) -> str:
    # A bar within a value is escaped, so that no two keys write the same text.
    values = " || '|' || ".join(
        f"replace(replace({_trimmed(place)}, '\\', '\\\\'), '|', '\\|')"
        for place in _key_places(extract, match)
    )
    return f"md5({_literal(f'{extract.system}|{extract.name}|')} || {values})"


def _content_hash(values: Sequence[str]) -> str:
    parts = ", ".join(f"coalesce({value}, {_NULL})" for value in values)
    return f"md5(concat_ws({_PART}, {parts}))"


def _extra(match: ColumnMatch) -> str:
    if not match.extra:
        return "null"
    values = ", ".join(f"c{place}" for place, _ in match.extra)
    return f"case when coalesce({values}) is not null then {_json(match.extra)} end"


def _row_json(match: ColumnMatch) -> str:
    return _json(tuple(enumerate(match.headers)))


def _json(named: Sequence[tuple[int, str]]) -> str:
    pairs = ", ".join(f"{_literal(name)}, c{place}" for place, name in named)
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


def _listed(names: Iterable[str]) -> str | None:
    return ", ".join(names) or None


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _no_glob(path: Path) -> str:
    # DuckDB reads a path as a pattern: a folder called [2025] would match a folder called 2.
    return "".join(f"[{c}]" if c in "[*?" else c for c in path.absolute().as_posix())
