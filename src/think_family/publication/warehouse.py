"""A warehouse, to be asked what was built and what was published; one file per engine.

Questions are SQL that the engines share. What dbt has built is named with its schema, what was
published by the name of the mart alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from think_family.errors import ThinkFamilyError

Rows = list[tuple[Any, ...]]


class AbsentError(ThinkFamilyError):
    """There is no warehouse, or nothing in it that could answer; says so without a remedy."""


class BeingWrittenError(ThinkFamilyError):
    """Another process writes, and nobody can read meanwhile."""


class Warehouse(Protocol):
    """Where dbt builds, and where readers find what was published."""

    @property
    def built_in(self) -> str:
        """Where dbt builds, in the words of a message."""

    @property
    def published_in(self) -> str:
        """Where readers find what was published, in the words of a message."""

    def identity(self) -> Rows:
        """Give what tells it from another one that comes to stand in the same place."""

    def run_under_way(self) -> str | None:
        """Give the invocation id of the build that is under way; empty where it is not told.

        None where none is, or where nobody could read what a build has done until it ends.
        """

    def built(self, what: str, query: str) -> Rows:
        """Ask of what dbt has built.

        Args:
            what: what is asked for, in the words of a message.
            query: a query.

        Raises:
            AbsentError: it is not there.
            BeingWrittenError: it cannot be asked just now.
            ThinkFamilyError: it cannot be asked.
        """

    def published(self, what: str, *queries: str) -> list[Rows]:
        """Ask of what was published, each query of the same publication; as `built` otherwise."""

    def copied(self) -> AbstractContextManager[Copy]:
        """Give a copy of what dbt has built, to build on in it; it is gone afterwards.

        Raises:
            AbsentError: there is nothing to copy.
            BeingWrittenError: it cannot be copied just now.
            ThinkFamilyError: it cannot be copied.
        """


class Changing(Protocol):
    """Runs statements in a copy, in one transaction."""

    def __call__(self, *statements: str) -> None:
        """Run statements, in order."""


@dataclass(frozen=True)
class Copy:
    """A copy of a warehouse.

    Attributes:
        warehouse: The copy, to be asked.
        target: The target of dbt that it is of.
        folder: Where dbt may leave what it writes beside the copy; it is gone with it.
        environment: What leads dbt to the copy, beside the environment at hand.
        change: Runs statements in it.
    """

    warehouse: Warehouse
    target: str
    folder: Path
    environment: Mapping[str, str]
    change: Changing


def warehouse_of(target: str, build_file: Path, published_file: Path) -> Warehouse:
    """Give the warehouse of a target; the files are those of duckdb."""
    if target == "duckdb":
        from think_family.publication.duckdb_warehouse import DuckDBWarehouse

        return DuckDBWarehouse(build_file, published_file)
    from think_family.postgres.settings import Settings
    from think_family.publication.postgres_warehouse import PostgresWarehouse

    return PostgresWarehouse(Settings.from_environment())
