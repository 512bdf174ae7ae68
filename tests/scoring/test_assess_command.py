"""The command `think-family assess`, on an outsider's table."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner, Result
from pyarrow import csv, parquet

from think_family.cli import main

CANARY = "Zanzibella"

MAP = """
columns:
  entity: Pupil
  label: Came
  score: model
  as_of: day
  known: listed
  cluster: home
  lead_days: days
baselines:
  index: index
  missing twice: missing
groups:
  ethnicity: ethnicity
features:
  visits: visits
  referred: referred
date_format: "%d/%m/%Y"
"""


def rows(n: int = 400, seed: int = 1) -> dict[str, list[object]]:
    chance = np.random.default_rng(seed)
    odds = chance.normal(-1.5, 1.5, n)
    came = chance.random(n) < 1 / (1 + np.exp(-odds))
    return {
        "pupil": [f"{CANARY}{person}" for person in range(n)],
        "came": ["" if person % 40 == 0 else str(int(came[person])) for person in range(n)],
        "model": (1 / (1 + np.exp(-odds))).round(4).tolist(),
        "day": ["31/12/2023"] * n,
        "listed": chance.choice(["yes", "no", ""], n, p=[0.05, 0.9, 0.05]).tolist(),
        "home": [f"h{person // 2}" for person in range(n)],
        "days": [str(int(chance.integers(1, 366))) if came[person] else "" for person in range(n)],
        "index": np.round(odds + chance.normal(0, 1, n)).astype(int).tolist(),
        "missing": (odds + chance.normal(0, 2, n) > 0).tolist(),
        "ethnicity": chance.choice(["Asian", "White British", ""], n).tolist(),
        "visits": chance.poisson(2, n).tolist(),
        "referred": ["1" if each else "" for each in came],
    }


@pytest.fixture
def scores(tmp_path: Path) -> Path:
    """A table of an outsider's, with a map beside it."""
    (tmp_path / "map.yml").write_text(MAP)
    csv.write_csv(pa.table(rows()), tmp_path / "scores.csv")
    return tmp_path / "scores.csv"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def assess(scores: Path, *arguments: str | Path) -> Result:
    return run("assess", "--table", scores, "--map", scores.with_name("map.yml"), "--draws", "50",
               "--capacity", "30", "--out", scores.with_name("out"), *arguments)  # fmt: skip


def told(done: Result) -> str:
    return " ".join(done.output.split())


def changed(scores: Path, **columns: list[object]) -> None:
    csv.write_csv(pa.table({**rows(), **columns}), scores)


TABLES = (
    "counts", "performance", "comparisons", "lead_times", "calibration", "groups", "curves",
    "leakage", "drift", "stability",
)  # fmt: skip


def test_an_outsiders_table_is_assessed_through_a_map(scores: Path) -> None:
    done = assess(scores)
    assert done.exit_code == 0, done.output
    out = scores.with_name("out")
    assert sorted(file.name for file in out.iterdir()) == sorted(
        ["assessment.svg", *(f"{table}.csv" for table in TABLES)]
    )
    for part in (
        "as of 2023-12-31: 390 people assessed",
        "10 more are left out: nobody can tell whether it came",
        "were known already: they are listed as known",
        "from 50 draws of 200 clusters",
        "index (baseline)",
        "anybody, by chance",
        "model beside the others, on the same draws: index:",
        "missing twice: many share the score at the end of its list",
        "model as a probability: slope",
        "groups are surely found more or less often than their reference",
        "referred alone tells nearly all of the answer",
    ):
        assert part in told(done)
    assert "visits alone" not in told(done)
    written = "".join(file.read_text() for file in out.iterdir())
    assert CANARY not in done.output + written
    assert not re.search(r"\bnan\b", written)


def test_the_same_data_and_seed_give_the_same_bytes_and_another_seed_others(scores: Path) -> None:
    def written(*arguments: str) -> dict[str, bytes]:
        assert assess(scores, *arguments).exit_code == 0
        return {file.name: file.read_bytes() for file in scores.with_name("out").iterdir()}

    first = written()
    table = pa.table(rows())
    csv.write_csv(table.take(np.arange(table.num_rows)[::-1]), scores)
    assert written() == first
    assert written("--seed", "2")["performance.csv"] != first["performance.csv"]


