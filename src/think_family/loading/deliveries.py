"""Finding the files that agencies delivered, by folder and by name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from think_family.contract import Contract, Extract
from think_family.loading.errors import Refusal

FileKind = Literal["csv", "parquet"]

_LAYOUT = "Deliveries stand at <system>/<extract>/<YYYY-MM-DD>.csv or .parquet."


@dataclass(frozen=True, slots=True)
class Delivery:
    """One file of one extract; `file` is its path below the folder of extracts, with slashes."""

    extract: Extract
    path: Path
    file: str
    extract_date: date
    kind: FileKind
    n_bytes: int


def find_deliveries(root: Path, contract: Contract) -> tuple[list[Delivery], list[Refusal]]:
    """List the deliveries below `root` in order of extract date, and all that is none.

    Names that begin with a dot or an underscore are passed over: they are never deliveries.
    """
    extracts = {(e.system, e.name): e for e in contract.extracts}
    systems = {e.system for e in contract.extracts}
    found: list[Delivery] = []
    refusals: list[Refusal] = []
    for system in _entries(root):
        if not system.is_dir():
            refusals.append(Refusal(system.name, "it stands in no extract's folder.", _LAYOUT))
        elif system.name not in systems:
            refusals.append(_unknown(system.name, "system", system.name, systems))
        else:
            names = {name for holder, name in extracts if holder == system.name}
            for folder in _entries(system):
                label = f"{system.name}/{folder.name}"
                if not folder.is_dir():
                    refusals.append(Refusal(label, "it stands in no extract's folder.", _LAYOUT))
                elif folder.name not in names:
                    refusals.append(_unknown(label, "extract", folder.name, names))
                else:
                    _add_files(extracts[system.name, folder.name], folder, found, refusals)
    found.sort(key=lambda delivery: (delivery.extract_date, delivery.file))
    return found, refusals


def _entries(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if not path.name.startswith((".", "_")))


def _unknown(label: str, what: str, name: str, known: Iterable[str]) -> Refusal:
    near = difflib.get_close_matches(name.lower(), sorted(known), n=1)
    remedy = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(sorted(known))}."
    return Refusal(label, f"the input contract knows no such {what}.", remedy)


def _add_files(
    extract: Extract, folder: Path, found: list[Delivery], refusals: list[Refusal]
) -> None:
    dates: dict[date, str] = {}
    for path in _entries(folder):
        file = f"{extract.label}/{path.name}"
        kind = path.suffix.lower().removeprefix(".")
        if path.is_dir() or kind not in ("csv", "parquet"):
            refusals.append(
                Refusal(
                    file,
                    "it is neither CSV nor Parquet by its name.",
                    "Save it as <YYYY-MM-DD>.csv or .parquet, or take it out of the folder.",
                )
            )
            continue
        day = _day(path.stem)
        if day is None:
            refusals.append(
                Refusal(
                    file,
                    "its name is not a date.",
                    "Name it by the day it was extracted, as in 2025-08-31.csv.",
                )
            )
        elif day in dates:
            refusals.append(
                Refusal(
                    file,
                    f"there is another file of the same day, {dates[day]}.",
                    "Keep one of the two.",
                )
            )
        else:
            dates[day] = path.name
            typed: FileKind = "csv" if kind == "csv" else "parquet"
            try:
                found.append(Delivery(extract, path, file, day, typed, path.stat().st_size))
            except OSError as error:
                refusals.append(unopened(file, error))


def unopened(file: str, error: OSError) -> Refusal:
    """Give the refusal of a file that the operating system does not open."""
    return Refusal(file, f"it cannot be opened ({error.strerror}).", "Make it readable.")


def _day(stem: str) -> date | None:
    # fromisoformat also takes 20250831 and 2025-W35-7, which would sort and read as other names.
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", stem):
        return None
    try:
        return date.fromisoformat(stem)
    except ValueError:
        return None
