"""Parameter files, and how they are trained."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from people import city, table

from think_family.errors import ThinkFamilyError
from think_family.identity.model import (
    LinkageParameters,
    load_parameters,
    save_parameters,
    untrained_levels,
)
from think_family.identity.training import train_parameters


@pytest.fixture(scope="module")
def trained() -> LinkageParameters:
    """Parameters trained on a made-up population."""
    return train_parameters(city(600, seed=9)[0], version="test", max_pairs=200_000)


def test_the_parameters_of_the_project_are_trained_through_and_through() -> None:
    parameters = load_parameters()
    assert untrained_levels(parameters.comparisons) == []
    assert {comparison["output_column_name"] for comparison in parameters.comparisons} >= {
        "forename",
        "surname",
        "birth_date",
        "place",
        "nhs_number",
        "upn",
        "nino",
    }


def test_a_file_is_read_as_it_was_written(trained: LinkageParameters, tmp_path: Path) -> None:
    path = tmp_path / "folder" / "p.json"
    save_parameters(trained, path)
    assert load_parameters(path) == trained


def test_an_untrained_level_is_an_error_that_names_it(
    trained: LinkageParameters, tmp_path: Path
) -> None:
    path = tmp_path / "p.json"
    save_parameters(trained, path)
    document = json.loads(path.read_text())
    document["comparisons"][0]["comparison_levels"][1].pop("m_probability")
    path.write_text(json.dumps(document))
    with pytest.raises(ThinkFamilyError, match=r"p\.json: untrained parameters \(forename: same\)"):
        load_parameters(path)


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"format": 1, "version": "x"}'])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "p.json"
    path.write_text(text)
    with pytest.raises(ThinkFamilyError, match=r"p\.json: not a parameter file"):
        load_parameters(path)


def test_a_file_of_a_later_format_is_refused(trained: LinkageParameters, tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    save_parameters(trained, path)
    path.write_text(path.read_text().replace('"format": 1', '"format": 99'))
    with pytest.raises(ThinkFamilyError, match="format 99"):
        load_parameters(path)


def test_training_finds_that_agreement_speaks_for_one_person(trained: LinkageParameters) -> None:
    for comparison in trained.comparisons:
        levels = [c for c in comparison["comparison_levels"] if not c.get("is_null_level")]
        assert levels[0]["m_probability"] > levels[0]["u_probability"]
        assert levels[-1]["m_probability"] < levels[-1]["u_probability"]


def test_columns_that_are_empty_are_left_out_of_the_model(trained: LinkageParameters) -> None:
    names = {comparison["output_column_name"] for comparison in trained.comparisons}
    assert names == {"forename", "surname", "birth_date", "place", "sex", "nhs_number"}


def test_the_same_records_and_seed_give_the_same_parameters(trained: LinkageParameters) -> None:
    again = train_parameters(city(600, seed=9)[0], version="test", max_pairs=200_000)
    for ours, theirs in zip(trained.comparisons, again.comparisons, strict=True):
        for a, b in zip(ours["comparison_levels"], theirs["comparison_levels"], strict=True):
            assert a.get("u_probability") == pytest.approx(b.get("u_probability"))
            assert a.get("m_probability") == pytest.approx(b.get("m_probability"))


def test_too_few_records_to_learn_from_are_refused() -> None:
    records = table(
        {"forename": "Anna", "surname": "Wen", "birth_date": "2001-01-01"},
        {"forename": "Ben", "surname": "Tor", "birth_date": "2002-01-01"},
    )
    with pytest.raises(ThinkFamilyError, match=r"few\.csv: too few pairs to train"):
        train_parameters(records, version="test", name="few.csv")


def test_the_prior_follows_the_size_of_the_table(trained: LinkageParameters) -> None:
    twice = trained.settings(2 * trained.n_records)["probability_two_random_records_match"]
    assert twice == pytest.approx(trained.prior / 2)
