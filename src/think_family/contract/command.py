"""The subcommand `think-family contract`."""

from __future__ import annotations

from pathlib import Path

import click

_PAGE = "docs/input-contract.md"


@click.command()
@click.option(
    "--write",
    "write_to",
    type=click.Path(dir_okay=False, path_type=Path),
    is_flag=False,
    flag_value=_PAGE,
    help=f"Write the page to this file ({_PAGE} when none is named).",
)
@click.option(
    "--check",
    "check_at",
    type=click.Path(dir_okay=False, path_type=Path),
    is_flag=False,
    flag_value=_PAGE,
    help=f"Fail when this file ({_PAGE} when none is named) is not what --write would write.",
)
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
    from think_family.errors import ThinkFamilyError

    if write_to and check_at:
        raise click.UsageError("--write and --check exclude each other.")
    page = render_contract(read_contract(contract_folder), read_code_lists(codes))
    if write_to:
        write_to.parent.mkdir(parents=True, exist_ok=True)
        write_to.write_text(page, encoding="utf-8", newline="\n")
        click.echo(f"Wrote {write_to}.")
    elif check_at:
        if not check_at.exists() or check_at.read_text(encoding="utf-8") != page:
            raise ThinkFamilyError(
                f"{check_at} is not current. Make it anew: think-family contract --write {check_at}"
            )
        click.echo(f"{check_at} is current.")
    else:
        click.echo(page, nl=False)
