"""What a load tells at its end."""

from __future__ import annotations

from collections.abc import Iterator

from think_family.loading.load import FileResult, LoadResult

_COUNTS = ("files", "rows", "loaded", "rejected")


def render_result(result: LoadResult) -> str:
    """Give the summary: a table of the extracts that were loaded, their notes, and the rest."""
    return "\n".join(_lines(result))


def _lines(result: LoadResult) -> Iterator[str]:
    if result.files:
        yield from _table(result)
    else:
        yield "Nothing new."
    if result.unchanged:
        yield f"Loaded before and unchanged: {_files(result.unchanged)}."
    if result.vanished:
        yield (
            f"Loaded before and no longer in the folder, rows kept: {', '.join(result.vanished)}."
        )
    if result.without_files:
        yield f"Without files, tables empty: {', '.join(result.without_files)}."


def _table(result: LoadResult) -> Iterator[str]:
    extracts: dict[str, list[FileResult]] = {}
    for file in result.files:
        extracts.setdefault(file.delivery.extract.label, []).append(file)
    width = max(len("extract"), len("total"), *map(len, extracts))
    yield _row("extract", width, _COUNTS)
    for label in sorted(extracts):
        files = extracts[label]
        yield _row(label, width, _counted(files))
        for file in files:
            if file.notes:
                yield f"    {file.delivery.path.name}: {'; '.join(file.notes)}"
    yield _row("total", width, _counted(result.files))
    rows, loaded, rejected = (
        sum(getattr(file, count) for file in result.files) for count in _COUNTS[1:]
    )
    sign = "=" if rows == loaded + rejected else "IS NOT"
    yield f"Rows in files {rows:,} {sign} loaded {loaded:,} + rejected {rejected:,}."
    if rejected:
        yield "Rejected rows, with file, line and reason: raw.load_rejects."


def _counted(files: list[FileResult] | tuple[FileResult, ...]) -> tuple[str, ...]:
    sums = (sum(getattr(file, count) for file in files) for count in _COUNTS[1:])
    return (f"{len(files):,}", *(f"{total:,}" for total in sums))


def _row(label: str, width: int, counts: tuple[str, ...]) -> str:
    return f"{label:<{width}}" + "".join(f"{count:>12}" for count in counts)


def _files(count: int) -> str:
    return f"{count:,} file{'s' * (count != 1)}"
