"""The subcommand `think-family contract`."""

from __future__ import annotations

from pathlib import Path

import click

from think_family.pages import page_options, show_page


@click.command()
@page_options("docs/input-contract.md")
@click.option(
    "--contract",
    "contract_folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("models/staging"),
    show_default=True,
    help="Folder of the sources' YAML.",
)
@click.option(
    "--codes",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("seeds/code_map.csv"),
    show_default=True,
    help="Code lists (code_list, code, value).",
)
def contract(
    write_to: Path | None, check_at: Path | None, contract_folder: Path, codes: Path
) -> None:
    """Show what each agency delivers, as a page made from the sources' YAML.

    The contract is written once, in models/staging/<system>/_<system>__sources.yml. Edit it there,
    then make the page anew:

    \b
      think-family contract                                   # read it here
      think-family contract --write docs/input-contract.md    # make the page
      think-family contract --check                           # is the page current?
    """  # noqa: D301
    from think_family.contract.contract import read_contract
    from think_family.contract.document import read_code_lists, render_contract

    show_page(
        lambda: render_contract(read_contract(contract_folder), read_code_lists(codes)),
        "contract",
        write_to,
        check_at,
    )
