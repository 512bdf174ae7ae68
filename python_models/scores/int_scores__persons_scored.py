from pathlib import Path

import narwhals as nw

from think_family.invocation import invocation_id
from think_family.scoring.population import read_population, score_population


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
    levels = nw.from_native(dbt.ref("score_level")).collect("pyarrow").to_native()
    return score_population(trained, population, levels, invocation=invocation_id())
