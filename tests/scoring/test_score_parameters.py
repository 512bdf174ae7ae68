"""Parameters: a file that people read, that comes back as it was, and shows if it was changed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from think_family.errors import ThinkFamilyError
from think_family.scoring.parameters import (
    GRAIN,
    AdditiveParameters,
    IndexParameters,
    Term,
    grained,
    read_parameters,
    version_of,
    write_parameters,
    written,
)
from think_family.scoring.scale import Scale

SCALE = Scale("percentile", (-6.25, -1 / 3), (0.0, 100.0))


def term(**changes: object) -> Term:
    given = {
        "feature": "n_missing",
        "kind": "number",
        "sign": 1,
        "indicator_code": "missing_report",
        "scope": "person",
        "is_label_proxy": False,
        "imputed": "lowest",
        "has_flag": True,
        "edges": (1.0, 2.5),
        "contributions": (-0.5, 0.25, 1 / 1024),
        "missing": -0.5,
    }
    return Term(**{**given, "contributions": (-0.5, 0.0, 0.25), **changes})  # type: ignore[arg-type]


def box(*terms: Term) -> AdditiveParameters:
    training = {"n_rows": 10, "settings": {"l1": 0.1}, "libraries": {"numpy": "2.4"}}
    return AdditiveParameters("cse", -5.5, terms, ("noise",), SCALE, training)


def test_the_file_can_be_read_by_people(tmp_path: Path) -> None:
    file = tmp_path / "new" / "cse.json"
    write_parameters(box(term()), file)
    text = file.read_text(encoding="utf-8")
    content = json.loads(text)
    assert content["base"] == -5.5
    assert content["terms"][0]["edges"] == [1.0, 2.5]
    assert content["version"] == version_of(box(term()))
    assert content["version"].startswith("cse_additive_")
    assert '      "contributions": [-0.5, 0.0, 0.25],\n' in text


@pytest.mark.parametrize(
    "parameters",
    [
        box(term(), term(feature="is_in_care", kind="boolean", edges=(1.0,), contributions=(0, 1))),
        box(),
        IndexParameters("cse", "points", {"a": 3.0}, {"a": "health"}, None, SCALE, {"n_rows": 3}),
    ],
)
def test_what_is_written_comes_back(
    parameters: AdditiveParameters | IndexParameters, tmp_path: Path
) -> None:
    file = tmp_path / "parameters.json"
    write_parameters(parameters, file)
    assert read_parameters(file) == parameters
    assert written(read_parameters(file)).encode() == file.read_bytes()


def test_a_file_that_was_changed_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "parameters.json"
    text = written(box(term()))
    for changed, message in (
        (text.replace("-5.5", "-4.5"), "was changed since it was written"),
        (text.replace('"format": 1', '"format": 7'), "format 7, where this version reads 1"),
        (text.replace('"base": -5.5,', ""), "not whole"),
        (text.replace("-0.5, 0.0, 0.25", "-0.5, 0.5, 0.25"), "The term of n_missing is not whole"),
        ("[]", "no file of parameters"),
        ("{", "no file of parameters"),
    ):
        file.write_text(changed, encoding="utf-8")
        with pytest.raises(ThinkFamilyError, match=message) as caught:
            read_parameters(file)
        assert str(file) in caught.value.message
    with pytest.raises(ThinkFamilyError, match="no such file"):
        read_parameters(tmp_path / "nowhere.json")


@pytest.mark.parametrize(
    "wrong",
    [
        {"edges": (2.0, 1.0)},
        {"contributions": (0.0, 1.0)},
        {"contributions": (0.0, 0.5, 0.25)},
        {"contributions": (0.0, 0.1, 0.2)},
        {"kind": "text"},
    ],
)
def test_a_term_that_contradicts_itself_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ThinkFamilyError, match="The term of n_missing is not whole"):
        term(**wrong)


@given(st.lists(st.floats(-30, 30), max_size=200), st.randoms(use_true_random=False))
def test_sums_of_grains_do_not_depend_on_order(values: list[float], chance: object) -> None:
    grains = grained(np.array(values, dtype=float)).tolist()
    total = sum(grains)
    chance.shuffle(grains)  # type: ignore[attr-defined]
    assert sum(grains) == total
    assert all(value % GRAIN == 0 for value in grains)


def test_scoring_needs_nothing_that_trains(tmp_path: Path) -> None:
    file = tmp_path / "parameters.json"
    write_parameters(box(term()), file)
    code = (
        "import sys, pathlib\n"
        "from think_family.scoring.applying import score\n"
        "from think_family.scoring.parameters import read_parameters\n"
        f"parameters = read_parameters(pathlib.Path({str(file)!r}))\n"
        "told = score(parameters, {'n_missing': [0, 3, None]})\n"
        "print(told.log_odds.tolist())\n"
        "print([m for m in sys.modules if m.split('.')[0] in ('sklearn', 'scipy')])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[-6.0, -5.25, -6.0]", "[]"]


def test_a_feature_of_another_type_is_not_scored() -> None:
    from think_family.scoring.applying import score

    with pytest.raises(ThinkFamilyError, match="n_missing is of another type"):
        score(box(term()), {"n_missing": [True, False]})
    with pytest.raises(ThinkFamilyError, match="The column n_missing is missing"):
        score(box(term()), {"other": [1.0]})