def test_parquet_gives_what_csv_gives(scores: Path) -> None:
    table = csv.read_csv(scores, convert_options=csv.ConvertOptions(strings_can_be_null=True))
    parquet.write_table(table, scores.with_suffix(".parquet"))
    assert assess(scores).exit_code == 0
    out = scores.with_name("out")
    first = {file.name: file.read_bytes() for file in out.iterdir()}
    done = assess(scores.with_suffix(".parquet"))
    assert done.exit_code == 0, done.output
    assert {file.name: file.read_bytes() for file in out.iterdir()} == first


def test_the_picture_is_a_drawing_with_every_panel(scores: Path) -> None:
    assert assess(scores).exit_code == 0
    drawing = ElementTree.parse(scores.with_name("out") / "assessment.svg")  # noqa: S314 - ours
    words = " ".join(text.text or "" for text in drawing.iter("{http://www.w3.org/2000/svg}text"))
    for part in (
        "Precision along recall",
        "Of 30 people listed, how many it came to",
        "Calibration of model",
        "by days to the event",
        "by group",
        "White British",
        "95% of 50 draws of 200 clusters",
    ):
        assert part in words
    polygons = list(drawing.iter("{http://www.w3.org/2000/svg}polygon"))
    assert [polygon.get("class") for polygon in polygons] == ["band"]


def test_several_days_are_told_one_by_one_and_drawn_over_time(scores: Path) -> None:
    days = ["30/06/2023" if person % 2 else "31/12/2023" for person in range(400)]
    changed(scores, day=days)
    done = told(assess(scores))
    assert "as of 2023-06-30: 200 people assessed" in done
    assert "as of 2023-12-31: 190 people assessed" in done
    picture = (scores.with_name("out") / "assessment.svg").read_text()
    assert "scores as of 2023-12-31" in picture
    assert "day by day" in picture
    assert ">2023-06-30<" in picture


def test_without_draws_there_are_no_intervals_and_it_says_so(scores: Path) -> None:
    done = assess(scores, "--draws", "0")
    assert done.exit_code == 0, done.output
    assert "Without intervals: --draws is 0." in told(done)
    assert "polygon" not in (scores.with_name("out") / "assessment.svg").read_text()


def test_what_has_shifted_since_an_earlier_run_is_told(scores: Path) -> None:
    earlier = scores.with_name("earlier.csv")
    others = rows()
    csv.write_csv(pa.table({**others, "visits": [9] * 400}), earlier)
    done = assess(scores, "--earlier", earlier)
    assert done.exit_code == 0, done.output
    assert "100% of the 30 highest of model in the earlier run are among them now" in told(done)
    assert "1 of 5 scores and features have shifted" in told(done)
    drift = csv.read_csv(scores.with_name("out") / "drift.csv").to_pylist()
    assert {row["column"]: row["verdict"] for row in drift} == {
        "model": "stable", "index": "stable", "missing twice": "stable", "visits": "much shift",
        "referred": "stable",
    }  # fmt: skip


def test_precision_can_be_restated(scores: Path) -> None:
    done = assess(scores, "--prevalence", "0.002")
    (heads,) = (line for line in done.output.splitlines() if "average precision" in line)
    assert heads.endswith("it would, at 0.2%")
    (by_chance,) = (line for line in done.output.splitlines() if "anybody, by chance" in line)
    assert by_chance.endswith("0.2%")


def test_an_in_sample_result_is_called_no_accuracy(scores: Path) -> None:
    map_file = scores.with_name("map.yml")
    map_file.write_text(MAP.replace("  known: listed", "  known: listed\n  cohort: referred"))
    done = told(assess(scores))
    assert "model in-sample: of the list," in done
    assert "are on it. This is no accuracy." in done


