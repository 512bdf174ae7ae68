"""What `think-family load` says of itself and of what it is told to load."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner
from loading_place import CANARY, HEADER, DuckDBStore, Place, furnished

from think_family.loading.command import load

GOOD = f"{HEADER}\n1,Smith,01/02/1990,1.70,2020-01-01\n"
FILE = "police_records/nominals/2025-06-30.csv"


def test_help_teaches() -> None:
    output = CliRunner().invoke(load, ["--help"]).output
    for word in (
        *("2025-06-30.csv", "input-contract", "load_rejects", "--database", "dbt build"),
        *("--target", "THINK_FAMILY_PG_HOST"),
    ):
        assert word in output


def test_file_of_another_engine_is_not_passed_over(place: Place) -> None:
    result = place.load("--target=postgres")
    assert result.exit_code == 2
    assert "--database names a DuckDB file, and the target is postgres" in result.output


def test_missing_folder_of_extracts_says_what_to_do(place: Place) -> None:
    (place.root / "extracts").rmdir()
    result = place.load()
    assert result.exit_code == 1
    assert "think-family synth" in result.output
    assert not (place.root / "warehouse").exists()


def test_database_that_is_none_says_so(tmp_path: Path) -> None:
    place = furnished(tmp_path, DuckDBStore(tmp_path / "build.duckdb"))
    (tmp_path / "build.duckdb").write_bytes(f"{CANARY} is no database".encode() * 1000)
    place.deliver("2025-06-30.csv", GOOD)
    result = place.load()
    assert result.exit_code == 1
    assert "no DuckDB file" in result.output
    assert CANARY not in result.output


def test_unreadable_file_says_so(place: Place, tmp_path: Path) -> None:
    path = place.deliver("2025-06-30.csv", GOOD)
    path.unlink()
    path.symlink_to(tmp_path / "nowhere.csv")
    result = place.load()
    assert result.exit_code == 1
    assert FILE in result.output
