"""What is built in Postgres is what is built in DuckDB: the same rows, with the same ids."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

from conftest import ROOT, BuiltCity, City
from engine_comparison import built_relations, differences

# Columns in which two builds of the same data differ, each with the reason.
PASSED_OVER = {
    "data_quality_id": "made from the invocation's id",
    "digest": "each engine writes values in its own way",
    "ended_at": "the clock",
    "invocation_id": "each build has its own",
    "started_at": "the clock",
}


def test_every_relation_is_the_same(built_city: BuiltCity, city_in_postgres: City) -> None:
    assert city_in_postgres.database is not None
    relations = built_relations(city_in_postgres.artifacts / "manifest.json")
    assert len(relations) > 100
    told = differences(
        relations, built_city.city.build_file, city_in_postgres.database, PASSED_OVER
    )
    assert "\n".join(told) == ""


def test_readers_find_what_was_built(city_in_postgres: City) -> None:
    assert city_in_postgres.database is not None
    relations = built_relations(city_in_postgres.artifacts / "manifest.json")
    marts = [built.name for built in relations if built.schema == "marts"]
    assert marts
    with closing(city_in_postgres.database.connect()) as connection, connection.cursor() as cursor:
        for mart in marts:
            cursor.execute(
                f"select count(*) from ((table marts.{mart} except all table published.{mart})"
                f" union all (table published.{mart} except all table marts.{mart})) as apart"
            )
            assert (mart, cursor.fetchone()) == (mart, (0,))


def test_models_are_fitted_alike(
    built_city: BuiltCity, city_in_postgres: City, tmp_path: Path
) -> None:
    fitted = []
    for city in (built_city.city, city_in_postgres):
        folder = tmp_path / city.target
        shutil.copytree(ROOT / "risk_models", folder, ignore=shutil.ignore_patterns("parameters"))
        # So small a city has hardly anybody to learn the other models from.
        names = ("cse_under_18", "conduct_disorder", "cse_over_18")
        asked = [part for name in names for part in ("--model", name)]
        city.run("think_family", "train", "--target", city.target, "--models", str(folder), *asked)
        fitted.append({f.name: f.read_bytes() for f in (folder / "parameters").iterdir()})
    assert len(fitted[0]) == 4
    assert fitted[0] == fitted[1]
