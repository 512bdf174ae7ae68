"""How long links by shared events take, and how much memory, beside what one would write by hand.

Makes a table of persons and events as large as a large police force's: most events are of one or
two persons and few of many, most persons come up seldom and few often, some parts become known
late, some rows repeat; and groups of five, who meet several times, are planted in it. Beside the
library, which traces, dates and describes every link, stand a plain self-join of DuckDB and one of
pandas, which count shared events and nothing else, and pandas for all that the library tells. All
begin with the table in a file of DuckDB. Told are medians over some runs in turn, each in a process
of its own, and that all find the same links.

    python benchmarks/links.py [rows] [runs]
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import click
import duckdb
import numpy as np
import pyarrow as pa

KINDS = ["crime", "incident", "intelligence", "missing", "stop_search"]
MEMBERS, MEETINGS, PRESENT = 5, 6, 0.7


def person_events(n_rows: int, seed: int) -> pa.Table:
    """Persons and events by number, with kinds and dates; no event has more than 25 persons."""
    rng = np.random.default_rng(seed)
    n_groups = n_rows // 125
    n_pool = int(n_rows * 0.22)
    sizes = np.arange(1, 26)
    share = sizes**-2.05 / (sizes**-2.05).sum()
    n_planted = n_groups * MEETINGS * MEMBERS * PRESENT
    n_events = int((n_rows - n_planted) / (share * sizes).sum())
    event = np.repeat(np.arange(n_events), rng.choice(sizes, n_events, p=share))
    rate = rng.lognormal(0, 1.2, n_pool)
    person = rng.choice(n_pool, len(event), p=rate / rate.sum())
    members = rng.integers(0, n_pool, (n_groups, MEMBERS))
    group, meeting, place = np.nonzero(rng.random((n_groups, MEETINGS, MEMBERS)) < PRESENT)
    event = np.concatenate([event, n_events + group * MEETINGS + meeting])
    person = np.concatenate([person, members[group, place]])

    n_events += n_groups * MEETINGS
    date = np.datetime64("2015-01-01") + rng.integers(0, 3650, n_events)
    kind = rng.choice(len(KINDS), n_events, p=[0.35, 0.3, 0.15, 0.1, 0.1])
    lag = rng.integers(0, 4, n_events)
    late = rng.random(len(event)) < 0.1
    recorded = date[event] + lag[event] + np.where(late, rng.integers(1, 200, len(event)), 0)
    again = np.flatnonzero(rng.random(len(event)) < 0.02)
    rows = rng.permutation(np.concatenate([np.arange(len(event)), again]))
    return pa.table(
        {
            "person": person[rows],
            "event": event[rows],
            "kind": pa.array(np.array(KINDS)[kind[event[rows]]]),
            "event_date": date[event[rows]].astype("datetime64[D]"),
            "recorded_date": recorded[rows].astype("datetime64[D]"),
        }
    )


BEGIN = """
import json, resource, sys, time
import duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
"""
END = """
print(json.dumps({
    "seconds": time.monotonic() - begun,
    "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "found": [int(n) for n in found],
}))
"""
LIBRARY = f"""
from think_family.network.links import describe_links, link_events
events = connection.table("events")
begun = time.monotonic()
shared = link_events(events)
links = describe_links(shared, kinds={KINDS}).to_arrow_table()
found = len(links), sum(links["n_events"].to_pylist())
"""
PLAIN = """
begun = time.monotonic()
links = connection.sql('''
    select a.person_id, b.person_id, count(distinct a.event_id) as n_events
    from events as a
    inner join events as b on a.event_id = b.event_id and a.person_id < b.person_id
    group by 1, 2
    having count(distinct a.event_id) >= 3
''').to_arrow_table()
found = len(links), sum(links["n_events"].to_pylist())
"""
PANDAS = """
import pandas as pd
begun = time.monotonic()
events = connection.sql("select person_id, event_id from events").df()
met = events.merge(events, on="event_id", suffixes=("_l", "_r"))
met = met[met.person_id_l < met.person_id_r]
links = met.groupby(["person_id_l", "person_id_r"]).event_id.nunique()
links = links[links >= 3]
found = len(links), links.sum()
"""
PANDAS_ALL = """
import pandas as pd
begun = time.monotonic()
events = connection.sql("from events").df()
pair = ["person_id_l", "person_id_r"]
known = events.groupby(["event_id", "person_id"], as_index=False).recorded_date.min()
known["n_persons"] = known.groupby("event_id").recorded_date.rank(method="max")
known = known[known.n_persons <= 25]
first = events.sort_values("recorded_date").drop_duplicates("event_id")
met = known.merge(known, on="event_id", suffixes=("_l", "_r"))
met = met[met.person_id_l < met.person_id_r]
met = met[met.groupby(pair).event_id.transform("size") >= 3]
met["recorded_date"] = met[["recorded_date_l", "recorded_date_r"]].max(axis=1)
met["strength"] = 1 / (met[["n_persons_l", "n_persons_r"]].max(axis=1) - 1)
met = met.merge(first[["event_id", "kind", "event_date"]], on="event_id")
links = met.groupby(pair).agg(
    n_events=("event_id", "size"), first_event_date=("event_date", "min"),
    last_event_date=("event_date", "max"), strength=("strength", "sum"),
)
links = links.join(met.groupby([*pair, "kind"]).size().unstack(fill_value=0))
in_order = met.sort_values("recorded_date")
third = in_order[in_order.groupby(pair).cumcount() == 2]
links["linked_on"] = third.set_index(pair).recorded_date
found = len(links), links.n_events.sum()
"""
WAYS = {
    "the library, all": LIBRARY,
    "plain DuckDB, counts": PLAIN,
    "pandas, counts": PANDAS,
    "pandas, all": PANDAS_ALL,
}


def run(code: str, file: Path) -> dict[str, float]:
    """Run Python code in a process of its own; its seconds, mebibytes and what it found."""
    done = subprocess.run(  # noqa: S603 - the commands are this file's
        [sys.executable, "-W", "ignore", "-c", BEGIN + code + END, str(file)],
        check=True,
        capture_output=True,
        text=True,
    )
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


def main(n_rows: int, n_runs: int) -> None:
    """Measure every way in turn, and tell the medians."""
    with tempfile.TemporaryDirectory(prefix="think-family-") as name:
        file = Path(name) / "events.duckdb"
        with duckdb.connect(str(file)) as connection:
            connection.register("numbers", person_events(n_rows, seed=1))
            connection.execute("""
                create table events as
                select
                    md5('p' || person) as person_id,
                    md5('e' || event) as event_id,
                    kind,
                    event_date,
                    recorded_date
                from numbers
            """)
            counts = connection.execute(
                "select count(*), count(distinct person_id), count(distinct event_id) from events"
            ).fetchall()[0]
        click.echo("{:,} rows, {:,} persons, {:,} events".format(*counts))
        measured: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
        for _ in range(n_runs):
            for way, code in WAYS.items():
                measured[way].append(run(code, file))
        (found,) = {str(m["found"]) for of in measured.values() for m in of}
        click.echo(f"links and their shared events: {found}")
        medians = {
            way: {what: statistics.median(m[what] for m in of) for what in ("seconds", "mib")}
            for way, of in measured.items()
        }
        library = medians["the library, all"]
        for way, of in medians.items():
            click.echo(
                f"{way:22} {of['seconds']:6.1f} s {of['mib']:6.0f} MiB"
                f"   library: {library['seconds'] / of['seconds']:.2f} of the time,"
                f" {library['mib'] / of['mib']:.2f} of the memory"
            )


if __name__ == "__main__":
    main(*(int(argument) for argument in [*sys.argv[1:], "5000000", "3"][:2]))
