import narwhals as nw

from think_family.scoring.history import (
    features_needed,
    parameters_by_version,
    scores_recorded,
)


def model(dbt, session):
    dbt.config(materialized="table")

    def table(relation):
        return nw.from_native(relation).collect("pyarrow").to_native()

    scored = dbt.ref("int_scores__persons_scored")

    def of_scored(relation, columns):
        """Give the rows of the persons and days that are scored."""
        return table(
            relation.set_alias("wanted")
            .join(
                scored.set_alias("scored"),
                "wanted.person_id = scored.person_id and wanted.as_of_date = scored.as_of_date",
                how="semi",
            )
            .project(columns)
        )

    parameters = parameters_by_version(table(dbt.ref("int_scores__parameters_recorded")))
    needed = ", ".join(["person_id", "as_of_date", *features_needed(parameters.values())])
    return scores_recorded(
        table(scored),
        of_scored(dbt.ref("int_features__persons_described"), needed),
        of_scored(
            dbt.ref("int_features__indicators_windowed"),
            "person_id, as_of_date, indicator_code, weight",
        ),
        table(dbt.ref("int_scores__adults_neared")),
        parameters,
    )
