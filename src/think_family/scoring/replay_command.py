"""The subcommand `think-family replay`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from think_family.publication.options import asks_warehouse

if TYPE_CHECKING:
    from think_family.publication.warehouse import Warehouse
    from think_family.scoring.replay import Replay, Replayed


@click.command()
@click.option(
    "--run",
    "run",
    required=True,
    help="The run: its number, its id, or how its id begins; see `think-family runs`.",
)
@click.option(
    "--person",
    "persons",
    multiple=True,
    required=True,
    help="Id that the person had in the run; may be given again.",
)
@click.option(
    "--model", "models", multiple=True, help="Only this model; may be given again. Default: all."
)
@click.option(
    "--show",
    is_flag=True,
    help="Show scores, and values of what is different: they tell of the person.",
)
@asks_warehouse
def replay(
    warehouse: Warehouse, run: str, persons: tuple[str, ...], models: tuple[str, ...], show: bool
) -> None:
    """Compute a past score again, and say whether it is the same to the last digit.

    The run ledger keeps every score of every run, the bins of the features that it was made from,
    and the parameters of the version it was made with. The features are made anew, from what is
    recorded now, as it was known on the day of the run: taken from the warehouse where it has them,
    built in a copy of it otherwise, which needs as much room beside it and a minute or two. The
    warehouse itself is not touched.

    \b
      think-family replay --run 3 --person 5d41402abc4b2a76b9719d911017c592
      think-family replay --run 3 --person 5d41… --model cse_under_18 --show

    Where a score is another, it says which features are, and what has changed since that may be
    why: parameters, files of the project, deliveries, who the person or those near them are. Run it
    where dbt_project.yml is. With --target postgres, the copy is a database on the same server, and
    nobody else may be connected meanwhile.

    Ends with 0 if all scores are equal, with 1 if any is not, and with 2 if there is nothing to
    compare.
    """  # noqa: D301 - click wants the character itself
    import sys

    from tqdm import tqdm  # type: ignore[import-untyped]

    from think_family.scoring.replay import replay_scores

    with tqdm(total=None, unit="model", disable=None, leave=False) as bar:

        def advance(done: int, of: int) -> None:
            bar.total = of
            bar.update(done - bar.n if done > bar.n else 0)

        told = replay_scores(warehouse, run, persons, models=models, root=Path(), advance=advance)
    for line in _lines(told, show):
        click.echo(line)
    if not all(each.is_equal for each in told.scores):
        sys.exit(1)


def _lines(told: Replay, show: bool) -> list[str]:
    run = told.run
    how = "taken from the warehouse"
    if told.n_built:
        how = "built in a copy of the warehouse"
    lines = [
        f"Run {run.run_number} of {run.started_at:%Y-%m-%d %H:%M} UTC, {run.outcome}, as of"
        f" {told.as_of_date}; features {how}."
    ]
    person = None
    for each in told.scores:
        if each.kept.person_id != person:
            person = each.kept.person_id
            lines += ["", f"Person {person}"]
        lines += _lines_of(each, show)
    return lines


def _lines_of(each: Replayed, show: bool) -> list[str]:
    versions = ", ".join(v for v in (each.kept.model_version, each.kept.index_version) if v)
    verdict = "equal" if each.is_equal else "different"
    if each.again is None:
        verdict = "not computed"
    lines = [f"  {each.kept.model}: {verdict} ({versions or 'no parameters'})"]
    if each.different:
        lines.append(f"    different: {', '.join(each.different)}")
    for part, words in (("model", "features"), ("index", "indicators of the index")):
        names = [change.name for change in each.changed if change.part == part]
        if names:
            said = f"    {words} that are others now: {', '.join(names)}"
            lines.append(said + ("" if each.different else "; the score is the same"))
    lines += [
        f"    {'why' if each.again is None else 'perhaps why'}: {why}" for why in each.reasons
    ]
    if show:
        lines += _values(each)
    return lines


def _values(each: Replayed) -> list[str]:
    from think_family.scoring.replay import COMPARED

    lines = [
        f"    {name}: {getattr(each.kept, name)} kept,"
        f" {getattr(each.again, name) if each.again else 'nothing'} computed"
        for name in COMPARED
    ]
    lines += [f"    {change.name}: {change.kept} kept, {change.now} now" for change in each.changed]
    return lines
