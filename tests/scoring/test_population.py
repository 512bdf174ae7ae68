"""Scores of everybody come from files alone, and what carried them adds up."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from think_family.errors import ThinkFamilyError
from think_family.scoring.configuration import Configuration, read_configuration
from think_family.scoring.nearness import NEAR
from think_family.scoring.parameters import (
    FLAGS,
    GRAIN,
    POINTS,
    AdditiveParameters,
    IndexParameters,
    Term,
    write_parameters,
)
from think_family.scoring.population import (
    EVERYTHING_ELSE,
    Population,
    Trained,
    check_points,
    features_needed,
    read_trained,
    score_population,
    weigh_reasons,
)
from think_family.scoring.scale import Scale

DAY = date(2025, 8, 31)
LEARNED = """\
name: learned
title: A model
harm: cse
method: learned
version: 1
cohort: {target: cse, labels: [labels], age_from: 10, age_below: 18}
as_of: day_before_referral
features: {set: shared, scopes: [person, family]}
index: {points: points_cse, cap_per_criterion: 12}
capacity: 10
"""
FLAGGED = """\
name: flagged
title: A count
harm: cse
method: flag_count
version: 1
cohort: {age_from: 5, age_below: 18}
index: {points: points_conduct_disorder}
capacity: 10
"""
NEARED = """\
name: neared
title: By network
harm: cse
method: network
version: 1
cohort: {age_from: 18}
capacity: 10
"""
SCALE = Scale("rarity", (0.0, 10.0, 20.0), (0.0, 50.0, 100.0))


def configuration(folder: Path, text: str) -> Configuration:
    file = folder / f"{text.split()[1]}.yml"
    file.write_text(text, encoding="utf-8")
    return read_configuration(file)


def term(feature: str, code: str | None, scope: str | None, *told: float) -> Term:
    grains = tuple(round(value / GRAIN) * GRAIN for value in told)
    edges = tuple(float(number + 1) for number in range(len(told) - 1))
    return Term(feature, "number", 0, code, scope, False, "lowest", False, edges, grains, grains[0])


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Trained, ...]:
    folder = tmp_path_factory.mktemp("risk_models")
    box = AdditiveParameters(
        "learned",
        -3.0,
        (
            term("n_report", "report", "person", -0.1, 1.3),
            term("days_report", "report", "person", -0.2, 0.4),
            term("n_family_report", "report", "family", -0.05, 0.7),
            term("age", None, None, -0.3, 0.2),
        ),
        (),
        Scale("rarity", (-4.0, 0.0), (0.0, 80.0)),
    )
    points = {"report": 10.0, "script": 20.0, "fight": 4.0}
    criteria = {"report": "help", "script": "help", "fight": "crime"}
    flags = {"report": 1.0, "fight": 1.0}
    return (
        Trained(configuration(folder, FLAGGED), None,
                IndexParameters("flagged", FLAGS, flags, {"report": "help", "fight": "crime"}, None,
                                SCALE)),
        Trained(configuration(folder, LEARNED), box,
                IndexParameters("learned", POINTS, points, criteria, 12.0, SCALE)),
        Trained(configuration(folder, NEARED), None,
                IndexParameters("neared", NEAR, {}, {}, None, SCALE)),
    )  # fmt: skip


INDICATORS = pa.table(
    {
        "indicator_code": ["report", "script", "fight"],
        "is_label_proxy": [False, True, False],
    }
)
LEVELS = pa.Table.from_pylist(
    [
        {"model": model, "level": level, "measure": measure, "from_value": least}
        for model, measure, values in (
            ("flagged", "points", (2.0, 1.0)),
            ("learned", "score", (75.0, 50.0)),
            ("neared", "score", (75.0, 25.0)),
        )
        for level, least in zip(("High", "Low"), values, strict=True)
    ]
)


def of_day(**columns: list[Any]) -> pa.Table:
    n_rows = len(next(iter(columns.values())))
    return pa.table({**columns, "as_of_date": pa.array([DAY] * n_rows, pa.date32())})


def population(described: list[tuple[str, int, int, int, int]]) -> Population:
    persons = [row[0] for row in described]
    eligible = of_day(
        model=["learned"] * len(persons) + ["flagged"] * len(persons) + ["neared", "neared"],
        person_id=[*persons, *persons, "adult", "stranger"],
        known_by=["a marker", *[None] * (2 * len(persons) + 1)],
    )
    return Population(
        eligible=eligible,
        features=of_day(
            person_id=persons,
            n_report=[row[1] for row in described],
            days_report=[row[2] for row in described],
            n_family_report=[row[3] for row in described],
            age=[row[4] for row in described],
        ),
        windowed=of_day(
            person_id=[row[0] for row in described for _ in range(2)],
            indicator_code=["report", "script"] * len(described),
            weight=[share for row in described for share in (min(row[1], 1) / 3, row[3] / 4)],
        ),
        neared=of_day(
            model=["neared"] * 3,
            person_id=["adult"] * 3,
            n_hops=[1, 2, 2],
            points=[10.5, 2.25, 1.25],
        ),
        indicators=INDICATORS,
    )


SOME = [("ada", 1, 1, 0, 0), ("ben", 0, 0, 1, 1), ("cas", 0, 0, 0, 0)]


def rows_of(table: pa.Table, model: str) -> dict[str, dict[str, Any]]:
    return {row["person_id"]: row for row in table.to_pylist() if row["model"] == model}


def test_each_method_says_what_it_can(trained: tuple[Trained, ...]) -> None:
    told = score_population(trained, population(SOME), LEVELS, invocation="run")
    assert told.select(["model", "person_id"]) == told.select(["model", "person_id"]).sort_by(
        [("model", "ascending"), ("person_id", "ascending")]
    )
    learned, flagged, neared = (rows_of(told, name) for name in ("learned", "flagged", "neared"))
    assert learned["ada"]["winner"] == "model"
    assert learned["ada"]["score"] == learned["ada"]["model_score"]
    assert learned["ada"]["known_by"] == "a marker"
    assert learned["ben"]["known_by"] is None
    assert flagged["ada"]["log_odds"] is None
    assert flagged["ada"]["model_version"] is None
    assert (flagged["ada"]["index_points"], flagged["ada"]["level"]) == (1.0, "Low")
    assert (flagged["cas"]["index_points"], flagged["cas"]["level"]) == (0.0, None)
    assert neared["adult"]["index_points"] == 14.0
    assert (neared["adult"]["score"], neared["adult"]["level"]) == (70.0, "Low")
    assert (neared["stranger"]["score"], neared["stranger"]["level"]) == (0.0, None)
    assert {row["winner"] for row in neared.values()} == {"index"}


def test_what_may_tell_the_label_can_be_left_out(trained: tuple[Trained, ...]) -> None:
    told = rows_of(score_population(trained, population(SOME), LEVELS, invocation="run"), "learned")
    # Ben has a quarter of the twenty points of a call script, and nothing else.
    assert (told["ben"]["index_points"], told["ben"]["index_points_no_proxies"]) == (5.0, 0.0)
    assert told["ben"]["index_score_no_proxies"] < told["ben"]["index_score"]
    assert told["ben"]["score_no_proxies"] == told["ben"]["model_score"]


def test_reasons_stand_in_their_order(trained: tuple[Trained, ...]) -> None:
    told = weigh_reasons(trained, population(SOME)).to_pylist()
    ada = [
        (row["part"], row["scope"], row["feature_group"], row["indicator_code"], row["nth"])
        for row in told
        if (row["model"], row["person_id"]) == ("learned", "ada")
    ]
    assert ada == [
        ("index", "person", "report", "report", 1),
        ("index", "none", EVERYTHING_ELSE, None, None),
        ("model", "person", "report", "report", 1),
        ("model", "none", EVERYTHING_ELSE, None, None),
    ]
    (ben,) = [row for row in told if row["person_id"] == "ben" and row["is_label_proxy"]]
    assert (ben["model"], ben["part"], ben["feature_group"]) == ("learned", "index", "script")
    age = next(row for row in told if row["feature_group"] == "age")
    assert (age["scope"], age["indicator_code"]) == ("none", None)
    near = [row["feature_group"] for row in told if row["person_id"] == "adult"]
    assert near == [
        "children at risk, 1 step away", "children at risk, 2 steps away", EVERYTHING_ELSE
    ]  # fmt: skip


@given(
    st.lists(
        st.tuples(
            st.text("abc", min_size=1, max_size=3), *[st.integers(0, 2)] * 3, st.integers(0, 1)
        ),
        unique_by=lambda row: row[0],
        min_size=1,
        max_size=20,
    )
)
def test_contributions_add_up_to_the_last_digit(
    trained: tuple[Trained, ...], described: list[tuple[str, int, int, int, int]]
) -> None:
    of_all = population(described)
    scored = score_population(trained, of_all, LEVELS, invocation="run").to_pylist()
    sums: dict[tuple[str, str, str], float] = {}
    for row in weigh_reasons(trained, of_all).to_pylist():
        key = (row["model"], row["person_id"], row["part"])
        sums[key] = sums.get(key, 0.0) + row["contribution"]
        assert row["nth"] is None or row["contribution"] > 0
    whole = {
        (row["model"], row["person_id"], part): row[column]
        for row in scored
        for part, column in (("model", "log_odds"), ("index", "index_points"))
        if row[column] is not None
    }
    assert sums == whole


def test_the_order_of_rows_makes_no_difference(trained: tuple[Trained, ...]) -> None:
    of_all = population(SOME)
    chance = np.random.default_rng(1)
    shuffled = replace(
        of_all,
        **{
            name: table.take(pa.array(chance.permutation(len(table))))
            for name, table in vars(of_all).items()
        },
    )
    for work in (
        lambda of: score_population(trained, of, LEVELS, invocation="run"),
        lambda of: weigh_reasons(tuple(reversed(trained)), of),
    ):
        assert work(of_all) == work(shuffled)


def test_who_is_described_twice_or_not_at_all_is_an_error(trained: tuple[Trained, ...]) -> None:
    of_all = population(SOME)
    twice = replace(of_all, features=pa.concat_tables([of_all.features, of_all.features.slice(1)]))
    with pytest.raises(ThinkFamilyError, match=r"0 persons of learned .* and 2 more than once"):
        score_population(trained, twice, LEVELS, invocation="run")
    lacking = replace(of_all, features=of_all.features.slice(1))
    with pytest.raises(ThinkFamilyError, match="1 persons of learned are described not at all"):
        score_population(trained, lacking, LEVELS, invocation="run")


def test_a_model_without_levels_is_an_error(trained: tuple[Trained, ...]) -> None:
    with pytest.raises(ThinkFamilyError, match="score_level says nothing of learned"):
        score_population(trained, population(SOME), LEVELS.slice(0, 2), invocation="run")


def written(trained: tuple[Trained, ...], folder: Path, **facts: str) -> None:
    for model in trained:
        told = {"configuration_digest": model.configuration.digest, **facts}
        write_parameters(
            replace(model.index, training=told), folder / f"{model.configuration.name}_index.json"
        )
        if model.glass_box:
            write_parameters(
                replace(model.glass_box, training=told), folder / f"{model.configuration.name}.json"
            )


def test_files_are_read_as_they_were_written(trained: tuple[Trained, ...], tmp_path: Path) -> None:
    written(trained, tmp_path)
    read = read_trained([model.configuration for model in trained], tmp_path)
    assert [model.index.scale for model in read] == [model.index.scale for model in trained]
    assert features_needed(read, ["age", "days_report", "n_family_report", "n_report", "more"]) == [
        "age", "days_report", "n_family_report", "n_report"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: (folder / "learned.json").unlink(), r"learned\.json: there is no such"),
        (
            lambda folder: (folder / "learned.json").write_text("{}", encoding="utf-8"),
            r"learned\.json: this is no file of parameters",
        ),
        (
            lambda folder: (folder / "flagged_index.json").write_bytes(
                (folder / "neared_index.json").read_bytes()
            ),
            r"flagged_index\.json: made from another configuration than that of flagged",
        ),
    ],
)
def test_what_is_wrong_with_a_file_names_it_and_the_remedy(
    trained: tuple[Trained, ...], tmp_path: Path, spoil: Any, message: str
) -> None:
    written(trained, tmp_path)
    spoil(tmp_path)
    with pytest.raises(ThinkFamilyError, match=rf"{message}.*Run `think-family train`"):
        read_trained([model.configuration for model in trained], tmp_path)


def test_another_configuration_asks_to_train_anew(
    trained: tuple[Trained, ...], tmp_path: Path
) -> None:
    written(trained, tmp_path, configuration_digest="of another day")
    with pytest.raises(ThinkFamilyError, match="made from another configuration"):
        read_trained([model.configuration for model in trained], tmp_path)


def test_an_index_of_another_kind_is_refused(trained: tuple[Trained, ...], tmp_path: Path) -> None:
    flagged, learned, _ = trained
    written((replace(flagged, index=replace(learned.index, model="flagged")),), tmp_path)
    with pytest.raises(ThinkFamilyError, match="the files of flagged are of another model or met"):
        read_trained([flagged.configuration], tmp_path)


def test_a_feature_that_the_warehouse_lacks_is_named(trained: tuple[Trained, ...]) -> None:
    with pytest.raises(ThinkFamilyError, match=r"learned ask for features .*: age, n_report\. Run"):
        features_needed(trained, ["days_report", "n_family_report"])


def test_points_that_the_analysts_changed_ask_to_train_anew(trained: tuple[Trained, ...]) -> None:
    catalogue = {
        "indicator_code": ["report", "script", "fight", "other"],
        "criterion": ["help", "help", "crime", "crime"],
        "points_cse": [10, 20, 4, 0],
        "points_conduct_disorder": [1, 0, 3, 0],
    }
    check_points(trained, pa.table(catalogue))
    for changed in (
        {"points_cse": [10, 20, 5, 0]},
        {"points_cse": [10, 20, 4, 1]},
        {"criterion": ["help", "crime", "crime", "crime"]},
    ):
        with pytest.raises(ThinkFamilyError, match=r"learned hold other points.*Run `think-family"):
            check_points(trained, pa.table(catalogue | changed))
    with pytest.raises(ThinkFamilyError, match="flagged hold other points"):
        check_points(trained, pa.table(catalogue | {"points_conduct_disorder": [1, 0, 0, 0]}))


def test_scoring_needs_no_library_of_learning() -> None:
    """Where scikit-learn and scipy cannot be imported, everybody is scored all the same."""
    code = """
