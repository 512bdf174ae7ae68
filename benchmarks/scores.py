"""How long it takes to make scores from events, to try them and to audit them, and how much memory.

Makes events of people in families, in DuckDB, and who of them a service took on. Both ways count
the same 90 features of them by one query per day, fit two models as of each of three cut-offs on
the year before, and try them on everybody whom the service had not taken on: who is taken on in the
year after. Then both assess the scores with intervals by family: average precision, AUC, precision
and recall of a list, calibration, days ahead, two groupings, and the difference to the other model
and to a rule.

The library fits its glass box and its challenger, and assesses them as `think-family assess` does.
By hand stand scikit-learn's LogisticRegression and HistGradientBoostingClassifier, and a loop over
as many draws with numpy and scikit-learn. Told are seconds of the processor, for whoever else is at
work does not count, peak memory, medians over some runs in turn, each in a process of its own, and
what both models find.

    python benchmarks/scores.py [people] [events] [draws] [runs]
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import click
import duckdb

# Chance is a hash of who and what, so that the same numbers give the same city.
EVENTS = """
    create macro chance(what, who, nth) as
        (hash(what || ':' || who || ':' || nth) % 1000003) / 1000003.0;
    create table people as
        select
            who as person,
            cast(floor(chance('family', who, 0) * {people} / 2.4) as integer) as family,
            'group ' || cast(floor(6 * chance('group', who, 0)) as integer) as ethnicity,
            'sex ' || cast(floor(2 * chance('sex', who, 0)) as integer) as sex,
            power(chance('risk', who, 0), 12) as risk
        from range({people}) as numbers (who);
    create table events as
        select
            person,
            date '2018-01-01' + cast(floor(2300 * chance('day', person, nth)) as integer) as day,
            cast(floor(
                case when chance('kind', person, nth) < risk then 6 else 30 end
                * chance('code', person, nth)
            ) as integer) as code
        from people, range({each}) as numbers (nth);
    create table starts as
        select
            person,
            date '2018-01-01' + cast(floor(2300 * chance('start', person, 0)) as integer) as day
        from people
        where chance('started', person, 0) < 0.002 + 0.4 * power(risk, 2);
"""

BEGIN = """
import json, resource, sys, time
from datetime import date, timedelta
import duckdb, numpy as np, pyarrow as pa
file, draws = sys.argv[1], int(sys.argv[2])
YEAR = timedelta(days=365)
CUT_OFFS = [date(2021, 6, 30), date(2022, 6, 30), date(2023, 6, 30)]
DAYS = [CUT_OFFS[0] - YEAR, *CUT_OFFS]
FEATURES = [f"n_{code}_{window}" for code in range(30) for window in (90, 365, 1095)]
counted = ", ".join(
    f"count(events.day) filter (events.code = {code} and events.day > days.day - {window})"
    f" as n_{code}_{window}"
    for code in range(30) for window in (90, 365, 1095)
)
QUERY = f'''
    select
        people.person, people.family, people.ethnicity, people.sex, days.day as as_of,
        coalesce(starts.day <= days.day + 365, false) as came,
        case when starts.day <= days.day + 365
            then cast(starts.day - days.day as integer) end as lead_days,
        {counted}
    from people
    cross join (select cast($day as date) as day) as days
    left join starts on people.person = starts.person
    left join events
        on people.person = events.person
        and events.day <= days.day and events.day > days.day - 1095
    where starts.day is null or starts.day > days.day
    group by all
    order by people.person
'''
connection = duckdb.connect(file, read_only=True)
begun = time.process_time()
TABLES = {day: connection.execute(QUERY, {"day": day}).to_arrow_table() for day in DAYS}
"""
END = """
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({
    "seconds": time.process_time() - begun, "mib": used.ru_maxrss / 1024, "found": found,
}))
"""
LIBRARY = """
from think_family.scoring.additive import fit_additive
from think_family.scoring.applying import score
from think_family.scoring.assess import Settings, assess
from think_family.scoring.boosting import fit_boosting
from think_family.scoring.columns import training_from
from think_family.scoring.features import RISES, Feature
from think_family.scoring.rows import read_scored
from think_family.tables import ColumnMap
features = [Feature(name, sign=RISES) for name in FEATURES]
tried = []
for before, cut_off in zip(DAYS, CUT_OFFS):
    train = TABLES[before]
    train = train.set_column(
        train.column_names.index("family"), "family", train["family"].cast(pa.string())
    )
    training = training_from(train, label="came", weight=None, cluster="family")
    test = TABLES[cut_off]
    glass = score(fit_additive(training, features, model="glass"), test)
    boosted = score(fit_boosting(training, features, model="boosted"), test)
    tried.append(
        test.drop_columns(FEATURES)
        .append_column("model", pa.array(1 / (1 + np.exp(-glass.log_odds))))
        .append_column("boosted", pa.array(1 / (1 + np.exp(-boosted.log_odds))))
        .append_column("rule", test["n_0_365"].cast(pa.float64()))
    )
columns = ColumnMap(
    {"entity": "person", "label": "came", "score": "model", "cluster": "family",
     "lead_days": "lead_days", "as_of": "as_of"},
    named={
        "scores": {"boosted": "boosted"}, "baselines": {"rule": "rule"},
        "groups": {"ethnicity": "ethnicity", "sex": "sex"},
    },
)
scored = read_scored(connection.from_arrow(pa.concat_tables(tried)), columns, name="tried")
told = assess(scored, Settings(draws=draws)).tables["performance"].to_pylist()
found = {
    f"{row['as_of']} {row['score']}": row["value"]
    for row in told if row["measure"] == "average_precision" and row["score"] != "rule"
}
"""
BY_HAND = """
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

