"""The warehouse in two DuckDB files: one that dbt builds in, and one that readers open."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from think_family.errors import ThinkFamilyError
from think_family.publication.warehouse import AbsentError, BeingWrittenError, Copy, Rows


class DuckDBWarehouse:
    """Two files, each opened for the time of a question."""

    def __init__(self, build_file: Path, published_file: Path) -> None:
        """Name the files; neither needs to exist."""
        self.built_in = str(build_file)
        self.published_in = str(published_file)

    def identity(self) -> Rows:
        """Nothing: a file is what it holds."""
        return []

    def run_under_way(self) -> str | None:
        """None: who could read the file knows that no build is."""
        return None

    def built(self, what: str, query: str) -> Rows:
        """Ask the file that dbt builds in."""
        (rows,) = _asked(self.built_in, what, query)
        return rows

    def published(self, what: str, *queries: str) -> list[Rows]:
        """Ask the file that readers open."""
        return _asked(self.published_in, what, *queries)

    @contextmanager
    def copied(self) -> Iterator[Copy]:
        """Copy the file that dbt builds in, in a folder beside it: it holds as much."""
        built = Path(self.built_in)
        # Nobody writes while a reader has it open.
        _asked(self.built_in, "database", "select 1")
        with tempfile.TemporaryDirectory(prefix="copy-", dir=built.parent) as name:
            folder = Path(name)
            # Of the same name: views know the database by it.
            copy = folder / built.name
            with _opened(built):
                try:
                    shutil.copyfile(built, copy)
                except OSError as error:
                    raise ThinkFamilyError(
                        f"{built} cannot be copied beside itself: {error.strerror}. It needs"
                        f" {built.stat().st_size / 1e9:.1f} GB there."
                    ) from None

            def change(*statements: str) -> None:
                with duckdb.connect(str(copy)) as connection:
                    for statement in ("begin", *statements, "commit"):
                        connection.execute(statement)

            yield Copy(
                warehouse=DuckDBWarehouse(copy, folder / "published.duckdb"),
                target="duckdb",
                folder=folder,
                environment={
                    "THINK_FAMILY_BUILD_FILE": str(copy),
                    "THINK_FAMILY_PUBLISHED_FILE": str(folder / "published.duckdb"),
                },
                change=change,
            )


@contextmanager
def _opened(file: Path) -> Iterator[None]:
    try:
        with duckdb.connect(str(file), read_only=True):
            yield
    except duckdb.IOException:
        raise BeingWrittenError(f"{file} is being written by another process.") from None


def _asked(file: str, what: str, *queries: str) -> list[Rows]:
    if not Path(file).is_file():
        raise AbsentError(f"{file} does not exist")
    try:
        with duckdb.connect(file, read_only=True) as connection:
            return [connection.execute(query).fetchall() for query in queries]
    except (duckdb.CatalogException, duckdb.BinderException):
        raise AbsentError(f"{file} holds no {what}") from None
    except (duckdb.Error, UnicodeDecodeError) as error:
        if "Could not set lock" in str(error):
            raise BeingWrittenError(
                f"{file} is being written by another process, such as a build or a load."
            ) from None
        raise ThinkFamilyError(
            f"{file} cannot be opened: it is no DuckDB file of this version."
        ) from error
