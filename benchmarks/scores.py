"""How long it takes to fit, score and judge two models on three days, and how much memory.

Makes people in families with events of thirty kinds, some recorded late, and a service that takes
on those who have had more of some. On each of three days both ways ask DuckDB one question: counts
of each kind in 90, 365 and 1,095 days, as of a year before the day, to learn from, and as of the
day, to judge by. The library fits a glass box and boosted trees, scores everybody, and assesses
both beside an index, with intervals and by group. By hand stand scikit-learn's logistic regression
and its boosted trees; of each draw of families its average precision and AUC, a sort for the
precision of the hundred highest, and the shares of each group found; calibration, lead times,
curves, ties and comparisons are left out there, and a tenth of the draws are taken. Told are
seconds on the clock and peak memory, medians over some runs in turn, each in a process of its own.

    python benchmarks/scores.py [people] [events] [draws] [runs]
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import click
import duckdb
import numpy as np
import pyarrow as pa

N_KINDS, WINDOWS = 30, (90, 365, 1095)
FIRST, N_DAYS = np.datetime64("2018-09-01"), 2555
DAYS = ("2022-08-31", "2023-08-31", "2024-08-31")


def city(n_people: int, n_events: int, seed: int) -> dict[str, pa.Table]:
    """People, their events, and who was taken on by a service when."""
    rng = np.random.default_rng(seed)
    rate = rng.lognormal(0, 1.2, n_people)
    person = rng.choice(n_people, n_events, p=rate / rate.sum())
    kind = rng.choice(N_KINDS, n_events, p=np.arange(N_KINDS, 0, -1) / (N_KINDS * 31 / 2))
    day = rng.integers(0, N_DAYS, n_events)
    late = np.where(rng.random(n_events) < 0.1, rng.integers(1, 200, n_events), 0)
    # Some kinds tell of it: who has had more of them is taken on sooner.
    telling = np.bincount(person, weights=kind % 5 == 0, minlength=n_people)
    chance = 0.0006 * np.exp(np.minimum(telling, 12) * 0.35)
    start = np.where(rng.random(n_people) < chance * 7, rng.integers(0, N_DAYS, n_people), -1)
    taken = np.flatnonzero(start >= 0)
    people = pa.table(
        {
            "person": np.char.add("p", np.arange(n_people).astype(str)),
            "family": np.char.add("f", rng.integers(0, int(n_people / 2.4), n_people).astype(str)),
            **{f"group_{n}": rng.integers(0, n, n_people).astype(str) for n in (2, 5, 6)},
        }
    )
    return {
        "people": people,
        "events": pa.table(
            {
                "person": people["person"].take(pa.array(person)),
                "kind": kind,
                "event_date": FIRST + day,
                "recorded_date": FIRST + day + late,
            }
        ),
        "starts": pa.table(
            {"person": people["person"].take(pa.array(taken)), "start_date": FIRST + start[taken]}
        ),
    }


FEATURES = [f"n_{kind}_{days}" for kind in range(N_KINDS) for days in WINDOWS]

# What both ways ask for: everybody not yet taken on, a year before the day and on it.
QUESTION = f"""
    with days as (
        select cast('{{day}}' as date) as as_of, true as is_test
        union all
        select cast('{{day}}' as date) - 365, false
    ),
    spine as (
        select people.*, as_of, is_test, start_date
        from people cross join days left join starts using (person)
        where start_date is null or start_date > as_of
    )
    select
        spine.person, family, group_2, group_5, group_6, is_test,
        coalesce(start_date <= as_of + 365, false) as is_positive,
        {
    ", ".join(
        f"count(*) filter (kind = {kind} and event_date > as_of - {days}) as n_{kind}_{days}"
        for kind in range(N_KINDS)
        for days in WINDOWS
    )
}
    from spine
    left join events
        on spine.person = events.person and events.event_date <= as_of
        and events.event_date > as_of - {max(WINDOWS)} and events.recorded_date <= as_of
    group by all
    order by spine.person, is_test
"""

BEGIN = f"""
import json, resource, sys, time
import duckdb
import numpy as np
begun = time.monotonic()
connection, draws = duckdb.connect(sys.argv[1], read_only=True), int(sys.argv[2])
days, features, question = {DAYS!r}, {FEATURES!r}, '''{QUESTION}'''
found = {{}}
"""
END = """
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({
    "seconds": time.monotonic() - begun, "mib": used.ru_maxrss / 1024, "found": found,
}))
"""
LIBRARY = """
import pyarrow as pa
from think_family.scoring.additive import AdditiveSettings, fit_additive
from think_family.scoring.applying import score
from think_family.scoring.assess import Settings, assess
from think_family.scoring.boosting import fit_boosting
from think_family.scoring.columns import training_from
from think_family.scoring.features import Feature
from think_family.scoring.rows import read_scored
from think_family.tables import ColumnMap
used_features = [Feature(name, sign=1) for name in features]
groups = {name: name for name in ("group_2", "group_5", "group_6")}
columns = ColumnMap(
    {"entity": "person", "label": "is_positive", "score": "glass_box", "cluster": "family"},
    named={"scores": {"trees": "trees"}, "baselines": {"index": "index"}, "groups": groups},
)
for day in days:
    rows = connection.sql(question.replace("{day}", day)).to_arrow_table()
    is_test = rows["is_test"]
    test = rows.filter(is_test)
    training = training_from(
        rows.filter(pa.compute.invert(is_test)), weight=None, cluster="family"
    )
    settings = AdditiveSettings(folds=0)
    fitted = {
        "glass_box": fit_additive(training, used_features, settings, model="glass_box"),
        "trees": fit_boosting(training, used_features, model="trees"),
    }
    told = test.select(["person", "is_positive", "family", *groups])
    for name, parameters in fitted.items():
        told = told.append_column(name, pa.array(score(parameters, test).log_odds))
    index = sum(test[f"n_{kind}_365"].to_numpy() for kind in range(0, 30, 5))
    told = told.append_column("index", pa.array(index))
    scored = read_scored(connection.from_arrow(told), columns, name="scores")
    for row in assess(scored, Settings(draws=draws)).tables["performance"].to_pylist():
        if row["measure"] in {"average_precision", "roc_auc"} and row["score"] != "index":
            found[f"{day} {row['score']} {row['measure']}"] = row["value"]
