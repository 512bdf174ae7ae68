"""The bridge to DuckDB leaves no trace, not even when Python ends."""

from __future__ import annotations

import subprocess
import sys


def test_nothing_is_said_of_leaks_when_python_ends() -> None:
    # What Great Expectations loads too, and what makes DuckDB complain; it takes much longer.
    loaded = "import sqlalchemy.orm, jsonschema, think_family.quality.duckdb_bridge"
    ended = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
