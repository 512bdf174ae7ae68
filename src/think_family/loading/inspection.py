"""Looking at a file before it is loaded: digest, encoding, delimiter, header, records.

The scan counts the records of a CSV file by itself, from quotation marks and line ends, so that
the rows which the engine's reader delivers are checked against a count that is not its own.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from think_family.loading.deliveries import Delivery
from think_family.loading.errors import FileRefusedError, Refusal
from think_family.loading.header import ColumnMatch, match_columns

# One row, with its quotation marks and line breaks, may have this many bytes.
ROW_LIMIT = 16 * 2**20

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}

_CHUNK = 8 * 2**20
_HEADER_LIMIT = 2**20
_CP1252_HOLES = bytes([0x81, 0x8D, 0x8F, 0x90, 0x9D])
_ENCODING_NAMES = {"utf-8": "UTF-8", "utf-16": "UTF-16", "cp1252": "Windows-1252"}


@dataclass(frozen=True, slots=True)
class CsvShape:
    """How a CSV file is written.

    `n_rows` is the number of data rows by quotation marks and line ends, or None where the file is
    not plain. `is_plain` says that the engine's own reader may try it: UTF-8, one-line header, no
    NUL, no lone carriage return, quotation marks in pairs, no row over the limit. `is_clean_text`
    is False when some bytes do not belong to the encoding. `longest` is the longest row in bytes.
    """

    encoding: str
    delimiter: str
    match: ColumnMatch
    is_plain: bool
    is_clean_text: bool
    n_rows: int | None
    longest: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ParquetShape:
    """The columns of a Parquet file, as (name, type), and how they match the contract."""

    columns: tuple[tuple[str, str], ...]
    match: ColumnMatch


@dataclass(slots=True)
class _Scan:
    """What one pass over the bytes of a file finds."""

    n_bytes: int = 0
    n_quotes: int = 0
    n_records: int = 0
    longest: int = 0
    n_nul: int = 0
    n_cr: int = 0
    n_crlf: int = 0
    n_lf: int = 0
    has_holes: bool = False
    is_utf8: bool = True
    is_utf16: bool = True
    last_byte: int = 10
    _row_start: int = 0


def file_digest(path: Path) -> str:
    """SHA-256 of the bytes of a file, as hex digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def inspect_csv(delivery: Delivery) -> CsvShape:
    """Scan a CSV file and match its header.

    Raises:
        FileRefusedError: the file is empty, no text, or lacks a required column.
    """
    path = delivery.path
    with path.open("rb") as stream:
        head = stream.read(_HEADER_LIMIT)
    if not head.strip():
        raise _refused(
            delivery,
            "it is empty, without even a header line.",
            "Ask for the file again; an extract without rows holds its header line.",
        )
    is_utf16 = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if b"\0" in head[:4096] and not is_utf16:
        raise _refused(
            delivery,
            "it is no text, whatever its name says.",
            "Save the extract as CSV in UTF-8 (a workbook or archive renamed to .csv is not one; "
            "UTF-16 needs a byte-order mark).",
        )
    scan = _scan(path, is_utf16)
    encoding, is_clean = _encoding(path, scan, is_utf16)
    if is_utf16 and not scan.is_utf16:
        raise _refused(
            delivery,
            "it begins as UTF-16 but cannot be decoded as such.",
            "It was cut short or changed on its way: ask for it again, in UTF-8.",
        )
    delimiter, headers, n_lines = _header(delivery, head, encoding)
    match = match_columns(delivery.extract, headers)
    refuse_unusable(delivery, match)
    is_plain = (
        encoding == "utf-8"
        and is_clean
        and n_lines == 1
        and not scan.n_nul
        and scan.n_cr == scan.n_crlf
        and scan.n_quotes % 2 == 0
        and scan.longest <= ROW_LIMIT
    )
    return CsvShape(
        encoding=encoding,
        delimiter=delimiter,
        match=match,
        is_plain=is_plain,
        is_clean_text=is_clean,
        n_rows=scan.n_records - 1 if is_plain else None,
        longest=scan.longest,
        notes=tuple(_notes(encoding, is_clean, delimiter, scan)),
    )


def refuse_unusable(delivery: Delivery, match: ColumnMatch) -> None:
    """Raise FileRefusedError when the header does not serve; no header is quoted.

    The first line of a file that came without a header holds a person's values.
    """
    extract = delivery.extract
    if match.n_matched == 0:
        raise _refused(
            delivery,
            "its first line names no column of the contract.",
            "The first line must hold the column names, parted by comma, semicolon, tab or pipe; "
            "the columns are listed in docs/input-contract.md.",
        )
    if any("\0" in header for header in match.headers):
        raise _refused(
            delivery,
            "the name of one of its columns holds a NUL character.",
            "It was changed on its way, or its export is at fault: ask for it again.",
        )
    lacking = [column for column in extract.required_columns if column in match.missing]
    if lacking:
        what = "the column" if len(lacking) == 1 else "the columns"
        raise _refused(
            delivery,
            f"it lacks {what} {', '.join(lacking)}.",
            "Ask for the column; if it only has a new name, add that to the column's aliases in "
            f"{extract.source_file}.",
        )
    if match.doubled:
        raise _refused(
            delivery,
            f"more than one of its columns is {', '.join(match.doubled)}.",
            "Ask which of them holds, and have the other renamed or left out.",
        )


