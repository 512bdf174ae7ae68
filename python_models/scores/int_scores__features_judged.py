from pathlib import Path

from think_family.scoring.evidence import evidence_gathered
from think_family.scoring.leaks import features_judged
from think_family.scoring.models import read_models


def model(dbt, session):
    dbt.config(materialized="table")
    models = read_models(Path(dbt.config.get("folder")))
    evidence = evidence_gathered(
        models,
        (),
        labelled=dbt.ref("int_scores__person_dates_labelled"),
        features=dbt.ref("int_features__persons_described"),
        windowed=dbt.ref("int_features__indicators_windowed"),
        programmes_dated=dbt.ref("int_identity__programmes_dated"),
        features_catalogued=dbt.ref("int_features__features_catalogued"),
        indicators=dbt.ref("indicator_catalogue"),
        sources=dbt.ref("indicator_source"),
        programmes=dbt.ref("int_indicators__programmes_harmonised"),
    )
    return features_judged(models, evidence)
