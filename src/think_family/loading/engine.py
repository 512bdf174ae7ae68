"""What loading asks of the engine that holds the raw layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from think_family.loading.staging import Staging


class Engine(Protocol):
    """A database with a schema `raw`, and a DuckDB session in which files are staged for it.

    SQL that goes through `execute` is what the engines share: parameters are $1, $2, ..., types
    are text, integer, bigint and date.
    """

    @property
    def name_limit(self) -> int | None:
        """How many characters the name of a table or column may have, where that is limited."""

    @property
    def staging(self) -> Staging:
        """Where files are staged."""

    def transaction(self, what: str) -> AbstractContextManager[None]:
        """Keep all that is done within, or nothing of it when it ends by an exception.

        Every statement stands in a transaction. `what` is the file or the tables it is about.

        Raises:
            LoadError: the engine stopped; the message quotes no value of any row.
        """

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run a statement and give its rows, none where it returns nothing."""

    def insert(self, table: str, query: str, parameters: Mapping[str, object]) -> None:
        """Append to raw.`table` what `query` gives in the staging session, column by name.

        Columns that the query does not give are null.
        """
