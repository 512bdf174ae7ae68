"""One digest over everything that decides what `dbt build` makes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import duckdb

# Files of the project that decide the tables, the tests on them or the docs page.
_PROJECT = (
    "constraints.txt",
    "dbt_project.yml",
    "profiles.yml",
    "packages.yml",
    "selectors.yml",
    "dbt_packages",
    "docs",
    "expectations",
    "macros",
    "models",
    "python_models",
    "seeds",
    "src/think_family",
    "tests/data",
)
_PASSED_OVER = {"__pycache__"}


def fingerprint(root: Path, build_file: Path, truth: Path) -> str:
    """Digest, as 64 hex digits, of the project's files, of what is loaded and of the truth.

    The project's files below `root` and the planted truth count by content. What is loaded
    counts by the load ledger in `build_file`: the digest of every loaded file, in order. A
    missing `build_file` counts as nothing loaded.
    """
    digest = hashlib.sha256()
    for base, place in [*((root, root / name) for name in _PROJECT), (truth, truth)]:
        for file in _files(place):
            digest.update(file.relative_to(base).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    for line in _ledger(build_file):
        digest.update(line.encode() + b"\0")
    return digest.hexdigest()


def _files(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
    elif place.is_dir():
        for file in sorted(place.rglob("*")):
            if file.is_file() and not _PASSED_OVER.intersection(file.parts):
                yield file


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