def column_notes(match: ColumnMatch) -> list[str]:
    """Tell what is odd about a header; extra columns are counted and not named, on purpose."""
    notes = [f"{old} read as {new}" for old, new in match.renamed]
    if match.missing:
        notes.append(f"without {', '.join(match.missing)}")
    if match.extra:
        count = len(match.extra)
        notes.append(f"{count} extra column{'s' * (count > 1)} kept in _extra_columns")
    return notes


def _refused(delivery: Delivery, problem: str, remedy: str) -> FileRefusedError:
    return FileRefusedError(Refusal(delivery.file, problem, remedy))


def _notes(encoding: str, is_clean: bool, delimiter: str, scan: _Scan) -> Iterator[str]:
    if encoding != "utf-8":
        yield f"read as {_ENCODING_NAMES[encoding]}"
    elif not is_clean:
        yield "some bytes are not UTF-8"
    if delimiter != ",":
        yield f"parted by {DELIMITERS[delimiter]}"
    if scan.last_byte not in (0, 10, 13):
        yield "no line end after the last row, which may be cut short"


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb", buffering=0) as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


def _scan(path: Path, is_utf16: bool) -> _Scan:
    scan = _Scan()
    if is_utf16:
        decoder = codecs.getincrementaldecoder("utf-16")()
        scan.is_utf16 = _decodes(decoder, path)
        with path.open("rb") as stream:
            stream.seek(-2, io.SEEK_END)
            scan.last_byte = 10 if 10 in stream.read(2) else 65
        return scan
    decoder = codecs.getincrementaldecoder("utf-8")()
    for chunk in _chunks(path):
        if scan.is_utf8 and not (chunk.isascii() and not decoder.getstate()[0]):
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                scan.is_utf8 = False
        if not chunk.isascii():
            scan.has_holes = scan.has_holes or any(hole in chunk for hole in _CP1252_HOLES)
        _scan_chunk(scan, chunk)
    if decoder.getstate()[0]:
        scan.is_utf8 = False
    if scan.n_bytes > scan._row_start:
        _add_rows(scan, np.array([scan.n_bytes]), scan.last_byte)
    return scan


def _decodes(decoder: codecs.IncrementalDecoder, path: Path) -> bool:
    try:
        for chunk in _chunks(path):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _scan_chunk(scan: _Scan, chunk: bytes) -> None:
    data = np.frombuffer(chunk, dtype=np.uint8)
    scan.n_nul += chunk.count(b"\0")
    scan.n_cr += chunk.count(b"\r")
    scan.n_crlf += chunk.count(b"\r\n")
    scan.n_crlf += scan.last_byte == 13 and chunk[:1] == b"\n"
    ends: npt.NDArray[np.intp] = np.flatnonzero(data == 10)
    scan.n_lf += ends.size
    quotes = np.flatnonzero(data == 34)
    if quotes.size or scan.n_quotes % 2:
        # A line break within quotation marks ends no row.
        before = np.searchsorted(quotes, ends) + scan.n_quotes
        ends = ends[before % 2 == 0]
        scan.n_quotes += quotes.size
    if ends.size:
        previous = data[ends - 1]
        if ends[0] == 0:
            previous[0] = scan.last_byte
        _add_rows(scan, ends + scan.n_bytes, previous)
    scan.n_bytes += len(chunk)
    scan.last_byte = chunk[-1]


def _add_rows(
    scan: _Scan, ends: npt.NDArray[np.intp], previous: npt.NDArray[np.uint8] | int
) -> None:
    starts = np.concatenate(([scan._row_start], ends[:-1] + 1))
    lengths = ends - starts
    # Blank lines are no rows, for any CSV reader of use here.
    is_blank = (lengths == 0) | ((lengths == 1) & (previous == 13))
    scan.n_records += int(lengths.size - is_blank.sum())
    scan.longest = max(scan.longest, int(lengths.max()))
    scan._row_start = int(ends[-1]) + 1


def _encoding(path: Path, scan: _Scan, is_utf16: bool) -> tuple[str, bool]:
    """Give the encoding, and whether every byte belongs to it."""
    if is_utf16:
        return "utf-16", True
    if scan.is_utf8:
        return "utf-8", True
    n_bad = n_good = 0
    with path.open(encoding="utf-8", errors="surrogateescape", newline="") as stream:
        while text := stream.read(_CHUNK):
            if text.isascii():
                continue
            points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
            is_bad = (points >= 0xDC80) & (points <= 0xDCFF)
            n_bad += int(is_bad.sum())
            n_good += int(((points > 0x7F) & ~is_bad).sum())
    # Mostly sound UTF-8 is UTF-8 with damaged rows; else an old Windows export.
    if n_good > n_bad:
        return "utf-8", False
    return "cp1252", not scan.has_holes


def _header(delivery: Delivery, head: bytes, encoding: str) -> tuple[str, tuple[str, ...], int]:
    """Delimiter, headers, and the number of lines up to and with the header."""
    text = head.decode("utf-8-sig" if encoding == "utf-8" else encoding, errors="replace")
    headers = {delimiter: _first_record(text, delimiter) for delimiter in DELIMITERS}
    # The delimiter is the one under which the most columns of the contract appear; the first of
    # equals, so a header of one column leaves the comma.
    best = max(
        headers, key=lambda mark: match_columns(delivery.extract, headers[mark][0]).n_matched
    )
    return best, *headers[best]


def _first_record(text: str, delimiter: str) -> tuple[tuple[str, ...], int]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for record in reader:
            if any(record):
                return tuple(record), reader.line_num
    except csv.Error:
        pass
    return (), 0