"""
BY_HAND = """
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
rng = np.random.default_rng(1)
for day in days:
    rows = connection.sql(question.replace("{day}", day)).df()
    train, test = rows[~rows.is_test], rows[rows.is_test]
    models = {
        "glass_box": make_pipeline(
            FunctionTransformer(np.log1p), StandardScaler(), LogisticRegression(max_iter=1000)
        ),
        "trees": HistGradientBoostingClassifier(
            max_iter=150, learning_rate=0.05, max_depth=3, early_stopping=False
        ),
    }
    scores = {
        name: model.fit(train[features], train.is_positive).predict_proba(test[features])[:, 1]
        for name, model in models.items()
    }
    scores["index"] = test[[f"n_{kind}_365" for kind in range(0, 30, 5)]].sum(axis=1).to_numpy()
    came = test.is_positive.to_numpy()
    _, family = np.unique(test.family, return_inverse=True)
    of_family = np.split(np.argsort(family, kind="stable"), np.cumsum(np.bincount(family))[:-1])
    values = []
    for draw in range(draws + 1):
        drawn = rng.integers(0, len(of_family), len(of_family))
        rows_drawn = [of_family[each] for each in drawn]
        taken = np.concatenate(rows_drawn) if draw else np.arange(len(came))
        y, measured = came[taken], {}
        for name, score in scores.items():
            s = score[taken]
            top = np.argsort(-s, kind="stable")[:100]
            measured[f"{name} average_precision"] = average_precision_score(y, s)
            measured[f"{name} roc_auc"] = roc_auc_score(y, s)
            measured[f"{name} precision"] = y[top].mean()
            for grouping in ("group_2", "group_5", "group_6"):
                group = test[grouping].to_numpy()[taken]
                listed = group[top]
                for each in np.unique(group):
                    is_of = group == each
                    key = f"{name} {grouping} {each}"
                    measured[f"{key} listed"] = (listed == each).sum() / is_of.sum()
                    n_found = y[top][listed == each].sum()
                    measured[f"{key} found"] = n_found / max(1, y[is_of].sum())
        values.append(measured)
    intervals = {
        name: np.quantile([measured[name] for measured in values[1:]], [0.025, 0.975])
        for name in values[0]
    }
    for name, value in values[0].items():
        score, measure, *of_group = name.split()
        if measure in {"average_precision", "roc_auc"} and score != "index":
            found[f"{day} {name}"] = value
"""


def run(code: str, file: Path, draws: int) -> dict[str, object]:
    """Run Python code in a process of its own; its seconds, mebibytes and what it found."""
    done = subprocess.run(  # noqa: S603 - the commands are this file's
        [sys.executable, "-W", "ignore", "-c", BEGIN + code + END, str(file), str(draws)],
        check=True,
        capture_output=True,
        text=True,
    )
    measured: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return measured


def main(n_people: int, n_events: int, n_draws: int, n_runs: int) -> None:
    """Measure both ways in turn, and tell the medians."""
    ways = {"the library": (LIBRARY, n_draws), "by hand": (BY_HAND, max(1, n_draws // 10))}
    with tempfile.TemporaryDirectory(prefix="think-family-") as folder:
        file = Path(folder) / "city.duckdb"
        with duckdb.connect(str(file)) as connection:
            for name, table in city(n_people, n_events, seed=1).items():
                connection.register("made", table)
                connection.execute(f"create table {name} as from made")
            (counts,) = connection.execute(
                "select (select count(*) from people), (select count(*) from events),"
                " (select count(*) from starts)"
            ).fetchall()
        click.echo("{:,} people, {:,} events, {:,} taken on".format(*counts))
        measured: dict[str, list[dict[str, object]]] = {way: [] for way in ways}
        for _ in range(n_runs):
            for way, (code, draws) in ways.items():
                measured[way].append(run(code, file, draws))
        for way, (_, draws) in ways.items():
            seconds, mib = (
                statistics.median(float(str(each[what])) for each in measured[way])
                for what in ("seconds", "mib")
            )
            click.echo(f"{way:12} {draws:6,} draws {seconds:7.1f} s {mib:6.0f} MiB")
        for name, value in measured["the library"][0]["found"].items():  # type: ignore[attr-defined]
            by_hand = measured["by hand"][0]["found"].get(name)  # type: ignore[attr-defined]
            click.echo(f"{name:40} {value:.3f}   by hand {by_hand:.3f}")


if __name__ == "__main__":
    arguments = dict(enumerate(sys.argv))
    main(
        int(arguments.get(1, "100000")),
        int(arguments.get(2, "2000000")),
        int(arguments.get(3, "1000")),
        int(arguments.get(4, "1")),
    )
