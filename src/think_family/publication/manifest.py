"""The manifest of a run: all that is needed to compute it again.

The same files of deliveries, the same registries of ids and the same project give the same marts.
So the manifest tells these three, each by a digest: what was loaded, how the registries stood
before the run, and commit, project files and parameters. It reads no clock and no person's data.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from importlib import metadata, resources
from pathlib import Path
from typing import Any

import pyarrow as pa

from think_family.errors import ThinkFamilyError
from think_family.identity.model import DEFAULT_PARAMETERS
from think_family.project import Commit, commit_of, project_digest

MANIFEST_FILE = "run_manifest.json"

_SCHEMA = pa.schema(
    [
        ("invocation_id", pa.string()),
        ("commit_hash", pa.string()),
        ("has_local_changes", pa.bool_()),
        ("project_digest", pa.string()),
        ("extracts_digest", pa.string()),
        ("n_files", pa.int64()),
        ("as_of_date", pa.date32()),
        ("model_parameters", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True, order=True)
class LoadedFile:
    """One file of a delivery: where it stands, what it holds, and of which day it is."""

    source_system: str
    source_extract: str
    source_file: str
    file_sha256: str
    extract_date: date


@dataclass(frozen=True, slots=True)
class RunStart:
    """What the run ledger tells of the start of a run; `started_at` is in UTC."""

    invocation_id: str
    started_at: datetime
    command: str
    selection: str
    variables: str
    person_registry_run: int | None
    person_registry_digest: str | None
    family_registry_run: int | None
    family_registry_digest: str | None


@dataclass(frozen=True, slots=True)
class RunManifest:
    """A run, and what it stood on.

    Attributes:
        start: What the run ledger tells of its start.
        files: The files that were loaded, in order.
        commit: The commit of the project; None outside of a git work tree.
        project_digest: Digest of the project's files, as 64 hex digits.
        model_parameters: For each model with trained parameters, the parameter file in use and
            its SHA-256.
    """

    start: RunStart
    files: tuple[LoadedFile, ...]
    commit: Commit | None
    project_digest: str
    model_parameters: dict[str, dict[str, str]]

    @property
    def extracts_digest(self) -> str:
        """Digest of all loaded files, by place and content, as 64 hex digits."""
        return extracts_digest(self.files)

    @property
    def as_of_date(self) -> date | None:
        """Day of the last delivery; None when nothing is loaded."""
        return max((file.extract_date for file in self.files), default=None)

    def described(self) -> dict[str, Any]:
        """Give the run's row of int_assurance__run_described."""
        return {
            "invocation_id": self.start.invocation_id,
            "commit_hash": self.commit.commit_hash if self.commit else None,
            "has_local_changes": self.commit.has_local_changes if self.commit else None,
            "project_digest": self.project_digest,
            "extracts_digest": self.extracts_digest,
            "n_files": len(self.files),
            "as_of_date": self.as_of_date,
            "model_parameters": _json(self.model_parameters),
        }

    def document(self) -> str:
        """Give all of it as JSON with sorted names, the files and the environment too."""
        start = self.start
        return _json(
            {
                **self.described(),
                "command": start.command,
                "files": [asdict(file) for file in self.files],
                "model_parameters": self.model_parameters,
                "packages": _packages(),
                "python": ".".join(map(str, sys.version_info[:3])),
                "registries": {
                    "family": {
                        "digest": start.family_registry_digest,
                        "registry_run": start.family_registry_run,
                    },
                    "person": {
                        "digest": start.person_registry_digest,
                        "registry_run": start.person_registry_run,
                    },
                },
                "selection": start.selection,
                "started_at": f"{start.started_at.isoformat()}Z",
                "variables": json.loads(start.variables),
            },
            indent=2,
        )


def extracts_digest(files: Iterable[LoadedFile]) -> str:
    """Digest of files in their order, by place and content, as 64 hex digits."""
    digest = hashlib.sha256()
    for file in files:
        place = (file.source_system, file.source_extract, file.source_file, file.file_sha256)
        digest.update("|".join(place).encode() + b"\0")
    return digest.hexdigest()


def describe_run(
    invocation_id: str, starts: pa.Table, files: pa.Table, root: Path
) -> RunManifest | None:
    """Describe the run that is under way.

    Args:
        invocation_id: The run.
        starts: Starts of runs, with the columns of RunStart.
        files: Loaded files, with the columns of LoadedFile among others.
        root: Folder of the project.

    Returns:
        The manifest; None when there is no run at all in `starts`, not even this one: dbt was told
        to build without rows, and what stands on no data is not worth telling.

    Raises:
        ThinkFamilyError: `starts` holds runs and not this one: it was made by an earlier one.
    """
    if starts.num_rows == 0:
        return None
    started = [row for row in _rows(starts, RunStart) if row["invocation_id"] == invocation_id]
    if not started:
        raise ThinkFamilyError(
            "The run cannot be described: what staging holds of the run ledger is of an earlier"
            " run. Select int_assurance__run_described with a plus before it."
        )
    return RunManifest(
        start=RunStart(**started[0]),
        files=tuple(sorted(LoadedFile(**row) for row in _rows(files, LoadedFile))),
        commit=commit_of(root),
        project_digest=project_digest(root),
        model_parameters={"linkage": _linkage_parameters()},
    )


def run_described(manifest: RunManifest | None) -> pa.Table:
    """Give the row of int_assurance__run_described, or none where there is no manifest."""
    rows = [manifest.described()] if manifest else []
    return pa.Table.from_pylist(rows, schema=_SCHEMA)


def write_manifest(manifest: RunManifest, folder: Path) -> Path:
    """Write the manifest to run_manifest.json in `folder`, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / MANIFEST_FILE
    new = file.with_name(f"{file.name}.new")
    new.write_text(manifest.document() + "\n", encoding="utf-8", newline="\n")
    return new.replace(file)


def _rows(table: pa.Table, kind: type[RunStart] | type[LoadedFile]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.select([field.name for field in fields(kind)]).to_pylist()
    return rows


def _linkage_parameters() -> dict[str, str]:
    file = resources.files("think_family.identity") / "parameters" / DEFAULT_PARAMETERS
    return {"file": DEFAULT_PARAMETERS, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}


def _packages() -> dict[str, str]:
    """Name and version of every package of the environment."""
    return {
        distribution.metadata["Name"].lower(): distribution.version
        for distribution in metadata.distributions()
    }


def _json(value: object, indent: int | None = None) -> str:
    return json.dumps(value, default=str, ensure_ascii=False, indent=indent, sort_keys=True)
