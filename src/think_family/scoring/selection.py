"""Choosing among models, in folds of families and over time; splits that share no label."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape
from typing import Any

import numpy as np
import pyarrow as pa

from think_family.errors import ThinkFamilyError
from think_family.scoring.columns import Bools, Floats, Ints, column_of, texts_of

#: Tells how good scores are: labels, scores and sampling weights in, the more the better.
Measure = Callable[[Bools, Floats, Floats], float]


def folds_of(clusters: Sequence[str], n_folds: int, seed: int) -> Ints:
    """Deal rows into folds by their family, whatever their order and whoever else is there.

    Args:
        clusters: Per row, its family.
        n_folds: How many folds.
        seed: Another seed, another deal.

    Returns:
        Per row the number of its fold, from 0. A family stays in its fold when others come or go.
    """
    fold = {cluster: _drawn(cluster, seed) % n_folds for cluster in set(clusters)}
    return np.array([fold[cluster] for cluster in clusters], dtype=np.int64)


def _drawn(text: str, seed: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}:{text}".encode()).digest()[:8], "big")


def permuted(is_positive: Bools, row_ids: Sequence[str], seed: int) -> Bools:
    """Deal the labels out to other rows by chance: what a model finds then is nothing.

    Args:
        is_positive: Per row, whether it is labelled.
        row_ids: Per row an id of its own, such as the person and date.
        seed: Another seed, another deal.

    Returns:
        As many labels, on rows that depend on ids and seed and on no order.

    Raises:
        ThinkFamilyError: An id is given twice.
    """
    if len(set(row_ids)) < len(row_ids):
        raise ThinkFamilyError(
            "Labels can be dealt out anew only among rows with ids of their own."
        )
    drawn = [(_drawn(row_id, seed), row_id) for row_id in row_ids]
    order = sorted(range(len(drawn)), key=drawn.__getitem__)
    dealt = np.zeros(len(drawn), dtype=np.bool_)
    dealt[order[: int(is_positive.sum())]] = True
    return dealt


@dataclass(frozen=True)
class Choice:
    """What was chosen among candidates, and on what.

    Attributes:
        name: The candidate that was chosen.
        measured: Per candidate, in the order given, one number for each time or fold.
    """

    name: str
    measured: Mapping[str, tuple[float, ...]]


def choose_over_time(
    candidates: Mapping[str, Callable[[int], tuple[Bools, Floats, Floats]]],
    n_times: int,
    measure: Measure,
) -> Choice:
    """Choose the candidate that foretold best at earlier times, each judged on what came after.

    Args:
        candidates: In the order of preference, plainest first. Each gives for a time, from 0, the
            labels, scores and weights of the rows of its test, having been fitted on what was
            recorded before. The time that the chosen model will be assessed on is not among these.
        n_times: How many times there are.
        measure: How good they are.

    Returns:
        The candidate with the best mean; of equals the first.
    """
    if not candidates or n_times < 1:
        raise ThinkFamilyError("There is nothing to choose among, or no time to judge by.")
    measured = {
        name: tuple(measure(*candidate(time)) for time in range(n_times))
        for name, candidate in candidates.items()
    }
    return Choice(_best(measured), measured)


def choose_in_folds(
    candidates: Mapping[str, Callable[[], Floats]],
    is_positive: Bools,
    weight: Floats,
    fold: Ints,
    measure: Measure,
) -> Choice:
    """Choose the candidate that is best on families it was not fitted on.

    Args:
        candidates: In the order of preference, plainest first. Each gives one score per row from
            fits without the row's fold, as `cross_fit_additive` does.
        is_positive: Per row, whether it is labelled.
        weight: Sampling weights.
        fold: Per row, its fold; measured fold by fold, for scores of different fits do not compare.
        measure: How good they are.

    Returns:
        The candidate with the best mean over folds with labelled rows; of equals the first.
    """
    numbers = [n for n in np.unique(fold) if is_positive[fold == n].any()]
    if not candidates or not numbers:
        raise ThinkFamilyError("There is nothing to choose among, or no labelled row to judge by.")
    measured = {}
    for name, candidate in candidates.items():
        scores = candidate()
        measured[name] = tuple(
            measure(is_positive[fold == n], scores[fold == n], weight[fold == n]) for n in numbers
        )
    return Choice(_best(measured), measured)


def _best(measured: Mapping[str, tuple[float, ...]]) -> str:
    means = {name: sum(values) / len(values) for name, values in measured.items()}
    return max(means, key=lambda name: means[name])


@dataclass(frozen=True)
class Split:
    """A cut-off: what is learned from before it, and what is foretold after it.

    Attributes:
        cut_off: T. Training knows what was recorded by it.
        test_from: The first day of the test window, the day after.
        test_until: The last day of the test window, T and the horizon.
        complete_on: The day by which the labels of the test window are recorded, the lag later.
    """

    cut_off: date
    test_from: date
    test_until: date
    complete_on: date


def splits_at(
    cut_offs: Sequence[date],
    *,
    horizon_days: int,
    lag_days: int,
    data_end: date,
    fewest: int = 3,
) -> tuple[Split, ...]:
    """Split time at cut-offs.

    Args:
        cut_offs: In any order.
        horizon_days: Days of a test window, (T, T + horizon].
        lag_days: Days after which a label has been recorded, as observed.
        data_end: The last day that the data know.
        fewest: The fewest cut-offs that an assessment needs.

    Raises:
        ThinkFamilyError: There are too few, one is given twice, or a test window with the lag does
            not end before the data do: its labels would not all be known.
    """
    if len(set(cut_offs)) < max(fewest, len(cut_offs)):
        raise ThinkFamilyError(
            f"{len(set(cut_offs))} different cut-offs are given, of {len(cut_offs)}: {fewest} or"
            " more are needed, each once."
        )
    splits = []
    for cut_off in sorted(cut_offs):
        until = cut_off + timedelta(days=horizon_days)
        complete = until + timedelta(days=lag_days)
        if complete >= data_end:
            raise ThinkFamilyError(
                f"The test window of {cut_off} is complete on {complete}, and the data end on"
                f" {data_end}: choose an earlier cut-off."
            )
        splits.append(Split(cut_off, cut_off + timedelta(days=1), until, complete))
    return tuple(splits)


@dataclass(frozen=True)
class SplitLabels:
    """Which labels a split learns from, and which it foretells.

    Attributes:
        training: Per label, whether it began and was recorded by the cut-off.
        test: Per label, whether it began in the test window.
    """

    training: Bools
    test: Bools


def labels_of(split: Split, labels: Any) -> SplitLabels:
    """Part labels into those of training and those of the test.

    Args:
        split: The cut-off.
        labels: A row per label: person_id, label_date (when it began), recorded_date.

    Raises:
        ThinkFamilyError: A label is in both, or a person is: who was taken on is known already.
    """
    persons = texts_of(labels, "person_id").to_pylist()
    began = _days(labels, "label_date")
    recorded = _days(labels, "recorded_date")
    cut_off = np.datetime64(split.cut_off)
    training = (began <= cut_off) & (recorded <= cut_off)
    # What began by the cut-off and was recorded later is in neither: on the day nobody knew of it.
    test = (began > cut_off) & (began <= np.datetime64(split.test_until))
    parts = SplitLabels(training, test)
    n_labels = int((training & test).sum())
    known = {person for person, is_in in zip(persons, training, strict=True) if is_in}
    n_persons = len(known & {person for person, is_in in zip(persons, test, strict=True) if is_in})
    if n_labels or n_persons:
        raise ThinkFamilyError(
            f"At the cut-off {split.cut_off}, {n_labels} labels and {n_persons} persons are in the"
            " training and in the test: leave out of the test whom the service knew already."
        )
    return parts


def _days(labels: Any, name: str) -> Any:
    column = column_of(labels, name)
    if not pa.types.is_date(column.type) or column.null_count:
        raise ThinkFamilyError(f"The column {name} of the labels must hold a date in every row.")
    return column.cast(pa.date32()).to_numpy().astype("datetime64[D]")


def tell_splits(splits: Sequence[Split], labels: Any) -> pa.Table:
    """Tell each split in a row: its dates, its labels, and what it shares with others.

    Raises:
        ThinkFamilyError: As `labels_of`.

    Returns:
        One row per cut-off, in order: cut_off, test_from, test_until, complete_on;
        n_training_labels; n_test_labels; n_recorded_late (began by the cut-off, recorded after it:
        in neither); n_in_both (labels of training and test, which is none, or there would be an
        error); and n_test_labels_of_earlier, the labels that the test of an earlier cut-off holds
        too.
    """
    began = _days(labels, "label_date")
    rows = []
    tested = np.zeros(len(began), dtype=np.bool_)
    for split in sorted(splits, key=lambda s: s.cut_off):
        parts = labels_of(split, labels)
        before = began <= np.datetime64(split.cut_off)
        rows.append(
            {
                "cut_off": split.cut_off,
                "test_from": split.test_from,
                "test_until": split.test_until,
                "complete_on": split.complete_on,
                "n_training_labels": int(parts.training.sum()),
                "n_test_labels": int(parts.test.sum()),
                "n_recorded_late": int((before & ~parts.training).sum()),
                "n_in_both": int((parts.training & parts.test).sum()),
                "n_test_labels_of_earlier": int((parts.test & tested).sum()),
            }
        )
        tested |= parts.test
    dates = ("cut_off", "test_from", "test_until", "complete_on")
    counts = (
        "n_training_labels",
        "n_test_labels",
        "n_recorded_late",
        "n_in_both",
        "n_test_labels_of_earlier",
    )
    schema = pa.schema([(n, pa.date32()) for n in dates] + [(n, pa.int64()) for n in counts])
    return pa.Table.from_pylist(rows, schema=schema)


def _counted(n: int | None) -> str:
    """Write a count; of few it may have been withheld."""
    return "few" if n is None else f"{n:,}"


_WIDTH = 960
_LEFT, _RIGHT = 110, 30
_ROW = 54
_TOP = 46


def draw_splits(told: pa.Table, first: date, data_end: date) -> str:
    """Draw splits as an SVG: a line per cut-off, what is learned from, tested and waited for.

    Args:
        told: As `tell_splits` gives it.
        first: The first day drawn.
        data_end: The last day that the data know.
    """
    span = max((data_end - first).days, 1)

    def across(day: date) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * min(max((day - first).days, 0), span) / span

    rows = told.to_pylist()
    height = _TOP + _ROW * len(rows) + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img"'
        ' font-family="sans-serif" font-size="12">',
        "<title>What each cut-off learns from, and what it foretells</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    for year in range(first.year, data_end.year + 2):
        day = date(year, 1, 1)
        if first <= day <= data_end:
            parts.append(
                f'<line x1="{across(day):.1f}" y1="{_TOP - 14}" x2="{across(day):.1f}"'
                f' y2="{height - 26}" stroke="#d9d9d9"/>'
                f'<text x="{across(day) + 3:.1f}" y="{_TOP - 18}" fill="#555555">{year}</text>'
            )
    for number, row in enumerate(rows):
        top = _TOP + _ROW * number
        spans = (
            (
                first,
                row["cut_off"],
                "#7a9cc6",
                f"learned from: {_counted(row['n_training_labels'])} labels",
            ),
            (
                row["cut_off"],
                row["test_until"],
                "#e0a458",
                f"test: {_counted(row['n_test_labels'])}",
            ),
            (row["test_until"], row["complete_on"], "#d9d9d9", ""),
        )
        parts.append(f'<text x="8" y="{top + 18}" fill="#222222">{row["cut_off"]}</text>')
        for start, end, colour, words in spans:
            width = across(end) - across(start)
            parts.append(
                f'<rect x="{across(start):.1f}" y="{top}" width="{width:.1f}" height="28"'
                f' fill="{colour}"/>'
            )
            if words:
                parts.append(
                    f'<text x="{across(start) + 5:.1f}" y="{top + 42}" fill="#222222">'
                    f"{escape(words)}</text>"
                )
    parts.append(
        f'<text x="8" y="{height - 8}" fill="#555555">Grey: waited for, until labels are recorded.'
        f" In both parts: {sum(row['n_in_both'] for row in rows)} labels. The data end on"
        f" {data_end}.</text></svg>"
    )
    return "\n".join(parts) + "\n"
