"""Labels dealt by chance leave nothing, and a feature that is the answer is found."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from think_family.scoring.assess_leakage import chance_results, leaking_features

N = 2000
CHANCE = np.random.default_rng(2)
ODDS = CHANCE.normal(-3, 1, N)
CAME = CHANCE.random(N) < 1 / (1 + np.exp(-ODDS))


def told(**features: object) -> dict[str, dict[str, object]]:
    rows = leaking_features(CAME, features).to_pylist()
    return {row["feature"]: row for row in rows}


def test_on_dealt_labels_a_good_score_is_worth_nothing() -> None:
    found = chance_results(CAME, ODDS, deals=100)
    assert found.is_chance
    assert found.roc_auc.value == pytest.approx(0.5, abs=0.02)
    assert found.average_precision.value == pytest.approx(found.prevalence, rel=0.2)


def test_a_measure_that_still_finds_something_is_told() -> None:
    class Peeking:
        """Chance that leaves every label where it is."""

        @staticmethod
        def permutation(label: np.ndarray) -> np.ndarray:
            return label

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(np.random, "default_rng", lambda _: Peeking())
        assert not chance_results(CAME, ODDS, deals=5).is_chance


def test_an_honest_feature_does_not_leak() -> None:
    found = told(honest=ODDS, noise=CHANCE.normal(size=N))
    assert not found["honest"]["leaks"]
    assert 0.7 < float(str(found["honest"]["roc_auc"])) < 0.95
    assert not found["noise"]["leaks"]


@pytest.mark.parametrize(
    ("feature", "by"),
    [
        (CAME.astype(float) + CHANCE.normal(0, 0.2, N), "its values"),
        (-CAME.astype(float), "its values"),
        (CAME, "its values"),
        (pa.array(np.where(CAME, "2024-05-01", None), pa.string()), "whether it has a value"),
        (pa.array(np.where(CAME, None, 0.0)), "whether it has a value"),
        (np.where(CAME, "open", "none").astype(object), "its texts"),
    ],
    ids=["noisy", "upside down", "flag", "filled later", "emptied later", "texts"],
)
def test_a_feature_that_is_the_answer_is_found(feature: object, by: str) -> None:
    found = told(planted=feature, honest=ODDS)
    assert found["planted"]["leaks"]
    assert found["planted"]["by"] == by
    assert [*found] == ["planted", "honest"]


def test_few_positives_are_told_apart_by_chance_and_that_is_no_leak() -> None:
    label = np.zeros(N, dtype=bool)
    label[:3] = True
    rows = leaking_features(label, {"copy": label.astype(float)}).to_pylist()
    assert not rows[0]["leaks"]


def test_where_a_few_have_a_value_their_values_tell_too_little() -> None:
    # Filled for 20 who were not hit and 3 who were, and highest for these.
    value = np.full(N, np.nan)
    value[np.flatnonzero(~CAME)[:20]] = 0
    value[np.flatnonzero(CAME)[:3]] = 1
    assert not told(rare=value)["rare"]["leaks"]
    # Nor for 20 who were hit and 3 who were not.
    value[np.flatnonzero(CAME)[:20]] = 1
    value[np.flatnonzero(~CAME)[3:20]] = np.nan
    assert not told(rare=value)["rare"]["leaks"]
