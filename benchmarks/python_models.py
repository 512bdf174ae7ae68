"""How long a Python model takes on each engine, and how much memory.

A table of a million rows goes into a Python model and 400,000 of them come out, in a small project
of its own; on Postgres in a server of its own. Told are medians over some runs in turn: of the time
of the model's node, as dbt takes it, and of the peak memory of dbt's process.

    python benchmarks/python_models.py [rows] [runs]
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from think_family.postgres.server import start, stop

PROJECT = """
name: bench
version: "1.0"
profile: bench
flags: {send_anonymous_usage_stats: false}
models: {bench: {+materialized: table}}
"""
EVENTS = """
select
    cast(i as integer) as event_id,
    cast(i % 70000 as integer) as person_id,
    md5(cast(i as varchar)) as source_row_key,
    cast('2020-01-01' as date) + cast(i % 2000 as integer) as happened_date,
    cast(i % 1000 as double precision) / 7 as strength,
    i % 5 < 2 as is_kept
from generate_series(1, ROWS) as series (i)
"""
MODELS = {
    "filtered": 'return dbt.ref("events").filter("is_kept")',
    "aggregated": """relation = dbt.ref("events").filter("is_kept")
    return relation.project(
        "*, count(*) over (partition by person_id order by happened_date, event_id) as n_before"
    )""",
    "framed": 'frame = dbt.ref("events").df()\n    return frame[frame["is_kept"]]',
}
# Its children's memory is not counted: a server has its own.
RUN = """
import json, resource, sys
from dbt.cli.main import dbtRunner
done = dbtRunner().invoke(["--quiet", "run", "--target", sys.argv[1], "-s", sys.argv[2]])
assert done.success
print(json.dumps({
    "seconds": done.result.results[0].execution_time,
    "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""


def run(folder: Path, target: str, model: str) -> dict[str, float]:
    """Run a model in a process of its own; its seconds and mebibytes."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DBT_")}
    done = subprocess.run(  # noqa: S603 - the commands are this file's
        [sys.executable, "-W", "ignore", "-c", RUN, target, model],
        cwd=folder,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


def main(n_rows: int, n_runs: int) -> None:
    """Measure every model on both engines in turn, and tell the medians."""
    with tempfile.TemporaryDirectory(prefix="think-family-") as name:
        folder = Path(name)
        server = start(folder / "postgres", database="bench")
        try:
            targets = {
                "duckdb": {"type": "duckdb", "path": "b.duckdb", "schema": "bench", "threads": 1},
                "postgres": {
                    "type": "pypostgres",
                    "host": server.host,
                    "port": server.port,
                    "user": server.user,
                    "password": "",
                    "dbname": "bench",
                    "schema": "bench",
                    "threads": 1,
                },
            }
            (folder / "models").mkdir()
            (folder / "dbt_project.yml").write_text(PROJECT)
            profiles = {"bench": {"target": "duckdb", "outputs": targets}}
            (folder / "profiles.yml").write_text(json.dumps(profiles))
            (folder / "models" / "events.sql").write_text(EVENTS.replace("ROWS", str(n_rows)))
            for model, body in MODELS.items():
                text = f"def model(dbt, session):\n    {body}\n"
                (folder / "models" / f"{model}.py").write_text(text)
            for target in targets:
                run(folder, target, "events")
            for model in MODELS:
                measured = {target: [] for target in targets}
                for _ in range(n_runs):
                    for target in targets:
                        measured[target].append(run(folder, target, model))
                medians = {
                    target: [statistics.median(m[what] for m in of) for what in ("seconds", "mib")]
                    for target, of in measured.items()
                }
                (here, here_mib), (there, there_mib) = medians.values()
                click.echo(
                    f"{model:12} duckdb {here:.2f} s {here_mib:.0f} MiB"
                    f"   postgres {there:.2f} s {there_mib:.0f} MiB"
                    f"   {there / here:.1f} times as long, {there_mib / here_mib:.2f} of the memory"
                )
        finally:
            stop(folder / "postgres")


if __name__ == "__main__":
    main(*(int(argument) for argument in [*sys.argv[1:], "1000000", "5"][:2]))
