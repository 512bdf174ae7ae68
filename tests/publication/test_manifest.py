"""The manifest of a run tells what it stood on, the same for the same."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from think_family.errors import ThinkFamilyError
from think_family.publication.manifest import (
    RunManifest,
    describe_run,
    run_described,
    write_manifest,
)

STARTS = pa.table(
    {
        "invocation_id": ["earlier", "this"],
        "started_at": [
            datetime.fromisoformat(day) for day in ("2025-09-01 08:00", "2025-09-02 08:30")
        ],
        "command": ["build", "build"],
        "selection": ["", "--exclude publication"],
        "variables": ["{}", '{"truth_path": "there"}'],
        "person_registry_run": [None, 1],
        "person_registry_digest": [None, "aa"],
        "family_registry_run": pa.array([None, None], pa.int32()),
        "family_registry_digest": pa.array([None, None], pa.string()),
    }
)
JUNE, JULY = date(2025, 6, 30), date(2025, 7, 31)
FILES = [
    ("dwp", "benefits", "dwp/benefits/2025-06-30.csv", "d1", JUNE),
    ("police_records", "markers", "police_records/markers/2025-07-31.csv", "p2", JULY),
    ("police_records", "markers", "police_records/markers/2025-06-30.csv", "p1", JUNE),
]


def files_of(rows: list[tuple[Any, ...]]) -> pa.Table:
    names = ["source_system", "source_extract", "source_file", "file_sha256", "extract_date"]
    text = pa.string()
    schema = pa.schema([*((name, text) for name in names[:4]), (names[4], pa.date32())])
    table = pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows], schema)
    # A column that says nothing to the manifest.
    return table.append_column("n_bytes", pa.array([1] * len(rows), pa.int64()))


def described(root: Path, rows: list[tuple[Any, ...]] = FILES) -> RunManifest:
    manifest = describe_run("this", STARTS, files_of(rows), root)
    assert manifest is not None
    return manifest


def test_the_row_tells_the_data_and_the_project(tmp_path: Path) -> None:
    (row,) = run_described(described(tmp_path)).to_pylist()
    assert (row["invocation_id"], row["n_files"], row["as_of_date"]) == ("this", 3, JULY)
    assert (row["commit_hash"], row["has_local_changes"]) == (None, None)
    assert len(row["project_digest"]) == len(row["extracts_digest"]) == 64
    parameters = json.loads(row["model_parameters"])["linkage"]
    assert parameters["file"].endswith(".json")
    assert len(parameters["sha256"]) == 64


def test_the_order_of_files_means_nothing_and_each_of_them_counts(tmp_path: Path) -> None:
    digest = described(tmp_path).extracts_digest
    assert described(tmp_path, FILES[::-1]).extracts_digest == digest
    others = [
        FILES[1:],
        [*FILES, ("dwp", "benefits", "dwp/benefits/2025-07-31.csv", "d1", JULY)],
        [("dwp", "benefits", "dwp/benefits/2025-06-30.csv", "other", JUNE), *FILES[1:]],
        [("dwp", "benefits", "dwp/benefits/2025-06-30.parquet", "d1", JUNE), *FILES[1:]],
    ]
    digests = {described(tmp_path, rows).extracts_digest for rows in others}
    assert len(digests - {digest}) == len(others)


def test_nothing_loaded_is_told_as_such(tmp_path: Path) -> None:
    (row,) = run_described(described(tmp_path, [])).to_pylist()
    assert (row["n_files"], row["as_of_date"]) == (0, None)


def test_the_document_tells_the_start_the_registries_and_every_file(tmp_path: Path) -> None:
    file = write_manifest(described(tmp_path), tmp_path / "new" / "target")
    assert file == tmp_path / "new" / "target" / "run_manifest.json"
    text = file.read_text(encoding="utf-8")
    told = json.loads(text)
    assert list(told) == sorted(told)
    assert text.startswith('{\n  "as_of_date": "2025-07-31",\n')
    assert told["started_at"] == "2025-09-02T08:30:00Z"
    assert (told["command"], told["selection"]) == ("build", "--exclude publication")
    assert told["variables"] == {"truth_path": "there"}
    assert told["registries"] == {
        "family": {"digest": None, "registry_run": None},
        "person": {"digest": "aa", "registry_run": 1},
    }
    assert [row["file_sha256"] for row in told["files"]] == ["d1", "p1", "p2"]
    assert told["packages"]["duckdb"]
    assert write_manifest(described(tmp_path), file.parent).read_text(encoding="utf-8") == text
    assert [path.name for path in file.parent.iterdir()] == ["run_manifest.json"]


def test_staging_of_an_earlier_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ThinkFamilyError, match="with a plus before it"):
        describe_run("next", STARTS, files_of(FILES), tmp_path)


def test_a_run_without_rows_is_not_described(tmp_path: Path) -> None:
    manifest = describe_run("this", STARTS.slice(0, 0), files_of([]), tmp_path)
    assert manifest is None
    assert run_described(manifest).num_rows == 0
