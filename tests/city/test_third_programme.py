"""A third council, added by the files of docs/how-to/add-a-programme.md and by nothing else."""

from __future__ import annotations

import csv
import re
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, BuiltCity, City, Identity, identity

PAGE = ROOT / "docs" / "how-to" / "add-a-programme.md"
# A file of the page: the line that names it, and the fenced block below.
FILE = re.compile(
    r"^(?P<what>|At the end of |In )`(?P<path>[^`\n]+)`[^\n]*:\n\n```\w+\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# The line of dbt_project.yml that the page replaces.
LINE = "  further_programmes: []\n"

# The seeds and all that gives ids, with the gates above it; and of what is made of the council's
# extracts, the way to what these tests look at. What stands beside it is the small city's still.
SELECTED = (
    "path:seeds",
    "path:models/staging/load_ledger",
    "path:models/staging/exmoor_children",
    "+int_identity__source_persons_identified",
    *(
        f"source:exmoor_children+,+{model}"
        for model in (
            "int_features__persons_described",
            "int_indicators__programmes_harmonised",
            "fct_row_accounting",
        )
    ),
)

HELD = {
    "early_help",
    "looked_after",
    "persistent_absence_year",
    "severe_absence_year",
    "suspension",
}


@dataclass(frozen=True)
class Enlarged:
    """The small city with a third council, and how it stood without."""

    city: City
    identity_before: Identity
    coverage_before: list[tuple[Any, ...]]

    def features(self, *columns: str) -> dict[str, tuple[Any, ...]]:
        """Features of the council's people on the date of the data, by their references."""
        rows = self.city.query(
            f"select persons.local_person_id, {', '.join(f'features.{c}' for c in columns)}"
            " from intermediate.int_identity__source_persons_identified as persons"
            " inner join intermediate.int_features__persons_described as features"
            " on persons.person_id = features.person_id"
            " where persons.programme = 'exmoor' and features.as_of_date = date '2025-08-31'"
        )
        return {row[0]: row[1:] for row in rows}


def walk(page: str, project: Path, extracts: Path) -> None:
    """Do with every file what the page says: write it, add to its end, or change its one line."""
    for found in FILE.finditer(page):
        what, path, text = found["what"], found["path"], found["text"]
        file = extracts.parent / path if path.startswith("extracts/") else project / path
        if not what:
            assert not file.exists(), path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            continue
        before = file.read_text(encoding="utf-8")
        if what == "In ":
            assert before.count(LINE) == 1, path
            file.write_text(before.replace(LINE, text), encoding="utf-8")
        else:
            assert before.endswith("\n"), path
            file.write_text(before + text, encoding="utf-8")


def deliver(extracts: Path, extract: str, *rows: str) -> None:
    """Rows beside those of the page."""
    with (extracts / extract / "2025-08-31.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"{row}\n" for row in rows)


def coverage(city: City, programmes: str) -> list[tuple[Any, ...]]:
    return city.query(
        "select * from intermediate.int_indicators__programmes_harmonised"
        f" where programme in ({programmes}) order by indicator_code, programme"
    )


@pytest.fixture(scope="module")
def enlarged(built_city: BuiltCity) -> Enlarged:
    whole = built_city.city
    folder = whole.folder.with_name("test-third-programme")
    shutil.rmtree(folder, ignore_errors=True)
    left_out = shutil.ignore_patterns(
        ".*_cache", ".git", ".hypothesis", ".venv", "__pycache__", "build", "extracts", "logs",
        "target", "truth", "warehouse",
    )  # fmt: skip
    shutil.copytree(ROOT, folder / "project", ignore=left_out)
    shutil.copytree(whole.folder / "warehouse", folder / "warehouse")
    shutil.copytree(whole.extracts, folder / "extracts")
    city = City(folder, whole.truth, project=folder / "project")
    before = Enlarged(city, identity(whole), coverage(whole, "'bristol', 'somerset'"))

    walk(PAGE.read_text(encoding="utf-8"), city.project, city.extracts)
    deliver(
        city.extracts, "exmoor_children/people",
        *(
            f"X{n},{'Oareford' if n % 2 else 'Luccombe'}-{chr(62 + n)}urr,Q{chr(94 + n)}llo,"
            f"20{n % 12 + 5:02}-0{n % 9 + 1}-{n % 27 + 1:02},{'FM'[n % 2]},,,"
            f"{n} Long Lane,ZX{n % 9 + 1} {n % 7}AB,,2021-03-01"
            for n in range(3, 29)
        ),
    )  # fmt: skip
    deliver(
        city.extracts, "exmoor_children/episodes",
        "E11,X1,SUS,,2024-12-01,,2024-12-03",
        "E12,X1,SUS,,2023-05-09,,2023-05-11",
        "E13,X3,LAC,,2024-02-01,2024-10-01,2024-02-05",
        "E14,X3,YR,55,2024-09-01,,2025-07-25",
        "E15,X4,YR,5,2024-09-01,,2025-07-25",
        "E16,X5,FAM,,2025-03-01,,2025-03-02",
        "E17,X5,HSG,,2025-03-01,2025-05-01,2025-03-02",
    )  # fmt: skip
    city.run("think_family", "contract", "--write", "docs/input-contract.md")
    city.load()
    city.dbt("build", "--indirect-selection", "empty", "--select", *SELECTED)
    return before


def test_every_block_of_the_page_is_a_file_a_query_or_a_command() -> None:
    page = PAGE.read_text(encoding="utf-8")
    files = [found["path"] for found in FILE.finditer(page)]
    assert len(files) == len(set(files)) == 11
    kinds = Counter(kind for kind, _ in BLOCK.findall(page))
    queries = [text for kind, text in BLOCK.findall(page) if text.startswith("select ")]
    assert kinds.total() == len(files) + len(queries) + kinds["sh"]


def test_its_persons_have_ids_and_nobody_else_has_another(enlarged: Enlarged) -> None:
    persons = enlarged.city.query(
        "select local_person_id, person_id"
        " from intermediate.int_identity__source_persons_identified where programme = 'exmoor'"
    )
    assert {reference for reference, _ in persons} == {f"X{n}" for n in range(1, 29)}
    assert len({person for _, person in persons}) == 28
    before, after = enlarged.identity_before.person_of, identity(enlarged.city).person_of
    assert {row: after.get(row) for row in before} == before


def test_its_events_and_states_are_features(enlarged: Enlarged) -> None:
    suspensions = enlarged.features(
        "n_suspension_90_days", "n_suspension_365_days", "n_suspension_1095_days",
        "days_since_suspension",
    )  # fmt: skip
    assert suspensions["X1"] == (1, 2, 3, 82)
    assert {suspensions[f"X{n}"] for n in range(2, 29)} == {(0, 0, 0, None)}
    care = enlarged.features("is_current_looked_after", "n_looked_after_365_days")
    assert care["X2"] == (True, 1)
    assert care["X3"] == (False, 1), "it ended 334 days before"
    assert {care[f"X{n}"] for n in (1, *range(4, 29))} == {(False, 0)}


def test_a_measure_counts_within_the_bounds_of_its_row(enlarged: Enlarged) -> None:
    absent = enlarged.features(
        "n_persistent_absence_year_1095_days", "n_severe_absence_year_1095_days"
    )
    assert [absent[person] for person in ("X2", "X3", "X4")] == [(1, 0), (1, 1), (0, 0)]


def test_what_its_rows_name_is_held_and_the_rest_absent(enlarged: Enlarged) -> None:
    told = dict(
        enlarged.city.query(
            "select indicator_code, coverage"
            " from intermediate.int_indicators__programmes_harmonised where programme = 'exmoor'"
        )
    )
    # What the police and health tell is everybody's; told by their systems, not by their programme.
    with (ROOT / "seeds" / "indicator_source.csv").open(encoding="utf-8") as file:
        of_all = {
            row["indicator_code"]
            for row in csv.DictReader(file)
            if row["source_system"].startswith(("police_", "health"))
        }
    assert {code for code, how in told.items() if how == "held"} == HELD | of_all
    assert {code for code, how in told.items() if how == "derivable"} == {"homelessness"}
    assert {"offence_suspected", "mental_health"} <= of_all
    assert told["child_in_need"] == told["free_school_meals"] == "absent"


def test_what_is_absent_is_unknown_and_never_none(enlarged: Enlarged) -> None:
    absent = enlarged.features(
        "is_held_child_in_need", "n_child_in_need_365_days", "is_current_child_in_need",
        "has_relative_child_in_need",
    )  # fmt: skip
    assert set(absent.values()) == {(False, None, None, None)}
    held = enlarged.features("is_held_offence_suspected", "n_offence_suspected_365_days")
    assert set(held.values()) == {(True, 0)}


def test_the_others_are_what_they_were(enlarged: Enlarged) -> None:
    assert enlarged.coverage_before
    assert coverage(enlarged.city, "'bristol', 'somerset'") == enlarged.coverage_before


def test_the_queries_of_the_page_tell_that_all_has_arrived(enlarged: Enlarged) -> None:
    harmonised, sources, accounting = (
        enlarged.city.query(text)
        for _, text in BLOCK.findall(PAGE.read_text(encoding="utf-8"))
        if text.startswith("select ")
    )
    assert ("homelessness", "derivable") in [row[:2] for row in harmonised]
    assert [row[2:] for row in sources] == [(10, 0)] * 6
    assert accounting == [("episodes", 10, 0, 10, 0, 0), ("people", 28, 0, 28, 0, 0)]


def test_the_project_keeps_its_conventions_and_its_contract(enlarged: Enlarged) -> None:
    enlarged.city.run(
        "pytest", "-p", "no:cacheprovider", "tests/conventions/test_gates.py",
        "tests/conventions/test_models.py", "tests/conventions/test_portable_sql.py",
        "tests/contract", "-k", "not suite_can_be_read",
        "tests/synthesis/test_recording.py::test_the_layouts_are_those_of_the_contract",
    )  # fmt: skip
