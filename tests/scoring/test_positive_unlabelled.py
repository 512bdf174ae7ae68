"""What is recovered where the share of the harmed who are labelled is known."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from scipy.special import expit

from think_family.errors import ThinkFamilyError
from think_family.scoring.additive import AdditiveSettings, fit_additive
from think_family.scoring.applying import score
from think_family.scoring.columns import Training
from think_family.scoring.features import Feature
from think_family.scoring.positive_unlabelled import (
    biased_weights,
    label_frequency,
    share_harmed,
    shift_to_labelled,
)


def city(
    labelled_share: float, told_by: tuple[float, float], n_features: int
) -> tuple[Training, np.ndarray]:
    """A city of 20,000 in which one in ten is harmed, and features tell who."""
    chance = np.random.default_rng(5)
    harmed = chance.random(20_000) < 0.1
    features = {
        f"x{number}": np.where(harmed, chance.random(20_000) < told_by[1], False)
        | (chance.random(20_000) < told_by[0])
        for number in range(n_features)
    }
    labelled = harmed & (chance.random(20_000) < labelled_share)
    families = [str(number) for number in range(20_000)]
    return Training(pa.table(features), labelled, np.ones(20_000), families), harmed


@pytest.mark.parametrize(("n_features", "at_least"), [(1, 0.97), (6, 0.8)])
@pytest.mark.parametrize("labelled_share", [0.2, 0.6])
def test_the_share_that_is_labelled_is_found_where_features_tell_the_harmed(
    labelled_share: float, n_features: int, at_least: float
) -> None:
    """Of many features a little less is found: additive log-odds do not level off at the share."""
    told_by = (0.0, 1.0) if n_features == 1 else (0.01, 0.95)
    training, harmed = city(labelled_share, told_by, n_features)
    features = [Feature(name, 1) for name in training.table.column_names]
    fitted = AdditiveSettings(l1=0.05, l2=0.01, folds=3)
    parameters = fit_additive(training, features, fitted, model="m")
    frequency = parameters.training["label_frequency"]["mean"]
    assert at_least * labelled_share < frequency < labelled_share * 1.03
    expected = share_harmed(score(parameters, training.table).log_odds, frequency).sum()
    assert expected == pytest.approx(harmed.sum(), rel=0.2)


def test_the_share_is_found_too_low_where_harmed_and_others_look_alike() -> None:
    training, _ = city(0.6, (0.2, 0.4), 6)
    features = [Feature(name, 1) for name in training.table.column_names]
    parameters = fit_additive(training, features, AdditiveSettings(folds=3), model="m")
    assert parameters.training["label_frequency"]["mean"] < 0.6


def test_dividing_by_the_share_changes_no_ranking() -> None:
    log_odds = np.linspace(-6, 0, 50)
    assert (np.diff(share_harmed(log_odds, 0.8)) > 0).all()
    assert share_harmed(np.array([5.0]), 0.5) == [1.0]
    with pytest.raises(ThinkFamilyError, match="above 0"):
        share_harmed(log_odds, 0.0)


def test_labelled_rows_weigh_the_share_that_they_are_given() -> None:
    is_positive = np.array([True, True, False, False, False])
    weight = np.array([1.0, 1.0, 2.0, 3.0, 5.0])
    kept = biased_weights(is_positive, weight, None)
    assert kept == pytest.approx(weight)
    biased = biased_weights(is_positive, weight, 0.25)
    assert biased[is_positive] == pytest.approx([1.0, 1.0])
    assert biased[~is_positive] == pytest.approx([1.2, 1.8, 3.0])
    with pytest.raises(ThinkFamilyError, match="between 0 and 1"):
        biased_weights(is_positive, weight, 1.0)


def test_the_shift_expects_as_many_as_are_labelled() -> None:
    log_odds = np.array([-1.0, 0.0, 2.0])
    total = np.array([10.0, 5.0, 1.0])
    shift = shift_to_labelled(log_odds, np.array([0.0, 1.0, 1.0]), total)
    assert (total * expit(log_odds + shift)).sum() == pytest.approx(2.0)


def test_the_share_is_the_mean_over_the_labelled() -> None:
    told = label_frequency(np.array([0.2, 0.4, 0.9]), np.array([1.0, 1.0, 2.0]))
    assert told.mean == pytest.approx(0.6)
    assert told.highest == 0.9
