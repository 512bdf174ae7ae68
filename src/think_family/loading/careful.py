"""Row-by-row reading of CSV files that the engine's reader does not take whole.

The engine's reader is fast, and right about files that are well formed. About damaged rows it is
not: it cannot say for each row of the file whether it came in or why not. So a file with any fault
is read here instead, slower, and every row comes out once: as fields, or as a reject with its line.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from think_family.loading.header import ColumnMatch
from think_family.loading.inspection import ROW_LIMIT, CsvShape

# The characters of a rejected row that are kept beside its reason.
RAW_LINE_LIMIT = 2**20

# Not every engine can keep one in a text, so none is asked to.
NUL_FAULT = "it holds a NUL character"

# What counts as blank around a key: the same characters as the engine is told to trim.
BLANKS = " \t\r\n\v\f"


@dataclass(frozen=True, slots=True)
class Row:
    """A sound row: its number among the data rows of the file, from 1, and its fields."""

    number: int
    fields: list[str]


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that cannot be taken: line where it begins, reason, and its text."""

    line: int
    reason: str
    raw_line: str


def read_rows(
    path: Path, shape: CsvShape, keys: Sequence[tuple[str, int]]
) -> Iterator[Row | Reject]:
    """Read the data rows of a CSV file in order, each once, as a row or a reject.

    `keys` are the names and the 0-based places of the key columns. Where a quotation mark is left
    open, the line on which its row begins is rejected and reading goes on with the next line, so
    that one stray mark does not swallow the rest of the file. Memory stays bounded by ROW_LIMIT.
    """
    encoding = "utf-8-sig" if shape.encoding == "utf-8" else shape.encoding
    errors = "strict" if shape.encoding == "utf-16" else "surrogateescape"
    with path.open(encoding=encoding, errors=errors, newline="") as stream:
        yield from _read(stream, shape, keys)


def _read(
    stream: TextIO, shape: CsvShape, keys: Sequence[tuple[str, int]]
) -> Iterator[Row | Reject]:
    records = _records(stream, shape.delimiter)
    spaced = re.compile(rf"(?:^|{re.escape(shape.delimiter)}) +\"", re.MULTILINE)
    width = len(shape.match.headers)
    number = 0
    for line, text, fields, broken in records:
        if number == 0:
            # The header was read before; here it is only stepped over.
            number = 1
            continue
        if fields is not None and '"' in text and spaced.search(text):
            fields = _without_spaces_before_quotes(text, shape.delimiter, fields)
        if fields is not None and len(fields) == width + 1 and not fields[-1]:
            # A delimiter at the end of the row, as some exports write it.
            fields = fields[:-1]
        reason = broken or _fault(text, fields, shape, keys)
        if reason is None and fields is not None:
            yield Row(number, fields)
        else:
            yield Reject(line, reason or "", _shown(text))
        number += 1


def _fault(
    text: str, fields: list[str] | None, shape: CsvShape, keys: Sequence[tuple[str, int]]
) -> str | None:
    if "\0" in text:
        return NUL_FAULT
    if not shape.is_clean_text and not _is_clean(text):
        return "it holds bytes that do not belong to the file's encoding"
    width = len(shape.match.headers)
    if fields is None or len(fields) != width:
        found = 0 if fields is None else len(fields)
        return f"it has {found} field{'s' * (found != 1)} where the header has {width}"
    return key_fault(fields, shape.match, keys)


def key_fault(
    fields: Sequence[str], match: ColumnMatch, keys: Sequence[tuple[str, int]]
) -> str | None:
    """Why the key of a row does not serve, or None: empty, or the header over again."""
    values = [fields[place].strip(BLANKS) for _, place in keys]
    for (name, _), value in zip(keys, values, strict=True):
        if not value:
            return f"its key column {name} is empty"
    if values == [match.headers[place].strip(BLANKS) for _, place in keys]:
        return "it is the header line over again"
    return None


def _is_clean(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _shown(text: str) -> str:
    text = text.rstrip("\r\n").replace("\0", "\\x00")
    if len(text) > RAW_LINE_LIMIT:
        text = f"{text[:RAW_LINE_LIMIT]} [cut here]"
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _without_spaces_before_quotes(text: str, delimiter: str, fields: list[str]) -> list[str]:
    # `1, "Church Lane, 2"` means a quoted field to those who write it, and to the engine's reader.
    if not any(field.startswith(" ") and field.lstrip(" ").startswith('"') for field in fields):
        return fields
    reader = csv.reader([text], delimiter=delimiter, strict=True, skipinitialspace=True)
    try:
        return next(reader)
    except csv.Error:
        return fields


_TOO_LONG = f"it is longer than {ROW_LIMIT // 2**20} MiB, if all its quotation marks are closed"
_OPEN_QUOTE = "a quotation mark in it is not closed, or stands undoubled within a quoted field"

_Record = tuple[int, str, list[str] | None, str | None]


class _Lines:
    """Physical lines for the CSV reader, which can be given back."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._returned: deque[str] = deque()
        self.taken: list[str] = []
        self.first = 1

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._returned.popleft() if self._returned else self._read()
        if not line:
            raise StopIteration
        self.taken.append(line)
        return line

    def _read(self) -> str:
        line = self._stream.readline(ROW_LIMIT + 1)
        if len(line) > ROW_LIMIT and not line.endswith(("\n", "\r")):
            rest = line
            while rest and not rest.endswith(("\n", "\r")):
                rest = self._stream.readline(ROW_LIMIT)
        return line

    def begin(self) -> None:
        """Forget the lines of the record before."""
        self.first += len(self.taken)
        self.taken = []

    def keep_first(self) -> str:
        """Give back all lines of this record but the first."""
        self._returned.extendleft(reversed(self.taken[1:]))
        del self.taken[1:]
        return self.taken[0]


def _records(stream: TextIO, delimiter: str) -> Iterator[_Record]:
    """Give line, text, fields and fault of each record; blank lines are none."""
    lines = _Lines(stream)
    limit = csv.field_size_limit(ROW_LIMIT)
    try:
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        while True:
            lines.begin()
            fields: list[str] | None = None
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error:
                pass
            if fields is not None and not fields:
                continue
            size = sum(len(line) for line in lines.taken)
            if fields is None or size > ROW_LIMIT:
                text = lines.keep_first()
                yield lines.first, text, None, _TOO_LONG if size > ROW_LIMIT else _OPEN_QUOTE
            else:
                yield lines.first, "".join(lines.taken), fields, None
    finally:
        csv.field_size_limit(limit)
