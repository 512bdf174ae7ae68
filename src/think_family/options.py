"""What more than one command asks for on the command line."""

from __future__ import annotations

import click

target = click.option(
    "--target",
    "-t",
    type=click.Choice(["duckdb", "postgres"]),
    default="duckdb",
    show_default=True,
    help="Engine of the warehouse, named as the target of dbt is.",
)


def refuse_files_of_duckdb(target: str, *names: str) -> None:
    """Refuse options that name a DuckDB file where the target is another engine.

    Args:
        target: the target.
        names: parameters of the command that name such files.

    Raises:
        click.UsageError: one of them is on the command line; in the environment it is passed over.
    """
    context = click.get_current_context()
    for name in names:
        source = context.get_parameter_source(name)
        if target != "duckdb" and source is click.core.ParameterSource.COMMANDLINE:
            option = name.replace("_", "-")
            raise click.UsageError(f"--{option} names a DuckDB file, and the target is {target}.")
