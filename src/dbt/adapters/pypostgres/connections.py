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

from think_family.errors import ThinkFamilyError
from think_family.postgres.errors import said_by
from think_family.postgres.settings import Settings


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
    """The connections of dbt-postgres."""

    TYPE = "pypostgres"

    @classmethod
    def get_credentials(cls, credentials: PypostgresCredentials) -> PypostgresCredentials:
        """Give the credentials to connect with; starts the embedded server if it is theirs."""
        try:
            reachable = credentials.settings().reachable()
        except ThinkFamilyError as error:
            raise DbtRuntimeError(error.message) from None
        return credentials.replace(host=reachable.host, port=reachable.port, user=reachable.user)

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
