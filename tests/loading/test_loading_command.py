"""`think-family load` as its users meet it: what comes in, what is told, what stands afterwards."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from loading_place import CANARY, HEADER, SOURCES, Place, PostgresStore, on_both

pytestmark = on_both

GOOD = f"{HEADER}\n1,Smith,01/02/1990,1.70,2020-01-01\n2,Jones,,,2020-01-02\n"
FILE = "police_records/nominals/2025-06-30.csv"


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def test_raw_row_keeps_text_and_says_where_it_came_from(place: Place) -> None:
    place.deliver("2025-06-30.csv", GOOD)
    assert place.load().exit_code == 0
    assert place.nominals("*") == [
        (
            *("1", "Smith", "01/02/1990", "1.70", "2020-01-01"),
            md5("police_records|nominals|1"),
            md5("1\x1fSmith\x1f01/02/1990\x1f1.70\x1f2020-01-01"),
            *(FILE, 1, date(2025, 6, 30), None),
        ),
        (
            *("2", "Jones", None, None, "2020-01-02"),
            md5("police_records|nominals|2"),
            md5("2\x1fJones\x1f\x1e\x1f\x1e\x1f2020-01-02"),
            *(FILE, 2, date(2025, 6, 30), None),
        ),
    ]


def test_ledger_tells_extracts_and_files(place: Place) -> None:
    place.deliver("2025-06-30.csv", GOOD)
    place.load()
    assert place.query(
        "select system, extract, agency, programme, delivery, fresh_within_days, handling, "
        "label_rows from raw.load_extracts order by extract"
    ) == [
        ("police_records", "nominals", "Police", "force", "full", 35, "official_sensitive", "none"),
        (
            "police_records",
            "roles",
            "Police",
            "force",
            "incremental",
            None,
            "official_sensitive",
            "none",
        ),
    ]
    assert place.query(
        "select system, extract, file, extract_date, delivery, sha256, n_bytes, n_rows, n_loaded, "
        "n_rejected, missing_columns, extra_columns from raw.load_files"
    ) == [
        (
            *("police_records", "nominals", FILE, date(2025, 6, 30), "full"),
            hashlib.sha256(GOOD.encode()).hexdigest(),
            *(len(GOOD), 2, 2, 0, None, None),
        )
    ]


def test_summary_shows_in_equals_loaded_plus_rejected(place: Place) -> None:
    place.deliver("2025-06-30.csv", GOOD + ",Brown,,,2020-01-01\n")
    output = place.load().output
    assert "police_records/nominals           1           3           2           1" in output
    assert "Rows in files 3 = loaded 2 + rejected 1." in output
    assert (
        "2025-06-30.csv: 1 row rejected, first in line 4: its key column nominal_ref is empty"
        in output
    )
    assert "Without files, tables empty: police_records/roles." in output


def test_source_without_files_is_an_empty_table(place: Place) -> None:
    assert place.load().exit_code == 0
    assert place.query("select * from raw.police_records__roles") == []
    assert len(place.query("select * from raw.load_extracts")) == 2


def test_same_file_twice_changes_nothing(place: Place) -> None:
    path = place.deliver("2025-06-30.csv", GOOD + ",Brown,,,2020-01-01\n")
    place.load()
    before = place.store.image()
    os.utime(path, (0, 0))
    output = place.load().output
    assert place.store.image() == before
    assert "Nothing new." in output
    assert "Loaded before and unchanged: 1 file." in output


def test_changed_content_replaces_the_rows_of_that_file_only(place: Place) -> None:
    place.deliver("2025-06-30.csv", GOOD + ",Brown,,,2020-01-01\n")
    place.deliver("2025-07-31.csv", GOOD)
    place.load()
    place.deliver("2025-06-30.csv", f"{HEADER}\n7,White,,,2020-01-01\n")
    output = place.load().output
    assert "2025-06-30.csv: replaces its earlier content of 2 rows" in output
    assert place.nominals() == [("7", "White"), ("1", "Smith"), ("2", "Jones")]
    assert place.rejects() == []
    assert place.counts() == [(FILE, 1, 1, 0), (FILE.replace("06-30", "07-31"), 2, 2, 0)]


def test_every_delivery_is_kept(place: Place) -> None:
    place.deliver("2025-06-30.csv", GOOD)
    place.deliver("2025-07-31.csv", GOOD)
    output = place.load().output
    assert len(place.nominals()) == 4
    assert "2025-07-31.csv: same content as 2025-06-30.csv" in output


def test_late_file_is_an_earlier_delivery(place: Place) -> None:
    place.deliver("2025-07-31.csv", GOOD)
    place.load()
    place.deliver("2025-06-30.csv", f"{HEADER}\n1,Smyth,,,2020-01-01\n")
    output = place.load().output
    assert "2025-06-30.csv: arrived after 2025-07-31, taken as an earlier delivery" in output
    assert place.nominals("surname, _extract_date")[0] == ("Smyth", date(2025, 6, 30))


def test_files_are_loaded_in_order_of_extract_date(place: Place) -> None:
    place.deliver("2025-07-31.csv", "nominal_ref,occurrence_ref\n1,1\n", "roles")
    place.deliver("2025-08-31.csv", GOOD)
    place.deliver("2025-06-30.csv", GOOD)
    place.load()
    # The order in which they were written is the order of the ledger's rows.
    assert place.query("select extract_date from raw.load_files") == [
        (date(2025, 6, 30),),
        (date(2025, 7, 31),),
        (date(2025, 8, 31),),
    ]


def test_file_that_left_the_folder_keeps_its_rows(place: Place) -> None:
    place.deliver("2025-06-30.csv", GOOD).rename(place.root / "elsewhere.csv")
    path = place.deliver("2025-06-30.csv", GOOD)
    place.load()
    path.unlink()
    output = place.load().output
    assert f"no longer in the folder, rows kept: {FILE}" in output
    assert "tables empty: police_records/roles." in output
    assert len(place.nominals()) == 2


def test_contract_that_gains_a_column_loads_its_files_again(place: Place) -> None:
    place.deliver("2025-06-30.csv", f"{HEADER},shoe_size\n1,Smith,,,2020-01-01,9\n")
    place.load()
    assert place.nominals("_extra_columns") == [('{"shoe_size":"9"}',)]
    column = "          - {name: shoe_size, data_type: integer}\n"
    place.contract(SOURCES.replace("      - name: roles\n", f"{column}      - name: roles\n"))
    assert "loaded again, because its contract changed" in place.load().output
    assert place.nominals("nominal_ref, shoe_size, _extra_columns") == [("1", "9", None)]


def test_key_of_several_columns_and_bars_within_them(place: Place) -> None:
    text = "nominal_ref,occurrence_ref\n a|b ,c\na,b|c\nx,y\n"
    place.deliver("2025-06-30.csv", text, "roles")
    place.load()
    rows = place.query(
        "select _source_row_key, nominal_ref from raw.police_records__roles order by _row_number"
    )
    assert rows == [
        (md5(r"police_records|roles|a\|b|c"), " a|b "),
        (md5(r"police_records|roles|a|b\|c"), "a"),
        (md5("police_records|roles|x|y"), "x"),
    ]


def test_folder_whose_name_is_a_pattern(make_place: Callable[[str], Place]) -> None:
    place = make_place("a [b]* 'c' {d}")
    place.deliver("2025-06-30.csv", GOOD)
    table = pa.table({"nominal_ref": ["5"], "recorded_date": ["2020-01-01"]})
    pq.write_table(table, place.deliver("2025-07-31.parquet", ""))
    assert place.load().exit_code == 0
    assert len(place.nominals()) == 3


def test_parquet_reads_as_the_csv_of_the_contract_would(place: Place) -> None:
    table = pa.table(
        {
            "Nominal Ref": pa.array([1.0, 2.0, None]),
            "surname": ["O'Neil", "", CANARY],
            "date_of_birth": pa.array([date(1990, 2, 1), None, None]),
            "height": pa.array([1.7, 2.0, float("nan")]),
            "recorded_date": pa.array([1577836800000, 1577923200000, 0], type=pa.timestamp("ms")),
            "tags": pa.array([["a"], None, None]),
        }
    )
    pq.write_table(table, place.deliver("2025-06-30.parquet", ""))
    output = place.load().output
    assert place.nominals(f"{HEADER}, _row_number, _extract_date, _extra_columns") == [
        (
            "1",
            "O'Neil",
            "01/02/1990",
            "1.7",
            "2020-01-01",
            1,
            date(2025, 6, 30),
            '{"tags":"[\\"a\\"]"}',
        ),
        ("2", None, None, "2", "2020-01-02", 2, date(2025, 6, 30), None),
    ]
    ((line, reason, raw_line),) = place.rejects()
    assert (line, reason) == (3, "its key column nominal_ref is empty")
    assert CANARY in raw_line
    assert CANARY not in output
    assert "Rows in files 3 = loaded 2 + rejected 1." in output


def test_large_file_keeps_row_numbers_and_line_breaks(place: Place) -> None:
    n_rows = 60_000
    note = "x" * 60
    rows = (f'{i},"{note}\n""{i}""",01/02/1990,{i % 7},2020-01-01\n' for i in range(1, n_rows + 1))
    place.deliver("2025-06-30.csv", f"{HEADER}\n{''.join(rows)}")
    place.load()
    assert place.query(
        "select count(*), count(*) filter (where cast(nominal_ref as bigint) = _row_number "
        f"and surname = '{note}' || chr(10) || '\"' || _row_number || '\"'), "
        "count(distinct _source_row_key), count(distinct _content_hash) "
        "from raw.police_records__nominals"
    ) == [(n_rows,) * 4]


