"""The subcommand `think-family links`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import duckdb

_IN = click.Path(exists=True, dir_okay=False, path_type=Path)
_OUT = click.Path(dir_okay=False, path_type=Path)


def _say(message: str) -> None:
    click.echo(message, err=True)


def _check_outputs(*files: Path | None) -> None:
    from think_family.errors import ThinkFamilyError

    for file in files:
        if file is not None and file.suffix.lower() not in {".csv", ".parquet"}:
            raise ThinkFamilyError(f"{file}: name a .csv or .parquet file to write to.")
    if len({file.resolve() for file in files if file}) < len([file for file in files if file]):
        raise ThinkFamilyError("--out and --shared name one file: name two.")


def _write(relation: duckdb.DuckDBPyRelation, out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    if out.suffix.lower() == ".parquet":
        relation.write_parquet(str(out))
    else:
        relation.write_csv(str(out), header=True)


@click.command()
@click.option(
    "--events", "events_file", type=_IN, required=True, help="CSV or Parquet file of rows."
)
@click.option("--map", "map_file", type=_IN, help="YAML or JSON file: which column is which.")
@click.option(
    "--threshold",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    help="Distinct events from which two persons are linked.",
)
@click.option(
    "--largest-event",
    type=click.IntRange(min=2),
    default=25,
    show_default=True,
    help="Most persons of an event that links; larger ones are counted and left out.",
)
@click.option(
    "--out",
    type=_OUT,
    default=Path("links.csv"),
    show_default=True,
    help="File of links to write, .csv or .parquet.",
)
@click.option("--shared", "shared_out", type=_OUT, help="File of shared events to write.")
def links(
    events_file: Path,
    map_file: Path | None,
    threshold: int,
    largest_event: int,
    out: Path,
    shared_out: Path | None,
) -> None:
    """Find which people are linked, because several events brought them together.

    The table has one row per person and event, and may come from anywhere: who was at an incident,
    who attended a meeting, who signed a letter. A map says which column is which:

    \b
      # attendance.yml
      columns:
        person: member_no          # needed: an id of the person
        event: meeting_no          # needed: an id of the event
        kind: type                 # a column of counts is made of each kind
        date: held_on
        recorded: entered_on       # the day from which it was known; if left out: date
      date_format: "%d/%m/%Y"      # if dates are not 2001-12-31

    \b
      think-family links --events attendance.csv --map attendance.yml
      think-family links --events attendance.csv --map attendance.yml --threshold 5
          --out links.parquet --shared shared_events.parquet

    Without a map, the columns must be called person, event, kind, date and recorded themselves.

    Writes one row per linked pair: how many events they share, by kind, from when to when, the day
    on which the link was first known, and its strength, to which an event of many persons adds
    less. With --shared, also every event that each link stands on.

    That two people are linked says that events brought them together. It does not say why.
    """  # noqa: D301 - click wants the character itself
    import duckdb

    from think_family.errors import ThinkFamilyError
    from think_family.identity.records import relation_of_file
    from think_family.network.links import (
        count_mass_events,
        describe_links,
        kind_column,
        link_events,
    )
    from think_family.network.rows import (
        apply_row_map,
        count_rows,
        kinds_of,
        map_of_same_names,
        read_row_map,
    )

    _check_outputs(out, shared_out)
    name = str(events_file)
    with duckdb.connect(":memory:") as connection:
        table = relation_of_file(connection, events_file)
        row_map = read_row_map(map_file) if map_file else map_of_same_names(table, name=name)
        counts = count_rows(table, row_map, name=name)
        _say(
            f"{name}: {counts.n_rows:,} rows, {counts.n_persons:,} persons in"
            f" {counts.n_events:,} events."
        )
        if counts.n_complete < counts.n_rows:
            _say(
                f"{name}: {counts.n_rows - counts.n_complete:,} rows without"
                f" {row_map.columns['person']} or {row_map.columns['event']} are passed over."
            )
        for column, n_unreadable in counts.unreadable.items():
            if n_unreadable:
                _say(
                    f"{name}: {n_unreadable:,} of {counts.filled[column]:,} values of"
                    f" {row_map.columns[column]} do not read as a date and are left out."
                )
        if counts.n_undated:
            _say(
                f"{name}: {counts.n_undated:,} rows are of no day from which they were known: they"
                " count, but as known on no day."
            )
        events = apply_row_map(table, row_map, name=name)
        kinds = kinds_of(events, column=row_map.columns.get("kind", "kind"), name=name)
        if len({kind_column(kind) for kind in kinds} | {"n_events"}) <= len(kinds):
            raise ThinkFamilyError(
                f"{name}: two values of {row_map.columns['kind']} differ in case or punctuation"
                ' only, or one is "events". Write them alike, or map `kind` to another column.'
            )
        mass = count_mass_events(events, largest_event=largest_event)
        ((n_mass,),) = mass.aggregate("coalesce(sum(n_events), 0)").fetchall()
        if n_mass:
            _say(
                f"{int(n_mass):,} of these have more than {largest_event} persons, and link nobody"
                " from the day on which they grew so large; see --largest-event."
            )
        shared = link_events(events, threshold=threshold, largest_event=largest_event)
        found = describe_links(shared, threshold=threshold, kinds=kinds)
        _write(found, out)
        ((n_links,),) = found.aggregate("count(*)").fetchall()
        _say(f"{out}: {n_links:,} links of persons who share {threshold} events or more.")
        if shared_out is not None:
            _write(shared, shared_out)
            ((n_shared,),) = shared.aggregate("count(*)").fetchall()
            _say(f"{shared_out}: {n_shared:,} shared events.")
