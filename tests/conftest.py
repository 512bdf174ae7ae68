"""A Postgres server for all tests that want one."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from think_family.postgres.server import start, stop
from think_family.postgres.settings import Settings


@pytest.fixture(scope="session")
def server() -> Iterator[Settings]:
    """A server of its own for these tests, gone with them; its database `tests` is empty at first.

    It is as talkative as a server comes, so that what it logs can be searched for values, and does
    not care for a power cut.
    """
    # Not below pytest's folders: the path of a socket may not be long.
    with tempfile.TemporaryDirectory(prefix="think-family-") as folder:
        data = Path(folder) / "postgres"
        settings = start(data, database="tests")
        try:
            with closing(settings.connect()) as connection:
                connection.autocommit = True
                with connection.cursor() as cursor:
                    cursor.execute("alter system set log_min_messages = warning")
                    cursor.execute("alter system set log_min_error_statement = error")
                    cursor.execute("alter system set fsync = off")
                    cursor.execute("select pg_reload_conf()")
            yield settings
        finally:
            stop(data)


@pytest.fixture(scope="session")
def make_database(server: Settings) -> Callable[[str], Settings]:
    """Make an empty database of a name in the server."""

    def make(name: str) -> Settings:
        with closing(server.connect()) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(f"drop database if exists {name} with (force)")
                cursor.execute(f"create database {name}")
        return replace(server, database=name)

    return make


@pytest.fixture
def own_database(make_database: Callable[[str], Settings]) -> Settings:
    """An empty database of the server, for one test alone."""
    return make_database("own")
