"""How Great Expectations reaches the relations of a gate where they lie; one file per engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb
from sqlalchemy.pool import StaticPool

from think_family.postgres.job import job_of


@dataclass(frozen=True, slots=True)
class Bridge:
    """One connection, on which each relation of a gate is readable under its name.

    Attributes:
        connection_string: what tells SQLAlchemy which engine it speaks to.
        creator: gives the connection.
        rows: all rows of a small relation, by the names of their columns.
    """

    connection_string: str
    creator: Callable[[], Any]
    rows: Callable[[str], list[dict[str, Any]]]

    @property
    def engine_arguments(self) -> dict[str, object]:
        """Arguments of `sqlalchemy.create_engine` that make it use this connection and no other."""
        return {"creator": self.creator, "poolclass": StaticPool}


@contextmanager
def bridge(
    session: duckdb.DuckDBPyConnection, relations: Mapping[str, duckdb.DuckDBPyRelation]
) -> Iterator[Bridge]:
    """Give a way to relations, as dbt gave them to a Python model, in the engine that holds them.

    Raises:
        ThinkFamilyError: a relation was computed in the model, and does not lie in the engine.
    """
    job = job_of(session)
    if job is None:
        from think_family.quality import duckdb_bridge

        way = duckdb_bridge.bridge(session, relations)
    else:
        from think_family.quality import postgres_bridge

        way = postgres_bridge.bridge(job, relations)
    with way as reached:
        yield reached
