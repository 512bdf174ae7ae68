"""Deliveries: the rows that each file holds, with the dirt of handing data over.

Late rows, rows that vanish, rows written twice, codes that no list knows, headers that drift.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from think_family.synthesis.dice import generator
from think_family.synthesis.recording.dirt import RATES
from think_family.synthesis.recording.extract import FIRST, Extract
from think_family.synthesis.recording.layout import DELIVERIES, Layout
from think_family.synthesis.recording.people import Rows
from think_family.synthesis.recording.text import Text, filled, replaced
from think_family.synthesis.world import NEVER, day

UNKNOWN_CODES: dict[tuple[str, str], str] = {
    ("police_records/occurrences", "offence_code"): "99Z",
    ("police_control/incidents", "incident_type"): "DRN",
    ("bristol_education/exclusions", "reason"): "MT",
    ("bristol_education/enrolments", "leaving_reason"): "ADM",
    ("bristol_social_care/referrals", "source"): "VCS",
    ("bristol_social_care/cla_episodes", "placement"): "Z1",
    ("bristol_housing/occupants", "relation"): "LDG",
    ("dwp/benefits", "work_status"): "LCW",
    ("health/mental_health_contacts", "service"): "EIP",
    ("somerset_children/episodes", "outcome"): "TRANSFER",
    ("somerset_children/people", "gender"): "I",
}
"""Codes that came into use after the lists were agreed, by extract and column."""

NEW_ETHNIC_CODES = {
    ("police_records/nominals", "ethnicity"): "W3",
    ("bristol_education/pupils", "ethnicity"): "WROM",
    ("bristol_social_care/persons", "ethnicity"): "WROM",
}
"""Further unknown codes, planted where ethnicity is written."""

HEADER_ONLY = ("bristol_education/children_missing_education", DELIVERIES[-1])
"""An extract whose last file holds a header and no rows: nobody enters any in the holidays."""

ALIASED: dict[str, dict[str, str]] = {
    "police_records/nominals": {
        "nominal_ref": "nominal_no",
        "surname": "family_name",
        "date_of_birth": "dob",
    },
    "bristol_social_care/persons": {"person_ref": "client_id", "date_of_birth": "dob"},
    "bristol_education/pupils": {
        "legal_surname": "surname",
        "date_of_birth": "dob",
        "sex": "gender",
    },
}
"""Columns that change their names from the second delivery on."""
UPPER_CASED = ("bristol_revenues/council_tax", "police_control/incidents")
"""Extracts whose headers turn to capitals from the second delivery on."""
REORDERED = ("dwp/benefits", "bristol_housing/homelessness")
"""Extracts whose columns change order from the second delivery on."""
EXTENDED = {
    "bristol_housing/tenancies": ("officer_team", ("NORTH", "SOUTH", "EAST")),
    "health/maternity": ("record_version", ("1", "2", "3")),
}
"""Extracts that gain a column that the contract does not have, from the second delivery on."""

_STEADY = ("gazetteer", "school_register")
"""Reference registers: no row of theirs is late or vanishes."""
_LABELS = ("base", "exploitation")
"""Small registers kept by hand: no row of theirs vanishes."""
_LATE_AFTER = day("2025-04-30")


@dataclass(frozen=True)
class Delivery:
    """One file to be written.

    Attributes:
        layout: The extract.
        day: Day of delivery.
        table: Rows as text, under the headers of this file.
    """

    layout: Layout
    day: int
    table: pa.Table

    @property
    def path(self) -> str:
        """Where the file goes, relative to the folder of extracts."""
        date = np.datetime64(self.day, "D").astype(str)
        suffix = "parquet" if self.layout.parquet else "csv"
        return f"{self.layout.name}/{date}.{suffix}"


def delivered_from(extract: Extract, seed: int) -> Rows:
    """Day of the first delivery that holds each row: the recording, later for late rows."""
    layout = extract.layout
    if layout.system in _STEADY:
        return extract.entered
    rng = generator(seed, f"late/{layout.name}")
    n = len(extract)
    late = (rng.random(n) < RATES["late"]) & (extract.entered <= _LATE_AFTER)
    waits = rng.choice(np.array(layout.deliveries[1:]), n)
    return np.where(late, waits, extract.entered)


def deliveries(extract: Extract, seed: int) -> Iterator[Delivery]:
    """Cut an extract into its files.

    Raises:
        ValueError: The extract lacks a column of its layout or has one too many.
    """
    layout = extract.layout
    if set(extract.columns) != set(layout.columns):
        raise ValueError(f"{layout.name}: columns are not those of the layout")
    rng = generator(seed, f"deliveries/{layout.name}")
    n = len(extract)
    _plant_unknown_codes(extract, rng)
    ready = delivered_from(extract, seed)
    vanishes = np.full(n, NEVER, dtype=np.int64)
    if layout.full and layout.system not in (*_STEADY, *_LABELS):
        gone = (rng.random(n) < RATES["vanished"]) & (ready <= FIRST)
        vanishes[gone] = rng.choice(np.array(layout.deliveries[1:]), int(gone.sum()))
    order = np.argsort(extract.entered, kind="stable")
    previous = -NEVER
    for sent in layout.deliveries:
        held = (ready <= sent) & (vanishes > sent)
        if not layout.full:
            held &= (ready > previous) | extract.changed(previous, sent)
        if (layout.name, sent) == HEADER_ONLY:
            held[:] = False
        rows = order[held[order]]
        twice = rng.random(len(rows)) < RATES["duplicated"]
        rows = np.repeat(rows, np.where(twice, 2, 1))
        columns = {name: extract.column_on(name, sent).take(rows) for name in layout.columns}
        if sent > FIRST:
            columns = _drifted(layout.name, columns, rows)
        yield Delivery(layout, sent, pa.table(columns))
        previous = sent


def _plant_unknown_codes(extract: Extract, rng: np.random.Generator) -> None:
    for (name, column), code in UNKNOWN_CODES.items():
        if name == extract.layout.name:
            text = extract.columns[column]
            chosen = (rng.random(len(extract)) < RATES["code_unknown"]) & filled(text)
            # Rows whose code changes over time are left alone, so that the change stays plausible.
            for amendment in extract.amendments:
                if amendment.column == column:
                    chosen[amendment.rows] = False
            rows = np.flatnonzero(chosen)
            extract.columns[column] = replaced(
                text, rows, pa.array([code] * len(rows), pa.string())
            )


def _drifted(name: str, columns: dict[str, Text], rows: Rows) -> dict[str, Text]:
    """Columns under the headers and in the order of the later files."""
    columns = {ALIASED.get(name, {}).get(c, c): text for c, text in columns.items()}
    if name in UPPER_CASED:
        columns = {c.upper(): text for c, text in columns.items()}
    if name in REORDERED:
        first, *others = columns
        columns = {c: columns[c] for c in (first, *sorted(others))}
    if name in EXTENDED:
        header, values = EXTENDED[name]
        columns[header] = pa.array(values).take(pa.array(rows % len(values)))
    return columns
