"""A small city, built twice from nothing: after its first deliveries, and after all of them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

ROOT = Path(__file__).parents[2]
POPULATION = 5000
# The prevalence at which so few people hold the sixty service users that exercise the code.
PREVALENCE = 20
SEED = 7
FIRST_DELIVERY = "2025-06-30"


@dataclass(frozen=True)
class City:
    """The folder of a city and the commands that a user would run on it."""

    folder: Path

    @property
    def extracts(self) -> Path:
        """The deliveries that have arrived so far."""
        return self.folder / "extracts"

    @property
    def build_file(self) -> Path:
        """The file that dbt builds in."""
        return self.folder / "warehouse" / "build.duckdb"

    @property
    def published_file(self) -> Path:
        """The file that readers open."""
        return self.folder / "warehouse" / "think_family.duckdb"

    @property
    def target(self) -> Path:
        """Where dbt leaves its artifacts."""
        return self.folder / "target"

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run `python -m <command>` from the root of the project, on this city's files."""
        done = self.attempt(*command)
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-6000:]}{done.stderr}"
        return done

    def attempt(self, *command: str) -> subprocess.CompletedProcess[str]:
        """The same for a command that may fail."""
        environment = os.environ | {
            "THINK_FAMILY_BUILD_FILE": str(self.build_file),
            "THINK_FAMILY_PUBLISHED_FILE": str(self.published_file),
            "DBT_PROFILES_DIR": str(ROOT),
            "DBT_TARGET_PATH": str(self.target),
            "DBT_LOG_PATH": str(self.folder / "logs"),
            "DBT_WARN_ERROR_OPTIONS": '{"error": "all"}',
        }
        return subprocess.run(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            env=environment,
            text=True,
            capture_output=True,
            check=False,
        )

    def load(self) -> str:
        """`think-family load`; what it printed."""
        return self.run(
            "think_family", "load", "--extracts", str(self.extracts),
            "--database", str(self.build_file),
        ).stdout  # fmt: skip

    def dbt(self, *command: str) -> str:
        """A dbt command with the truth of this city; what it printed."""
        return self.run("dbt.cli.main", *command, *self.variables).stdout

    @property
    def variables(self) -> tuple[str, str]:
        """The variables that lead dbt to the truth of this city."""
        return ("--vars", f"{{truth_path: '{self.folder / 'truth'}'}}")

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a query on the file that dbt built."""
        with duckdb.connect(str(self.build_file), read_only=True) as connection:
            return connection.execute(sql).fetchall()


@dataclass(frozen=True)
class Identity:
    """Who was who: the person of every source row, and the persons there were."""

    person_of: dict[str, str]
    persons: frozenset[str]


@dataclass(frozen=True)
class BuiltCity:
    """The city with all deliveries built, and what identity said before the later ones came."""

    city: City
    identity_before: Identity
    load_report: str


def identity(city: City) -> Identity:
    """The identity of the city as it stands built."""
    rows = city.query(
        "select source_row_key, person_id from intermediate.int_identity__source_persons_identified"
    )
    persons = city.query("select person_id from marts.dim_person")
    return Identity(dict(rows), frozenset(person for (person,) in persons))


@pytest.fixture(scope="session")
def built_city() -> BuiltCity:
    """Synthesise, load the first deliveries, build; load the later ones, build again."""
    folder = ROOT / "build" / "test-city"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "warehouse").mkdir(parents=True)
    city = City(folder)
    everything = folder / "all-extracts"
    city.run(
        "think_family", "synth", "--population", str(POPULATION), "--seed", str(SEED),
        "--prevalence", str(PREVALENCE), "--out", str(everything), "--truth", str(folder / "truth"),
    )  # fmt: skip
    files = sorted(path for path in everything.rglob("*") if path.is_file())
    for file in files:
        if file.stem == FIRST_DELIVERY:
            target = city.extracts / file.relative_to(everything)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target)
    city.load()
    city.dbt("build")
    before = identity(city)
    shutil.copytree(everything, city.extracts, dirs_exist_ok=True)
    report = city.load()
    city.dbt("build")
    city.dbt("docs", "generate", "--static")
    return BuiltCity(city, before, report)
