"""The models of the warehouse: every file of configuration in one folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from think_family.errors import ThinkFamilyError
from think_family.scoring.configuration import (
    EARLIER_DAYS,
    Configuration,
    read_configuration,
)

_SCHEMA = pa.schema(
    [
        ("model", pa.string()),
        ("title", pa.string()),
        ("harm", pa.string()),
        ("method", pa.string()),
        ("version", pa.int32()),
        ("target", pa.string()),
        ("age_from", pa.int32()),
        ("age_below", pa.int32()),
        ("area", pa.string()),
        ("is_first_only", pa.bool_()),
        ("within_days", pa.int32()),
        ("outcome_age_below", pa.int32()),
        ("is_seen_before_outcome", pa.bool_()),
        ("horizon_days", pa.int32()),
        ("capacity", pa.int32()),
        ("configuration_digest", pa.string()),
    ]
)


def read_models(folder: Path) -> tuple[Configuration, ...]:
    """Read every model of a folder, in the order of their names.

    Args:
        folder: Where the files stand, `<name>.yml` each.

    Raises:
        ThinkFamilyError: There is no file, one cannot be read, or one is not named as the model
            that it holds.
    """
    files = sorted(folder.glob("*.yml"))
    if not files:
        raise ThinkFamilyError(f"{folder}: there is no file of a model, such as cse_under_18.yml.")
    models = []
    for file in files:
        model = read_configuration(file)
        if model.name != file.stem:
            raise ThinkFamilyError(
                f"{file}: name: {model.name} is another than that of the file; name both the same."
            )
        models.append(model)
    return tuple(models)


def models_told(models: Sequence[Configuration]) -> pa.Table:
    """Tell what models are to find, and of whom, a row each.

    Of a model that does not learn, what is to be found and foretold is null.
    """
    return pa.Table.from_pylist(
        [
            {
                "model": model.name,
                "title": model.title,
                "harm": model.harm,
                "method": model.method,
                "version": model.version,
                "target": model.cohort.target or None,
                "age_from": model.cohort.age_from,
                "age_below": model.cohort.age_below,
                "area": model.cohort.area,
                "is_first_only": model.cohort.first_only,
                "within_days": model.cohort.within_days,
                "outcome_age_below": model.cohort.outcome_age_below,
                "is_seen_before_outcome": model.as_of != EARLIER_DAYS if model.as_of else None,
                "horizon_days": model.horizon_days or None,
                "capacity": model.capacity,
                "configuration_digest": model.digest,
            }
            for model in models
        ],
        schema=_SCHEMA,
    )
