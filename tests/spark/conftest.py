"""Spark in this process, for `make spark`: elsewhere it is not installed, and nothing runs here."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

collect_ignore_glob = [] if importlib.util.find_spec("pyspark") else ["test_*.py"]


@pytest.fixture(scope="session")
def folder() -> Path:
    """Where everything goes that these tests make; empty at first."""
    folder = ROOT / "build" / "spark" / "smoke"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


@pytest.fixture(scope="session")
def spark(folder: Path) -> Any:
    """The session of this process, which dbt then works in too: a catalogue takes no second one."""
    from think_family.spark.session import open_session

    os.environ["THINK_FAMILY_SPARK_FOLDER"] = str(folder / "warehouse")
    return open_session(str(folder / "warehouse"), {})
