"""One digest over everything that decides what `dbt build` makes."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path

from think_family.project import files_digest, project_digest
from think_family.publication.warehouse import AbsentError, Warehouse

_LOADED = "select concat_ws('|', system, extract, file, sha256) from raw.load_files"


def fingerprint(root: Path, warehouse: Warehouse, truth: Path) -> str:
    """Digest, as 64 hex digits, of the project's files, of what is loaded and of the truth.

    The project's files below `root` and the planted truth count by content. What is loaded
    counts by the load ledger of the warehouse: the digest of every loaded file, in order; without
    a ledger nothing is loaded. A database counts as well: what is built in one is not in another.
    """
    digest = hashlib.sha256()
    for part in (project_digest(root), files_digest([(truth, truth)]), *_loaded(warehouse)):
        digest.update(part.encode() + b"\0")
    return digest.hexdigest()


def _loaded(warehouse: Warehouse) -> list[str]:
    loaded: list[str] = []
    with suppress(AbsentError):
        loaded += ("|".join(row) for row in warehouse.identity())
        loaded += sorted(file for (file,) in warehouse.built("load ledger", _LOADED))
    return loaded
