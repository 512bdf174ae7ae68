"""What models are tried with, gathered from the relations of the warehouse."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import narwhals as nw
import pyarrow as pa

from think_family.scoring.configuration import Configuration
from think_family.scoring.trials import Evidence, features_used
from think_family.scoring.variants import Catalogues

_SAME = "wanted.person_id = labelled.person_id and wanted.as_of_date = labelled.as_of_date"
_LIVED = (
    "labelled.person_id = stays.person_id and labelled.as_of_date >= stays.from_date"
    " and (stays.to_date is null or labelled.as_of_date < stays.to_date)"
)


def evidence_gathered(
    models: Sequence[Configuration],
    asked: Collection[str],
    *,
    labelled: Any,
    features: Any,
    windowed: Any,
    programmes_dated: Any,
    features_catalogued: Any,
    indicators: Any,
    sources: Any,
    programmes: Any,
) -> Evidence:
    """Read what the models and variants need, of the persons and days that are labelled alone.

    Relations are those of DuckDB, wherever they are stored.

    Args:
        models: Configurations.
        asked: Variants that are wanted beside each model.
        labelled: `int_scores__person_dates_labelled`.
        features: `int_features__persons_described`.
        windowed: `int_features__indicators_windowed`.
        programmes_dated: `int_identity__programmes_dated`: who lived where, and when.
        features_catalogued: `int_features__features_catalogued`.
        indicators: The seed `indicator_catalogue`.
        sources: The seed `indicator_source`.
        programmes: `int_indicators__programmes_harmonised`.
    """

    def of_labelled(relation: Any, columns: str) -> pa.Table:
        of_those = relation.set_alias("wanted").join(
            labelled.set_alias("labelled"), _SAME, how="semi"
        )
        return _table(of_those.project(columns))

    catalogues = Catalogues(
        features=_table(features_catalogued),
        indicators=_table(indicators),
        sources=_table(sources),
        programmes=_table(programmes),
    )
    used = ", ".join(features_used(models, catalogues, asked))
    return Evidence(
        labelled=_table(labelled),
        features=of_labelled(features, f"person_id, as_of_date, {used}"),
        windowed=of_labelled(windowed, "person_id, as_of_date, indicator_code, weight"),
        residents=_table(
            labelled.set_alias("labelled")
            .join(programmes_dated.set_alias("stays"), _LIVED)
            .project("labelled.person_id, labelled.as_of_date, stays.programme")
            .distinct()
        ),
        catalogues=catalogues,
    )


def _table(relation: Any) -> pa.Table:
    table: pa.Table = nw.from_native(relation).collect("pyarrow").to_native()
    return table
