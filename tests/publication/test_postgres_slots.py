"""Publication in Postgres: whole or not at all, for readers who go on reading."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from psycopg2 import errors
from published_database import PublishedDatabase, rows_of

from think_family.errors import ThinkFamilyError
from think_family.publication import postgres_slots, postgres_views

PEOPLE = """
    select * from (values
        ('1', 'a', date '2020-02-29', 1.50::numeric(9, 2), true, 2.5::double precision),
        ('2', null, null, null, null, null)
    ) as people (person_id, letter, day, amount, is_known, share)
"""
NONE = "select 1 as n where false"


def run(n: int, n_rows: int = 100) -> str:
    return f"select cast(i as text) as person_id, {n} as run from generate_series(1, {n_rows}) as i"


@pytest.fixture
def served(database: PublishedDatabase) -> PublishedDatabase:
    """A database in which run 1 of two marts is published."""
    database.build(dim_person=run(1), fct_one=run(1))
    database.publish()
    return database


def test_the_views_hold_the_marts_as_they_are(database: PublishedDatabase) -> None:
    database.build(dim_person=PEOPLE, fct_none=NONE)
    database.publish()
    assert database.query("select * from published.dim_person order by 1") == [
        ("1", "a", date(2020, 2, 29), Decimal("1.50"), True, 2.5),
        ("2", None, None, None, None, None),
    ]
    assert database.query("select count(*) from published.fct_none") == [(0,)]
    types = (
        "select column_name, data_type, numeric_scale from information_schema.columns"
        " where table_schema = '{}' and table_name = 'dim_person' order by ordinal_position"
    )
    assert database.query(types.format("published")) == database.query(types.format("marts"))


def test_the_contents_are_told_to_readers_and_to_the_caller(database: PublishedDatabase) -> None:
    database.build(dim_person=PEOPLE, fct_none=NONE)
    told = [tuple(row.values()) for row in database.publish().to_pylist()]
    assert [(mart, n_rows) for mart, n_rows, _ in told] == [("dim_person", 2), ("fct_none", 0)]
    assert all(len(digest) == 32 for *_, digest in told)
    assert database.query("select mart, n_rows, digest from published.publication") == told


def test_comments_go_along_and_follow(served: PublishedDatabase) -> None:
    def comments() -> list[tuple[Any, ...]]:
        return served.query(
            "select obj_description(view), col_description(view, 1), col_description(view, 2)"
            " from (select 'published.dim_person'::regclass as view) as views"
        )

    assert comments() == [(None, None, None)]
    served.query(
        "comment on table marts.dim_person is 'It''s 100% who they are.';"
        "comment on column marts.dim_person.person_id is 'One person.'"
    )
    served.publish()
    assert comments() == [("It's 100% who they are.", "One person.", None)]
    served.query("comment on column marts.dim_person.person_id is null")
    served.publish()
    assert comments() == [("It's 100% who they are.", None, None)]


def test_publications_take_turns_in_the_slots_and_views_stay(served: PublishedDatabase) -> None:
    relations = (
        "select oid, relfilenode from pg_class where relkind in ('r', 'v', 'i')"
        " and relnamespace::regnamespace::text in ('slot_a', 'slot_b', 'published') order by oid"
    )
    before = served.query(relations)
    pointer = "select served from serving.pointer"
    assert served.query(pointer) == [("slot_a",)]
    for n, slot in ((2, "slot_b"), (3, "slot_a"), (4, "slot_b")):
        served.build(dim_person=run(n))
        served.publish()
        assert served.query(pointer) == [(slot,)]
        assert served.query("select min(run), max(run) from published.dim_person") == [(n, n)]
    assert served.query(relations) == before


def test_the_slot_that_is_not_served_is_not_read(served: PublishedDatabase) -> None:
    served.publish()

    def slots_read(query: str) -> set[str]:
        """Schemas of the tables that were read, as Postgres tells when it is done."""
        ((plan,),) = served.query(f"explain (analyze, verbose, format json) {query}")
        read = set()

        def walk(node: dict[str, Any]) -> None:
            if node["Actual Loops"] and "Schema" in node:
                read.add(node["Schema"])
            for child in node.get("Plans", []):
                walk(child)

        walk(plan[0]["Plan"])
        return read - {"serving"}

    assert slots_read("select * from published.dim_person") == {"slot_b"}
    assert slots_read("select * from published.dim_person where person_id = '7'") == {"slot_b"}
    assert slots_read(
        "select * from published.dim_person inner join published.fct_one using (person_id)"
    ) == {"slot_b"}


def test_what_is_looked_up_by_an_id_is_found_by_an_index(served: PublishedDatabase) -> None:
    indexes = (
        "select schemaname, tablename from pg_indexes"
        " where schemaname in ('slot_a', 'slot_b') and indexdef like '%(person_id)' order by 1, 2"
    )
    assert served.query(indexes) == [
        (slot, table) for slot in ("slot_a", "slot_b") for table in ("dim_person", "fct_one")
    ]


def test_rows_of_earlier_publications_make_room_for_new_ones(served: PublishedDatabase) -> None:
    served.build(dim_person=run(1, 20_000))
    size = "select pg_relation_size('slot_a.dim_person') + pg_relation_size('slot_b.dim_person')"
    sizes = []
    for _ in range(8):
        served.publish()
        sizes.append(served.query(size)[0][0])
    assert sizes[3:] == [sizes[3]] * 5


# --- Digests


DIGESTED = [
    "select 1 as n, 'a' as letter",
    "select 1 as n, 'b' as letter",
    "select 1 as m, 'a' as letter",
    "select 1 as n, cast(null as text) as letter",
    "select 1 as n, '' as letter",
    "select 1 as n, 'null' as letter",
    "select * from (values (1, 'a'), (1, 'a')) as twice (n, letter)",
    "select * from (values (1, 'a'), (2, 'b')) as two (n, letter)",
    "select * from (values (2, 'a'), (1, 'b')) as two (n, letter)",
    "select 1 as n, 'a' as letter where false",
]


def test_two_digests_agree_just_when_the_rows_do(database: PublishedDatabase) -> None:
    def digests(queries: list[str]) -> list[str]:
        database.build(**{f"fct_{place}": query for place, query in enumerate(queries)})
        return [row["digest"] for row in database.publish().to_pylist()]

    seen = digests(DIGESTED)
    assert len(set(seen)) == len(DIGESTED)
    assert digests([f"{query} order by 2 desc" for query in DIGESTED]) == seen


def test_a_digest_is_the_same_in_every_session(database: PublishedDatabase) -> None:
    database.build(
        fct_all="select 0.1::real + 0.2::double precision as share, date '2020-02-29' as day,"
        " timestamptz '2020-02-29 12:00+00' as moment, interval '1 day 2 hours' as span,"
        " '\\x00ff'::bytea as bytes, daterange('2020-01-01', '2020-02-01') as days"
    )
    (first,) = database.publish().to_pylist()
    for name, value in {
        "DateStyle": "German",
        "TimeZone": "Asia/Tokyo",
        "IntervalStyle": "iso_8601",
        "extra_float_digits": "-10",
        "bytea_output": "escape",
        "search_path": "marts",
        "default_transaction_isolation": "serializable",
        "default_transaction_read_only": "on",
    }.items():
        database.query(f"alter database own set {name} = '{value}'; set {name} = '{value}'")
    assert database.publish().to_pylist() == [first]


# --- Failures


def test_an_error_in_the_middle_leaves_the_last_publication(served: PublishedDatabase) -> None:
    served.build(dim_person=run(2), fct_one=run(2))
    served.query(
        "create view marts.fct_two as select 1 / (n - 5) as n from generate_series(1, 9) as t (n)"
    )
    with pytest.raises(ThinkFamilyError, match="readers see the last whole one") as error:
        served.publish()
    assert "division by zero" in error.value.message
    assert served.query("select min(run), max(run) from published.dim_person") == [(1, 1)]
    assert served.query("select count(*) from published.publication") == [(2,)]
    assert served.leftovers() == []
    served.query("drop view marts.fct_two")
    served.publish()
    assert served.query("select min(run), max(run) from published.dim_person") == [(2, 2)]


# Publishes for ever, each time other rows, and every third time other columns.
PUBLISHER = """
import sys
from itertools import count
from published_database import PublishedDatabase
from think_family.postgres.settings import Settings

