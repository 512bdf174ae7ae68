"""Scores of everybody as of one day, from parameters that stand in files, and what carried them.

Nothing is learned here, and no library of learning is needed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from think_family.errors import ThinkFamilyError
from think_family.scoring.applying import contributions_by_indicator, score
from think_family.scoring.columns import Bools, Floats, Ints, totals, values_of
from think_family.scoring.configuration import FLAG_COUNT, LEARNED, NETWORK, Configuration
from think_family.scoring.index import combined, index_score, points_of
from think_family.scoring.models import read_models
from think_family.scoring.nearness import NEAR, near_score
from think_family.scoring.parameters import (
    FLAGS,
    POINTS,
    AdditiveParameters,
    IndexParameters,
    read_parameters,
    version_of,
)

MODEL, INDEX = "model", "index"

#: The row of a person and part that holds all that has no row of its own.
EVERYTHING_ELSE = "everything else"

_REMEDY = "Run `think-family train` on a built warehouse, and build again."
_SCORE, _POINTS = "score", "points"
_PAIR = ["person_id", "as_of_date"]
_KIND_OF = {LEARNED: POINTS, FLAG_COUNT: FLAGS, NETWORK: NEAR}

_SCORED = pa.schema(
    [
        ("model", pa.string()),
        ("person_id", pa.string()),
        ("as_of_date", pa.date32()),
        ("model_version", pa.string()),
        ("index_version", pa.string()),
        ("log_odds", pa.float64()),
        ("index_points", pa.float64()),
        ("index_points_no_proxies", pa.float64()),
        ("model_score", pa.float64()),
        ("index_score", pa.float64()),
        ("index_score_no_proxies", pa.float64()),
        ("score", pa.float64()),
        ("score_no_proxies", pa.float64()),
        ("winner", pa.string()),
        ("is_strong_disagreement", pa.bool_()),
        ("level", pa.string()),
        ("known_by", pa.string()),
        ("invocation_id", pa.string()),
    ]
)

_REASONS = pa.schema(
    [
        ("model", pa.string()),
        ("person_id", pa.string()),
        ("as_of_date", pa.date32()),
        ("part", pa.string()),
        ("scope", pa.string()),
        ("indicator_code", pa.string()),
        ("feature_group", pa.string()),
        ("contribution", pa.float64()),
        ("is_label_proxy", pa.bool_()),
        ("nth", pa.int32()),
    ]
)


@dataclass(frozen=True)
class Trained:
    """A model as its files hold it.

    Attributes:
        configuration: What it is meant to be.
        glass_box: What was learned; none where nothing is, or nothing could be.
        index: The analysts' index, the count of flags or the scale of nearness.
    """

    configuration: Configuration
    glass_box: AdditiveParameters | None
    index: IndexParameters


@dataclass(frozen=True)
class Population:
    """Whom models score, and what is known of them.

    Attributes:
        eligible: `int_scores__cohorts_gathered`: model, person_id, as_of_date, known_by.
        features: `int_features__persons_described` as of the day: person_id, as_of_date, features.
        windowed: `int_features__indicators_windowed`, likewise: person_id, as_of_date,
            indicator_code, weight.
        neared: `int_scores__adults_neared`: model, person_id, as_of_date, n_hops, points.
        indicators: The seed `indicator_catalogue`.
    """

    eligible: pa.Table
    features: pa.Table
    windowed: pa.Table
    neared: pa.Table
    indicators: pa.Table


def parameter_files(model: Configuration, folder: Path) -> dict[str, Path]:
    """Name the files of a model's parameters, by part: what was learned, and the index."""
    files = {INDEX: folder / f"{model.name}_index.json"}
    return {MODEL: folder / f"{model.name}.json", **files} if model.method == LEARNED else files


def read_trained(models: Sequence[Configuration], folder: Path) -> tuple[Trained, ...]:
    """Read the parameters of models.

    Args:
        models: Configurations.
        folder: Where the files stand.

    Raises:
        ThinkFamilyError: A file is missing or was changed, is of another model or method, or was
            made from another configuration than the one that stands; names file and remedy.
    """
    return tuple(_read_trained(model, folder) for model in models)


