"""Connections of ADBC, which another thread may break off or end at any moment.

DuckDB reads in threads of its own, and dbt cancels from another one. The driver crashes when a
connection is closed under a thread that reads from it: so whoever would close it waits for that.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import TypeVar

import adbc_driver_postgresql.dbapi as adbc

from think_family.errors import ThinkFamilyError
from think_family.postgres.errors import said_by
from think_family.postgres.settings import Settings
from think_family.sql import quoted

_T = TypeVar("_T")


class Link:
    """A connection with a transaction begun, in the role of the settings.

    Attributes:
        resources: what is to be closed before the connection.
    """

    def __init__(self, connection: adbc.Connection, settings: Settings) -> None:
        """Take over a connection."""
        self._connection = connection
        self._settings = settings
        self._in_use = threading.Lock()
        self._ending = threading.Lock()
        self._ended = False
        self.resources = ExitStack()
        self.resources.callback(connection.close)
        if settings.role:
            # For the transaction only: a pooler may hand the connection on.
            self.use(lambda used: run(used, f"set local role {quoted(settings.role)}"))

    @classmethod
    def open(cls, settings: Settings) -> Link:
        """Connect to the server.

        Raises:
            ThinkFamilyError: it does not answer, or turns the user away.
        """
        try:
            return cls(adbc.connect(settings.conninfo()), settings)
        except adbc.Error as error:
            raise ThinkFamilyError(f"Postgres cannot be reached. {said_by(error)}") from None

    def another(self) -> Link:
        """Connect to the same server again, whose types are known by then.

        Raises:
            ThinkFamilyError: it does not answer any more.
        """
        try:
            return Link(self.use(lambda connection: connection.adbc_clone()), self._settings)
        except adbc.Error as error:
            raise ThinkFamilyError(f"Postgres cannot be reached. {said_by(error)}") from None

    def use(self, work: Callable[[adbc.Connection], _T]) -> _T:
        """Do something with the connection; nobody closes it meanwhile."""
        with self._in_use:
            if self._ended:
                raise ThinkFamilyError("A relation is read after its model has ended.")
            return work(self._connection)

    def cancel(self) -> None:
        """Break off what the server does for the connection; from any thread."""
        with self._ending:
            if not self._ended:
                with suppress(adbc.Error):
                    self._connection.adbc_cancel()

    def close(self, finished: bool = False) -> None:
        """End the connection, whatever state it is in; from any thread.

        `finished` says that nothing is left to be broken off.
        """
        if not finished:
            # What is under way would be read to its end otherwise.
            self.cancel()
        with self._in_use, self._ending:
            if not self._ended:
                self._ended = True
                with suppress(adbc.Error):
                    self.resources.close()


def run(connection: adbc.Connection, *statements: str) -> None:
    """Run statements that give no rows."""
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
