"""A contract of one system with two extracts, a folder of deliveries and a warehouse."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pytest
from adbc_driver_postgresql import dbapi
from click.testing import CliRunner, Result

from think_family.loading.command import load
from think_family.postgres.settings import Settings

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

# Marks the tests of what an engine does itself; files are read by the same code for each.
on_both = pytest.mark.parametrize("engine", ["duckdb", "postgres"], indirect=True)

HEADER = "nominal_ref,surname,date_of_birth,height,recorded_date"


def rows_in(text: str, delimiter: str = ",") -> int:
    """Count data rows with the standard library's reader, which shares nothing with the loader."""
    records = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return sum(1 for record in records if record) - 1


class Store(Protocol):
    """Where a warehouse stands, looked at from outside of the loader."""

    @property
    def arguments(self) -> list[str]:
        """Options of the command that lead it there."""

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables that lead it there."""

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a statement, in no session of the loader's."""

    def image(self) -> object:
        """What changes with every write, even one that leaves all rows as they were."""


@dataclass
class DuckDBStore:
    """A DuckDB file."""

    database: Path

    @property
    def arguments(self) -> list[str]:
        return [f"--database={self.database}"]

    @property
    def environment(self) -> dict[str, str]:
        return {}

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(self.database) as connection:
            return connection.execute(sql).fetchall()

    def image(self) -> object:
        return self.database.read_bytes()


@dataclass
class PostgresStore:
    """A database of a Postgres server, reached as its superuser."""

    settings: Settings
    log: Path
    log_start: int = 0

    @property
    def arguments(self) -> list[str]:
        return ["--target=postgres"]

    @property
    def environment(self) -> dict[str, str]:
        return {
            "THINK_FAMILY_PG_HOST": self.settings.host,
            "THINK_FAMILY_PG_PORT": str(self.settings.port),
            "THINK_FAMILY_PG_USER": self.settings.user,
            "THINK_FAMILY_PG_PASSWORD": self.settings.password,
            "THINK_FAMILY_PG_DATABASE": self.settings.database,
        }

    @cached_property
    def _connection(self) -> dbapi.Connection:
        return dbapi.connect(self.settings.conninfo(), autocommit=True)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall()) if cursor.description else []

    def clear(self) -> None:
        """Leave nothing loaded, and pass over what the server said until now."""
        self.query("drop schema if exists raw cascade")
        self.log_start = self.log.stat().st_size

    def said(self) -> str:
        """What the server wrote into its log since it was cleared."""
        return self.log.read_bytes()[self.log_start :].decode()

    def close(self) -> None:
        self._connection.close()

    def image(self) -> object:
        tables = self.query(
            "select cast(relname as text), cast(relfilenode as bigint), cast(xmin as text) "
            "from pg_class where relnamespace = cast('raw' as regnamespace) order by 1"
        )
        rows = [
            self.query(f"select cast(ctid as text), cast(xmin as text) from raw.{name}")
            for name, *_ in tables
        ]
        return tables, rows


@dataclass
class Place:
    """A folder with a contract, deliveries and a warehouse."""

    root: Path
    store: Store

    @property
    def arguments(self) -> list[str]:
        return [
            f"--extracts={self.root / 'extracts'}",
            f"--contract={self.root / 'models' / 'staging'}",
            *self.store.arguments,
        ]

    @property
    def environment(self) -> dict[str, str]:
        return {"PYTHONWARNINGS": "default", **self.store.environment}

    def contract(self, text: str = SOURCES) -> None:
        folder = self.root / "models" / "staging" / "police_records"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "_police_records__sources.yml").write_text(text)

    def deliver(self, name: str, content: str | bytes, extract: str = "nominals") -> Path:
        path = self.root / "extracts" / "police_records" / extract / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def load(self, *more: str) -> Result:
        return CliRunner(env=self.store.environment).invoke(
            load, [*self.arguments, *more], catch_exceptions=False
        )

    def start_load(self, before: str = "") -> subprocess.Popen[str]:
        """Start the command in a process of its own, after the Python statements `before`."""
        # What a load that is killed leaves behind goes with the folder.
        temporary = self.root / "temporary"
        temporary.mkdir(exist_ok=True)
        script = f"{before}\nfrom think_family.loading.command import load\nload()\n"
        return subprocess.Popen(
            [sys.executable, "-c", script, *self.arguments],
            cwd=self.root,
            env={**os.environ, **self.environment, "TMPDIR": str(temporary)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return self.store.query(sql)

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
        columns: dict[str, list[str]] = {}
        for table, column in self.query(
            "select cast(table_name as text), cast(column_name as text) "
            "from information_schema.columns where table_schema = 'raw' order by 1, 2"
        ):
            columns.setdefault(table, []).append(column)
        return {
            table: [tuple(names), *sorted(self._rows(table, names), key=repr)]
            for table, names in columns.items()
        }

    def _rows(self, table: str, names: Sequence[str]) -> list[tuple[Any, ...]]:
        return self.query(f"select {', '.join(names)} from raw.{table}")


def furnished(root: Path, store: Store) -> Place:
    """Make a place with its contract and no deliveries."""
    place = Place(root, store)
    place.contract()
    (root / "extracts").mkdir(parents=True)
    return place
