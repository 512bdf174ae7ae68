"""Pages of docs/ that are made from what the project says elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from think_family.errors import ThinkFamilyError


def page_options(page: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Options `--write` and `--check` of a command that makes a page.

    Args:
        page: where the page stands when the option names no file.
    """

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for flag, name, what in (
            (
                "--check",
                "check_at",
                "Fail when this file (%s when none is named) is not what --write would write.",
            ),
            ("--write", "write_to", "Write the page to this file (%s when none is named)."),
        ):
            command = click.option(
                flag,
                name,
                type=click.Path(dir_okay=False, path_type=Path),
                is_flag=False,
                flag_value=page,
                help=what % page,
            )(command)
        return command

    return decorate


def show_page(
    make: Callable[[], str], command: str, write_to: Path | None, check_at: Path | None
) -> None:
    """Print a page, write it, or say whether the file holds it.

    Args:
        make: gives the page.
        command: the subcommand that makes it, for the remedy.
        write_to: where to write it, if anywhere.
        check_at: the file to compare it with, if any.

    Raises:
        ThinkFamilyError: the file to compare with is missing or holds something else.
    """
    if write_to and check_at:
        raise click.UsageError("--write and --check exclude each other.")
    page = make()
    if write_to:
        write_to.parent.mkdir(parents=True, exist_ok=True)
        write_to.write_text(page, encoding="utf-8", newline="\n")
        click.echo(f"Wrote {write_to}.")
    elif check_at:
        if not check_at.exists() or check_at.read_text(encoding="utf-8") != page:
            raise ThinkFamilyError(
                f"{check_at} is not current."
                f" Make it anew: think-family {command} --write {check_at}"
            )
        click.echo(f"{check_at} is current.")
    else:
        click.echo(page, nl=False)
