"""How long it takes to assess scores with intervals, and how much memory.

Makes people in families, two scores, three baselines, five groupings and a label. Beside the
library stands the same by hand: of each draw the rows are taken with numpy, and scikit-learn tells
average precision and AUC of each score, and a sort who is among the hundred highest; groups,
calibration, lead times and curves are left out there. By hand a tenth of the draws are taken, and
its time is told of these. Told are seconds of the processor, for whoever else is at work does not
count, medians over some runs in turn, each in a process of its own, and that both find the same.

    python benchmarks/assessment.py [people] [draws] [runs]
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import click
import numpy as np
import pyarrow as pa
from pyarrow import parquet


def people(n: int, seed: int) -> pa.Table:
    """People of whom some five in a thousand are hit, in families of two or three."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(-6, 1.3, n)
    came = rng.random(n) < 1 / (1 + np.exp(-odds))
    seen = {noise: odds + rng.normal(0, noise, n) for noise in (0.5, 0.7, 1.0, 2.0, 3.0)}
    columns = {
        "person": np.arange(n).astype(str),
        "came": came,
        "known": rng.random(n) < 0.005,
        "family": rng.integers(0, int(n / 2.4), n),
        "days": rng.integers(1, 366, n),
        "model": 1 / (1 + np.exp(-seen[0.5])),
        "boosted": 1 / (1 + np.exp(-seen[0.7])),
        "index": np.round(3 * seen[1.0]),
        "rule": (seen[2.0] > -3).astype(float),
        "noise": seen[3.0],
    }
    for nth, n_groups in enumerate((6, 2, 4, 2, 10)):
        columns[f"group_{nth}"] = rng.integers(0, n_groups, n).astype(str)
    return pa.table(columns)


BEGIN = """
import json, resource, sys, time
import numpy as np
folder, draws = sys.argv[1], int(sys.argv[2])
"""
END = """
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({
    "seconds": time.process_time() - begun,
    "mib": used.ru_maxrss / 1024,
    "found": found,
}))
"""
LIBRARY = """
import duckdb
from think_family.scoring.assess import Settings, assess
from think_family.scoring.rows import read_scored
from think_family.tables import ColumnMap
begun = time.process_time()
columns = ColumnMap(
    {"entity": "person", "label": "came", "score": "model", "known": "known",
     "cluster": "family", "lead_days": "days"},
    named={
        "scores": {"boosted": "boosted"},
        "baselines": {name: name for name in ("index", "rule", "noise")},
        "groups": {f"group_{nth}": f"group_{nth}" for nth in range(5)},
    },
)
scored = read_scored(duckdb.read_parquet(f"{folder}/people.parquet"), columns, name="people")
told = assess(scored, Settings(draws=draws)).tables["performance"].to_pylist()
found = {
    f"{row['score']} {row['measure']}": row["value"]
    for row in told
    if row["population"] == "not known" and row["score"] in {"model", "boosted", "noise"}
    and (row["measure"] in {"average_precision", "roc_auc"}
         or (row["measure"], row["k"]) == ("precision", 100))
}
"""
BY_HAND = """
from pyarrow import parquet
from sklearn.metrics import average_precision_score, roc_auc_score
begun = time.process_time()
table = parquet.read_table(f"{folder}/people.parquet")
table = table.filter(np.logical_not(table["known"].to_numpy()))
came, family = table["came"].to_numpy(), table["family"].to_numpy()
scores = {name: table[name].to_numpy() for name in ("model", "boosted", "index", "rule", "noise")}
_, family = np.unique(family, return_inverse=True)
rows_of = np.split(np.argsort(family, kind="stable"), np.cumsum(np.bincount(family))[:-1])
rng = np.random.default_rng(1)
values = []
for draw in range(draws + 1):
    drawn = rng.integers(0, len(rows_of), len(rows_of))
    rows = np.concatenate([rows_of[each] for each in drawn]) if draw else np.arange(len(came))
    y = came[rows]
    measured = {}
    for name, score in scores.items():
        s = score[rows]
        measured[f"{name} average_precision"] = average_precision_score(y, s)
        measured[f"{name} roc_auc"] = roc_auc_score(y, s)
        measured[f"{name} precision"] = y[np.argsort(-s, kind="stable")[:100]].mean()
    values.append(measured)
intervals = {
    name: np.quantile([measured[name] for measured in values[1:]], [0.025, 0.975])
    for name in values[0]
}
untied = {"model", "boosted", "noise"}
found = {name: value for name, value in values[0].items() if name.split()[0] in untied}
"""


def run(code: str, folder: str, draws: int) -> dict[str, object]:
    """Run Python code in a process of its own; its seconds, mebibytes and what it found."""
    done = subprocess.run(  # noqa: S603 - the commands are this file's
        [sys.executable, "-W", "ignore", "-c", BEGIN + code + END, folder, str(draws)],
        check=True,
        capture_output=True,
        text=True,
    )
    measured: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return measured


def main(n_people: int, n_draws: int, n_runs: int) -> None:
    """Measure both ways in turn, and tell the medians."""
    ways = {"the library": (LIBRARY, n_draws), "by hand": (BY_HAND, max(1, n_draws // 10))}
    with tempfile.TemporaryDirectory(prefix="think-family-") as folder:
        table = people(n_people, seed=1)
        parquet.write_table(table, Path(folder) / "people.parquet")
        n_hit = int(np.sum(table["came"].to_numpy()))
        click.echo(f"{n_people:,} people, {n_hit:,} of them hit")
        measured: dict[str, list[dict[str, object]]] = {way: [] for way in ways}
        for _ in range(n_runs):
            for way, (code, draws) in ways.items():
                measured[way].append(run(code, folder, draws))
        first, *others = (of["found"] for each in measured.values() for of in each)
        for other in others:
            for name in first:
                assert abs(first[name] - other[name]) < 1e-9, name  # noqa: S101
        click.echo(f"{len(first)} values are the same both ways")
        for way, (_, draws) in ways.items():
            seconds, mib = (
                statistics.median(float(str(each[what])) for each in measured[way])
                for what in ("seconds", "mib")
            )
            click.echo(f"{way:12} {draws:6,} draws {seconds:7.1f} s {mib:6.0f} MiB")


if __name__ == "__main__":
    arguments = dict(enumerate(sys.argv))
    main(
        int(arguments.get(1, "100000")),
        int(arguments.get(2, "1000")),
        int(arguments.get(3, "3")),
    )
