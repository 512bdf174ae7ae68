"""Matching the header of a file with the columns of the contract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from think_family.contract import Extract
from think_family.contract.contract import spelling


@dataclass(frozen=True, slots=True)
class ColumnMatch:
    """Where each contract column stands in a file.

    `positions` has one entry per contract column: its 0-based place in the file, or None.
    `renamed` pairs the header's alias with the contract's name; `extra` pairs a place with the
    header there; `doubled` names contract columns that two headers claim.
    """

    headers: tuple[str, ...]
    positions: tuple[int | None, ...]
    missing: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...]
    extra: tuple[tuple[int, str], ...]
    doubled: tuple[str, ...]

    @property
    def n_matched(self) -> int:
        """Number of contract columns that the file holds."""
        return len(self.positions) - len(self.missing)


def match_columns(extract: Extract, headers: Sequence[str]) -> ColumnMatch:
    """Match `headers` with the contract: the column's own name first, then its aliases."""
    spelled = [spelling(header) for header in headers]
    positions: list[int | None] = []
    renamed: list[tuple[str, str]] = []
    doubled: list[str] = []
    taken: set[int] = set()
    for column in extract.columns:
        places: list[int] = []
        for name in (column.name, *column.aliases):
            places = [place for place, header in enumerate(spelled) if header == spelling(name)]
            if places:
                break
        if len(places) > 1:
            doubled.append(column.name)
        if places and spelled[places[0]] != spelling(column.name):
            renamed.append((spelled[places[0]], column.name))
        positions.append(places[0] if places else None)
        taken.update(places[:1])
    extra = tuple(
        (place, header.strip() or f"column_{place + 1}")
        for place, header in enumerate(headers)
        if place not in taken
    )
    missing = tuple(
        column.name
        for column, place in zip(extract.columns, positions, strict=True)
        if place is None
    )
    return ColumnMatch(
        headers=tuple(headers),
        positions=tuple(positions),
        missing=missing,
        renamed=tuple(renamed),
        extra=extra,
        doubled=tuple(doubled),
    )
