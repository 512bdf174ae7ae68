"""How to reach the Postgres that the warehouse is built on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from think_family.errors import ThinkFamilyError

if TYPE_CHECKING:
    from psycopg2.extensions import connection as PsycopgConnection  # noqa: N812

_VARIABLES = "THINK_FAMILY_PG_"


def noticing(is_local: bool = False) -> str:
    """Give SQL that has the server end a statement whose client is gone, within two seconds.

    It would only see that when it hands over the result, and keep what the statement holds until
    then. Not every system can look.

    Args:
        is_local: for the transaction only, and not for the session.
    """
    return (
        "do $$ begin perform pg_catalog.set_config('client_connection_check_interval', '2s',"
        f" {str(is_local).lower()}); exception when invalid_parameter_value then null; end $$"
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """Where a server is and who asks; no printed form of it holds the password.

    A host that begins with a slash is the folder of a Unix socket. Without a host the server is
    the embedded one, which `reachable()` starts. An empty password leaves it to libpq to find one
    (a .pgpass file, a client certificate). `options` are further parameters of libpq, by name.
    """

    host: str = ""
    port: int = 5432
    user: str = ""
    password: str = field(default="", repr=False)
    database: str = "think_family"
    schema: str = "main"
    sslmode: str = ""
    role: str = ""
    options: Mapping[str, str | int] = field(default_factory=dict, repr=False)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read THINK_FAMILY_PG_HOST, _PORT, _USER, _PASSWORD, _DATABASE, _SCHEMA and _SSLMODE.

        A variable that is empty counts as not set.

        Raises:
            ThinkFamilyError: the port is no number.
        """
        environ = os.environ if environ is None else environ
        given: dict[str, Any] = {}
        for name in ("host", "port", "user", "password", "database", "schema", "sslmode"):
            value = environ.get(f"{_VARIABLES}{name.upper()}", "")
            if value:
                given[name] = value
        if "port" in given:
            if not given["port"].isdecimal():
                raise ThinkFamilyError(
                    f"{_VARIABLES}PORT is no number: give the port of the server, such as 5432."
                )
            given["port"] = int(given["port"])
        return cls(**given)

    def reachable(self) -> Settings:
        """Give these settings, or those of the embedded server, started when it is not running.

        Raises:
            ThinkFamilyError: a user or a password is given without a host, or the embedded server
                cannot be started.
        """
        if self.host:
            return self
        if self.user or self.password:
            raise ThinkFamilyError(
                f"A user or password for Postgres is given, but no server: set {_VARIABLES}HOST"
                " too, or none of them to use the embedded server."
            )
        from think_family.postgres.server import start

        embedded = start(database=self.database)
        return replace(self, host=embedded.host, port=embedded.port, user=embedded.user)

    def conninfo(self) -> str:
        """Give the connection string of libpq, with the password: hand it on, never show it."""
        from psycopg2.extensions import make_dsn

        parameters: dict[str, object] = {
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "password": self.password,
            "dbname": self.database,
            "sslmode": self.sslmode,
            **self.options,
        }
        # libpq takes an empty value for one that is given.
        return str(make_dsn(**{name: value for name, value in parameters.items() if value != ""}))

    def connect(self) -> PsycopgConnection:
        """Open a connection of psycopg2, in the role of these settings.

        Raises:
            ThinkFamilyError: the server does not answer or turns the user away.
        """
        import psycopg2
        from psycopg2.sql import SQL, Identifier

        from think_family.postgres.errors import said_by

        try:
            connection = psycopg2.connect(self.conninfo())
            with connection.cursor() as cursor:
                cursor.execute(noticing())
                if self.role:
                    cursor.execute(SQL("set role {}").format(Identifier(self.role)))
            connection.commit()
        except psycopg2.Error as error:
            raise ThinkFamilyError(f"Postgres cannot be reached. {said_by(error)}") from None
        return connection
