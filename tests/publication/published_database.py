"""A database that is published in and read, from outside of the publisher."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
from psycopg2.extensions import connection as Connection  # noqa: N812

from think_family.postgres.job import PythonJob
from think_family.postgres.settings import Settings
from think_family.publication import publish


@dataclass(frozen=True)
class PublishedDatabase:
    """A database, and the marts in it."""

    settings: Settings

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Run statements in a session of their own; the rows of the last one."""
        with closing(self.settings.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(sql)
            rows = cursor.fetchall() if cursor.description else []
            connection.commit()
            return list(rows)

    def build(self, **marts: str) -> None:
        """Make marts, each of a query, in the place of those of the same names, as dbt does."""
        for name, query in marts.items():
            self.query(
                "create schema if not exists marts;"
                f"drop table if exists marts.{name} cascade; create table marts.{name} as {query}"
            )

    def publish(self, *names: str) -> pa.Table:
        """Publish these marts as the model does, or all there are."""
        if not names:
            names = tuple(name for (name,) in self.query(_ALL))
        with PythonJob(self.settings) as job:
            return publish(
                job.session,
                {name: job.read(f'"{self.settings.database}"."marts"."{name}"') for name in names},
            )

    @contextmanager
    def reading(self, user: str = "") -> Iterator[Connection]:
        """A reader's connection, in repeatable read."""
        user = user or self.settings.user
        with closing(replace(self.settings, user=user).connect()) as connection:
            connection.set_session("REPEATABLE READ")
            yield connection

    def leftovers(self) -> list[tuple[Any, ...]]:
        """What stands in schemas that a publication makes for as long as it works."""
        return self.query("select nspname from pg_namespace where nspname like 'slot____%'")


_ALL = "select table_name from information_schema.tables where table_schema = 'marts' order by 1"


def rows_of(connection: Connection, sql: str) -> list[tuple[Any, ...]]:
    """Ask, within the transaction of a connection."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())
