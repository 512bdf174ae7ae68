"""The table of contents of a publication, on any engine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

import pyarrow as pa

# The table that tells what was published, beside the marts.
CONTENTS = "publication"

_SCHEMA = pa.schema([("mart", pa.string()), ("n_rows", pa.int64()), ("digest", pa.string())])


@dataclass(frozen=True, slots=True)
class Content:
    """A mart, as it was published: its name, its rows, and a digest of 32 hex digits."""

    mart: str
    n_rows: int
    digest: str


def content(mart: str, n_rows: int, upper: int, lower: int) -> Content:
    """Give the row of a mart from the sums, over all its rows, of the halves of an MD5 of each.

    Sums depend on no order, and a repeated row counts.
    """
    return Content(mart, n_rows, f"{upper % 2**64:016x}{lower % 2**64:016x}")


def contents_table(contents: Iterable[Content]) -> pa.Table:
    """Give the table of contents."""
    return pa.Table.from_pylist([asdict(content) for content in contents], schema=_SCHEMA)
