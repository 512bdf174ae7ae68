"""What a model says of nothing recorded: no record carries what having none does too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from think_family.scoring.applying import contribution_of
from think_family.scoring.columns import column_of
from think_family.scoring.population import Trained

_RESULT = pa.schema(
    [
        ("model", pa.string()),
        ("scope", pa.string()),
        ("indicator_code", pa.string()),
        ("contribution", pa.float64()),
    ]
)


def absences_weighed(trained: Sequence[Trained], features_catalogued: Any) -> pa.Table:
    """Tell what each indicator contributes where nothing of it is recorded.

    Nothing is 0 of counts, and missing of days since and of worst values, where somebody would have
    told.

    Args:
        trained: Models.
        features_catalogued: `int_features__features_catalogued`: feature, is_zero_when_none.

    Returns:
        One row per model that learns, scope and indicator, in this order, with the sum of the
        contributions of its features in log-odds.
    """
    names = column_of(features_catalogued, "feature").to_pylist()
    zero = column_of(features_catalogued, "is_zero_when_none").to_pylist()
    is_zero_when_none = dict(zip(names, zero, strict=True))
    sums: dict[tuple[str, str, str], float] = {}
    for model in trained:
        for term in () if model.glass_box is None else model.glass_box.terms:
            if term.indicator_code is None or term.scope is None:
                continue
            nothing = 0.0 if is_zero_when_none.get(term.feature) else np.nan
            key = (model.configuration.name, term.scope, term.indicator_code)
            told = float(contribution_of(term, np.array([nothing]))[0])
            sums[key] = sums.get(key, 0.0) + told
    return pa.Table.from_pylist(
        [
            dict(zip(_RESULT.names, (*key, contribution), strict=True))
            for key, contribution in sorted(sums.items())
        ],
        schema=_RESULT,
    )