def _read_trained(model: Configuration, folder: Path) -> Trained:
    read = {}
    for part, file in parameter_files(model, folder).items():
        try:
            parameters = read_parameters(file)
        except ThinkFamilyError as error:
            raise ThinkFamilyError(f"{error.message} {_REMEDY}") from None
        if parameters.training.get("configuration_digest") != model.digest:
            raise ThinkFamilyError(
                f"{file}: made from another configuration than that of {model.name}. {_REMEDY}"
            )
        read[part] = parameters
    glass_box, index = read.get(MODEL), read[INDEX]
    is_whole = (
        isinstance(index, IndexParameters)
        and index.kind == _KIND_OF[model.method]
        and (glass_box is None or isinstance(glass_box, AdditiveParameters))
        and {parameters.model for parameters in read.values()} == {model.name}
    )
    if not is_whole:
        raise ThinkFamilyError(
            f"{folder}: the files of {model.name} are of another model or method. {_REMEDY}"
        )
    assert isinstance(index, IndexParameters)  # noqa: S101 - told to the type checker
    assert glass_box is None or isinstance(glass_box, AdditiveParameters)  # noqa: S101
    return Trained(model, glass_box, index)


def features_needed(trained: Sequence[Trained], there: Collection[str]) -> list[str]:
    """Name the features that parameters ask for, each once, in order of their names.

    Args:
        trained: Models.
        there: The columns that the warehouse has.

    Raises:
        ThinkFamilyError: A model asks for one that is not among them.
    """
    needed: set[str] = set()
    for model in trained:
        terms = () if model.glass_box is None else model.glass_box.terms
        wanted = {term.feature for term in terms}
        lacking = sorted(wanted - set(there))
        if lacking:
            raise ThinkFamilyError(
                f"The parameters of {model.configuration.name} ask for features that the warehouse"
                f" lacks: {', '.join(lacking)}. {_REMEDY}"
            )
        needed |= wanted
    return sorted(needed)


def read_population(
    folder: Path, relations: Mapping[str, Any]
) -> tuple[tuple[Trained, ...], Population]:
    """Read models from files, and from relations what they need of whom they score.

    Args:
        folder: Where the models' files stand, and their parameters in its folder parameters.
        relations: By name, as `dbt.ref` gives them: int_scores__cohorts_gathered,
            int_scores__adults_neared, int_features__persons_described,
            int_features__indicators_windowed and indicator_catalogue.

    Raises:
        ThinkFamilyError: As of `read_trained`, `check_points` and `features_needed`.
    """

    def table(relation: Any) -> pa.Table:
        told: pa.Table = nw.from_native(relation).collect("pyarrow").to_native()
        return told

    eligible = relations["int_scores__cohorts_gathered"]

    def of_day(name: str, columns: Sequence[str]) -> pa.Table:
        """Give rows of the day on which people are scored."""
        return table(
            relations[name]
            .set_alias("wanted")
            .join(
                eligible.project("as_of_date").distinct().set_alias("days"),
                "wanted.as_of_date = days.as_of_date",
                how="semi",
            )
            .project(", ".join(columns))
        )

    trained = read_trained(read_models(folder), folder / "parameters")
    indicators = table(relations["indicator_catalogue"])
    check_points(trained, indicators)
    used = features_needed(trained, relations["int_features__persons_described"].columns)
    return trained, Population(
        eligible=table(eligible),
        features=of_day("int_features__persons_described", [*_PAIR, *used]),
        windowed=of_day("int_features__indicators_windowed", [*_PAIR, "indicator_code", "weight"]),
        neared=table(relations["int_scores__adults_neared"]),
        indicators=indicators,
    )


