"""The commands `think-family link` and `think-family train-linkage`."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from people import city
from pyarrow import csv, parquet

from think_family.cli import main

CANARY = "Zanzibella"

MAP = """
columns:
  person_record_key: id
  forename: first name
  surname: Last
  birth_date: born
date_format: "%d/%m/%Y"
"""
PEOPLE = (
    "id,first name,last,born,note\n"
    "1,Annabel,Wentar,04/03/2010,x\n"
    "2,Anabel,Wentar,04/03/2010,\n"
    f"3,{CANARY},Torrin,01/01/1980,\n"
)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """A table of an outsider's, with a map beside it."""
    (tmp_path / "map.yml").write_text(MAP)
    (tmp_path / "people.csv").write_text(PEOPLE)
    return tmp_path / "people.csv"


def link(people: Path, *arguments: str | Path) -> Result:
    out = people.with_name("out.csv")
    return run("link", "--records", people, "--map", people.with_name("map.yml"), "--out", out,
               *arguments)  # fmt: skip


def test_an_outsiders_table_is_linked_through_a_column_map(people: Path) -> None:
    done = link(people, "--pairs", people.with_name("pairs.parquet"))
    assert done.exit_code == 0, done.output
    clusters = csv.read_csv(people.with_name("out.csv")).to_pylist()
    assert [(row["source_person_key"], row["cluster_key"]) for row in clusters] == [
        (1, 1),
        (2, 1),
        (3, 3),
    ]
    assert parquet.read_table(people.with_name("pairs.parquet")).num_rows == 1
    assert CANARY not in done.output


def test_the_threshold_can_be_raised(people: Path) -> None:
    assert link(people, "--threshold", "99").exit_code == 0
    clusters = csv.read_csv(people.with_name("out.csv"))
    assert len(clusters["cluster_key"].unique()) == 3


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("  person_record_key: id\n", "", "map.yml: no column is mapped to person_record_key"),
        ("born", "birthday", "people.csv: no column birthday, which the map names"),
        ("birth_date:", "birthdate:", "map.yml: unknown name birthdate under `columns:`"),
        ("date_format", "dateformat", "map.yml: unknown entry dateformat"),
        ('date_format: "%d/%m/%Y"', "", "none of the 3 values of born reads as a date"),
        ("columns:", "columns: [", "map.yml: not readable as YAML or JSON"),
        (MAP, "- a", "map.yml: expected a mapping"),
    ],
)
def test_a_wrong_map_is_told_with_the_column_and_the_remedy(
    people: Path, old: str, new: str, told: str
) -> None:
    people.with_name("map.yml").write_text(MAP.replace(old, new))
    done = link(people)
    assert done.exit_code == 1
    assert told in " ".join(done.output.split())
    assert CANARY not in done.output


def test_values_that_are_no_dates_are_counted(people: Path) -> None:
    people.write_text(PEOPLE.replace("01/01/1980", f"{CANARY} 1980"))
    done = link(people)
    assert done.exit_code == 0, done.output
    assert "1 of 3 values of born do not read as a date" in done.output
    assert CANARY not in done.output


@pytest.mark.parametrize("name", ["people.parquet", "people.xlsx"])
def test_a_file_that_cannot_be_read_is_told_without_its_content(people: Path, name: str) -> None:
    broken = people.with_name(name)
    broken.write_text(CANARY)
    done = run("link", "--records", broken, "--map", people.with_name("map.yml"))
    assert done.exit_code == 1
    assert name in done.output
    assert CANARY not in done.output


def test_a_key_that_repeats_is_told(people: Path) -> None:
    people.write_text(PEOPLE.replace("\n2,", "\n1,"))
    done = link(people)
    assert done.exit_code == 1
    assert "person_record_key repeats in 1 of 3 records" in " ".join(done.output.split())


def test_parameters_are_trained_and_used_and_never_overwritten(tmp_path: Path) -> None:
    records, out = tmp_path / "people.parquet", tmp_path / "p.json"
    parquet.write_table(city(300, seed=2)[0], records)
    train = ("train-linkage", "--records", records, "--version", "mine", "--out", out,
             "--max-pairs", "100000")  # fmt: skip
    done = run(*train)
    assert done.exit_code == 0, done.output
    linked = run("link", "--records", records, "--parameters", out, "--out", tmp_path / "c.csv")
    assert linked.exit_code == 0, linked.output
    assert "parameters mine" in linked.output
    again = run(*train)
    assert again.exit_code == 1
    assert "never overwritten" in again.output


def test_training_needs_one_table(tmp_path: Path) -> None:
    done = run("train-linkage", "--version", "x", "--out", tmp_path / "p.json")
    assert done.exit_code == 1
    assert "Give either --records or --database" in done.output


def test_help_shows_a_map_to_copy() -> None:
    assert "person_record_key: id" in run("link", "--help").output
    assert "train-linkage --records people.csv" in run("train-linkage", "--help").output
