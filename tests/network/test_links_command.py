"""The command `think-family links`, on an outsider's table."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result

from think_family.cli import main

CANARY = "Zanzibella"

MAP = """
columns:
  person: member no
  event: meeting
  kind: Type
  date: held
  recorded: entered
date_format: "%d/%m/%Y"
"""
ROWS = "member no,meeting,type,held,entered\n" + "".join(
    f"{person},{meeting},{kind},{held},{entered}\n"
    for meeting, kind, held, entered in [
        (1, "walk", "01/02/2024", "03/02/2024"),
        (2, "walk", "08/02/2024", "09/02/2024"),
        (3, "tea dance", "15/02/2024", "15/02/2024"),
    ]
    for person in (CANARY, " Annabel ")
)
CROWD = "".join(f"p{n},4,walk,01/03/2024,01/03/2024\n" for n in range(26))


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def events(tmp_path: Path) -> Path:
    """A table of an outsider's, with a map beside it."""
    (tmp_path / "map.yml").write_text(MAP)
    (tmp_path / "events.csv").write_text(ROWS + CROWD)
    return tmp_path / "events.csv"


def links(events: Path, *arguments: str | Path) -> Result:
    return run("links", "--events", events, "--map", events.with_name("map.yml"),
               "--out", events.with_name("links.csv"), *arguments)  # fmt: skip


def told(done: Result) -> str:
    return " ".join(done.output.split())


def test_an_outsiders_table_is_linked_through_a_map(events: Path) -> None:
    shared = events.with_name("shared.parquet")
    done = links(events, "--shared", shared)
    assert done.exit_code == 0, done.output
    assert events.with_name("links.csv").read_text() == (
        "person_id_l,person_id_r,n_events,n_tea_dance,n_walk,first_event_date,last_event_date,"
        "linked_on,strength\n"
        f"Annabel,{CANARY},3,1,2,2024-02-01,2024-02-15,2024-02-15,3.0\n"
    )
    assert duckdb.read_parquet(str(shared)).project("event_id, kind, n_persons").fetchall() == [
        ("1", "walk", 2),
        ("2", "walk", 2),
        ("3", "tea dance", 2),
    ]
    for part in (
        "32 rows, 28 persons in 4 events",
        "1 of these have more than 25 persons, and link nobody",
        "1 links of persons who share 3 events or more",
        "3 shared events",
    ):
        assert part in told(done)
    assert CANARY not in done.output


def test_how_many_events_link_and_how_large_they_may_be_can_be_chosen(events: Path) -> None:
    assert "0 links" in told(links(events, "--threshold", "4"))
    # Of the crowd, each with each.
    done = told(links(events, "--threshold", "1", "--largest-event", "26"))
    assert f"{26 * 25 // 2 + 1} links" in done
    assert "link nobody" not in done


def test_a_parquet_file_whose_columns_have_the_names_needs_no_map(tmp_path: Path) -> None:
    file, out = tmp_path / "rows.parquet", tmp_path / "deep" / "links.parquet"
    duckdb.sql("select i // 3 as Person, i % 3 as event from range(6) as r (i)").write_parquet(
        str(file)
    )
    done = run("links", "--events", file, "--out", out)
    assert done.exit_code == 0, done.output
    found = duckdb.read_parquet(str(out))
    assert found.columns == [
        "person_id_l", "person_id_r", "n_events", "first_event_date", "last_event_date",
        "linked_on", "strength",
    ]  # fmt: skip
    assert found.fetchall() == [("0", "1", 3, None, None, None, 3.0)]


def test_without_a_recorded_date_the_day_of_the_event_stands_for_it(events: Path) -> None:
    map_file = events.with_name("map.yml")
    map_file.write_text(MAP.replace("  recorded: entered\n", ""))
    assert links(events).exit_code == 0
    assert ",2024-02-15,2024-02-15,3.0" in events.with_name("links.csv").read_text()
    map_file.write_text(MAP.replace("  date: held\n", ""))
    assert links(events).exit_code == 0
    assert ",3,1,2,,,2024-02-15,3.0" in events.with_name("links.csv").read_text()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  person: member no\n", "", "map.yml: no column is mapped to person; add `person: "),
        ("member no", "member", "events.csv: no column member, which the map names"),
        ("kind:", "kinds:", "map.yml: unknown name kinds under `columns:`"),
        ("date_format", "dateformat", "map.yml: unknown entry dateformat"),
        ('date_format: "%d/%m/%Y"', "", "none of the 32 values of held reads as a date"),
        ("columns:", "columns: [", "map.yml: not readable as YAML or JSON"),
        (MAP, "- a", "map.yml: expected a mapping"),
        ("Type", "empty", "events.csv: no column empty, which the map names"),
    ],
)
def test_a_wrong_map_is_told_with_the_column_and_the_remedy(
    events: Path, old: str, new: str, message: str
) -> None:
    assert old in MAP
    events.with_name("map.yml").write_text(MAP.replace(old, new))
    done = links(events)
    assert done.exit_code == 1
    assert message in told(done)
    assert CANARY not in done.output


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (ROWS + f"{CANARY},,walk,01/02/2024,\n", "1 rows without member no or meeting are passed"),
        (ROWS + f"x,9,walk,{CANARY},01/02/2024\n", "1 of 7 values of held do not read as a date"),
        (ROWS + "x,9,walk,01/02/2024,\n", "1 rows are of no day from which they were known"),
    ],
)
def test_what_is_left_out_is_counted(events: Path, rows: str, message: str) -> None:
    events.write_text(rows)
    done = links(events)
    assert done.exit_code == 0, done.output
    assert message in told(done)
    assert CANARY not in done.output


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("member no,meeting,type,held,entered\n,1,,,\n1,,,,\n",
         "none of the 2 rows has both member no and meeting"),
        (ROWS + "x,9,WALK,,\n", "two values of Type differ in case or punctuation only"),
        (ROWS + "x,9,events,,\n", 'or one is "events"'),
        (ROWS + "".join(f"x,9,{CANARY}{n},,\n" for n in range(101)),
         "Type has more than 100 different values"),
    ],
)  # fmt: skip
def test_a_table_of_which_no_links_can_be_made_is_told(
    events: Path, rows: str, message: str
) -> None:
    events.write_text(rows)
    done = links(events)
    assert done.exit_code == 1
    assert message in told(done)
    assert CANARY not in done.output
    assert not events.with_name("links.csv").exists()


@pytest.mark.parametrize("name", ["events.parquet", "events.xlsx"])
def test_a_file_that_cannot_be_read_is_told_without_its_content(events: Path, name: str) -> None:
    broken = events.with_name(name)
    broken.write_text(CANARY)
    done = run("links", "--events", broken, "--map", events.with_name("map.yml"))
    assert done.exit_code == 1
    assert name in done.output
    assert CANARY not in done.output


def test_a_table_without_a_map_and_without_the_names_is_told(events: Path) -> None:
    done = run("links", "--events", events)
    assert done.exit_code == 1
    assert "no column person, event. Say which columns hold what with --map" in told(done)


def test_outputs_are_looked_at_before_the_work_begins(events: Path) -> None:
    wrong = links(events, "--shared", events.with_name("shared.xlsx"))
    assert "name a .csv or .parquet file to write to" in told(wrong)
    same = links(events, "--shared", events.with_name("links.csv"))
    assert "--out and --shared name one file" in told(same)
    assert (wrong.exit_code, same.exit_code) == (1, 1)


def test_help_shows_a_map_to_copy() -> None:
    assert "person: member_no" in run("links", "--help").output
