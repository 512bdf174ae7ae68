"""One broken extract of each kind shuts its own gate, says so, and leaves the rest standing."""

from __future__ import annotations

import csv
import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from conftest import BuiltCity, City

# A value of a person that must turn up nowhere but in the database that dbt builds in.
CANARY = "Zebedee-Quillfeather"
DELIVERY = "2025-09-30"

Row = dict[str, str]


def deliver(
    city: City, extract: str, n_rows: int, change: Callable[[Row], Row], last: str = "2025-06-30"
) -> None:
    """Deliver the first rows of an earlier delivery once more, changed."""
    folder = city.extracts / extract
    with (folder / f"{last}.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [change(row) for row, _ in zip(csv.DictReader(file), range(n_rows), strict=False)]
    with (folder / f"{DELIVERY}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


@dataclass(frozen=True)
class BrokenCity:
    """The built city after a month of broken deliveries: what dbt said, and how it stood before."""

    city: City
    said: str
    published_before: str
    persons_before: int


def digest(city: City) -> str:
    return hashlib.sha256(city.published_file.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def broken_city(built_city: BuiltCity) -> BrokenCity:
    whole = built_city.city
    folder = whole.folder.with_name("test-city-broken")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(whole.extracts, folder / "extracts")
    shutil.copytree(whole.folder / "warehouse", folder / "warehouse")
    city = City(folder, whole.truth)
    published, [(persons,)] = digest(city), city.query("select count(*) from marts.dim_person")

    # A missing column.
    deliver(
        city, "police_pnc/checks", 60,
        lambda row: {
            name: f"X{value}" if name == "check_ref" else value
            for name, value in row.items()
            if name != "reason"
        },
    )  # fmt: skip
    # Half the volume.
    deliver(city, "exploitation/panel_decisions", 45, lambda row: row, last="2025-08-31")
    # Dates in the future.
    deliver(
        city, "health/mental_health_contacts", 60,
        lambda row: row | {"contact_ref": "X" + row["contact_ref"], "contact_date": "2031-05-01",
                           "recorded_date": "2031-05-02"},
    )  # fmt: skip
    # References that lead nowhere.
    deliver(
        city, "bristol_social_care/assessment_factors", 60,
        lambda row: row | {"assessment_ref": f"{CANARY}{row['assessment_ref']}"},
    )  # fmt: skip
    # Codes that nobody knows.
    deliver(
        city, "bristol_education/exclusions", 60,
        lambda row: row | {"exclusion_ref": "X" + row["exclusion_ref"], "reason": CANARY},
    )  # fmt: skip
    city.load()
    done = city.attempt("dbt.cli.main", "--no-use-colors", "build", *city.variables)
    assert done.returncode == 1, done.stdout[-6000:]
    return BrokenCity(city, done.stdout + done.stderr, published, persons)


@pytest.mark.parametrize(
    ("gate", "extract", "told"),
    [
        ("police", "police_pnc/checks", "every column of the contract; missing: reason."),
        ("exploitation", "exploitation/panel_decisions", "45 came by 2025-09-30, where 94 were"),
        ("health", "health/mental_health_contacts", "60 of 60 rows break the rule"),
        ("social_care", "bristol_social_care/assessment_factors", "60 of 60 rows break the rule"),
        ("education", "bristol_education/exclusions", "60 of 60 rows break the rule"),
    ],
)
def test_its_gate_is_shut_with_a_message_that_says_what_and_what_to_do(
    broken_city: BrokenCity, gate: str, extract: str, told: str
) -> None:
    shut = broken_city.said.partition(f"gate_{gate} is shut")[2].partition("docs/operations.md")[0]
    messages = [line for line in shut.splitlines() if extract in line and told in line]
    assert messages, shut
    assert all("To do: " in message for message in messages)


@pytest.mark.parametrize(
    ("extract", "column"),
    [
        ("health/mental_health_contacts", "recorded_date"),
        ("bristol_social_care/assessment_factors", "assessment_id"),
        ("bristol_education/exclusions", "reason"),
    ],
)
def test_the_column_is_named(broken_city: BrokenCity, extract: str, column: str) -> None:
    columns = broken_city.city.query(
        "select distinct column_name from marts.fct_data_quality"
        f" where subject = '{extract}' and verdict = 'shut'"
        " and run_number = (select max(run_number) from marts.fct_data_quality)"
    )
    assert (column,) in columns


def test_the_other_gates_are_open_and_their_marts_are_built(broken_city: BrokenCity) -> None:
    said = broken_city.said
    for gate in ("person_records", "linkage", "identity", "housing", "response"):
        assert f"PASS gate_{gate}_is_open" in said, gate
    for mart in ("dim_person", "fct_family_membership", "fct_row_accounting"):
        assert f"OK created sql table model marts.{mart}" in said, mart
    [(persons,)] = broken_city.city.query("select count(*) from marts.dim_person")
    assert persons == broken_city.persons_before


def test_the_publication_does_not_move(broken_city: BrokenCity) -> None:
    assert "SKIP relation publication.publication" in broken_city.said
    assert digest(broken_city.city) == broken_city.published_before


def test_what_was_broken_stays_told_with_the_history(broken_city: BrokenCity) -> None:
    runs = broken_city.city.query(
        "select run_number, count(*) filter (where verdict = 'shut')"
        " from marts.fct_data_quality group by run_number order by run_number"
    )
    assert [number for number, _ in runs] == [1, 2, 3]
    assert [shut > 0 for _, shut in runs] == [False, False, True]


def test_no_value_of_a_person_is_in_logs_artifacts_or_data_docs(broken_city: BrokenCity) -> None:
    city = broken_city.city
    files = [
        file
        for place in (city.artifacts, city.folder / "logs")
        for file in place.rglob("*")
        if file.is_file()
    ]
    assert any("data_docs" in file.parts for file in files)
    assert [file.name for file in files if CANARY.encode() in file.read_bytes()] == []
    assert CANARY not in broken_city.said
    canaries = city.query(
        f"select count(*) from marts.fct_data_quality where message like '%{CANARY}%'"
    )
    assert canaries == [(0,)]


def test_deliveries_put_right_open_the_gates_again(broken_city: BrokenCity) -> None:
    city = broken_city.city
    for file in city.extracts.rglob(f"{DELIVERY}.csv"):
        # A file of the same name takes the place of the one that was loaded.
        last = file.with_name("2025-08-31.csv").read_text(encoding="utf-8")
        is_full = file.parent.name == "panel_decisions"
        file.write_text(last if is_full else last.splitlines()[0] + "\n", encoding="utf-8")
    city.load()
    city.dbt("build")
    assert digest(city) != broken_city.published_before
