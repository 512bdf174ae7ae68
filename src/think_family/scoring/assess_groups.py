"""Whether a score serves each group as it serves another: who is listed, found, and missed.

Groups are set beside one reference group, the largest unless another is named. A measure that
differs says that the score, or what was recorded, treats groups differently; which of the two, the
measure does not say. Of many groups, some differ by chance: of 95% intervals, one in twenty.

The measures are those of M. Hardt, E. Price and N. Srebro, Equality of opportunity in supervised
learning, NeurIPS 2016 (rates of the found and of the wrongly listed), and of A. Chouldechova, Fair
prediction with disparate impact, Big Data 5, 2017 (precision; where prevalence differs, a score
that is not perfect cannot be equal in all of them).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy import sparse

from think_family.scoring.resampling import (
    Basis,
    Bools,
    Draws,
    Floats,
    basis_of,
    estimate,
    estimate_difference,
    estimate_share,
    ratio,
    row_sums,
)
from think_family.scoring.rows import NOT_RECORDED

NOT_ENOUGH = "not enough evidence"
REFERENCE = "reference"

# Measure -> what it tells. Lists are those of a team's capacity.
MEASURES: Mapping[str, str] = {
    "selection_rate": "share of the group that is listed",
    "precision": "share of those listed whom the event came to",
    "true_positive_rate": "share of those whom the event came to that is listed: recall",
    "false_positive_rate": "share of those whom it did not come to that is listed",
    "observed_less_expected": "share whom it came to, less the mean probability: calibration",
}

# These stand on people whom the event came to; the others on everybody, or on whom it did not.
_OF_POSITIVES = ("precision", "true_positive_rate", "observed_less_expected")

GROUP_SCHEMA = pa.schema(
    [
        ("as_of", pa.date32()),
        ("population", pa.string()),
        ("score", pa.string()),
        ("grouping", pa.string()),
        ("group", pa.string()),
        ("reference", pa.string()),
        ("measure", pa.string()),
        ("k", pa.float64()),
        ("n_rows", pa.int64()),
        ("n_positive", pa.int64()),
        ("value", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("difference", pa.float64()),
        ("difference_low", pa.float64()),
        ("difference_high", pa.float64()),
        ("ratio", pa.float64()),
        ("ratio_low", pa.float64()),
        ("ratio_high", pa.float64()),
        ("verdict", pa.string()),
    ]
)


class GroupSums:
    """The sums that measures of groups need.

    Args:
        groups: Grouping -> group of each row.
        label: Of each row, whether the event came.
        weight: Of each row.
    """

    def __init__(
        self,
        groups: Mapping[str, npt.NDArray[np.object_]],
        label: Bools,
        weight: Floats,
    ) -> None:
        """List the groups, and give each its sums."""
        self.label = label
        self.weight = weight
        self.members: dict[tuple[str, str], Bools] = {
            (grouping, group): np.asarray(of_rows == group, dtype=bool)
            for grouping, of_rows in groups.items()
            for group in sorted(set(of_rows), key=_in_order)
        }
        # People of each group, then those of each whom the event came to.
        self.cells = self._by_group([weight, weight * label])

    def _by_group(self, sums: list[Floats]) -> sparse.csr_array:
        cells = (each * members for each in sums for members in self.members.values())
        return row_sums(cells, len(self.label))

    def expected(self, probability: Floats) -> sparse.csr_array:
        """Give the sums of probability, of people who have one, and of the event among them."""
        given = np.where(np.isnan(probability), 0.0, self.weight)
        return self._by_group([given * np.nan_to_num(probability), given, given * self.label])


def compare_groups(
    groups: GroupSums,
    *,
    among: Bools,
    totals: Floats,
    selected: Floats,
    shares: Floats,
    expected: Floats | None,
    references: Mapping[str, str],
    level: float,
    least_rows: int,
    least_positives: int,
) -> Iterator[dict[str, Any]]:
    """Set each group beside the reference of its grouping.

    Args:
        groups: The groups.
        among: Rows that were ranked.
        totals: The sums of `groups.cells` over these, by draws.
        selected: The same over those listed.
        shares: Of each row, which part of it is on the list.
        expected: The sums of `groups.expected` by draws, or None.
        references: Grouping -> reference, where one is named.
        level: How much of the draws an interval holds.
        least_rows: Fewer rows are not enough evidence.
        least_positives: Fewer rows whom the event came to are not enough evidence of what stands on
            them: precision, true positive rate, calibration.

    Yields:
        Rows of `GROUP_SCHEMA`, per group and measure, without day, population, score and k.
    """
    n_groups = len(groups.members)
    n, n_positive = totals[:n_groups], totals[n_groups:]
    listed, found = selected[:n_groups], selected[n_groups:]
    values: dict[str, Floats] = {
        "selection_rate": ratio(listed, n),
        "precision": ratio(found, listed),
        "true_positive_rate": ratio(found, n_positive),
        "false_positive_rate": ratio(listed - found, n - n_positive),
    }
    if expected is not None:
        foretold, given = expected[:n_groups], expected[n_groups : 2 * n_groups]
        values["observed_less_expected"] = ratio(expected[2 * n_groups :] - foretold, given)
    # Measure -> of whom it is the share, and what counts towards it.
    label = groups.label
    of_whom: dict[str, tuple[Bools, Floats]] = {
        "selection_rate": (among, shares),
        "precision": (among & (shares > 0), label.astype(np.float64)),
        "true_positive_rate": (among & label, shares),
        "false_positive_rate": (among & ~label, shares),
    }
    place = {key: nth for nth, key in enumerate(groups.members)}
    counting = groups.weight > 0
    for (grouping, group), members in groups.members.items():
        reference = references.get(grouping) or _largest(groups, grouping, among)
        beside = groups.members[grouping, reference]
        for measure, of_groups in values.items():
            kept = counting if measure == "observed_less_expected" else counting & among
            n_rows, n_came = _n(members & kept, groups.label)
            least = [_n(each & kept, groups.label) for each in (members, beside)]
            needed = least_positives if measure in _OF_POSITIVES else 0
            is_small = any(rows < least_rows or came < needed for rows, came in least)
            one = of_groups[place[grouping, group]]
            other = of_groups[place[grouping, reference]]
            told = estimate(one, level=level)
            difference = estimate(one - other, level=level)
            is_few = False
            if measure in of_whom:
                those, yes = of_whom[measure]
                bases = [basis_of(those & of, yes, groups.weight) for of in (members, beside)]
                is_few = any(basis.is_few for basis in bases)
                told = estimate_share(one, bases[0], level=level)
                if is_few:
                    of_other = estimate_share(other, bases[1], level=level)
                    difference = estimate_difference(one, other, told, of_other, level=level)
            row: dict[str, Any] = {
                "grouping": grouping,
                "group": group,
                "reference": reference,
                "measure": measure,
                "n_rows": n_rows,
                "n_positive": n_came,
                "value": told.value,
                "low": told.low,
                "high": told.high,
            }
            if group == reference:
                yield {**row, "verdict": REFERENCE}
                continue
            row |= {
                "difference": difference.value,
                "difference_low": difference.low,
                "difference_high": difference.high,
            }
            if measure != "observed_less_expected":
                over = estimate(ratio(one, other), level=level)
                row["ratio"] = over.value
                if not is_few:
                    row |= {"ratio_low": over.low, "ratio_high": over.high}
            verdict = NOT_ENOUGH
            if not is_small and difference.low > 0:
                verdict = "higher"
            elif not is_small and difference.high < 0:
                verdict = "lower"
            yield {**row, "verdict": verdict}


def _in_order(group: str) -> tuple[bool, float, str]:
    """Order groups: numbers as numbers, then words, and last what was not recorded."""
    try:
        return group == NOT_RECORDED, float(group), group
    except ValueError:
        return group == NOT_RECORDED, float("inf"), group


def _n(members: Bools, label: Bools) -> tuple[int, int]:
    return int(members.sum()), int((members & label).sum())


def _largest(groups: GroupSums, grouping: str, among: Bools) -> str:
    """Find the group of most people; what was not recorded is no group while there is another."""
    sizes = {
        group: float(groups.weight[members & among].sum())
        for (of, group), members in groups.members.items()
        if of == grouping
    }
    return min(sizes, key=lambda group: (group == NOT_RECORDED, -sizes[group], group))


def compare_recorded(
    groups: Mapping[str, npt.NDArray[np.object_]],
    recorded: Mapping[str, npt.NDArray[np.int64]],
    draws: Draws,
    *,
    level: float,
    least_rows: int,
    least_recorded: int,
) -> Iterator[dict[str, Any]]:
    """Set beside the reference of which share of each group something is recorded.

    Args:
        groups: Grouping -> group of each row.
        recorded: What is recorded -> the rows of which it is.
        draws: Draws of the rows' clusters.
        level: How much of the draws an interval holds.
        least_rows: Fewer rows of a group are not enough evidence.
        least_recorded: With fewer rows of both together of which it is recorded, there is not
            enough evidence either.

    Yields:
        Rows of `GROUP_SCHEMA`, per grouping, group and what is recorded (as `score`), without day,
        population, measure and k; `n_positive` counts those of whom it is recorded.
    """
    n = len(draws.cluster)
    one, none = np.ones(n), np.zeros(n, dtype=bool)
    told = GroupSums(groups, none, one)
    keys = list(told.members)
    references = {grouping: _largest(told, grouping, np.ones(n, dtype=bool)) for grouping in groups}
    sizes = {key: int(of.sum()) for key, of in told.members.items()}
    is_recorded = {name: none.copy() for name in recorded}
    for name, rows in recorded.items():
        is_recorded[name][rows] = True
    cells = row_sums(
        chain(
            told.members.values(),
            (flag & of for flag in is_recorded.values() for of in told.members.values()),
        ),
        n,
    )
    per_cluster = draws.per_cluster(cells)
    sums = np.concatenate([per_cluster @ counts for counts in draws.chunks()], axis=1)
    totals = sums[: len(keys)]
    place = {key: nth for nth, key in enumerate(keys)}
    for nth_name, (name, flag) in enumerate(is_recorded.items()):
        of_name = sums[(nth_name + 1) * len(keys) : (nth_name + 2) * len(keys)]
        for grouping, group in keys:
            reference = references[grouping]
            pair = [(grouping, group), (grouping, reference)]
            share, other = (ratio(of_name[place[key]], totals[place[key]]) for key in pair)
            counts = [int((told.members[key] & flag).sum()) for key in pair]
            bases = [
                Basis(count, sizes[key] - count, float(sizes[key]))
                for count, key in zip(counts, pair, strict=True)
            ]
            row: dict[str, Any] = {
                "score": name,
                "grouping": grouping,
                "group": group,
                "reference": reference,
                "n_rows": sizes[grouping, group],
                "n_positive": counts[0],
            }
            of_group = estimate_share(share, bases[0], level=level)
            row |= {end: getattr(of_group, end) for end in ("value", "low", "high")}
            if group == reference:
                yield {**row, "verdict": REFERENCE}
                continue
            is_few = any(basis.is_few for basis in bases)
            difference = estimate(share - other, level=level)
            if is_few:
                of_other = estimate_share(other, bases[1], level=level)
                difference = estimate_difference(share, other, of_group, of_other, level=level)
            over = estimate(ratio(share, other), level=level)
            row |= {
                "difference": difference.value,
                "difference_low": difference.low,
                "difference_high": difference.high,
                "ratio": over.value,
                "ratio_low": None if is_few else over.low,
                "ratio_high": None if is_few else over.high,
            }
            is_small = min(sizes[key] for key in pair) < least_rows or sum(counts) < least_recorded
            verdict = NOT_ENOUGH
            if not is_small and difference.low > 0:
                verdict = "higher"
            elif not is_small and difference.high < 0:
                verdict = "lower"
            yield {
                column: None if isinstance(value, float) and np.isnan(value) else value
                for column, value in {**row, "verdict": verdict}.items()
            }
