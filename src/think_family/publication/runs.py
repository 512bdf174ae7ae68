"""The runs of the warehouse, as its run ledger tells them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime

from think_family.errors import ThinkFamilyError
from think_family.publication.warehouse import AbsentError, Warehouse

PUBLISHED = "published"
NOT_PUBLISHED = "not published"
KILLED = "killed"
UNDER_WAY = "under way"

# Of a selection, this much is shown in a line.
_SELECTION_WIDTH = 40
_COMMIT_WIDTH = 10

# Numbered as in fct_run_manifest. A run is without an end while it is under way, or for good when
# it was killed.
_OF_LEDGER = f"""
    select
        row_number() over (order by runs_started.started_at, runs_started.invocation_id),
        runs_started.invocation_id,
        runs_started.started_at,
        runs_ended.ended_at,
        runs_started.command,
        runs_started.selection,
        case
            when runs_ended.is_published then '{PUBLISHED}'
            when runs_ended.invocation_id is not null then '{NOT_PUBLISHED}'
            else '{KILLED}'
        end,
        runs_ended.n_failed,
        runs_ended.n_skipped,
        runs_described.as_of_date,
        runs_described.commit_hash,
        runs_described.has_local_changes
    from run_ledger.runs_started
    left join run_ledger.runs_ended using (invocation_id)
    left join run_ledger.runs_described using (invocation_id)
    order by 1 desc
"""
# The last run is the one that wrote the file, when it had no end yet.
_OF_PUBLISHED = f"""
    select
        run_number,
        invocation_id,
        started_at,
        ended_at,
        command,
        selection,
        case
            when outcome = 'published' or run_number = max(run_number) over () then '{PUBLISHED}'
            when outcome = 'not_published' then '{NOT_PUBLISHED}'
            else '{KILLED}'
        end,
        n_failed,
        n_skipped,
        as_of_date,
        commit_hash,
        has_local_changes
    from fct_run_manifest
    order by 1 desc
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One run. Times are in UTC; what is not known of it is None."""

    run_number: int
    invocation_id: str
    started_at: datetime
    ended_at: datetime | None
    command: str
    selection: str
    outcome: str
    n_failed: int | None
    n_skipped: int | None
    as_of_date: date | None
    commit_hash: str | None
    has_local_changes: bool | None


def runs_of_ledger(warehouse: Warehouse) -> list[Run]:
    """Give all runs in the ledger of a warehouse, the newest first.

    Raises:
        BeingWrittenError: a build or a load is under way, and the ledger cannot be read.
        ThinkFamilyError: the warehouse cannot be asked, or nothing ever ran in it.
    """
    try:
        under_way = warehouse.run_under_way()
        runs = [Run(*row) for row in warehouse.built("run ledger", _OF_LEDGER)]
    except AbsentError as error:
        raise ThinkFamilyError(
            f"{error.message}: nothing has been built. Run `make build`."
        ) from None
    # One build works at a time, so it is the last one that has begun.
    if runs and runs[0].outcome == KILLED and under_way in ("", runs[0].invocation_id):
        runs[0] = replace(runs[0], outcome=UNDER_WAY)
    return runs


def runs_of_published(warehouse: Warehouse) -> list[Run]:
    """Give the runs that what was published knows of, the newest first: the one that published it.

    Empty where nothing was published, or what was is of a version that told of no runs.

    Raises:
        ThinkFamilyError: the warehouse cannot be asked.
    """
    try:
        (rows,) = warehouse.published("run manifest", _OF_PUBLISHED)
    except AbsentError:
        return []
    return [Run(*row) for row in rows]


def as_json(runs: Sequence[Run], served: str | None) -> str:
    """Give runs as a JSON list; `is_served` marks the run `served`."""
    told = [{**asdict(run), "is_served": run.invocation_id == served} for run in runs]
    return json.dumps(told, default=_text, indent=2)


def as_table(runs: Sequence[Run], served: str | None) -> list[str]:
    """Give runs as lines of an aligned table; an asterisk marks the run `served`."""
    head = ("run", "started (UTC)", "outcome", "as of", "failed", "commit", "command")
    rows = [
        (
            f"{'*' if run.invocation_id == served else ''}{run.run_number}",
            f"{run.started_at:%Y-%m-%d %H:%M}",
            run.outcome,
            str(run.as_of_date or "-"),
            "-" if run.n_failed is None else str(run.n_failed),
            _commit(run),
            _told(run),
        )
        for run in runs
    ]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    numbers = {"run", "failed"}
    return [
        "  ".join(
            text.rjust(width) if name in numbers else text.ljust(width)
            for name, text, width in zip(head, row, widths, strict=True)
        ).rstrip()
        for row in (head, *rows)
    ]


def _commit(run: Run) -> str:
    if run.commit_hash is None:
        return "-"
    return run.commit_hash[:_COMMIT_WIDTH] + ("+" if run.has_local_changes else "")


def _told(run: Run) -> str:
    selection = run.selection
    if len(selection) > _SELECTION_WIDTH:
        selection = selection[: _SELECTION_WIDTH - 1] + "…"
    return f"{run.command} {selection}".rstrip()


def _text(value: date) -> str:
    return f"{value.isoformat()}Z" if isinstance(value, datetime) else value.isoformat()
