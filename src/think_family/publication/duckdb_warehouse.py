"""The warehouse in two DuckDB files: one that dbt builds in, and one that readers open."""

from __future__ import annotations

from pathlib import Path

import duckdb

from think_family.errors import ThinkFamilyError
from think_family.publication.warehouse import AbsentError, BeingWrittenError, Rows


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
