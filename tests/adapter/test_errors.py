"""What is said of an error of Postgres: enough to mend it, and nothing of a person."""

from __future__ import annotations

from contextlib import closing

import adbc_driver_postgresql.dbapi as adbc
import psycopg2
import pytest

from think_family.postgres.errors import said_by
from think_family.postgres.settings import Settings

PERSONS = """
    create temporary table persons (
        name text primary key check (name <> 'Mr Smith'), age integer not null
    )
"""
# Statement -> what is said of it. Mr Smith is in all of them, or in what they read.
CASES = {
    "select cast(name as integer) from (select 'Mr Smith' as name) as x": [
        "could not take a value: invalid text representation (the value is withheld)"
    ],
    "insert into persons values ('Mr Smith', 7)": ["violates check constraint", "23514"],
    "insert into persons values ('Mrs Smith' || '', null)": ["not-null constraint", '"age"'],
    "insert into persons select 'Mrs Smith', n from generate_series(1, 2) as n": [
        "duplicate key value violates unique constraint"
    ],
    "select from nowhere": ['relation "nowhere" does not exist', "42P01"],
    "select 1 / 0": ["division by zero"],
}


@pytest.mark.parametrize("statement", CASES)
@pytest.mark.parametrize("driver", ["psycopg2", "adbc"])
def test_it_says_what_is_wrong_and_of_whom_nothing(
    server: Settings, statement: str, driver: str
) -> None:
    connection = server.connect() if driver == "psycopg2" else adbc.connect(server.conninfo())
    with connection, connection.cursor() as cursor:
        cursor.execute(PERSONS)
        with pytest.raises((psycopg2.Error, adbc.Error)) as raised:
            cursor.execute(statement)
        said = said_by(raised.value)
        connection.rollback()
    connection.close()
    assert [part for part in CASES[statement] if part not in said] == [], said
    assert "Smith" not in said


def test_of_an_error_in_sql_the_line_is_shown(server: Settings) -> None:
    with closing(server.connect()) as connection, pytest.raises(psycopg2.Error) as raised:
        connection.cursor().execute("select\n    surname\nfrom pg_class")
    assert "LINE 2:     surname" in said_by(raised.value)
