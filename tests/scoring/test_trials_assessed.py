"""Trials assessed on literal and generated tables: lists of each day, groups, what chance gives."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from think_family.scoring.assess_leakage import chance_results
from think_family.scoring.trials_assessed import ASSESSED, RESTATED, TrialRows, assess_trials
from think_family.scoring.trials_truth import City

FIRST, SECOND = date(2022, 5, 15), date(2023, 5, 15)
SMALL = City(1000, is_natural_prevalence=True, is_synthetic=False)

_GROUPS = ("ethnicity", "sex", "age_band", "programme", "deprivation")


def trial(rows: list[dict[str, Any]], *, capacity: int = 2, **more: Any) -> TrialRows:
    """A trial of one model, from rows of person, day, scores, whether it came, and more."""
    rows = [
        {"day": FIRST, "came": False, "index": 0.0, "variant": "as_configured"} | r for r in rows
    ]
    for row in rows:
        row.setdefault("model", row["index"])
    people = sorted({(row["person"], row["day"]) for row in rows})
    groups = {(row["person"], row["day"]): row for row in rows}
    return TrialRows(
        **{
            "trials": pa.table(
                {
                    "model": ["m"] * len(rows),
                    "variant": [row["variant"] for row in rows],
                    "cutoff_date": pa.array([row["day"] for row in rows], pa.date32()),
                    "person_id": [row["person"] for row in rows],
                    "cluster_id": [row.get("family", row["person"]) for row in rows],
                    "log_odds": pa.array([row.get("log_odds", 0.0) for row in rows], pa.float64()),
                    "model_score": pa.array([row["model"] for row in rows], pa.float64()),
                    "index_score": pa.array([row["index"] for row in rows], pa.float64()),
                    "score": pa.array(
                        [max(row["model"], row["index"]) for row in rows], pa.float64()
                    ),
                    "is_outcome": pa.array([row["came"] for row in rows], pa.bool_()),
                    "lead_days": pa.array(
                        [row.get("lead", 10) if row["came"] else None for row in rows], pa.int32()
                    ),
                }
            ),
            "known": pa.table(
                {
                    "model": pa.array(["m" for row in rows if row.get("known")], pa.string()),
                    "person_id": pa.array(
                        [row["person"] for row in rows if row.get("known")], pa.string()
                    ),
                    "as_of_date": pa.array(
                        [row["day"] for row in rows if row.get("known")], pa.date32()
                    ),
                }
            ),
            "described": pa.table(
                {
                    "person_id": [person for person, _ in people],
                    "as_of_date": pa.array([day for _, day in people], pa.date32()),
                    **{
                        name: pa.array([groups[key].get(name) for key in people], pa.string())
                        for name in _GROUPS
                    },
                    "n_missing_reports_365_days": pa.array(
                        [groups[key].get("missing", 0) for key in people], pa.int32()
                    ),
                }
            ),
            "recorded": pa.table(
                {
                    "person_id": pa.array(
                        [key[0] for key in people for _ in groups[key].get("recorded", ())],
                        pa.string(),
                    ),
                    "as_of_date": pa.array(
                        [key[1] for key in people for _ in groups[key].get("recorded", ())],
                        pa.date32(),
                    ),
                    "indicator_code": pa.array(
                        [code for key in people for code in groups[key].get("recorded", ())],
                        pa.string(),
                    ),
                }
            ),
            "models": pa.table(
                {
                    "model": ["m"],
                    "target": ["cse"],
                    "capacity": pa.array([capacity], pa.int32()),
                    "horizon_days": pa.array([365], pa.int32()),
                }
            ),
            "labelled": pa.table(
                {
                    "model": pa.array([], pa.string()),
                    "reason": pa.array([], pa.string()),
                    "as_of_date": pa.array([], pa.date32()),
                    "outcome_known_on": pa.array([], pa.date32()),
                }
            ),
            "prevalences": pa.table({"target": ["cse"], "share_in_a_year": [0.0015]}),
            "city": SMALL,
            "publishable_population": 535000,
            "draws": 50,
            **more,
        }
    )


def told(rows: TrialRows, section: str = "performance", **where: Any) -> list[dict[str, Any]]:
    found = assess_trials(rows)
    assert found.schema == ASSESSED
    return [
        row
        for row in found.to_pylist()
        if row["section"] == section and all(row[name] == value for name, value in where.items())
    ]


def one(rows: TrialRows, section: str = "performance", **where: Any) -> dict[str, Any]:
    (row,) = told(rows, section, **where)
    return row


TWO_DAYS = [
    {"person": "a", "day": FIRST, "model": 90.0, "came": True},
    {"person": "b", "day": FIRST, "model": 80.0},
    {"person": "c", "day": FIRST, "model": 70.0, "came": True},
    {"person": "a", "day": SECOND, "model": 9.0},
    {"person": "b", "day": SECOND, "model": 8.0, "came": True},
    {"person": "c", "day": SECOND, "model": 7.0},
]


def test_of_all_days_each_has_a_list_of_its_own() -> None:
    """Scores of the first day are all higher; of one list the second would have nobody."""
    found = {
        row["as_of"]: row["value"]
        for row in told(trial(TWO_DAYS), score="model_score", measure="precision", k=2)
    }
    assert found == {FIRST: 1 / 2, SECOND: 1 / 2, None: 2 / 4}
    recall = one(trial(TWO_DAYS), score="model_score", measure="recall", k=2, as_of=None)
    assert recall["value"] == pytest.approx(2 / 3)
    # The mean over the three of what the list holds down to each, of their own day.
    order = one(trial(TWO_DAYS), score="model_score", measure="average_precision", as_of=None)
    assert order["value"] == pytest.approx((1 + 2 / 3 + 1 / 2) / 3)
    # Of the pairs of one day, the first has one of two in order, the second one of two.
    pairs = one(trial(TWO_DAYS), score="model_score", measure="roc_auc", as_of=None)
    assert pairs["value"] == pytest.approx((1 + 1) / (2 + 2))


def test_who_is_known_is_never_counted_as_found() -> None:
    rows = trial(
        [
            {"person": "a", "model": 9.0, "came": True, "known": True},
            {"person": "b", "model": 8.0, "came": True},
            {"person": "c", "model": 7.0},
            {"person": "d", "model": 6.0},
        ],
        capacity=1,
    )
    found = {
        row["population"]: row["value"]
        for row in told(rows, score="score", measure="recall", k=1, as_of=None)
    }
    assert found == {"not known": 1.0, "everyone": 1 / 2}
    listed = one(rows, score="known already", measure="precision", k=1, as_of=None,
                 population="everyone")  # fmt: skip
    assert listed["value"] == 1.0


def test_where_all_were_known_everyone_is_judged() -> None:
    people = [
        {"person": "a", "model": 9.0, "came": True, "known": True},
        {"person": "b", "model": 8.0},
    ]
    populations = {row["population"] for row in told(trial(people, capacity=1))}
    assert populations == {"everyone"}


def test_where_the_outcome_came_to_nobody_people_are_counted_and_no_more() -> None:
    rows = trial([{"person": "a", "model": 1.0}, {"person": "b", "model": 2.0, "came": None}])
    assert not told(rows)
    counts = {row["measure"]: row["n_rows"] for row in told(rows, "counts", as_of=None)}
    assert counts["rows"] == 2
    assert counts["assessed"] == 1
    assert counts["assessed whom the event came to"] == 0


def test_the_simple_rule_is_two_missing_reports_or_more() -> None:
    rows = trial(
        [
            {"person": "a", "missing": 2, "came": True},
            {"person": "b", "missing": 1},
            {"person": "c", "missing": 5, "came": True},
        ]
    )
    found = one(rows, score="two missing episodes", measure="precision", k=2, as_of=None)
    assert (found["value"], found["worst"], found["best"]) == (1.0, 1.0, 1.0)


def test_precision_is_restated_where_the_city_is_no_measure_and_nowhere_else() -> None:
    rows = trial(TWO_DAYS)
    restated = one(rows, score="score", measure=RESTATED, k=2, as_of=None)
    plain = one(rows, score="score", measure="precision", k=2, as_of=None)
    # Elkan's formula, by hand: prevalence 1/2 here, 0.0015 in life, precision 1/2.
    assert plain["value"] == 1 / 2
    assert restated["value"] == pytest.approx(0.0015)
    large = replace(rows, city=City(535000, is_natural_prevalence=True, is_synthetic=True))
    assert not told(large, measure=RESTATED)
    dense = replace(rows, city=City(535000, is_natural_prevalence=False, is_synthetic=True))
    assert told(dense, measure=RESTATED)


def test_a_variant_is_set_beside_the_model_as_it_is_configured() -> None:
    changed = [{**row, "variant": "without_network", "model": -row["model"]} for row in TWO_DAYS]
    rows = trial([*TWO_DAYS, *changed])
    found = one(
        rows, "comparisons", variant="without_network", score="model_score", measure="precision",
        k=2,
    )  # fmt: skip
    assert (found["other"], found["as_of"]) == ("as_configured", None)
    assert found["other_value"] == 2 / 4
    assert found["value"] == 2 / 4
    alike = trial([*TWO_DAYS, *({**row, "variant": "alike"} for row in TWO_DAYS)])
    for row in told(alike, "comparisons", variant="alike"):
        assert row["difference"] == 0


def test_a_probability_of_a_labelled_day_is_one_of_the_horizon() -> None:
    """Three labelled days were known in the year before; log-odds of 0 are a half on each."""
    labelled = pa.table(
        {
            "model": ["m"] * 5,
            "reason": ["before_referral"] * 5,
            "as_of_date": pa.array(
                [date(2021, 5, 16), date(2021, 9, 1), FIRST, date(2021, 5, 15), date(2022, 1, 1)],
                pa.date32(),
            ),
            "outcome_known_on": pa.array(
                [FIRST, FIRST, FIRST, FIRST, date(2022, 5, 16)], pa.date32()
            ),
        }
    )
    people = [{"person": f"p{n}", "model": float(n), "came": n > 2} for n in range(5)]
    rows = trial([{**row, "log_odds": 0.0} for row in people], labelled=labelled)
    assert {row["expected"] for row in told(rows, "calibration")} == {1 - 0.5**3}
    alone = trial([{**row, "log_odds": 0.0} for row in people])
    assert {row["expected"] for row in told(alone, "calibration")} == {0.5}


def generated(n: int = 4000, *, noticed: float = 2.0, seed: int = 3) -> list[dict[str, Any]]:
    """Two groups alike in what happens to them; of one, petty matters come to notice more often.

    The score stands on what is recorded, petty matters among it.
    """
    chance = np.random.default_rng(seed)
    rows = []
    for number in range(n):
        group = "white_british" if number % 4 else "black"
        risk = chance.random() ** 3
        came = bool(chance.random() < 0.15 * risk)
        petty = chance.random() < 0.06 * (noticed if group == "black" else 1.0)
        grave = chance.random() < 0.3 * risk
        rows.append(
            {
                "person": f"p{number:05}",
                "family": f"f{number // 2:05}",
                "day": FIRST if number % 2 else SECOND,
                "model": float(60 * petty + 50 * grave + 5 * risk),
                "came": came,
                "ethnicity": group,
                "recorded": [*(["petty"] if petty else []), *(["grave"] if grave else [])],
            }
        )
    return rows


def test_a_recording_bias_that_was_planted_is_recovered() -> None:
    rows = trial(generated(), capacity=150, draws=300)
    recorded = {
        row["score"]: row
        for row in told(rows, "recorded", group_name="black", grouping="ethnicity")
    }
    petty, grave = recorded["petty"], recorded["grave"]
    # Twice as often, within the interval; and of what is recorded alike, nothing is said.
    assert petty["ratio_low"] < 2.0 < petty["ratio_high"]
    assert petty["verdict"] == "higher"
    assert grave["ratio_low"] < 1.0 < grave["ratio_high"]
    assert grave["verdict"] == "not enough evidence"
    # What follows for the score: more of those to whom nothing came are listed.
    wrongly = one(
        rows, "groups", group_name="black", score="model_score", measure="false_positive_rate",
        grouping="ethnicity",
    )  # fmt: skip
    assert wrongly["verdict"] == "higher"
    assert wrongly["ratio"] > 1.2


def test_without_a_planted_bias_none_is_told() -> None:
    rows = trial(generated(noticed=1.0), capacity=150, draws=300)
    verdicts = {
        row["verdict"]
        for section in ("recorded", "groups")
        for row in told(rows, section, group_name="black", grouping="ethnicity")
    }
    assert verdicts == {"not enough evidence"}


def test_outcomes_dealt_by_chance_leave_nothing_of_a_good_score() -> None:
    rows = trial(generated(), capacity=150, draws=200)
    scored = rows.trials.to_pydict()
    label = np.array(scored["is_outcome"], dtype=bool)
    values = np.array(scored["model_score"])
    assert chance_results(label, values, deals=50).is_chance

    honest = one(rows, score="model_score", measure="roc_auc", as_of=None)
    assert honest["low"] > 0.55
    dealt = pa.array(np.random.default_rng(5).permutation(label))
    at = rows.trials.column_names.index("is_outcome")
    by_chance = replace(rows, trials=rows.trials.set_column(at, "is_outcome", dealt))
    nothing = one(by_chance, score="model_score", measure="roc_auc", as_of=None)
    assert nothing["low"] < 0.5 < nothing["high"]


def test_the_same_rows_in_any_order_give_the_same() -> None:
    rows = trial(generated(600), capacity=20)
    order = np.random.default_rng(1).permutation(len(rows.trials))
    turned = replace(
        rows,
        trials=rows.trials.take(order),
        described=rows.described.take(pc.sort_indices(rows.described["ethnicity"])),
        recorded=rows.recorded.slice(0).take(np.arange(len(rows.recorded))[::-1]),
    )
    assert assess_trials(rows).equals(assess_trials(turned))
    assert assess_trials(rows).equals(assess_trials(rows))
