"""The runs of the warehouse, as its run ledger tells them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb

from think_family.errors import ThinkFamilyError

PUBLISHED = "published"
NOT_PUBLISHED = "not published"
KILLED = "killed"

# Of a selection, this much is shown in a line.
_SELECTION_WIDTH = 40
_COMMIT_WIDTH = 10

# Numbered as in fct_run_manifest. A run is without an end while it is under way, or for good when
# it was killed; while it is under way, nobody else can open the file.
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


class BeingWrittenError(ThinkFamilyError):
    """Another process writes to the build file: a build, or a load."""


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


def runs_of_ledger(build_file: Path) -> list[Run]:
    """Give all runs in the ledger of the file that dbt builds in, the newest first.

    Raises:
        BeingWrittenError: A build or a load is under way.
        ThinkFamilyError: There is no such file, it is no DuckDB file, or nothing ever ran in it.
    """
    if not build_file.is_file():
        raise ThinkFamilyError(
            f"{build_file} does not exist: nothing has been built. Run `make build`."
        )
    try:
        with duckdb.connect(str(build_file), read_only=True) as connection:
            tables = {
                f"{schema}.{table}"
                for schema, table in connection.execute(
                    "select table_schema, table_name from information_schema.tables"
                ).fetchall()
            }
            if "run_ledger.runs_started" not in tables:
                raise ThinkFamilyError(
                    f"{build_file} holds no run ledger: nothing has been built in it. Run"
                    " `make build`."
                )
            return [Run(*row) for row in connection.execute(_OF_LEDGER).fetchall()]
    except (duckdb.Error, UnicodeDecodeError) as error:
        if "Could not set lock" in str(error):
            raise BeingWrittenError(
                f"{build_file} is being written: a build or a load is under way."
            ) from None
        raise ThinkFamilyError(
            f"{build_file} cannot be opened: it is no DuckDB file of this version."
        ) from error


def runs_of_published(published_file: Path) -> list[Run]:
    """Give the runs that the published file knows, the newest first: the one that wrote it.

    Empty where there is no such file, or where it is of a version that told of no runs.
    """
    if not published_file.is_file():
        return []
    try:
        with duckdb.connect(str(published_file), read_only=True) as connection:
            return [Run(*row) for row in connection.execute(_OF_PUBLISHED).fetchall()]
    except duckdb.CatalogException:
        return []
    except (duckdb.Error, UnicodeDecodeError) as error:
        raise ThinkFamilyError(
            f"{published_file} cannot be opened: another process writes to it, or it is no DuckDB"
            " file of this version."
        ) from error


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
