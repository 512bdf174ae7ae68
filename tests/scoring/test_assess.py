"""A whole assessment: who is counted, who is left out, and what it is set beside."""

from __future__ import annotations

from datetime import date
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from think_family.errors import ThinkFamilyError
from think_family.scoring.assess import Assessment, Settings, assess, is_probability
from think_family.scoring.assess_picture import draw_assessment
from think_family.scoring.measures import (
    Calibrated,
    average_precision,
    calibration_line,
    precision_at,
    roc_auc,
)
from think_family.scoring.resampling import draw_clusters
from think_family.scoring.rows import NOT_RECORDED, Scored, read_scored
from think_family.tables import ColumnMap

COLUMNS = ("entity", "label", "score", "known", "lead_days", "index", "area")
PEOPLE = [
    # who, came, score, known, days, index, area
    ("ann", 1, 0.9, 1, 10, 5, "north"),
    ("bob", 1, 0.8, 0, 20, 0, "north"),
    ("cid", 0, 0.7, 0, None, 3, "south"),
    ("dan", None, 0.6, 0, None, 9, "south"),
    ("eve", 1, 0.5, 0, 300, 2, None),
    ("fay", 0, 0.4, 1, None, 4, "south"),
    ("gil", 0, None, 0, None, 1, "north"),
]
MAP = ColumnMap(
    {name: name for name in ("entity", "label", "score", "known", "lead_days")},
    named={"baselines": {"index": "index"}, "groups": {"area": "area"}},
)


def read(
    people: list[tuple[Any, ...]] = PEOPLE,
    column_map: ColumnMap = MAP,
    columns: tuple[str, ...] = COLUMNS,
) -> Scored:
    table = pa.table(dict(zip(columns, map(list, zip(*people, strict=True)), strict=True)))
    with duckdb.connect() as connection:
        return read_scored(connection.from_arrow(table), column_map, name="scores")


def row(found: Assessment, table: str = "performance", **where: Any) -> dict[str, Any]:
    rows = [
        row
        for row in found.tables[table].to_pylist()
        if all(row[name] == value for name, value in where.items())
    ]
    assert len(rows) == 1, (where, len(rows))
    return rows[0]


def test_who_is_known_is_not_counted_as_found_and_who_is_censored_not_at_all() -> None:
    found = assess(read(), Settings(capacity=2, at=(), draws=0))
    counts = {each["what"]: each["n_rows"] for each in found.tables["counts"].to_pylist()}
    assert counts["rows"] == 7
    assert counts["left out: nobody can tell whether the event came"] == 1
    assert counts["assessed"] == 6
    assert counts["assessed whom the event came to"] == 3
    assert counts["assessed, known already"] == 2
    assert counts["assessed without score: ranked last"] == 1
    of = {"score": "score", "k": 2.0}
    # Not known: bob, cid | eve, gil. Everyone: ann, bob | cid, eve, fay, gil.
    assert row(found, population="not known", measure="precision", **of)["value"] == 1 / 2
    assert row(found, population="not known", measure="recall", **of)["value"] == 1 / 2
    assert row(found, population="everyone", measure="precision", **of)["value"] == 1
    known = row(found, population="everyone", measure="share_known_already", **of)
    assert known["value"] == 1 / 2
    assert found.headline == "not known"
    lift = row(found, population="not known", measure="lift", **of)
    assert lift["value"] == pytest.approx((1 / 2) / (2 / 4))


def test_recall_is_told_by_lead_time() -> None:
    found = assess(read(), Settings(capacity=2, at=(), draws=0))
    of_score = [r for r in found.tables["lead_times"].to_pylist() if r["score"] == "score"]
    assert [(r["lead_time"], r["n_positive"], r["value"]) for r in of_score] == [
        ("0-30", 1, 1.0),
        ("31-180", 0, None),
        ("181-365", 1, 0.0),
    ]


