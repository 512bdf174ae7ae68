"""The subcommand `think-family indicators`."""

from __future__ import annotations

from pathlib import Path

import click

from think_family.pages import page_options, show_page


@click.command()
@page_options("docs/indicators.md")
@click.option(
    "--seeds",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("seeds"),
    show_default=True,
    help="Folder of the seeds: indicator_catalogue, indicator_source, feature_kind and others.",
)
@click.option(
    "--contract",
    "contract_folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("models/staging"),
    show_default=True,
    help="Folder of the sources' YAML, which say of which programme an extract is.",
)
def indicators(
    write_to: Path | None, check_at: Path | None, seeds: Path, contract_folder: Path
) -> None:
    """Show every indicator and feature, as a page made from the seeds.

    The catalogue is written once, in seeds/indicator_catalogue.csv and seeds/indicator_source.csv.
    Edit it there, then make the page anew:

    \b
      think-family indicators                              # read it here
      think-family indicators --write docs/indicators.md   # make the page
      think-family indicators --check                      # is the page current?
    """  # noqa: D301
    from think_family.contract.contract import read_contract
    from think_family.indicators.document import read_catalogue, render_catalogue

    show_page(
        lambda: render_catalogue(read_catalogue(seeds), read_contract(contract_folder)),
        "indicators",
        write_to,
        check_at,
    )
