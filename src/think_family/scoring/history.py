"""What is kept of each run's scores, so that they can be replayed and their drift be seen.

Of every person the bin of each term is kept beside the score, two hex digits a term, and what each
indicator of the index counted: with the parameters of the version, from which they follow to the
last digit, they say why a score was what it was, and which feature is another when it is no longer
the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from think_family.errors import ThinkFamilyError
from think_family.scoring.applying import bins_of
from think_family.scoring.assess_drift import stability_of_counts, verdict_of
from think_family.scoring.columns import Floats, values_of
from think_family.scoring.index import index_score
from think_family.scoring.nearness import NEAR, near_score
from think_family.scoring.parameters import (
    AdditiveParameters,
    IndexParameters,
    Parameters,
    method_of,
    parameters_from,
    version_of,
)

#: Scores are counted in bins that begin at these; ten of ten each.
SCORE_EDGES = tuple(float(edge) for edge in range(10, 100, 10))
SCORES = ("score", "model_score", "index_score")

#: Of fewer people than this nothing is said, for chance alone would move them.
FEWEST_PEOPLE = 100

FEATURE, SCORE = "feature", "score"

FIRST_RUN = "first run"
OTHER_VERSION = "other version"
TOO_FEW = "too few people"

_PAIR = ["person_id", "as_of_date"]

_READ = pa.schema(
    [
        ("version", pa.string()),
        ("model", pa.string()),
        ("method", pa.string()),
        ("content", pa.string()),
    ]
)
_RECORDED = pa.schema(
    [
        ("model", pa.string()),
        ("person_id", pa.string()),
        ("as_of_date", pa.date32()),
        ("model_version", pa.string()),
        ("index_version", pa.string()),
        ("log_odds", pa.float64()),
        ("index_points", pa.float64()),
        ("model_score", pa.float64()),
        ("index_score", pa.float64()),
        ("score", pa.float64()),
        ("winner", pa.string()),
        ("level", pa.string()),
        ("known_by", pa.string()),
        ("bins", pa.string()),
        ("points", pa.string()),
    ]
)
_BINNED = pa.schema(
    [
        ("model", pa.string()),
        ("version", pa.string()),
        ("what", pa.string()),
        ("column_name", pa.string()),
        ("bin", pa.int32()),
        ("lower_edge", pa.float64()),
        ("is_missing", pa.bool_()),
        ("n_people", pa.int32()),
    ]
)
_DRIFTED = pa.schema(
    [
        ("run_number", pa.int32()),
        ("model", pa.string()),
        ("what", pa.string()),
        ("column_name", pa.string()),
        ("version", pa.string()),
        ("n_people", pa.int32()),
        ("missing_share", pa.float64()),
        ("earlier_run_number", pa.int32()),
        ("earlier_n_people", pa.int32()),
        ("earlier_missing_share", pa.float64()),
        ("psi", pa.float64()),
        ("verdict", pa.string()),
    ]
)


# ---- What is kept -------------------------------------------------------------------------------


def parameters_read(folder: Path) -> pa.Table:
    """Read the files of parameters: version, model, method and the text of each file.

    Args:
        folder: Where the configurations of models are; the files are below `parameters`.

    Raises:
        ThinkFamilyError: A file was changed since it was written, or is none of parameters.
    """
    rows = []
    for path in sorted((folder / "parameters").glob("*.json")):
        content = path.read_text(encoding="utf-8")
        try:
            parameters = parameters_from(content)
        except ThinkFamilyError as error:
            raise ThinkFamilyError(f"{path}: {error.message}") from None
        rows.append(
            {
                "version": version_of(parameters),
                "model": parameters.model,
                "method": method_of(parameters),
                "content": content,
            }
        )
    return pa.Table.from_pylist(rows, schema=_READ)


def parameters_by_version(read: pa.Table) -> dict[str, Parameters]:
    """Give parameters by their version, from rows as of `parameters_read`."""
    rows = read.select(["version", "content"]).to_pylist()
    return {row["version"]: parameters_from(row["content"]) for row in rows}


def features_needed(parameters: Iterable[Parameters]) -> list[str]:
    """Name the features that any glass box among parameters uses, in order of their names."""
    return sorted(
        {
            term.feature
            for each in parameters
            if isinstance(each, AdditiveParameters)
            for term in each.terms
        }
    )


def scores_recorded(
    scored: pa.Table,
    features: Any,
    windowed: Any,
    neared: pa.Table,
    parameters: Mapping[str, Parameters],
) -> pa.Table:
    """Tell of each score what it was made from.

    Args:
        scored: `int_scores__persons_scored`.
        features: `int_features__persons_described` of these persons and days, with what
            `features_needed` names.
        windowed: `int_features__indicators_windowed` of them.
        neared: `int_scores__adults_neared`.
        parameters: By version.

    Returns:
        The scores, ordered by model and person, with `bins` and `points`: as `bins_told` and
        `Indexed.points_told` give them, null where there is no model or no index.

    Raises:
        ThinkFamilyError: The parameters of a version are missing, or a person is not described.
    """
    columns = [name for name in _RECORDED.names if name not in ("bins", "points")]
    rows = scored.select(columns).sort_by([("model", "ascending"), ("person_id", "ascending")])
    told = [_RECORDED.empty_table()]
    for versions in _versions(rows):
        model_version, index_version = versions
        part = rows.filter(
            pc.and_(
                _equal(rows["model_version"], model_version),
                _equal(rows["index_version"], index_version),
            )
        )
        # A version is of one model, so that a person and day stands once.
        bins = points = pa.nulls(len(part), pa.string())
        if model_version is not None:
            glass_box = parameters.get(model_version)
            if not isinstance(glass_box, AdditiveParameters):
                raise _unknown(model_version)
            bins = bins_told(glass_box, _in_order(part, features, glass_box))
        if index_version is not None:
            index = parameters.get(index_version)
            if not isinstance(index, IndexParameters):
                raise _unknown(index_version)
            points = indexed(index, part.select(_PAIR), windowed, neared).points_told
        told.append(
            part.append_column("bins", bins)
            .append_column("points", points)
            .select(_RECORDED.names)
            .cast(_RECORDED)
        )
    return pa.concat_tables(told).sort_by([("model", "ascending"), ("person_id", "ascending")])


def _versions(rows: pa.Table) -> list[tuple[str | None, str | None]]:
    pairs = rows.group_by(["model", "model_version", "index_version"]).aggregate([])
    found = {(row["model_version"], row["index_version"]) for row in pairs.to_pylist()}
    return sorted(found, key=lambda pair: (pair[0] or "", pair[1] or ""))


def _equal(column: pa.ChunkedArray, value: str | None) -> pa.ChunkedArray:
    return pc.is_null(column) if value is None else pc.fill_null(pc.equal(column, value), False)


def _unknown(version: str) -> ThinkFamilyError:
    return ThinkFamilyError(f"There is no file of the parameters {version}, which people have.")


def _in_order(part: pa.Table, features: Any, parameters: AdditiveParameters) -> pa.Table:
    """Give the features of persons and days, in the order in which these stand."""
    numbered = part.select(_PAIR).append_column("number", pa.array(np.arange(len(part))))
    named = [*_PAIR, *(term.feature for term in parameters.terms)]
    joined = numbered.join(features.select(named), _PAIR, join_type="inner").sort_by("number")
    if joined["number"].to_pylist() != list(range(len(part))):
        raise ThinkFamilyError("Not everybody who was scored is described, each once.")
    return joined


def bins_told(parameters: AdditiveParameters, features: Any) -> pa.Array:
    """Write down the bin of every term, two hex digits a term, one text per row."""
    if not parameters.terms:
        return pa.array([""] * len(features), pa.string())
    bins = np.column_stack(
        [bins_of(values_of(features, term.feature), term.edges) for term in parameters.terms]
    )
    told, width = bins.tobytes().hex(), 2 * len(parameters.terms)
    return pa.array(
        [told[start : start + width] for start in range(0, len(told), width)], pa.string()
    )


def bins_read(parameters: AdditiveParameters, told: Sequence[str]) -> npt.NDArray[np.uint8]:
    """Read what `bins_told` wrote: a row per text and a column per term.

    Raises:
        ThinkFamilyError: A text is not of these parameters.
    """
    n_terms = len(parameters.terms)
    try:
        bins = np.frombuffer(bytes.fromhex("".join(told)), dtype=np.uint8).reshape(-1, n_terms)
    except ValueError:
        bins = np.zeros((0, n_terms), dtype=np.uint8)
    most = np.array([len(term.edges) + 1 for term in parameters.terms], dtype=np.uint8)
    if (
        len(bins) != len(told)
        or (bins > most).any()
        or any(len(text) != 2 * n_terms for text in told)
    ):
        raise ThinkFamilyError("What is kept of the bins of features is not of these parameters.")
    return bins


def log_odds_of(parameters: AdditiveParameters, told: str) -> float:
    """Add up what the bins of a person contribute: the log-odds, to the last digit."""
    if not parameters.terms:
        return parameters.base
    (bins,) = bins_read(parameters, [told])
    return parameters.base + math.fsum(
        (*term.contributions, term.missing)[number]
        for term, number in zip(parameters.terms, bins, strict=True)
    )


@dataclass(frozen=True)
class Indexed:
    """What an index of any kind says of persons and days.

    Attributes:
        points: Of each row.
        score: Of each row, from 0 to 100.
        points_told: Of each row what each indicator, or each number of steps to children who are
            near, counts, as `code=points` in the order of codes.
    """

    points: Floats
    score: Floats
    points_told: pa.Array


def indexed(
    parameters: IndexParameters, spine: pa.Table, windowed: Any, neared: pa.Table
) -> Indexed:
    """Score persons and days by an index, and write down what counted.

    Args:
        parameters: The index.
        spine: person_id and as_of_date, once each.
        windowed: As `index_score` takes it.
        neared: As `near_score` takes it, with the model.
    """
    if parameters.kind == NEAR:
        of_model = neared.filter(pc.equal(neared["model"], parameters.model))
        near = near_score(parameters, spine, of_model)
        points, scores = near.points, near.score
        numbers = near.contributions["number"].to_pylist()
        # The group says in words how many steps away; the number of steps is the first in it.
        names = [
            f"n_hops_{''.join(filter(str.isdigit, group))}"
            for group in near.contributions["feature_group"].to_pylist()
        ]
        counted = near.contributions["contribution"].to_pylist()
    else:
        found = index_score(parameters, spine, windowed)
        points, scores = values_of(found.rows, "points"), values_of(found.rows, "score")
        numbered = spine.append_column("number", pa.array(np.arange(len(spine))))
        told = found.contributions.join(numbered, _PAIR, join_type="inner")
        numbers = told["number"].to_pylist()
        names = told["indicator_code"].to_pylist()
        counted = told["contribution"].to_pylist()
    of: list[list[str]] = [[] for _ in range(len(spine))]
    for number, name, count in zip(numbers, names, counted, strict=True):
        of[number].append(f"{name}={count!r}")
    return Indexed(points, scores, pa.array([" ".join(sorted(each)) for each in of], pa.string()))


def points_read(told: str) -> dict[str, float]:
    """Read what `Indexed.points_told` says: points by indicator."""
    pairs = (each.split("=") for each in told.split())
    return {code: float(points) for code, points in pairs}


# ---- Drift --------------------------------------------------------------------------------------


def bins_counted(recorded: pa.Table, parameters: Mapping[str, Parameters]) -> pa.Table:
    """Count the people in each bin of each feature and score, of each model.

    Args:
        recorded: As of `scores_recorded`.
        parameters: By version.

    Returns:
        A row per model, version, column and bin, those that are empty too; of features and the
        model's score the version is that of the model, of the others none is told.
    """
    rows: list[dict[str, Any]] = []
    for model in sorted(pc.unique(recorded["model"]).to_pylist()):
        of_model = recorded.filter(pc.equal(recorded["model"], model))
        for version in sorted(pc.unique(of_model["model_version"]).drop_null().to_pylist()):
            glass_box = parameters[version]
            if not isinstance(glass_box, AdditiveParameters) or not glass_box.terms:
                continue
            part = of_model.filter(pc.equal(of_model["model_version"], version))
            bins = bins_read(glass_box, part["bins"].to_pylist())
            for nth, term in enumerate(glass_box.terms):
                rows += _counts(model, version, FEATURE, term.feature, term.edges, bins[:, nth])
        for score in SCORES:
            values = values_of(of_model, score)
            # What nobody has is not counted: a model that does not learn has no score of its own.
            if not np.isnan(values).all():
                bins_of_score = bins_of(values, SCORE_EDGES)
                rows += _counts(model, None, SCORE, score, SCORE_EDGES, bins_of_score)
    return pa.Table.from_pylist(rows, schema=_BINNED)


def _counts(
    model: str,
    version: str | None,
    what: str,
    column: str,
    edges: Sequence[float],
    bins: npt.NDArray[np.uint8],
) -> list[dict[str, Any]]:
    n_bins = len(edges) + 2
    return [
        {
            "model": model,
            "version": version,
            "what": what,
            "column_name": column,
            "bin": number,
            "lower_edge": edges[number - 1] if 0 < number <= len(edges) else None,
            "is_missing": number == n_bins - 1,
            "n_people": int(count),
        }
        for number, count in enumerate(np.bincount(bins, minlength=n_bins))
    ]


def drift_measured(runs: pa.Table, bins: pa.Table, *, least_count: int) -> pa.Table:
    """Tell of every run how far each feature and score has shifted since the one before.

    Bins are the same while the version is; between versions a feature has no common bins, and the
    shift is not told. Scores have the same bins always: of another version, a shift may be the
    model's own.

    Args:
        runs: A row per model and run that readers see: model, invocation_id, run_number,
            as_of_date.
        bins: A row per run, model, column and bin, as of `bins_counted` with invocation_id.
        least_count: A share that fewer people than this make up, or all but so few, is not told.

    Returns:
        A row per run, model and column.
    """
    counted: dict[tuple[str, str], dict[tuple[str, str], list[dict[str, Any]]]] = {}
    for row in bins.to_pylist():
        of_run = counted.setdefault((row["model"], row["invocation_id"]), {})
        of_run.setdefault((row["what"], row["column_name"]), []).append(row)
    rows: list[dict[str, Any]] = []
    earlier: dict[str, dict[str, Any]] = {}
    order = ["model", "as_of_date", "run_number"]
    for run in runs.sort_by([(name, "ascending") for name in order]).to_pylist():
        before = earlier.get(run["model"])
        now = counted.get((run["model"], run["invocation_id"]), {})
        then = counted.get((run["model"], before["invocation_id"]), {}) if before else {}
        for (what, column), cells in sorted(now.items()):
            told = _Counted(cells, least_count)
            old = _Counted(then[what, column], least_count) if (what, column) in then else None
            rows.append(
                {
                    "run_number": run["run_number"],
                    "model": run["model"],
                    "what": what,
                    "column_name": column,
                    "version": told.version,
                    "n_people": told.n_people,
                    "missing_share": told.missing_share,
                    "earlier_run_number": before["run_number"] if before else None,
                    "earlier_n_people": old.n_people if old else None,
                    "earlier_missing_share": old.missing_share if old else None,
                    **_shift(told, old, is_first=before is None),
                }
            )
        earlier[run["model"]] = run
    return pa.Table.from_pylist(rows, schema=_DRIFTED)


class _Counted:
    """A column of one run: how many people in which bins."""

    def __init__(self, cells: list[dict[str, Any]], least_count: int) -> None:
        cells = sorted(cells, key=lambda cell: int(cell["bin"]))
        self.counts = [int(cell["n_people"]) for cell in cells]
        self.edges = [cell["lower_edge"] for cell in cells]
        self.version: str | None = cells[0]["version"]
        n_people, n_missing = sum(self.counts), self.counts[-1]
        self.is_small = n_people < FEWEST_PEOPLE
        self.n_people = None if self.is_small else n_people
        is_told = not self.is_small and not any(
            0 < n < least_count for n in (n_missing, n_people - n_missing)
        )
        self.missing_share = n_missing / n_people if is_told else None


def _shift(now: _Counted, then: _Counted | None, *, is_first: bool) -> dict[str, Any]:
    if is_first:
        return {"psi": None, "verdict": FIRST_RUN}
    if then is None or then.version != now.version or then.edges != now.edges:
        return {"psi": None, "verdict": OTHER_VERSION}
    if now.is_small or then.is_small:
        return {"psi": None, "verdict": TOO_FEW}
    psi = stability_of_counts(then.counts, now.counts).psi
    return {"psi": psi, "verdict": verdict_of(psi)}
