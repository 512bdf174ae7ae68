"""All SQL models as Spark understands them, and one source built there, as DuckDB has them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt.cli.main import dbtRunner

from .conftest import ROOT

# A source with dates, decimals, codes and names; the ledgers, and what describes the run.
SOURCES = ("somerset_children", "load_ledger")
SELECTION = [f"+path:models/staging/{source}" for source in SOURCES] + ["+fct_run_manifest"]


def command(*arguments: str, **environment: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env={**os.environ, "DBT_PROFILES_DIR": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def duckdb_file(folder: Path) -> Path:
    """A small city, built in DuckDB."""
    file, extracts, truth = folder / "build.duckdb", str(folder / "extracts"), str(folder / "truth")
    city = ["--population", "5000", "--prevalence", "20", "--seed", "7"]
    command("think_family", "synth", *city, "--out", extracts, "--truth", truth)
    command("think_family", "load", "--extracts", extracts, "--database", str(file))
    command(
        *("dbt.cli.main", "build", "--target", "duckdb", "--vars", f"truth_path: '{truth}'"),
        THINK_FAMILY_BUILD_FILE=str(file),
        THINK_FAMILY_PUBLISHED_FILE=str(folder / "published.duckdb"),
        DBT_TARGET_PATH=str(folder / "duckdb" / "target"),
        DBT_LOG_PATH=str(folder / "duckdb" / "logs"),
    )
    return file


def dbt(folder: Path, *arguments: str) -> Any:
    """Run dbt on Spark, in this process; gives what came of each node."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        patch.setenv("DBT_PROFILES_DIR", str(ROOT))
        patch.setenv("DBT_TARGET_PATH", str(folder / "target"))
        patch.setenv("DBT_LOG_PATH", str(folder / "logs"))
        patch.setenv("DBT_WARN_ERROR_OPTIONS", '{"error": "all"}')
        done = dbtRunner().invoke([*arguments, "--target", "spark"])
    assert done.exception is None
    return done.result


@pytest.fixture(scope="module")
def compiled(folder: Path, spark: Any) -> dict[str, str]:
    """The SQL of every SQL model, by `schema.name`."""
    nodes = [result.node for result in dbt(folder, "compile")]
    return {
        f"{node.schema}.{node.name}": node.compiled_code
        for node in nodes
        if node.resource_type == "model" and node.language == "sql"
    }


@pytest.fixture(scope="module")
def built(folder: Path, spark: Any, duckdb_file: Path) -> Any:
    """What came of each node of one source, on the raw tables that DuckDB loaded."""
    spark.sql("create schema raw")
    with duckdb.connect(duckdb_file, read_only=True) as raw:
        for source in SOURCES:
            like = "load_%" if source == "load_ledger" else f"{source}__%"
            for _, name in tables(raw, f"table_schema = 'raw' and table_name like '{like}'"):
                rows = folder / "handed_over" / name
                rows.mkdir(parents=True)
                raw.execute(f"copy raw.{name} to '{rows / 'rows.parquet'}' (format parquet)")
                spark.sql(f"create table raw.{name} using parquet location '{rows}'")
    return dbt(folder, "build", "--indirect-selection", "cautious", *("--select", *SELECTION))


def tables(connection: duckdb.DuckDBPyConnection, condition: str) -> list[tuple[str, str]]:
    return connection.execute(
        f"select table_schema, table_name from information_schema.tables where {condition}"
    ).fetchall()


@pytest.fixture(scope="module")
def both(folder: Path, duckdb_file: Path, built: Any) -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB's tables as they are, and Spark's files beside them in schemas `spark_...`."""
    with duckdb.connect() as both:
        both.execute(f"attach '{duckdb_file}' as built (read_only)")
        for schema in (folder / "warehouse" / "tables").glob("*.db"):
            both.execute(f"create schema spark_{schema.stem}")
            for table in schema.iterdir():
                if any(table.glob("*.parquet")):
                    both.execute(
                        f"create view spark_{schema.stem}.{table.name} as"
                        f" select * from read_parquet('{table}/*.parquet')"
                    )
        yield both


def test_every_model_is_understood_and_gives_columns_of_the_same_types(
    spark: Any, compiled: dict[str, str], duckdb_file: Path
) -> None:
    # What a model reads stands empty, under a name without a schema.
    with duckdb.connect(duckdb_file, read_only=True) as connection:
        for schema, name in tables(connection, "true"):
            empty = connection.sql(f"select * from {schema}.{name} limit 0").to_arrow_table()
            spark.createDataFrame(empty).createOrReplaceTempView(f"{schema}__{name}")
        schemas = {schema for schema, _ in tables(connection, "true")}
    told = {}
    for name, sql in compiled.items():
        try:
            query = re.sub(rf"\b({'|'.join(schemas)})\.(?=[a-z])", r"\1__", sql)
            given, wanted = spark.sql(query), spark.table(name.replace(".", "__"))
        except Exception as error:
            told[name] = str(error).partition("\n")[0]
        else:
            if given.dtypes != wanted.dtypes:
                told[name] = str(set(given.dtypes) ^ set(wanted.dtypes))
    assert told == {}
    assert len(compiled) >= 120


def test_every_node_of_a_source_is_built_and_every_test_of_it_holds(built: Any) -> None:
    failed = {r.node.name: r.message for r in built if r.status not in ("success", "pass")}
    assert failed == {}
    kinds = Counter(str(r.node.resource_type) for r in built)
    assert kinds["seed"] == 1
    assert kinds["unit_test"] >= 3
    assert kinds["test"] >= 20


def test_staging_and_seeds_hold_the_same_rows_of_the_same_types(
    built: Any, both: duckdb.DuckDBPyConnection
) -> None:
    compared = [
        f"{r.node.schema}.{r.node.name}"
        for r in built
        if r.node.resource_type in ("model", "seed")
        and r.node.schema in ("staging", "reference")
        and "run_ledger" not in r.node.name
    ]
    assert len(compared) >= 8
    for name in compared:
        ours, theirs = f"built.{name}", f"spark_{name}"
        describe = "select column_name, column_type from (describe {})"
        shapes = [both.execute(describe.format(n)).fetchall() for n in (ours, theirs)]
        assert shapes[0] == shapes[1], name
        only_in_one = both.execute(
            f"(select * from {ours} except all select * from {theirs})"
            f" union all (select * from {theirs} except all select * from {ours})"
        ).fetchall()
        assert len(only_in_one) == 0, name


@pytest.mark.parametrize(
    ("name", "of_the_run"),
    [
        ("intermediate.int_assurance__run_described", ""),
        ("marts.fct_run_manifest", ", started_at, selection, variables"),
    ],
)
def test_a_python_model_and_the_mart_above_it_tell_the_same(
    both: duckdb.DuckDBPyConnection, name: str, of_the_run: str
) -> None:
    # Someone may be at work in the tree.
    of_the_tree = "commit_hash, has_local_changes, project_digest"
    ours, theirs = (
        both.execute(
            f"select * exclude (invocation_id, {of_the_tree}{of_the_run}) from {relation}"
        ).fetchall()
        for relation in (f"built.{name}", f"spark_{name}")
    )
    assert len(ours) == 1
    assert ours == theirs


def test_nothing_is_left_where_dbt_stood() -> None:
    left = {"derby.log", "metastore_db", "spark-warehouse", "artifacts"}
    assert [entry.name for entry in ROOT.iterdir() if entry.name in left] == []
