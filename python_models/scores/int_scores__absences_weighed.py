from pathlib import Path

import narwhals as nw

from think_family.scoring.absence import absences_weighed
from think_family.scoring.models import read_models
from think_family.scoring.population import read_trained


def model(dbt, session):
    dbt.config(materialized="table")
    # dbt stands in the folder of the project.
    folder = Path(dbt.config.get("folder"))
    catalogue = dbt.ref("int_features__features_catalogued").project("feature, is_zero_when_none")
    return absences_weighed(
        read_trained(read_models(folder), folder / "parameters"),
        nw.from_native(catalogue).collect("pyarrow").to_native(),
    )
