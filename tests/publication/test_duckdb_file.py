"""Publication: whole or not at all, the same content, and a digest that tells content apart."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from think_family.errors import ThinkFamilyError
from think_family.publication import publish
from think_family.publication.duckdb_file import published_file

PEOPLE = """
    select * from (values
        (1, 'a', date '2020-02-29', 1.50::decimal(9, 2), true, 2.5::double),
        (2, null, null, null, null, null)
    ) as people (person_id, letter, day, amount, is_known, share)
"""


@pytest.fixture
def building() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        connection.execute(f"create table marts.dim_person as {PEOPLE}")
        connection.execute("create table marts.fct_none (n integer)")
        yield connection


def marts_of(connection: duckdb.DuckDBPyConnection) -> dict[str, duckdb.DuckDBPyRelation]:
    return {
        name: connection.sql(f"select * from marts.{name}") for name in ("fct_none", "dim_person")
    }


def test_the_served_file_holds_the_marts_as_they_are(
    building: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    served = tmp_path / "new folder" / "served.duckdb"
    publish(building, marts_of(building), served)
    assert [path.name for path in served.parent.iterdir()] == ["served.duckdb"]
    with duckdb.connect(str(served), read_only=True) as reader:
        assert reader.execute("select * from dim_person order by 1").fetchall() == [
            (1, "a", date(2020, 2, 29), Decimal("1.50"), True, 2.5),
            (2, None, None, None, None, None),
        ]
        types = "select data_type from duckdb_columns() where table_name = 'dim_person'"
        assert reader.execute(types).fetchall() == building.execute(types).fetchall()
        assert reader.execute("select count(*) from fct_none").fetchone() == (0,)


def test_the_contents_are_told_in_the_file_and_to_the_caller(
    building: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    served = tmp_path / "served.duckdb"
    told = publish(building, marts_of(building), served).to_pylist()
    assert [(row["mart"], row["n_rows"]) for row in told] == [("dim_person", 2), ("fct_none", 0)]
    assert all(len(row["digest"]) == 32 for row in told)
    with duckdb.connect(str(served), read_only=True) as reader:
        found = reader.execute("select mart, n_rows, digest from publication").fetchall()
    assert found == [(row["mart"], row["n_rows"], row["digest"]) for row in told]


def test_comments_go_along(building: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    building.execute("comment on table marts.dim_person is 'It''s who they are.'")
    building.execute("comment on column marts.dim_person.letter is 'One letter.'")
    served = tmp_path / "served.duckdb"
    publish(building, marts_of(building), served)
    with duckdb.connect(str(served), read_only=True) as reader:
        assert reader.execute(
            "select comment from duckdb_tables() where table_name = 'dim_person'"
        ).fetchone() == ("It's who they are.",)
        assert reader.execute(
            "select comment from duckdb_columns()"
            " where table_name = 'dim_person' and column_name = 'letter'"
        ).fetchone() == ("One letter.",)


def test_a_publication_that_fails_leaves_the_last_one(
    building: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    served = tmp_path / "served.duckdb"
    publish(building, marts_of(building), served)
    before = served.read_bytes()
    failing = building.sql("select error('no such luck') as letter from marts.dim_person")
    with pytest.raises(duckdb.Error):
        publish(building, {**marts_of(building), "fct_failing": failing}, served)
    assert served.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["served.duckdb"]


def test_what_a_killed_publication_left_behind_is_not_published(
    building: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    served = tmp_path / "served.duckdb"
    (tmp_path / "served.duckdb.new").write_bytes(b"half a file")
    (tmp_path / "served.duckdb.new.wal").write_bytes(b"half a log")
    (tmp_path / "served.duckdb.wal").write_bytes(b"a log of the file that is replaced")
    publish(building, marts_of(building), served)
    assert [path.name for path in tmp_path.iterdir()] == ["served.duckdb"]
    with duckdb.connect(str(served), read_only=True) as reader:
        assert reader.execute("select count(*) from dim_person").fetchone() == (2,)


def test_readers_see_one_publication_or_the_next_and_never_a_part(
    building: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    served = tmp_path / "served.duckdb"

    def relations(n: int) -> dict[str, duckdb.DuckDBPyRelation]:
        rows = f"select i, {n} as n from range({n} * 1000) as numbers (i)"
        return {name: building.sql(rows) for name in ("fct_one", "fct_two")}

    publish(building, relations(1), served)
    finished = threading.Event()
    seen: list[tuple[object, ...]] = []

    def read() -> None:
        while not finished.is_set():
            # Another file each time, so that no instance of the engine is shared.
            link = tmp_path / f"seen-{len(seen)}.duckdb"
            link.hardlink_to(served)
            with duckdb.connect(str(link), read_only=True) as reader:
                row = reader.execute(
                    "select (select count(*) from fct_one), (select max(n) from fct_two)"
                ).fetchone()
            link.unlink()
            assert row is not None
            seen.append(row)

    reading = threading.Thread(target=read)
    reading.start()
    for n in range(2, 8):
        publish(building, relations(n), served)
    finished.set()
    reading.join()
    assert seen
    assert all(count == 1000 * int(str(n)) for count, n in seen)


@pytest.mark.parametrize("marts", [{}, {"publication": "dim_person"}])
def test_what_cannot_be_published_is_refused(
    building: duckdb.DuckDBPyConnection, tmp_path: Path, marts: dict[str, str]
) -> None:
    relations = {name: building.sql(f"select * from marts.{of}") for name, of in marts.items()}
    with pytest.raises(ThinkFamilyError):
        publish(building, relations, tmp_path / "served.duckdb")
    assert list(tmp_path.iterdir()) == []


def test_the_environment_says_which_file_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THINK_FAMILY_PUBLISHED_FILE", "else/where.duckdb")
    assert published_file() == Path("else/where.duckdb")
    monkeypatch.delenv("THINK_FAMILY_PUBLISHED_FILE")
    assert published_file() == Path("warehouse/think_family.duckdb")


ROWS = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(-3, 3)),
        st.one_of(st.none(), st.text(alphabet="ab,\"'{}:\\ \n", max_size=4)),
    ),
    max_size=6,
)


@settings(max_examples=25, deadline=None)
@given(first=ROWS, second=ROWS)
def test_two_digests_agree_just_when_the_rows_do(
    first: list[tuple[int | None, str | None]],
    second: list[tuple[int | None, str | None]],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("digest")
    agree = _digest(first, folder) == _digest(second, folder)
    assert agree == (sorted(map(repr, first)) == sorted(map(repr, second)))
    assert _digest(first, folder) == _digest(list(reversed(first)), folder)


def _digest(rows: list[tuple[int | None, str | None]], folder: Path) -> str:
    with duckdb.connect() as connection:
        connection.execute("create table marts (number integer, letters varchar)")
        if rows:
            connection.executemany("insert into marts values (?, ?)", rows)
        (row,) = publish(
            connection, {"fct_rows": connection.table("marts")}, folder / "served.duckdb"
        ).to_pylist()
    return str(row["digest"])
