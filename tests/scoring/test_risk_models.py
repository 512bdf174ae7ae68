"""The models of the project say what stands in it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from think_family.errors import ThinkFamilyError
from think_family.scoring.configuration import LEARNED, NETWORK
from think_family.scoring.models import models_told, read_models

ROOT = Path(__file__).parents[2]
MODELS = read_models(ROOT / "risk_models")


def seed(name: str) -> list[dict[str, str]]:
    with (ROOT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_what_a_file_names_is_there(model: object) -> None:
    targets = {row["target"] for row in seed("score_target")}
    harms = {row["harm"] for row in seed("carried_risk")}
    staged = {file.stem for file in (ROOT / "models" / "staging").rglob("*.sql")}
    if model.method == LEARNED:  # type: ignore[attr-defined]
        assert model.cohort.target in targets  # type: ignore[attr-defined]
    assert model.harm in harms  # type: ignore[attr-defined]
    assert set(model.cohort.labels) <= staged  # type: ignore[attr-defined]
    if model.method != NETWORK:  # type: ignore[attr-defined]
        assert model.index.points in seed("indicator_catalogue")[0]  # type: ignore[attr-defined]


def test_every_target_has_a_model() -> None:
    assert {row["target"] for row in seed("score_target")} == {
        model.cohort.target for model in MODELS if model.method == LEARNED
    }


def test_each_model_is_told_in_a_row() -> None:
    told = models_told(MODELS)
    assert told["model"].to_pylist() == [model.name for model in MODELS]
    assert len(set(told["configuration_digest"].to_pylist())) == len(MODELS)


def test_a_folder_without_files_and_a_file_of_another_name_are_told(tmp_path: Path) -> None:
    with pytest.raises(ThinkFamilyError, match="there is no file of a model"):
        read_models(tmp_path)
    text = (ROOT / "risk_models" / "neet.yml").read_text(encoding="utf-8")
    (tmp_path / "other.yml").write_text(text, encoding="utf-8")
    with pytest.raises(ThinkFamilyError, match=r"other\.yml: name: neet"):
        read_models(tmp_path)
