"""The challenger: its trees as plain lists say what scikit-learn's prediction says."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from think_family.errors import ThinkFamilyError
from think_family.scoring import boosting
from think_family.scoring.applying import boosted_log_odds, score
from think_family.scoring.boosting import (
    BoostingSettings,
    cross_fit_boosting,
    fit_boosting,
    trees_of,
)
from think_family.scoring.columns import Training
from think_family.scoring.features import Feature
from think_family.scoring.parameters import BoostedParameters, Tree, parameters_from, written
from think_family.scoring.scale import Scale

SMALL = BoostingSettings(learning_rate=0.2, n_trees=8, depth=3, folds=2)
FEATURES = (Feature("a", 1), Feature("b"), Feature("c", -1))


def training(n_rows: int = 1500) -> Training:
    chance = np.random.default_rng(3)
    values = chance.normal(size=(n_rows, 3)).round(2)
    label = values[:, 0] - np.abs(values[:, 1]) + chance.normal(size=n_rows) > 1
    values[chance.random((n_rows, 3)) < 0.2] = np.nan
    table = pa.table(
        {name: pa.array(values[:, n], from_pandas=True) for n, name in enumerate("abc")}
    )
    weight = chance.uniform(1, 3, n_rows)
    return Training(table, label, weight, [str(number // 2) for number in range(n_rows)])


def test_a_tree_asks_and_adds() -> None:
    """From 1 on a person goes right; who is missing goes left; two trees add up."""
    stump = Tree((0, -1, -1), (0.5, 0, 0), (True, False, False), (1, 0, 0), (2, 0, 0), (0, -1, 2))
    told = Tree((1, -1, -1), (np.inf, 0, 0), (False,) * 3, (1, 0, 0), (2, 0, 0), (0, 10.0, 20.0))
    scale = Scale("percentile", (0.0,), (0.0,))
    boosted = BoostedParameters("m", 0.25, ("a", "b"), (0, 0), (stump, told), scale)
    columns = [np.array([0.5, 0.6, np.nan]), np.array([np.inf, 1.0, np.nan])]
    assert boosted_log_odds(boosted, columns, 3).tolist() == [9.25, 12.25, 19.25]


@pytest.mark.parametrize("seed", range(4))
def test_trees_say_what_scikit_learn_predicts(seed: int) -> None:
    chance = np.random.default_rng(seed)
    values = np.column_stack(
        [chance.normal(size=800), chance.integers(0, 4, 800), chance.random(800) < 0.1]
    ).astype(float)
    label = values[:, 0] + values[:, 1] + chance.normal(size=800) > 2
    # A column that is told or missing, and one that is sometimes missing.
    values[:, 2] = np.where(values[:, 2] > 0, 1.0, np.nan)
    values[chance.random(800) < 0.3, 0] = np.nan
    with threadpool_limits(limits=1):
        classifier = HistGradientBoostingClassifier(
            max_iter=12, max_depth=4, min_samples_leaf=5, early_stopping=False, random_state=seed
        ).fit(values, label)
        new = np.vstack([values, chance.normal(size=(200, 3)) * 3, [[np.inf, -np.inf, np.nan]]])
        theirs = classifier.decision_function(new)
    base, trees = trees_of(classifier)
    scale = Scale("percentile", (0.0,), (0.0,))
    boosted = BoostedParameters("m", base, ("a", "b", "c"), (0, 0, 0), trees, scale)
    ours = boosted_log_odds(boosted, list(new.T), len(new))
    assert np.abs(ours - theirs).max() < 1e-9


def test_the_order_of_rows_and_the_number_of_threads_make_no_difference(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = training()
    shuffled = rows.taken(np.random.default_rng(0).permutation(len(rows)))
    here, there = (written(fit_boosting(r, FEATURES, SMALL, model="m")) for r in (rows, shuffled))
    assert here == there
    with monkeypatch.context() as patched:
        patched.setattr(boosting, "_ROWS_FOR_THREADS", 0)
        assert written(fit_boosting(rows, FEATURES, SMALL, model="m")) == here


def test_signs_hold_and_scores_come_back_from_the_file() -> None:
    rows = training()
    parameters = fit_boosting(rows, FEATURES, SMALL, model="m")
    for name, sign in (("a", 1), ("c", -1)):
        steps = {other: np.zeros(50) for other in "abc"} | {name: np.linspace(-4, 4, 50)}
        assert (sign * np.diff(score(parameters, steps).log_odds) >= 0).all()
    read = parameters_from(written(parameters))
    assert read == parameters
    told = score(read, rows.table)
    assert (told.log_odds == score(parameters, rows.table).log_odds).all()
    assert told.contributions is None
    chances = 1 / (1 + np.exp(-told.log_odds))
    labelled = rows.weight[rows.is_positive].sum()
    assert (chances * rows.weight).sum() == pytest.approx(labelled, rel=1e-6)


def test_what_is_told_of_nobody_is_never_asked_for() -> None:
    rows = training(400)
    nothing = pa.array([None] * len(rows), pa.float64())
    empty = Training(
        rows.table.append_column("d", nothing), rows.is_positive, rows.weight, rows.cluster
    )
    parameters = fit_boosting(empty, (*FEATURES, Feature("d")), SMALL, model="m")
    assert all(3 not in tree.feature for tree in parameters.trees)


def test_families_are_told_from_fits_without_them() -> None:
    rows = training(2000)
    told = cross_fit_boosting(rows, FEATURES, SMALL)
    seen = score(fit_boosting(rows, FEATURES, SMALL, model="m"), rows.table).log_odds
    assert 0.7 < roc_auc_score(rows.is_positive, told) < roc_auc_score(rows.is_positive, seen)
    lonely = Training(rows.table, rows.is_positive, rows.weight, ["one"] * len(rows))
    with pytest.raises(ThinkFamilyError, match="set fewer folds"):
        cross_fit_boosting(lonely, FEATURES, SMALL)
