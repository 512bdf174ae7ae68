"""One digest over everything that decides what `dbt build` makes."""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb

from think_family.project import files_digest, project_digest


def fingerprint(root: Path, build_file: Path, truth: Path) -> str:
    """Digest, as 64 hex digits, of the project's files, of what is loaded and of the truth.

    The project's files below `root` and the planted truth count by content. What is loaded
    counts by the load ledger in `build_file`: the digest of every loaded file, in order. A
    missing `build_file` counts as nothing loaded.
    """
    digest = hashlib.sha256()
    for part in (project_digest(root), files_digest([(truth, truth)]), *_ledger(build_file)):
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()


def _ledger(build_file: Path) -> list[str]:
    if not build_file.is_file():
        return []
    with duckdb.connect(str(build_file), read_only=True) as connection:
        known = connection.execute(
            "select count(*) from duckdb_tables()"
            " where schema_name = 'raw' and table_name = 'load_files'"
        ).fetchone()
        if known is None or known[0] == 0:
            return []
        rows = connection.execute(
            "select concat_ws('|', system, extract, file, sha256) from raw.load_files order by all"
        ).fetchall()
    return [str(row[0]) for row in rows]
