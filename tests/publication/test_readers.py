"""Eight readers open the served file again and again while it is published anew thirty times."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import duckdb

from think_family.publication import publish

READERS = 8
PUBLICATIONS = 30

# What a program of a consumer would do: open, ask several things, close. In a process of its own,
# for within one process the engine shares what it has opened.
READER = """
import json, pathlib, sys, time
import duckdb

served, ready, finished = sys.argv[1:]
seen = []
pathlib.Path(ready).touch()
while True:
    is_last = pathlib.Path(finished).exists()
    with duckdb.connect(served, read_only=True) as reader:
        told = dict(reader.execute("select mart, n_rows from publication").fetchall())
        ask = "select count(*), min(run), max(run) from "
        person = reader.execute(ask + "dim_person").fetchone()
        family = reader.execute(ask + "dim_family").fetchone()
    seen.append([[told["dim_person"], told["dim_family"]], person, family])
    if is_last:
        break
    time.sleep(0.15)
print(json.dumps(seen))
"""


def run_of(said: list[list[int]]) -> int:
    """The one run that all of an answer comes from: its marts tell it, and have as many rows."""
    (n_persons, n_families), person, family = said
    run = person[1]
    assert person == [n_persons, run, run]
    assert family == [n_families, run, run]
    assert (n_persons, n_families) == (100 * run, 10 * run)
    return run


def test_eight_readers_meet_no_error_and_no_mixture_of_runs(tmp_path: Path) -> None:
    served, finished = tmp_path / "served.duckdb", tmp_path / "finished"
    ready = [tmp_path / f"ready-{n}" for n in range(READERS)]
    with duckdb.connect() as building:

        def publish_run(run: int) -> None:
            marts = {"dim_person": 100 * run, "dim_family": 10 * run}
            publish(
                building,
                {
                    name: building.sql(f"select i, {run} as run from range({n_rows}) as t (i)")
                    for name, n_rows in marts.items()
                },
                served,
            )

        publish_run(1)
        readers = [
            subprocess.Popen(
                [sys.executable, "-c", READER, str(served), str(is_ready), str(finished)],
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
            for run in range(2, PUBLICATIONS + 1):
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
        assert runs[-1] == PUBLICATIONS
        assert len(set(runs)) > 2, "the reader read while others were published"
