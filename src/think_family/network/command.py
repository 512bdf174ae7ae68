"""The subcommands `think-family links` and `think-family network`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from think_family.publication.options import asks_warehouse

if TYPE_CHECKING:
    import duckdb

    from think_family.publication.warehouse import Warehouse

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
    from think_family.tables import relation_of_file

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


@click.command()
@click.option("--person", required=True, metavar="PERSON_ID", help="A person_id of the warehouse.")
@click.option(
    "--as-of",
    type=click.DateTime(formats=["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="Day as of which to tell the network; if left out, all that is known.",
)
@click.option(
    "--hops",
    type=click.IntRange(1, 4),
    default=2,
    show_default=True,
    help="How far from the person to go, in ties.",
)
@click.option(
    "--most-people",
    type=click.IntRange(2, 200),
    default=60,
    show_default=True,
    help="Most people to draw, the person included; the table holds all.",
)
@click.option(
    "--out",
    type=_OUT,
    default=Path("network.svg"),
    show_default=True,
    help="Picture to write, .svg.",
)
@click.option(
    "--table",
    "table_out",
    type=_OUT,
    default=Path("network.csv"),
    show_default=True,
    help="Table to write, .csv: who is which number.",
)
@asks_warehouse
def network(
    warehouse: Warehouse,
    person: str,
    as_of: datetime | None,
    hops: int,
    most_people: int,
    out: Path,
    table_out: Path,
) -> None:
    """Draw one person's network, and tell the same as a table.

    The picture shows the person as number 1, and on rings around them who has a tie to them, who
    has a tie to those, and so on. It holds numbers and no ids; the table says who is which number,
    and what each tie is, in words. Both are for analysts only, as the mart fct_association is.

    \b
      think-family network --person 3a62a63d047672797e11836991372531
      think-family network --person 3a62a63d047672797e11836991372531 --as-of 2023-12-31
          --out then.svg --table then.csv

    With --as-of, only ties are told that were known and lasted on that day. How often and how
    strongly two people are tied is known as of now only, and left out.

    Where there are more people than can be drawn, the nearest are, and of these the most strongly
    tied. The others are in the table, without a number.

    A line says that events or a home brought two people together. It does not say why, nor what
    either did.
    """  # noqa: D301 - click wants the character itself
    import io

    from pyarrow import csv

    from think_family.errors import ThinkFamilyError
    from think_family.files import replace_all
    from think_family.network.picture import draw_network, gather_network, tell_network

    for file, ending in ((out, ".svg"), (table_out, ".csv")):
        if file.suffix.lower() != ending:
            raise ThinkFamilyError(f"{file}: name a {ending} file to write to.")
    found = gather_network(
        warehouse,
        person,
        as_of=as_of.date() if as_of else None,
        hops=hops,
        most_people=most_people,
    )
    told = tell_network(found)
    rows = io.BytesIO()
    csv.write_csv(told, rows, csv.WriteOptions(quoting_style="needed"))
    replace_all({out: draw_network(found).encode(), table_out: rows.getvalue()})
    _say(f"{out}: {len(found.places):,} people.")
    if found.n_left_out:
        _say(
            f"{out}: {found.n_left_out:,} more within {hops} hops are not drawn, and have no number"
            f" in {table_out}; see --most-people."
        )
    _say(f"{table_out}: {told.num_rows:,} ties.")
