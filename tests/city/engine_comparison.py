"""Compare what dbt built in DuckDB with what it built in Postgres, row by row."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from think_family.postgres.job import PythonJob
from think_family.postgres.settings import Settings
from think_family.sql import quoted

# By how much floating values may differ, relative to the larger: sums are added in another order.
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Built:
    """A relation that dbt builds."""

    schema: str
    name: str


def built_relations(manifest: Path) -> list[Built]:
    """All tables and views of the project that a manifest of dbt tells of, seeds too."""
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"].values()
    return sorted(
        (
            Built(node["schema"], node["alias"])
            for node in nodes
            if node["resource_type"] in ("model", "seed")
            and node["config"]["materialized"] != "ephemeral"
        ),
        key=lambda built: (built.schema, built.name),
    )


def differences(
    relations: Iterable[Built],
    build_file: Path,
    settings: Settings,
    passed_over: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """Say of each relation that differs between the engines in what, without any value of it.

    Rows have no order; one that stands twice in one engine has to stand twice in the other.

    Args:
        relations: what to compare.
        build_file: the DuckDB file that dbt built in.
        settings: the database that dbt built in.
        passed_over: columns that no two builds share, each with the reason.
    """
    with PythonJob(settings) as job:
        job.session.execute(f"attach '{build_file}' as built (read_only)")
        for built in relations:
            name = f"{quoted(built.schema)}.{quoted(built.name)}"
            here = job.session.table(f"built.{name}")
            there = job.read(name)
            told = _shape(here, there) or _rows(job.session, here, there, passed_over or {})
            if told:
                yield f"{built.schema}.{built.name}: {told}"


def _shape(here: duckdb.DuckDBPyRelation, there: duckdb.DuckDBPyRelation) -> str | None:
    """Say which columns differ in name, place or type."""
    columns = [
        dict(zip(relation.columns, map(str, relation.types), strict=True))
        for relation in (here, there)
    ]
    if list(columns[0]) != list(columns[1]):
        return f"its columns are {list(columns[0])} in DuckDB and {list(columns[1])} in Postgres"
    other = [
        f"{name} is {kind} in DuckDB and {columns[1][name]} in Postgres"
        for name, kind in columns[0].items()
        if kind != columns[1][name]
    ]
    return "; ".join(other) or None


def _rows(
    session: duckdb.DuckDBPyConnection,
    here: duckdb.DuckDBPyRelation,
    there: duckdb.DuckDBPyRelation,
    passed_over: Mapping[str, str],
) -> str | None:
    """Count rows that stand in one engine alone, and name the columns that make the difference."""
    kinds = {
        quoted(name): str(kind)
        for name, kind in zip(here.columns, here.types, strict=True)
        if name not in passed_over
    }
    floats = [name for name, kind in kinds.items() if kind in ("DOUBLE", "FLOAT")]
    exact = [name for name in kinds if name not in floats]
    # Equal rows are told apart by a number, which follows the floating values.
    place = f"row_number() over (partition by {_listed(exact)} order by {_listed(floats)})"
    for side, relation in (("here", here), ("there", there)):
        # Once: Postgres streams a relation anew for every scan.
        relation.project(", ".join([*kinds, f"{place} as place"])).create(side)
    same = " and ".join(f"here.{name} is not distinct from there.{name}" for name in exact)
    apart = " or ".join(f"not {_close(name)}" for name in floats) or "false"
    ((alone_here, alone_there, n_apart),) = session.execute(
        "select"
        " count(*) filter (where there.place is null),"
        " count(*) filter (where here.place is null),"
        f" count(*) filter (where here.place = there.place and ({apart}))"
        f" from here full join there on here.place = there.place and {same or 'true'}"
    ).fetchall()
    told = None
    if alone_here + alone_there + n_apart:
        columns = [
            name
            for name in kinds
            if session.execute(
                f"from (select {name} from here except all select {name} from there) limit 1"
            ).fetchall()
        ]
        told = (
            f"{alone_here} rows stand in DuckDB alone, {alone_there} in Postgres alone, and in"
            f" {n_apart} a floating value is another; columns that differ by themselves:"
            f" {', '.join(columns) or 'none'}"
        )
    session.execute("drop table here; drop table there")
    return told


def _close(name: str) -> str:
    larger = f"greatest(abs(here.{name}), abs(there.{name}))"
    return (
        f"(here.{name} is not distinct from there.{name}"
        f" or abs(here.{name} - there.{name}) <= {TOLERANCE} * {larger})"
    )


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "1"
