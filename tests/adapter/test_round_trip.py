"""What Python models read and write is what stands in Postgres, of every type."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import duckdb
import narwhals as nw
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extras import execute_values

from think_family.errors import ThinkFamilyError
from think_family.postgres.job import PythonJob
from think_family.postgres.settings import Settings

NAME = '"tests"."work"."given"'

# Type in Postgres -> the same in a session, and values of it, as literals of Postgres.
TYPES = {
    "boolean": ("BOOLEAN", ["true", "false"]),
    "smallint": ("SMALLINT", ["-32768", "32767"]),
    "integer": ("INTEGER", ["-2147483648", "2147483647"]),
    "bigint": ("BIGINT", ["-9223372036854775808", "9223372036854775807"]),
    "real": ("FLOAT", ["'-0'", "'nan'", "'-infinity'", "1.17549435e-38"]),
    "double precision": ("DOUBLE", ["'-0'", "'nan'", "'infinity'", "5e-324", "0.1"]),
    "numeric(20,4)": ("DECIMAL(20,4)", ["0.0001", "-9999999999999999.9999"]),
    "numeric(38,0)": ("DECIMAL(38,0)", ["99999999999999999999999999999999999999"]),
    "numeric(38,38)": ("DECIMAL(38,38)", ["-0.00000000000000000000000000000000000001"]),
    "text": (
        "VARCHAR",
        ["''", "E'quote\\' \" back\\\\ tab\\t line\\nend\\r'", "'Zoë 😀 \u202e'", "'\\N'"],
    ),
    "bytea": ("BLOB", ["''", "'\\x00ff27'"]),
    "date": ("DATE", ["'0001-01-01'", "'9999-12-31'", "'4713-01-01 BC'", "'5874897-12-31'"]),
    "time without time zone": ("TIME", ["'00:00'", "'23:59:59.999999'", "'24:00'"]),
    "timestamp without time zone": (
        "TIMESTAMP",
        ["'0044-03-15 BC'", "'2024-03-31 01:30:00.000001'"],
    ),
    "timestamp with time zone": (
        "TIMESTAMP WITH TIME ZONE",
        ["'2024-03-31 01:30:00.123456+01'", "'9999-12-31 23:59:59Z'"],
    ),
    "interval": ("INTERVAL", ["'1 month -2 days 00:00:00.000003'"]),
    "text[]": ("VARCHAR[]", ["'{}'", "array['a', null, 'b,\"{}']"]),
    "integer[]": ("INTEGER[]", ["'{1,null}'"]),
    "boolean[]": ("BOOLEAN[]", ["'{t,f,null}'"]),
    "date[]": ("DATE[]", ["'{2024-02-29,null}'"]),
    "numeric(10,2)[]": ("DECIMAL(10,2)[]", ["'{0.01,null,-99999999.99}'"]),
    "timestamp with time zone[]": ("TIMESTAMP WITH TIME ZONE[]", ["'{2024-02-29 12:00+01}'"]),
}

UUID = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"

# Type in Postgres that a session does not share -> how it is read, and what comes of a value.
READ_AS = {
    "numeric": ("DOUBLE", "0.1", 0.1),
    "numeric(39,1)": ("DOUBLE", "0.1", 0.1),
    "numeric(3,-2)": ("DOUBLE", "12345", 12300.0),
    "numeric[]": ("DOUBLE[]", "'{0.5,null}'", [0.5, None]),
    "varchar(3)": ("VARCHAR", "'abc'", "abc"),
    "uuid": ("VARCHAR", f"'{UUID.upper()}'", UUID),
    "uuid[]": ("VARCHAR[]", f"'{{{UUID}}}'", [UUID]),
    "jsonb": ("VARCHAR", "'{\"a\": [1]}'", '{"a": [1]}'),
    "inet": ("VARCHAR", "'10.0.0.1'", "10.0.0.1/32"),
    "int4range": ("VARCHAR", "'[1,3)'", "[1,3)"),
    "work.colour": ("VARCHAR", "'red'", "red"),
    "work.amount": ("DECIMAL(6,2)", "1.5", Decimal("1.50")),
}

# What a session may return that Postgres has not -> the type that it is written as.
WRITTEN_AS = {
    "cast(1 as tinyint)": "smallint",
    "cast(255 as utinyint)": "smallint",
    "cast(65535 as usmallint)": "integer",
    "cast(4294967295 as uinteger)": "bigint",
    "cast(18446744073709551615 as ubigint)": "numeric(20,0)",
    "cast(1 as hugeint)": "numeric(38,0)",
    "cast('a' as enum('a', 'b'))": "text",
    "uuid()": "text",
    "cast('2024-01-01' as timestamp_ns)": "timestamp without time zone",
    "null": "integer",
    "array_value(1, 2)": "integer[]",
    "[cast(1 as tinyint)]": "smallint[]",
}


@pytest.fixture
def job(server: Settings, database: Connection) -> Iterator[PythonJob]:
    with PythonJob(server) as job:
        yield job


def types_of(database: Connection, table: str) -> list[str]:
    with database.cursor() as cursor:
        cursor.execute(
            "select format_type(atttypid, atttypmod) from pg_attribute"
            " where attrelid = to_regclass(%s) and attnum > 0 order by attnum",
            [f"work.{table}"],
        )
        return [kind for (kind,) in cursor.fetchall()]


def differing(database: Connection, one: str, other: str) -> int:
    """Number of rows that are in one table and not, or not as often, in the other."""
    with database.cursor() as cursor:
        cursor.execute(
            f"select count(*) from ((table work.{one} except all table work.{other})"
            f" union all (table work.{other} except all table work.{one})) as x"
        )
        ((found,),) = cursor.fetchall()
        return int(found)


def test_every_type_comes_and_goes_unchanged(job: PythonJob, database: Connection) -> None:
    columns = ", ".join(f'"{kind}" {kind}' for kind in TYPES)
    with database.cursor() as cursor:
        cursor.execute(f"create table work.given ({columns})")
        cursor.execute("insert into work.given select")
        for kind, (_, values) in TYPES.items():
            for value in values:
                cursor.execute(
                    f'insert into work.given ("{kind}") values (cast({value} as {kind}))'
                )
    relation = job.read(NAME)
    assert [str(kind) for kind in relation.types] == [kind for kind, _ in TYPES.values()]
    n_rows = job.write(relation, "work", "taken")
    assert n_rows == 1 + sum(len(values) for _, values in TYPES.values())
    assert types_of(database, "taken") == types_of(database, "given")
    assert differing(database, "given", "taken") == 0
    # Equal to Postgres, and yet not the same.
    with database.cursor() as cursor:
        cursor.execute('select "real"::text from work.taken where "real" = 0')
        assert cursor.fetchall() == [("-0",)]


def test_types_that_duckdb_lacks_are_read_as_the_nearest(
    job: PythonJob, database: Connection
) -> None:
    with database.cursor() as cursor:
        cursor.execute("create type work.colour as enum ('red', 'green')")
        cursor.execute("create domain work.amount as numeric(6, 2) check (value >= 0)")
        values = ", ".join(f"cast({value} as {kind})" for kind, (_, value, _) in READ_AS.items())
        names = ", ".join(f'"{kind}"' for kind in READ_AS)
        columns = ", ".join(f'"{kind}" {kind}' for kind in READ_AS)
        cursor.execute(f"create table work.given ({columns})")
        cursor.execute(f"insert into work.given ({names}) values ({values})")
    relation = job.read(NAME)
    assert [str(kind) for kind in relation.types] == [kind for kind, _, _ in READ_AS.values()]
    assert list(relation.fetchall()[0]) == [value for _, _, value in READ_AS.values()]


def test_types_that_postgres_lacks_are_written_as_the_nearest(
    job: PythonJob, database: Connection
) -> None:
    columns = ", ".join(f'{value} as "{n}"' for n, value in enumerate(WRITTEN_AS))
    assert job.write(job.session.sql(f"select {columns}"), "work", "taken") == 1
    assert types_of(database, "taken") == list(WRITTEN_AS.values())


TABLE = pa.table({"id": [1, 2], "name": ["a", None]})


@pytest.mark.parametrize(
    "make",
    [
        lambda session: session.from_arrow(TABLE).filter("id > 0"),
        lambda session: TABLE,
        lambda session: TABLE.to_reader(),
        lambda session: pd.DataFrame({"id": [1, 2], "name": ["a", None]}),
        lambda session: nw.from_native(TABLE),
        lambda session: nw.from_native(session.from_arrow(TABLE)).filter(nw.col("id") > 0),
    ],
    ids=["relation", "table", "reader", "pandas", "narwhals", "lazy narwhals"],
)
def test_a_result_may_be_any_frame(job: PythonJob, database: Connection, make: Any) -> None:
    assert job.write(make(job.session), "work", "taken") == 2
    with database.cursor() as cursor:
        cursor.execute("table work.taken")
        assert cursor.fetchall() == [(1, "a"), (2, None)]


def test_an_empty_result_is_a_table_with_its_columns(job: PythonJob, database: Connection) -> None:
    assert job.write(TABLE.slice(0, 0), "work", "taken") == 0
    assert types_of(database, "taken") == ["bigint", "text"]


INFINITE = duckdb.sql("select timestamp 'infinity' as ended_at").to_arrow_table()
FAR = pa.table({"ended_date": pa.array([2**31 - 1], pa.int32()).cast(pa.date32())})


@pytest.mark.parametrize(
    ("result", "told"),
    [
        (None, "returned NoneType: return a relation"),
        ([1, 2], "returned list: return a relation"),
        (pa.table({"who": [{"name": "a"}]}), "who has the type STRUCT"),
        (pa.table({"who": [[[1]]]}), r"who has the type BIGINT\[\]\[\]"),
        (pa.table({"x" * 64: [1]}), "more than 63 bytes"),
        (pa.table({"é" * 32: [1]}), "more than 63 bytes"),
        (INFINITE, "ended_at holds infinite dates"),
        (FAR, "ended_date holds infinite dates"),
        (pa.table({"who": ["a\0b"]}), "could not take a value: character not in repertoire"),
    ],
)
def test_what_postgres_cannot_hold_is_refused_and_nothing_is_left(
    job: PythonJob, database: Connection, result: object, told: str
) -> None:
    with pytest.raises(ThinkFamilyError, match=told):
        job.write(result, "work", "taken")
    assert types_of(database, "taken") == []


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("date", "infinity"),
        ("date", "-infinity"),
        ("timestamptz", "infinity"),
        ("timestamp", "-infinity"),
        ("timestamp", "294276-12-31"),
        ("date[]", "{2024-01-01,infinity}"),
    ],
)
def test_dates_that_would_be_read_as_others_are_refused(
    job: PythonJob, database: Connection, kind: str, value: str
) -> None:
    with database.cursor() as cursor:
        cursor.execute(f"create table work.given as select cast('{value}' as {kind}) as ended_date")
    with pytest.raises(duckdb.Error):
        job.read(NAME).fetchall()
    assert "ended_date holds infinite dates" in str(job.snapshot.failure)


# Postgres has no text with the character 0, and the drivers none with half a surrogate pair.
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
ROWS = st.lists(
    st.tuples(
        TEXT | st.none(),
        st.integers(-(2**63), 2**63 - 1) | st.none(),
        st.decimals(
            allow_nan=False, allow_infinity=False, places=6, min_value=-(10**20), max_value=10**20
        )
        | st.none(),
        st.floats() | st.none(),
        st.booleans() | st.none(),
        st.dates() | st.none(),
        st.datetimes(timezones=st.just(datetime.UTC)) | st.none(),
        st.binary() | st.none(),
        st.lists(TEXT | st.none()) | st.none(),
    ),
    max_size=20,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=ROWS)
def test_any_rows_come_and_go_unchanged(
    server: Settings, database: Connection, rows: list[tuple[Any, ...]]
) -> None:
    with database.cursor() as cursor:
        cursor.execute("drop table if exists work.given, work.taken")
        cursor.execute(
            "create table work.given (a text, b bigint, c numeric(30, 6), d double precision,"
            " e boolean, f date, g timestamptz, h bytea, i text[])"
        )
        if rows:
            template = "(%s, %s, %s, %s, %s, %s, %s, %s, cast(%s as text[]))"
            execute_values(cursor, "insert into work.given values %s", rows, template)
    with PythonJob(server) as job:
        assert job.write(job.read(NAME), "work", "taken") == len(rows)
    assert differing(database, "given", "taken") == 0
