"""Consumers read what was published, and can do nothing else in the database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from psycopg2 import errors
from published_database import PublishedDatabase, rows_of

from think_family.errors import ThinkFamilyError
from think_family.postgres.settings import Settings
from think_family.publication.postgres_rights import BUILD_SCHEMAS

ROOT = Path(__file__).parents[2]


@pytest.fixture
def served(database: PublishedDatabase) -> PublishedDatabase:
    """A database in which one mart is published, and the loader and dbt have left theirs."""
    database.query("create schema raw; create table raw.load_files as select 1 as n")
    database.build(dim_person="select '1' as person_id")
    database.publish()
    return database


@pytest.fixture
def consumer(server: Settings, consumers: str, database: PublishedDatabase) -> Iterator[str]:
    """Someone who logs in, and becomes a consumer once there is the role for it."""
    PublishedDatabase(server).query('create role consumer login; create role "test consumers"')
    PublishedDatabase(server).query('grant "test consumers" to consumer')
    yield "consumer"
    database.query("drop owned by consumer")
    PublishedDatabase(server).query("drop role consumer")


@pytest.fixture
def builder(server: Settings, database: PublishedDatabase) -> Iterator[PublishedDatabase]:
    """The database as one sees it who may build in it, and is nobody special on the server."""
    whole = PublishedDatabase(server)
    whole.query("create role builder login; grant create on database own to builder")
    yield PublishedDatabase(replace(database.settings, user="builder"))
    database.query("drop owned by builder cascade")
    whole.query("drop role builder")


def ask(database: PublishedDatabase, user: str, sql: str) -> list[tuple[Any, ...]]:
    with database.reading(user) as connection:
        return rows_of(connection, sql)


def test_a_consumer_reads_what_was_published(consumer: str, served: PublishedDatabase) -> None:
    assert ask(served, consumer, "select * from published.dim_person") == [("1",)]
    assert ask(served, consumer, "select mart from published.publication") == [("dim_person",)]
    served.build(dim_person="select '1' as person_id, 2 as n", fct_new="select 3 as n")
    served.publish()
    assert ask(served, consumer, "select * from published.dim_person") == [("1", 2)]
    assert ask(served, consumer, "select * from published.fct_new") == [(3,)]


@pytest.mark.parametrize(
    "sql",
    [
        "select * from marts.dim_person",
        "select * from raw.load_files",
        "select * from slot_a.dim_person",
        "select * from slot_b.dim_person",
        "select * from serving.pointer",
        "select serving.refuse_old_snapshot()",
        "delete from published.dim_person",
        "update published.publication set n_rows = 0",
        "create table published.mine (n integer)",
        "create table public.mine (n integer)",
        "create temporary table mine (n integer)",
        "create schema mine",
        "drop view published.dim_person",
    ],
)
def test_a_consumer_can_do_nothing_else(consumer: str, served: PublishedDatabase, sql: str) -> None:
    # Of what is no right of anybody, Postgres tells so first.
    with pytest.raises((errors.InsufficientPrivilege, errors.ObjectNotInPrerequisiteState)):
        ask(served, consumer, sql)


def test_who_is_no_consumer_sees_nothing(
    consumer: str, consumers: str, served: PublishedDatabase
) -> None:
    served.query(f'revoke "{consumers}" from {consumer}')
    with pytest.raises(errors.InsufficientPrivilege):
        ask(served, consumer, "select * from published.dim_person")


def test_what_somebody_opened_is_shut_again(
    consumer: str, consumers: str, served: PublishedDatabase
) -> None:
    before = "select nspname, nspacl::text from pg_namespace order by 1"
    shut = served.query(before), served.query("select datacl::text from pg_database order by 1")
    served.query(
        f'grant usage on schema raw, slot_a to "{consumers}"; grant all on schema marts to public;'
        f' grant create on schema published to "{consumers}"; grant create on schema public to'
        " public; grant temporary, create on database own to public;"
        f' revoke select on published.dim_person from "{consumers}"'
    )
    served.publish()
    assert ask(served, consumer, "select * from published.dim_person") == [("1",)]
    for name in ("raw.load_files", "marts.dim_person", "slot_a.dim_person"):
        with pytest.raises(errors.InsufficientPrivilege):
            ask(served, consumer, f"select * from {name}")
    opened = served.query(before), served.query("select datacl::text from pg_database order by 1")
    assert [dict(opened[0])[name] for name in ("published", "public")] == [
        dict(shut[0])[name] for name in ("published", "public")
    ]
    assert opened[1] == shut[1]


def test_who_may_not_set_rights_is_told_what_an_administrator_has_to_run(
    builder: PublishedDatabase, consumers: str, database: PublishedDatabase
) -> None:
    builder.build(dim_person="select '1' as person_id")
    with pytest.raises(ThinkFamilyError, match="administrator") as error:
        builder.publish()
    _, _, told = error.value.message.partition("build again: ")
    assert told == (
        f'create role "{consumers}" nologin; grant temporary on database own to builder;'
        " revoke TEMPORARY on database own from public;"
    )
    assert database.query("select to_regnamespace('published')") == [(None,)]
    database.query(told)
    builder.publish()
    assert builder.query("create temporary table t as select * from published.dim_person") == []


def test_each_schema_that_dbt_builds_in_is_shut() -> None:
    def schemas(configured: object) -> set[str]:
        if not isinstance(configured, dict):
            return set()
        found = {str(configured["+schema"])} if "+schema" in configured else set()
        return found.union(*map(schemas, configured.values()))

    project = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))
    configured = schemas(project["models"]) | schemas(project["seeds"])
    assert configured
    assert configured <= set(BUILD_SCHEMAS)
