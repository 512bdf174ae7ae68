"""An extract before it is cut into deliveries: every row ever recorded, and how rows change."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from think_family.synthesis.recording.layout import DELIVERIES, LAYOUTS, Layout
from think_family.synthesis.recording.text import (
    Flags,
    Ints,
    Text,
    dates,
    null_where,
    replaced,
)
from think_family.synthesis.world import NEVER

_NOTHING = "\0"
FIRST, LAST = DELIVERIES[0], DELIVERIES[-1]


@dataclass(frozen=True)
class Amendment:
    """Values that stood in some rows until they were changed.

    Attributes:
        column: Column concerned.
        rows: Rows, rising.
        earlier: What stood there before, one per row.
        day: Day of the change per row.
    """

    column: str
    rows: npt.NDArray[np.int64]
    earlier: Text
    day: npt.NDArray[np.int64]


@dataclass
class Extract:
    """All rows of one extract, with their final values and what stood there before.

    Attributes:
        layout: The extract's layout.
        columns: Final values by column; every column of the layout once it is finished.
        entered: Day from which a delivery holds the row.
        persons: Person whom each row describes by name or national identifier, or None where rows
            describe no person in that way.
        name_changed: Whether the name in the row is not the person's last name.
        amendments: Changes to rows, in the order in which they are undone to look back.
    """

    layout: Layout
    entered: npt.NDArray[np.int64]
    columns: dict[str, Text] = field(default_factory=dict)
    persons: npt.NDArray[np.int64] | None = None
    name_changed: Flags | None = None
    amendments: list[Amendment] = field(default_factory=list)

    @classmethod
    def of(cls, name: str, recorded: Ints) -> Extract:
        """Make an empty extract whose rows were recorded on the given days."""
        return cls(LAYOUTS[name], np.asarray(recorded, dtype=np.int64))

    def __len__(self) -> int:
        """Return the number of rows ever recorded."""
        return len(self.entered)

    def put(self, **columns: Text) -> Extract:
        """Set columns; returns the extract itself."""
        self.columns.update(columns)
        return self

    def put_dates(self, **columns: Ints) -> Extract:
        """Set columns of dates that are known when the row is recorded."""
        for name, days in columns.items():
            self.columns[name] = dates(days, self.layout.style)
        return self

    def amend(self, column: str, rows: Ints, earlier: Text, day: Ints) -> None:
        """Say that some rows held other values until a day.

        The column must be set already; rows whose values are the same are no change.
        """
        final = self.columns[column].take(rows)
        differs = pc.not_equal(pc.fill_null(earlier, _NOTHING), pc.fill_null(final, _NOTHING))
        if pc.any(differs).as_py():
            kept = differs.to_numpy(zero_copy_only=False)
            self.amendments.append(
                Amendment(
                    column,
                    np.asarray(rows, dtype=np.int64)[kept],
                    earlier.filter(differs),
                    np.asarray(day, dtype=np.int64)[kept],
                )
            )

    def reveal(self, column: str, values: Text, known: Ints) -> Extract:
        """Set a column that stays empty until a day, such as an end date or an outcome.

        Values known only after the last delivery are never written.
        """
        day = np.asarray(known, dtype=np.int64)
        never = day > LAST
        self.columns[column] = null_where(values, never) if never.any() else values
        rows = np.flatnonzero((day > FIRST) & ~never)
        self.amend(column, rows, null_where(values.take(rows), np.ones(len(rows), bool)), day[rows])
        return self

    def reveal_dates(self, known: Ints | None = None, **columns: Ints) -> Extract:
        """Set columns of dates that stay empty until they come (or until `known`)."""
        for name, days in columns.items():
            at = np.asarray(days if known is None else known, dtype=np.int64)
            self.reveal(name, dates(days, self.layout.style), np.where(days >= NEVER, NEVER, at))
        return self

    def blank(self, where: Flags, *columns: str) -> None:
        """Leave columns empty in some rows, in every delivery."""
        for name in columns:
            self.columns[name] = null_where(self.columns[name], where)
        self.amendments = [
            replace(a, earlier=null_where(a.earlier, where[a.rows])) if a.column in columns else a
            for a in self.amendments
        ]

    def column_on(self, column: str, day: int) -> Text:
        """Values of a column as they stood at the end of a day."""
        values = self.columns[column]
        for amendment in self.amendments:
            if amendment.column == column:
                late = amendment.day > day
                if late.any():
                    values = replaced(
                        values, amendment.rows[late], amendment.earlier.take(np.flatnonzero(late))
                    )
        return values

    def changed(self, after: int, until: int) -> Flags:
        """Rows that changed in ``(after, until]``."""
        found = np.zeros(len(self), dtype=bool)
        for amendment in self.amendments:
            found[amendment.rows[(amendment.day > after) & (amendment.day <= until)]] = True
        return found
