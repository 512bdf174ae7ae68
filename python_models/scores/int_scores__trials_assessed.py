from pathlib import Path

import narwhals as nw

from think_family.scoring.trials_assessed import TrialRows, assess_trials
from think_family.scoring.trials_truth import read_city, true_order


def model(dbt, session):
    dbt.config(materialized="table")

    def table(relation):
        return nw.from_native(relation).collect("pyarrow").to_native()

    described = dbt.ref("int_scores__trial_persons_described")
    truth = Path(dbt.config.get("truth_path"))

    def tried(relation, on, columns):
        """Give the rows of persons, or persons and days, on whom models are tried."""
        return table(
            relation.set_alias("wanted")
            .join(described.set_alias("described"), on, how="semi")
            .project(columns)
        )

    same_person = "wanted.person_id = described.person_id"
    same_day = f"{same_person} and wanted.as_of_date = described.as_of_date"
    homes = table(dbt.ref("int_identity__homes_dated").filter("to_date is null"))["person_id"]
    return assess_trials(
        TrialRows(
            trials=table(dbt.ref("int_scores__trials_scored")),
            known=table(dbt.ref("int_scores__markers_known")),
            described=table(described),
            recorded=tried(
                dbt.ref("int_features__indicators_windowed").filter("weight > 0"),
                same_day,
                "person_id, as_of_date, indicator_code",
            ),
            models=table(dbt.ref("int_scores__models_configured")),
            labelled=table(
                dbt.ref("int_scores__person_dates_labelled")
                .filter("reason = 'before_referral'")
                .project("model, reason, as_of_date, outcome_known_on")
            ),
            prevalences=table(dbt.ref("score_prevalence")),
            truth=true_order(
                truth,
                table(described.project("person_id, as_of_date")),
                tried(
                    dbt.ref("int_identity__source_rows_identified"),
                    same_person,
                    "source_row_key, person_id",
                ),
            ),
            city=read_city(truth, n_residents=len(homes.unique())),
            publishable_population=int(dbt.config.get("publishable_population")),
            draws=int(dbt.config.get("draws")),
        )
    )
