"""The project's own files: what decides what `dbt build` makes, and the commit they stand at."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from pathlib import Path

# Files of the project that decide the tables, the tests on them or the docs page.
_PROJECT = (
    "constraints.txt",
    "dbt_project.yml",
    "profiles.yml",
    "packages.yml",
    "selectors.yml",
    "dbt_packages",
    "docs",
    "expectations",
    "macros",
    "models",
    "python_models",
    "risk_models",
    "seeds",
    "src/think_family",
    "tests/data",
)
_PASSED_OVER = {"__pycache__"}

# Made from what was built, and decides nothing of it.
_MADE = ("docs/models", "risk_models/results")

# Git answers from the disk; one that has not by then waits for something, such as a dead share.
_GIT_SECONDS = 60.0


def project_digest(root: Path) -> str:
    """Digest, as 64 hex digits, of the files below `root` that decide what `dbt build` makes."""
    return files_digest(
        ((root, root / name) for name in _PROJECT), without={root / name for name in _MADE}
    )


def files_digest(places: Iterable[tuple[Path, Path]], *, without: Set[Path] = frozenset()) -> str:
    """Digest, as 64 hex digits, of files by path and content, whatever their dates.

    Each place is a file, or a folder with all below it, and stands behind the folder that paths
    are told from. What is missing counts as nothing, and so do the files below folders `without`.
    """
    digest = hashlib.sha256()
    for base, place in places:
        for file in _files(place):
            if not without.isdisjoint(file.parents):
                continue
            digest.update(file.relative_to(base).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Commit:
    """The commit that a folder stands at, and whether its files differ from it."""

    commit_hash: str
    has_local_changes: bool


def commit_of(folder: Path) -> Commit | None:
    """Tell the commit of the git work tree that holds `folder`.

    Files that git is told to ignore are no changes; new ones that it does not know are. Gives None
    outside of a work tree, before its first commit, and where there is no git or it refuses.
    """
    head = _git(folder, "rev-parse", "--verify", "HEAD")
    changes = _git(folder, "status", "--porcelain", "--", ".")
    if head is None or changes is None:
        return None
    return Commit(head.strip(), bool(changes.strip()))


def _git(folder: Path, *command: str) -> str | None:
    git = shutil.which("git")
    if git is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603 - no part of the command is anyone's input
            # Nothing of git's own is written: the folder may belong to someone else.
            [git, "--no-optional-locks", "-C", str(folder), *command],
            capture_output=True,
            text=True,
            timeout=_GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _files(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
    elif place.is_dir():
        for file in sorted(place.rglob("*")):
            if file.is_file() and not _PASSED_OVER.intersection(file.parts):
                yield file
