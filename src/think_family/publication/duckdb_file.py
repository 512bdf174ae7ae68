"""Publish marts as one DuckDB file that readers open while the next one is being built.

A DuckDB file that is being written shuts out readers in other processes. So dbt builds in one
file and readers open another, which is written beside the served one, under a name nobody
opens, and moved over it when it is whole: a reader sees the last publication or the new one,
never a part, and a build that fails leaves the last one as it was.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from think_family.publication.contents import CONTENTS, Content, content, contents_table
from think_family.sql import literal, quoted

# Rows per Arrow batch: bounds what is held in memory between the two files.
_BATCH = 100_000

# Schema of the marts in the file that dbt builds in.
_MARTS = "marts"


def published_file() -> Path:
    """Path of the file that readers open: THINK_FAMILY_PUBLISHED_FILE, or the default."""
    return Path(os.environ.get("THINK_FAMILY_PUBLISHED_FILE") or "warehouse/think_family.duckdb")


def publish_file(
    session: duckdb.DuckDBPyConnection,
    marts: Mapping[str, duckdb.DuckDBPyRelation],
    served: Path | None = None,
) -> pa.Table:
    """Write every mart to a new file and put it in the place of the served one.

    Args:
        session: connection to the file that dbt builds in; relations are streamed from it, and
            comments on the marts are read there.
        marts: name of each mart and the relation that holds it.
        served: the file that readers open; published_file() by default.

    Returns:
        The table of contents. The served file holds the same rows in the table `publication`,
        beside the marts, in the schema main.
    """
    served = served or published_file()
    comments = _comments(session)
    with _replacing(served) as new, duckdb.connect(str(new)) as target:
        table = contents_table([_write(target, name, marts[name]) for name in sorted(marts)])
        target.register("contents", table)
        target.execute(f"create table {CONTENTS} as select * from contents")
        for statement in (text for name, text in comments if name in marts):
            target.execute(statement)
    return table


def _write(
    target: duckdb.DuckDBPyConnection, name: str, relation: duckdb.DuckDBPyRelation
) -> Content:
    """Stream one mart over and return its row of the table of contents."""
    table = quoted(name)
    target.register("incoming", relation.to_arrow_reader(_BATCH))
    target.execute(f"create table {table} as select * from incoming")
    target.unregister("incoming")
    ((n_rows, upper, lower),) = target.execute(
        "select count(*),"
        " coalesce(sum(md5_number_upper(content)), 0),"
        " coalesce(sum(md5_number_lower(content)), 0)"
        f" from (select cast(to_json(mart) as varchar) as content from {table} as mart)"
    ).fetchall()
    return content(name, n_rows, upper, lower)


@contextmanager
def _replacing(served: Path) -> Iterator[Path]:
    """Give a path to write; what stands there replaces `served` unless the body raises."""
    served.parent.mkdir(parents=True, exist_ok=True)
    new = served.with_name(f"{served.name}.new")
    leftovers = (new, _log_of(new))
    for leftover in leftovers:
        leftover.unlink(missing_ok=True)
    try:
        yield new
        with new.open("rb+") as written:
            os.fsync(written.fileno())
        # A log that someone who wrote to the served file left behind does not fit the new one.
        _log_of(served).unlink(missing_ok=True)
        new.replace(served)
    finally:
        for leftover in leftovers:
            leftover.unlink(missing_ok=True)


def _log_of(file: Path) -> Path:
    return file.with_name(f"{file.name}.wal")


def _comments(session: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Name of table and statement for each comment on the marts and their columns."""
    tables = session.execute(
        "select table_name, comment from duckdb_tables()"
        " where database_name = current_database() and schema_name = $1 and comment is not null",
        [_MARTS],
    ).fetchall()
    columns = session.execute(
        "select table_name, column_name, comment from duckdb_columns()"
        " where database_name = current_database() and schema_name = $1 and comment is not null",
        [_MARTS],
    ).fetchall()
    return [
        (table, f"comment on table {quoted(table)} is {literal(comment)}")
        for table, comment in tables
    ] + [
        (
            table,
            f"comment on column {quoted(table)}.{quoted(column)} is {literal(comment)}",
        )
        for table, column, comment in columns
    ]
