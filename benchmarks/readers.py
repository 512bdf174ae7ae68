"""What readers notice of publications in Postgres: mixed answers, errors, and how long they wait.

    python benchmarks/readers.py [persons] [publications]

Eight processes look persons up in two published views, within a transaction in repeatable read, and
every so often count what these views hold. Meanwhile it is published again and again. An answer is
mixed when its parts are not all of one publication. For comparison the same readers are timed when
nothing is published. It runs on an embedded server of its own.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import asdict, dataclass, field
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path
from typing import Any

import click
import psycopg2

from think_family.postgres.job import PythonJob
from think_family.postgres.server import start, stop
from think_family.postgres.settings import Settings
from think_family.publication import publish

READERS = 8
INDICATORS_PER_PERSON = 5
QUIET_SECONDS = 15.0
PAUSE_SECONDS = 0.5
THINKING_SECONDS = 0.02
# One transaction of so many counts all rows.
COUNTING = 50

# Every row bears the number of the run; the marts are views, so that a new run costs nothing.
MARTS = """
    create schema base;
    create schema marts;
    create table base.run as select 0 as run;
    create table base.person as
    select 'person-' || i as person_id, md5(i::text) as name,
        date '1950-01-01' + i % 27000 as birth_date,
        'handling' as handling, 'safeguarding' as permitted_purposes
    from generate_series(1, {persons}) as i;
    create table base.indicator as
    select 'indicator-' || i || '-' || n as indicator_id, 'person-' || i as person_id,
        date '2020-01-01' + (i + n) % 2000 as indicator_date, md5(n::text || i) as notes
    from generate_series(1, {persons}) as i, generate_series(1, {each}) as n;
    create view marts.dim_person as select person.*, run from base.person, base.run;
    create view marts.fct_indicator as select indicator.*, run from base.indicator, base.run;
"""


@dataclass
class Seen:
    """What a reader saw: seconds of each lookup and count, and what was wrong."""

    lookups: list[float] = field(default_factory=list)
    counts: list[float] = field(default_factory=list)
    mixed: int = 0
    failed: int = 0


def read(
    conninfo: str, persons: int, seed: int, ready: Barrier, finished: Event, told: Any
) -> None:
    """Read until told to finish, once all are ready."""
    chance, seen = random.Random(seed), Seen()  # noqa: S311 - no secret
    with closing(psycopg2.connect(conninfo)) as connection:
        connection.set_session("REPEATABLE READ", readonly=True)
        ready.wait()
        while not finished.is_set():
            counts = chance.randrange(COUNTING) == 0
            where = "" if counts else f"where person_id = 'person-{chance.randint(1, persons)}'"
            begun = time.perf_counter()
            try:
                with connection, connection.cursor() as cursor:
                    rows = []
                    for mart in ("dim_person", "fct_indicator"):
                        cursor.execute(
                            f"select count(*), min(run), max(run) from published.{mart} {where}"
                        )
                        rows += cursor.fetchall()
            except psycopg2.Error:
                seen.failed += 1
                continue
            seconds = time.perf_counter() - begun
            (seen.counts if counts else seen.lookups).append(seconds)
            n = persons if counts else 1
            run = rows[0][1]
            seen.mixed += rows != [(n, run, run), (n * INDICATORS_PER_PERSON, run, run)]
            time.sleep(THINKING_SECONDS)
    told.put(json.dumps(asdict(seen)))


def read_while(settings: Settings, persons: int, work: Any) -> Seen:
    """Let eight processes read while some work is done, and add up what they saw."""
    context = multiprocessing.get_context("spawn")
    ready, finished, told = context.Barrier(READERS + 1), context.Event(), context.Queue()
    readers = [
        context.Process(
            target=read, args=(settings.conninfo(), persons, seed, ready, finished, told)
        )
        for seed in range(READERS)
    ]
    for reader in readers:
        reader.start()
    ready.wait()
    work()
    finished.set()
    whole = Seen()
    for _ in readers:
        seen = Seen(**json.loads(told.get()))
        whole.lookups += seen.lookups
        whole.counts += seen.counts
        whole.mixed += seen.mixed
        whole.failed += seen.failed
    for reader in readers:
        reader.join()
    return whole


def describe(title: str, seen: Seen) -> None:
    """Tell how long readers waited."""
    click.echo(f"{title}: mixed {seen.mixed}, failed {seen.failed}")
    for kind, seconds in (("lookups", sorted(seen.lookups)), ("counts", sorted(seen.counts))):
        middle, late = seconds[len(seconds) // 2], seconds[len(seconds) * 99 // 100]
        click.echo(
            f"  {len(seconds):,} {kind}: half within {middle * 1000:.1f} ms, 99 of 100 within"
            f" {late * 1000:.1f} ms, the longest {seconds[-1] * 1000:.1f} ms"
        )


def main() -> None:
    """Run the benchmark with the numbers given on the command line."""
    persons, publications = (int(n) for n in [*sys.argv[1:], *("20000", "50")[len(sys.argv) - 1 :]])
    with tempfile.TemporaryDirectory(prefix="think-family-") as folder:
        data = Path(folder) / "postgres"
        settings = start(data)
        try:
            measure(settings, persons, publications)
        finally:
            stop(data)


def measure(settings: Settings, persons: int, publications: int) -> None:
    """Publish and read on a server."""

    def publish_run(run: int) -> float:
        query(settings, f"update base.run set run = {run}")
        begun = time.perf_counter()
        with PythonJob(settings) as job:
            names = ("dim_person", "fct_indicator")
            marts = {name: job.read(f'"think_family"."marts"."{name}"') for name in names}
            publish(job.session, marts)
        return time.perf_counter() - begun

    def publish_all() -> None:
        for run in range(2, publications + 2):
            seconds.append(publish_run(run))
            time.sleep(PAUSE_SECONDS)

    query(settings, MARTS.format(persons=persons, each=INDICATORS_PER_PERSON))
    first = publish_run(1)
    seconds: list[float] = []
    describe(
        "While nothing is published",
        read_while(settings, persons, lambda: time.sleep(QUIET_SECONDS)),
    )
    describe(f"During {publications} publications", read_while(settings, persons, publish_all))
    n_rows = persons * (1 + INDICATORS_PER_PERSON)
    ordered = sorted(seconds)
    click.echo(
        f"{n_rows:,} rows were published in {ordered[len(ordered) // 2]:.1f} s, at most"
        f" {ordered[-1]:.1f} s; in {first:.1f} s when nobody read and there were no tables yet"
    )
    size = "select pg_total_relation_size('slot_a.fct_indicator') / 1e6"
    click.echo(f"A slot of the larger mart takes {query(settings, size)[0][0]:.0f} MB")


def query(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    """Run statements; the rows of the last one."""
    with closing(settings.connect()) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        rows = cursor.fetchall() if cursor.description else []
        connection.commit()
        return list(rows)


if __name__ == "__main__":
    main()
