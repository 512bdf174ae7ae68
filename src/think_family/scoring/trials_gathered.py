"""What trials are assessed by, gathered from the relations of the warehouse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import narwhals as nw
import pyarrow as pa

from think_family.scoring.trials_assessed import TrialRows
from think_family.scoring.trials_truth import read_city, true_order

_SAME_PERSON = "wanted.person_id = described.person_id"
_SAME_DAY = f"{_SAME_PERSON} and wanted.as_of_date = described.as_of_date"


def trial_rows(
    truth: Path,
    *,
    trials: Any,
    known: Any,
    described: Any,
    windowed: Any,
    models: Any,
    labelled: Any,
    prevalences: Any,
    source_rows: Any,
    homes: Any,
    publishable_population: int,
    draws: int,
) -> TrialRows:
    """Read what is needed of the persons and days on which models were tried.

    Relations are those of DuckDB, wherever they are stored.

    Args:
        truth: Folder of the planted truth of a synthetic city, which need not be there.
        trials: `int_scores__trials_scored`.
        known: `int_scores__markers_known`.
        described: `int_scores__trial_persons_described`: whom models are tried on.
        windowed: `int_features__indicators_windowed`.
        models: `int_scores__models_configured`.
        labelled: `int_scores__person_dates_labelled`.
        prevalences: The seed `score_prevalence`.
        source_rows: `int_identity__source_rows_identified`.
        homes: `int_identity__homes_dated`.
        publishable_population: From so many people on accuracy may be published.
        draws: Draws of families for an interval.
    """

    def tried(relation: Any, on: str, columns: str) -> pa.Table:
        of_those = relation.set_alias("wanted").join(
            described.set_alias("described"), on, how="semi"
        )
        return _table(of_those.project(columns))

    residents = _table(homes.filter("to_date is null"))["person_id"]
    return TrialRows(
        trials=_table(trials),
        known=_table(known),
        described=_table(described),
        recorded=tried(
            windowed.filter("weight > 0"), _SAME_DAY, "person_id, as_of_date, indicator_code"
        ),
        models=_table(models),
        labelled=_table(
            labelled.filter("reason = 'before_referral'").project(
                "model, reason, as_of_date, outcome_known_on"
            )
        ),
        prevalences=_table(prevalences),
        truth=true_order(
            truth,
            _table(described.project("person_id, as_of_date")),
            tried(source_rows, _SAME_PERSON, "source_row_key, person_id"),
        ),
        city=read_city(truth, n_residents=len(residents.unique())),
        publishable_population=publishable_population,
        draws=draws,
    )


def _table(relation: Any) -> pa.Table:
    table: pa.Table = nw.from_native(relation).collect("pyarrow").to_native()
    return table
