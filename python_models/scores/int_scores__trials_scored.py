from pathlib import Path

import narwhals as nw

from think_family.scoring.models import read_models
from think_family.scoring.trials import Evidence, features_used, try_models


def model(dbt, session):
    dbt.config(materialized="table")

    def table(relation):
        return nw.from_native(relation).collect("pyarrow").to_native()

    labelled = dbt.ref("int_scores__person_dates_labelled")

    def of_labelled(relation, columns):
        """Give the rows of the persons and days that are labelled."""
        return table(
            relation.set_alias("wanted")
            .join(
                labelled.set_alias("labelled"),
                "wanted.person_id = labelled.person_id and wanted.as_of_date = labelled.as_of_date",
                how="semi",
            )
            .project(columns)
        )

    models = read_models(Path(dbt.config.get("folder")))
    catalogues = {
        "features_catalogued": table(dbt.ref("int_features__features_catalogued")),
        "indicators": table(dbt.ref("indicator_catalogue")),
    }
    used = ", ".join(features_used(models, catalogues))
    return try_models(
        models,
        Evidence(
            labelled=table(labelled),
            features=of_labelled(
                dbt.ref("int_features__persons_described"), f"person_id, as_of_date, {used}"
            ),
            windowed=of_labelled(
                dbt.ref("int_features__indicators_windowed"),
                "person_id, as_of_date, indicator_code, weight",
            ),
            **catalogues,
        ),
    )
