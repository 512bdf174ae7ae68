"""How long it takes to tell who is near carriers of a risk, and how much memory.

Makes a network in which some have many links and most have few, with groups of five who are all
linked, and carriers who have more links than others. Beside the library stands a plain frontier of
scipy.sparse: a matrix of persons and carriers, multiplied by the links three times. Told are
medians over some runs in turn, each in a process of its own, and that both find the same.

    python benchmarks/spread.py [links] [carriers] [runs]
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
from pyarrow import parquet


def network(n_links: int, n_carriers: int, seed: int) -> tuple[pa.Table, pa.Table]:
    """Pairs of persons, and carriers with their risks; persons by number."""
    rng = np.random.default_rng(seed)
    n_persons = int(n_links * 0.35)
    cumulated = np.cumsum(rng.lognormal(0, 1, n_persons))
    cumulated /= cumulated[-1]
    left, right = (np.searchsorted(cumulated, rng.random(int(n_links * 0.65))) for _ in "lr")
    groups = rng.integers(0, n_persons, (int(n_links * 0.035), 5))
    one, other = np.triu_indices(5, 1)
    left = np.concatenate([left, groups[:, one].ravel()])
    right = np.concatenate([right, groups[:, other].ravel()])
    apart = left != right
    pairs = np.unique(np.sort(np.stack([left[apart], right[apart]], axis=1), axis=1), axis=0)
    pairs = rng.permutation(pairs)
    carriers = np.unique(np.searchsorted(cumulated, rng.random(2 * n_carriers)))
    carriers = rng.permutation(carriers)[:n_carriers]
    return (
        pa.table({"person_id_l": pairs[:, 0], "person_id_r": pairs[:, 1]}),
        pa.table({"person_id": carriers, "risk": rng.random(len(carriers)) + 0.01}),
    )


BEGIN = """
import json, resource, sys, time
import numpy as np
import pyarrow as pa
from pyarrow import parquet
links, carriers = (parquet.read_table(f"{sys.argv[1]}/{name}.parquet") for name in ("l", "c"))
"""
END = """
print(json.dumps({
    "seconds": time.monotonic() - begun,
    "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "found": [int(n) for n in found],
    "risk": float(risk),
}))
"""
LIBRARY = """
from think_family.network.spread import spread_risk
begun = time.monotonic()
near = spread_risk(links, carriers)
found = [np.asarray(near[f"n_carriers_{hop}"]).sum() for hop in (1, 2, 3)]
risk = np.asarray(near["risk"]).sum()
"""
PLAIN = """
from scipy.sparse import csr_array
begun = time.monotonic()
columns = links["person_id_l"], links["person_id_r"], carriers["person_id"]
numbers = pa.chunked_array([chunk for column in columns for chunk in column.chunks])
numbers = numbers.combine_chunks().dictionary_encode().indices.to_numpy()
left, right, who = np.split(numbers, np.cumsum([len(column) for column in columns])[:-1])
n, k = numbers.max() + 1, len(who)
both = np.concatenate([left, right]), np.concatenate([right, left])
matrix = csr_array((np.ones(len(both[0]), np.int8), both), shape=(n, n))
is_hub = np.diff(matrix.indptr) > 100
weight = np.asarray(carriers["risk"])
wave = seen = csr_array((np.ones(k, np.int8), (who, np.arange(k))), shape=(n, k))
counts, risks = [], []
for hop in range(3):
    if hop:
        wave.data *= np.repeat(~is_hub, np.diff(wave.indptr))
        wave.eliminate_zeros()
    met = matrix @ wave
    met.data[:] = 1
    wave = met - met.multiply(seen)
    wave.eliminate_zeros()
    seen = seen + wave
    counts.append(np.diff(wave.indptr))
    risks.append(wave.astype(np.float64) @ weight)
found = [count.sum() for count in counts]
risk = sum(risks).sum()
"""
WAYS = {"the library": LIBRARY, "plain scipy.sparse": PLAIN}


def run(code: str, folder: str) -> dict[str, float]:
    """Run Python code in a process of its own; its seconds, mebibytes and what it found."""
    done = subprocess.run(  # noqa: S603 - the commands are this file's
        [sys.executable, "-W", "ignore", "-c", BEGIN + code + END, folder],
        check=True,
        capture_output=True,
        text=True,
    )
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


def main(n_links: int, n_carriers: int, n_runs: int) -> None:
    """Measure both ways in turn, and tell the medians."""
    with tempfile.TemporaryDirectory(prefix="think-family-") as folder:
        links, carriers = network(n_links, n_carriers, seed=1)
        click.echo(f"{links.num_rows:,} links, {carriers.num_rows:,} carriers")
        for file, table in (("l", links), ("c", carriers)):
            # Ids as long as the warehouse's.
            columns = [
                name if name == "risk" else f"md5(cast({name} as varchar)) as {name}"
                for name in table.column_names
            ]
            with_ids = duckdb.from_arrow(table).project(", ".join(columns)).to_arrow_table()
            parquet.write_table(with_ids, Path(folder) / f"{file}.parquet")
        measured: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
        for _ in range(n_runs):
            for way, code in WAYS.items():
                measured[way].append(run(code, folder))
        every = [m for of in measured.values() for m in of]
        (found,) = {str(m["found"]) for m in every}
        assert np.ptp([m["risk"] for m in every]) < 1e-9 * every[0]["risk"]  # noqa: S101
        click.echo(f"carriers near persons, at one, two and three hops: {found}")
        medians = {
            way: {what: statistics.median(m[what] for m in of) for what in ("seconds", "mib")}
            for way, of in measured.items()
        }
        plain = medians["plain scipy.sparse"]
        for way, of in medians.items():
            click.echo(
                f"{way:20} {of['seconds']:6.1f} s {of['mib']:6.0f} MiB"
                f"   {of['seconds'] / plain['seconds']:.2f} times as long as scipy.sparse,"
                f" {of['mib'] / plain['mib']:.2f} of the memory"
            )


if __name__ == "__main__":
    arguments = dict(enumerate(sys.argv))
    main(
        int(arguments.get(1, "2000000")),
        int(arguments.get(2, "5000")),
        int(arguments.get(3, "3")),
    )
