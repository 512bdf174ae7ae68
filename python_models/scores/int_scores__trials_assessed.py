from pathlib import Path

from think_family.scoring.trials_assessed import assess_trials
from think_family.scoring.trials_gathered import trial_rows


def model(dbt, session):
    dbt.config(materialized="table")
    return assess_trials(
        trial_rows(
            Path(dbt.config.get("truth_path")),
            trials=dbt.ref("int_scores__trials_scored"),
            known=dbt.ref("int_scores__markers_known"),
            described=dbt.ref("int_scores__trial_persons_described"),
            windowed=dbt.ref("int_features__indicators_windowed"),
            models=dbt.ref("int_scores__models_configured"),
            labelled=dbt.ref("int_scores__person_dates_labelled"),
            prevalences=dbt.ref("score_prevalence"),
            source_rows=dbt.ref("int_identity__source_rows_identified"),
            homes=dbt.ref("int_identity__homes_dated"),
            publishable_population=int(dbt.config.get("publishable_population")),
            draws=int(dbt.config.get("draws")),
        )
    )
