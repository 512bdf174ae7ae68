from pathlib import Path

from think_family.scoring.population import read_population, weigh_reasons


def model(dbt, session):
    dbt.config(materialized="table")
    trained, population = read_population(
        # dbt stands in the folder of the project.
        Path(dbt.config.get("folder")),
        {
            "int_scores__cohorts_gathered": dbt.ref("int_scores__cohorts_gathered"),
            "int_scores__adults_neared": dbt.ref("int_scores__adults_neared"),
            "int_features__persons_described": dbt.ref("int_features__persons_described"),
            "int_features__indicators_windowed": dbt.ref("int_features__indicators_windowed"),
            "indicator_catalogue": dbt.ref("indicator_catalogue"),
        },
    )
    return weigh_reasons(trained, population)
