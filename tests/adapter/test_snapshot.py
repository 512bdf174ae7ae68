"""What a Python model reads: when it is used, as of one moment, and no more than it needs."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import duckdb
import psycopg2
import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from think_family.errors import ThinkFamilyError
from think_family.postgres.job import PythonJob, job_of
from think_family.postgres.settings import Settings
from think_family.postgres.snapshot import Snapshot

PEOPLE = '"tests"."work"."people"'

Reads = list[list[str]]


@pytest.fixture
def people(database: Connection) -> Connection:
    """Ten people, of whom every second has a name."""
    database.cursor().execute(
        "create table work.people as"
        " select id, case when id % 2 = 0 then 'name ' || id end as name, true as is_living"
        " from generate_series(1, 10) as id"
    )
    return database


@pytest.fixture
def job(server: Settings, people: Connection) -> Iterator[PythonJob]:
    with PythonJob(server) as job:
        yield job


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Reads:
    """The columns of each stream that is opened."""
    opened: Reads = []
    stream = Snapshot.stream

    def spied(self: Snapshot, name: str, columns: Any) -> Any:
        opened.append([column.field.name for column in columns])
        return stream(self, name, columns)

    monkeypatch.setattr(Snapshot, "stream", spied)
    return opened


def test_a_ref_that_is_not_used_is_not_read(job: PythonJob, reads: Reads) -> None:
    relation = job.read(PEOPLE)
    assert relation.columns == ["id", "name", "is_living"]
    assert [str(kind) for kind in relation.types] == ["INTEGER", "VARCHAR", "BOOLEAN"]
    assert reads == []


def test_a_ref_can_be_read_twice_also_against_itself(job: PythonJob, reads: Reads) -> None:
    people = job.read(PEOPLE)
    assert people.fetchall() == people.fetchall()
    both = people.set_alias("a").join(people.set_alias("b"), "a.id = b.id")
    assert both.aggregate("count(*)").fetchall() == [(10,)]
    assert len(reads) == 4


def test_only_the_columns_in_use_are_read(job: PythonJob, reads: Reads) -> None:
    people = job.read(PEOPLE)
    assert people.aggregate("max(id)").fetchall() == [(10,)]
    assert reads == [["id"]]


def test_a_column_that_only_a_filter_needs_is_read_and_not_given(
    job: PythonJob, reads: Reads
) -> None:
    people = job.read(PEOPLE)
    named = people.filter("is_living and id > 7 and name is not null").project("name")
    assert named.fetchall() == [("name 8",), ("name 10",)]
    assert reads == [["id", "name", "is_living"]]


def test_all_refs_are_of_one_moment(job: PythonJob, people: Connection) -> None:
    before = job.read(PEOPLE)
    people.cursor().execute("insert into work.people values (11, 'late', true)")
    people.cursor().execute("create table work.others as select 1 as id")
    assert before.aggregate("count(*)").fetchall() == [(10,)]
    assert job.read(PEOPLE).aggregate("count(*)").fetchall() == [(10,)]
    # It would look empty, because none of its rows is of that moment.
    with pytest.raises(ThinkFamilyError, match="rebuilt while this model began to read"):
        job.read('"tests"."work"."others"')


def test_another_transaction_can_take_the_same_moment(job: PythonJob, people: Connection) -> None:
    moment = job.snapshot.snapshot_id
    people.cursor().execute("insert into work.people values (11, 'late', true)")
    with job.settings.connect() as other, other.cursor() as cursor:
        cursor.execute("set transaction isolation level repeatable read")
        cursor.execute("set transaction snapshot %s", [moment])
        cursor.execute("select count(*) from work.people")
        assert cursor.fetchall() == [(10,)]


def test_a_relation_is_not_replaced_while_it_may_be_read(
    server: Settings, people: Connection
) -> None:
    with people.cursor() as cursor, PythonJob(server) as job:
        job.read(PEOPLE)
        cursor.execute("set lock_timeout = '50ms'")
        with pytest.raises(psycopg2.errors.LockNotAvailable):
            cursor.execute("drop table work.people")
    with people.cursor() as cursor:
        cursor.execute("drop table work.people")


def test_a_read_that_is_broken_off_leaves_nothing_running(
    job: PythonJob, people: Connection
) -> None:
    with people.cursor() as cursor:
        cursor.execute(
            "create table work.many as select id, repeat('x', 500) as text"
            " from generate_series(1, 200000) as id"
        )
        many = job.read('"tests"."work"."many"')
        assert many.limit(1).project("id").fetchall() == [(1,)]
        cursor.execute(
            "select count(*) from pg_stat_activity where state = 'active' and query like '%many%'"
            " and pid <> pg_backend_pid()"
        )
        assert cursor.fetchall() == [(0,)]


def test_what_is_under_way_can_be_broken_off_from_another_thread(
    job: PythonJob, people: Connection
) -> None:
    people.cursor().execute("create view work.slow as select pg_sleep(60) is null as slept")
    slow = job.read('"tests"."work"."slow"')
    threading.Timer(0.5, job.cancel).start()
    began = time.monotonic()
    with pytest.raises(duckdb.Error):
        slow.fetchall()
    assert time.monotonic() - began < 30


def test_a_result_that_is_half_read_does_no_harm_when_the_model_ends(
    server: Settings, people: Connection
) -> None:
    with people.cursor() as cursor:
        cursor.execute("create table work.many as select id from generate_series(1, 500000) as id")
    with PythonJob(server) as job:
        reader = job.read('"tests"."work"."many"').to_arrow_reader(100)
        reader.read_next_batch()
    with people.cursor() as cursor:
        # Nobody holds the table any more.
        cursor.execute("set lock_timeout = '10s'; drop table work.many")


def test_what_does_not_exist_is_told_by_its_name(job: PythonJob) -> None:
    with pytest.raises(ThinkFamilyError, match=r'"work"\."nobody" cannot be read'):
        job.read('"tests"."work"."nobody"')


def test_an_error_of_a_view_is_told_without_the_value(job: PythonJob, people: Connection) -> None:
    people.cursor().execute(
        "create view work.broken as select cast(name as integer) as n from work.people"
    )
    broken = job.read('"tests"."work"."broken"')
    with pytest.raises(duckdb.Error):
        broken.fetchall()
    told = str(job.snapshot.failure)
    assert "could not be read to its end" in told
    assert "invalid text representation" in told
    assert "name 2" not in told


def test_a_session_knows_its_job_and_the_job_the_names_of_its_refs(job: PythonJob) -> None:
    people = job.read(PEOPLE)
    found = job_of(job.session)
    assert found is job
    assert job.name_of(people) == PEOPLE
    with pytest.raises(ThinkFamilyError, match="computed in the model"):
        job.name_of(people.limit(1))


def test_nothing_is_known_of_a_session_whose_job_has_ended(server: Settings) -> None:
    with PythonJob(server) as job:
        session = job.session
    assert job_of(session) is None


def test_the_session_of_another_engine_is_told() -> None:
    with pytest.raises(ThinkFamilyError, match="work in DuckDB and in Postgres"):
        job_of(object())  # type: ignore[arg-type]
