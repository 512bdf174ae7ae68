"""Scores from parameters: numpy alone, no training and no library of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from think_family.errors import ThinkFamilyError
from think_family.scoring.columns import BOOLEAN, Floats, Ints, kind_of, values_of
from think_family.scoring.parameters import AdditiveParameters, BoostedParameters, Term, Tree


@dataclass(frozen=True)
class Scored:
    """What a model says of rows.

    Attributes:
        log_odds: Per row, the log-odds of being labelled.
        score: Per row, from 0 to 100.
        contributions: Per row and term of an additive model, in their order; with the base they add
            up to the log-odds, to the last digit. None of a boosted model, whose features act
            together.
    """

    log_odds: Floats
    score: Floats
    contributions: Floats | None


def score(parameters: AdditiveParameters | BoostedParameters, table: Any) -> Scored:
    """Score rows.

    Args:
        parameters: As they were fitted.
        table: The features, as an Arrow table, a record batch or a mapping to arrays.

    Raises:
        ThinkFamilyError: A feature is missing from the table or of another type.
    """
    if isinstance(parameters, AdditiveParameters):
        return _score_additive(parameters, table)
    columns = [values_of(table, feature) for feature in parameters.features]
    log_odds = boosted_log_odds(parameters, columns, len(columns[0]) if columns else len(table))
    return Scored(log_odds, parameters.scale.score(log_odds), None)


def _score_additive(parameters: AdditiveParameters, table: Any) -> Scored:
    n_rows = len(values_of(table, parameters.terms[0].feature)) if parameters.terms else len(table)
    contributions = np.empty((len(parameters.terms), n_rows))
    log_odds = np.full(n_rows, parameters.base)
    for number, term in enumerate(parameters.terms):
        if (kind_of(table, term.feature) == BOOLEAN) != (term.kind == BOOLEAN):
            raise ThinkFamilyError(
                f"The column {term.feature} is of another type than it was trained on: {term.kind}."
            )
        contributions[number] = contribution_of(term, values_of(table, term.feature))
        log_odds += contributions[number]
    return Scored(log_odds, parameters.scale.score(log_odds), contributions.T)


def bins_of(values: Floats, edges: tuple[float, ...]) -> npt.NDArray[np.uint8]:
    """Give the bin of each value: how many edges it has reached; the next number where missing."""
    # Missing values sort behind all numbers, those that are infinite too.
    bins = np.searchsorted(np.array(edges), values, side="right").astype(np.uint8)
    bins[np.isnan(values)] = len(edges) + 1
    return bins


def contribution_of(term: Term, values: Floats) -> Floats:
    """Give what a feature contributes for each of its values."""
    told = np.array((*term.contributions, term.missing))[bins_of(values, term.edges)]
    return np.asarray(told, dtype=np.float64)


def contributions_by_indicator(
    parameters: AdditiveParameters, contributions: Floats
) -> Mapping[tuple[str, str], Floats]:
    """Add up the contributions of features of one indicator and scope.

    Returns:
        By scope (empty outside the catalogue) and indicator (or the feature itself, where it is of
        none), one number per row. They add up as exactly as contributions do.
    """
    sums: dict[tuple[str, str], Floats] = {}
    for number, term in enumerate(parameters.terms):
        key = (term.scope or "", term.indicator_code or term.feature)
        column = contributions[:, number]
        sums[key] = sums[key] + column if key in sums else column.copy()
    return sums


def boosted_log_odds(parameters: BoostedParameters, columns: list[Floats], n_rows: int) -> Floats:
    """Give the log-odds of a boosted model.

    Args:
        parameters: The trees.
        columns: The features, in their order.
        n_rows: How many rows there are.
    """
    # A tree compares ranks among the thresholds of its feature: small numbers, quick to fetch.
    edges: list[list[float]] = [[] for _ in parameters.features]
    for tree in parameters.trees:
        for feature, edge in zip(tree.feature, tree.threshold, strict=True):
            if feature >= 0:
                edges[feature].append(edge)
    thresholds = [np.unique(told) for told in edges]
    ranks = np.empty((len(columns), n_rows), dtype=np.int32)
    for number, values in enumerate(columns):
        if not len(thresholds[number]):
            continue
        ranks[number] = np.searchsorted(thresholds[number], values, side="left")
        ranks[number][np.isnan(values)] = -1
    log_odds = np.full(n_rows, parameters.base)
    for tree in parameters.trees:
        _add_tree(tree, thresholds, ranks, log_odds)
    return log_odds


def _add_tree(
    tree: Tree, thresholds: list[Floats], ranks: npt.NDArray[np.int32], log_odds: Floats
) -> None:
    """Add to the log-odds of each row the leaf that it comes to: rows are parted node by node."""
    waiting: list[tuple[int, Ints | slice]] = [(0, slice(None))]
    while waiting:
        node, rows = waiting.pop()
        feature = tree.feature[node]
        if feature < 0:
            log_odds[rows] += tree.value[node]
            continue
        rank = ranks[feature][rows]
        goes_left = rank <= np.searchsorted(thresholds[feature], tree.threshold[node])
        if not tree.missing_left[node]:
            goes_left &= rank >= 0
        for child, here in ((tree.left[node], goes_left), (tree.right[node], ~goes_left)):
            numbers = np.flatnonzero(here)
            waiting.append((child, numbers if isinstance(rows, slice) else rows[numbers]))
