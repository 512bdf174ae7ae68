"""What the adapter adds to dbt-spark, in a project of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from dbt.cli.main import dbtRunner

# Stands in rows alone, put together there, and in no SQL.
VALUE = "Marmaduke"

FILES = {
    "dbt_project.yml": """
        name: small
        version: "1.0"
        profile: small
        model-paths: [models]
        seed-paths: [seeds]
        flags: {send_anonymous_usage_stats: false}
        models: {+schema: small, +materialized: table}
        seeds: {+schema: small}
    """,
    "macros/generate_schema_name.sql": """
        {% macro generate_schema_name(custom_schema_name, node) %}small{% endmacro %}
    """,
    "seeds/words.csv": r"""
        word,n,since
        it's,1,2025-01-31
        a\b 100%,,
        ,9007199254740993,2024-02-29
    """,
    "seeds/words.yml": """
        seeds:
          - name: words
            config: {column_types: {word: varchar}}
    """,
    "models/people.sql": """
        select 1 as id, 'Marma' || 'duke' as name, cast('2024-02-29' as date) as birth_date
        union all
        select 2 as id, null as name, null as birth_date
    """,
    "models/reckoned.sql": """
        select
            id,
            {{ dbt.dateadd("year", "id", "birth_date") }} as a_year_later,
            {{ dbt.split_part("name", "'e'", 2) }} as after_the_last_letter,
            {{ dbt.split_part("name", "'-'", 2) }} as after_no_hyphen
        from {{ ref("people") }}
    """,
    "models/from_narwhals.py": """
        import narwhals as nw

        def model(dbt, session):
            people = nw.from_native(dbt.ref("people"))
            return people.filter(nw.col("id") == 1).select("id", "birth_date").to_native()
    """,
    "models/from_arrow.py": """
        import narwhals as nw

        def model(dbt, session):
            return nw.from_native(dbt.ref("people")).collect("pyarrow").to_native()
    """,
    "models/from_pandas.py": """
        import narwhals as nw

        def model(dbt, session):
            return nw.from_native(dbt.ref("people")).collect("pandas").to_native()
    """,
}
BROKEN = {
    "models/fails_in_sql.sql": """
        select cast(name as integer) as n from {{ ref("people") }}
    """,
    "models/fails_in_python.py": """
        def number_of(row):
            raise ValueError(f"{row.name} is no number")

        def model(dbt, session):
            people = dbt.ref("people")
            number_of(people.collect()[0])
            return people
    """,
    "models/fails_when_written.py": """
        def model(dbt, session):
            return dbt.ref("people").selectExpr("cast(name as integer) as n")
    """,
    "models/names_no_column.py": """
        def model(dbt, session):
            return dbt.ref("people").select("surname")
    """,
    "models/returns_a_number.py": """
        def model(dbt, session):
            return dbt.ref("people").count()
    """,
}
TOLD = {
    "fails_in_sql": "CAST_INVALID_INPUT",
    "fails_in_python": 'raise ValueError(f"{row.name}',
    "fails_when_written": "CAST_INVALID_INPUT",
    "names_no_column": "`surname`",
    "returns_a_number": "returned int: return a frame of Spark",
}


@pytest.fixture(scope="module")
def project(folder: Path, spark: Any) -> Iterator[Path]:
    project = folder / "small"
    for name, content in FILES.items():
        written(project / name, content)
    written(
        project / "profiles.yml",
        f"""
        small:
          target: spark
          outputs:
            spark: {{type: pyspark, folder: "{folder / "warehouse"}", schema: small, threads: 2}}
        """,
    )
    yield project
    spark.sql("drop schema if exists small cascade")


def written(file: Path, content: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(dedent(content).lstrip(), encoding="utf-8")


def built(project: Path) -> dict[str, Any]:
    """Run dbt, and give what came of each node."""
    folders = ["--project-dir", str(project), "--profiles-dir", str(project)]
    left = ["--target-path", str(project / "target"), "--log-path", str(project / "logs")]
    done = dbtRunner().invoke(["build", *folders, *left])
    assert done.exception is None
    return {result.node.name: result for result in done.result}


@pytest.fixture(scope="module")
def results(project: Path) -> dict[str, Any]:
    return built(project)


def test_all_of_them_are_built_and_built_again(project: Path, results: dict[str, Any]) -> None:
    for outcome in (results, built(project)):
        assert {n: r.message for n, r in outcome.items() if r.status != "success"} == {}


def test_a_seed_holds_what_its_file_holds(results: dict[str, Any], spark: Any) -> None:
    rows = spark.sql("select word, n, since from small.words order by n nulls last").collect()
    assert [tuple(row) for row in rows] == [
        ("it's", 1, dt.date(2025, 1, 31)),
        (None, 9007199254740993, dt.date(2024, 2, 29)),
        ("a\\b 100%", None, None),
    ]


def test_macros_of_dbt_give_what_they_give_elsewhere(results: dict[str, Any], spark: Any) -> None:
    rows = spark.sql("select * from small.reckoned order by id").collect()
    assert [tuple(row) for row in rows] == [
        (1, dt.datetime(2025, 2, 28), "", ""),  # noqa: DTZ001 - without a zone, as dbt has it
        (2, None, None, None),
    ]


@pytest.mark.parametrize(
    ("model", "rows"),
    [
        ("from_narwhals", [(1, dt.date(2024, 2, 29))]),
        ("from_arrow", [(1, VALUE, dt.date(2024, 2, 29)), (2, None, None)]),
        ("from_pandas", [(1, VALUE, dt.date(2024, 2, 29)), (2, None, None)]),
    ],
)
def test_a_python_model_may_return_any_frame(
    results: dict[str, Any], spark: Any, model: str, rows: list[Any]
) -> None:
    found = spark.sql(f"select * from small.{model} order by id").collect()
    assert [tuple(row) for row in found] == rows


def test_an_error_names_the_place_and_no_value(project: Path, results: dict[str, Any]) -> None:
    for name, content in BROKEN.items():
        written(project / name, content)
    outcome = built(project)
    assert {n for n, r in outcome.items() if r.status == "error"} == set(TOLD)
    for name, told in TOLD.items():
        assert told in outcome[name].message
    left = [file for part in ("logs", "target") for file in (project / part).rglob("*")]
    assert [f.name for f in left if f.is_file() and VALUE.encode() in f.read_bytes()] == []
