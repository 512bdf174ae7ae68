"""Folders that appear whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from think_family.errors import ThinkFamilyError


@dataclass(frozen=True)
class Target:
    """A folder to be made.

    Attributes:
        folder: Where it is to stand.
        option: How the user named it, for messages.
        is_ours: Whether an entry in the present folder is of the kind that is written here.
    """

    folder: Path
    option: str
    is_ours: Callable[[Path], bool]


@contextmanager
def replacement(targets: list[Target], *, overwrite: bool) -> Iterator[list[Path]]:
    """Give empty folders beside the targets, and put them in their places at the end.

    If the block fails, or the process is killed, the targets are what they were; what a killed run
    leaves beside them is hidden and removed by the next.

    Args:
        targets: Folders to be made or replaced; the first is put in its place last.
        overwrite: Whether folders that hold something may be replaced.

    Raises:
        ThinkFamilyError: A target holds something and may not be replaced, or holds things that
            were not made here.
    """
    resolved = [target.folder.resolve() for target in targets]
    for i, one in enumerate(resolved):
        for other in resolved[i + 1 :]:
            if one == other or one in other.parents or other in one.parents:
                raise ThinkFamilyError(
                    f"{targets[0].option} and {targets[1].option} must be separate folders, "
                    "neither in the other."
                )
    for target in targets:
        _check(target, overwrite)
    partial = [folder.parent / f".{folder.name}.partial" for folder in resolved]
    try:
        for folder in partial:
            if folder.exists():
                shutil.rmtree(folder)
            folder.mkdir(parents=True)
        yield partial
        for target in targets:
            _check(target, overwrite)
        for made, folder in zip(reversed(partial), reversed(resolved), strict=True):
            _swap(made, folder)
    finally:
        for folder in partial:
            shutil.rmtree(folder, ignore_errors=True)


def _check(target: Target, overwrite: bool) -> None:
    folder = target.folder
    if not folder.exists():
        return
    entries = sorted(entry for entry in folder.iterdir() if entry.name != ".gitkeep")
    if not entries:
        return
    if not overwrite:
        raise ThinkFamilyError(
            f"{folder} is not empty. Choose another folder with {target.option}, or add "
            "--overwrite to replace what is there."
        )
    foreign = [entry.name for entry in entries if not target.is_ours(entry)]
    if foreign:
        raise ThinkFamilyError(
            f"{folder} holds {foreign[0]}, which was not made by this command, so it is not "
            f"replaced. Move it away, or choose another folder with {target.option}."
        )


def _swap(made: Path, folder: Path) -> None:
    if not folder.exists():
        made.rename(folder)
        return
    keep = folder / ".gitkeep"
    if keep.exists():
        shutil.copy(keep, made / ".gitkeep")
    old = folder.parent / f".{folder.name}.replaced"
    if old.exists():
        shutil.rmtree(old)
    folder.rename(old)
    made.rename(folder)
    shutil.rmtree(old)
