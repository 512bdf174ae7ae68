"""The subcommands `think-family results` and `think-family cards`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from think_family.pages import folder_options, show_folder
from think_family.publication.options import asks_warehouse

if TYPE_CHECKING:
    from think_family.publication.warehouse import Warehouse

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command()
@asks_warehouse
@click.option(
    "--write",
    "write_to",
    type=_FOLDER,
    is_flag=False,
    flag_value="risk_models/results",
    help="Write the files to this folder (risk_models/results when none is named).",
)
def results(warehouse: Warehouse, write_to: Path | None) -> None:
    """Keep what the trials of risk models found, as small tables without a person in them.

    The warehouse is made anew each day. The files are what model cards are made from, and what is
    left of an assessment when its warehouse is gone:

    \b
      think-family results                                # say what there is
      think-family results --write risk_models/results    # keep it
      think-family cards --write docs/models              # make the pages of it

    Counts of people are rounded to 5; fewer than 10, and shares of fewer, are not told. The first
    line of each file says of how many people the figures are, and whether they may be published as
    accuracy: from 535,000 people at natural prevalence on.
    """  # noqa: D301
    from think_family.cards.results import read_warehouse, written
    from think_family.files import replace_all

    found = read_warehouse(warehouse)
    click.echo(found.first_line)
    files = written(found)
    if write_to:
        replace_all({write_to / name: content for name, content in files.items()})
        click.echo(f"Wrote {', '.join(files)} to {write_to}.")
    else:
        for name, rows in found.tables.items():
            click.echo(f"{name}: {len(rows):,} rows")


@click.command()
@folder_options("docs/models")
@click.option(
    "--models",
    "models_folder",
    type=_FOLDER,
    default=Path("risk_models"),
    show_default=True,
    help="Folder of the models' files; parameters/ and results/ stand below it.",
)
@click.option(
    "--seeds", type=_FOLDER, default=Path("seeds"), show_default=True, help="Folder of the seeds."
)
@click.option(
    "--contract",
    "contract_folder",
    type=_FOLDER,
    default=Path("models/staging"),
    show_default=True,
    help="Folder of the sources' YAML, which name the systems.",
)
def cards(
    write_to: Path | None,
    check_at: Path | None,
    models_folder: Path,
    seeds: Path,
    contract_folder: Path,
) -> None:
    """Make the pages that a reviewer of the risk models reads.

    A card per model, results as pictures, and an algorithmic transparency record, from the models'
    files, their parameters, the results that are kept and the seeds. The same files give the same
    pages, and no warehouse is asked:

    \b
      think-family cards                        # name the pages
      think-family cards --write docs/models    # make them
      think-family cards --check                # are they current?
    """  # noqa: D301
    from think_family.cards.folder import read_sources, render_folder
    from think_family.cards.results import read_results
    from think_family.contract.contract import read_contract
    from think_family.scoring.models import read_models

    models = read_models(models_folder)
    pages = render_folder(
        models,
        read_sources(models, models_folder / "parameters", seeds),
        read_results(models_folder / "results"),
        read_contract(contract_folder),
    )
    show_folder(pages, "cards", write_to, check_at)
