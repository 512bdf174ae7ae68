"""A Postgres database to publish in."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from published_database import PublishedDatabase

from think_family.postgres.settings import Settings
from think_family.publication import postgres_rights


@pytest.fixture
def consumers(
    server: Settings, make_database: Callable[[str], Settings], monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Name of the role of consumers, which does not exist yet; roles are of the whole server."""
    monkeypatch.setattr(postgres_rights, "CONSUMERS", "test consumers")
    yield "test consumers"
    # A role that has rights somewhere cannot be dropped.
    make_database("own")
    PublishedDatabase(server).query('drop role if exists "test consumers"')


@pytest.fixture
def database(consumers: str, own_database: Settings) -> PublishedDatabase:
    """A database with nothing in it."""
    return PublishedDatabase(own_database)
