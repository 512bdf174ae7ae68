"""Pages of docs/ that are made from what the project says elsewhere."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from think_family.errors import ThinkFamilyError
from think_family.files import replace_all


def page_options(page: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Options `--write` and `--check` of a command that makes a page.

    Args:
        page: where the page stands when the option names no file.
    """
    return _options(page, "page", "file", click.Path(dir_okay=False, path_type=Path))


def folder_options(folder: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Options `--write` and `--check` of a command that makes the pages of a folder.

    Args:
        folder: where the pages stand when the option names no folder.
    """
    return _options(folder, "pages", "folder", click.Path(file_okay=False, path_type=Path))


def _options(
    usual: str, made: str, place: str, kind: click.Path
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        named = f"this {place} ({usual} when none is named)"
        for flag, name, what in (
            ("--check", "check_at", f"Fail when {named} is not what --write would write."),
            ("--write", "write_to", f"Write the {made} to {named}."),
        ):
            command = click.option(
                flag, name, type=kind, is_flag=False, flag_value=usual, help=what
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


def show_folder(
    pages: Mapping[str, str], command: str, write_to: Path | None, check_at: Path | None
) -> None:
    """List pages, write them, or say whether a folder holds them and nothing else.

    Args:
        pages: the path of each below the folder, and what it says; each says what made it.
        command: the subcommand that makes them.
        write_to: the folder to write them to, if any; pages that the command made before, and
            makes no more, go.
        check_at: the folder to compare them with, if any.

    Raises:
        ThinkFamilyError: the folder to compare with lacks a page, or holds one that is no longer
            made.
    """
    if write_to and check_at:
        raise click.UsageError("--write and --check exclude each other.")
    if write_to:
        replace_all({write_to / name: page.encode() for name, page in pages.items()})
        for name in _made(write_to, pages, command) - pages.keys():
            (write_to / name).unlink()
        click.echo(f"Wrote {len(pages)} files to {write_to}.")
    elif check_at:
        stale = sorted(
            name
            for name in _made(check_at, pages, command) | pages.keys()
            if name not in pages
            or not (check_at / name).is_file()
            or (check_at / name).read_bytes() != pages[name].encode()
        )
        if stale:
            raise ThinkFamilyError(
                f"{check_at} is not current: {', '.join(stale)}."
                f" Make it anew: think-family {command} --write {check_at}"
            )
        click.echo(f"{check_at} is current.")
    else:
        for name in pages:
            click.echo(name)


def _made(folder: Path, pages: Mapping[str, str], command: str) -> set[str]:
    """Find the files that the command has made where its pages stand; nobody else's are touched."""
    places = {(folder / name).parent for name in pages}
    return {
        file.relative_to(folder).as_posix()
        for place in places
        for file in place.glob("*")
        if file.is_file() and f"Made by `think-family {command}".encode() in file.read_bytes()
    }


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Give the lines of a table of a page, with an empty one after it."""
    cells = [head, ["---"] * len(head), *rows]
    return [*("| " + " | ".join(row) + " |" for row in cells), ""]


def page_of(lines: Iterable[str]) -> str:
    """Give the text of a page: paragraphs are filled, tables, lists and headings stay as they are.

    Args:
        lines: each a line, or a paragraph or block of lines; empty ones part them.
    """
    told = [
        block
        if block.startswith(_NO_PROSE)
        else textwrap.fill(block, _WIDTH, break_long_words=False, break_on_hyphens=False)
        for line in lines
        for block in line.split("\n\n")
        for block in (block, *([""] if "\n\n" in line else []))
    ]
    text = "\n".join(told)
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.rstrip() + "\n"


_NO_PROSE = ("|", "#", ">", "<", "!", "-", "```", "think-family")
_WIDTH = 100
