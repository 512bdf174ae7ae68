"""The manifest of the project as it stands, parsed once for all conventions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]

# Systems of further programmes.
FURTHER = {
    further["system"]
    for further in yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"][
        "further_programmes"
    ]
}


class Project:
    """The nodes of the manifest that belong to the project itself."""

    def __init__(self, manifest: dict[str, Any]) -> None:
        self.manifest = manifest
        own = [
            node for node in manifest["nodes"].values() if node["package_name"] == "think_family"
        ]
        self.models = {n["name"]: n for n in own if n["resource_type"] == "model"}
        self.tests = [n for n in own if n["resource_type"] == "test"]
        self.macros = [
            m for m in manifest["macros"].values() if m["package_name"] == "think_family"
        ]

    def in_layer(self, *folders: str) -> Iterator[dict[str, Any]]:
        """Models whose file lies below one of these folders."""
        for model in self.models.values():
            if any(model["original_file_path"].startswith(f"{folder}/") for folder in folders):
                yield model

    @property
    def marts(self) -> list[dict[str, Any]]:
        return list(self.in_layer("models/marts"))

    def names_of_parents(self, model: dict[str, Any]) -> set[str]:
        """Names of the models, seeds and sources that a model reads."""
        return {unique_id.split(".", 2)[2] for unique_id in model["depends_on"]["nodes"]}


@pytest.fixture(scope="session")
def project() -> Project:
    target = ROOT / "build" / "conventions"
    parsed = subprocess.run(
        [sys.executable, "-m", "dbt.cli.main", "--quiet", "parse"],
        cwd=ROOT,
        env={
            **os.environ,
            "DBT_PROFILES_DIR": str(ROOT),
            "DBT_TARGET_PATH": str(target),
            "DBT_LOG_PATH": str(target),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert parsed.returncode == 0, parsed.stdout + parsed.stderr
    return Project(json.loads((target / "manifest.json").read_text(encoding="utf-8")))
