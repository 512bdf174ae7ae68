"""The error of the loader: which file, what is wrong with it, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from think_family.errors import ThinkFamilyError


class LoadError(ThinkFamilyError):
    """Loading stopped; what was loaded before stands. The message quotes no value of any row."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file or folder that cannot be taken, why, and the remedy."""

    file: str
    problem: str
    remedy: str


class FileRefusedError(Exception):
    """Carries one refusal from deep within a reader to the report."""

    def __init__(self, refusal: Refusal) -> None:
        """Hold `refusal`; the message is its problem."""
        super().__init__(refusal.problem)
        self.refusal = refusal


def refusal_error(refusals: Iterable[Refusal], consequence: str) -> LoadError:
    """Give one error that tells every refusal and what it means for the load."""
    lines = [f"{r.file}: {r.problem}\n    {r.remedy}" for r in refusals]
    count = "1 file" if len(lines) == 1 else f"{len(lines)} files"
    return LoadError(f"{count} cannot be loaded; {consequence}.\n  " + "\n  ".join(lines))
