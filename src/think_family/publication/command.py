"""The subcommand `think-family runs`."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="How many runs to list at most.",
)
@click.option("--json", "wants_json", is_flag=True, help="List them as JSON, with all details.")
@click.option(
    "--build-file",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="THINK_FAMILY_BUILD_FILE",
    default=Path("warehouse/build.duckdb"),
    show_default=True,
    show_envvar=True,
    help="The file that dbt builds in; its run ledger is read.",
)
@click.option(
    "--published-file",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="THINK_FAMILY_PUBLISHED_FILE",
    default=Path("warehouse/think_family.duckdb"),
    show_default=True,
    show_envvar=True,
    help="The file that readers open.",
)
def runs(limit: int, wants_json: bool, build_file: Path, published_file: Path) -> None:
    """List the runs of the warehouse, the newest first, and what became of each.

    Every `dbt build`, `dbt run` and `dbt retry` writes its start and its end into the run ledger.
    A run ends in one of three ways:

    \b
      published      its marts took the place of those that readers saw before
      not published  it failed, or built only a part; readers see what they saw
      killed         it never came to its end; the asterisk tells if it had published by then

    The asterisk marks the run whose marts are in the published file. `as of` is the day of the last
    delivery that the run knew; `failed` counts models, seeds and tests; a plus behind a commit
    says that files of the project differed from it.

    While a build is under way nobody else can read the ledger. Then the list comes from the
    published file, and knows of no run after the one that wrote it.

    \b
      think-family runs                  the last twenty runs
      think-family runs --limit 1        how the last one ended
      think-family runs --json           for other programs; times are in UTC

    What a run stood on, to compute it again, is in the mart fct_run_manifest: files, registries of
    ids, commit and parameters, each with its digest.
    """  # noqa: D301 - click wants the character itself
    from think_family.publication.runs import (
        BeingWrittenError,
        as_json,
        as_table,
        runs_of_ledger,
        runs_of_published,
    )

    published = runs_of_published(published_file)
    served = published[0].invocation_id if published else None
    try:
        known = runs_of_ledger(build_file)
    except BeingWrittenError as error:
        if not published:
            raise
        known = published
        click.echo(f"{error.message} These are the runs that {published_file} knows.", err=True)
    if wants_json:
        click.echo(as_json(known[:limit], served))
        return
    for line in as_table(known[:limit], served):
        click.echo(line)
    if len(known) > limit:
        click.echo(f"… and {len(known) - limit} earlier ones; see --limit.")
    if served is None:
        click.echo(f"No run is known to have written {published_file}.")
    elif served in {run.invocation_id for run in known}:
        click.echo(f"* its marts are in {published_file}")
    else:
        click.echo(f"{published_file} was written by a run of another warehouse: {served}")
