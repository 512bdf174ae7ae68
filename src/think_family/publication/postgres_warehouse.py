"""The warehouse in a Postgres database, where readers find the schema `published`."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg2
from psycopg2 import errors

from think_family.errors import ThinkFamilyError
from think_family.postgres.errors import said_by
from think_family.postgres.hold import under_way
from think_family.postgres.server import embedded_folder
from think_family.postgres.settings import Settings
from think_family.publication.postgres_rights import PUBLISHED
from think_family.publication.warehouse import AbsentError, Copy, Rows
from think_family.sql import quoted

# The server, and the database in it: neither is the same after it was made anew.
_IDENTITY = """
    select cast(system_identifier as text), cast(oid as text)
    from pg_catalog.pg_control_system(), pg_catalog.pg_database
    where datname = pg_catalog.current_database()
"""
_ABSENT = (errors.InvalidSchemaName, errors.UndefinedTable, errors.UndefinedColumn)


class PostgresWarehouse:
    """A database, asked over a connection of its own each time."""

    def __init__(self, settings: Settings) -> None:
        """Name the database; the embedded server is started when it is asked for the first time."""
        self._settings = settings
        server = f"on {settings.host}:{settings.port}"
        if not settings.host:
            server = f"of the embedded Postgres in {embedded_folder()}"
        self.built_in = f"the database {settings.database} {server}"
        self.published_in = f"the schema {PUBLISHED} of {self.built_in}"

    def identity(self) -> Rows:
        """Give the identifier of the server and that of the database."""
        return self.built("identity", _IDENTITY)

    def run_under_way(self) -> str | None:
        """Ask who holds the database."""
        holder = under_way(self._reachable())
        return holder.run if holder and holder.work == "build" else None

    def built(self, what: str, query: str) -> Rows:
        """Ask the schemas that dbt builds in."""
        (rows,) = self._asked(self.built_in, what, query)
        return rows

    def published(self, what: str, *queries: str) -> list[Rows]:
        """Ask the views that consumers read."""
        first, *rest = queries
        return self._asked(
            self.published_in, what, f"set local search_path = {PUBLISHED}; {first}", *rest
        )

    @contextmanager
    def copied(self) -> Iterator[Copy]:
        """Copy the database on its server, which needs the right to make databases."""
        settings = self._reachable()
        copy = replace(settings, database=f"{settings.database[:48]}_copy_{os.getpid()}")
        # Nobody may be connected to a database that is copied.
        beside = replace(settings, database="postgres")
        try:
            with closing(beside.connect()) as connection:
                connection.autocommit = True
                with connection.cursor() as cursor:
                    cursor.execute(
                        f"create database {quoted(copy.database)}"
                        f" template {quoted(settings.database)}"
                    )
        except psycopg2.Error as error:
            raise ThinkFamilyError(
                f"{self.built_in} cannot be copied: nobody else may be connected, and the user"
                f" needs the right to make databases. {said_by(error)}"
            ) from None

        def change(*statements: str) -> None:
            with closing(copy.connect()) as connection, connection, connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)

        try:
            with tempfile.TemporaryDirectory(prefix="copy-") as name:
                yield Copy(
                    warehouse=PostgresWarehouse(copy),
                    target="postgres",
                    folder=Path(name),
                    environment={
                        "THINK_FAMILY_PG_HOST": copy.host,
                        "THINK_FAMILY_PG_PORT": str(copy.port),
                        "THINK_FAMILY_PG_USER": copy.user,
                        "THINK_FAMILY_PG_DATABASE": copy.database,
                    },
                    change=change,
                )
        finally:
            with closing(beside.connect()) as connection:
                connection.autocommit = True
                with connection.cursor() as cursor:
                    cursor.execute(f"drop database {quoted(copy.database)} with (force)")

    def _asked(self, place: str, what: str, *queries: str) -> list[Rows]:
        try:
            with closing(self._reachable().connect()) as connection:
                connection.set_session("REPEATABLE READ", readonly=True)
                with connection, connection.cursor() as cursor:
                    rows = []
                    for query in queries:
                        cursor.execute(query)
                        rows.append(cursor.fetchall())
                    return rows
        except _ABSENT:
            raise AbsentError(f"{place[0].upper()}{place[1:]} holds no {what}") from None
        except psycopg2.Error as error:
            raise ThinkFamilyError(f"Postgres cannot be asked. {said_by(error)}") from None

    def _reachable(self) -> Settings:
        if not self._settings.host and not embedded_folder().is_dir():
            raise AbsentError(f"{embedded_folder()} does not exist")
        return self._settings.reachable()
