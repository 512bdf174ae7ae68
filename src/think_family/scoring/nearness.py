"""A score by network alone: children at risk who are near, and how near.

It knows nothing of what the person did, and asks for nothing of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from think_family.errors import ThinkFamilyError
from think_family.scoring.columns import (
    Floats,
    column_of,
    digest_of,
    keys_of,
    texts_of,
    totals,
    values_of,
)
from think_family.scoring.parameters import IndexParameters, grained, libraries
from think_family.scoring.scale import PERCENTILE, Scale, scale_from

#: Kind of an index that adds up what children near carry.
NEAR = "near"

_PAIR = ["person_id", "as_of_date"]


@dataclass(frozen=True)
class Near:
    """What nearness says of persons and dates.

    Attributes:
        points: Per row of the spine, what the children near carry together, less the farther away.
        score: Per row, from 0 to 100.
        contributions: A row per person and number of steps at which children are: number (of the
            row of the spine), scope, indicator_code (null), feature_group, contribution.
    """

    points: Floats
    score: Floats
    contributions: pa.Table


def fit_near(
    spine: pa.Table,
    neared: Any,
    *,
    model: str,
    scale: str = PERCENTILE,
    facts: dict[str, Any] | None = None,
) -> IndexParameters:
    """Make the parameters of a score by network: all that is learned is the scale of the cohort.

    Args:
        spine: The cohort: person_id and as_of_date, once each.
        neared: As `near_score` takes it.
        model: Name of the model.
        scale: How the scale from 0 to 100 is made.
        facts: What is to be kept with the parameters: plain values, as JSON knows them.
    """
    unscaled = IndexParameters(model, NEAR, {}, {}, None, Scale(scale, (0.0,), (0.0,)))
    points = near_score(unscaled, spine, neared).points
    weights = np.ones(len(points))
    return IndexParameters(
        model=model,
        kind=NEAR,
        points={},
        criteria={},
        cap_per_criterion=None,
        scale=scale_from(points, weights, scale),
        training={
            **(facts or {}),
            "n_rows": len(points),
            "data_digest": digest_of(["points"], keys_of((points,), len(points))),
            "libraries": libraries(),
        },
    )


def near_score(parameters: IndexParameters, spine: pa.Table, neared: Any) -> Near:
    """Score persons by the children at risk who are near.

    Args:
        parameters: The scale.
        spine: person_id and as_of_date, once each.
        neared: A row per person, date and child: person_id, as_of_date, n_hops, points (what the
            child carries, less the farther away); others than the spine's are left out.

    Raises:
        ThinkFamilyError: The parameters are of another kind, a column is missing, or points are
            below 0.
    """
    if parameters.kind != NEAR:
        raise ThinkFamilyError(f"The parameters of {parameters.model} are no scale of nearness.")
    told = pa.table(
        {
            "person_id": texts_of(neared, "person_id"),
            "as_of_date": column_of(neared, "as_of_date").cast(pa.date32()),
            "n_hops": column_of(neared, "n_hops").cast(pa.int32()),
            "points": pa.array(grained(values_of(neared, "points"))),
        }
    )
    if not (told["points"].to_numpy() >= 0).all():
        raise ThinkFamilyError("What a child near carries must be 0 or more.")
    numbered = spine.append_column("number", pa.array(np.arange(len(spine))))
    summed = (
        told.join(numbered, _PAIR, join_type="inner")
        .group_by(["number", "n_hops"])
        .aggregate([("points", "sum")])
        .sort_by([("number", "ascending"), ("n_hops", "ascending")])
    )
    points = totals(summed["number"].to_numpy(), summed["points_sum"].to_numpy(), len(spine))
    groups = [
        f"children at risk, {hops} step{'' if hops == 1 else 's'} away"
        for hops in summed["n_hops"].to_pylist()
    ]
    contributions = pa.table(
        {
            "number": summed["number"],
            "scope": pa.repeat(pa.scalar("associates"), len(summed)),
            "indicator_code": pa.nulls(len(summed), pa.string()),
            "feature_group": pa.array(groups, pa.string()),
            "contribution": summed["points_sum"],
        }
    )
    return Near(
        points,
        parameters.scale.score(points),
        contributions.filter(pc.greater(contributions["contribution"], 0.0)),
    )
