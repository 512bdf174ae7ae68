"""A synthetic city on disk: the extracts of a world, and its truth beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from think_family.synthesis.recording import recorded
from think_family.synthesis.recording.deliveries import deliveries
from think_family.synthesis.recording.layout import LAYOUTS
from think_family.synthesis.recording.writing import write
from think_family.synthesis.truth import Truth
from think_family.synthesis.world import World

N_STEPS = len(LAYOUTS) + 1
"""Steps that `write_city` reports: one per extract, and the truth."""


@dataclass(frozen=True)
class Written:
    """What was written.

    Attributes:
        n_bytes: Size of all files of the extracts.
        n_files: Number of files.
        rows: Rows in all files, by extract.
    """

    n_bytes: int
    n_files: int
    rows: Mapping[str, int]


def write_city(
    world: World,
    extracts: Path,
    truth: Path,
    *,
    file_format: str = "mixed",
    step: Callable[[str], None] = lambda _: None,
) -> Written:
    """Record a world and write its extracts and its truth.

    Args:
        world: What happened.
        extracts: Folder for the extracts.
        truth: Folder for the truth; never inside the other.
        file_format: csv, parquet, or mixed for what each system sends.
        step: Called with the name of each step when it is done.
    """
    n_bytes = n_files = 0
    rows: dict[str, int] = {}
    kept = Truth(world)
    for extract in recorded(world):
        if file_format != "mixed":
            extract.layout = replace(extract.layout, parquet=file_format == "parquet")
        rows[extract.layout.name] = 0
        for delivery in deliveries(extract, world.seed):
            n_bytes += write(delivery, extracts)
            n_files += 1
            rows[extract.layout.name] += delivery.table.num_rows
        kept.note(extract)
        step(extract.layout.name)
    kept.write(truth)
    step("truth")
    return Written(n_bytes, n_files, rows)
