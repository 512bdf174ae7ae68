"""Connections for the tests of the adapter, and the fixtures of dbt's own suite."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

# The suite finds its fixtures by name.
from dbt.tests.fixtures.project import *  # noqa: F403
from psycopg2.extensions import connection as Connection  # noqa: N812

from think_family.postgres.settings import Settings

# The server lets in whoever can open its socket, and minds no password: one that is found in a log
# or artifact was put there by us.
PASSWORD = "correct horse battery staple"  # noqa: S105


@pytest.fixture
def database(server: Settings) -> Iterator[Connection]:
    """A connection to the server, with an empty schema `work`; it commits by itself."""
    with closing(server.connect()) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("drop schema if exists work cascade; create schema work")
        yield connection


@pytest.fixture(scope="class")
def logs_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where dbt logs; the suite would do so in the folder of the project."""
    folder = str(tmp_path_factory.mktemp("logs"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DBT_LOG_PATH", folder)
        yield folder


@pytest.fixture(scope="class")
def dbt_profile_target(server: Settings) -> dict[str, Any]:
    return {
        "type": "pypostgres",
        "threads": 2,
        "host": server.host,
        "port": server.port,
        "user": server.user,
        "password": PASSWORD,
        "dbname": server.database,
    }
