"""The raw layer in a DuckDB file: everything about loading that is particular to this engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb

from think_family.loading.errors import LoadError
from think_family.loading.staging import Staging, discreet
from think_family.sql import quoted


class DuckDBEngine:
    """One DuckDB file, staging and raw layer in one session; a context manager that closes it."""

    name_limit = None

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
        self.staging = Staging(self._connection)

    def __enter__(self) -> DuckDBEngine:
        """Give the open engine."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection; what was not committed is gone."""
        self._connection.close()

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run a statement and give its rows."""
        # To the end: the connection does no other work while rows of a result are outstanding.
        return self._connection.execute(sql, list(parameters)).fetchall()

    def insert(self, table: str, query: str, parameters: Mapping[str, object]) -> None:
        """Append to raw.`table` what `query` gives, column by name."""
        self._connection.execute(f"insert into raw.{quoted(table)} by name {query}", parameters)

    @contextmanager
    def transaction(self, what: str) -> Iterator[None]:
        """Keep all that is done within, or nothing of it."""
        with discreet(what):
            self.execute("begin transaction")
            try:
                yield
                self.execute("commit")
            except BaseException:
                # After some errors DuckDB has rolled back by itself.
                with suppress(duckdb.TransactionException):
                    self._connection.rollback()
                raise