def test_a_score_is_set_beside_each_baseline() -> None:
    found = assess(read(), Settings(capacity=2, at=(), draws=0))
    beside = row(
        found, "comparisons", population="not known", other="index", measure="precision", k=2.0
    )
    # The index lists cid and eve.
    assert (beside["value"], beside["other_value"], beside["difference"]) == (0.5, 0.5, 0.0)
    assert (beside["other_kind"], beside["verdict"]) == ("baseline", "not enough evidence")


def city(n: int = 3000, seed: int = 1) -> pa.Table:
    chance = np.random.default_rng(seed)
    family = chance.integers(0, n // 2, n)
    odds = chance.normal(-2.5, 1.3, n)
    truth = 1 / (1 + np.exp(-odds))
    came = chance.random(n) < truth
    return pa.table(
        {
            "who": [f"p{person}" for person in range(n)],
            "came": came,
            "p": 1 / (1 + np.exp(-(odds + chance.normal(0, 0.3, n)))),
            "weak": odds + chance.normal(0, 3, n),
            "flag": (odds + chance.normal(0, 1, n) > -1).astype(int),
            "family": [f"f{each}" if each % 5 else None for each in family],
            "weight": chance.integers(1, 4, n),
            "truth": truth,
            "cohort": came & (chance.random(n) < 0.5),
            "area": chance.choice(["north", "south"], n),
        }
    )


CITY = ColumnMap(
    {
        "entity": "who", "label": "came", "score": "p", "cluster": "family", "weight": "weight",
        "truth": "truth", "cohort": "cohort",
    },
    named={"scores": {"weak": "weak"}, "baselines": {"flag": "flag"}, "groups": {"area": "area"}},
)  # fmt: skip


def scored(table: pa.Table, column_map: ColumnMap = CITY) -> Scored:
    with duckdb.connect() as connection:
        return read_scored(connection.from_arrow(table), column_map, name="scores")


def test_the_order_of_rows_makes_no_difference() -> None:
    table = city(800)
    turned = table.take(np.random.default_rng(2).permutation(table.num_rows))
    settings = Settings(capacity=40, draws=30)
    one, other = assess(scored(table), settings), assess(scored(turned), settings)
    assert one.tables == other.tables
    assert draw_assessment(one) == draw_assessment(other)


def test_values_are_those_of_the_plain_measures_and_lie_in_their_intervals() -> None:
    table = city()
    came, p, weight = (table[name].to_numpy() for name in ("came", "p", "weight"))
    found = assess(scored(table), Settings(capacity=100, at=(300,), draws=100))
    of = {"population": "everyone", "score": "p"}
    for measure, k, value in (
        ("precision", 100.0, precision_at(came, p, 100, weight).expected),
        ("precision", 300.0, precision_at(came, p, 300, weight).expected),
        ("average_precision", None, average_precision(came, p, weight)),
        ("roc_auc", None, roc_auc(came, p, weight)),
    ):
        told = row(found, measure=measure, k=k, **of)
        assert told["value"] == pytest.approx(value)
        assert told["low"] < told["value"] < told["high"]
    assert found.n_clusters[None] < 3000


def test_a_better_score_is_told_to_be_so_and_alike_ones_are_not() -> None:
    found = assess(scored(city()), Settings(capacity=300, draws=200))
    of = {"population": "everyone", "measure": "average_precision"}
    assert row(found, "comparisons", other="weak", **of)["verdict"] == "higher"
    # The same score under two names.
    twin = ColumnMap(
        {"entity": "who", "label": "came", "score": "p"}, named={"scores": {"twin": "p"}}
    )
    found = assess(scored(city(), twin), Settings(capacity=300, draws=50))
    told = row(found, "comparisons", other="twin", **of)
    assert (told["difference_low"], told["difference_high"]) == (0, 0)
    assert told["verdict"] == "not enough evidence"


def test_four_found_beside_none_are_not_enough_evidence() -> None:
    """Of lists of 100 that share nobody, 4 and 0: by Fisher's test, p is 0.12."""
    people = [
        *((f"a{n}", int(n < 4), 2.0, 0.0) for n in range(100)),
        *((f"b{n}", 0, 0.0, 2.0) for n in range(100)),
        *((f"c{n}", int(n < 20), 1.0, 1.0) for n in range(800)),
    ]
    column_map = ColumnMap(
        {name: name for name in ("entity", "label", "score")},
        named={"baselines": {"index": "index"}},
    )
    rows = read(people, column_map, ("entity", "label", "score", "index"))
    found = assess(rows, Settings(capacity=100, at=(), draws=300))
    told = row(found, "comparisons", other="index", measure="precision", k=100.0)
    assert told["difference"] == pytest.approx(0.04)
    assert told["difference_low"] < 0 < told["difference_high"]
    assert told["verdict"] == "not enough evidence"
    assert told["ratio_low"] is None
    none_found = row(found, score="index", measure="precision", k=100.0)
    assert none_found["high"] == pytest.approx(0.037, abs=5e-4)
    lift = row(found, score="index", measure="lift", k=100.0)
    assert lift["high"] == pytest.approx(none_found["high"] / 0.024)


def test_few_whom_the_event_came_to_are_not_enough_to_compare_scores() -> None:
    table = city(600)
    came = np.zeros(600, dtype=bool)
    came[np.argsort(-table["p"].to_numpy())[:9]] = True
    few = table.set_column(1, "came", pa.array(came))
    found = assess(scored(few), Settings(capacity=30, at=(), draws=100))
    verdicts = {each["verdict"] for each in found.tables["comparisons"].to_pylist()}
    assert verdicts == {"not enough evidence"}


def test_a_score_is_told_as_a_share_of_the_best_possible_one() -> None:
    found = assess(scored(city()), Settings(capacity=300, draws=50))
    of = {"population": "everyone", "score": "p"}
    share = row(found, measure="share_of_best_average_precision", **of)
    assert 0.8 < share["value"] < 1
    assert row(found, measure="share_of_best_precision", k=300.0, **of)["value"] < 1.1


def test_the_in_sample_result_is_named_so_and_counts_all_who_have_a_score() -> None:
    people = [
        ("ann", 1, 0.9, 1), ("bob", None, 0.8, 1), ("cid", 0, 0.7, 0), ("dan", 1, 0.1, 1),
    ]  # fmt: skip
    column_map = ColumnMap({name: name for name in ("entity", "label", "score", "cohort")})
    found = assess(
        read(people, column_map, ("entity", "label", "score", "cohort")),
        Settings(capacity=3, draws=0),
    )
    of = {"population": "in-sample", "score": "score", "k": 3.0}
    assert row(found, measure="in_sample_identified_who_are_cohort", **of)["value"] == 2 / 3
    assert row(found, measure="in_sample_cohort_identified", **of)["value"] == 2 / 3


def test_precision_is_restated_where_a_prevalence_is_asked_for() -> None:
    found = assess(scored(city()), Settings(capacity=300, draws=0, prevalence=0.002))
    told = row(
        found, population="everyone", score="p", measure="precision_restated_at_0.002", k=300.0
    )
    assert (
        0.002
        < told["value"]
        < row(found, population="everyone", score="p", measure="precision", k=300.0)["value"]
    )


def test_calibration_is_told_of_probabilities_alone() -> None:
    found = assess(scored(city()), Settings(draws=100))
    assert {each["score"] for each in found.tables["calibration"].to_pylist()} == {"p"}
    slope = row(found, score="p", measure="calibration_slope")
    assert slope["low"] < slope["value"] < slope["high"]
    # Noise makes probabilities too extreme.
    assert slope["value"] < 1
    bins = found.tables["calibration"].to_pylist()
    assert len(bins) == 10
    assert sum(each["n_rows"] for each in bins) == 3000
    assert is_probability(np.array([0.1, 0.5, np.nan, 1]))
    assert not is_probability(np.array([0.0, 1, 1]))
    assert not is_probability(np.array([0.1, 0.5, 1.1]))


def test_one_step_on_a_draw_is_near_a_fit_of_the_draw() -> None:
    table = city()
    came, p = table["came"].to_numpy(), table["p"].to_numpy()
    draws = draw_clusters(np.arange(3000), draws=20, seed=3)
    (counts,) = draws.chunks()
    told = Calibrated(came, p, np.ones(3000), draws).measure(counts)
    fits = [calibration_line(came, p, counts[:, draw]) for draw in range(21)]
    # The draws lie 0.07 and 0.14 apart.
    assert told.slope == pytest.approx([slope for _, slope in fits], abs=0.025)
    assert told.intercept == pytest.approx([intercept for intercept, _ in fits], abs=0.05)
    assert told.slope[0] == pytest.approx(fits[0][1])


def test_each_day_is_assessed_by_itself() -> None:
    people = [
        (f"p{n}", day, int(n % 3 == 0), float(n if day.startswith("2023") else -n))
        for n in range(30)
        for day in ("2023-06-30", "2023-12-31", "2024-06-30")
    ]
    column_map = ColumnMap({name: name for name in ("entity", "as_of", "label", "score")})
    rows = read(people, column_map, ("entity", "as_of", "label", "score"))
    found = assess(rows, Settings(capacity=1, draws=0))
    at_one = {
        each["as_of"]: each["value"]
        for each in found.tables["performance"].to_pylist()
        if each["measure"] == "precision" and each["k"] == 1
    }
    assert at_one == {
        date(2023, 6, 30): 0.0, date(2023, 12, 31): 0.0, date(2024, 6, 30): 1.0,
    }  # fmt: skip
    assert "scores as of 2024-06-30" in draw_assessment(found)


def test_with_few_clusters_there_are_no_intervals() -> None:
    found = assess(read(), Settings(capacity=2, draws=100))
    told = row(found, population="not known", score="score", measure="precision", k=2.0)
    assert (told["low"], told["high"]) == (None, None)


def test_who_has_no_family_is_one_alone_and_who_has_no_group_is_told() -> None:
    columns = ("entity", "label", "score", "family", "area")
    people = [("a", 1, 1, "f", "x"), ("b", 0, 2, "f", None), ("c", 0, 3, None, "x"),
              ("d", 1, 4, None, "y")]  # fmt: skip
    column_map = ColumnMap(
        {"entity": "entity", "label": "label", "score": "score", "cluster": "family"},
        named={"groups": {"area": "area"}},
    )
    rows = read(people, column_map, columns)
    assert rows.cluster.tolist() == [0, 0, 1, 2]
    assert rows.groups["area"].tolist() == ["x", NOT_RECORDED, "x", "y"]


@pytest.mark.parametrize(
    ("label", "known", "message"),
    [
        (0, 0, "the event came to nobody of 3 rows"),
        (1, 0, "the event came to everybody of 3 rows"),
        (None, 0, "the event came to nobody of 0 rows"),
    ],
)
def test_where_nothing_can_be_told_it_says_so(label: int | None, known: int, message: str) -> None:
    people = [(f"p{n}", label, n, known) for n in range(3)]
    column_map = ColumnMap({name: name for name in ("entity", "label", "score", "known")})
    with pytest.raises(ThinkFamilyError, match=message):
        assess(read(people, column_map, ("entity", "label", "score", "known")))


def test_where_all_were_known_nobody_is_left_to_be_found() -> None:
    people = [("a", 1, 1, 1), ("b", 0, 2, 0)]
    column_map = ColumnMap({name: name for name in ("entity", "label", "score", "known")})
    with pytest.raises(ThinkFamilyError, match="Nobody is left to be found"):
        assess(read(people, column_map, ("entity", "label", "score", "known")))
