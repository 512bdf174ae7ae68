from pathlib import Path

from think_family.scoring.history import parameters_read


def model(dbt, session):
    dbt.config(materialized="table")
    # dbt stands in the folder of the project.
    return parameters_read(Path(dbt.config.get("folder")))
