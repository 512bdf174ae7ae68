"""A contract of one system with two extracts, a folder of deliveries and a warehouse."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from click.testing import CliRunner, Result

from think_family.loading.command import load

CANARY = "ZZCANARY"

SOURCES = """\
version: 2
sources:
  - name: police_records
    description: Records of the police.
    schema: raw
    config:
      meta: {agency: Police, programme: force}
    tables:
      - name: nominals
        identifier: police_records__nominals
        description: One row per nominal.
        config:
          meta:
            delivery: full
            key: [nominal_ref]
            recorded_column: recorded_date
            fresh_within_days: 35
            lawful_basis: Public task
            permitted_purposes: [safeguarding]
            handling: official_sensitive
            label_rows: none
        columns:
          - name: nominal_ref
            data_type: text
            config: {meta: {personal_data: identifier, aliases: [nominal_no]}}
          - name: surname
            data_type: text
            config: {meta: {personal_data: name}}
          - name: date_of_birth
            data_type: date
            config: {meta: {personal_data: demographic, format: dmy}}
          - name: height
            data_type: decimal
          - name: recorded_date
            data_type: date
            config: {meta: {format: iso}}
      - name: roles
        identifier: police_records__roles
        description: One row per nominal and occurrence.
        config:
          meta:
            delivery: incremental
            key: [nominal_ref, occurrence_ref]
            lawful_basis: Public task
            permitted_purposes: [safeguarding]
            handling: official_sensitive
        columns:
          - {name: nominal_ref, data_type: text}
          - {name: occurrence_ref, data_type: text}
"""

HEADER = "nominal_ref,surname,date_of_birth,height,recorded_date"


def rows_in(text: str, delimiter: str = ",") -> int:
    """Count data rows with the standard library's reader, which shares nothing with the loader."""
    records = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return sum(1 for record in records if record) - 1


@dataclass
class Place:
    """A folder with a contract, deliveries and a warehouse."""

    root: Path

    @property
    def database(self) -> Path:
        return self.root / "warehouse" / "build.duckdb"

    def arguments(self) -> list[str]:
        return [
            f"--extracts={self.root / 'extracts'}",
            f"--database={self.database}",
            f"--contract={self.root / 'models' / 'staging'}",
        ]

    def contract(self, text: str = SOURCES) -> None:
        folder = self.root / "models" / "staging" / "police_records"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "_police_records__sources.yml").write_text(text)

    def deliver(self, name: str, content: str | bytes, extract: str = "nominals") -> Path:
        path = self.root / "extracts" / "police_records" / extract / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def load(self) -> Result:
        return CliRunner().invoke(load, self.arguments(), catch_exceptions=False)

    def load_in_new_process(self, before: str = "") -> subprocess.CompletedProcess[str]:
        """Run the command in a process of its own, after the Python statements `before`."""
        script = f"{before}\nfrom think_family.loading.command import load\nload()\n"
        return subprocess.run(
            [sys.executable, "-c", script, *self.arguments()],
            cwd=self.root,
            env={**os.environ, "PYTHONWARNINGS": "default"},
            capture_output=True,
            text=True,
            check=False,
        )

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(self.database) as connection:
            return connection.execute(sql).fetchall()

    def nominals(self, columns: str = "nominal_ref, surname") -> list[tuple[Any, ...]]:
        return self.query(
            f"select {columns} from raw.police_records__nominals "
            "order by _extract_date, _row_number"
        )

    def rejects(self) -> list[tuple[Any, ...]]:
        return self.query("select line, reason, raw_line from raw.load_rejects order by file, line")

    def counts(self) -> list[tuple[Any, ...]]:
        return self.query(
            "select file, n_rows, n_loaded, n_rejected from raw.load_files order by file"
        )

    def state(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything in the raw layer, to compare before and after."""
        with duckdb.connect(self.database) as connection:
            connection.execute("use raw")
            tables = connection.execute("show tables").fetchall()
            return {
                table: sorted(connection.execute(f"from {table}").fetchall(), key=repr)
                for (table,) in tables
            }
