"""What a build made and where, in a few lines, read from the published file."""

from __future__ import annotations

from pathlib import Path

import duckdb

from think_family.errors import ThinkFamilyError

_FIGURES = """
    select
        (select count(*) from dim_person) as persons,
        (select count(*) from dim_family) as families,
        (select count(*) from fct_row_accounting) as extracts,
        (select count(*) from fct_row_accounting where n_files > 0) as delivered,
        (select sum(n_files) from fct_row_accounting) as files,
        (select sum(n_rows_in_files) from fct_row_accounting) as in_files,
        (select sum(n_rows_loaded) from fct_row_accounting) as loaded,
        (select sum(n_rows_rejected) from fct_row_accounting) as rejected
"""


def summarise(published_file: Path, docs_page: Path) -> list[str]:
    """Lines that tell what the published file holds and where it and the docs page are.

    Figures are counts of the marts; linkage quality is told where planted truth was there to
    measure it. Raises ThinkFamilyError when nothing has been published.
    """
    if not published_file.is_file():
        raise ThinkFamilyError(
            f"{published_file} does not exist: nothing has been published. Run `make build`."
        )
    with duckdb.connect(str(published_file), read_only=True) as connection:
        figures = connection.execute(_FIGURES).fetchone()
    if figures is None:
        raise ThinkFamilyError(f"{published_file} holds no marts. Run `make build`.")
    persons, families, extracts, delivered, files, in_files, loaded, rejected = figures
    return [
        f"Warehouse  {published_file}",
        f"Docs page  {docs_page}",
        f"Persons    {persons:,} in {families:,} families",
        f"Extracts   {delivered:,} of {extracts:,} delivered, in {files:,} files",
        f"Rows       {in_files:,} in files = {loaded:,} loaded + {rejected:,} rejected",
    ]
