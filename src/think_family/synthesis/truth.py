"""The planted truth: who is who behind the records, and what truly happened. Never loaded.

True person ids are opaque: a permutation of the world's rows. The two lives of an adopted person
have two ids, as their records must never be joined; `adopted_from` links them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from think_family.synthesis.dice import generator
from think_family.synthesis.recording.deliveries import delivered_from
from think_family.synthesis.recording.extract import LAST, Extract
from think_family.synthesis.recording.layout import PROGRAMMES
from think_family.synthesis.world import NEVER, NOBODY, World, to_dates

NATURAL_PREVALENCE = 1.0
"""Multiple of exploitation at which it is as common as in life."""

FILES = (
    "person_records.parquet",
    "families.parquet",
    "associations.parquet",
    "true_risk.parquet",
    "onsets.parquet",
    "settings.json",
)
"""Names of the truth files."""

_IDENTIFIERS = ("nhs_number", "nhs_no", "upn", "nino", "pnc_id")
"""Identifiers that agencies share; the police's own reference counts where another holds it."""

RECORDS_SCHEMA = pa.schema(
    [
        ("system", pa.string()),
        ("extract", pa.string()),
        ("source_row_key", pa.string()),
        ("true_person_id", pa.int32()),
        ("adopted_from", pa.int32()),
        ("is_twin", pa.bool_()),
        ("is_name_changed", pa.bool_()),
        ("has_identifier", pa.bool_()),
        ("is_adopted", pa.bool_()),
        ("programme", pa.string()),
    ]
)
"""person_records.parquet: one row per source row that describes a person.

`source_row_key` is the md5 of ``system|extract|key values joined by |``. `adopted_from` is the true
id of the life before adoption, where the record is of the life after it. `is_name_changed` says
that the record holds a name, mistakes apart, which is not the person's last one.
"""


class Truth:
    """Writes the truth of a world beside its extracts."""

    def __init__(self, world: World) -> None:
        """Give every person an opaque id."""
        self._world = world
        n = len(world.persons)
        self._ids = generator(world.seed, "truth/ids").permutation(n).astype(np.int32) + 1
        persons = world.persons
        adopted_from = persons["adopted_from"].to_numpy()
        self._twin = persons["twin_of"].to_numpy() != NOBODY
        self._adopted_from = adopted_from
        self._adopted = adopted_from != NOBODY
        self._adopted[adopted_from[adopted_from != NOBODY]] = True
        self._records: list[pa.Table] = []

    def note(self, extract: Extract) -> None:
        """Keep who stands behind the rows of one extract, if its rows describe people."""
        if extract.persons is None:
            return
        layout = extract.layout
        sent = np.flatnonzero(delivered_from(extract, self._world.seed) <= LAST)
        keys = [extract.columns[name].take(sent) for name in layout.key]
        person = extract.persons[sent]
        changed = extract.name_changed
        held = np.zeros(len(sent), dtype=bool)
        names = [*_IDENTIFIERS, *(["nominal_ref"] if layout.system != "police_records" else [])]
        for name in names:
            if name in extract.columns:
                held |= pc.is_valid(extract.columns[name].take(sent)).to_numpy(zero_copy_only=False)
        text = pc.binary_join_element_wise(layout.system, layout.extract, *keys, "|")
        before = self._adopted_from[person]
        table = pa.table(
            {
                "system": pa.array([layout.system]).take(np.zeros(len(sent), np.int64)),
                "extract": pa.array([layout.extract]).take(np.zeros(len(sent), np.int64)),
                "source_row_key": _md5(text),
                "true_person_id": self._ids[person],
                "adopted_from": pa.array(self._ids[before], mask=before == NOBODY),
                "is_twin": self._twin[person],
                "is_name_changed": np.zeros(len(sent), bool) if changed is None else changed[sent],
                "has_identifier": held,
                "is_adopted": self._adopted[person],
                "programme": pa.array([PROGRAMMES[layout.system]]).take(
                    np.zeros(len(sent), np.int64)
                ),
            }
        )
        self._records.append(table.cast(RECORDS_SCHEMA))

    def write(self, folder: Path) -> None:
        """Write the truth files into a folder, which is made if absent."""
        folder.mkdir(parents=True, exist_ok=True)
        world = self._world
        _write(folder / "person_records", pa.concat_tables(self._records))

        members = world.family_members
        self._table(
            folder / "families",
            true_person_id=self._ids[members["person"]],
            family=members["family"].to_numpy(),
            from_date=_days(members["start"]),
            to_date=_days(members["end"]),
            role=_words(members["role"]),
        )
        ties = world.associations
        self._table(
            folder / "associations",
            a=self._ids[ties["a"]],
            b=self._ids[ties["b"]],
            kind=_words(ties["kind"]),
            from_date=_days(ties["start"]),
            to_date=_days(ties["end"]),
        )
        risk = world.true_risk
        self._table(
            folder / "true_risk",
            true_person_id=self._ids[risk["person"]],
            holdout_date=_days(risk["hold_out"]),
            harm=_words(risk["kind"]),
            risk=risk["risk"].to_numpy(),
            state=_words(risk["state"]),
            entered=risk["entered"].to_numpy(),
        )
        victims, entries = world.victims, world.service_referrals
        entries = entries[entries["entry"].to_numpy()]
        who = ["person", "kind"]
        starts = entries.drop_duplicates(who).set_index(who)["service_start"]
        entered = starts.reindex(pd.MultiIndex.from_frame(victims[who])).fillna(NEVER).to_numpy()
        self._table(
            folder / "onsets",
            true_person_id=self._ids[victims["person"]],
            harm=_words(victims["kind"]),
            onset=_days(victims["onset"]),
            until=_days(victims["end"]),
            entry=_days(entered),
            visibility=_words(victims["visibility"]),
        )
        settings = {
            "population": world.population,
            "seed": world.seed,
            "prevalence": world.prevalence,
            "is_natural_prevalence": world.prevalence == NATURAL_PREVALENCE,
        }
        (folder / "settings.json").write_text(json.dumps(settings, indent=2) + "\n", "utf-8")

    @staticmethod
    def _table(path: Path, **columns: Any) -> None:
        _write(path, pa.table(columns))


def _write(path: Path, table: pa.Table) -> None:
    pyarrow.parquet.write_table(table, path.with_suffix(".parquet"))


def _days(days: npt.ArrayLike) -> pa.Array:
    return pa.array(to_dates(days), pa.date32())


def _words(series: Any) -> pa.Array:
    return pa.array(series).dictionary_decode().cast(pa.string())


def _md5(text: pa.Array) -> pa.Array:
    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        table = pa.table({"text": text})
        made = connection.from_arrow(table).project("md5(text) as digest").to_arrow_table()
    return made["digest"].combine_chunks()
