"""One load: find the deliveries, look at all of them, then take them in, file by file."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from think_family.contract import Contract
from think_family.loading.careful import Reject, read_rows
from think_family.loading.deliveries import Delivery, find_deliveries, unopened
from think_family.loading.errors import FileRefusedError, LoadError, Refusal, refusal_error
from think_family.loading.header import match_columns
from think_family.loading.inspection import (
    CsvShape,
    ParquetShape,
    column_notes,
    file_digest,
    inspect_csv,
    refuse_unusable,
)
from think_family.loading.ledger import LoadedFile
from think_family.loading.staging import Staged, Staging
from think_family.loading.warehouse import Warehouse

# A file is refused as a whole when more than this share of its rows, and more than this number,
# cannot be taken: what is left of it would pass for a delivery in which most rows have vanished.
REFUSED_SHARE = 0.5
REFUSED_ROWS = 10

Progress = Callable[[int], object]


@dataclass(frozen=True, slots=True)
class FileResult:
    """What became of one file of this load; `rows` = `loaded` + `rejected`."""

    delivery: Delivery
    rows: int
    loaded: int
    rejected: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What one load did.

    `unchanged` counts files that were loaded before and are the same; `vanished` names files that
    were loaded before and are no longer in the folder, whose rows stay; `without_files` names
    extracts of the contract that have no delivery at all.
    """

    files: tuple[FileResult, ...]
    unchanged: int
    vanished: tuple[str, ...]
    without_files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A file to be loaded, as it was when it was looked at."""

    delivery: Delivery
    sha256: str
    modified_ns: int
    shape: CsvShape | ParquetShape
    notes: tuple[str, ...]


def load_extracts(
    root: Path,
    contract: Contract,
    warehouse: Warehouse,
    checking: Callable[[int], Progress],
    loading: Callable[[int], Progress],
) -> LoadResult:
    """Load every new or changed delivery below `root`, in order of extract date.

    All files are looked at before the first is taken in, so that a file that cannot be read stops
    the load before it changed anything. Each file is then one transaction. `checking` and `loading`
    are given the bytes to do and give a function that is told of bytes done.

    Raises:
        LoadError: files or folders that cannot be taken, all of them named.
    """
    deliveries, refusals = find_deliveries(root, contract)
    known = warehouse.loaded_files()
    candidates, more = _look(deliveries, known, warehouse.staging, checking)
    if refusals or more:
        raise refusal_error([*refusals, *more], "nothing was loaded and what stood before stands")
    warehouse.prepare(contract)
    done = loading(sum(candidate.delivery.n_bytes for candidate in candidates))
    results: list[FileResult] = []
    for candidate in candidates:
        try:
            results.append(_take(candidate, warehouse))
        except (FileRefusedError, OSError) as error:
            refusal = (
                error.refusal
                if isinstance(error, FileRefusedError)
                else unopened(candidate.delivery.file, error)
            )
            raise refusal_error(
                [refusal],
                f"the {len(results)} before it were loaded, and what stood before stands",
            ) from None
        done(candidate.delivery.n_bytes)
    present = {delivery.file for delivery in deliveries}
    held = {delivery.extract.label for delivery in deliveries} | {
        file.extract for file in known.values()
    }
    return LoadResult(
        files=tuple(results),
        unchanged=len(deliveries) - len(results),
        vanished=tuple(sorted(file for file in known if file not in present)),
        without_files=tuple(e.label for e in contract.extracts if e.label not in held),
    )


def _look(
    deliveries: Sequence[Delivery],
    known: dict[str, LoadedFile],
    staging: Staging,
    checking: Callable[[int], Progress],
) -> tuple[list[_Candidate], list[Refusal]]:
    """Digest every file, and look into those that are new or changed."""
    done = checking(sum(delivery.n_bytes for delivery in deliveries))

    def look(delivery: Delivery) -> _Candidate | Refusal | None:
        try:
            return _candidate(delivery, known.get(delivery.file), staging)
        except FileRefusedError as error:
            return error.refusal
        except OSError as error:
            return unopened(delivery.file, error)

    candidates: list[_Candidate] = []
    refusals: list[Refusal] = []
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        for delivery, found in zip(deliveries, pool.map(look, deliveries), strict=True):
            if isinstance(found, _Candidate):
                candidates.append(found)
            elif isinstance(found, Refusal):
                refusals.append(found)
            done(delivery.n_bytes)
    return _with_history(candidates, known), refusals


def _candidate(
    delivery: Delivery, before: LoadedFile | None, staging: Staging
) -> _Candidate | None:
    modified_ns = delivery.path.stat().st_mtime_ns
    sha256 = file_digest(delivery.path)
    notes: tuple[str, ...] = ()
    if before is not None:
        if before.sha256 != sha256:
            notes = (f"replaces its earlier content of {before.n_loaded:,} rows",)
        elif before.contract_digest != delivery.extract.digest:
            notes = ("loaded again, because its contract changed",)
        else:
            return None
    shape: CsvShape | ParquetShape
    if delivery.kind == "csv":
        shape = inspect_csv(delivery)
        notes += shape.notes
    else:
        columns = staging.parquet_columns(delivery)
        names = [name for name, _ in columns]
        shape = ParquetShape(columns, match_columns(delivery.extract, names))
        refuse_unusable(delivery, shape.match)
    notes += tuple(column_notes(shape.match))
    return _Candidate(delivery, sha256, modified_ns, shape, notes)


def _with_history(
    candidates: Iterable[_Candidate], known: dict[str, LoadedFile]
) -> list[_Candidate]:
    """Add what only the other files show: that a file came late, or has the same content."""
    latest = {
        label: max(file.extract_date for file in known.values() if file.extract == label)
        for label in {file.extract for file in known.values()}
    }
    holders = {(file.extract, file.sha256): file.file for file in known.values()}
    result: list[_Candidate] = []
    for candidate in candidates:
        delivery, notes = candidate.delivery, candidate.notes
        label = delivery.extract.label
        if delivery.file not in known and delivery.extract_date < latest.get(
            label, delivery.extract_date
        ):
            notes += (f"arrived after {latest[label]}, taken as an earlier delivery",)
        holder = holders.setdefault((label, candidate.sha256), delivery.file)
        if holder != delivery.file:
            notes += (f"same content as {holder.rpartition('/')[2]}",)
        result.append(replace(candidate, notes=notes))
    return result


def _take(candidate: _Candidate, warehouse: Warehouse) -> FileResult:
    """Load one file in one transaction."""
    delivery, notes = candidate.delivery, candidate.notes
    if isinstance(candidate.shape, ParquetShape):
        staged = warehouse.staging.stage_parquet(delivery, candidate.shape)
    else:
        staged = _stage_csv(delivery, candidate.shape, warehouse.staging)
    _refuse_hollow(delivery, staged)
    status = delivery.path.stat()
    if (status.st_size, status.st_mtime_ns) != (delivery.n_bytes, candidate.modified_ns):
        raise LoadError(
            f"{delivery.file}: the file changed while it was read. What stood before stands; load "
            "again when it is complete."
        )
    if not staged.n_rows:
        notes += ("no rows",)
    loaded = warehouse.write_file(
        delivery,
        candidate.shape.match,
        staged,
        sha256=candidate.sha256,
        notes=notes,
    )
    notes += tuple(_reject_notes(staged.rejects))
    return FileResult(delivery, staged.n_rows, loaded, len(staged.rejects), notes)


def _stage_csv(delivery: Delivery, shape: CsvShape, staging: Staging) -> Staged:
    staged = staging.stage_csv(delivery, shape) if shape.is_plain else None
    if staged is not None:
        return staged
    places = {
        column.name: place
        for column, place in zip(delivery.extract.columns, shape.match.positions, strict=True)
        if place is not None
    }
    keys = [(name, places[name]) for name in delivery.extract.key]
    return staging.stage_rows(delivery, shape, read_rows(delivery.path, shape, keys))


def _refuse_hollow(delivery: Delivery, staged: Staged) -> None:
    n_rejected = len(staged.rejects)
    if n_rejected > REFUSED_ROWS and n_rejected > REFUSED_SHARE * staged.n_rows:
        raise FileRefusedError(
            Refusal(
                delivery.file,
                f"{n_rejected:,} of its {staged.n_rows:,} rows cannot be taken "
                f"({'; '.join(_reject_notes(staged.rejects))}).",
                "Have the export mended; a few bad rows are set aside, a file of them is not.",
            )
        )


def _reject_notes(rejects: Sequence[Reject]) -> list[str]:
    """Reasons with their number and first line, the commonest first; no row is quoted."""
    counts = Counter(reject.reason for reject in rejects)
    first: dict[str, int] = {}
    for reject in rejects:
        first.setdefault(reject.reason, reject.line)
    notes = [
        f"{count:,} row{'s' * (count != 1)} rejected, first in line {first[reason]:,}: {reason}"
        for reason, count in counts.most_common(3)
    ]
    if len(counts) > len(notes):
        notes.append(f"{len(counts) - len(notes)} more reasons in raw.load_rejects")
    return notes