def score_population(
    trained: Sequence[Trained], population: Population, levels: pa.Table, *, invocation: str
) -> pa.Table:
    """Score everybody of each model's cohort.

    Args:
        trained: Models.
        population: Whom, and what is known of them.
        levels: The seed `score_level`: model, level, measure (score or points), from_value.
        invocation: Id of the run.

    Returns:
        One row per model and person, in this order: the glass box (log_odds, model_score), the
        index (index_points, index_score), the higher score with its winner, both without label
        proxies, and the level. What no model says is null.

    Raises:
        ThinkFamilyError: A person is described twice or not at all, or a level is not told.
    """
    return pa.concat_tables(
        [_SCORED.empty_table()]
        + [_scored(model, population, levels, invocation) for model in _by_name(trained)]
    )


def _by_name(trained: Sequence[Trained]) -> list[Trained]:
    return sorted(trained, key=lambda model: model.configuration.name)


def check_points(trained: Sequence[Trained], indicators: Any) -> None:
    """Check that files hold the points that the analysts give now.

    Args:
        trained: Models.
        indicators: The seed `indicator_catalogue`.

    Raises:
        ThinkFamilyError: Points or criteria of a model are others; names model and remedy.
    """
    for model in trained:
        if model.configuration.method == NETWORK:
            continue
        column = model.configuration.index.points
        points, criteria = points_of(indicators, column)
        if model.index.kind == FLAGS:
            points = dict.fromkeys(points, 1.0)
        if (dict(model.index.points), dict(model.index.criteria)) != (points, criteria):
            raise ThinkFamilyError(
                f"The parameters of {model.configuration.name} hold other points, or criteria, than"
                f" {column} of seeds/indicator_catalogue.csv gives. {_REMEDY}"
            )


@dataclass(frozen=True)
class _Indexed:
    points: Floats
    score: Floats
    contributions: pa.Table  # number of the row, feature_group, indicator_code, contribution


def _scored(model: Trained, population: Population, levels: pa.Table, invocation: str) -> pa.Table:
    rows = _rows(model, population)
    log_odds = model_score = np.full(len(rows), np.nan)
    if model.glass_box is not None:
        said = score(model.glass_box, _described(model.glass_box, rows, population))
        log_odds, model_score = said.log_odds, said.score
    indexed = _indexed(model.index, rows, population)
    sparing = _indexed(_without_proxies(model.index, _proxies(population)), rows, population)
    both = combined(model_score, indexed.score)
    # Of a glass box that was let see label proxies nobody can say what it would be without.
    may_tell = model.glass_box is not None and any(
        term.is_label_proxy for term in model.glass_box.terms
    )
    alone = np.full(len(rows), np.nan) if may_tell else model_score
    name = model.configuration.name
    told = {
        "model": pa.repeat(pa.scalar(name), len(rows)),
        "person_id": rows["person_id"],
        "as_of_date": rows["as_of_date"],
        "model_version": _repeated(
            None if model.glass_box is None else version_of(model.glass_box), len(rows)
        ),
        "index_version": _repeated(version_of(model.index), len(rows)),
        "log_odds": pa.array(log_odds, from_pandas=True),
        "index_points": pa.array(indexed.points),
        "index_points_no_proxies": pa.array(sparing.points),
        "model_score": both["model_score"],
        "index_score": both["index_score"],
        "index_score_no_proxies": pa.array(sparing.score),
        "score": both["score"],
        "score_no_proxies": combined(alone, sparing.score)["score"],
        "winner": both["winner"],
        "is_strong_disagreement": both["is_strong_disagreement"],
        "level": _levels(name, both["score"], indexed.points, levels),
        "known_by": rows["known_by"],
        "invocation_id": _repeated(invocation, len(rows)),
    }
    return pa.table(told).select(_SCORED.names).cast(_SCORED)


def _repeated(value: str | None, n_rows: int) -> pa.Array:
    return pa.repeat(pa.scalar(value, pa.string()), n_rows)


def _rows(model: Trained, population: Population) -> pa.Table:
    """Give the persons of the model's cohort, in order."""
    rows = population.eligible.filter(
        pc.equal(population.eligible["model"], model.configuration.name)
    )
    return rows.sort_by([("person_id", "ascending"), ("as_of_date", "ascending")])


