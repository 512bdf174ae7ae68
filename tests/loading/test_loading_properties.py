"""In = loaded + rejected, whatever the file holds, counted by a reader that is not the loader."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from loading_place import HEADER, DuckDBStore, Place, PostgresStore, furnished, rows_in

from think_family.contract import read_contract
from think_family.loading.duckdb_engine import DuckDBEngine
from think_family.loading.engine import Engine
from think_family.loading.errors import LoadError
from think_family.loading.load import load_extracts
from think_family.loading.postgres_engine import PostgresEngine
from think_family.loading.warehouse import Warehouse

WIDTH = HEADER.count(",") + 1

_plain = st.text("abé ;#'\\|", max_size=4)
_awkward = st.text('a,"\n\r b', max_size=5).map(lambda text: '"' + text.replace('"', '""') + '"')
_stray = st.sampled_from(['a"b', '"', '"a"b', '""x', 'x""', '5" 6"'])
_field = st.one_of(_plain, _plain, _awkward, _stray)
_sound_field = st.one_of(_plain, _awkward)
_junk = st.text('a,"\n\r;\x00', max_size=6)


def _lines(field: st.SearchStrategy[str], width: st.SearchStrategy[int]) -> st.SearchStrategy[str]:
    return width.flatmap(lambda n: st.lists(field, min_size=n, max_size=n)).map(",".join)


_sound = _lines(_sound_field, st.just(WIDTH))
_damaged = st.one_of(_lines(_field, st.integers(1, WIDTH + 1)), _junk)
_end = st.sampled_from(["\n", "\r\n"])


@dataclass
class Bench:
    """A loader that stays open, with one file in its folder."""

    place: Place
    engine: Engine

    def load(self, text: str) -> tuple[int, int, int]:
        """Load the text as the one file; give rows, loaded and rejected by the ledger."""
        self.place.deliver("2025-06-30.csv", text)
        contract = read_contract(self.place.root / "models" / "staging")
        extracts = self.place.root / "extracts"
        try:
            load_extracts(extracts, contract, Warehouse(self.engine), _no_progress, _no_progress)
        except LoadError as error:
            # A file that is mostly bad is refused as a whole; that is shown elsewhere.
            assume("rows cannot be taken" not in error.message)
            assume("it is no text" not in error.message)
            raise
        ((n_rows, n_loaded, n_rejected),) = self.query(
            "select n_rows, n_loaded, n_rejected from raw.load_files"
        )
        return n_rows, n_loaded, n_rejected

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return self.engine.execute(sql)

    def count(self, table: str) -> int:
        ((count,),) = self.query(f"select count(*) from raw.{table}")
        return int(count)


def _no_progress(_: int) -> Callable[[int], None]:
    return lambda _: None


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def bench(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bench]:
    root = tmp_path_factory.mktemp("bench")
    if request.param == "postgres":
        store: PostgresStore = request.getfixturevalue("store")
        store.clear()
        place = furnished(root, store)
        opened: AbstractContextManager[Engine] = PostgresEngine(store.settings, "1GB")
    else:
        place = furnished(root, DuckDBStore(root / "build.duckdb"))
        opened = DuckDBEngine(root / "build.duckdb", "1GB")
    with opened as engine:
        yield Bench(place, engine)


def read_apart(text: str) -> list[list[str] | None]:
    """Read data rows as the loader promises to, the slow way; None is a row to be rejected.

    A record is the fewest lines that the strict reader of the standard library takes as a whole.
    Where it takes none, the first line is a record by itself, and a bad one.
    """
    lines = list(io.StringIO(text, newline=""))
    records: list[list[str] | None] = []
    start = 0
    while start < len(lines):
        for end in range(start + 1, len(lines) + 1):
            try:
                (record,) = csv.reader(lines[start:end], strict=True)
            except csv.Error as error:
                if "unexpected end of data" in str(error):
                    continue
                break
            if record:
                records.append(record)
            start = end
            break
        else:
            end = 0
        if start != end:
            records.append(None)
            start += 1
    return records[1:]


def is_sound(record: list[str] | None) -> bool:
    if record is None or any("\0" in field for field in record):
        return False
    is_wide_enough = len(record) == WIDTH or (len(record) == WIDTH + 1 and not record[-1])
    return is_wide_enough and bool(record[0].strip(" \t\r\n\v\f"))


@settings(max_examples=30, deadline=None)
@given(rows=st.lists(_sound, max_size=6), end=_end, last=st.sampled_from(["", "\n"]))
@example(rows=['"a\r\nb",,,,'], end="\n", last="")
def test_well_formed_rows_are_counted_as_the_standard_library_does(
    bench: Bench, rows: list[str], end: str, last: str
) -> None:
    text = end.join([HEADER, *rows]) + last
    n_rows, n_loaded, n_rejected = bench.load(text)
    assert n_rows == n_loaded + n_rejected == rows_in(text)
    assert n_loaded == bench.count("police_records__nominals")
    assert n_rejected == bench.count("load_rejects")


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.one_of(_sound, _sound, _damaged), max_size=7), end=_end)
@example(rows=['1,"a,b,c,d', "2,,,,", "3,,,,"], end="\n")
@example(rows=['1,"a,b,c,d', '2,"b",,,', "3,,,,"], end="\n")
@example(rows=['1,"a', 'b,b",,,,', "3,,,,"], end="\r\n")
@example(rows=["1,,,,,", "2,,,,,x"], end="\n")
@example(rows=["1,a\rb,,,", "2,,,,"], end="\n")
def test_every_row_of_a_dirty_file_is_loaded_or_rejected(
    bench: Bench, rows: list[str], end: str
) -> None:
    text = end.join([HEADER, *rows, ""])
    # A space before a quotation mark is read as the engine does, which is shown elsewhere.
    assume(not re.search(r'(^|,) +"', text, re.MULTILINE))
    records = read_apart(text)
    n_rows, n_loaded, n_rejected = bench.load(text)
    assert n_rows == n_loaded + n_rejected == len(records)
    assert n_rejected == bench.count("load_rejects")
    assert bench.query(
        f"select {HEADER}, _row_number from raw.police_records__nominals order by _row_number"
    ) == [
        (*(field or None for field in record[:WIDTH]), number)
        for number, record in enumerate(records, 1)
        if record and is_sound(record)
    ]
