"""Let Great Expectations look at relations where they lie: in Postgres.

A rule is counted by the server, and only the count crosses over. The session of the Python model,
which would stream whole relations out of it, is left aside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

import duckdb

from think_family.postgres.job import PythonJob
from think_family.quality.bridge import Bridge
from think_family.sql import quoted


@contextmanager
def bridge(job: PythonJob, relations: Mapping[str, duckdb.DuckDBPyRelation]) -> Iterator[Bridge]:
    """Give a way to the relations, each readable under its name.

    What is reached is what the job reads: nobody can replace a relation while the job holds it. The
    names are views of one connection alone, which end with it.
    """
    with closing(job.settings.connect()) as connection:
        # One rule that fails must not take the next ones with it.
        connection.autocommit = True

        def rows(name: str) -> list[dict[str, Any]]:
            with connection.cursor() as cursor:
                cursor.execute(f"select * from {quoted(name)}")
                columns = [column.name for column in cursor.description or ()]
                return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]

        with connection.cursor() as cursor:
            for name, relation in relations.items():
                cursor.execute(
                    f"create temporary view {quoted(name)} as select * from {job.name_of(relation)}"
                )
        yield Bridge("postgresql+psycopg2://", lambda: connection, rows)
