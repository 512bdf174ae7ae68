"""The load ledger: which extracts the contract has, which files are loaded, which rows were not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from think_family.contract import Extract
from think_family.loading.careful import Reject
from think_family.loading.deliveries import Delivery
from think_family.loading.header import ColumnMatch

# Columns of each table with their types, in words that every engine has.
LEDGER = {
    "load_extracts": {
        "system": "text",
        "extract": "text",
        "table_name": "text",
        "description": "text",
        "agency": "text",
        "programme": "text",
        "delivery": "text",
        "key_columns": "text",
        "happened_column": "text",
        "recorded_column": "text",
        "fresh_within_days": "integer",
        "lawful_basis": "text",
        "permitted_purposes": "text",
        "handling": "text",
        "label_rows": "text",
    },
    "load_files": {
        "system": "text",
        "extract": "text",
        "file": "text",
        "extract_date": "date",
        "delivery": "text",
        "sha256": "text",
        "n_bytes": "bigint",
        "n_rows": "bigint",
        "n_loaded": "bigint",
        "n_rejected": "bigint",
        "missing_columns": "text",
        "extra_columns": "text",
        "renamed_columns": "text",
        "notes": "text",
        "contract_digest": "text",
    },
    "load_rejects": {
        "system": "text",
        "extract": "text",
        "file": "text",
        "line": "bigint",
        "reason": "text",
        "raw_line": "text",
    },
}

_ARROW_TYPES = {
    # A reject may be a megabyte long, and a file may have many of them.
    "text": pa.large_string(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "date": pa.date32(),
}


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """What the ledger says of a file that is loaded."""

    file: str
    extract: str
    extract_date: date
    sha256: str
    contract_digest: str
    n_loaded: int


def extract_rows(extracts: Iterable[Extract]) -> list[tuple[object, ...]]:
    """Give the rows of raw.load_extracts; sortable, because no two extracts share their names."""
    return [
        (
            extract.system,
            extract.name,
            extract.table,
            extract.description,
            extract.agency,
            extract.programme,
            extract.delivery,
            _listed(extract.key),
            extract.happened_column,
            extract.recorded_column,
            extract.fresh_within_days,
            extract.lawful_basis,
            _listed(extract.permitted_purposes),
            extract.handling,
            extract.label_rows,
        )
        for extract in extracts
    ]


def file_row(
    delivery: Delivery,
    match: ColumnMatch,
    *,
    sha256: str,
    n_loaded: int,
    n_rejected: int,
    notes: Sequence[str],
) -> tuple[object, ...]:
    """Give the row of raw.load_files for a file that is loaded."""
    extract = delivery.extract
    return (
        extract.system,
        extract.name,
        delivery.file,
        delivery.extract_date,
        extract.delivery,
        sha256,
        delivery.n_bytes,
        n_loaded + n_rejected,
        n_loaded,
        n_rejected,
        _listed(match.missing),
        _listed(header for _, header in match.extra),
        _listed(f"{old} -> {new}" for old, new in match.renamed),
        "; ".join(notes) or None,
        extract.digest,
    )


def reject_rows(delivery: Delivery, rejects: Iterable[Reject]) -> list[tuple[object, ...]]:
    """Give the rows of raw.load_rejects for a file."""
    extract, file = delivery.extract, delivery.file
    return [(extract.system, extract.name, file, r.line, r.reason, r.raw_line) for r in rejects]


def as_arrow(table: str, rows: Sequence[tuple[object, ...]]) -> pa.Table:
    """Give rows of the ledger's `table`, at least one, as Arrow."""
    columns = LEDGER[table]
    return pa.table(
        {
            name: pa.array(values, type=_ARROW_TYPES[kind])
            for (name, kind), values in zip(columns.items(), zip(*rows, strict=True), strict=True)
        }
    )


def _listed(names: Iterable[str]) -> str | None:
    return ", ".join(names) or None
