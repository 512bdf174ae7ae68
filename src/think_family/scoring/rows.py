"""Rows of scores and of what came after, from any table, in the form that they are assessed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from think_family.errors import ThinkFamilyError
from think_family.scoring.resampling import Bools, Floats, Ints
from think_family.sql import literal, quoted
from think_family.tables import ColumnMap, as_date, as_text, found_columns, read_column_map

# What a map names under `columns:` -> what it holds. Only the first three must be there.
SCORED_COLUMNS: dict[str, str] = {
    "entity": "an id of the person, once in the table, or once for each as_of",
    "label": "whether the event came within the horizon: 1 or 0; empty: nobody can tell",
    "score": "the score to assess; higher is more at risk",
    "as_of": "the day as of which the score was made; each day is assessed by itself",
    "probability": "the same score as a probability from 0 to 1, to ask whether it holds",
    "known": "1 of whom a marker already lists: listed as known, never counted as found",
    "cohort": "1 of whom the score was made from, for the in-sample result",
    "cluster": "the family, or whatever else people share; chance draws whole clusters",
    "weight": "how many people the row stands for, where others like it were not kept",
    "lead_days": "days from as_of to the event, of whom it came to",
    "truth": "the true probability, or what truly happened, where a synthetic city tells it",
}
REQUIRED_COLUMNS = ("entity", "label", "score")

# Entries of the map that hold names of one's own.
NAMED = ("scores", "baselines", "groups", "references", "features")

# What stands for a group that was not recorded.
NOT_RECORDED = "not recorded"

# More, and a group is no group.
_MOST_GROUPS = 50

_FLAGS = ("label", "known", "cohort")
_NUMBERS = ("probability", "weight", "lead_days", "truth")

_YES = ("1", "1.0", "true", "t", "yes", "y")
_NO = ("0", "0.0", "false", "f", "no", "n")


@dataclass(frozen=True)
class Scored:
    """Rows of scores and of what came after, ordered by day and person.

    Attributes:
        as_of: Of each row, the day; None where the table has none.
        entity: Id of the person.
        label: Whether the event came; only where `is_told`.
        is_told: Whether anybody can tell.
        scores: Name -> score of each row, NaN where there is none; the first is in question.
        baselines: Name -> what it is set beside.
        probability: Of each row, or None.
        known: Whether a marker lists the person already, or None.
        cohort: Whether the score was made from the person, or None.
        cluster: Number of the row's cluster, 0, 1, ... in the order of the clusters' names.
        weight: People whom the row stands for.
        lead_days: Days to the event, NaN where unknown; or None.
        truth: True probability, or None.
        groups: Grouping -> group of each row.
        references: Grouping -> the group that others are set beside, where it is named.
        features: What scores were made from: name -> a column of numbers or text.
        n_without_entity: Rows passed over, for they name nobody.
    """

    as_of: npt.NDArray[np.object_] | None
    entity: npt.NDArray[np.object_]
    label: Bools
    is_told: Bools
    scores: Mapping[str, Floats]
    baselines: Mapping[str, Floats]
    probability: Floats | None
    known: Bools | None
    cohort: Bools | None
    cluster: Ints
    weight: Floats
    lead_days: Floats | None
    truth: Floats | None
    groups: Mapping[str, npt.NDArray[np.object_]]
    references: Mapping[str, str]
    features: Mapping[str, pa.ChunkedArray]
    n_without_entity: int = 0

    @property
    def days(self) -> list[date | None]:
        """The days as of which scores were made, in order; one None where none are told."""
        if self.as_of is None:
            return [None]
        return sorted(set(self.as_of))

    def of_day(self, day: date | None) -> Scored:
        """Give the rows of one day."""
        if day is None or self.as_of is None:
            return self
        return self.where(np.asarray(self.as_of == day, dtype=bool))

    def where(self, kept: Bools) -> Scored:
        """Give some of the rows."""

        def some(values: Floats | None) -> Floats | None:
            return None if values is None else values[kept]

        def flags(values: Bools | None) -> Bools | None:
            return None if values is None else values[kept]

        _, cluster = np.unique(self.cluster[kept], return_inverse=True)
        return Scored(
            as_of=None if self.as_of is None else self.as_of[kept],
            entity=self.entity[kept],
            label=self.label[kept],
            is_told=self.is_told[kept],
            scores={name: values[kept] for name, values in self.scores.items()},
            baselines={name: values[kept] for name, values in self.baselines.items()},
            probability=some(self.probability),
            known=flags(self.known),
            cohort=flags(self.cohort),
            cluster=cluster,
            weight=self.weight[kept],
            lead_days=some(self.lead_days),
            truth=some(self.truth),
            groups={name: values[kept] for name, values in self.groups.items()},
            references=self.references,
            features={
                name: column.filter(pa.array(kept)) for name, column in self.features.items()
            },
            n_without_entity=self.n_without_entity,
        )


def read_scored_map(path: Path) -> ColumnMap:
    """Read a map of `SCORED_COLUMNS` from a YAML or JSON file.

    Raises:
        ThinkFamilyError: The file is no such map, names one thing twice, or a reference for a
            grouping that it does not hold.
    """
    found = read_column_map(path, known=SCORED_COLUMNS, required=REQUIRED_COLUMNS, named=NAMED)
    lists = [found.columns["score"], *found.named["scores"], *found.named["baselines"]]
    if "truth" in found.columns:
        lists.append("truth")
    twice = sorted({name for name in lists if lists.count(name) > 1})
    if twice:
        raise ThinkFamilyError(
            f"{path}: {', '.join(twice)} stands for more than one score. The column of `score`, and"
            " the names under `scores:` and `baselines:`, must all differ, and `truth` is the"
            " truth alone."
        )
    stray = sorted(set(found.named["references"]) - set(found.named["groups"]))
    if stray:
        raise ThinkFamilyError(
            f"{path}: `references:` names {', '.join(stray)}, which is not under `groups:`."
        )
    return found


def read_scored(table: duckdb.DuckDBPyRelation, column_map: ColumnMap, *, name: str) -> Scored:
    """Read an outsider's table through its map.

    Rows that name nobody are passed over and counted. A row without a cluster is a cluster by
    itself; one without a group is of the group `NOT_RECORDED`. The order of rows makes no
    difference.

    Args:
        table: The table.
        column_map: As `read_scored_map` gives it.
        name: How an error names the table.

    Raises:
        ThinkFamilyError: A mapped column is not there or holds what it cannot; or a person comes up
            twice as of one day. It names the column and never a value.
    """
    columns = found_columns(table, column_map.columns, name=name)
    named = {
        entry: found_columns(table, column_map.named.get(entry, {}), name=name)
        for entry in NAMED
        if entry != "references"
    }
    if columns["score"] in {*named["scores"], *named["baselines"]}:
        raise ThinkFamilyError(
            f"{name}: {columns['score']} stands for more than one score in the map. Name the others"
            " differently."
        )
    scores = {columns["score"]: columns["score"], **named["scores"]}
    types = dict(zip(table.columns, (str(kind) for kind in table.types), strict=True))

    wanted: dict[str, str] = {"entity": as_text(columns["entity"])}
    texts: dict[str, str] = {}
    for flag in _FLAGS:
        if flag in columns:
            wanted[flag] = _flag(columns[flag])
            texts[flag] = columns[flag]
    numbers = {
        **{key: columns[key] for key in _NUMBERS if key in columns},
        **{f"score {nth}": column for nth, column in enumerate(scores.values())},
        **{f"baseline {nth}": column for nth, column in enumerate(named["baselines"].values())},
    }
    for key, column in numbers.items():
        wanted[key] = _number(column)
        texts[key] = column
    if "as_of" in columns:
        wanted["as_of"] = as_date(columns["as_of"], column_map.date_format)
        texts["as_of"] = columns["as_of"]
    if "cluster" in columns:
        wanted["cluster"] = as_text(columns["cluster"])
    for nth, column in enumerate(named["groups"].values()):
        wanted[f"group {nth}"] = f"coalesce({as_text(column)}, {literal(NOT_RECORDED)})"
    for nth, column in enumerate(named["features"].values()):
        wanted[f"feature {nth}"] = _feature(table, column, types[column])

    _refuse_unreadable(table, wanted, texts, name)
    rows = table.project(", ".join(f"{sql} as {quoted(key)}" for key, sql in wanted.items()))
    day = "count(as_of) filter (entity is not null)" if "as_of" in wanted else "count(entity)"
    ((n_rows, n_named, n_dated),) = rows.aggregate(f"count(*), count(entity), {day}").fetchall()
    if not n_named:
        raise ThinkFamilyError(
            f"{name}: none of the {n_rows} rows has {columns['entity']}. Map `entity` to a column"
            " that is filled."
        )
    if n_dated < n_named:
        raise ThinkFamilyError(
            f"{name}: {n_named - n_dated} of {n_named} rows have no {columns['as_of']}. Give every"
            " score the day as of which it was made, or take `as_of` out of the map."
        )
    key = "as_of, entity" if "as_of" in wanted else "entity"
    read = rows.filter("entity is not null").order(key).to_arrow_table()
    ((n_keys,),) = (
        rows.filter("entity is not null").project(key).distinct().aggregate("count(*)").fetchall()
    )
    if n_keys < n_named:
        of_day = f" as of one {columns['as_of']}" if "as_of" in columns else ""
        remedy = "" if "as_of" in columns else ", or map `as_of` to the day of the score"
        raise ThinkFamilyError(
            f"{name}: {n_named - n_keys} of {n_named} rows hold a {columns['entity']} that came"
            f" before{of_day}. Keep one row of each{remedy}."
        )
    return _scored(read, columns, named, list(scores), column_map, int(n_rows - n_named), name)


def _scored(
    read: pa.Table,
    columns: Mapping[str, str],
    named: Mapping[str, Mapping[str, str]],
    scores: list[str],
    column_map: ColumnMap,
    n_without_entity: int,
    name: str,
) -> Scored:
    def numbers(key: str) -> Floats:
        found: Floats = read[key].to_numpy(zero_copy_only=False).astype(np.float64)
        return found

    def flags(key: str) -> Bools:
        found: Bools = read[key].fill_null(False).to_numpy().astype(bool)
        return found

    def given(key: str) -> bool:
        return key in read.column_names

    weight = numbers("weight") if given("weight") else np.ones(read.num_rows)
    n_wrong = int((~np.isfinite(weight) | (weight < 0)).sum())
    if n_wrong:
        raise ThinkFamilyError(
            f"{name}: {n_wrong} rows have no {columns['weight']}, or one below 0. Give every row a"
            " weight: how many people it stands for; 1 where all were kept."
        )
    for key in ("probability", "truth"):
        if given(key):
            values = numbers(key)
            n_wrong = int(((values < 0) | (values > 1)).sum())
            if n_wrong:
                raise ThinkFamilyError(
                    f"{name}: {n_wrong} values of {columns[key]} are below 0 or above 1. Map"
                    f" `{key}` to a column of probabilities, or take it out of the map."
                )
    references = dict(column_map.named.get("references", {}))
    groups = {
        grouping: read[f"group {nth}"].to_numpy(zero_copy_only=False)
        for nth, grouping in enumerate(named["groups"])
    }
    for (grouping, of_rows), column in zip(groups.items(), named["groups"].values(), strict=True):
        found = set(of_rows)
        if len(found) > _MOST_GROUPS:
            raise ThinkFamilyError(
                f"{name}: {column} has {len(found)} different values, and each would be a group of"
                f" {grouping}. Map it to a column of at most {_MOST_GROUPS}, such as bands."
            )
        reference = references.get(grouping)
        if reference is not None and reference not in found:
            raise ThinkFamilyError(
                f"{name}: the map names a group for {grouping} under `references:` that {column}"
                " does not hold. Name one that it holds, or take it out: the largest is taken then."
            )
    return Scored(
        as_of=read["as_of"].to_numpy(zero_copy_only=False).astype("datetime64[D]").astype(object)
        if given("as_of")
        else None,
        entity=read["entity"].to_numpy(zero_copy_only=False),
        label=flags("label"),
        is_told=read["label"].is_valid().to_numpy(),
        scores={score: numbers(f"score {nth}") for nth, score in enumerate(scores)},
        baselines={
            baseline: numbers(f"baseline {nth}") for nth, baseline in enumerate(named["baselines"])
        },
        probability=numbers("probability") if given("probability") else None,
        known=flags("known") if given("known") else None,
        cohort=flags("cohort") if given("cohort") else None,
        cluster=_clusters(read),
        weight=weight,
        lead_days=numbers("lead_days") if given("lead_days") else None,
        truth=numbers("truth") if given("truth") else None,
        groups=groups,
        references=references,
        features={feature: read[f"feature {nth}"] for nth, feature in enumerate(named["features"])},
        n_without_entity=n_without_entity,
    )


def _clusters(read: pa.Table) -> Ints:
    """Give each row its cluster, in the order of names; who has none is one alone, after all.

    A person's rows of several days are one cluster then.
    """
    entity = read["entity"].to_numpy(zero_copy_only=False)
    if "cluster" not in read.column_names:
        _, number = np.unique(entity.astype(str), return_inverse=True)
        return np.asarray(number, dtype=np.int64)
    cluster = read["cluster"].to_numpy(zero_copy_only=False)
    is_given = read["cluster"].is_valid().to_numpy()
    names = np.where(is_given, "0" + cluster.astype(str), "1" + entity.astype(str))
    _, number = np.unique(names, return_inverse=True)
    return np.asarray(number, dtype=np.int64)


def _flag(column: str) -> str:
    text = f"lower({as_text(column)})"
    yes, no = (", ".join(literal(word) for word in words) for words in (_YES, _NO))
    return f"case when {text} in ({yes}) then true when {text} in ({no}) then false end"


def _number(column: str) -> str:
    # Of a flag, 1 and 0; NaN is no number.
    number = f"coalesce(try_cast({as_text(column)} as double), cast({_flag(column)} as double))"
    return f"case when not isnan({number}) then {number} end"


def _feature(table: duckdb.DuckDBPyRelation, column: str, kind: str) -> str:
    """Give a feature as a number where all its values are numbers or flags, else as text."""
    ((n_filled, n_read),) = table.aggregate(
        f"count({as_text(column)}), count({_number(column)})"
    ).fetchall()
    if kind.startswith(("DATE", "TIMESTAMP")):
        return f"epoch(cast({quoted(column)} as timestamp)) / 86400"
    if kind in {"FLOAT", "DOUBLE"} or n_filled == n_read:
        return _number(column)
    return as_text(column)


def _refuse_unreadable(
    table: duckdb.DuckDBPyRelation,
    wanted: Mapping[str, str],
    texts: Mapping[str, str],
    name: str,
) -> None:
    """Refuse values that are not what their column holds.

    A score that does not read as a number would stand below all others without a word, and a label
    that does not read would be left out.

    Raises:
        ThinkFamilyError: There are some; it names the column, how many, and what to do.
    """
    expressions = []
    for key, column in texts.items():
        filled = as_text(column)
        if key not in {*_FLAGS, "as_of"}:
            filled = f"nullif(lower({filled}), 'nan')"
        expressions += [f"count({filled})", f"count({wanted[key]})"]
    counts = table.aggregate(", ".join(expressions)).fetchall()[0]
    for (key, column), n_filled, n_read in zip(
        texts.items(), counts[::2], counts[1::2], strict=True
    ):
        n_unreadable = n_filled - n_read
        if n_unreadable <= 0:
            continue
        what, remedy = "a number", "Map a column of numbers, and leave empty what is not known."
        if key in _FLAGS:
            what = "yes or no"
            remedy = "Write 1 or 0, true or false, yes or no; leave empty what nobody can tell."
        elif key == "as_of":
            what, remedy = "a date", 'Give their form in the map, as date_format: "%d/%m/%Y".'
        raise ThinkFamilyError(
            f"{name}: {n_unreadable} of {n_filled} values of {column} do not read as {what}."
            f" {remedy}"
        )
