"""An outsider's table: the file that holds it, and the map that says which column is which."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import yaml

from think_family.errors import ThinkFamilyError
from think_family.sql import literal, quoted


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Where the columns that a command reads are found in an outsider's table.

    Attributes:
        columns: Name that the command knows -> column of the outsider's table.
        date_format: `strptime` pattern of dates held as text; None for ISO 8601.
        named: Per further entry of the map, such as `groups`: a name of the outsider's own -> what
            stands beside it.
    """

    columns: Mapping[str, str]
    date_format: str | None = None
    named: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def read_column_map(
    path: Path, *, known: Collection[str], required: Sequence[str], named: Sequence[str] = ()
) -> ColumnMap:
    """Read a column map from a YAML or JSON file.

    Args:
        path: The file: a mapping `columns:`, a `date_format:` where dates need one, and the entries
            `named`, each a mapping of the outsider's own names.
        known: The names that may stand under `columns:`.
        required: Those that must.
        named: Further entries that may stand in the file.

    Raises:
        ThinkFamilyError: The file is not such a mapping, names an unknown column, or leaves out a
            required one.
    """
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ThinkFamilyError(f"{path}: not readable as YAML or JSON.") from error
    if not isinstance(raw, dict) or not isinstance(raw.get("columns"), dict):
        raise ThinkFamilyError(
            f"{path}: expected a mapping `columns:` of {', '.join(known)} to columns of the table."
        )
    entries = ("columns", *named, "date_format")
    unknown_keys = sorted(str(key) for key in set(raw) - set(entries))
    if unknown_keys:
        raise ThinkFamilyError(
            f"{path}: unknown entry {', '.join(unknown_keys)}; only"
            f" {', '.join(f'`{entry}`' for entry in entries[:-1])} and `{entries[-1]}` are read."
        )
    columns = _texts(raw["columns"], path, "columns")
    unknown = sorted(set(columns) - set(known))
    if unknown:
        raise ThinkFamilyError(
            f"{path}: unknown name {', '.join(unknown)} under `columns:`. Known names:"
            f" {', '.join(known)}."
        )
    missing = [name for name in required if name not in columns]
    if missing:
        raise ThinkFamilyError(
            f"{path}: no column is mapped to {', '.join(missing)}; add `{missing[0]}: <column>`"
            " under `columns:`."
        )
    date_format = raw.get("date_format")
    return ColumnMap(
        columns,
        None if date_format is None else str(date_format),
        {entry: _texts(raw.get(entry) or {}, path, entry) for entry in named},
    )


def _texts(raw: Any, path: Path, entry: str) -> dict[str, str]:
    if not isinstance(raw, dict) or any(isinstance(value, dict | list) for value in raw.values()):
        raise ThinkFamilyError(
            f"{path}: expected a mapping of names to columns of the table under `{entry}:`."
        )
    empty = sorted(str(name) for name, value in raw.items() if value is None)
    if empty:
        raise ThinkFamilyError(
            f"{path}: nothing stands beside {', '.join(empty)} under `{entry}:`; name a column, or"
            " take it out."
        )
    return {str(name): str(value) for name, value in raw.items()}


def relation_of_file(connection: duckdb.DuckDBPyConnection, path: Path) -> duckdb.DuckDBPyRelation:
    """Open a CSV or Parquet file; columns of CSV are read as text.

    Raises:
        ThinkFamilyError: The file is of another kind or cannot be read.
    """
    suffix = path.suffix.lower()
    try:
        if suffix == ".parquet":
            return connection.read_parquet(str(path))
        if suffix == ".csv":
            return connection.read_csv(str(path), all_varchar=True, header=True)
    except duckdb.Error:
        # DuckDB's own message quotes the offending line, which may hold a person's values.
        raise ThinkFamilyError(
            f"{path}: not readable as {suffix[1:].upper()}. Check that the file is whole, "
            "in UTF-8, and has a header line."
        ) from None
    raise ThinkFamilyError(f"{path}: expected a .csv or .parquet file.")


def found_columns(
    table: duckdb.DuckDBPyRelation, columns: Mapping[str, str], *, name: str
) -> dict[str, str]:
    """Give the column of the table behind each name, in the spelling that the table has.

    Args:
        table: The outsider's table.
        columns: Name -> column; case makes no difference.
        name: How an error names the table.

    Raises:
        ThinkFamilyError: A column is not in the table.
    """
    present = {column.lower(): column for column in table.columns}
    absent = sorted({column for column in columns.values() if column.lower() not in present})
    if absent:
        raise ThinkFamilyError(
            f"{name}: no column {', '.join(absent)}, which the map names. Columns of the table:"
            f" {', '.join(table.columns)}."
        )
    return {target: present[source.lower()] for target, source in columns.items()}


def as_text(column: str) -> str:
    """Write SQL for a column as text without blanks around it; null where nothing is left."""
    return f"nullif(trim(cast({quoted(column)} as varchar)), '')"


def as_date(column: str, date_format: str | None) -> str:
    """Write SQL for a column as dates; null where a value is none."""
    text = f"cast({quoted(column)} as varchar)"
    if date_format is None:
        return f"try_cast({text} as date)"
    return f"cast(try_strptime({text}, {literal(date_format)}) as date)"