def _described(parameters: AdditiveParameters, rows: pa.Table, population: Population) -> pa.Table:
    named = [*_PAIR, *(term.feature for term in parameters.terms)]
    features = population.features.select(named).append_column(
        "is_described", pa.repeat(pa.scalar(True), len(population.features))
    )
    joined = rows.select(_PAIR).join(features, _PAIR, join_type="left outer")
    n_lacking = joined["is_described"].null_count
    if len(joined) != len(rows) or n_lacking:
        raise ThinkFamilyError(
            f"{n_lacking} persons of {parameters.model} are described not at all, and"
            f" {len(joined) - len(rows)} more than once."
        )
    return joined.sort_by([(name, "ascending") for name in _PAIR])


def _indexed(parameters: IndexParameters, rows: pa.Table, population: Population) -> _Indexed:
    spine = rows.select(_PAIR)
    if parameters.kind == NEAR:
        near = near_score(
            parameters,
            spine,
            population.neared.filter(pc.equal(population.neared["model"], parameters.model)),
        )
        return _Indexed(near.points, near.score, near.contributions)
    found = index_score(parameters, spine, population.windowed)
    numbered = spine.append_column("number", pa.array(np.arange(len(spine))))
    told = found.contributions.join(numbered, _PAIR, join_type="inner").sort_by(
        [("number", "ascending"), ("indicator_code", "ascending")]
    )
    return _Indexed(
        values_of(found.rows, "points"),
        values_of(found.rows, "score"),
        pa.table(
            {
                "number": told["number"],
                "scope": pa.repeat(pa.scalar("person"), len(told)),
                "indicator_code": told["indicator_code"],
                "feature_group": told["indicator_code"],
                "contribution": told["contribution"],
            }
        ),
    )


def _proxies(population: Population) -> frozenset[str]:
    catalogue = population.indicators
    return frozenset(
        catalogue.filter(pc.fill_null(catalogue["is_label_proxy"], False))[
            "indicator_code"
        ].to_pylist()
    )


def _without_proxies(parameters: IndexParameters, proxies: Collection[str]) -> IndexParameters:
    """Give the index without label proxies, on the same scale."""
    return replace(
        parameters,
        points={code: told for code, told in parameters.points.items() if code not in proxies},
        criteria={code: told for code, told in parameters.criteria.items() if code not in proxies},
    )


def _levels(model: str, scores: pa.ChunkedArray, points: Floats, levels: pa.Table) -> pa.Array:
    """Give the highest level that each score, or the points, have reached."""
    rows = levels.filter(pc.equal(levels["model"], model)).sort_by("from_value").to_pylist()
    if not rows:
        raise ThinkFamilyError(
            f"The seed score_level says nothing of {model}: give it a row for each level."
        )
    told = np.full(len(points), None, dtype=object)
    of = {_SCORE: values_of({_SCORE: scores}, _SCORE), _POINTS: points}
    for row in rows:
        told[of[row["measure"]] >= row["from_value"]] = row["level"]
    return pa.array(told.tolist(), pa.string())


def weigh_reasons(trained: Sequence[Trained], population: Population) -> pa.Table:
    """Tell what carried each score.

    Args:
        trained: Models.
        population: Whom, and what is known of them.

    Returns:
        One row per model, person, part (model or index) and reason that lifts, the largest first
        (nth); and one per model, person and part, `everything else`, with the base and the rest, so
        that the contributions of a person and part add up to log_odds or index_points to the last
        digit. Ordered by model, person, part and nth, the rest last.
    """
    return pa.concat_tables(
        [_REASONS.empty_table()]
        + [told for model in _by_name(trained) for told in _reasons(model, population)]
    )


