"""The glass box: contributions that add up, shapes that hold, rows in whatever order."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from think_family.errors import ThinkFamilyError
from think_family.scoring.additive import (
    AdditiveSettings,
    cross_fit_additive,
    edges_of,
    fit_additive,
)
from think_family.scoring.applying import contribution_of, contributions_by_indicator, score
from think_family.scoring.columns import Training, training_from, values_of
from think_family.scoring.features import Feature, MissingRule
from think_family.scoring.parameters import written
from think_family.scoring.selection import permuted


def rows(n_rows: int = 2000, seed: int = 1, **columns: Any) -> pa.Table:
    """Rows of which a count, an age and a flag tell who is labelled, and noise does not."""
    chance = np.random.default_rng(seed)
    count = chance.poisson(0.3, n_rows).astype(float)
    days = np.where(chance.random(n_rows) < 0.6, np.nan, chance.integers(0, 1000, n_rows))
    noise = chance.normal(size=n_rows)
    is_in_care = chance.random(n_rows) < 0.1
    log_odds = -4 + 1.2 * count + 1.5 * is_in_care - np.nan_to_num(days, nan=800) / 400 + 1
    label = chance.random(n_rows) < 1 / (1 + np.exp(-log_odds))
    return pa.table(
        {
            "n_missing": count,
            "days_since": pa.array(days, from_pandas=True),
            "noise": noise,
            "is_in_care": is_in_care,
            "is_positive": label,
            "weight": np.where(label, 1.0, 3.0),
            "family_id": [f"family {number // 3}" for number in range(n_rows)],
            **columns,
        }
    )


FEATURES = (
    Feature("n_missing", 1, indicator_code="missing_report", scope="person"),
    Feature(
        "days_since", -1, MissingRule("highest"), indicator_code="missing_report", scope="person"
    ),
    Feature("noise"),
    Feature("is_in_care", 1, indicator_code="looked_after", scope="person"),
)
PLAIN = AdditiveSettings(l1=0.5, l2=1.0, folds=0)


def test_a_person_is_scored_by_what_the_bins_say() -> None:
    table = pa.table(
        {
            "n_missing": [0, 0, 0, 0, 0, 0, 2, 2, 2, 2],
            "is_positive": [False, False, False, False, False, True, False, True, True, True],
            "family_id": list("abcdefghij"),
        }
    )
    parameters = fit_additive(
        training_from(table, weight=None),
        [Feature("n_missing", 1)],
        AdditiveSettings(l1=0, l2=1e-9, smallest_bin=2, folds=0),
        model="m",
    )
    (term,) = parameters.terms
    assert term.edges == (2.0,)
    # One in six of those without is labelled, three in four of those with: log(1/5) and log(3).
    told = score(parameters, pa.table({"n_missing": [0, 1, 2, 9]})).log_odds
    assert told == pytest.approx([np.log(1 / 5)] * 2 + [np.log(3)] * 2, abs=1e-4)
    # The base is the mean of the population, from which contributions are counted.
    assert parameters.base == pytest.approx(0.6 * np.log(1 / 5) + 0.4 * np.log(3), abs=1e-4)
    assert term.contributions == pytest.approx(
        [np.log(1 / 5) - parameters.base, np.log(3) - parameters.base], abs=1e-4
    )


def test_contributions_and_base_are_the_score_to_the_last_digit() -> None:
    table = rows()
    parameters = fit_additive(training_from(table), FEATURES, PLAIN, model="m")
    scored = score(parameters, table)
    assert scored.contributions is not None
    forwards = parameters.base + scored.contributions.sum(axis=1)
    backwards = scored.contributions[:, ::-1].cumsum(axis=1)[:, -1] + parameters.base
    assert (forwards == scored.log_odds).all()
    assert (backwards == scored.log_odds).all()
    by_indicator = contributions_by_indicator(parameters, scored.contributions)
    assert ("person", "missing_report") in by_indicator
    assert (parameters.base + sum(by_indicator.values()) == scored.log_odds).all()


def test_a_contribution_is_counted_from_the_mean_of_the_population() -> None:
    training = training_from(rows())
    parameters = fit_additive(training, FEATURES, PLAIN, model="m")
    scored = score(parameters, training.table)
    assert scored.contributions is not None
    means = (scored.contributions * training.weight[:, None]).sum(axis=0) / training.weight.sum()
    assert np.abs(means).max() < 1e-6
    chances = 1 / (1 + np.exp(-scored.log_odds))
    labelled = training.weight[training.is_positive].sum()
    assert (chances * training.weight).sum() == pytest.approx(labelled, rel=1e-4)


@pytest.mark.parametrize("order", [1, 2])
def test_the_order_of_rows_makes_no_difference(order: int) -> None:
    table = rows()
    shuffled = table.take(np.random.default_rng(order).permutation(len(table)))
    chosen = AdditiveSettings(l1=0.5, folds=3)
    there, here = (
        written(fit_additive(training_from(t), FEATURES, chosen, model="m"))
        for t in (shuffled, table)
    )
    assert there == here


def test_other_rows_give_another_digest() -> None:
    table = rows()
    changed = table.set_column(2, "noise", pa.array(np.append(values_of(table, "noise")[1:], 0.5)))
    one, other = (
        fit_additive(training_from(t), FEATURES, PLAIN, model="m").training["data_digest"]
        for t in (table, changed)
    )
    assert one != other


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 2**16),
    sign=st.sampled_from([-1, 1]),
    strength=st.sampled_from([-2.0, -0.3, 0.0, 0.3, 2.0]),
    share_missing=st.sampled_from([0.0, 0.3, 0.9]),
    impute=st.sampled_from(["lowest", "highest", "commonest"]),
    flag=st.booleans(),
)
def test_where_a_score_may_only_rise_it_does(
    seed: int, sign: int, strength: float, share_missing: float, impute: str, flag: bool
) -> None:
    chance = np.random.default_rng(seed)
    values = chance.integers(0, 12, 400).astype(float)
    label = chance.random(400) < 1 / (1 + np.exp(1 - strength * (values - 6)))
    label[:2] = True, False
    values[chance.random(400) < share_missing] = np.nan
    table = pa.table({"x": pa.array(values, from_pandas=True)})
    training = Training(table, label, chance.uniform(0.5, 4, 400), [str(n) for n in range(400)])
    feature = Feature("x", sign, MissingRule(impute, flag))
    fitted = AdditiveSettings(l1=0.1, l2=0.1, folds=0)
    parameters = fit_additive(training, [feature], fitted, model="m")
    told = score(parameters, pa.table({"x": np.arange(-3.0, 15.0)})).log_odds
    assert (sign * np.diff(told) >= 0).all()
    missing = score(parameters, pa.table({"x": pa.array([None], pa.float64())})).log_odds[0]
    if not flag and impute != "commonest":
        assert missing == told[0 if impute == "lowest" else -1]


def test_missing_has_a_weight_of_its_own_where_the_rule_says_so() -> None:
    values = [None] * 20 + [1.0] * 20 + [5.0] * 20
    label = ([True, False] * 10) + ([False] * 18 + [True] * 2) + ([False] * 10 + [True] * 10)
    table = pa.table({"x": values, "is_positive": label, "family_id": [str(n) for n in range(60)]})
    for flag, expected in ((True, 0.0), (False, np.log(12 / 28))):
        parameters = fit_additive(
            training_from(table, weight=None),
            [Feature("x", 1, MissingRule("lowest", flag))],
            AdditiveSettings(l1=0, l2=1e-6, smallest_bin=5, folds=0),
            model="m",
        )
        told = score(parameters, pa.table({"x": [None, 1.0]})).log_odds
        assert told[0] == pytest.approx(expected, abs=1e-3)
        assert (told[0] == told[1]) is np.False_ if flag else told[0] == told[1]


def test_what_is_missing_of_the_same_rows_is_flagged_once() -> None:
    table = rows()
    shadow = pa.array(
        np.where(np.isnan(values_of(table, "days_since")), np.nan, 1), from_pandas=True
    )
    features = [*FEATURES, Feature("shadow", 1), Feature("copy")]
    table = table.append_column("shadow", shadow).append_column("copy", table["days_since"])
    parameters = fit_additive(training_from(table), features, PLAIN, model="m")
    assert [term.feature for term in parameters.terms if term.has_flag] == ["days_since"]
    assert "shadow" in parameters.unused


def test_a_value_missing_for_the_first_time_reads_as_the_rule_says() -> None:
    table = rows()
    parameters = fit_additive(training_from(table), FEATURES, PLAIN, model="m")
    (term,) = (term for term in parameters.terms if term.feature == "n_missing")
    assert contribution_of(term, np.array([np.nan])) == term.contributions[0]


def test_without_bounds_the_fit_is_that_of_scikit_learn() -> None:
    """One bin per value and a penalty that both know: the same log-odds."""
    table = rows()
    training = training_from(table)
    features = [Feature("is_in_care"), Feature("n_missing")]
    fitted = AdditiveSettings(l1=0, l2=0.7, most_bins=2, folds=0)
    parameters = fit_additive(training, features, fitted, model="m")
    steps = np.column_stack(
        [values_of(table, "is_in_care") >= 1, values_of(table, "n_missing") >= 1]
    ).astype(float)
    theirs = LogisticRegression(C=1 / 0.7, tol=1e-10, max_iter=1000).fit(
        steps, training.is_positive, sample_weight=training.weight
    )
    ours = score(parameters, table).log_odds
    # The level is set by what is labelled; what tells people apart is the same.
    expected = theirs.decision_function(steps)
    assert ours - ours.mean() == pytest.approx(expected - expected.mean(), abs=1e-4)
    assert ours == pytest.approx(expected, abs=1e-3)


def test_neighbours_that_contribute_the_same_are_one_bin() -> None:
    parameters = fit_additive(
        training_from(rows()), FEATURES, AdditiveSettings(l1=5.0, folds=0), model="m"
    )
    told = [term.contributions for term in parameters.terms]
    assert all(a != b for values in told for a, b in pairwise(values))
    assert any(len(values) > 1 for values in told)


def test_a_larger_penalty_leaves_less() -> None:
    training = training_from(rows())
    used = [
        len(fit_additive(training, FEATURES, AdditiveSettings(l1=l1, folds=0), model="m").terms)
        for l1 in (0.01, 20.0, 1e6)
    ]
    assert used == sorted(used, reverse=True)
    assert used[-1] == 0
    nothing = fit_additive(training, FEATURES, AdditiveSettings(l1=1e6, folds=0), model="m")
    assert nothing.unused == tuple(feature.name for feature in FEATURES)
    assert (score(nothing, training.table).log_odds == nothing.base).all()


def test_labelled_rows_that_weigh_more_change_no_level() -> None:
    """The share of labelled rows changes what is found, and not how many are expected."""
    training = training_from(rows())
    labelled = training.weight[training.is_positive].sum()
    for share in (0.01, 0.5):
        weighed = AdditiveSettings(l1=0.5, positive_share=share, folds=0)
        parameters = fit_additive(training, FEATURES, weighed, model="m")
        chances = 1 / (1 + np.exp(-score(parameters, training.table).log_odds))
        assert (chances * training.weight).sum() == pytest.approx(labelled, rel=1e-4)


def test_permuted_labels_give_chance() -> None:
    table = rows(6000)
    ids = [str(number) for number in range(len(table))]
    areas = []
    for seed in range(3):
        dealt = permuted(np.asarray(table["is_positive"].to_numpy()), ids, seed)
        training = Training(table, dealt, np.ones(len(table)), table["family_id"].to_pylist())
        told = cross_fit_additive(training, FEATURES, AdditiveSettings(l1=0.5, folds=3))
        areas.append(roc_auc_score(dealt, told))
    assert np.mean(areas) == pytest.approx(0.5, abs=0.04)
    honest = training_from(table)
    told = cross_fit_additive(honest, FEATURES, AdditiveSettings(l1=0.5, folds=3))
    assert roc_auc_score(honest.is_positive, told) > 0.75


def test_bins_are_of_like_weight_and_the_commonest_value_stands_alone() -> None:
    weight = np.ones(1000)
    assert edges_of(np.arange(1000.0), weight, 4, 5) == (250.0, 500.0, 750.0)
    rare = np.repeat([0.0, 1.0, 2.0, 3.0], [980, 10, 5, 5])
    assert edges_of(rare, weight, 6, 5) == (1.0, 2.0, 3.0)
    # No bin is of fewer rows than it may be.
    assert edges_of(rare, weight, 6, 10) == (1.0, 2.0)
    assert edges_of(rare, weight, 6, 21) == ()
    # Rows that stand for more weigh more.
    heavy = np.where(np.arange(1000) < 100, 9.0, 1.0)
    assert edges_of(np.arange(1000.0), heavy, 2, 5) == (100.0,)
    assert edges_of(np.linspace(0, 1, 1000), weight, 2, 5) == (0.501,)
    assert edges_of(np.array([np.nan, 4.0]), np.ones(2), 6, 1) == ()
    assert edges_of(np.array([-np.inf, 0.0, 1.0, np.inf]), np.ones(4), 6, 1) == (0.0, 1.0)


def test_what_cannot_be_fitted_is_said() -> None:
    table = rows(60)
    with pytest.raises(ThinkFamilyError, match="The column nowhere is missing"):
        fit_additive(training_from(table), [Feature("nowhere")], PLAIN, model="m")
    with pytest.raises(ThinkFamilyError, match="type string: a feature is a number"):
        fit_additive(training_from(table), [Feature("family_id")], PLAIN, model="m")
    label = pa.array([True] + [False] * 59)
    one = table.set_column(table.schema.get_field_index("is_positive"), "is_positive", label)
    with pytest.raises(ThinkFamilyError, match="set fewer folds"):
        fit_additive(training_from(one), FEATURES, AdditiveSettings(), model="m")
    with pytest.raises(ThinkFamilyError, match="0 of 60 rows are labelled"):
        training_from(table.append_column("nobody", pa.array([False] * 60)), label="nobody")
    wrong = table.append_column("none", pa.array([0.0] * 60))
    with pytest.raises(ThinkFamilyError, match="none of 60 of 60 rows is no positive number"):
        training_from(wrong, weight="none")
