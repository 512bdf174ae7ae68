"""The page of indicators says what the seeds say."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from think_family.contract import read_contract
from think_family.errors import ThinkFamilyError
from think_family.indicators.command import indicators as command
from think_family.indicators.document import (
    feature_names,
    network_feature_names,
    read_catalogue,
    render_catalogue,
)

ROOT = Path(__file__).parents[2]
SEEDS = ROOT / "seeds"


def page() -> str:
    return render_catalogue(read_catalogue(SEEDS), read_contract(ROOT / "models" / "staging"))


def row_of(code: str) -> list[str]:
    lines = page().partition("## From which facts")[0].splitlines()
    (row,) = [line for line in lines if f"| `{code}` |" in line]
    return [cell.strip() for cell in row.strip("|").split("|")]


@pytest.mark.parametrize(
    ("code", "bristol", "somerset"),
    [
        ("child_protection_plan", "held", "held"),
        ("persistent_absence_year", "derivable", "held"),
        ("rent_arrears", "held", "derivable"),
        ("missing_education", "held", "absent"),
        ("missing_report", "held", "held"),
    ],
)
def test_it_says_which_programme_holds_what(code: str, bristol: str, somerset: str) -> None:
    assert row_of(code)[5:7] == [bristol, somerset]


def test_the_shared_set_is_what_both_hold_or_derive() -> None:
    for row in read_catalogue(SEEDS).indicators:
        in_both = "absent" not in row_of(row["indicator_code"])[5:7]
        assert (row["is_shared"] == "true") == in_both, row["indicator_code"]


def test_a_name_of_a_feature_is_none_twice_and_not_too_long_for_postgres() -> None:
    catalogue = read_catalogue(SEEDS)
    names = [*feature_names(catalogue), *network_feature_names(catalogue)]
    assert len(names) >= 90
    assert len(names) == len(set(names))
    assert [name for name in names if len(name) > 63] == []


def test_a_phrase_goes_on_from_they_and_calls_nobody_a_name() -> None:
    verbs = ("are ", "have ", "had ", "were ", "live ", "owe ", "missed ")
    for row in read_catalogue(SEEDS).indicators:
        for phrase in ("phrase_person", "phrase_past", "phrase_family"):
            text = row[phrase]
            assert text[0].islower(), (row["indicator_code"], phrase)
            assert not text.endswith("."), (row["indicator_code"], phrase)
            assert "_" not in text, (row["indicator_code"], phrase)
            # Nobody is an offender or a perpetrator: a record says so of an event.
            assert not {"offender", "perpetrator"} & set(text.split()), row["indicator_code"]
            if phrase != "phrase_past":
                assert text.startswith(verbs), (row["indicator_code"], text)


def test_a_seed_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ThinkFamilyError, match=r"indicator_catalogue\.csv is not there"):
        read_catalogue(tmp_path)


def test_the_page_of_the_project_is_current(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    done = CliRunner().invoke(command, ["--check"])
    assert done.exit_code == 0, done.exception
