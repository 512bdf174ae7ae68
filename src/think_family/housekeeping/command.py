"""Commands that the Makefile calls: `deps`, `fingerprint` and `summary`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from think_family.publication.options import asks_warehouse

if TYPE_CHECKING:
    from think_family.publication.warehouse import Warehouse


@click.command()
def deps() -> None:
    """Install the dbt packages from the hub, or the stand-in where it cannot be reached."""
    from think_family.housekeeping.packages import put_packages_in_place

    click.echo(put_packages_in_place(Path.cwd()))


@click.command()
@asks_warehouse
@click.option(
    "--truth",
    type=click.Path(path_type=Path),
    default=Path("truth"),
    show_default=True,
    help="Folder of the planted truth.",
)
def fingerprint(warehouse: Warehouse, truth: Path) -> None:
    """Print one digest over all that decides what `dbt build` makes."""
    from think_family.housekeeping.fingerprint import fingerprint as digest

    click.echo(digest(Path.cwd(), warehouse, truth))


@click.command()
@asks_warehouse
@click.option(
    "--docs-page",
    type=click.Path(path_type=Path),
    default=Path("target/static_index.html"),
    show_default=True,
    help="The page made by `dbt docs generate --static`.",
)
def summary(warehouse: Warehouse, docs_page: Path) -> None:
    """Say what was published and where; fails when nothing was."""
    from think_family.housekeeping.summary import summarise

    for line in summarise(warehouse, docs_page):
        click.echo(line)
