"""How long linkage takes, and how much memory, on as many records as a large city has.

    python benchmarks/linkage.py [records]

Makes a table of person records with slips, moves, changed names, short forms and twins, scores and
clusters it with the parameters of the project, and tells seconds and peak memory.
"""

from __future__ import annotations

import resource
import sys
import time

import click
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from think_family.identity.linkage import score_pairs
from think_family.identity.model import load_parameters
from think_family.identity.persons import cluster_persons

RECORDS_PER_PERSON = 5.3
SYSTEMS = 12
PARTS = "ba bel bi bo cor da den el fa fi gal hol in jo kel la lu mar no or pen ros"

Text = npt.NDArray[np.str_]


def names(rng: np.random.Generator, n: int, longest: int) -> Text:
    """Distinct names of two parts and more."""
    made: set[str] = set()
    while len(made) < n:
        made.add("".join(rng.choice(np.array(PARTS.split()), rng.integers(2, longest + 1))))
    return np.array(sorted(made))


def drawn(rng: np.random.Generator, vocabulary: Text, n: int) -> npt.NDArray[np.int64]:
    """Positions in a vocabulary, some far more common than others."""
    weight = 1 / np.arange(1, len(vocabulary) + 1) ** 0.8
    return rng.choice(len(vocabulary), n, p=weight / weight.sum())


def slipped(rng: np.random.Generator, text: Text, share: float) -> Text:
    """Leave the third letter out of a share of texts."""
    hit = rng.random(len(text)) < share
    out = text.astype(object)
    out[hit] = [word[:2] + word[3:] for word in text[hit]]
    return out.astype(str)


def records(n_records: int, seed: int) -> pa.Table:
    """Person records; those of one person end in the same number of their source_person_key."""
    rng = np.random.default_rng(seed)
    n = int(n_records / RECORDS_PER_PERSON)
    forenames, surnames = names(rng, 1500, 4), names(rng, 9000, 4)
    family = rng.integers(0, n // 3, n)
    surname = drawn(rng, surnames, n // 3)[family]
    other = rng.random(n) < 0.25
    surname[other] = drawn(rng, surnames, int(other.sum()))
    forename = drawn(rng, forenames, n)
    born = np.datetime64("1935-01-01") + rng.integers(0, 90 * 365, n)
    twin = np.flatnonzero(rng.random(n - 1) < 0.012) + 1
    born[twin], surname[twin], family[twin] = born[twin - 1], surname[twin - 1], family[twin - 1]
    later_surname = np.where(rng.random(n) < 0.05, drawn(rng, surnames, n), surname)
    later_home = np.where(rng.random(n) < 0.4, rng.integers(0, n // 3, n), family)

    person = rng.integers(0, n, n_records)
    later = rng.random(n_records) < 0.5
    home = np.where(later, later_home[person], family[person])
    dates = born[person].copy()
    wrong = rng.random(n_records) < 0.02
    dates[wrong] += rng.choice([-1, 1, 10, -10, 30, 365], int(wrong.sum()))
    system = rng.integers(0, SYSTEMS, n_records)

    def some(values: npt.ArrayLike, share: float) -> pa.Array:
        return pa.array(np.asarray(values), mask=rng.random(n_records) >= share)

    district, unit = (home % 16 + 1).astype(str), np.char.zfill((home // 16 % 6760).astype(str), 4)
    letters = np.array([chr(65 + i) for i in range(26)])[home % 26]
    return pa.table(
        {
            "person_record_key": pa.array([f"r{i}" for i in range(n_records)]),
            "source_person_key": np.char.add(
                np.char.add(system.astype(str), "-"), person.astype(str)
            ),
            "forename": slipped(rng, forenames[forename[person]], 0.03),
            "surname": slipped(
                rng, surnames[np.where(later, later_surname[person], surname[person])], 0.03
            ),
            "birth_date": some(dates, 0.98),
            "sex": some(np.where(person % 2, "male", "female"), 0.95),
            "postcode": some(
                np.char.add(np.char.add("ZA", district), np.char.add(unit, letters)), 0.95
            ),
            "uprn": some(home.astype(str), 0.75),
            "upn": some(np.char.zfill(person.astype(str), 13), 0.1),
        }
    )


def main() -> None:
    """Run the benchmark on the number of records given on the command line."""
    n_records = int(sys.argv[1]) if len(sys.argv) > 1 else 1_200_000
    table, parameters = records(n_records, seed=1), load_parameters()
    start = time.perf_counter()
    pairs = score_pairs(table, parameters)
    scored = time.perf_counter()
    clusters = cluster_persons(table, pairs)
    done = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    click.echo(
        f"{n_records:,} records: {pairs.num_rows:,} pairs in {scored - start:.1f} s, "
        f"{len(clusters['cluster_key'].unique()):,} clusters in {done - scored:.1f} s, "
        f"peak memory {peak:.2f} GB"
    )


if __name__ == "__main__":
    main()