import sys
for name in ("sklearn", "scipy", "joblib"):
    sys.modules[name] = None
from datetime import date
from pathlib import Path
import pyarrow as pa
from think_family.scoring.models import read_models
from think_family.scoring.population import (
    Population, read_trained, score_population, weigh_reasons,
)
trained = read_trained(read_models(Path("risk_models")), Path("risk_models/parameters"))
names = [model.configuration.name for model in trained]
terms = [term for model in trained if model.glass_box for term in model.glass_box.terms]
who = lambda n: {"person_id": ["P"] * n, "as_of_date": pa.array([date(2025, 8, 31)] * n)}
text = pa.array([], pa.string())
population = Population(
    eligible=pa.table({"model": names, **who(len(names)), "known_by": pa.nulls(len(names))}),
    features=pa.table(
        {**who(1), **{term.feature: [False if term.kind == "boolean" else 0] for term in terms}}
    ),
    windowed=pa.table({**who(1), "indicator_code": ["custody"], "weight": [1.0]}),
    neared=pa.table({"model": ["cse_over_18"], **who(1), "n_hops": [1], "points": [9.0]}),
    indicators=pa.table({"indicator_code": text, "is_label_proxy": pa.array([], pa.bool_())}),
)
levels = pa.table(
    {"model": names, "level": ["Low"] * len(names), "measure": ["score"] * len(names),
     "from_value": [25.0] * len(names)}
)
told = score_population(trained, population, levels, invocation="run")
assert len(told) == len(names) and not told["score"].null_count
assert len(weigh_reasons(trained, population)) > len(names)
print(len(trained))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == len(list((Path(__file__).parents[2] / "risk_models").glob("*.yml")))


def test_where_nobody_is_of_a_cohort_nobody_is_scored(trained: tuple[Trained, ...]) -> None:
    of_all = population(SOME)
    nobody = Population(**{
        name: told if name == "indicators" else told.slice(0, 0)
        for name, told in vars(of_all).items()
    })  # fmt: skip
    assert not len(score_population(trained, nobody, LEVELS, invocation="run"))
    assert not len(weigh_reasons(trained, nobody))
