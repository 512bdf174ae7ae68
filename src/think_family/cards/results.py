"""Results of trials that are kept: small tables that people read, with no person in them.

A warehouse is made anew each day; what its models were found to be worth must outlast it. So what
was assessed is kept as CSV files, a file per table, that pages are made from. Their first line says
of whom the figures are, and whether they may be published as accuracy.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import takewhile
from pathlib import Path
from typing import Any

import pyarrow as pa

from think_family.disclosure import is_told_of, told_count
from think_family.errors import ThinkFamilyError
from think_family.publication.warehouse import AbsentError, Warehouse
from think_family.scoring.assess import EVERYONE, NOT_KNOWN, SCHEMAS
from think_family.scoring.assess_groups import NOT_ENOUGH
from think_family.scoring.measures import LEAD_TIMES
from think_family.scoring.rows import NOT_RECORDED
from think_family.scoring.trials_assessed import (
    AS_CONFIGURED,
    GROUPINGS,
    KNOWN_ALREADY,
    SCORES,
    TWICE_MISSING,
)

Row = dict[str, Any]

#: What is found of fewer people, or of people chosen for their risk, is no accuracy.
LEAST_PEOPLE = 535_000

_OF_MODEL = [("model", pa.string()), ("variant", pa.string())]

#: Name of a file -> its columns. Those of an assessment are of a model and variant; `as_of` is
#: empty where all days of trial are taken together.
TABLES: Mapping[str, pa.Schema] = {
    "about": pa.schema([("what", pa.string()), ("value", pa.string())]),
    "models": pa.schema(
        [("model", pa.string()), ("configuration_digest", pa.string()), ("capacity", pa.int64()),
         ("is_withdrawn", pa.bool_()), ("reason", pa.string())]
    ),
    "trials": pa.schema(
        [*_OF_MODEL, ("cutoff_date", pa.date32()), ("test_until", pa.date32()),
         ("complete_on", pa.date32()), ("learned_since", pa.date32()),
         ("n_learned_from", pa.int64()), ("n_labelled", pa.int64()), ("n_scored", pa.int64()),
         ("n_outcomes", pa.int64()), ("n_of_age", pa.int64()), ("n_left", pa.int64()),
         ("n_disagreements", pa.int64()), ("n_labels_in_both", pa.int64())]
    ),
    "stability": pa.schema(
        [*_OF_MODEL, ("cutoff_date", pa.date32()), ("next_date", pa.date32()),
         ("ranked_by", pa.string()), ("k", pa.int64()), ("share_expected", pa.float64()),
         ("share_worst", pa.float64()), ("share_best", pa.float64())]
    ),
    **{name: pa.schema([*map(pa.field, *zip(*_OF_MODEL, strict=True)), *schema])
       for name, schema in SCHEMAS.items()},
}  # fmt: skip

#: Columns that count people.
_COUNTS = {
    "n_people", "n_rows", "n_positive", "n_learned_from", "n_labelled", "n_scored", "n_outcomes",
    "n_of_age", "n_left", "n_disagreements",
}  # fmt: skip

_FIGURES = {
    "performance": ("value", "low", "high", "worst", "best"),
    "comparisons": (
        "value", "other_value", "difference", "difference_low", "difference_high", "ratio",
        "ratio_low", "ratio_high",
    ),
    "lead_times": ("value", "low", "high"),
    "calibration": ("expected", "observed", "low", "high"),
    "curves": ("precision", "low", "high"),
}  # fmt: skip
_BESIDE = (
    "difference", "difference_low", "difference_high", "ratio", "ratio_low", "ratio_high",
)  # fmt: skip

# Kept of all days together alone. Of a single day, and of changed models, what a list of the
# capacity finds is kept, and measures of the whole order.
_AS_A_WHOLE = ("lead_times", "calibration", "groups", "curves")

# The population of the original's protocol: those whom the model of a day learned from.
IN_SAMPLE = "in-sample"

# The order by the planted truth: what it finds is kept, and not how it finds it.
_TRUTH = "truth"

_DIGITS = 6


@dataclass(frozen=True)
class Results:
    """What is kept of the trials of all models.

    Attributes:
        tables: Name of `TABLES` -> rows, counts of few people and shares of few left empty.
    """

    tables: Mapping[str, Sequence[Row]]

    @property
    def about(self) -> dict[str, str]:
        """Of whom, of when and of what the results are."""
        return {row["what"]: row["value"] for row in self.tables["about"]}

    @property
    def is_accuracy(self) -> bool:
        """Whether the figures may be published as accuracy."""
        about = self.about
        return (
            int(about["people"]) >= LEAST_PEOPLE
            and about["natural prevalence"] == "yes"
            and about["publishable"] == "yes"
        )

    @property
    def first_line(self) -> str:
        """Say of whom the figures are; what every file and page of them begins with."""
        about = self.about
        people = "made-up people" if about["synthetic"] == "yes" else "people"
        of = f"These figures are of {int(about['people']):,} {people}"
        if self.is_accuracy:
            return f"{of}, at natural prevalence."
        less = (
            "" if about["natural prevalence"] == "yes" else ", at a prevalence that is not natural"
        )
        return (
            f"{of}{less}, and not to be published as accuracy: that takes {LEAST_PEOPLE:,} people"
            " at natural prevalence."
        )

    def of(self, name: str, model: str, variant: str = AS_CONFIGURED) -> list[Row]:
        """Give the rows of a table that are of a model and variant."""
        return [
            row
            for row in self.tables[name]
            if row["model"] == model and row.get("variant", variant) == variant
        ]

    def headline(self, model: str, variant: str = AS_CONFIGURED) -> list[Row]:
        """Give the performance that counts: of all days, and of those who are not known already.

        Left out are lists that tell none of these apart, as that of known people does.
        """
        rows = [row for row in self.of("performance", model, variant) if row["as_of"] is None]
        of = {row["population"] for row in rows}
        population = NOT_KNOWN if NOT_KNOWN in of else EVERYONE
        rows = [row for row in rows if row["population"] == population]
        alike = {
            row["score"]
            for row in rows
            if row["measure"] == "roc_auc" and row["value"] == 0.5 and row["low"] == row["high"]
        }
        return [row for row in rows if row["score"] not in alike]


def read_warehouse(warehouse: Warehouse) -> Results:
    """Read what a warehouse knows of its trials.

    Args:
        warehouse: A warehouse that was built.

    Raises:
        ThinkFamilyError: Nothing was assessed in it.
    """

    def rows(name: str, query: str) -> list[Row]:
        found = warehouse.built("trials of risk models", query)
        return [dict(zip(TABLES[name].names, row, strict=True)) for row in found]

    tables = {
        "models": rows("models", _MODELS),
        "trials": rows("trials", _TRIALS),
        "stability": _if_there(lambda: rows("stability", _STABILITY)),
        **{name: sorted(rows(name, _assessed(name)), key=_place) for name in SCHEMAS},
    }
    if not tables["counts"]:
        raise ThinkFamilyError(
            f"{warehouse.built_in} holds no trial of a risk model. Build"
            " int_scores__trials_assessed from extracts that reach back three years or more."
        )
    capacities = {row["model"]: row["capacity"] for row in tables["models"]}
    for name in SCHEMAS:
        tables[name] = [row for row in tables[name] if _is_kept(name, row, capacities)]
    about = _about(warehouse)
    tables["about"] = [{"what": what, "value": value} for what, value in about.items()]
    return Results(suppressed(tables))


def _if_there(read: Callable[[], list[Row]]) -> list[Row]:
    """Read what a build in part may lack."""
    try:
        return read()
    except AbsentError:
        return []


def _about(warehouse: Warehouse) -> dict[str, str]:
    city = {
        measure: n_rows if value is None else ("yes" if value else "no")
        for measure, n_rows, value in warehouse.built("city of the trials", _CITY)
    }
    ((data_date, project, extracts),) = warehouse.built("run", _ABOUT)
    return {
        "people": str(city["people"]),
        "synthetic": str(city["synthetic"]),
        "natural prevalence": str(city["natural prevalence"]),
        "publishable": str(city["publishable"]),
        "data until": str(data_date),
        "extracts digest": extracts or "",
        "project digest": project or "",
    }


_CITY = """
    select
        measure,
        max(n_rows),
        max(value)
    from intermediate.int_scores__trials_assessed
    where section = 'city'
    group by measure
