"""Columns of a table as numbers, and rows told apart by what they hold, not where they stand."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from think_family.errors import ThinkFamilyError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Keys = npt.NDArray[np.uint64]

BOOLEAN = "boolean"
NUMBER = "number"


def column_of(table: Any, name: str) -> pa.ChunkedArray:
    """Give a column of an Arrow table, a record batch or a mapping to arrays.

    Raises:
        ThinkFamilyError: The table has no such column.
    """
    try:
        column = table[name]
    except (KeyError, IndexError, ValueError):
        raise ThinkFamilyError(f"The column {name} is missing from the table.") from None
    if isinstance(column, pa.ChunkedArray):
        return column
    return pa.chunked_array([pa.array(column)])


def kind_of(table: Any, name: str) -> str:
    """Tell whether a column holds booleans or numbers.

    Raises:
        ThinkFamilyError: It holds something else.
    """
    return _kind(column_of(table, name), name)


def _kind(column: pa.ChunkedArray, name: str) -> str:
    if pa.types.is_boolean(column.type):
        return BOOLEAN
    if pa.types.is_null(column.type) or any(
        is_kind(column.type)
        for is_kind in (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
    ):
        return NUMBER
    raise ThinkFamilyError(
        f"The column {name} is of type {column.type}: a feature is a number or a boolean."
    )


def values_of(table: Any, name: str) -> Floats:
    """Give a column as floating-point numbers, not a number where the value is missing.

    Args:
        table: An Arrow table, a record batch or a mapping to arrays of Arrow or numpy.
        name: A column of numbers or booleans (true is 1).

    Returns:
        One number per row; an infinite one stays.

    Raises:
        ThinkFamilyError: The column is missing or holds neither numbers nor booleans.
    """
    column = column_of(table, name)
    if _kind(column, name) == BOOLEAN:
        column = column.cast(pa.int8())
    return np.array(column.cast(pa.float64()).to_numpy(), dtype=np.float64)


@dataclass(frozen=True)
class Training:
    """Rows to fit on.

    Attributes:
        table: The features, a row per person and date.
        is_positive: Per row, whether it is labelled; the others are unlabelled, not negative.
        weight: Per row, how many rows of the population it stands for (its sampling weight).
        cluster: Per row, the family or other cluster that is never parted between folds.
    """

    table: pa.Table
    is_positive: Bools
    weight: Floats
    cluster: Sequence[str]

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.is_positive)

    def taken(self, rows: Ints | Bools) -> Training:
        """Give some of the rows, by number or by mask."""
        numbers = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        return Training(
            self.table.take(pa.array(numbers)),
            self.is_positive[numbers],
            self.weight[numbers],
            [self.cluster[number] for number in numbers],
        )


def training_from(
    table: pa.Table,
    *,
    label: str = "is_positive",
    weight: str | None = "weight",
    cluster: str = "family_id",
) -> Training:
    """Read rows to fit on from one table.

    Args:
        table: Features, and the columns named by the other arguments.
        label: Column of booleans: labelled or not.
        weight: Column of sampling weights, or none when every row stands for itself.
        cluster: Column of text: the family of each row, or whatever belongs together.

    Raises:
        ThinkFamilyError: A column is missing or of the wrong type, a label, weight or cluster is
            missing, a weight is no positive number, or there are no labelled or no other rows.
    """
    labels = column_of(table, label)
    if not pa.types.is_boolean(labels.type):
        raise ThinkFamilyError(f"The column {label} must hold booleans: labelled or not.")
    clusters = column_of(table, cluster)
    for name, column in ((label, labels), (cluster, clusters)):
        if column.null_count:
            raise ThinkFamilyError(
                f"{column.null_count} of {len(column)} rows have no {name}: fill it or leave them"
                " out."
            )
    weights = np.ones(len(labels)) if weight is None else values_of(table, weight)
    n_wrong = int((~(np.isfinite(weights) & (weights > 0))).sum())
    if n_wrong:
        raise ThinkFamilyError(
            f"{weight} of {n_wrong} of {len(weights)} rows is no positive number: a sampling weight"
            " says how many rows of the population one stands for."
        )
    is_positive = np.asarray(labels.to_numpy(), dtype=np.bool_)
    if not 0 < is_positive.sum() < len(is_positive):
        raise ThinkFamilyError(
            f"{int(is_positive.sum())} of {len(is_positive)} rows are labelled: a model needs"
            " labelled and unlabelled ones."
        )
    return Training(table, is_positive, weights, clusters.cast(pa.string()).to_pylist())


_ODD = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F], dtype=np.uint64)
_STIR = np.array([0xBF58476D1CE4E5B9, 0x94D049BB133111EB], dtype=np.uint64)


def keys_of(columns: Iterable[Floats], n_rows: int) -> Keys:
    """Give each row a key of 128 bits that depends on what it holds and on nothing else.

    The finaliser is that of SplitMix64 (Steele, Lea and Flood, Fast splittable pseudorandom number
    generators, OOPSLA 2014), once per column and half. Two different rows have one key by a chance
    of 2 ** -128 or so; equal rows always have, minus zero being zero.

    Returns:
        Two numbers per row.
    """
    keys = np.empty((n_rows, 2), dtype=np.uint64)
    keys[:] = _ODD
    for values in columns:
        # Minus zero becomes zero, and every missing value the same bits.
        bits = np.where(np.isnan(values), np.nan, values + 0.0).view(np.uint64)
        for half in range(2):
            key = (keys[:, half] ^ bits) * _ODD[half]
            key ^= key >> np.uint64(30)
            key *= _STIR[half]
            key ^= key >> np.uint64(27)
            keys[:, half] = key
    return keys


def in_order(keys: Keys) -> Ints:
    """Give the numbers of rows in the order of their keys: the same rows in whatever order."""
    return np.lexsort((keys[:, 1], keys[:, 0]))


def training_keys(training: Training, features: Sequence[str]) -> Keys:
    """Give the key of each row of `training`: features, label and weight."""
    columns = (values_of(training.table, feature) for feature in features)
    labels = training.is_positive.astype(np.float64)
    return keys_of((*columns, labels, training.weight), len(training))


def digest_of(names: Sequence[str], keys: Keys) -> str:
    """Give the digest (SHA-256) of rows, whatever their order, and of their columns' names."""
    digest = hashlib.sha256(json.dumps(list(names)).encode())
    digest.update(keys[in_order(keys)].astype("<u8").tobytes())
    return digest.hexdigest()


def totals(places: npt.NDArray[Any], values: Floats, n_places: int) -> Floats:
    """Add up values by the place that each is of, in the order in which they stand."""
    return np.asarray(np.bincount(places, values, minlength=n_places), dtype=np.float64)


def table_values(table: Any, features: Sequence[str]) -> Floats:
    """Give columns side by side, a row of numbers per row."""
    columns = [values_of(table, feature) for feature in features]
    return np.column_stack(columns) if columns else np.empty((len(table), 0))


def texts_of(table: Any, name: str) -> pa.ChunkedArray:
    """Give a column of text.

    Raises:
        ThinkFamilyError: It is missing, of another type, or has rows without a value.
    """
    column = column_of(table, name)
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        raise ThinkFamilyError(f"The column {name} is of type {column.type}: it must be text.")
    n_missing = pc.sum(pc.is_null(column)).as_py() or 0
    if n_missing:
        raise ThinkFamilyError(f"{n_missing} of {len(column)} rows have no {name}.")
    return column.cast(pa.string())
