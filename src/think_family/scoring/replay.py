"""Past scores computed again: from what is recorded today, by what was known on their day.

The run ledger tells the run, the parameters by their version, and each score with the bins of the
person's features and what each indicator counted. The features of the day are taken from the
warehouse where it has them; otherwise they are built in a copy of it, of these persons alone. Then
the score is computed anew, and compared to the last digit.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from think_family.errors import ThinkFamilyError
from think_family.project import project_digest
from think_family.publication.manifest import LoadedFile, extracts_digest
from think_family.publication.runs import KILLED, UNDER_WAY, Run, runs_of_ledger
from think_family.publication.warehouse import AbsentError, Copy, Rows, Warehouse
from think_family.scoring.applying import score
from think_family.scoring.columns import BOOLEAN
from think_family.scoring.history import (
    bins_read,
    bins_told,
    indexed,
    log_odds_of,
    points_read,
)
from think_family.scoring.index import combined
from think_family.scoring.nearness import NEAR
from think_family.scoring.parameters import (
    AdditiveParameters,
    IndexParameters,
    Parameters,
    parameters_from,
)
from think_family.sql import literal, quoted

_DESCRIBED = "intermediate.int_features__persons_described"
_WINDOWED = "intermediate.int_features__indicators_windowed"
_NEARED = "intermediate.int_scores__adults_neared"
_COHORTS = "intermediate.int_scores__cohorts_gathered"
_LISTED = "intermediate.int_features__person_dates_listed"
_EVERYBODYS_DAYS = "intermediate.int_features__as_of_dates_listed"
_REGISTRIES = {
    "person": "intermediate.int_identity__person_ids_registered",
    "family": "intermediate.int_identity__family_ids_registered",
}

_ID = re.compile(r"[0-9A-Za-z_-]+")
_PROGRESS = re.compile(r"(\d+) of (\d+) (OK|ERROR|SKIP)")
_FAILED = re.compile(r"ERROR creating \S+ (?:\S+ )*?model (\S+)")

Pair = tuple[str, date]
Advance = Callable[[int, int], None]
_Told = tuple[Parameters | None, str | None]


class CannotReplayError(ThinkFamilyError):
    """There is nothing to compare; another exit code than that of a score that differs."""

    exit_code = 2


@dataclass(frozen=True)
class KeptScore:
    """A score as the run ledger keeps it, with what it was made from."""

    model: str
    person_id: str
    as_of_date: date
    model_version: str | None
    index_version: str | None
    log_odds: float | None
    index_points: float | None
    model_score: float | None
    index_score: float | None
    score: float | None
    winner: str | None
    bins: str | None
    points: str | None


@dataclass(frozen=True)
class Again:
    """A score computed again; what cannot be computed is None."""

    log_odds: float | None = None
    index_points: float | None = None
    model_score: float | None = None
    index_score: float | None = None
    score: float | None = None
    winner: str | None = None
    bins: str | None = None
    points: str | None = None


#: What must be the same to the last digit.
COMPARED = ("log_odds", "index_points", "model_score", "index_score", "score", "winner")


@dataclass(frozen=True)
class Changed:
    """A feature or an indicator that is another now; values are of the person, and not shown.

    Attributes:
        name: The feature, or the indicator of the index.
        part: model or index.
        kept: What it was: the bin, in words, or points.
        now: What it is.
    """

    name: str
    part: str
    kept: str
    now: str


@dataclass(frozen=True)
class Replayed:
    """What came of a score.

    Attributes:
        kept: The score as it was.
        again: What was computed; None where it could not be.
        is_equal: Whether all that counts is the same.
        different: Names of what is not, of `COMPARED`.
        changed: Features and indicators that are others now.
        reasons: Why, as far as it can be told; of what changed without a change of the score too.
    """

    kept: KeptScore
    again: Again | None
    is_equal: bool
    different: tuple[str, ...]
    changed: tuple[Changed, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Replay:
    """A run whose scores were computed again.

    Attributes:
        run: The run.
        as_of_date: Day of its data.
        scores: What came of each, by person and model.
        n_built: Persons and days whose features were built in a copy.
    """

    run: Run
    as_of_date: date
    scores: tuple[Replayed, ...]
    n_built: int


# ---- Asking the ledger --------------------------------------------------------------------------


def find_run(runs: Sequence[Run], wanted: str) -> Run:
    """Give the run of a number, of an id, or of the beginning of an id that no other has.

    Raises:
        CannotReplayError: There is none, or more than one.
    """
    found = [
        run
        for run in runs
        if wanted in (str(run.run_number), run.invocation_id)
        or (len(wanted) >= 4 and run.invocation_id.startswith(wanted))
    ]
    if len(found) == 1:
        return found[0]
    told = "More than one run begins with" if found else "No run of this warehouse is called"
    raise CannotReplayError(
        f"{told} {wanted}. `think-family runs` lists them: name the number or the id of one."
    )


def _run_named(warehouse: Warehouse, wanted: str) -> Run:
    run = find_run(runs_of_ledger(warehouse), wanted)
    try:
        [(n_scores,)] = warehouse.built(
            "scores of runs",
            "select count(*) from run_ledger.scores_kept"
            f" where invocation_id = {literal(run.invocation_id)}",
        )
    except AbsentError as error:
        raise CannotReplayError(
            f"{error.message}: no run has kept any yet. Run `dbt build`."
        ) from None
    if n_scores:
        return run
    if run.outcome in (KILLED, UNDER_WAY):
        why = {
            KILLED: "was killed before it scored anybody",
            UNDER_WAY: "is under way and has scored nobody yet",
        }[run.outcome]
    elif run.selection or run.command != "build":
        why = f"was told to build a part (`{run.command} {run.selection}`), and scored nobody"
    else:
        why = "scored nobody: it failed before, or no model has parameters"
    raise CannotReplayError(
        f"Run {run.run_number} {why}. `think-family runs` lists the others; those that are"
        " published have scores."
    )


def _kept(
    warehouse: Warehouse, run: Run, persons: Sequence[str], models: Collection[str]
) -> list[KeptScore]:
    columns = ", ".join(field.name for field in fields(KeptScore))
    known = [person for person in persons if _ID.fullmatch(person)]
    of = ", ".join(literal(person) for person in known) or "null"
    rows = warehouse.built(
        "scores of runs",
        f"select {columns} from run_ledger.scores_kept"
        f" where invocation_id = {literal(run.invocation_id)} and person_id in ({of})"
        " order by person_id, model",
    )
    kept = [KeptScore(*row) for row in rows]
    lacking = [p for p in dict.fromkeys(persons) if p not in {score.person_id for score in kept}]
    if lacking:
        raise CannotReplayError(_not_scored(warehouse, run, lacking))
    if models:
        of_run = {
            model
            for (model,) in warehouse.built(
                "scores of runs",
                "select distinct model from run_ledger.scores_kept"
                f" where invocation_id = {literal(run.invocation_id)}",
            )
        }
        unknown = sorted(set(models) - of_run)
        if unknown:
            raise CannotReplayError(
                f"Run {run.run_number} has no scores of a model {', '.join(unknown)}. It has those"
                f" of {', '.join(sorted(of_run))}."
            )
        kept = [score for score in kept if score.model in models]
        if not kept:
            raise CannotReplayError(
                f"In run {run.run_number} the person was in no cohort of {', '.join(models)}."
                " Leave --model out to see the models that scored the person."
            )
    return kept


def _not_scored(warehouse: Warehouse, run: Run, persons: Sequence[str]) -> str:
    known = [person for person in persons if _ID.fullmatch(person)]
    of = ", ".join(literal(person) for person in known) or "null"
    ids = f"select person_id, previous_person_id from {_REGISTRIES['person']}"
    rows = warehouse.built(
        "registry of person ids", f"{ids} where person_id in ({of}) or previous_person_id in ({of})"
    )
    borne = {person for row in rows for person in row}
    said = []
    for person in persons:
        if person in borne:
            why = (
                "was in no model's cohort, or did not have this id yet; the mart"
                " fct_identity_change tells which ids became others"
            )
        else:
            why = "is no id that this warehouse ever gave; dim_person has them"
        said.append(f"{person} {why}")
    return f"Run {run.run_number} scored nobody of this id: {'; '.join(said)}."


def _parameters(warehouse: Warehouse, version: str) -> _Told:
    """Give the parameters of a version, or why they cannot be read."""
    rows = warehouse.built(
        "parameters of scores",
        f"select content from run_ledger.parameters_kept where version = {literal(version)}",
    )
    if not rows:
        return None, f"the parameters {version} are missing from the run ledger"
    try:
        parameters = parameters_from(rows[0][0])
    except ThinkFamilyError as error:
        return None, f"the parameters {version} are no longer what they were: {error.message}"
    return parameters, None


# ---- Features -----------------------------------------------------------------------------------


def _pairs_in(pairs: Collection[Pair]) -> str:
    return ", ".join(
        f"({literal(person)}, date {literal(day.isoformat())})" for person, day in sorted(pairs)
    )


def _described(warehouse: Warehouse, pairs: Collection[Pair]) -> set[Pair]:
    rows = warehouse.built(
        "features of persons",
        f"select person_id, as_of_date from {_DESCRIBED}"
        f" where (person_id, as_of_date) in ({_pairs_in(pairs)})",
    )
    return {(person, day) for person, day in rows}


def build_features(
    copy: Copy,
    pairs: Collection[Pair],
    near: Collection[tuple[str, str, date]],
    variables: str,
    root: Path,
    advance: Advance,
) -> None:
    """Build in a copy of the warehouse the features of these persons and days, and of no others.

    Args:
        copy: The copy.
        pairs: Persons and days.
        near: Models by network, persons and days, of whom it is wanted who is near.
        variables: What the run was told on its command line, as JSON.
        root: Folder of the project.
        advance: Is told how many models are done, and of how many.

    Raises:
        CannotReplayError: dbt could not build them.
    """
    # Of nobody else, and of no day of everybody: then what stands below is quick.
    statements = [
        f"delete from {_EVERYBODYS_DAYS}",
        f"delete from {_LISTED}",
        f"insert into {_LISTED} (person_id, as_of_date) values {_pairs_in(pairs)}",
    ]
    selected = ["int_features__person_dates_listed+,+int_features__persons_described"]
    if near:
        rows = ", ".join(
            f"({literal(f'{model} {person}')}, {literal(model)}, {literal(person)},"
            f" date {literal(day.isoformat())})"
            for model, person, day in sorted(near)
        )
        statements += [
            f"delete from {_COHORTS}",
            f"insert into {_COHORTS} (cohort_key, model, person_id, as_of_date) values {rows}",
        ]
        selected.append("int_scores__adults_neared")
    copy.change(*statements)
    command = [
        *(sys.executable, "-m", "dbt.cli.main", "--no-use-colors"),
        *("run", "--project-dir", str(root), "--profiles-dir", str(root)),
        *("--target", copy.target, "--vars", variables),
        *("--select", *selected),
        *("--exclude", "int_features__person_dates_listed"),
    ]
    environment = {
        **os.environ,
        **copy.environment,
        "DBT_TARGET_PATH": str(copy.folder / "target"),
        "DBT_LOG_PATH": str(copy.folder / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    failed = []
    with subprocess.Popen(  # noqa: S603 - the project's own command
        command,
        cwd=root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as dbt:
        for line in dbt.stdout or ():
            if found := _PROGRESS.search(line):
                advance(int(found[1]), int(found[2]))
            if found := _FAILED.search(line):
                failed.append(found[1])
    if dbt.returncode:
        what = f"dbt failed at {', '.join(failed)}" if failed else "dbt did not come to build them"
        raise CannotReplayError(
            f"The features of that day cannot be built in a copy: {what}. `dbt build` tells what"
            " is wrong; what was built and published is as it was."
        )


def _features(warehouse: Warehouse, parameters: AdditiveParameters, pair: Pair) -> pa.Table | None:
    """Give the row of a person and day with the features of a model; None where there is none."""
    names = [term.feature for term in parameters.terms]
    columns = ", ".join(quoted(name) for name in names) or "1"
    rows = warehouse.built(
        "features of the model",
        f"select {columns} from {_DESCRIBED}"
        f" where (person_id, as_of_date) in ({_pairs_in([pair])})",
    )
    if not rows:
        return None
    arrays = [
        pa.array([value], pa.bool_())
        if term.kind == BOOLEAN
        else pa.array([None if value is None else float(value)], pa.float64())
        for term, value in zip(parameters.terms, rows[0], strict=False)
    ]
    return pa.table(arrays, names=names)


def _windowed(warehouse: Warehouse, pair: Pair) -> pa.Table:
    rows = warehouse.built(
        "windows of indicators",
        f"select indicator_code, weight from {_WINDOWED}"
        f" where (person_id, as_of_date) in ({_pairs_in([pair])}) and weight is not null",
    )
    return pa.table(
        {
            "person_id": pa.array([pair[0]] * len(rows), pa.string()),
            "as_of_date": pa.array([pair[1]] * len(rows), pa.date32()),
            "indicator_code": pa.array([code for code, _ in rows], pa.string()),
            "weight": pa.array([float(weight) for _, weight in rows], pa.float64()),
        }
    )


def _neared(warehouse: Warehouse, pair: Pair) -> pa.Table:
    rows = warehouse.built(
        "adults near children at risk",
        f"select model, n_hops, points from {_NEARED}"
        f" where (person_id, as_of_date) in ({_pairs_in([pair])})",
    )
    return pa.table(
        {
            "model": pa.array([model for model, _, _ in rows], pa.string()),
            "person_id": pa.array([pair[0]] * len(rows), pa.string()),
            "as_of_date": pa.array([pair[1]] * len(rows), pa.date32()),
            "n_hops": pa.array([hops for _, hops, _ in rows], pa.int32()),
            "points": pa.array([points for _, _, points in rows], pa.float64()),
        }
    )


# ---- Computing and comparing --------------------------------------------------------------------


def compute(
    pair: Pair,
    glass_box: AdditiveParameters | None,
    index: IndexParameters | None,
    features: pa.Table | None,
    windowed: pa.Table,
    neared: pa.Table,
) -> Again:
    """Compute the score of one person and day.

    Args:
        pair: Person and day.
        glass_box: The model, if it learns.
        index: The index, if there is one.
        features: One row, with the features of the model; needed where there is one.
        windowed: Windows of the person's indicators.
        neared: Children at risk who are near an adult.
    """
    again = Again()
    nothing = float("nan")
    model_score = index_points = index_scored = nothing
    if glass_box is not None and features is not None:
        scored = score(glass_box, features if glass_box.terms else pa.table({"row": [1]}))
        model_score = float(scored.score[0])
        again = replace(
            again,
            log_odds=float(scored.log_odds[0]),
            model_score=model_score,
            bins=bins_told(glass_box, features)[0].as_py() if glass_box.terms else "",
        )
    if index is not None:
        spine = pa.table(
            {
                "person_id": pa.array([pair[0]], pa.string()),
                "as_of_date": pa.array([pair[1]], pa.date32()),
            }
        )
        found = indexed(index, spine, windowed, neared)
        index_points, index_scored = float(found.points[0]), float(found.score[0])
        again = replace(
            again,
            index_points=index_points,
            index_score=index_scored,
            points=found.points_told[0].as_py(),
        )
    [both] = combined(_floats(model_score), _floats(index_scored)).to_pylist()
    return replace(again, score=both["score"], winner=both["winner"])


def _floats(value: float) -> Any:
    import numpy as np

    return np.array([value])


def different(kept: KeptScore, again: Again) -> tuple[str, ...]:
    """Name what is not the same, to the last digit."""
    return tuple(name for name in COMPARED if getattr(kept, name) != getattr(again, name))


def changed(
    kept: KeptScore,
    again: Again,
    glass_box: AdditiveParameters | None,
) -> tuple[Changed, ...]:
    """Name the features and indicators that are others now."""
    told = []
    if glass_box is not None and glass_box.terms and kept.bins and again.bins:
        then, now = bins_read(glass_box, [kept.bins, again.bins])
        told += [
            Changed(
                term.feature,
                "model",
                _bin_in_words(term.edges, int(old)),
                _bin_in_words(term.edges, int(new)),
            )
            for term, old, new in zip(glass_box.terms, then, now, strict=True)
            if old != new
        ]
    before, after = points_read(kept.points or ""), points_read(again.points or "")
    if kept.points is not None and again.points is not None:
        told += [
            Changed(
                code,
                "index",
                f"{before.get(code, 0.0):g} points",
                f"{after.get(code, 0.0):g} points",
            )
            for code in sorted(before.keys() | after.keys())
            if before.get(code, 0.0) != after.get(code, 0.0)
        ]
    return tuple(told)


def _bin_in_words(edges: Sequence[float], number: int) -> str:
    if number > len(edges):
        return "no value"
    if not edges:
        return "any value"
    if number == 0:
        return f"below {edges[0]:g}"
    if number == len(edges):
        return f"{edges[-1]:g} or more"
    return f"{edges[number - 1]:g} to below {edges[number]:g}"


def replay_scores(
    warehouse: Warehouse,
    run: str,
    persons: Sequence[str],
    *,
    models: Collection[str] = (),
    root: Path,
    advance: Advance = lambda _done, _all: None,
) -> Replay:
    """Compute scores of a run again, and compare them with those that were kept.

    Args:
        warehouse: The warehouse; nothing in it is changed.
        run: Number or id of the run.
        persons: Ids of persons, as of that run.
        models: Models; all if empty.
        root: Folder of the project.
        advance: Is told how far the building of features is, where it is needed.

    Raises:
        CannotReplayError: There is no such run or person, or nothing to compare.
        ThinkFamilyError: The warehouse cannot be asked.
    """
    found = _run_named(warehouse, run)
    kept = _kept(warehouse, found, persons, models)
    pairs = {(score.person_id, score.as_of_date) for score in kept}
    told = {
        version: _parameters(warehouse, version)
        for each in kept
        for version in (each.model_version, each.index_version)
        if version is not None
    }
    # The warehouse knows what is near adults of one day.
    days = {
        day for (day,) in warehouse.built("cohorts", f"select distinct as_of_date from {_COHORTS}")
    }
    near = {
        (each.model, each.person_id, each.as_of_date)
        for each in kept
        if each.as_of_date not in days and _is_near(told.get(each.index_version or ""))
    }
    lacking = pairs - _described(warehouse, pairs) | {(person, day) for _, person, day in near}
    # Who bears no record any more has nothing to build from.
    missing = {pair for pair in lacking if _is_borne(warehouse, pair[0])}
    since = _since(warehouse, found, root)
    with ExitStack() as stack:
        built = warehouse
        if missing:
            _check_project(root)
            copy = stack.enter_context(warehouse.copied())
            build_features(copy, missing, near, since.variables, root, advance)
            built = copy.warehouse
        scores = tuple(
            _replayed(
                each,
                warehouse,
                built if (each.person_id, each.as_of_date) in missing else warehouse,
                told,
                since,
            )
            for each in kept
        )
    return Replay(found, kept[0].as_of_date, scores, len(missing))


def _is_near(told: _Told | None) -> bool:
    index = told[0] if told else None
    return isinstance(index, IndexParameters) and index.kind == NEAR


def _check_project(root: Path) -> None:
    if not (root / "dbt_project.yml").is_file():
        raise CannotReplayError(
            f"{root.resolve()} is not the folder of the project, and the features of that day have"
            " to be built: run the command where dbt_project.yml is."
        )


def _is_borne(warehouse: Warehouse, person: str) -> bool:
    [(n,)] = warehouse.built(
        "identity of persons",
        "select count(*) from intermediate.int_identity__source_persons_identified"
        f" where person_id = {literal(person)}",
    )
    return bool(n)


def _replayed(
    kept: KeptScore,
    warehouse: Warehouse,
    built: Warehouse,
    parameters: Mapping[str, _Told],
    since: _Since,
) -> Replayed:
    glass_box, why_not = parameters.get(kept.model_version or "", (None, None))
    index, why_no_index = parameters.get(kept.index_version or "", (None, None))
    if not isinstance(glass_box, AdditiveParameters):
        glass_box = None
    if not isinstance(index, IndexParameters):
        index = None
    reasons = [why for why in (why_not, why_no_index) if why]
    reasons += _whole(kept, glass_box, index)
    if reasons:
        # What is not whole cannot be held against anything.
        return Replayed(kept, None, False, (), (), tuple(reasons))
    pair = kept.person_id, kept.as_of_date
    if not _described(built, [pair]):
        nobody = "of that day nothing is known of a person of this id any more"
        identity = _identity(warehouse, kept.person_id, since)
        return Replayed(kept, None, False, (), (), (nobody, *identity, *since.told))
    features = None
    if glass_box is not None:
        try:
            features = _features(built, glass_box, pair)
        except AbsentError:
            reason = "this version of the project does not make all features of the model"
            return Replayed(kept, None, False, (), (), (reason, *since.told))
    again = compute(pair, glass_box, index, features, _windowed(built, pair), _neared(built, pair))
    others = different(kept, again)
    moved = changed(kept, again, glass_box)
    if others or moved:
        reasons += _identity(warehouse, kept.person_id, since)
        reasons += _identity_of_others(built, warehouse, pair, since)
        reasons += since.told
        if not reasons:
            reasons.append("nothing is known to have changed: tell the maintainers of the project")
    return Replayed(kept, again, not others, others, moved, tuple(reasons))


def _whole(
    kept: KeptScore, glass_box: AdditiveParameters | None, index: IndexParameters | None
) -> list[str]:
    """Say where what is kept does not hold together: it was changed after it was written."""
    reasons = []
    if glass_box is not None:
        try:
            is_whole = log_odds_of(glass_box, kept.bins or "") == kept.log_odds
        except ThinkFamilyError:
            is_whole = False
        if not is_whole:
            reasons.append("the row of the run ledger was changed: its bins do not add up to it")
    if index is not None and sum(points_read(kept.points or "").values()) != kept.index_points:
        reasons.append("the row of the run ledger was changed: its points do not add up to it")
    return reasons


# ---- Why ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Since:
    """What has changed since a run.

    Attributes:
        registry_runs: By kind of id, the number of the registry's run that the run left behind.
        variables: What the run was told on its command line.
        told: Reasons why any score may be another.
    """

    registry_runs: dict[str, int | None]
    variables: str
    told: tuple[str, ...]


def _since(warehouse: Warehouse, run: Run, root: Path) -> _Since:
    rows = warehouse.built(
        "run ledger",
        "select runs_started.invocation_id, variables, person_registry_run, family_registry_run,"
        " project_digest, extracts_digest"
        " from run_ledger.runs_started left join run_ledger.runs_described"
        " on runs_started.invocation_id = runs_described.invocation_id"
        " order by runs_started.started_at, runs_started.invocation_id",
    )
    place = next(n for n, row in enumerate(rows) if row[0] == run.invocation_id)
    _, variables, _, _, project, extracts = rows[place]
    # How the registries stood after it is how they stood before the next.
    after = rows[place + 1] if place + 1 < len(rows) else None
    told = []
    if (root / "dbt_project.yml").is_file() and project not in (None, project_digest(root)):
        commit = f" (commit {run.commit_hash[:10]})" if run.commit_hash else ""
        told.append(f"the files of the project are others than those of the run{commit}")
    latest = rows[-1][1]
    if variables != latest:
        names = sorted(_differing(json.loads(variables), json.loads(latest)))
        told.append(
            f"the last build was told other variables than the run: {', '.join(names)}; what"
            " features are made of stands as it was told"
        )
    told += _files_since(warehouse, run, extracts)
    return _Since(
        registry_runs={
            "person": after[2] if after else None,
            "family": after[3] if after else None,
        },
        variables=variables,
        told=tuple(told),
    )


def _differing(one: dict[str, Any], other: dict[str, Any]) -> set[str]:
    return {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)}


def _files_since(warehouse: Warehouse, run: Run, digest: str | None) -> list[str]:
    """Tell of files that were loaded since the run, and of those that are of its time."""
    columns = ", ".join(field.name for field in fields(LoadedFile))
    now = sorted(
        LoadedFile(*row)
        for row in warehouse.built(
            "load ledger", f"select {columns} from staging.stg_load_ledger__files"
        )
    )
    if digest in (None, extracts_digest(now)):
        return []
    published: Rows = warehouse.built(
        "run ledger",
        "select source_system, source_extract, source_file, file_sha256"
        " from run_ledger.files_published inner join run_ledger.runs_started"
        " on files_published.invocation_id = runs_started.invocation_id"
        " where started_at <= (select started_at from run_ledger.runs_started"
        f" where invocation_id = {literal(run.invocation_id)})",
    )
    known = {tuple(row) for row in published}
    new = [
        file
        for file in now
        if (file.source_system, file.source_extract, file.source_file, file.file_sha256)
        not in known
    ]
    if not new:
        return ["files that the run stood on were replaced or removed since"]
    told = [
        f"{len(new)} files were loaded since the run: a row in them that was recorded by the day"
        " counts for the day, and one that is corrected may tell of it otherwise"
    ]
    late = sorted(
        {
            f"{file.source_system}/{file.source_extract}"
            for file in new
            if run.as_of_date is not None and file.extract_date <= run.as_of_date
        }
    )
    if late:
        told.append(f"of these some are dated no later than the day itself: {', '.join(late)}")
    return told


def _identity(warehouse: Warehouse, person: str, since: _Since) -> list[str]:
    """Tell what the registries of ids have learnt of a person since."""
    told = []
    last = since.registry_runs["person"]
    if last is not None:
        rows = warehouse.built(
            "registry of person ids",
            f"select person_id, previous_person_id from {_REGISTRIES['person']}"
            f" where registry_run > {last}"
            f" and (person_id = {literal(person)} or previous_person_id = {literal(person)})",
        )
        n_gone = sum(before == person and now != person for now, before in rows)
        n_come = sum(now == person and before not in (None, person) for now, before in rows)
        n_new = sum(now == person and before is None for now, before in rows)
        if n_gone:
            told.append(
                "records of the person have passed to another id since (fct_identity_change)"
            )
        if n_come:
            told.append(
                "records of another id have passed to the person since (fct_identity_change)"
            )
        if n_new:
            told.append("further records were found to be the person's since")
    last = since.registry_runs["family"]
    if last is not None:
        [(n_stays,)] = warehouse.built(
            "registry of family ids",
            "select count(*) from intermediate.int_identity__family_members_identified as members"
            f" inner join {_REGISTRIES['family']} as registry"
            " on members.membership_id = registry.member_key"
            f" where members.person_id = {literal(person)} and registry.registry_run > {last}",
        )
        if n_stays:
            told.append("the person's stays in families are known otherwise since")
    return told


def _identity_of_others(
    built: Warehouse, warehouse: Warehouse, pair: Pair, since: _Since
) -> list[str]:
    """Tell whether people near the person have become others since."""
    last = since.registry_runs["person"]
    if last is None:
        return []
    moved = warehouse.built(
        "registry of person ids",
        f"select distinct person_id, previous_person_id from {_REGISTRIES['person']}"
        f" where registry_run > {last}",
    )
    ids = {person for row in moved for person in row if person}
    told = []
    for what, relation, column in (
        ("relatives", "int_features__relatives_paired", "relative_id"),
        ("associates", "int_features__associates_reached", None),
    ):
        # Only in a copy is what was reached the person's alone.
        if column is None and built is warehouse:
            continue
        near = built.built(
            what,
            f"select distinct {column or 'person_id'} from intermediate.{relation}"
            f" where as_of_date = date {literal(pair[1].isoformat())}"
            + (f" and person_id = {literal(pair[0])}" if column else ""),
        )
        if ids & {person for (person,) in near} - {pair[0]}:
            told.append(
                f"records of {what} of the person, or of people near them, have come or changed ids"
                " since"
            )
    return told