"""

_ABOUT = """
    with latest as (
        select * from marts.fct_run_manifest
        where run_number = (select max(run_number) from marts.fct_run_manifest)
    )

    select
        (select max(extract_date) from staging.stg_load_ledger__files),
        (select max(project_digest) from latest),
        (select max(extracts_digest) from latest)
"""

_MODELS = """
    select
        configured.model,
        configured.configuration_digest,
        configured.capacity,
        judged.is_withdrawn,
        judged.reason
    from intermediate.int_scores__models_configured as configured
    left join intermediate.int_scores__models_judged as judged on configured.model = judged.model
    order by configured.model
"""

_STABILITY = """
    select
        model,
        variant,
        cutoff_date,
        next_date,
        ranked_by,
        k,
        share_expected,
        share_worst,
        share_best
    from intermediate.int_scores__top_lists_compared
    order by model, variant, cutoff_date, ranked_by
"""

# An outcome that a model learned from as of a day, and one that it is tried on: whatever is both is
# counted, and there must be none.
_TRIALS = """
    with models as (
        select * from intermediate.int_scores__models_configured
    ),

    days as (
        select * from intermediate.int_scores__cutoffs_dated
    ),

    drawn as (
        select * from intermediate.int_scores__person_dates_labelled
    ),

    learned as (
        select
            models.model,
            days.cutoff_date,
            drawn.person_id,
            drawn.as_of_date,
            drawn.outcome_date
        from models
        cross join days
        inner join drawn
            on models.model = drawn.model
            and drawn.as_of_date < days.cutoff_date
            and drawn.outcome_known_on <= days.cutoff_date
        where (models.is_seen_before_outcome and drawn.reason like 'before_%')
            or (
                not models.is_seen_before_outcome
                and drawn.is_outcome
                and drawn.as_of_date + models.horizon_days <= days.cutoff_date
            )
    ),

    first_days as (
        select
            model,
            cutoff_date,
            min(as_of_date) as learned_since
        from learned
        group by model, cutoff_date
    ),

    outcomes_learned as (
        select distinct
            model,
            cutoff_date,
            person_id,
            outcome_date
        from learned
    ),

    in_both as (
        select
            outcomes_learned.model,
            outcomes_learned.cutoff_date,
            count(*) as n_labels
        from outcomes_learned
        inner join drawn
            on outcomes_learned.model = drawn.model
            and outcomes_learned.cutoff_date = drawn.as_of_date
            and outcomes_learned.person_id = drawn.person_id
            and outcomes_learned.outcome_date = drawn.outcome_date
        where drawn.reason = 'test' and drawn.is_outcome
        group by outcomes_learned.model, outcomes_learned.cutoff_date
    ),

    tried as (
        select
            model,
            variant,
            cutoff_date,
            max(n_learned_from) as n_learned_from,
            max(n_labelled) as n_labelled,
            count(*) as n_scored,
            sum(case when is_outcome then 1 else 0 end) as n_outcomes,
            sum(case when censored = 'of age' then 1 else 0 end) as n_of_age,
            sum(case when censored = 'left' then 1 else 0 end) as n_left,
            sum(case when is_strong_disagreement then 1 else 0 end) as n_disagreements
        from intermediate.int_scores__trials_scored
        -- Of those in-sample nobody asks what came.
        where variant <> 'in_sample'
        group by model, variant, cutoff_date
    )

    select
        tried.model,
        tried.variant,
        tried.cutoff_date,
        cast(tried.cutoff_date + models.horizon_days as date),
        cast(tried.cutoff_date + (models.horizon_days + days.lag_days) as date),
        first_days.learned_since,
        tried.n_learned_from,
        tried.n_labelled,
        tried.n_scored,
        cast(tried.n_outcomes as bigint),
        cast(tried.n_of_age as bigint),
        cast(tried.n_left as bigint),
        cast(tried.n_disagreements as bigint),
        coalesce(in_both.n_labels, 0)
    from tried
    inner join models on tried.model = models.model
    inner join days on tried.cutoff_date = days.cutoff_date
    left join first_days
        on tried.model = first_days.model and tried.cutoff_date = first_days.cutoff_date
    left join in_both
        on tried.model = in_both.model and tried.cutoff_date = in_both.cutoff_date
    order by tried.model, tried.variant, tried.cutoff_date
