from pathlib import Path

from think_family.scoring.models import models_told, read_models


def model(dbt, session):
    dbt.config(materialized="table")
    # dbt stands in the folder of the project.
    return models_told(read_models(Path(dbt.config.get("folder"))))
