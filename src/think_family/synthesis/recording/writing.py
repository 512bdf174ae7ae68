"""Writing deliveries: CSV quoted as needed, or typed Parquet."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from think_family.synthesis.recording.deliveries import Delivery

_FREE_TEXT = ("address", "surname", "forename", "full_name", "location_line", "school_name")
"""Columns by whose presence an agency's export quotes every value."""


_IS_DATE = re.compile(r"^date_of_birth$|_date$|^half_term_start$")


def write(delivery: Delivery, folder: Path) -> int:
    """Write one delivery under the folder of extracts; returns the size of the file in bytes.

    Parquet files hold dates as dates and counts as numbers, as a database export would.
    """
    path = folder / delivery.path
    path.parent.mkdir(parents=True, exist_ok=True)
    table = delivery.table
    if delivery.layout.parquet:
        pyarrow.parquet.write_table(_typed(table, delivery.layout.style), path)
    else:
        names = [name.lower() for name in delivery.layout.columns]
        free = any(name.startswith(_FREE_TEXT) for name in names)
        style = "needed" if free else "none"
        pyarrow.csv.write_csv(table, path, pyarrow.csv.WriteOptions(quoting_style=style))
    return path.stat().st_size


def _typed(table: pa.Table, style: str) -> pa.Table:
    columns = {}
    for name in table.column_names:
        text = table[name]
        if style == "iso" and _IS_DATE.search(name):
            # What is no date stays out of a date column: a database would not have taken it.
            readable = pc.match_substring_regex(text, r"^[12]\d{3}-\d{2}-\d{2}$")
            text = pc.cast(pc.if_else(readable, text, pa.scalar(None, pa.string())), pa.date32())
        elif name.startswith("sessions"):
            text = pc.cast(text, pa.int16())
        columns[name] = text
    return pa.table(columns)
