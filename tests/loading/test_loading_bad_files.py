"""Deliveries as a careless agency sends them.

Every bad file carries a canary in place of a name. It may stand in the warehouse, in the raw table
or with its rejected row, and nowhere else: not in what is printed, and in no file beside.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import Result
from loading_place import CANARY, HEADER, Place, PostgresStore, on_both

from think_family.contract import read_contract
from think_family.loading import load as load_module
from think_family.loading.deliveries import find_deliveries
from think_family.loading.inspection import inspect_csv
from think_family.loading.staging import Staged, Staging

GOOD = f"{HEADER}\n1,Smith,01/02/1990,1.70,2020-01-01\n"
ROW = f"5,{CANARY},01/02/1990,1.70,2020-01-01\n"
JULY = "police_records/nominals/2025-07-31.csv"

OPEN_QUOTE = "a quotation mark in it is not closed, or stands undoubled within a quoted field"


@pytest.fixture
def load(place: Place, capfd: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Deliver one more file beside a good one and load; the canary must not come out."""
    place.deliver("2025-06-30.csv", GOOD)
    assert place.load().exit_code == 0

    def run(
        content: str | bytes, name: str = "2025-07-31.csv", extract: str = "nominals"
    ) -> Result:
        place.deliver(name, content, extract)
        result = place.load()
        streams = capfd.readouterr()
        assert CANARY not in result.output + streams.out + streams.err
        held = (place.root / "extracts", place.root / "warehouse")
        for path in place.root.rglob("*"):
            if path.is_file() and not any(path.is_relative_to(part) for part in held):
                assert CANARY.encode() not in path.read_bytes(), path
        if isinstance(place.store, PostgresStore):
            # Not even the server's own log quotes a row.
            assert CANARY not in place.store.said()
        return result

    return run


def loaded(place: Place) -> list[str | None]:
    rows = place.query(f"select surname from raw.police_records__nominals where _file = '{JULY}'")
    return [surname for (surname,) in sorted(rows)]


def binary(kind: str) -> bytes:
    buffer = io.BytesIO()
    if kind == "workbook":
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("xl/worksheets/sheet1.xml", f"<c>{CANARY}</c>" * 100)
    else:
        pq.write_table(pa.table({"nominal_ref": ["1"], "surname": [CANARY]}), buffer)
    return buffer.getvalue()


PARQUET = binary("parquet")

