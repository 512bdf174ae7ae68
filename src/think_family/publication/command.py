"""The subcommand `think-family runs`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from think_family.publication.options import asks_warehouse

if TYPE_CHECKING:
    from think_family.publication.warehouse import Warehouse


@click.command()
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="How many runs to list at most.",
)
@click.option("--json", "wants_json", is_flag=True, help="List them as JSON, with all details.")
@asks_warehouse
def runs(warehouse: Warehouse, limit: int, wants_json: bool) -> None:
    """List the runs of the warehouse, the newest first, and what became of each.

    Every `dbt build`, `dbt run` and `dbt retry` writes its start and its end into the run ledger.
    What became of a run:

    \b
      published      its marts took the place of those that readers saw before
      not published  it failed, or built only a part; readers see what they saw
      killed         it never came to its end; the asterisk tells if it had published by then
      under way      it has not come to its end yet

    The asterisk marks the run whose marts readers see. `as of` is the day of the last delivery that
    the run knew; `failed` counts models, seeds and tests; a plus behind a commit says that files of
    the project differed from it.

    With --target postgres the ledger is that of the database which the environment names, as for
    `think-family load`. In DuckDB nobody else can read the ledger while a build is under way. Then
    the list comes from the published file, and knows of no run after the one that wrote it.

    \b
      think-family runs                  the last twenty runs
      think-family runs --limit 1        how the last one ended
      think-family runs --json           for other programs; times are in UTC

    What a run stood on, to compute it again, is in the mart fct_run_manifest: files, registries of
    ids, commit and parameters, each with its digest.
    """  # noqa: D301 - click wants the character itself
    from think_family.publication.runs import (
        as_json,
        as_table,
        runs_of_ledger,
        runs_of_published,
    )
    from think_family.publication.warehouse import BeingWrittenError

    place = warehouse.published_in
    published = runs_of_published(warehouse)
    served = published[0].invocation_id if published else None
    try:
        known = runs_of_ledger(warehouse)
    except BeingWrittenError as error:
        if not published:
            raise
        known = published
        click.echo(f"{error.message} These are the runs that {place} knows.", err=True)
    if wants_json:
        click.echo(as_json(known[:limit], served))
        return
    for line in as_table(known[:limit], served):
        click.echo(line)
    if len(known) > limit:
        click.echo(f"… and {len(known) - limit} earlier ones; see --limit.")
    if served is None:
        click.echo(f"No run is known to have written {place}.")
    elif served in {run.invocation_id for run in known}:
        click.echo(f"* its marts are in {place}")
    else:
        click.echo(f"What is in {place} was written by a run of another warehouse: {served}")