def _reasons(model: Trained, population: Population) -> Iterator[pa.Table]:
    rows = _rows(model, population)
    proxies = _proxies(population)
    indexed = _indexed(model.index, rows, population)
    yield _weighed(model, INDEX, rows, indexed.contributions, indexed.points, proxies)
    if model.glass_box is not None:
        said = score(model.glass_box, _described(model.glass_box, rows, population))
        assert said.contributions is not None  # noqa: S101 - a glass box has them
        groups = contributions_by_indicator(model.glass_box, said.contributions)
        codes = {term.indicator_code for term in model.glass_box.terms}
        told = _lifting(groups, codes)
        proxies |= {
            term.indicator_code or term.feature
            for term in model.glass_box.terms
            if term.is_label_proxy
        }
        yield _weighed(model, MODEL, rows, told, said.log_odds, proxies)


def _lifting(groups: Mapping[tuple[str, str], Floats], codes: Collection[str | None]) -> pa.Table:
    """Give contributions above zero, each with the number of its row."""
    numbers: list[Ints] = [np.empty(0, np.int64)]
    values: list[Floats] = [np.empty(0)]
    scopes: list[str] = []
    names: list[str] = []
    for (scope, group), contribution in sorted(groups.items()):
        at = np.flatnonzero(contribution > 0)
        numbers.append(at)
        values.append(contribution[at])
        scopes += [scope or "none"] * len(at)
        names += [group] * len(at)
    return pa.table(
        {
            "number": pa.array(np.concatenate(numbers)),
            "scope": pa.array(scopes, pa.string()),
            "indicator_code": pa.array(
                [name if name in codes else None for name in names], pa.string()
            ),
            "feature_group": pa.array(names, pa.string()),
            "contribution": pa.array(np.concatenate(values)),
        }
    )


def _weighed(
    model: Trained,
    part: str,
    rows: pa.Table,
    told: pa.Table,
    whole: Floats,
    proxies: Collection[str],
) -> pa.Table:
    """Order what lifts, and add what is left of the whole."""
    number = told["number"].to_numpy()
    contribution = told["contribution"].to_numpy()
    # Sums and differences of multiples of 2 ** -20 are exact.
    rest = whole - totals(number, contribution, len(rows))
    told = told.append_column(
        "is_label_proxy", pc.is_in(told["feature_group"], pa.array(sorted(proxies), pa.string()))
    ).sort_by(
        [
            ("number", "ascending"),
            ("contribution", "descending"),
            ("feature_group", "ascending"),
            ("scope", "ascending"),
        ]
    )
    everything_else = pa.table(
        {
            "number": pa.array(np.arange(len(rows))),
            "scope": pa.repeat(pa.scalar("none"), len(rows)),
            "indicator_code": pa.nulls(len(rows), pa.string()),
            "feature_group": pa.repeat(pa.scalar(EVERYTHING_ELSE), len(rows)),
            "contribution": pa.array(rest),
            "is_label_proxy": pa.repeat(pa.scalar(False), len(rows)),
            "nth": pa.nulls(len(rows), pa.int32()),
        }
    )
    together = pa.concat_tables(
        [told.append_column("nth", _places(told["number"].to_numpy())), everything_else]
    ).sort_by([("number", "ascending"), ("nth", "ascending")])
    who = rows.take(together["number"])
    return (
        pa.table(
            {
                "model": pa.repeat(pa.scalar(model.configuration.name), len(together)),
                "person_id": who["person_id"],
                "as_of_date": who["as_of_date"],
                "part": pa.repeat(pa.scalar(part), len(together)),
                **{name: together[name] for name in _REASONS.names[4:]},
            }
        )
        .select(_REASONS.names)
        .cast(_REASONS)
    )


def _places(numbers: Ints) -> pa.Array:
    """Give the place of each row among those of its number, from 1; rows of one stand together."""
    starts: Bools = np.append(True, numbers[1:] != numbers[:-1])[: len(numbers)]
    first = np.flatnonzero(starts)
    return pa.array(
        (
            np.arange(len(numbers)) - np.repeat(first, np.diff(np.append(first, len(numbers)))) + 1
        ).astype(np.int32)
    )