host, port, user, name = sys.argv[1:]
database = PublishedDatabase(Settings(host, int(port), user, database=name))
for n in count(2):
    rows = f"select cast(i as text) as person_id, {n} as run from generate_series(1, 3000) as i"
    extra = f"select *, {n} as extra from ({rows}) as t" if n % 3 == 0 else rows
    database.build(dim_person=rows, fct_one=extra)
    print(n, flush=True)
    database.publish()
"""


def test_a_publisher_that_is_killed_leaves_a_whole_publication(served: PublishedDatabase) -> None:
    settings, chance = served.settings, random.Random(7)  # noqa: S311 - no secret
    seen = 1
    for _ in range(5):
        publisher = subprocess.Popen(
            [sys.executable, "-c", PUBLISHER, settings.host, str(settings.port), settings.user,
             settings.database],
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": ":".join(sys.path)},
        )  # fmt: skip
        assert publisher.stdout is not None
        for _ in range(chance.randrange(1, 4)):
            assert publisher.stdout.readline()
        time.sleep(chance.uniform(0, 0.3))
        publisher.send_signal(signal.SIGKILL)
        publisher.communicate()
        ((first, last, person, n_rows),) = served.query(
            "select min(run), max(run), (select max(run) from published.dim_person),"
            " (select n_rows from published.publication where mart = 'fct_one')"
            " from published.fct_one"
        )
        assert first == last == person
        assert n_rows == (100 if person == 1 else 3000)
        seen = max(seen, first)
    assert seen > 1
    served.build(dim_person=run(0), fct_one=run(0))
    served.publish()
    assert served.query("select max(run) from published.fct_one") == [(0,)]
    assert served.leftovers() == []


def test_a_second_publication_is_refused_while_one_is_under_way(
    served: PublishedDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_slots, "_PATIENCE", "100ms")
    with closing(served.settings.connect()) as other:
        rows_of(other, "select * from serving.pointer for update")
        with pytest.raises(ThinkFamilyError, match="another publication has been under way"):
            served.publish()
    served.publish()


# --- Marts that change


def test_further_columns_are_added_and_what_stands_on_the_view_stays(
    served: PublishedDatabase,
) -> None:
    served.query(
        "create schema other; create view other.runs as select run from published.dim_person"
    )
    served.build(dim_person=f"select *, 'x' as letter from ({run(2)}) as person")
    served.publish()
    assert served.query("select distinct run, letter from published.dim_person") == [(2, "x")]
    assert served.query("select distinct run from other.runs") == [(2,)]
    served.publish()
    assert served.query("select distinct run, letter from published.dim_person") == [(2, "x")]


@pytest.mark.parametrize(
    "query",
    [
        "select run from ({}) as person",
        "select run, person_id from ({}) as person",
        "select person_id, cast(run as bigint) as run from ({}) as person",
        "select person_id, run as number from ({}) as person",
        'select person_id collate "C" as person_id, run from ({}) as person',
    ],
    ids=["dropped", "order", "type", "name", "collation"],
)
def test_columns_change_with_those_of_the_mart(served: PublishedDatabase, query: str) -> None:
    served.build(dim_person=query.format(run(2)))
    for _ in range(2):
        served.publish()
        columns = (
            "select column_name, data_type, collation_name from information_schema.columns"
            " where table_schema = '{}' and table_name = 'dim_person' order by ordinal_position"
        )
        assert served.query(columns.format("published")) == served.query(columns.format("marts"))
        assert served.query("select count(*) from published.dim_person") == [(100,)]
    assert served.leftovers() == []


def test_marts_come_and_go(served: PublishedDatabase) -> None:
    served.build(fct_two=run(2))
    served.publish("dim_person", "fct_two")
    names = (
        "select relnamespace::regnamespace::text, relname from pg_class"
        " where relkind in ('r', 'v') and relnamespace::regnamespace::text"
        " in ('published', 'slot_a', 'slot_b') order by 1, 2"
    )
    assert served.query(names) == [
        (schema, name)
        for schema in ("published", "slot_a", "slot_b")
        for name in ("dim_person", "fct_two", "publication")
    ]
    assert served.query("select distinct run from published.fct_two") == [(2,)]


def test_an_old_snapshot_is_refused_what_it_cannot_be_told(served: PublishedDatabase) -> None:
    with served.reading() as reader:
        assert rows_of(reader, "select distinct run from published.fct_one") == [(1,)]
        served.build(dim_person=f"select *, 'x' as letter from ({run(2)}) as person")
        served.publish()
        # Of the mart that is as it was, the old publication is read on.
        assert rows_of(reader, "select distinct run from published.fct_one") == [(1,)]
        with pytest.raises(errors.SerializationFailure, match="have changed their columns"):
            rows_of(reader, "select distinct run from published.dim_person")
        reader.rollback()
        assert rows_of(reader, "select distinct run from published.dim_person") == [(2,)]


def test_whoever_reads_for_long_holds_up_a_change_of_columns_and_no_other_reader(
    served: PublishedDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_views, "_PAUSE_SECONDS", 0.3)
    served.build(dim_person=f"select *, 'x' as letter from ({run(2)}) as person")
    publishing = threading.Thread(target=served.publish)
    with served.reading() as reading, served.reading() as other:
        other.autocommit = True
        rows_of(reading, "select count(*) from published.dim_person")
        publishing.start()
        waits = []
        end = time.monotonic() + 3
        while time.monotonic() < end:
            start = time.monotonic()
            assert rows_of(other, "select max(run) from published.dim_person") == [(1,)]
            waits.append(time.monotonic() - start)
            time.sleep(0.02)
        assert publishing.is_alive()
        assert max(waits) < 1.5
        reading.rollback()
        publishing.join(timeout=10)
        assert rows_of(other, "select max(run) from published.dim_person") == [(2,)]


def test_readers_who_never_end_keep_the_columns_they_read(
    served: PublishedDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_views, "_PAUSE_SECONDS", 0)
    monkeypatch.setattr(postgres_views, "_ATTEMPTS", 2)
    served.build(dim_person=f"select *, 'x' as letter from ({run(2)}) as person")
    with served.reading() as reader:
        rows_of(reader, "select count(*) from published.dim_person")
        with pytest.raises(ThinkFamilyError, match="the columns of dim_person change"):
            served.publish()
        assert rows_of(reader, "select max(run) from published.dim_person") == [(1,)]
    served.publish()
    assert served.query("select max(run) from published.dim_person") == [(2,)]


# --- What is not the publication's own


@pytest.mark.parametrize(
    "foreign",
    [
        "create schema published; create table published.dim_person (n integer)",
        "create schema published; create view published.anything as select 1 as n",
        "create schema slot_b; create table slot_b.dim_person (n integer)",
        "create schema serving; create table serving.pointer_of_another (n integer)",
    ],
)
def test_a_schema_that_holds_something_else_is_refused_and_kept(
    database: PublishedDatabase, foreign: str
) -> None:
    database.query(foreign)
    tables = "select relname, relnamespace, oid from pg_class where oid >= 16384 order by oid"
    database.build(dim_person=run(1))
    before = database.query(tables)
    with pytest.raises(ThinkFamilyError, match="are for publications alone, and no publication"):
        database.publish()
    assert database.query(tables) == before


def test_what_somebody_put_among_the_published_views_is_refused(served: PublishedDatabase) -> None:
    served.query("create view published.fct_mine as select * from published.fct_one")
    with pytest.raises(ThinkFamilyError, match=r"no publication has made published\.fct_mine"):
        served.publish()


@pytest.mark.parametrize(
    "lost",
    [
        "drop view published.dim_person",
        "drop table slot_a.dim_person cascade; create table slot_a.dim_person (n integer);"
        " create view published.dim_person as select * from slot_a.dim_person",
        "drop schema published cascade",
    ],
    ids=["view", "table", "schema"],
)
def test_what_somebody_lost_is_made_again(served: PublishedDatabase, lost: str) -> None:
    served.query(lost)
    served.publish()
    assert served.query("select count(*) from published.dim_person") == [(100,)]


def test_what_cannot_be_published_is_refused(database: PublishedDatabase) -> None:
    with pytest.raises(ThinkFamilyError, match="There is no mart"):
        database.publish()
    database.build(publication=NONE)
    with pytest.raises(ThinkFamilyError, match="No mart may be called publication"):
        database.publish()
    assert database.query("select to_regnamespace('published')") == [(None,)]
