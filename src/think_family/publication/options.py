"""The options by which commands name a warehouse."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path

import click

from think_family import options

_OPTIONS = (
    options.target,
    click.option(
        "--build-file",
        type=click.Path(dir_okay=False, path_type=Path),
        envvar="THINK_FAMILY_BUILD_FILE",
        default=Path("warehouse/build.duckdb"),
        show_default=True,
        show_envvar=True,
        help="With duckdb: the file that dbt builds in.",
    ),
    click.option(
        "--published-file",
        type=click.Path(dir_okay=False, path_type=Path),
        envvar="THINK_FAMILY_PUBLISHED_FILE",
        default=Path("warehouse/think_family.duckdb"),
        show_default=True,
        show_envvar=True,
        help="With duckdb: the file that readers open.",
    ),
)


def asks_warehouse(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command options that name a warehouse, and the warehouse as an argument."""

    @wraps(command)
    def asking(target: str, build_file: Path, published_file: Path, **others: object) -> None:
        options.refuse_files_of_duckdb(target, "build_file", "published_file")
        from think_family.publication.warehouse import warehouse_of

        command(warehouse=warehouse_of(target, build_file, published_file), **others)

    for option in reversed(_OPTIONS):
        asking = option(asking)
    return asking
