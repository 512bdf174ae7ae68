"""Let Great Expectations look at relations where they lie: in the DuckDB that dbt has open.

A DuckDB file that is open for writing cannot be opened a second time, and Great Expectations
reads results after it has given its connection back. So SQLAlchemy is handed one connection that
stems from dbt's own, and everything that would end it or its transaction does nothing.
"""

from __future__ import annotations

import atexit
import typing
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import duckdb
from duckdb_engine import ConnectionWrapper

from think_family.quality.bridge import Bridge


class _Borrowed(ConnectionWrapper):  # type: ignore[misc]
    """A connection whose end and whose transactions are not for SQLAlchemy to decide."""

    def begin(self) -> None:
        """Begin nothing."""

    def commit(self) -> None:
        """Commit nothing."""

    def rollback(self) -> None:
        """Roll nothing back."""

    def close(self) -> None:
        """Close nothing."""


@atexit.register
def _let_go() -> None:
    """Keep DuckDB from telling of leaks when Python ends.

    SQLAlchemy marks overloads as dataclass transforms, and so hangs classes of its own on the one
    dummy function that `typing` gives for each overload. That function outlives Python where
    jsonschema is loaded too, which Great Expectations loads: a part of it in Rust never lets go.
    With the classes it would keep the dialect of DuckDB, and DuckDB itself.
    """
    vars(typing.overload(_let_go)).pop("__dataclass_transform__", None)


@contextmanager
def bridge(
    session: duckdb.DuckDBPyConnection, relations: Mapping[str, duckdb.DuckDBPyRelation]
) -> Iterator[Bridge]:
    """Give a way to the relations, each readable under its name.

    What is reached is what dbt has built. The names are views of one connection alone, so that
    nothing is copied, and nothing is left behind when the body ends.
    """
    connection = session.cursor()

    def rows(name: str) -> list[dict[str, Any]]:
        cursor = connection.execute(f'select * from "{name}"')
        columns = [column[0] for column in cursor.description]
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]

    try:
        for name, relation in relations.items():
            connection.execute(f'create temp view "{name}" as {relation.sql_query()}')
        yield Bridge("duckdb://", lambda: _Borrowed(connection), rows)
    finally:
        connection.close()
