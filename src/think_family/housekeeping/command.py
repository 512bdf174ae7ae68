"""Commands that the Makefile calls: `deps`, `fingerprint` and `summary`."""

from __future__ import annotations

from pathlib import Path

import click

_BUILD_FILE = click.option(
    "--build-file",
    type=click.Path(path_type=Path),
    envvar="THINK_FAMILY_BUILD_FILE",
    default=Path("warehouse/build.duckdb"),
    show_default=True,
    help="The file that dbt builds in.",
)


@click.command()
def deps() -> None:
    """Install the dbt packages from the hub, or the stand-in where it cannot be reached."""
    from think_family.housekeeping.packages import put_packages_in_place

    click.echo(put_packages_in_place(Path.cwd()))


@click.command()
@_BUILD_FILE
@click.option(
    "--truth",
    type=click.Path(path_type=Path),
    default=Path("truth"),
    show_default=True,
    help="Folder of the planted truth.",
)
def fingerprint(build_file: Path, truth: Path) -> None:
    """Print one digest over all that decides what `dbt build` makes."""
    from think_family.housekeeping.fingerprint import fingerprint as digest

    click.echo(digest(Path.cwd(), build_file, truth))


@click.command()
@click.option(
    "--published-file",
    type=click.Path(path_type=Path),
    envvar="THINK_FAMILY_PUBLISHED_FILE",
    default=Path("warehouse/think_family.duckdb"),
    show_default=True,
    help="The file that readers open.",
)
@click.option(
    "--docs-page",
    type=click.Path(path_type=Path),
    default=Path("target/static_index.html"),
    show_default=True,
    help="The page made by `dbt docs generate --static`.",
)
def summary(published_file: Path, docs_page: Path) -> None:
    """Say what was built and where."""
    from think_family.housekeeping.summary import summarise

    for line in summarise(published_file, docs_page):
        click.echo(line)
