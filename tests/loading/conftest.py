"""Fixtures of the loader's tests, which run on the engine or the engines that they name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from loading_place import DuckDBStore, Place, PostgresStore, Store, furnished

from think_family.postgres.settings import Settings


@pytest.fixture(scope="session")
def store(make_database: Callable[[str], Settings]) -> Iterator[PostgresStore]:
    """A database for these tests alone."""
    settings = make_database("loading")
    store = PostgresStore(settings, Path(settings.host) / "server.log")
    yield store
    store.close()


@pytest.fixture
def postgres(store: PostgresStore) -> PostgresStore:
    """The database, with nothing loaded."""
    store.clear()
    return store


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
