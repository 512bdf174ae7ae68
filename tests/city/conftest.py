"""A small city, built twice from nothing: after its first deliveries, and after all of them.

It is built so in DuckDB, and for what compares the engines in Postgres too.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from think_family.postgres.settings import Settings

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
    truth: Path
    #: Where it is built; in DuckDB when there is no such place.
    database: Settings | None = None
    #: The folder of the project that builds it.
    project: Path = ROOT

    @property
    def target(self) -> str:
        """The target of dbt."""
        return "postgres" if self.database else "duckdb"

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
    def artifacts(self) -> Path:
        """Where dbt leaves its artifacts."""
        return self.folder / "target"

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run `python -m <command>` from the root of its project, on this city's files."""
        done = self.attempt(*command)
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-6000:]}{done.stderr}"
        return done

    def attempt(self, *command: str) -> subprocess.CompletedProcess[str]:
        """The same for a command that may fail."""
        environment = os.environ | {
            "THINK_FAMILY_BUILD_FILE": str(self.build_file),
            "THINK_FAMILY_PUBLISHED_FILE": str(self.published_file),
            "DBT_PROFILES_DIR": str(self.project),
            "DBT_TARGET": self.target,
            "DBT_TARGET_PATH": str(self.artifacts),
            "DBT_LOG_PATH": str(self.folder / "logs"),
            "DBT_WARN_ERROR_OPTIONS": '{"error": "all"}',
        }
        if self.database:
            environment |= {
                "THINK_FAMILY_PG_HOST": self.database.host,
                "THINK_FAMILY_PG_PORT": str(self.database.port),
                "THINK_FAMILY_PG_USER": self.database.user,
                "THINK_FAMILY_PG_DATABASE": self.database.database,
            }
        return subprocess.run(
            [sys.executable, "-m", *command],
            cwd=self.project,
            env=environment,
            text=True,
            capture_output=True,
            check=False,
        )

    def load(self) -> str:
        """`think-family load`; what it printed."""
        return self.run(
            "think_family", "load", "--target", self.target, "--extracts", str(self.extracts)
        ).stdout

    def dbt(self, *command: str) -> str:
        """A dbt command with the truth of this city; what it printed."""
        return self.run("dbt.cli.main", *command, *self.variables).stdout

    @property
    def variables(self) -> tuple[str, str]:
        """The variables that lead dbt to the truth of this city, and spare it some of the trials.

        Those that are left have rows, or a machinery, of their own.
        """
        trials = "score_variants: [before_outcome, challenger, full]"
        return ("--vars", f"{{truth_path: '{self.truth}', {trials}}}")

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


def deliver_and_build(everything: Path, city: City, is_first: bool) -> str:
    """Load the first deliveries, or all of them, and build; the loader's report."""
    for file in sorted(everything.rglob("*.*")):
        if file.stem == FIRST_DELIVERY or not is_first:
            place = city.extracts / file.relative_to(everything)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, place)
    report = city.load()
    city.dbt("build")
    return report


@pytest.fixture(scope="session")
def everything() -> Path:
    """All deliveries of the city, beside its planted truth."""
    folder = ROOT / "build" / "test-city"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "warehouse").mkdir(parents=True)
    made, truth = folder / "all-extracts", folder / "truth"
    City(folder, truth).run(
        "think_family", "synth", "--population", str(POPULATION), "--seed", str(SEED),
        "--prevalence", str(PREVALENCE), "--out", str(made), "--truth", str(truth),
    )  # fmt: skip
    return made


@pytest.fixture(scope="session")
def built_city(everything: Path) -> BuiltCity:
    """Load the first deliveries and build; load the later ones and build again."""
    city = City(everything.parent, everything.parent / "truth")
    deliver_and_build(everything, city, is_first=True)
    before = identity(city)
    report = deliver_and_build(everything, city, is_first=False)
    city.dbt("docs", "generate", "--static")
    return BuiltCity(city, before, report)


@pytest.fixture(scope="session")
def city_in_postgres(everything: Path, make_database: Callable[[str], Settings]) -> City:
    """The same in Postgres, from an empty database."""
    folder = everything.parent.with_name("test-city-postgres")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    city = City(folder, everything.parent / "truth", make_database("city"))
    deliver_and_build(everything, city, is_first=True)
    deliver_and_build(everything, city, is_first=False)
    return city
