"""How long features of a whole population take, as of one day and as of ten, and how much memory.

Builds the models of features in a copy of a built warehouse, each time in a process of its own, and
sets beside them what one would write by hand: the same counts of the person alone, with pandas, as
of one day. Told are medians over some runs in turn, of the time of all models together and of the
peak memory of the process.

    python benchmarks/features.py [build file] [runs]
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import click

ROOT = Path(__file__).parents[1]
# Nine days beside the data's own: month ends of the last years.
FURTHER_DATES = [
    f"{year}-{day}" for year in (2022, 2023, 2024) for day in ("03-31", "08-31", "12-31")
]

MODELS = """
import json, resource, sys
from dbt.cli.main import dbtRunner
done = dbtRunner().invoke([
    "--quiet", "run", "-s", "int_features__as_of_dates_listed+,+int_features__persons_described",
    "--vars", sys.argv[1],
])
assert done.success, done.exception
timed = [t for r in done.result.results for t in r.timing if t.name == "execute"]
seconds = max(t.completed_at for t in timed) - min(t.started_at for t in timed)
print(json.dumps({
    "seconds": seconds.total_seconds(),
    "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""
BY_HAND = """
import json, os, resource, time
import duckdb, pandas as pd
with duckdb.connect(os.environ["THINK_FAMILY_BUILD_FILE"], read_only=True) as connection:
    facts = connection.execute(
        "from intermediate.int_indicators__facts_coded union all by name"
        " from intermediate.int_indicators__intelligence_coded"
    ).df()
    persons = connection.execute("select person_id from marts.dim_person").df()
    ((day,),) = connection.execute("select max(extract_date) from raw.load_files").fetchall()
begun = time.monotonic()
day = pd.Timestamp(day)
known = facts[
    (facts.known_from_date <= day) & (facts.from_date <= day)
    & (facts.known_to_date.isna() | (facts.known_to_date > day))
].copy()
is_state = known.kind == "state"
known["is_current"] = is_state & (known.to_date.isna() | (known.to_date > day))
end = known.to_date.where(is_state & (known.to_date <= day) & (known.to_date > known.from_date))
known["age"] = (day - end.fillna(known.from_date)).dt.days.where(~known.is_current, 0)
events = known.groupby(["person_id", "indicator_code", "event_key"], as_index=False).agg(
    age=("age", "min"), is_current=("is_current", "max"), measure=("measure", "max")
)
for days in (90, 365, 1095):
    events[f"n_{days}"] = (events.age < days).astype(int)
counted = events.groupby(["person_id", "indicator_code"]).agg(
    n_90=("n_90", "sum"), n_365=("n_365", "sum"), n_1095=("n_1095", "sum"),
    days_since=("age", "min"), is_current=("is_current", "max"), worst=("measure", "max"),
)
wide = counted.unstack("indicator_code").reindex(persons.person_id)
seconds = time.monotonic() - begun
print(json.dumps({
    "seconds": seconds, "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""


def run(code: str, build_file: Path, folder: Path, *arguments: str) -> dict[str, float]:
    """Run Python code in a process of its own; its seconds and mebibytes."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DBT_")}
    environment |= {
        "THINK_FAMILY_BUILD_FILE": str(build_file),
        "DBT_PROFILES_DIR": str(ROOT),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }
    done = subprocess.run(  # noqa: S603 - the commands are this file's
        [sys.executable, "-W", "ignore", "-c", code, *arguments],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


def main(built: Path, n_runs: int) -> None:
    """Measure one day, ten days and one day by hand in turn, and tell the medians."""
    with tempfile.TemporaryDirectory(prefix="think-family-") as name:
        folder = Path(name)
        build_file = folder / "build.duckdb"
        shutil.copy(built, build_file)
        ways = {
            "one day": (MODELS, ["{}"]),
            "ten days": (MODELS, [json.dumps({"feature_dates": FURTHER_DATES})]),
            "one day by hand": (BY_HAND, []),
        }
        measured: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
        for _ in range(n_runs):
            for way, (code, arguments) in ways.items():
                measured[way].append(run(code, build_file, folder, *arguments))
        medians = {
            way: {what: statistics.median(m[what] for m in of) for what in ("seconds", "mib")}
            for way, of in measured.items()
        }
        one = medians["one day"]
        for way, of in medians.items():
            click.echo(
                f"{way:16} {of['seconds']:6.1f} s {of['mib']:6.0f} MiB"
                f"   {of['seconds'] / one['seconds']:.2f} times as long as one day"
            )


if __name__ == "__main__":
    arguments = dict(enumerate(sys.argv))
    main(Path(arguments.get(1, "warehouse/build.duckdb")), int(arguments.get(2, "3")))