KILLER = """
import os, signal
from think_family.loading import {engine}_engine as engines
engine = engines.{kind}
insert, execute, inserted = engine.insert, engine.execute, []
def insert_or_die(self, table, query, parameters):
    inserted.append(table)
    if inserted[-1] == "load_files" and {moment!r} == "before the ledger":
        os.kill(os.getpid(), signal.SIGKILL)
    insert(self, table, query, parameters)
def execute_or_die(self, sql, parameters=()):
    if sql == "commit" and inserted[-1:] == ["load_files"]:
        os.kill(os.getpid(), signal.SIGKILL)
    return execute(self, sql, parameters)
engine.insert, engine.execute = insert_or_die, execute_or_die
"""


@pytest.mark.parametrize("moment", ["before the ledger", "before the commit"])
def test_killed_load_leaves_what_stood_before(place: Place, moment: str) -> None:
    """The process kills itself, as kill -9 would, with all rows of the file written."""
    place.deliver("2025-06-30.csv", GOOD)
    place.load()
    before = place.state()
    place.deliver("2025-06-30.csv", GOOD.replace("Smith", CANARY))
    place.deliver("2025-07-31.csv", GOOD)
    is_postgres = isinstance(place.store, PostgresStore)
    names = ("postgres", "PostgresEngine") if is_postgres else ("duckdb", "DuckDBEngine")
    killer = KILLER.format(engine=names[0], kind=names[1], moment=moment)
    with place.start_load(killer) as process:
        _, told = process.communicate()
    assert process.returncode == -9, told
    assert place.state() == before
    assert place.load().exit_code == 0
    assert place.nominals() == [("1", CANARY), ("2", "Jones"), ("1", "Smith"), ("2", "Jones")]
