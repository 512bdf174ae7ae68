"""Rows of who was part of which event, from any table, in the form that links are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from think_family.errors import ThinkFamilyError
from think_family.tables import ColumnMap, as_date, as_text, found_columns, read_column_map

# What a map names -> what it holds. Only the first two must be there.
ROW_COLUMNS: dict[str, str] = {
    "person": "an id of the person, the same wherever the person comes up",
    "event": "an id of the event, the same for all who were part of it",
    "kind": "what sort of event it was: one of a few words",
    "date": "day of the event",
    "recorded": "day from which it was known that the person was part of it (default: date)",
}
REQUIRED_COLUMNS = ("person", "event")
_DATE_COLUMNS = ("date", "recorded")

# Each kind becomes a column.
_MOST_KINDS = 100


def read_row_map(path: Path) -> ColumnMap:
    """Read a map of `ROW_COLUMNS` from a YAML or JSON file.

    Raises:
        ThinkFamilyError: The file is not a mapping, names an unknown column, or leaves out a
            required one.
    """
    return read_column_map(path, known=ROW_COLUMNS, required=REQUIRED_COLUMNS)


def map_of_same_names(table: duckdb.DuckDBPyRelation, *, name: str) -> ColumnMap:
    """Map a table whose columns bear the names of `ROW_COLUMNS` themselves.

    Raises:
        ThinkFamilyError: A required one is not there.
    """
    present = {column.lower(): column for column in table.columns}
    missing = [column for column in REQUIRED_COLUMNS if column not in present]
    if missing:
        raise ThinkFamilyError(
            f"{name}: no column {', '.join(missing)}. Say which columns hold what with --map."
            f" Columns of the table: {', '.join(table.columns)}."
        )
    return ColumnMap({column: present[column] for column in ROW_COLUMNS if column in present})


@dataclass(frozen=True, slots=True)
class RowCounts:
    """What a table of rows holds.

    Attributes:
        n_rows: All rows.
        n_complete: Those that name both a person and an event.
        n_persons: Distinct persons of these.
        n_events: Distinct events of these.
        filled: Per date column that is mapped, its values.
        unreadable: Per date column that is mapped, those of its values that are no dates.
        n_undated: Rows of which nothing says on which day they were known, where others say it.
    """

    n_rows: int
    n_complete: int
    n_persons: int
    n_events: int
    filled: Mapping[str, int]
    unreadable: Mapping[str, int]
    n_undated: int


def count_rows(table: duckdb.DuckDBPyRelation, row_map: ColumnMap, *, name: str) -> RowCounts:
    """Count what a table holds, before anything is made of it.

    Raises:
        ThinkFamilyError: A mapped column is not in the table; none of its rows names both a person
            and an event; or none of the values of a column of dates is one.
    """
    found = found_columns(table, row_map.columns, name=name)
    person, event = as_text(found["person"]), as_text(found["event"])
    dates = [column for column in _DATE_COLUMNS if column in found]
    both = f"{person} is not null and {event} is not null"
    expressions = [
        "count(*)",
        f"count(*) filter ({both})",
        f"count(distinct {person}) filter ({both})",
        f"count(distinct {event}) filter ({both})",
    ]
    for column in dates:
        expressions.append(f"count({as_text(found[column])})")
        expressions.append(f"count({as_date(found[column], row_map.date_format)})")
    n_rows, n_complete, n_persons, n_events, *of_dates = (
        int(count) for count in table.aggregate(", ".join(expressions)).fetchall()[0]
    )
    if n_rows and not n_complete:
        raise ThinkFamilyError(
            f"{name}: none of the {n_rows} rows has both {found['person']} and {found['event']}."
            " Map `person` and `event` to columns that are filled in the same rows."
        )
    filled = dict(zip(dates, of_dates[::2], strict=True))
    unreadable = {
        column: filled[column] - read for column, read in zip(dates, of_dates[1::2], strict=True)
    }
    for column in dates:
        if filled[column] and unreadable[column] == filled[column]:
            raise ThinkFamilyError(
                f"{name}: none of the {filled[column]} values of {found[column]} reads as a date."
                ' Give their form in the map, for instance date_format: "%d/%m/%Y".'
            )
    # The last is the one that says when a row was known.
    n_dated = filled[dates[-1]] - unreadable[dates[-1]] if dates else n_rows
    return RowCounts(n_rows, n_complete, n_persons, n_events, filled, unreadable, n_rows - n_dated)


def apply_row_map(
    table: duckdb.DuckDBPyRelation, row_map: ColumnMap, *, name: str
) -> duckdb.DuckDBPyRelation:
    """Give an outsider's table the columns that `links.link_events` reads.

    Ids and kinds become text, without blanks around it; dates become dates. Without `recorded`,
    the day of the event stands for the day on which it was recorded.

    Raises:
        ThinkFamilyError: A mapped column is not in the table.
    """
    found = found_columns(table, row_map.columns, name=name)

    def date(*columns: str) -> str:
        for column in columns:
            if column in found:
                return as_date(found[column], row_map.date_format)
        return "cast(null as date)"

    kind = as_text(found["kind"]) if "kind" in found else "cast(null as varchar)"
    return table.project(
        f"""
        {as_text(found["person"])} as person_id,
        {as_text(found["event"])} as event_id,
        {kind} as kind,
        {date("date")} as event_date,
        {date("recorded", "date")} as recorded_date
        """
    )


def kinds_of(events: duckdb.DuckDBPyRelation, *, column: str, name: str) -> list[str]:
    """List the kinds of events in a table, by alphabet.

    Args:
        events: Relation as `apply_row_map` gives it.
        column: How an error names the column of kinds.
        name: How an error names the table.

    Raises:
        ThinkFamilyError: There are too many to give each a column.
    """
    kinds = events.filter("kind is not null").project("kind").distinct().limit(_MOST_KINDS + 1)
    found = sorted(kind for (kind,) in kinds.fetchall())
    if len(found) > _MOST_KINDS:
        raise ThinkFamilyError(
            f"{name}: {column} has more than {_MOST_KINDS} different values, and each would become"
            " a column. Map `kind` to a column of a few words, or leave it out."
        )
    return found