def values(table):
    return np.column_stack([table[name].to_numpy() for name in FEATURES]).astype(float)

found = {}
for before, cut_off in zip(DAYS, CUT_OFFS):
    train, test = TABLES[before], TABLES[cut_off]
    x, y = values(train), train["came"].to_numpy()
    models = {
        "model": make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
        "boosted": HistGradientBoostingClassifier(
            learning_rate=0.05, max_iter=150, max_depth=3, early_stopping=False,
            monotonic_cst=[1] * len(FEATURES),
        ),
    }
    x_test, came = values(test), test["came"].to_numpy()
    scores = {
        name: model.fit(x, y).predict_proba(x_test)[:, 1] for name, model in models.items()
    }
    scores["rule"] = test["n_0_365"].to_numpy().astype(float)
    lead = test["lead_days"].to_numpy()
    groups = {name: test[name].to_numpy() for name in ("ethnicity", "sex")}
    members = [column == group for column in groups.values() for group in np.unique(column)]
    bands = [(0, 30), (31, 180), (181, 365)]
    _, family = np.unique(test["family"].to_numpy(), return_inverse=True)
    rows_of = np.split(np.argsort(family, kind="stable"), np.cumsum(np.bincount(family))[:-1])
    rng = np.random.default_rng(1)
    measured = []
    for draw in range(draws + 1):
        drawn = rng.integers(0, len(rows_of), len(rows_of))
        rows = np.concatenate([rows_of[each] for each in drawn]) if draw else np.arange(len(came))
        is_hit = came[rows]
        of = {}
        for name, given in scores.items():
            s = given[rows]
            order = np.argsort(-s, kind="stable")
            of[name, "average_precision"] = average_precision_score(is_hit, s)
            of[name, "roc_auc"] = roc_auc_score(is_hit, s)
            for k in (50, 100, 200, 500, 1000):
                of[name, "precision", k] = is_hit[order[:k]].mean()
                of[name, "recall", k] = is_hit[order[:k]].sum() / is_hit.sum()
            listed = np.zeros(len(rows), dtype=bool)
            listed[order[:100]] = True
            for low, high in bands:
                within = is_hit & (lead[rows] >= low) & (lead[rows] <= high)
                of[name, "lead", low] = listed[within].mean() if within.any() else np.nan
            if name == "rule":
                continue
            for nth, member in enumerate(members):
                in_group = member[rows]
                of[name, "selected", nth] = listed[in_group].mean()
                of[name, "found", nth] = listed[in_group & is_hit].mean()
                of[name, "in vain", nth] = listed[in_group & ~is_hit].mean()
            edges = np.quantile(s, np.linspace(0, 1, 11)[1:-1])
            bins = np.searchsorted(edges, s)
            n = np.bincount(bins, minlength=10)
            of[name, "expected"] = np.bincount(bins, s, minlength=10) / n
            of[name, "observed"] = np.bincount(bins, is_hit, minlength=10) / n
        for other in ("boosted", "rule"):
            of["beside", other] = of["model", "precision", 100] - of[other, "precision", 100]
        measured.append(of)
    intervals = {
        key: np.nanquantile([of[key] for of in measured[1:]], [0.025, 0.975], axis=0)
        for key in measured[0]
    }
    for name in models:
        found[f"{cut_off} {name}"] = measured[0][name, "average_precision"]
"""


def run(code: str, file: Path, draws: int) -> dict[str, object]:
    """Run Python code in a process of its own; its seconds, mebibytes and what it found."""
    done = subprocess.run(  # noqa: S603 - the commands are this file's
        [sys.executable, "-W", "ignore", "-c", BEGIN + code + END, str(file), str(draws)],
        # Threads that wait for one another would count as work.
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        check=True,
        capture_output=True,
        text=True,
    )
    measured: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return measured


def main(n_people: int, n_events: int, n_draws: int, n_runs: int) -> None:
    """Measure both ways in turn, and tell the medians."""
    ways = {"the library": LIBRARY, "by hand": BY_HAND}
    with tempfile.TemporaryDirectory(prefix="think-family-") as folder:
        file = Path(folder) / "events.duckdb"
        with duckdb.connect(str(file)) as connection:
            connection.execute(EVENTS.format(people=n_people, each=n_events // n_people))
            n_starts = connection.execute("select count(*) from starts").fetchall()[0][0]
        click.echo(f"{n_people:,} people, {n_events:,} events, {n_starts:,} taken on")
        measured: dict[str, list[dict[str, object]]] = {way: [] for way in ways}
        for _ in range(n_runs):
            for way, code in ways.items():
                measured[way].append(run(code, file, n_draws))
    medians = {}
    for way, each in measured.items():
        medians[way] = [
            statistics.median(float(str(one[what])) for one in each) for what in ("seconds", "mib")
        ]
        click.echo(
            f"{way:12} {n_draws:,} draws {medians[way][0]:7.1f} s {medians[way][1]:6.0f} MiB"
        )
        click.echo(f"             average precision {each[0]['found']}")
    times = [one / other for one, other in zip(*medians.values(), strict=True)]
    click.echo(f"the library takes {times[0]:.2f} times the time, {times[1]:.2f} times the memory")


if __name__ == "__main__":
    arguments = dict(enumerate(sys.argv))
    main(
        int(arguments.get(1, "100000")),
        int(arguments.get(2, "2000000")),
        int(arguments.get(3, "1000")),
        int(arguments.get(4, "3")),
    )
