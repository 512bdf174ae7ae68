"""The subcommand `think-family assess`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import pyarrow as pa

    from think_family.scoring.assess import Assessment
    from think_family.scoring.rows import Scored

_IN = click.Path(exists=True, dir_okay=False, path_type=Path)


def _say(message: str) -> None:
    click.echo(message, err=True)


@click.command()
@click.option(
    "--table", "table_file", type=_IN, required=True, help="CSV or Parquet file of scores."
)
@click.option(
    "--map",
    "map_file",
    type=_IN,
    required=True,
    help="YAML or JSON file: which column is which; see below.",
)
@click.option(
    "--capacity",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="How many people a team can see: the length of the list that counts.",
)
@click.option(
    "--draws",
    type=click.IntRange(min=0, max=100_000),
    default=1000,
    show_default=True,
    help="How often to draw families anew for the intervals; 0: no intervals.",
)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True,
              help="Where chance begins; the same seed gives the same intervals.")  # fmt: skip
@click.option(
    "--prevalence",
    type=click.FloatRange(min=0, max=1, min_open=True, max_open=True),
    help="Restate precision where this share of people is hit, as 0.002.",
)
@click.option(
    "--earlier",
    "earlier_file",
    type=_IN,
    help="The table of an earlier run, with the same columns: tells what has shifted since.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("assessment"),
    show_default=True,
    help="Folder to write tables and pictures to.",
)
def assess(
    table_file: Path,
    map_file: Path,
    capacity: int,
    draws: int,
    seed: int,
    prevalence: float | None,
    earlier_file: Path | None,
    out: Path,
) -> None:
    """Assess a risk score against what came after.

    The table has one row per person, or per person and day: the score as of the day, and whether
    the event came to the person within the horizon, say a year. It may come from anywhere. A map
    says which column is which; only entity, label and score must be there:

    \b
      # scores.yml
      columns:
        entity: person_id        # needed
        label: served_in_a_year  # needed: 1 or 0; empty: nobody can tell
        score: model             # needed; higher is more at risk
        as_of: as_of_date        # each day is assessed by itself
        known: has_marker        # 1: listed as known, never counted as found
        cluster: family_id       # intervals draw whole families
        weight: weight           # people for whom the row stands
        lead_days: days_to_event
      baselines:                 # what the score must surpass
        index: index_score
        missing twice: is_missing_twice
      groups:
        ethnicity: ethnicity
      references:                # if not the largest
        ethnicity: White British
      features:                  # is any of them the answer itself?
        missing episodes: n_missing_365d

    \b
      think-family assess --table scores.csv --map scores.yml
      think-family assess --table scores.parquet --map scores.yml --capacity 60
          --draws 2000 --out results --earlier last_month.parquet

    Further entries of `columns:` are probability (the score as one, for calibration), cohort (whom
    the score was made from) and truth; `scores:` names further scores; `date_format:` says how
    dates are written, if not as 2001-12-31.

    Prints what a list as long as the capacity finds, beside the baselines. Writes everything else
    as CSV, and assessment.svg, a page of pictures. What has no interval that parts it from chance
    is called "not enough evidence".
    """  # noqa: D301 - click wants the character itself
    import duckdb
    from tqdm import tqdm  # type: ignore[import-untyped]

    from think_family.errors import ThinkFamilyError
    from think_family.files import replace_all
    from think_family.scoring.assess import Settings
    from think_family.scoring.assess import assess as assess_scored
    from think_family.scoring.assess_picture import draw_assessment
    from think_family.scoring.rows import read_scored, read_scored_map
    from think_family.tables import relation_of_file

    column_map = read_scored_map(map_file)
    with duckdb.connect(":memory:") as connection:

        def read(file: Path) -> Scored:
            table = relation_of_file(connection, file)
            return read_scored(table, column_map, name=str(file))

        scored = read(table_file)
        earlier = read(earlier_file) if earlier_file else None
        settings = Settings(capacity=capacity, draws=draws, seed=seed, prevalence=prevalence)
        with tqdm(
            total=(1 + draws) * len(scored.days), unit="draw", disable=None, leave=False
        ) as bar:
            try:
                found = assess_scored(scored, settings, advance=bar.update)
            except ThinkFamilyError as error:
                raise ThinkFamilyError(f"{table_file}: {error.message}") from None
        tables = {**found.tables, **_further_tables(scored, earlier, capacity)}
        contents = {out / f"{name}.csv": _csv(tables[name]) for name in tables}
    contents[out / "assessment.svg"] = draw_assessment(found).encode()
    replace_all(contents)
    for line in _told(found, tables, scored, str(table_file)):
        click.echo(line)
    _say(f"{out}: {', '.join(f'{name}.csv' for name in tables)}, assessment.svg.")


def _csv(table: pa.Table) -> bytes:
    """Write a table as CSV; numbers to 12 digits, beyond which machines differ."""
    import io

    import pyarrow as pa
    from pyarrow import csv

    columns = [
        pa.array([None if v is None else float(f"{v:.12g}") for v in column.to_pylist()])
        if pa.types.is_floating(column.type) and column.null_count < len(column)
        else column
        for column in table.columns
    ]
    rows = io.BytesIO()
    csv.write_csv(
        pa.table(columns, names=table.column_names),
        rows,
        csv.WriteOptions(quoting_style="needed"),
    )
    return rows.getvalue()


def _further_tables(scored: Scored, earlier: Scored | None, capacity: int) -> dict[str, pa.Table]:
    """Look at single features, and at what has shifted since an earlier run, of the last day."""
    import pyarrow as pa

    from think_family.scoring.assess_drift import DRIFT_SCHEMA, drift, top_that_stays
    from think_family.scoring.assess_leakage import leaking_features

    now = scored.of_day(scored.days[-1])
    told = now.where(now.is_told)
    stability = pa.schema(
        [
            ("score", pa.string()),
            ("k", pa.int64()),
            ("stays", pa.float64()),
            ("worst", pa.float64()),
            ("best", pa.float64()),
        ]
    )
    tables = {
        "leakage": leaking_features(told.label, told.features, told.weight),
        "drift": DRIFT_SCHEMA.empty_table(),
        "stability": stability.empty_table(),
    }
    if earlier is not None:
        then = earlier.of_day(earlier.days[-1])
        shifts = [
            drift(old, new, what=what, weight_then=then.weight, weight_now=now.weight)
            for what, old, new in (
                ("score", then.scores, now.scores),
                ("baseline", then.baselines, now.baselines),
                ("feature", then.features, now.features),
            )
        ]
        tables["drift"] = pa.concat_tables(shifts)
        stay = {
            name: top_that_stays(then.entity, then.scores[name], now.entity, values, capacity)
            for name, values in now.scores.items()
        }
        tables["stability"] = pa.Table.from_pylist(
            [
                {
                    "score": name,
                    "k": capacity,
                    "stays": each.expected,
                    "worst": each.worst,
                    "best": each.best,
                }
                for name, each in stay.items()
            ],
            schema=stability,
        )
    return tables


def _told(found: Assessment, tables: dict[str, pa.Table], scored: Scored, name: str) -> list[str]:
    """Tell in words what was found, of each day."""
    lines = []
    if scored.n_without_entity:
        lines.append(f"{name}: {scored.n_without_entity:,} rows that name nobody are passed over.")
    for day in scored.days:
        of_day = {
            table: [row for row in rows.to_pylist() if row["as_of"] == day]
            for table, rows in found.tables.items()
        }
        lines += _told_of_day(found, of_day, day, name)
    leaking = [row["feature"] for row in tables["leakage"].to_pylist() if row["leaks"]]
    for feature in leaking:
        lines += [
            "",
            f"{feature} alone tells nearly all of the answer: was it recorded because of the event?"
            " See leakage.csv.",
        ]
    shifted = [row for row in tables["drift"].to_pylist() if row["verdict"] != "stable"]
    if tables["drift"].num_rows:
        lines.append("")
        for row in tables["stability"].to_pylist():
            if row["stays"] == row["stays"]:
                lines.append(
                    f"{_percent(row['stays'])} of the {row['k']:,} highest of {row['score']} in the"
                    " earlier run are among them now."
                )
        lines.append(
            f"{len(shifted)} of {tables['drift'].num_rows} scores and features have shifted since"
            " the earlier run. See drift.csv."
        )
    return lines


def _told_of_day(
    found: Assessment, tables: dict[str, list[dict[str, Any]]], day: Any, name: str
) -> list[str]:
    settings = found.settings
    counts = {row["what"]: row["n_rows"] for row in tables["counts"]}
    n, n_positive = counts["assessed"], counts["assessed whom the event came to"]
    n_left_out = counts["left out: nobody can tell whether the event came"]
    lines = [
        "",
        f"{name}{f', as of {day}' if day else ''}: {n:,} people assessed, and the event came to"
        f" {n_positive:,}.",
    ]
    if n_left_out:
        lines.append(f"{n_left_out:,} more are left out: nobody can tell whether it came.")
    if "assessed, known already" in counts:
        lines.append(
            f"{counts['assessed, known already']:,} were known already: they are listed as known,"
            " and what follows is of all others."
        )
    n_clusters = found.n_clusters[day]
    interval = "Without intervals: --draws is 0."
    if settings.draws:
        interval = (
            f"In brackets {settings.level:.0%} intervals, from {settings.draws:,} draws of"
            f" {n_clusters:,} clusters."
        )
        if not any(row["low"] is not None for row in tables["performance"]):
            interval = f"Without intervals: {n_clusters} clusters are too few to draw from."
    rows = [row for row in tables["performance"] if row["population"] == found.headline]
    capacity = settings.capacity
    listed = f"A list of the {capacity:,g} highest."
    n_people = next(row["n_people"] for row in tables["counts"] if row["what"] == "assessed")
    if capacity >= n_people:
        listed = f"A list of all, for there are no more than {capacity:,g}: name a --capacity."
    lines += ["", f"{listed} {interval}", ""]
    at = settings.prevalence
    heads = ["", "it came to", "of all it came to", "average precision"]
    if at is not None:
        heads.append(f"it would, at {_percent(at)}")
    table = [heads]
    notes = []
    telling = found.telling(day)
    kinds = {row["score"]: row["kind"] for row in rows if row["score"]}
    for score, kind in kinds.items():
        if score not in telling:
            notes.append(f"{score}: the same for all who are not known, and left out here.")
            continue
        of = {
            row["measure"]: row
            for row in rows
            if row["score"] == score and row["k"] in {None, capacity}
        }
        called = {"baseline": f"{score} (baseline)", "truth": "the truth itself"}.get(kind, score)
        precision = of["precision"]
        cells = [
            called,
            _in_percent(precision),
            _in_percent(of["recall"]),
            _plain(of["average_precision"]),
        ]
        if at is not None:
            cells.append(_in_percent(of[f"precision_restated_at_{at:g}"]))
        table.append(cells)
        if precision["worst"] is not None and precision["best"] - precision["worst"] > 0.005:
            notes.append(
                f"{score}: many share the score at the end of its list; as those are ordered, it"
                f" came to {_percent(precision['worst'])} to {_percent(precision['best'])}."
            )
    prevalence = next(row for row in rows if row["measure"] == "prevalence")
    by_chance = ["anybody, by chance", _in_percent(prevalence), "", _plain(prevalence)]
    table.append(by_chance if at is None else [*by_chance, _percent(at)])
    widths = [max(len(row[column]) for row in table) + 3 for column in range(len(heads))]
    for row in table:
        padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        lines.append(f"  {''.join(padded)}".rstrip())
    if notes:
        lines += ["", *notes]
    lines += _told_of_comparisons(tables, found.headline, telling, capacity)
    lines += _told_of_calibration(tables)
    lines += _told_in_sample(tables)
    groups = [
        row
        for row in tables["groups"]
        if row["measure"] == "true_positive_rate" and row["verdict"] != "reference"
    ]
    if groups:
        sure = [row for row in groups if row["verdict"] in {"higher", "lower"}]
        lines += [
            "",
            f"{len(sure)} of {len(groups)} groups are surely found more or less often than their"
            " reference. See groups.csv.",
        ]
    return lines


def _told_of_comparisons(
    tables: dict[str, list[dict[str, Any]]], headline: str, telling: list[str], capacity: float
) -> list[str]:
    lines: list[str] = []
    for row in tables["comparisons"]:
        # What says nothing of those who are not known stands beside the score of everyone.
        of = headline if row["other"] in telling else "everyone"
        if (row["measure"], row["k"], row["population"]) != ("precision", capacity, of):
            continue
        if not lines:
            lines = ["", f"{row['score']} beside the others, on the same draws:"]
        told = {"higher": "surely higher", "lower": "surely lower"}.get(
            row["verdict"], row["verdict"]
        )
        if row["difference_low"] is not None:
            ends = (_points(row["difference_low"]), _points(row["difference_high"]))
            told = f"{_points(row['difference'])} points ({ends[0]} to {ends[1]}), {told}"
        lines.append(f"  {row['other']}{' (of everyone)' if of != headline else ''}: {told}")
    return lines


def _told_of_calibration(tables: dict[str, list[dict[str, Any]]]) -> list[str]:
    lines = []
    for row in tables["performance"]:
        if row["measure"] == "calibration_slope" and row["value"] is not None:
            told = "its probabilities may be spread as they should be"
            if row["high"] is not None and row["high"] < 1:
                told = "its probabilities are too extreme"
            elif row["low"] is not None and row["low"] > 1:
                told = "its probabilities are too much alike"
            lines.append(f"{row['score']} as a probability: slope {_plain(row)}; {told}.")
    return ["", *lines] if lines else []


def _told_in_sample(tables: dict[str, list[dict[str, Any]]]) -> list[str]:
    lines = []
    of = {
        (row["score"], row["measure"]): row
        for row in tables["performance"]
        if row["population"] == "in-sample"
    }
    for score in dict.fromkeys(score for score, _ in of):
        listed = of[score, "in_sample_identified_who_are_cohort"]
        found = of[score, "in_sample_cohort_identified"]
        lines.append(
            f"{score} in-sample: of the list, {_in_percent(listed)} are people whom it was made"
            f" from; of those, {_in_percent(found)} are on it. This is no accuracy."
        )
    return ["", *lines] if lines else []


def _percent(share: float) -> str:
    percent = 100 * share
    return f"{percent:.2g}%" if abs(percent) < 9.95 else f"{percent:.0f}%"


def _points(difference: float) -> str:
    return f"{100 * difference:+.1f}"


def _in_percent(row: dict[str, Any]) -> str:
    if row["value"] is None:
        return "-"
    if row["low"] is None:
        return _percent(row["value"])
    return f"{_percent(row['value'])} ({_percent(row['low'])} to {_percent(row['high'])})"


def _plain(row: dict[str, Any]) -> str:
    if row["value"] is None:
        return "-"
    if row["low"] is None:
        return f"{row['value']:.3f}"
    return f"{row['value']:.3f} ({row['low']:.3f} to {row['high']:.3f})"
