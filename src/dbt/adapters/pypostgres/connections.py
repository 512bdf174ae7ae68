"""Connections of dbt: also to the embedded server, and with errors that hold no values."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg2
from dbt.adapters.contracts.connection import Connection
from dbt.adapters.postgres.connections import PostgresConnectionManager, PostgresCredentials
from dbt.adapters.pypostgres.python_job import cancel_job
from dbt_common.exceptions import DbtDatabaseError, DbtRuntimeError
from psycopg2.extensions import STATUS_BEGIN, TRANSACTION_STATUS_IDLE

from think_family.errors import ThinkFamilyError
from think_family.postgres.errors import said_by
from think_family.postgres.settings import Settings, noticing


@dataclass
class PypostgresCredentials(PostgresCredentials):
    """The credentials of dbt-postgres; without a host they are those of the embedded server.

    `duckdb_settings` go to the DuckDB that Python models compute in, such as its memory_limit.
    """

    host: str = ""
    user: str = ""
    port: int = 5432  # type: ignore[assignment]
    password: str = ""
    duckdb_settings: dict[str, Any] | None = None

    @property
    def type(self) -> str:
        """Name of the adapter."""
        return "pypostgres"

    def _connection_keys(self) -> tuple[str, ...]:
        return (*super()._connection_keys(), "duckdb_settings")

    def settings(self) -> Settings:
        """Give what the library needs to reach the same server in the same role."""
        options: dict[str, str | int] = {
            "connect_timeout": self.connect_timeout,
            "application_name": self.application_name or "",
            "sslcert": self.sslcert or "",
            "sslkey": self.sslkey or "",
            "sslrootcert": self.sslrootcert or "",
        }
        if self.keepalives_idle:
            options["keepalives_idle"] = self.keepalives_idle
        if self.search_path:
            search_path = self.search_path.replace(" ", "\\ ")
            options["options"] = f"-c search_path={search_path}"
        return Settings(
            host=self.host,
            port=self.port,
            user=self.user,
            password=self.password,
            database=self.database,
            schema=self.schema,
            sslmode=self.sslmode or "",
            role=self.role or "",
            options=options,
        )


class PypostgresConnectionManager(PostgresConnectionManager):
    """The connections of dbt-postgres, with whole transactions."""

    TYPE = "pypostgres"

    @classmethod
    def get_credentials(cls, credentials: PypostgresCredentials) -> PypostgresCredentials:
        """Give the credentials to connect with; starts the embedded server if it is theirs."""
        try:
            reachable = credentials.settings().reachable()
        except ThinkFamilyError as error:
            raise DbtRuntimeError(error.message) from None
        return credentials.replace(host=reachable.host, port=reachable.port, user=reachable.user)

    @classmethod
    def open(cls, connection: Connection) -> Connection:
        """Connect, to a server that ends what it is at when this process is gone."""
        was_open = connection.state == "open"
        opened: Connection = super().open(connection)
        if not was_open:
            with opened.handle.cursor() as cursor:
                cursor.execute(noticing())
            opened.handle.commit()
        return opened

    def add_begin_query(self) -> None:
        """Begin a transaction where psycopg2 does not.

        It does so by itself before the first statement, and never again: of the COMMIT that dbt
        sends it knows nothing. What follows would be as many transactions as statements.
        """
        handle = self.get_thread_connection().handle
        if (
            handle.status == STATUS_BEGIN
            and handle.get_transaction_status() == TRANSACTION_STATUS_IDLE
        ):
            self.add_query("BEGIN", auto_begin=False)

    @contextmanager
    def exception_handler(self, sql: str) -> Iterator[None]:
        """Turn errors of Postgres into errors of dbt that hold no value of a row."""
        with super().exception_handler(sql):
            try:
                yield
            except psycopg2.DatabaseError as error:
                raise DbtDatabaseError(said_by(error)) from None

    def cancel(self, connection: Connection) -> None:
        """Break off what a connection is at, and the Python model that runs beside it."""
        cancel_job(connection.name)
        super().cancel(connection)