"""


def _assessed(section: str) -> str:
    """Ask for one section of what was assessed."""
    asked = (_ASSESSED_AS.get((section, name), f'"{name}"') for name in TABLES[section].names)
    return (
        f"select {', '.join(asked)} from intermediate.int_scores__trials_assessed"
        f" where section = '{section}'"
    )


# What a section of the long table calls otherwise, or does not hold.
_ASSESSED_AS = {
    ("counts", "what"): "measure",
    ("counts", "n_people"): "cast(n_rows as double precision)",
    ("comparisons", "other_kind"): "cast(null as varchar)",
    ("calibration", "observed"): "value",
    ("curves", "precision"): "value",
    ("groups", "group"): "group_name",
}

_SCORES = (*SCORES, TWICE_MISSING, KNOWN_ALREADY)
_VARIANTS = (AS_CONFIGURED,)
_WHATS = ("rows", "left out: nobody can tell whether the event came", "assessed")


def _place(row: Row) -> tuple[Any, ...]:
    """Give the place of a row in its table: as a reader would look for it, and no other than it."""
    return (
        row["model"],
        _nth(row["variant"], _VARIANTS),
        row["as_of"] is not None,
        str(row["as_of"] or ""),
        row.get("population") or "",
        _nth(row.get("score"), _SCORES),
        _nth(row.get("other"), _SCORES),
        _nth(row.get("grouping"), tuple(GROUPINGS)),
        _in_order(str(row.get("group") or "")),
        _nth(row.get("what"), _WHATS),
        row.get("measure") or "",
        row.get("k") or 0.0,
        _nth(row.get("lead_time"), tuple(LEAD_TIMES)),
        row.get("bin") or 0,
        row.get("recall") or 0.0,
    )


def _in_order(group: str) -> tuple[bool, int, str]:
    """Order groups by the number that they begin with, then by words; last what is not recorded."""
    digits = "".join(takewhile(str.isdigit, group))
    return group == NOT_RECORDED, int(digits or 0), group


def _nth(name: Any, first: Sequence[str]) -> tuple[int, str]:
    return first.index(name) if name in first else len(first), name or ""


def _is_kept(name: str, row: Row, capacities: Mapping[str, int]) -> bool:
    is_pooled = row["as_of"] is None
    is_whole = row["variant"] == AS_CONFIGURED
    if name == "groups" and row["score"] != SCORES[0]:
        return False
    if name in _AS_A_WHOLE:
        return is_pooled and is_whole and row["score"] != _TRUTH
    if name == "counts" or (is_pooled and is_whole):
        return is_whole or is_pooled
    return row["k"] in (None, capacities.get(row["model"]))


def suppressed(tables: Mapping[str, Sequence[Row]]) -> dict[str, list[Row]]:
    """Give tables in which counts of few people, and shares of few, are left empty.

    Where the event came to few of all whom a model was tried on, no figure of it is told.
    """
    came = {
        (row["model"], row["variant"], row["as_of"]): row["n_rows"]
        for row in tables["counts"]
        if row["what"] == "assessed whom the event came to"
    }
    learned = {
        (row["model"], row["variant"], row["cutoff_date"]): row["n_labelled"]
        for row in tables["trials"]
    }
    told: dict[str, list[Row]] = {name: [dict(row) for row in tables[name]] for name in TABLES}
    for name, columns in _FIGURES.items():
        for row in told[name]:
            of = (row["model"], row["variant"], row["as_of"])
            # What is told in-sample is of those learned from, whatever came.
            is_in_sample = row.get("population") == IN_SAMPLE
            n = learned.get(of) if is_in_sample else came.get(of)
            if name == "lead_times" and is_told_of(n):
                n = row["n_positive"]
            if not is_told_of(n):
                row.update(dict.fromkeys(columns))
                if "verdict" in row:
                    row["verdict"] = NOT_ENOUGH
    _suppress_groups(told["groups"])
    for rows in told.values():
        for row in rows:
            row.update({name: told_count(row[name]) for name in _COUNTS & row.keys()})
    return told


def _suppress_groups(rows: Iterable[Row]) -> None:
    def key(row: Row, group: str) -> tuple[Any, ...]:
        of = ("model", "variant", "as_of", "score", "grouping")
        return (*(row[name] for name in of), group)

    rows = list(rows)
    listed = {
        key(row, row["group"]): (row["value"] or 0.0) * row["n_rows"]
        for row in rows
        if row["measure"] == "selection_rate"
    }
    bases = {
        (*key(row, row["group"]), row["measure"]): {
            "precision": listed.get(key(row, row["group"]), 0.0),
            "true_positive_rate": row["n_positive"],
            "false_positive_rate": row["n_rows"] - row["n_positive"],
        }.get(row["measure"], row["n_rows"])
        for row in rows
    }
    for row in rows:
        own = bases[*key(row, row["group"]), row["measure"]]
        other = bases.get((*key(row, row["reference"]), row["measure"]))
        if not is_told_of(own):
            row.update(dict.fromkeys(("value", "low", "high")))
        # What stands beside another tells the other.
        if not (is_told_of(own) and is_told_of(other)):
            row.update(dict.fromkeys(_BESIDE))
            row["verdict"] = NOT_ENOUGH if row["group"] != row["reference"] else row["verdict"]


def written(results: Results) -> dict[str, bytes]:
    """Give the files of results: a name and what it holds; the same results give the same bytes."""
    return {f"{name}.csv": _csv(results, name) for name in TABLES}


def _csv(results: Results, name: str) -> bytes:
    text = io.StringIO()
    text.write(f"# {results.first_line}\n")
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(TABLES[name].names)
    for row in results.tables[name]:
        rows.writerow([_told(row[column]) for column in TABLES[name].names])
    return text.getvalue().encode()


def _told(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.{_DIGITS}g}"
    return value.isoformat() if isinstance(value, date) else str(value)


def read_results(folder: Path) -> Results:
    """Read the files of a folder.

    Raises:
        ThinkFamilyError: One is missing, has other columns, or holds what is no value of its
            column.
    """
    return Results({name: list(_rows(folder / f"{name}.csv", TABLES[name])) for name in TABLES})


def _rows(file: Path, schema: pa.Schema) -> Iterator[Row]:
    if not file.is_file():
        raise ThinkFamilyError(
            f"{file} is not there. Make it from a warehouse: think-family results --write"
            f" {file.parent}"
        )
    lines = file.read_text("utf-8").splitlines()
    rows = csv.reader(line for line in lines if not line.startswith("#"))
    try:
        if next(rows, None) != schema.names:
            raise ValueError
        for row in rows:
            yield {
                field.name: _READERS[field.type](value) if value else None
                for field, value in zip(schema, row, strict=True)
            }
    except ValueError:
        raise ThinkFamilyError(
            f"{file} was not made by this version, or was changed: make it anew with think-family"
            f" results --write {file.parent}"
        ) from None


_READERS: Mapping[pa.DataType, Callable[[str], Any]] = {
    pa.string(): str,
    pa.bool_(): lambda value: {"true": True, "false": False}[value],
    pa.date32(): date.fromisoformat,
    pa.int32(): int,
    pa.int64(): int,
    pa.float64(): float,
}