def test_a_list_of_the_known_is_set_beside_the_score_of_everyone(scores: Path) -> None:
    map_file = scores.with_name("map.yml")
    map_file.write_text(MAP.replace("baselines:", "baselines:\n  list of known: listed"))
    changed(scores, listed=["yes" if each == "yes" else "no" for each in rows()["listed"]])
    done = told(assess(scores))
    assert "list of known: the same for all who are not known, and left out here" in done
    assert "list of known (of everyone): +" in done
    assert "list of known (baseline)" not in done


def test_rows_that_name_nobody_are_counted(scores: Path) -> None:
    changed(scores, pupil=["", *rows()["pupil"][1:]])
    assert "1 rows that name nobody are passed over" in told(assess(scores))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  label: Came\n", "", "map.yml: no column is mapped to label; add `label: <column>`"),
        ("entity: Pupil", "entity: Child", "scores.csv: no column Child, which the map names"),
        ("known:", "flagged:", "map.yml: unknown name flagged under `columns:`. Known names: "),
        ("groups:", "grouping:", "map.yml: unknown entry grouping; only `columns`, `scores`"),
        ('"%d/%m/%Y"', '"%Y"', "400 of 400 values of day do not read as a date"),
        ("  index: index", "  model: index", "map.yml: model stands for more than one score"),
        ("score: model", "score: INDEX", "scores.csv: index stands for more than one score"),
        ("cluster: home", "truth: model\nscores:\n  truth: index", "truth stands for more"),
        ("features:", "references:\n  sex: f\nfeatures:", "`references:` names sex"),
        ("features:", "references:\n  ethnicity: Welsh\nfeatures:", "does not hold"),
        ("  ethnicity: ethnicity", "  ethnicity: pupil", "has 400 different values"),
        ("  ethnicity: ethnicity", "  ethnicity:", "nothing stands beside ethnicity"),
        ("label: Came", "label: visits", "values of visits do not read as yes or no"),
        ("score: model", "score: home", "400 of 400 values of home do not read as a number"),
        ("  known: listed", "  weight: days", "rows have no days, or one below 0"),
        ("  known: listed", "  probability: visits", "values of visits are below 0 or above 1"),
    ],
)  # fmt: skip
def test_a_wrong_map_is_told_with_the_column_and_the_remedy(
    scores: Path, old: str, new: str, message: str
) -> None:
    assert old in MAP
    scores.with_name("map.yml").write_text(MAP.replace(old, new))
    done = assess(scores)
    assert done.exit_code == 1, done.output
    assert message in told(done)
    assert CANARY not in done.output
    assert not scores.with_name("out").exists()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"pupil": [CANARY] * 400}, "399 of 400 rows hold a pupil that came before as of one day"),
        ({"pupil": [""] * 400}, "none of the 400 rows has pupil"),
        ({"day": ["", *["31/12/2023"] * 399]}, "1 of 400 rows have no day"),
        ({"came": [CANARY, *["1"] * 399]}, "1 of 400 values of came do not read as yes or no"),
        ({"model": [CANARY, *["0.1"] * 399]}, "1 of 400 values of model do not read as a number"),
        ({"came": ["0"] * 400}, "as of 2023-12-31: the event came to nobody of 400 rows"),
    ],
)
def test_a_table_that_cannot_be_assessed_is_told_without_its_values(
    scores: Path, columns: dict[str, list[object]], message: str
) -> None:
    changed(scores, **columns)
    done = assess(scores)
    assert done.exit_code == 1, done.output
    assert message in told(done)
    assert CANARY not in done.output


def test_a_list_of_all_is_called_so(scores: Path) -> None:
    assert "A list of all, for there are no more than 999" in told(
        assess(scores, "--capacity", "999")
    )


def test_a_folder_is_asked_for_before_the_work_begins(scores: Path) -> None:
    done = assess(scores, "--out", scores)
    assert done.exit_code == 2
    assert "Invalid value for '--out'" in told(done)


def test_help_shows_a_map_to_copy() -> None:
    help_text = run("assess", "--help").output
    assert "entity: person_id" in help_text
    assert "think-family assess --table scores.csv --map scores.yml" in help_text
