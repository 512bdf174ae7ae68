"""Columns of text, made for whole extracts at once: dates, times, references, look-ups.

Every function takes numpy arrays and returns a pyarrow array of strings, null where nothing is
written. Days are day numbers as in `think_family.synthesis.world`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from think_family.synthesis.world import NEVER

Text: TypeAlias = Any
"""A pyarrow array of strings; pyarrow's compiled types tell a type checker nothing."""
Ints = npt.NDArray[np.integer[Any]]
Flags = npt.NDArray[np.bool_]

_FIRST_DAY = int(np.datetime64("1890-01-01", "D").astype(np.int64))
_LAST_DAY = int(np.datetime64("2031-01-01", "D").astype(np.int64))
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")

MISSING = -1
"""A code or position that is written as nothing."""


@cache
def _calendar(style: str) -> Text:
    iso = np.datetime_as_string(np.arange(_FIRST_DAY, _LAST_DAY).astype("datetime64[D]"), unit="D")
    whole = pa.array(iso)
    year, month, day = (pc.utf8_slice_codeunits(whole, *s) for s in ((0, 4), (5, 7), (8, 10)))
    if style == "iso":
        return whole
    if style == "dmy":
        return pc.binary_join_element_wise(day, month, year, "/")
    if style == "dmon":
        names = pa.array(_MONTHS).take(pc.subtract(pc.cast(month, pa.int32()), 1))
        return pc.binary_join_element_wise(day, names, year, "-")
    raise ValueError(f"unknown style of date: {style}")


def dates(days: Ints, style: str, *, where: Flags | None = None) -> Text:
    """Days as text: ``iso`` 2024-03-01, ``dmy`` 01/03/2024, ``dmon`` 01-MAR-2024.

    Days outside 1890 to 2030, `NEVER` among them, and those where `where` is false are null.
    """
    numbers = np.asarray(days, dtype=np.int64)
    empty = (numbers < _FIRST_DAY) | (numbers >= _LAST_DAY)
    if where is not None:
        empty |= ~where
    return _calendar(style).take(pa.array(numbers - _FIRST_DAY, mask=empty))


@cache
def _clock() -> Text:
    minutes = np.arange(24 * 60)
    return pa.array([f"T{m // 60:02d}:{m % 60:02d}:00Z" for m in minutes.tolist()])


def stamps(days: Ints, minutes: Ints) -> Text:
    """Points in time as ISO-8601 UTC text with Z; null where the day is null."""
    clock = _clock().take(pa.array(np.asarray(minutes, dtype=np.int64)))
    return pc.binary_join_element_wise(dates(days, "iso"), clock, "")


def take(vocabulary: Text, positions: Ints) -> Text:
    """Entries of a vocabulary by position; null where the position is negative."""
    where = np.asarray(positions, dtype=np.int64)
    return vocabulary.take(pa.array(where, mask=where < 0))


def coded(values: npt.NDArray[Any], codes: Sequence[str | None]) -> Text:
    """Code of each value, given values as positions in `codes`; None and negatives are null."""
    return take(pa.array(list(codes), pa.string()), values)


def whole(numbers: Ints, *, where: Flags | None = None) -> Text:
    """Whole numbers as text."""
    mask = None if where is None else ~where
    return pc.cast(pa.array(np.asarray(numbers, dtype=np.int64), mask=mask), pa.string())


def pounds(pence: Ints) -> Text:
    """Money in pounds with two decimals."""
    amount = np.asarray(pence, dtype=np.int64)
    rest = _padded(amount % 100, 2)
    return pc.binary_join_element_wise(whole(amount // 100), rest, ".")


def yes_no(
    flags: Flags, *, where: Flags | None = None, values: tuple[str, str] = ("N", "Y")
) -> Text:
    """Write flags as an agency does; null where `where` is false."""
    positions = np.asarray(flags, dtype=np.int64)
    return take(pa.array(values), positions if where is None else np.where(where, positions, -1))


def _padded(numbers: Ints, width: int) -> Text:
    """Whole numbers with leading zeros, by writing their digits straight into a buffer."""
    n = len(numbers)
    powers = 10 ** np.arange(width - 1, -1, -1, dtype=np.int64)
    digits = (np.asarray(numbers, dtype=np.int64)[:, None] // powers) % 10 + ord("0")
    offsets = np.arange(0, (n + 1) * width, width, dtype=np.int32)
    return pa.Array.from_buffers(
        pa.string(),
        n,
        [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(digits, dtype=np.uint8))],
    )


def references(prefix: str, numbers: Ints, width: int) -> Text:
    """Write references of a fixed form, such as N0001234; null where the number is negative.

    Raises `ValueError` when a number needs more digits than `width`.
    """
    values = np.asarray(numbers, dtype=np.int64)
    if len(values) and int(values.max()) >= 10**width:
        raise ValueError(f"a reference {prefix} needs more than {width} digits")
    text = pc.binary_join_element_wise(prefix, _padded(np.maximum(values, 0), width), "")
    return text if not (values < 0).any() else null_where(text, values < 0)


def joined(separator: str, *parts: Text | str) -> Text:
    """Texts joined element by element; null where any part is null."""
    return pc.binary_join_element_wise(*parts, separator)


def null_where(text: Text, where: Flags) -> Text:
    """Return the text, with null where the flag is set."""
    return pc.if_else(pa.array(where), pa.scalar(None, pa.string()), text)


def either(where: Flags, text: Text, other: Text) -> Text:
    """`text` where the flag is set, `other` elsewhere."""
    return pc.if_else(pa.array(where), text, other)


def replaced(text: Text, rows: Ints, values: Text) -> Text:
    """Return the text with `values` at the given rows (in rising order)."""
    mask = np.zeros(len(text), dtype=bool)
    mask[rows] = True
    return pc.replace_with_mask(text, pa.array(mask), values)


def filled(text: Text) -> Flags:
    """Where there is a text that is not empty."""
    found: Flags = pc.fill_null(pc.not_equal(text, ""), False).to_numpy(zero_copy_only=False)
    return found


def numpy_text(text: Text) -> npt.NDArray[np.str_]:
    """Turn text into fixed-width numpy unicode, empty for null; for small parts of an extract."""
    return np.array(pc.fill_null(text, "").to_numpy(zero_copy_only=False), dtype=np.str_)


def is_never(days: Ints) -> Flags:
    """Where a day is `NEVER`."""
    found: Flags = np.asarray(days) >= NEVER
    return found
