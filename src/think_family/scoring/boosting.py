"""The challenger: boosted trees, which no one can read whole, to tell what the glass box costs.

Gradient boosting (Friedman, Greedy function approximation: a gradient boosting machine, Annals of
Statistics 29, 2001) as scikit-learn's HistGradientBoostingClassifier does it, with the same signs
as the glass box, sampling weights, and missing values that go their own way at each question. Its
trees are taken out as plain lists: scoring needs no scikit-learn, and gives what its own prediction
does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from think_family.errors import ThinkFamilyError
from think_family.scoring.applying import boosted_log_odds
from think_family.scoring.columns import (
    Bools,
    Floats,
    Ints,
    Training,
    digest_of,
    in_order,
    table_values,
    training_keys,
)
from think_family.scoring.features import Feature
from think_family.scoring.parameters import BoostedParameters, Tree, libraries
from think_family.scoring.positive_unlabelled import biased_weights, shift_to_labelled
from think_family.scoring.scale import PERCENTILE, Scale, scale_from
from think_family.scoring.selection import folds_of

_MOST_THREADS = 2
# Below so many rows a second thread is waited for longer than it helps.
_ROWS_FOR_THREADS = 50_000


@dataclass(frozen=True)
class BoostingSettings:
    """How the challenger is fitted.

    Attributes:
        learning_rate: How much of each tree is taken.
        n_trees: How many trees.
        depth: How many questions a tree asks at most.
        smallest_leaf: The fewest rows of a leaf.
        l2: Penalty on the square of leaves.
        positive_share: Share of the weight that labelled rows get; none keeps the sampling weights.
        folds: Parts that families are dealt into by `cross_fit_boosting`.
        seed: Of the deal, and of the sample of rows on which bins are cut where there are more than
            200,000.
        scale: How the scale from 0 to 100 is made.
    """

    learning_rate: float = 0.05
    n_trees: int = 150
    depth: int = 3
    smallest_leaf: int = 20
    l2: float = 1.0
    positive_share: float | None = None
    folds: int = 5
    seed: int = 1
    scale: str = PERCENTILE


def fit_boosting(
    training: Training,
    features: Sequence[Feature],
    settings: BoostingSettings | None = None,
    *,
    model: str,
    facts: dict[str, Any] | None = None,
) -> BoostedParameters:
    """Fit the challenger; arguments, result and errors as of `fit_additive`.

    Rules for missing values are not used: at each question missing goes where it fits best.
    """
    settings = settings or BoostingSettings()
    names = [feature.name for feature in features]
    keys = training_keys(training, names)
    # Histograms add up floating-point numbers: rows stand in the order of what they hold.
    order = in_order(keys)
    values = table_values(training.table, names)[order]
    is_positive, weight = training.is_positive[order], training.weight[order]
    parameters = _fitted(values, is_positive, weight, features, settings, model)
    log_odds = boosted_log_odds(parameters, list(values.T), len(values))
    return BoostedParameters(
        model=model,
        base=parameters.base,
        features=parameters.features,
        signs=parameters.signs,
        trees=parameters.trees,
        scale=scale_from(log_odds, weight, settings.scale),
        training={
            **(facts or {}),
            "n_rows": len(training),
            "n_labelled": int(is_positive.sum()),
            "n_families": len(set(training.cluster)),
            "weight_labelled": float(np.sort(weight[is_positive]).sum()),
            "weight": float(np.sort(weight).sum()),
            "settings": asdict(settings),
            "data_digest": digest_of(names, keys),
            "libraries": libraries(),
        },
    )


def cross_fit_boosting(
    training: Training, features: Sequence[Feature], settings: BoostingSettings | None = None
) -> Floats:
    """Give the log-odds of every row from fits that saw no row of its family."""
    settings = settings or BoostingSettings()
    names = [feature.name for feature in features]
    order = in_order(training_keys(training, names))
    values = table_values(training.table, names)[order]
    is_positive, weight = training.is_positive[order], training.weight[order]
    fold = folds_of(training.cluster, settings.folds, settings.seed)[order]
    told = np.empty(len(training))
    for number in range(settings.folds):
        seen = fold != number
        if not is_positive[seen].any() or is_positive[seen].all():
            raise ThinkFamilyError(
                f"Without fold {number + 1} of {settings.folds} no labelled or no other rows are"
                " left: set fewer folds."
            )
        fit = _fitted(values[seen], is_positive[seen], weight[seen], features, settings, "")
        out = values[~seen]
        told[order[~seen]] = boosted_log_odds(fit, list(out.T), len(out))
    return told


def _fitted(
    values: Floats,
    is_positive: Bools,
    weight: Floats,
    features: Sequence[Feature],
    settings: BoostingSettings,
    model: str,
) -> BoostedParameters:
    """Fit on rows that stand in the order of what they hold; the scale is left open."""
    asked = _can_be_asked_for(values, settings.smallest_leaf)
    classifier = HistGradientBoostingClassifier(
        learning_rate=settings.learning_rate,
        max_iter=settings.n_trees,
        max_depth=settings.depth,
        max_leaf_nodes=None,
        min_samples_leaf=settings.smallest_leaf,
        l2_regularization=settings.l2,
        monotonic_cst=[features[number].sign for number in asked],
        early_stopping=False,
        random_state=settings.seed,
    )
    told = values[:, asked]
    # scikit-learn cannot cut a column in which nothing is told; one of zeros is never asked for.
    is_told = ~np.isnan(told).all(axis=0)
    with threadpool_limits(limits=_MOST_THREADS if len(values) >= _ROWS_FOR_THREADS else 1):
        classifier.fit(
            told if is_told.all() else np.where(is_told, told, 0.0),
            is_positive,
            sample_weight=biased_weights(is_positive, weight, settings.positive_share),
        )
    names = tuple(feature.name for feature in features)
    signs = tuple(feature.sign for feature in features)
    base, trees = trees_of(classifier)
    trees = tuple(
        replace(tree, feature=tuple(-1 if at < 0 else int(asked[at]) for at in tree.feature))
        for tree in trees
    )
    open_scale = Scale(settings.scale, (0.0,), (0.0,))
    fit = BoostedParameters(model, base, names, signs, trees, open_scale)
    log_odds = boosted_log_odds(fit, list(values.T), len(values))
    shift = shift_to_labelled(log_odds, weight * is_positive, weight)
    return BoostedParameters(model, base + shift, names, signs, trees, open_scale)


def _can_be_asked_for(values: Floats, smallest_leaf: int) -> Ints:
    """Give the numbers of the columns that a tree could part: of others one side is too small.

    Leaving the others out changes no tree, and most features are rare. At least one is left.
    """
    # What fills all rows but a few fills the middle of them in order, missing values being last.
    middle = np.partition(values, len(values) // 2, axis=0)[len(values) // 2]
    is_same = (values == middle) | (np.isnan(values) & np.isnan(middle))
    asked = np.flatnonzero(is_same.sum(axis=0) <= len(values) - smallest_leaf)
    return asked if len(asked) else np.arange(1)


def trees_of(classifier: HistGradientBoostingClassifier) -> tuple[float, tuple[Tree, ...]]:
    """Take the trees out of a fitted classifier of two classes.

    scikit-learn gives no public way to them; a test holds that they say what its prediction does.

    Returns:
        The log-odds before any tree, and the trees.
    """
    trees = []
    for (predictor,) in classifier._predictors:
        nodes = predictor.nodes
        if nodes["is_categorical"].any():
            raise ThinkFamilyError("A tree asks for a category; features are numbers.")
        is_leaf = nodes["is_leaf"].astype(bool)
        trees.append(
            Tree(
                feature=tuple(np.where(is_leaf, -1, nodes["feature_idx"]).tolist()),
                threshold=tuple(np.where(is_leaf, 0.0, nodes["num_threshold"]).tolist()),
                missing_left=tuple((nodes["missing_go_to_left"].astype(bool) & ~is_leaf).tolist()),
                left=tuple(np.where(is_leaf, 0, nodes["left"]).tolist()),
                right=tuple(np.where(is_leaf, 0, nodes["right"]).tolist()),
                value=tuple(np.where(is_leaf, nodes["value"], 0.0).tolist()),
            )
        )
    return float(classifier._baseline_prediction.ravel()[0]), tuple(trees)
