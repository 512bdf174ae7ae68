"""A model tried on a day knows what was known on it, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from think_family.scoring.configuration import Configuration, read_configuration
from think_family.scoring.trials import Evidence, features_used, learned_from, try_models

FILE = """\
name: m
title: A model
harm: cse
method: learned
version: 1
cohort: {target: cse, labels: [labels], age_from: 10, age_below: 18}
as_of: AS_OF
features: {set: shared, scopes: [person]}
index: {points: points_cse}
fit: {smallest_bin: 5}
capacity: 10
"""
DAY = date(2024, 1, 1)
BEFORE, AFTER = DAY - timedelta(days=1), DAY + timedelta(days=1)
LONG_BEFORE = DAY - timedelta(days=365)

LABELLED = pa.schema(
    [
        ("model", pa.string()),
        ("as_of_date", pa.date32()),
        ("person_id", pa.string()),
        ("reason", pa.string()),
        ("cluster_id", pa.string()),
        ("outcome_known_on", pa.date32()),
        ("is_outcome", pa.bool_()),
        ("lead_days", pa.int32()),
        ("censored", pa.string()),
        ("weight", pa.int32()),
    ]
)


def configured(tmp_path: Path, as_of: str) -> Configuration:
    file = tmp_path / "m.yml"
    file.write_text(FILE.replace("AS_OF", as_of), encoding="utf-8")
    return read_configuration(file)


def labelled(*rows: dict[str, Any]) -> pa.Table:
    usual = {"model": "m", "cluster_id": "c", "weight": 1}
    return pa.Table.from_pylist([usual | row for row in rows], schema=LABELLED)


def row(person: str, reason: str, day: date, known: date | None, **more: Any) -> dict[str, Any]:
    return {
        "person_id": person, "reason": reason, "as_of_date": day, "outcome_known_on": known, **more
    }  # fmt: skip


def test_labelled_persons_count_once_their_outcome_is_known(tmp_path: Path) -> None:
    rows = labelled(
        row("known", "before_referral", BEFORE, DAY, is_outcome=True),
        row("not known yet", "before_referral", BEFORE, AFTER, is_outcome=True),
        row("by the other rule", "before_outcome", BEFORE, DAY, is_outcome=True),
        row("never", "unlabelled", BEFORE, None, is_outcome=False),
        row("later", "unlabelled", BEFORE, AFTER, is_outcome=True),
        row("known by now", "unlabelled", BEFORE, DAY, is_outcome=True),
        row("of the day itself", "unlabelled", DAY, None, is_outcome=False),
        row("tested", "test", DAY, None, is_outcome=False),
    )
    learned = learned_from(configured(tmp_path, "day_before_referral"), rows, DAY)
    assert dict(zip(*learned.select(["person_id", "is_positive"]).to_pydict().values(),
                    strict=True)) == {"known": True, "never": False, "later": False}  # fmt: skip
    other = learned_from(configured(tmp_path, "day_before_outcome"), rows, DAY)
    assert "by the other rule" in other["person_id"].to_pylist()
    assert "known" not in other["person_id"].to_pylist()


def test_earlier_days_count_once_their_horizon_is_over(tmp_path: Path) -> None:
    rows = labelled(
        row("came", "test", LONG_BEFORE, BEFORE, is_outcome=True),
        row("came and not known yet", "earlier day", LONG_BEFORE, AFTER, is_outcome=True),
        row("did not", "earlier day", LONG_BEFORE, None, is_outcome=False),
        row("nobody can tell", "test", LONG_BEFORE, None, is_outcome=None),
        row("not over", "test", LONG_BEFORE + timedelta(days=1), BEFORE, is_outcome=True),
    )
    learned = learned_from(configured(tmp_path, "earlier_days"), rows, DAY)
    assert dict(zip(*learned.select(["person_id", "is_positive"]).to_pydict().values(),
                    strict=True)) == {
        "came": True, "came and not known yet": False, "did not": False
    }  # fmt: skip


CATALOGUED = pa.table(
    {
        "feature": ["n_report_365_days", "n_noise_365_days"],
        "indicator_code": ["report", "noise"],
        "scope": ["person", "person"],
        "measure": ["n_365_days", "n_365_days"],
        "harm": pa.nulls(2, pa.string()),
        "network_scope": pa.nulls(2, pa.string()),
        "basis": pa.nulls(2, pa.string()),
        "is_shared": [True, True],
        "is_label_proxy": [False, False],
        "position": [1, 2],
    }
)
INDICATORS = pa.table(
    {
        "indicator_code": ["report", "noise"],
        "criterion": ["help", "help"],
        "points_cse": [10, 0],
    }
)


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    """Of those with three reports or more, half come to harm; of the others hardly anybody."""
    chance = np.random.default_rng(7)
    rows, described, counted = [], [], []
    for reason, day, n in (
        ("before_referral", BEFORE, 40),
        ("unlabelled", BEFORE, 400),
        ("test", DAY, 400),
    ):
        for number in range(n):
            person = f"{reason} {number:03d}"
            is_risky = reason == "before_referral" or chance.random() < 0.1
            n_reports = int(chance.integers(3, 6)) if is_risky else int(chance.integers(0, 3))
            came = reason == "before_referral" or (is_risky and chance.random() < 0.5)
            known = BEFORE if reason == "before_referral" else AFTER
            rows.append(
                row(person, reason, day, known if came else None, is_outcome=came,
                    cluster_id=person)
            )  # fmt: skip
            described.append((person, day, n_reports, int(chance.integers(0, 3))))
            if n_reports:
                counted.append((person, day, "report", n_reports / 10))
    persons, days, reports, noise = zip(*described, strict=True)
    of, on, codes, weights = zip(*counted, strict=True)
    return Evidence(
        labelled(*rows),
        pa.table(
            {
                "person_id": list(persons), "as_of_date": pa.array(days, pa.date32()),
                "n_report_365_days": list(reports), "n_noise_365_days": list(noise),
            }
        ),
        pa.table(
            {
                "person_id": list(of), "as_of_date": pa.array(on, pa.date32()),
                "indicator_code": list(codes), "weight": list(weights),
            }
        ),
        CATALOGUED,
        INDICATORS,
    )  # fmt: skip


def test_who_is_alike_those_who_were_harmed_scores_higher(
    tmp_path: Path, evidence: Evidence
) -> None:
    model = configured(tmp_path, "day_before_referral")
    told = try_models([model], evidence)
    assert len(told) == 400
    reports = dict(
        zip(evidence.features["person_id"].to_pylist(),
            evidence.features["n_report_365_days"].to_pylist(), strict=True)
    )  # fmt: skip
    few, many = [], []
    for person, log_odds in zip(
        told["person_id"].to_pylist(), told["log_odds"].to_pylist(), strict=True
    ):
        (many if reports[person] >= 3 else few).append(log_odds)
    assert min(many) > max(few)
    assert set(told["n_labelled"].to_pylist()) == {40}
    assert set(told["n_learned_from"].to_pylist()) == {440}
    scores = told.select(["model_score", "index_score", "score"]).to_pydict()
    assert scores["score"] == [
        max(pair) for pair in zip(scores["model_score"], scores["index_score"], strict=True)
    ]


def test_what_came_after_the_day_changes_no_score_of_it(tmp_path: Path, evidence: Evidence) -> None:
    model = configured(tmp_path, "day_before_referral")
    is_after = [known == AFTER for known in evidence.labelled["outcome_known_on"].to_pylist()]
    assert any(is_after)
    rows = [
        told | {"outcome_known_on": None, "is_outcome": False} if later else told
        for told, later in zip(evidence.labelled.to_pylist(), is_after, strict=True)
    ]
    unknowing = replace(evidence, labelled=pa.Table.from_pylist(rows, schema=LABELLED))
    scores = ["person_id", "log_odds", "index_points", "score"]
    assert try_models([model], evidence).select(scores) == try_models([model], unknowing).select(
        scores
    )


def test_the_order_of_rows_makes_no_difference(tmp_path: Path, evidence: Evidence) -> None:
    model = configured(tmp_path, "day_before_referral")
    order = np.random.default_rng(3).permutation(len(evidence.labelled))
    shuffled = replace(
        evidence,
        labelled=evidence.labelled.take(pa.array(order)),
        features=evidence.features.take(pa.array(order)),
    )
    assert try_models([model], shuffled) == try_models([model], evidence)


def test_where_nothing_can_be_learned_the_index_stands_alone(
    tmp_path: Path, evidence: Evidence
) -> None:
    model = configured(tmp_path, "day_before_outcome")
    told = try_models([model], evidence)
    assert set(told["winner"].to_pylist()) == {"index"}
    assert told["log_odds"].null_count == len(told)


def test_only_features_that_a_model_uses_are_asked_for(tmp_path: Path) -> None:
    model = configured(tmp_path, "day_before_referral")
    catalogues = {"features_catalogued": CATALOGUED, "indicators": INDICATORS}
    assert features_used([model], catalogues) == ["n_noise_365_days", "n_report_365_days"]
