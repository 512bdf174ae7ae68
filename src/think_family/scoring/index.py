"""The index: the analysts' points, counted on the day, beside what the model says.

Points are theirs (the seed of indicators); the share of them that counts on a day is the data's:
all while an episode lasts, less and less to the end of the window of an event. One criterion counts
no more than a cap, so that one bad year at school, told in five ways, does not outweigh the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from think_family.errors import ThinkFamilyError
from think_family.scoring.columns import (
    Floats,
    Ints,
    column_of,
    digest_of,
    keys_of,
    texts_of,
    totals,
    values_of,
)
from think_family.scoring.parameters import FLAGS, GRAIN, POINTS, IndexParameters, libraries
from think_family.scoring.scale import PERCENTILE, Scale, scale_from

#: Model and index say very different things from this difference on.
STRONG_DISAGREEMENT = 40.0

_ROOM = 1e-9


def points_of(catalogue: Any, points: str) -> tuple[dict[str, float], dict[str, str]]:
    """Read an index from the catalogue of indicators.

    Args:
        catalogue: The seed `indicator_catalogue`: indicator_code, criterion and columns of points.
        points: The column of the index.

    Returns:
        By indicator, its points and its criterion; indicators without points are left out.

    Raises:
        ThinkFamilyError: A column is missing, points are missing or below 0, or none are left.
    """
    codes = texts_of(catalogue, "indicator_code").to_pylist()
    criteria = texts_of(catalogue, "criterion").to_pylist()
    values = values_of(catalogue, points)
    if not (values >= 0).all():
        raise ThinkFamilyError(f"{points} of the catalogue must be 0 or more for every indicator.")
    told = {code: float(value) for code, value in zip(codes, values, strict=True) if value > 0}
    if not told:
        raise ThinkFamilyError(f"{points} of the catalogue gives no indicator any points.")
    of = dict(zip(codes, criteria, strict=True))
    return told, {code: of[code] for code in told}


@dataclass(frozen=True)
class Indexed:
    """What the index says of persons and dates.

    Attributes:
        rows: A row per person and date of the spine, in its order: person_id, as_of_date, points
            (the sum of contributions), score (0 to 100).
        contributions: A row per person, date and indicator that counts: person_id, as_of_date,
            indicator_code, criterion, weight, contribution (points after the cap); ordered by
            person, date and, largest first, contribution.
    """

    rows: pa.Table
    contributions: pa.Table


def fit_index(
    spine: Any,
    windowed: Any,
    *,
    model: str,
    points: Mapping[str, float],
    criteria: Mapping[str, str],
    cap_per_criterion: float | None = None,
    kind: str = POINTS,
    weight: Floats | None = None,
    scale: str = PERCENTILE,
    facts: dict[str, Any] | None = None,
) -> IndexParameters:
    """Make the parameters of an index; all that is learned is the scale of the population.

    Args:
        spine: The population: person_id and as_of_date, once each.
        windowed: As `index_score` takes it.
        model: Name of the model.
        points: By indicator, as `points_of` gives them.
        criteria: By indicator, its criterion.
        cap_per_criterion: The most that one criterion counts, or none.
        kind: `points`, or `flags` to count indicators.
        weight: Sampling weights of the spine; each row counts once without.
        scale: How the scale from 0 to 100 is made.
        facts: What is to be kept with the parameters: plain values, as JSON knows them.
    """
    if set(points) - set(criteria) or not all(value > 0 for value in points.values()):
        raise ThinkFamilyError("Every indicator of an index has points above 0 and a criterion.")
    if cap_per_criterion is not None and not cap_per_criterion > 0:
        raise ThinkFamilyError("The cap of a criterion must be above 0, or none.")
    codes = sorted(points)
    given = {code: 1.0 if kind == FLAGS else float(points[code]) for code in codes}
    of = {code: criteria[code] for code in codes}
    cap = None if cap_per_criterion is None else float(cap_per_criterion)
    unscaled = IndexParameters(model, kind, given, of, cap, Scale(scale, (0.0,), (0.0,)))
    values = values_of(index_score(unscaled, spine, windowed).rows, "points")
    weights = np.ones(len(values)) if weight is None else weight
    return IndexParameters(
        model=model,
        kind=kind,
        points=given,
        criteria=of,
        cap_per_criterion=cap,
        scale=scale_from(values, weights, scale),
        training={
            **(facts or {}),
            "n_rows": len(values),
            "weight": float(np.sort(weights).sum()),
            "data_digest": digest_of(["points", "weight"], keys_of((values, weights), len(values))),
            "libraries": libraries(),
        },
    )


def index_score(parameters: IndexParameters, spine: Any, windowed: Any) -> Indexed:
    """Score persons and dates by the index.

    Where the indicators of a criterion count more than the cap, each counts in proportion.
    Contributions are multiples of 2 ** -20, cut down, so that they add up to the points of the
    person to the last digit and no criterion exceeds its cap.

    Args:
        parameters: Points, cap and scale.
        spine: person_id and as_of_date, once each.
        windowed: `int_features__indicators_windowed`, or columns of it: person_id, as_of_date,
            indicator_code, weight (the share of the points that counts on the day, 0 to 1); rows of
            others than the spine's are left out.

    Raises:
        ThinkFamilyError: A column is missing, a weight is out of range, or a row is given twice.
    """
    if parameters.kind not in (POINTS, FLAGS):
        raise ThinkFamilyError(f"No kind of index is called {parameters.kind}.")
    spine = _spine(spine)
    told = _counting(parameters, spine, windowed)
    number = told["number"].to_numpy()
    codes = told["indicator_code"].to_pylist()
    share = told["weight"].to_numpy()
    points = np.array([parameters.points[code] for code in codes], dtype=np.float64)
    full = points if parameters.kind == FLAGS else points * share
    contribution = _capped(full, number, codes, parameters)
    sums = totals(number, contribution, len(spine))
    rows = spine.append_column("points", pa.array(sums)).append_column(
        "score", pa.array(parameters.scale.score(sums))
    )
    taken = spine.take(pa.array(number))
    contributions = pa.table(
        {
            "person_id": taken["person_id"],
            "as_of_date": taken["as_of_date"],
            "indicator_code": told["indicator_code"],
            "criterion": pa.array([parameters.criteria[code] for code in codes], pa.string()),
            "weight": told["weight"],
            "contribution": pa.array(contribution),
        }
    )
    order = [("person_id", "ascending"), ("as_of_date", "ascending")]
    return Indexed(
        rows,
        contributions.filter(pc.greater(contributions["contribution"], 0.0)).sort_by(
            [*order, ("contribution", "descending"), ("indicator_code", "ascending")]
        ),
    )


def _spine(spine: Any) -> pa.Table:
    table = pa.table(
        {
            "person_id": texts_of(spine, "person_id"),
            "as_of_date": column_of(spine, "as_of_date").cast(pa.date32()),
        }
    )
    n_rows = len(table.group_by(["person_id", "as_of_date"]).aggregate([]))
    if table["as_of_date"].null_count or n_rows < len(table):
        raise ThinkFamilyError(
            f"{len(table) - n_rows} rows of the spine repeat a person and date, and"
            f" {table['as_of_date'].null_count} have no date: each is wanted once."
        )
    return table


def _counting(parameters: IndexParameters, spine: pa.Table, windowed: Any) -> pa.Table:
    """Give the indicators that count: number of the row of the spine, indicator_code, weight."""
    table = pa.table(
        {
            "person_id": texts_of(windowed, "person_id"),
            "as_of_date": column_of(windowed, "as_of_date").cast(pa.date32()),
            "indicator_code": texts_of(windowed, "indicator_code"),
            "weight": pa.array(values_of(windowed, "weight")),
        }
    )
    table = table.filter(pc.is_in(table["indicator_code"], pa.array(sorted(parameters.points))))
    weight = table["weight"].to_numpy()
    n_wrong = int((~((weight >= 0) & (weight <= 1))).sum())
    if n_wrong:
        raise ThinkFamilyError(f"The weight of {n_wrong} indicators is no share from 0 to 1.")
    keys = ["person_id", "as_of_date", "indicator_code"]
    n_rows = len(table.group_by(keys).aggregate([]))
    if n_rows < len(table):
        raise ThinkFamilyError(
            f"{len(table) - n_rows} rows of indicators repeat a person, date and indicator."
        )
    numbered = spine.append_column("number", pa.array(np.arange(len(spine))))
    return (
        table.filter(pc.greater(table["weight"], 0.0))
        .join(numbered, ["person_id", "as_of_date"], join_type="inner")
        .sort_by([("number", "ascending"), ("indicator_code", "ascending")])
        .select(["number", "indicator_code", "weight"])
        .combine_chunks()
    )


def _capped(full: Floats, number: Ints, codes: list[str], parameters: IndexParameters) -> Floats:
    """Cut contributions of a criterion down to the cap, and each to a multiple of 2 ** -20."""
    if parameters.cap_per_criterion is not None and len(full):
        names = sorted(set(parameters.criteria.values()))
        at = {name: number for number, name in enumerate(names)}
        criterion = np.array([at[parameters.criteria[code]] for code in codes])
        group = number * len(names) + criterion
        groups, place = np.unique(group, return_inverse=True)
        whole = totals(place, full, len(groups))[place]
        full = full * (
            parameters.cap_per_criterion / np.maximum(whole, parameters.cap_per_criterion)
        )
    # What is a multiple but for rounding stays that multiple.
    cut: Floats = np.floor(full / GRAIN + _ROOM) * GRAIN
    return cut


def combined(model: Floats, index: Floats) -> pa.Table:
    """Put model and index together: the higher one counts, and both are kept.

    Args:
        model: Scores of the model, from 0 to 100; not a number where there is none, such as of a
            model that was withdrawn.
        index: Scores of the index, of the same rows.

    Returns:
        A row each: model_score, index_score, score (the higher, or the only one), winner (model,
        index or both; none where neither is there), is_strong_disagreement (they differ by 40 or
        more; unknown where one is missing).
    """
    if len(model) != len(index):
        raise ThinkFamilyError("Model and index must score the same rows.")
    score = np.fmax(model, index)
    is_known = ~np.isnan(score)
    is_compared = ~np.isnan(model) & ~np.isnan(index)
    with np.errstate(invalid="ignore"):
        is_model = ~(index >= model) & ~np.isnan(model)
        is_both = model == index
        is_strong = np.abs(model - index) >= STRONG_DISAGREEMENT
    winner = np.where(is_both, "both", np.where(is_model, "model", "index"))
    return pa.table(
        {
            "model_score": pa.array(model, from_pandas=True),
            "index_score": pa.array(index, from_pandas=True),
            "score": pa.array(score, from_pandas=True),
            "winner": pa.array(winner.tolist(), pa.string(), mask=~is_known),
            "is_strong_disagreement": pa.array(is_strong, mask=~is_compared),
        }
    )