REFUSED = {
    "empty": (b"", "it is empty"),
    "blank": (b"\n \n", "it is empty"),
    "workbook": (binary("workbook"), "it is no text"),
    "parquet named .csv": (PARQUET, "it is no text"),
    "UTF-16 without its mark": (f"{HEADER}\n{ROW}".encode("utf-16-le"), "it is no text"),
    "UTF-16 cut in the middle": (f"{HEADER}\n{ROW}".encode("utf-16")[:-1], "cannot be decoded"),
    "no header": (ROW * 3, "names no column of the contract"),
    "unheard-of delimiter": (f"{HEADER}\n{ROW}".replace(",", "~"), "names no column"),
    "title above the header": (f"Nominals of {CANARY}\n{HEADER}\n{ROW}", "names no column"),
    "key column missing": (
        f"surname,recorded_date\n{CANARY},2020-01-01\n",
        "it lacks the column nominal_ref",
    ),
    "recorded date missing": (
        f"nominal_ref,surname\n5,{CANARY}\n",
        "it lacks the column recorded_date",
    ),
    "key column with an unknown name": (
        f"{HEADER.replace('nominal_ref', 'person')}\n{ROW}",
        "it lacks the column nominal_ref. ",
    ),
    "column twice": (
        f"{HEADER},Surname\n5,{CANARY},,,2020-01-01,x\n",
        "more than one of its columns is surname",
    ),
    "NUL in the header": (
        f"{HEADER},{'x' * 5000}\0\n{ROW}",
        "the name of one of its columns holds a NUL character",
    ),
    "most rows misshapen": (
        f"{HEADER}\n{ROW}" + f"6,{CANARY},2020-01-01\n" * 20,
        "20 of its 21 rows cannot be taken (20 rows rejected, first in line 3: it has 3 fields "
        "where the header has 5)",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_unreadable_file_stops_the_load(
    load: Callable[..., Result], place: Place, case: str
) -> None:
    content, message = REFUSED[case]
    before = place.state()
    result = load(content)
    assert result.exit_code == 1
    told = " ".join(result.output.split())
    assert f"{JULY}: " in told
    assert message.strip() in told
    assert place.state() == before


@pytest.mark.parametrize(
    "content",
    [PARQUET[:-7], PARQUET[: len(PARQUET) // 2], f"{HEADER}\n{ROW}".encode(), b""],
    ids=["cut at its end", "cut in the middle", "CSV named .parquet", "empty"],
)
def test_unreadable_parquet_stops_the_load(
    load: Callable[..., Result], place: Place, content: bytes
) -> None:
    before = place.state()
    result = load(content, "2025-07-31.parquet")
    assert result.exit_code == 1
    assert "2025-07-31.parquet: it cannot be read as Parquet" in result.output
    assert place.state() == before


def test_parquet_damaged_within_stops_the_load(load: Callable[..., Result], place: Place) -> None:
    buffer = io.BytesIO()
    table = pa.table(
        {"nominal_ref": [str(i) for i in range(5000)], "surname": [CANARY] * 5000}
    ).append_column("recorded_date", pa.array(["2020-01-01"] * 5000))
    pq.write_table(table, buffer, compression="snappy", use_dictionary=False)
    content = bytearray(buffer.getvalue())
    content[40:400] = bytes(360)
    before = place.state()
    result = load(bytes(content), "2025-07-31.parquet")
    assert result.exit_code == 1
    assert "it cannot be read as Parquet" in result.output
    assert place.state() == before


@on_both
def test_nul_in_parquet_rejects_its_row(load: Callable[..., Result], place: Place) -> None:
    buffer = io.BytesIO()
    table = pa.table(
        {
            "nominal_ref": ["1", "2", "\0"],
            "surname": ["Good", f"{CANARY}\0", None],
            "recorded_date": ["2020-01-01"] * 3,
            "notes": [["a\0"], None, None],
        }
    )
    pq.write_table(table, buffer)
    result = load(buffer.getvalue(), "2025-07-31.parquet")
    assert "Rows in files 3 = loaded 1 + rejected 2." in result.output
    (first, second) = place.rejects()
    assert first[:2] == (2, "it holds a NUL character")
    assert f"{CANARY}\\u0000" in first[2]
    assert second[:2] == (3, "it holds a NUL character")
    assert place.nominals("surname, _extra_columns")[1:] == [
        ("Good", '{"notes":"[\\"a\\\\u0000\\"]"}')
    ]


@on_both
def test_every_file_that_cannot_be_read_is_named_and_none_is_loaded(
    load: Callable[..., Result], place: Place
) -> None:
    before = place.state()
    place.deliver("2025-05-31.csv", GOOD)
    place.deliver("2025-08-31.csv", "")
    result = load(ROW)
    assert "2 files cannot be loaded; nothing was loaded" in result.output
    assert JULY in result.output
    assert "2025-08-31.csv" in result.output
    assert place.state() == before


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nominals.csv", "its name is not a date"),
        ("20250731.csv", "its name is not a date"),
        ("2025-02-30.csv", "its name is not a date"),
        ("2025-07-31.xlsx", "it is neither CSV nor Parquet by its name"),
        ("2025-06-30.parquet", "there is another file of the same day, 2025-06-30.csv"),
    ],
)
def test_file_name_that_says_no_day(load: Callable[..., Result], name: str, message: str) -> None:
    result = load(f"{HEADER}\n{ROW}", name)
    assert result.exit_code == 1
    assert f"police_records/nominals/{name}: {message}" in result.output


def test_unknown_folder_suggests_the_nearest(load: Callable[..., Result], place: Place) -> None:
    result = load(ROW, extract="nominal")
    assert "police_records/nominal: the input contract knows no such extract" in result.output
    assert "Did you mean nominals?" in result.output
    (place.root / "extracts" / "Police-Records").mkdir()
    (place.root / "extracts" / "zzz").mkdir()
    (place.root / "extracts" / "loose.csv").write_text(ROW)
    output = load(GOOD).output
    assert "Police-Records: the input contract knows no such system" in output
    assert "Did you mean police_records?" in output
    assert "Known: police_records." in output
    assert "loose.csv: it stands in no extract's folder" in output


def test_names_with_a_dot_or_underscore_are_passed_over(
    load: Callable[..., Result], place: Place
) -> None:
    place.deliver(".~lock.2025-07-31.csv#", CANARY)
    place.deliver("_notes.txt", CANARY)
    assert load(GOOD).exit_code == 0


@pytest.mark.parametrize(("mark", "name"), [(";", "semicolon"), ("\t", "tab"), ("|", "pipe")])
def test_other_delimiters_are_taken_and_told(
    load: Callable[..., Result], place: Place, mark: str, name: str
) -> None:
    text = f'{HEADER}\n5,"{CANARY}{mark} x",01/02/1990,1.70,2020-01-01\n'.replace(",", mark)
    result = load(text)
    assert f"2025-07-31.csv: parted by {name}" in result.output
    assert loaded(place) == [f"{CANARY}{mark} x"]


def test_header_matches_whatever_its_case_spaces_and_order(
    load: Callable[..., Result], place: Place
) -> None:
    result = load(
        f" RECORDED DATE ,Nominal-No,date_of_birth,HEIGHT,Surname\n2020-01-01,5,,,{CANARY}\n"
    )
    assert "2025-07-31.csv: nominal_no read as nominal_ref" in result.output
    assert loaded(place) == [CANARY]
    assert place.query(f"select renamed_columns from raw.load_files where file = '{JULY}'") == [
        ("nominal_no -> nominal_ref",)
    ]


@on_both
def test_missing_column_is_null_and_extra_column_is_kept(
    load: Callable[..., Result], place: Place
) -> None:
    result = load(
        f"nominal_ref,recorded_date,surname,Shoe Size,\n5,2020-01-01,{CANARY},9,\n6,2020-01-01,,,\n"
    )
    assert (
        "2025-07-31.csv: without date_of_birth, height; 2 extra columns kept in _extra_columns\n"
    ) in result.output
    assert place.query(
        f"select height, _extra_columns from raw.police_records__nominals where _file = '{JULY}' "
        "order by _row_number"
    ) == [(None, '{"Shoe Size":"9","column_5":null}'), (None, None)]
    assert place.query(
        f"select missing_columns, extra_columns from raw.load_files where file = '{JULY}'"
    ) == [("date_of_birth, height", "Shoe Size, column_5")]


ENCODED = {
    "UTF-16, little end first": (
        f"{HEADER}\n{ROW}6,Zoë,,,2020-01-01\n".encode("utf-16"),
        "read as UTF-16",
    ),
    "UTF-16, big end first": (
        b"\xfe\xff" + f"{HEADER}\n{ROW}6,Zoë,,,2020-01-01\n".encode("utf-16-be"),
        "read as UTF-16",
    ),
    "UTF-8 with its mark": (f"{HEADER}\n{ROW}6,Zoë,,,2020-01-01\n".encode("utf-8-sig"), ""),
    "UTF-8 with its mark, quoted": (
        f'"nominal_ref"{HEADER[11:]}\n{ROW}6,Zoë,,,2020-01-01\n'.encode("utf-8-sig"),
        "",
    ),
    "Windows-1252": (
        f"{HEADER}\n{ROW}6,Zoë,,,2020-01-01\n".encode("cp1252"),
        "read as Windows-1252",
    ),
    "old Macintosh line ends": (
        f"{HEADER}\n{ROW}6,Zoë,,,2020-01-01\n".replace("\n", "\r").encode(),
        "",
    ),
    "Windows line ends": (
        f"{HEADER}\n{ROW}\n6,Zoë,,,2020-01-01\n".replace("\n", "\r\n").encode(),
        "",
    ),
}


@on_both
@pytest.mark.parametrize("case", ENCODED)
def test_encodings_that_are_taken(load: Callable[..., Result], place: Place, case: str) -> None:
    content, note = ENCODED[case]
    result = load(content)
    assert result.exit_code == 0, result.output
    assert note in result.output
    assert loaded(place) == [CANARY, "Zoë"]
    assert place.rejects() == []


def test_bytes_outside_the_encoding_reject_their_row(
    load: Callable[..., Result], place: Place
) -> None:
    text = f"{HEADER}\n5,Zoë Ørsted,,,2020-01-01\n6,{CANARY}#,,,2020-01-01\n"
    result = load(text.encode().replace(b"#", b"\xe9"))
    assert "some bytes are not UTF-8" in result.output
    assert place.rejects() == [
        (
            3,
            "it holds bytes that do not belong to the file's encoding",
            f"6,{CANARY}\\udce9,,,2020-01-01",
        )
    ]
    assert loaded(place) == ["Zoë Ørsted"]


@on_both
def test_line_breaks_and_quotation_marks_within_fields(
    load: Callable[..., Result], place: Place
) -> None:
    load(f'{HEADER}\n5,"{CANARY}, ""Jo""\r\nx\n",,,2020-01-01\n6,O"Brien 5" tall,,,2020-01-01\n')
    assert loaded(place) == ['O"Brien 5" tall', f'{CANARY}, "Jo"\r\nx\n']


def test_spaces_before_quotation_marks(load: Callable[..., Result], place: Place) -> None:
    # The third row makes the file one that is read row by row.
    for extra in ("", "7\n"):
        load(f'{HEADER}\n5, "{CANARY}, x",,,2020-01-01\n6,b,,,2020-01-01\n{extra}')
        assert loaded(place) == [f"{CANARY}, x", "b"]


REJECTED = {
    "too few fields": (f"5,{CANARY}\n", "it has 2 fields where the header has 5"),
    "too many fields": (
        ROW.replace("\n", f",{CANARY}\n"),
        "it has 6 fields where the header has 5",
    ),
    "one blank field": ("  \n", "it has 1 field where the header has 5"),
    "key empty": (f",{CANARY},,,2020-01-01\n", "its key column nominal_ref is empty"),
    "key blank": (f'" \t",{CANARY},,,2020-01-01\n', "its key column nominal_ref is empty"),
    "quotation mark left open": (f'5,"{CANARY},,,2020-01-01\n', OPEN_QUOTE),
    "quotation mark within": (f'5,"{CANARY} "Jo" x",,,2020-01-01\n', OPEN_QUOTE),
    "NUL": (f"5,{CANARY}\0,,,2020-01-01\n", "it holds a NUL character"),
    "header again": (f"{HEADER}\n", "it is the header line over again"),
}


@on_both
@pytest.mark.parametrize("case", REJECTED)
def test_bad_row_is_rejected_and_the_rest_is_loaded(
    load: Callable[..., Result], place: Place, case: str
) -> None:
    row, reason = REJECTED[case]
    around = [f"{i},Good{i},,,2020-01-01\n" for i in (1, 2, 3, 4)]
    # Far enough into the file for a NUL not to make it a binary one.
    filler = "".join(f"f{i},{'x' * 80},,,2020-01-01\n" for i in range(60))
    result = load(f"{HEADER}\n{filler}{''.join(around[:2])}{row}{''.join(around[2:])}")
    assert result.exit_code == 0
    ((line, told, raw_line),) = place.rejects()
    assert (line, told) == (64, reason)
    assert raw_line == row.rstrip("\n").replace("\0", "\\x00")
    assert loaded(place)[:4] == ["Good1", "Good2", "Good3", "Good4"]
    assert "Rows in files 65 = loaded 64 + rejected 1." in result.output
    numbers = place.query(
        f"select _row_number from raw.police_records__nominals where _file = '{JULY}' order by 1"
    )
    assert [number for (number,) in numbers] == [n for n in range(1, 66) if n != 63]


def test_delimiter_at_the_end_of_a_row_is_no_field(
    load: Callable[..., Result], place: Place
) -> None:
    for extra in ("", "7\n"):
        load(f"{HEADER}\n{ROW.strip()},\n{extra}")
        assert loaded(place) == [CANARY]


def test_truncated_last_line_is_told(load: Callable[..., Result], place: Place) -> None:
    result = load(f"{HEADER}\n{ROW}6,{CANARY},01/0")
    assert "no line end after the last row, which may be cut short" in result.output
    assert loaded(place) == [CANARY]
    assert [(line, reason) for line, reason, _ in place.rejects()] == [
        (3, "it has 3 fields where the header has 5")
    ]


def test_file_that_ends_within_a_quoted_field(load: Callable[..., Result], place: Place) -> None:
    load(f'{HEADER}\n{ROW}6,"{CANARY}\nmore\nand')
    assert loaded(place) == [CANARY]
    assert [(line, reason) for line, reason, _ in place.rejects()] == [
        (3, OPEN_QUOTE),
        (4, "it has 1 field where the header has 5"),
        (5, "it has 1 field where the header has 5"),
    ]


@on_both
@pytest.mark.parametrize("end", ["", "\n", "\n\n\n"])
def test_header_alone_is_a_delivery_without_rows(
    load: Callable[..., Result], place: Place, end: str
) -> None:
    result = load(HEADER + end)
    assert result.exit_code == 0
    assert "no rows\n" in result.output
    assert place.counts()[1] == (JULY, 0, 0, 0)


def test_blank_lines_are_no_rows(load: Callable[..., Result], place: Place) -> None:
    load(f"\n{HEADER}\n\n{ROW}\n\n{ROW}\n")
    assert place.counts()[1] == (JULY, 2, 2, 0)


def test_text_in_a_column_of_numbers_and_short_years_are_kept_as_text(
    load: Callable[..., Result], place: Place
) -> None:
    load(f"{HEADER}\n5,{CANARY},1/2/90,one metre 70,01-JAN-20\n")
    assert place.query(
        f"select date_of_birth, height, recorded_date from raw.police_records__nominals "
        f"where _file = '{JULY}'"
    ) == [("1/2/90", "one metre 70", "01-JAN-20")]


@on_both
@pytest.mark.parametrize("damage", ["", "7\n"], ids=["well formed", "with a bad row"])
def test_field_of_10_mb_is_taken(load: Callable[..., Result], place: Place, damage: str) -> None:
    field = (CANARY + ' "" \n') * (10_000_000 // 14)
    load(f'{HEADER}\n5,"{field}",,,2020-01-01\n6,after,,,2020-01-01\n{damage}')
    assert place.query(
        "select length(surname) from raw.police_records__nominals "
        f"where _file = '{JULY}' order by 1"
    ) == [(5,), (len(field) - field.count('""'),)]


def test_row_over_the_limit_is_rejected(load: Callable[..., Result], place: Place) -> None:
    load(f"{HEADER}\n5,{'x' * 40_000_000}{CANARY},,,2020-01-01\n6,after,,,2020-01-01\n")
    assert loaded(place) == ["after"]
    ((line, reason, raw_line),) = place.rejects()
    assert line == 2
    assert reason.startswith("it is longer than 16 MiB")
    assert len(raw_line) < 1_100_000


def test_file_that_changes_while_it_is_read_is_not_kept(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:

    path = place.deliver("2025-07-31.csv", GOOD)
    place.load()
    before = place.state()
    path.write_text(f"{HEADER}\n{ROW}")
    stage = load_module._stage_csv

    def stage_while_written(*arguments: object) -> object:
        staged = stage(*arguments)  # type: ignore[arg-type]
        with path.open("a") as stream:
            stream.write(ROW)
        return staged

    monkeypatch.setattr(load_module, "_stage_csv", stage_while_written)
    result = place.load()
    assert "the file changed while it was read" in result.output
    assert CANARY not in result.output
    assert place.state() == before


@on_both
def test_message_of_the_engine_that_quotes_a_row_is_not_passed_on(
    load: Callable[..., Result], place: Place
) -> None:
    place.query("delete from raw.police_records__nominals")
    place.query(
        "alter table raw.police_records__nominals "
        "alter column surname type integer using length(surname)"
    )
    result = load(f"{HEADER}\n{ROW}")
    assert result.exit_code == 1
    is_postgres = isinstance(place.store, PostgresStore)
    told = "Postgres stopped (SQLSTATE 22P03)" if is_postgres else "DuckDB stopped (Conversion"
    assert told in result.output
    assert f"{JULY}: " in result.output
    assert JULY not in [file for file, *_ in place.counts()]


def test_rows_that_the_engine_counts_otherwise_are_not_taken_from_it(place: Place) -> None:
    place.deliver("2025-07-31.csv", f"{HEADER}\n{ROW}{ROW}")
    contract = read_contract(place.root / "models" / "staging")
    ((delivery,), _) = find_deliveries(place.root / "extracts", contract)
    shape = inspect_csv(delivery)
    with duckdb.connect() as connection:
        staging = Staging(connection)
        assert staging.stage_csv(delivery, shape) == Staged(2, [])
        assert staging.stage_csv(delivery, replace(shape, n_rows=3)) is None
