"""What the types of Postgres are in Python models, and the other way round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from think_family.errors import ThinkFamilyError
from think_family.sql import quoted

if TYPE_CHECKING:
    import duckdb

# Type of Postgres -> what is selected of a column of it, and its type in Arrow. Any other type is
# read as text, in the form that Postgres prints.
_AS_IS = "{}"
_AS_TEXT = "{}::text"
_READ = {
    "bool": (_AS_IS, pa.bool_()),
    "int2": (_AS_IS, pa.int16()),
    "int4": (_AS_IS, pa.int32()),
    "int8": (_AS_IS, pa.int64()),
    "float4": (_AS_IS, pa.float32()),
    "float8": (_AS_IS, pa.float64()),
    "text": (_AS_IS, pa.string()),
    "bytea": (_AS_IS, pa.binary()),
    "date": (_AS_IS, pa.date32()),
    "time": (_AS_IS, pa.time64("us")),
    "timestamp": (_AS_IS, pa.timestamp("us")),
    "timestamptz": (_AS_IS, pa.timestamp("us", tz="UTC")),
    "interval": (_AS_IS, pa.month_day_nano_interval()),
}
# Decimals of Arrow and DuckDB hold no more digits.
_MOST_DIGITS = 38

# Type of DuckDB -> type of Postgres, and the type of DuckDB to cast to first, where Postgres or
# the binary form of COPY knows none so narrow, so wide or so fine.
_WRITTEN = {
    "boolean": ("boolean", None),
    "tinyint": ("smallint", "smallint"),
    "utinyint": ("smallint", "smallint"),
    "smallint": ("smallint", None),
    "usmallint": ("integer", "integer"),
    "integer": ("integer", None),
    # A column without any value; DuckDB makes such a table an integer, too.
    "null": ("integer", "integer"),
    "uinteger": ("bigint", "bigint"),
    "bigint": ("bigint", None),
    "ubigint": ("numeric(20, 0)", "decimal(20, 0)"),
    "hugeint": ("numeric(38, 0)", "decimal(38, 0)"),
    "uhugeint": ("numeric(38, 0)", "decimal(38, 0)"),
    "float": ("real", None),
    "double": ("double precision", None),
    "varchar": ("text", None),
    "enum": ("text", "varchar"),
    "uuid": ("text", "varchar"),
    "blob": ("bytea", None),
    "date": ("date", None),
    "time": ("time", None),
    "timestamp": ("timestamp", None),
    "timestamp_s": ("timestamp", "timestamp"),
    "timestamp_ms": ("timestamp", "timestamp"),
    "timestamp_ns": ("timestamp", "timestamp"),
    "timestamp with time zone": ("timestamp with time zone", None),
    "interval": ("interval", None),
}

_LONGEST_NAME = 63

# From 4713 BC, where Postgres begins, to the last moment that both sides can tell from infinity.
# What lies beyond would come out as another date, on either way.
_DAYS = (-2_440_588, 2_145_042_905)
_MICROSECONDS = (-210_866_803_200_000_000, 2**63 - 2)


@dataclass(frozen=True, slots=True)
class ReadColumn:
    """A column of a relation of Postgres: what to select, and what that is in Arrow."""

    expression: str
    field: pa.Field


@dataclass(frozen=True, slots=True)
class WrittenColumn:
    """A column of a result: what to select of it in DuckDB, and its definition in Postgres."""

    expression: str
    definition: str


def read_column(name: str, type_name: str, element_name: str, modifier: int) -> ReadColumn:
    """Say how a column is read.

    `numeric(p, s)` with up to 38 digits is a decimal of the same; without a precision, or with a
    wider one, it is a double: cast it in SQL where exactness counts. An array has one dimension.
    Types that DuckDB does not share come as text.

    Args:
        name: of the column.
        type_name: of the type in pg_type.
        element_name: of the type of an array's elements; empty for no array.
        modifier: `atttypmod`.
    """
    if element_name:
        expression, element = _read(element_name, modifier)
        expression = f"{expression}[]" if expression != _AS_IS else expression
        arrow = pa.list_(element)
    else:
        expression, arrow = _read(type_name, modifier)
    column = quoted(name)
    return ReadColumn(f"{expression.format(column)} as {column}", pa.field(name, arrow))


def _read(type_name: str, modifier: int) -> tuple[str, pa.DataType]:
    if type_name == "numeric":
        precision, scale = _precision_and_scale(modifier)
        if 0 <= scale <= precision <= _MOST_DIGITS and precision:
            # As text: ADBC hands decimals over as text anyhow, and more slowly.
            return _AS_TEXT, pa.decimal128(precision, scale)
        return "{}::float8", pa.float64()
    return _READ.get(type_name, (_AS_TEXT, pa.string()))


def _precision_and_scale(modifier: int) -> tuple[int, int]:
    """Take apart the modifier of a numeric; (0, 0) when it has none."""
    if modifier < 0:
        return 0, 0
    packed = modifier - 4
    # Eleven bits with a sign.
    return packed >> 16, ((packed & 0x7FF) ^ 0x400) - 0x400


def written_column(name: str, kind: duckdb.sqltypes.DuckDBPyType) -> WrittenColumn:
    """Say how a column of a result is written.

    Raises:
        ThinkFamilyError: Postgres has no such type, or the name is too long for it.
    """
    if len(name.encode()) > _LONGEST_NAME:
        raise ThinkFamilyError(
            f"The column {name} has a name of more than {_LONGEST_NAME} bytes, which Postgres"
            " would cut: choose a shorter one."
        )
    dimension = ""
    element: Any = kind
    if kind.id in {"list", "array"}:
        dimension = "[]"
        element = dict(kind.children)["child"]
    definition, cast = _written(element)
    if not definition:
        raise ThinkFamilyError(
            f"The column {name} has the type {kind}, which Postgres does not have: return its"
            " parts as columns, or cast it to text."
        )
    column = quoted(name)
    # An array of DuckDB has a fixed size, which the one of Postgres has not.
    target = cast or (str(element) if kind.id == "array" else None)
    expression = f"cast({column} as {target}{dimension})" if target else column
    return WrittenColumn(f"{expression} as {column}", f"{column} {definition}{dimension}")


def _written(kind: Any) -> tuple[str, str | None]:
    if kind.id == "decimal":
        parts = dict(kind.children)
        return f"numeric({parts['precision']}, {parts['scale']})", None
    return _WRITTEN.get(kind.id, ("", None))


def refuse_far_dates(schema: pa.Schema, arrays: Sequence[pa.Array]) -> None:
    """Refuse dates and times that the other side would take for different ones.

    Raises:
        ThinkFamilyError: a column holds an infinite date or one before 4713 BC.
    """
    for field, array in zip(schema, arrays, strict=True):
        values = array.flatten() if pa.types.is_list(field.type) else array
        if pa.types.is_date32(values.type):
            (first, last), numbers = _DAYS, values.view(pa.int32())
        elif pa.types.is_timestamp(values.type):
            (first, last), numbers = _MICROSECONDS, values.view(pa.int64())
        else:
            continue
        found = pc.min_max(numbers)
        if (
            found["min"].is_valid
            and not first <= found["min"].as_py() <= found["max"].as_py() <= last
        ):
            raise ThinkFamilyError(
                f"The column {field.name} holds infinite dates, or dates before 4713 BC: use null"
                " for what has no date."
            )
