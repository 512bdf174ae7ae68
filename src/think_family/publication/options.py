"""The options by which commands name a warehouse."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path

import click

_OPTIONS = (
    click.option(
        "--target",
        "-t",
        type=click.Choice(["duckdb", "postgres"]),
        default="duckdb",
        show_default=True,
        help="Engine of the warehouse, named as the target of dbt is.",
    ),
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
        context = click.get_current_context()
        for name in ("build_file", "published_file"):
            source = context.get_parameter_source(name)
            if target != "duckdb" and source is click.core.ParameterSource.COMMANDLINE:
                option = name.replace("_", "-")
                raise click.UsageError(
                    f"--{option} names a DuckDB file, and the target is {target}."
                )
        from think_family.publication.warehouse import warehouse_of

        command(warehouse=warehouse_of(target, build_file, published_file), **others)

    for option in reversed(_OPTIONS):
        asking = option(asking)
    return asking
