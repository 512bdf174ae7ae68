"""The command `think-family postgres`: the embedded server, for a first try."""

from __future__ import annotations

import click

from think_family.errors import ThinkFamilyError


@click.group()
def postgres() -> None:
    """Start, stop and ask after the embedded Postgres; THINK_FAMILY_PG_FOLDER names its folder."""


@postgres.command()
def start() -> None:
    """Start it, unless it is running."""
    from think_family.postgres.server import embedded_folder
    from think_family.postgres.settings import Settings

    settings = Settings.from_environment()
    if settings.host:
        raise ThinkFamilyError(
            "THINK_FAMILY_PG_HOST names a server: that one is used, and none is started."
        )
    found = settings.reachable()
    click.echo(
        f"Postgres runs in {embedded_folder()}: host {found.host}, port {found.port}, user"
        f" {found.user}, database {found.database}."
    )


@postgres.command()
def stop() -> None:
    """Stop it; what it holds stays."""
    from think_family.postgres.server import embedded_folder
    from think_family.postgres.server import stop as stop_server

    stopped = stop_server()
    click.echo(f"Postgres in {embedded_folder()}: {'stopped' if stopped else 'was not running'}.")


@postgres.command()
def status() -> None:
    """Say whether it is running."""
    from think_family.postgres.server import embedded_folder, running

    state = "running" if running() else "not running"
    click.echo(f"Postgres in {embedded_folder()}: {state}.")
