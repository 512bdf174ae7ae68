"""The SQL of a glass box gives what numpy gives, on either engine."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from think_family.postgres.settings import Settings
from think_family.scoring.additive import AdditiveSettings, fit_additive
from think_family.scoring.applying import score
from think_family.scoring.columns import Floats, training_from
from think_family.scoring.features import Feature, MissingRule
from think_family.scoring.parameters import AdditiveParameters
from think_family.scoring.rendering import rendered
from think_family.scoring.scale import KINDS, PERCENTILE

COLUMNS = ["person", "count", "Largest value", "flag"]


def fitted(scale: str, n_rows: int) -> tuple[pa.Table, AdditiveParameters]:
    chance = np.random.default_rng(2)
    count = chance.poisson(0.5, n_rows)
    measure = np.where(chance.random(n_rows) < 0.5, np.nan, chance.normal(size=n_rows))
    flag = chance.random(n_rows) < 0.2
    table = pa.table(
        {
            "person": np.arange(n_rows),
            "count": pa.array(count, pa.int32()),
            "Largest value": pa.array(measure, from_pandas=True),
            "flag": pa.array(flag, mask=chance.random(n_rows) < 0.1),
            "is_positive": chance.random(n_rows) < 0.02 + 0.1 * count * flag,
            "family_id": [str(number) for number in range(n_rows)],
        }
    )
    features = [
        Feature("count", 1),
        Feature("Largest value", 0, MissingRule("commonest")),
        Feature("flag"),
    ]
    parameters = fit_additive(
        training_from(table, weight=None),
        features,
        AdditiveSettings(l1=0.01, l2=0.1, folds=0, scale=scale),
        model="m",
    )
    assert len(parameters.terms) == 3
    return table, parameters


def assert_same(parameters: AdditiveParameters, table: pa.Table, told: Floats) -> None:
    """What an engine told, person by person: contributions, log-odds and score."""
    scored = score(parameters, table)
    told = told[np.argsort(told[:, 0])]
    assert (told[:, 0] == np.arange(len(table))).all()
    assert scored.contributions is not None
    assert (told[:, 1:4] == scored.contributions).all()
    assert (told[:, 4] == scored.log_odds).all()
    assert np.abs(told[:, 5] - scored.score).max() < 1e-9


@pytest.mark.parametrize("scale", KINDS)
def test_duckdb_says_what_numpy_says(scale: str) -> None:
    table, parameters = fitted(scale, 3000)
    with duckdb.connect() as connection:
        connection.register("features", table)
        told = connection.sql(rendered(parameters, "features", ["person"])).to_arrow_table()
    contributions = [f"contribution_{number}" for number in (1, 2, 3)]
    assert told.column_names == ["person", *contributions, "log_odds", "score"]
    assert_same(parameters, table, np.column_stack([column.to_numpy() for column in told]))


def test_postgres_says_what_numpy_says(make_database: Callable[[str], Settings]) -> None:
    table, parameters = fitted(PERCENTILE, 500)
    with (
        closing(make_database("scored").connect()) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(
            'create table features (person bigint, count integer, "Largest value" double precision,'
            " flag boolean)"
        )
        values = zip(*(table[name].to_pylist() for name in COLUMNS), strict=True)
        cursor.executemany("insert into features values (%s, %s, %s, %s)", list(values))
        cursor.execute(rendered(parameters, "features", ["person"]))
        told = np.array(cursor.fetchall(), dtype=float)
    assert_same(parameters, table, told)
