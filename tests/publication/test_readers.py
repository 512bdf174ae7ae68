"""Eight readers read again and again while it is published anew, a file or in Postgres."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
from published_database import PublishedDatabase

from think_family.publication import publish

READERS = 8

# What a program of a consumer would do: open, ask several things, close. In a process of its own,
# for within one process DuckDB shares what it has opened.
READER = """
import json, pathlib, sys, time

{opening}
ready, finished = sys.argv[1:]
seen = []
pathlib.Path(ready).touch()
while True:
    is_last = pathlib.Path(finished).exists()
    with opened() as rows_of:
        told = dict(rows_of("select mart, n_rows from publication"))
        ask = "select count(*), min(run), max(run) from "
        (person,) = rows_of(ask + "dim_person")
        (family,) = rows_of(ask + "dim_family")
    seen.append([[told["dim_person"], told["dim_family"]], person, family])
    if is_last:
        break
    time.sleep(0.1)
print(json.dumps(seen))
"""
OF_FILE = """
from contextlib import contextmanager
import duckdb

@contextmanager
def opened():
    with duckdb.connect({file!r}, read_only=True) as reader:
        yield lambda sql: reader.execute(sql).fetchall()
"""
OF_POSTGRES = """
from contextlib import closing, contextmanager
import psycopg2

@contextmanager
def opened():
    with closing(psycopg2.connect({conninfo!r})) as reader, reader.cursor() as cursor:
        reader.set_session("REPEATABLE READ", readonly=True)

        def rows_of(sql):
            cursor.execute(sql)
            return cursor.fetchall()

        cursor.execute("set local search_path = published")
        yield rows_of
"""


def run_of(said: list[list[int]]) -> int:
    """The one run that all of an answer comes from: its marts tell it, and have as many rows."""
    (n_persons, n_families), person, family = said
    run = person[1]
    assert person == [n_persons, run, run]
    assert family == [n_families, run, run]
    assert (n_persons, n_families) == (100 * run, 10 * run)
    return run


def marts_of(run: int) -> dict[str, str]:
    """Queries for the marts of a run; each run has other rows, and more of them."""
    n_rows = {"dim_person": 100 * run, "dim_family": 10 * run}
    return {
        name: f"select i, {run} as run from generate_series(1, {n}) as t (i)"
        for name, n in n_rows.items()
    }


def read_meanwhile(
    opening: str, publish_run: Callable[[int], object], last: int, folder: Path
) -> None:
    """Have eight readers read while runs are published, and look at what they saw."""
    finished = folder / "finished"
    ready = [folder / f"ready-{n}" for n in range(READERS)]
    publish_run(1)
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER.format(opening=opening), str(is_ready), str(finished)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for is_ready in ready
    ]
    try:
        while not all(path.exists() for path in ready):
            assert all(reader.poll() is None for reader in readers)
            time.sleep(0.05)
        for run in range(2, last + 1):
            publish_run(run)
        finished.touch()
        answers = [reader.communicate(timeout=30) for reader in readers]
    finally:
        for reader in readers:
            reader.kill()

    assert [errors for _, errors in answers] == [""] * READERS
    for said, _ in answers:
        runs = [run_of(answer) for answer in json.loads(said)]
        assert runs == sorted(runs), "a reader never goes back to an earlier run"
        assert runs[-1] == last
        assert len(set(runs)) > 2, "the reader read while others were published"


def test_readers_of_a_file_meet_no_error_and_no_mixture_of_runs(tmp_path: Path) -> None:
    served = tmp_path / "served.duckdb"
    with duckdb.connect() as building:

        def publish_run(run: int) -> None:
            marts = {name: building.sql(query) for name, query in marts_of(run).items()}
            publish(building, marts, served)

        read_meanwhile(OF_FILE.format(file=str(served)), publish_run, 30, tmp_path)


def test_readers_in_postgres_meet_no_error_and_no_mixture_of_runs(
    database: PublishedDatabase, tmp_path: Path
) -> None:
    def publish_run(run: int) -> None:
        database.build(**marts_of(run))
        database.publish()

    opening = OF_POSTGRES.format(conninfo=database.settings.conninfo())
    read_meanwhile(opening, publish_run, 10, tmp_path)
