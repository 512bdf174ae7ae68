"""Connections of dbt: all of them to the one Spark session of this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from dbt.adapters.contracts.connection import Connection, ConnectionState
from dbt.adapters.spark.connections import (
    SparkConnectionManager,
    SparkConnectionMethod,
    SparkCredentials,
)
from dbt.adapters.spark.session import Cursor, SessionConnectionWrapper
from dbt_common.exceptions import DbtDatabaseError
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException

from think_family.errors import ThinkFamilyError
from think_family.spark.errors import said_by
from think_family.spark.session import cancel_all, open_session


@dataclass
class PysparkCredentials(SparkCredentials):
    """Where Spark keeps its tables.

    With a `folder`, Spark runs on this machine and keeps tables and catalogue there. Without one it
    is what Spark's own configuration says (SPARK_CONF_DIR, or the job that dbt is submitted in).
    `server_side_parameters` are further settings of the session.
    """

    host: str = ""
    method: SparkConnectionMethod = SparkConnectionMethod.SESSION
    folder: str = ""

    @property
    def type(self) -> str:
        """Name of the adapter."""
        return "pyspark"

    def _connection_keys(self) -> tuple[str, ...]:
        return ("folder", "schema")


@contextmanager
def discreet() -> Iterator[None]:
    """Turn errors of Spark into errors of dbt that hold no value of a row."""
    try:
        yield
    except ThinkFamilyError as error:
        raise DbtDatabaseError(error.message) from None
    except (PySparkException, Py4JError) as error:
        raise DbtDatabaseError(said_by(error)) from None


class SessionCursor(Cursor):
    """A cursor on the session of this process; its errors hold no value of a row."""

    def __init__(self, credentials: PysparkCredentials) -> None:
        """Take the credentials of the target; the session is begun by the first statement."""
        super().__init__()
        self._credentials = credentials

    def execute(self, sql: str, *parameters: Any) -> None:
        """Run a statement; of a query, the rows are computed when they are fetched."""
        with discreet():
            session = open_session(
                self._credentials.folder, self._credentials.server_side_parameters
            )
            self._df = session.sql(sql % parameters if parameters else sql)

    def fetchall(self) -> Any:
        """Give all rows of the query."""
        with discreet():
            return super().fetchall()

    def fetchone(self) -> Any:
        """Give the next row of the query."""
        with discreet():
            return super().fetchone()


class SessionHandle(SessionConnectionWrapper):
    """What dbt takes for a connection."""

    def __init__(self, credentials: PysparkCredentials) -> None:
        """Take the credentials of the target."""
        self._credentials = credentials
        self._cursor: SessionCursor | None = None

    def cursor(self) -> SessionHandle:
        """Give itself, with a new cursor."""
        self._cursor = SessionCursor(self._credentials)
        return self

    def cancel(self) -> None:
        """Break off what the session is at, from another thread."""
        cancel_all()

    @classmethod
    def _fix_binding(cls, value: Any) -> str:
        """Give a value of a seed as a literal, which dbt casts to the type of its column."""
        if value is None:
            return "null"
        return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"


class PysparkConnectionManager(SparkConnectionManager):
    """The connections of dbt-spark, to the session of this process alone."""

    TYPE = "pyspark"

    @contextmanager
    def exception_handler(self, sql: str) -> Iterator[None]:
        """Let errors pass: the cursor has turned them into errors of dbt."""
        yield

    @classmethod
    def open(cls, connection: Connection) -> Connection:
        """Give the connection a handle; Spark starts with the first statement."""
        if connection.state != ConnectionState.OPEN:
            connection.handle = SessionHandle(connection.credentials)
            connection.state = ConnectionState.OPEN
        return connection
