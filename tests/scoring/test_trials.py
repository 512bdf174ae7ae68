"""A model tried on a day knows what was known on it, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from think_family.scoring.additive import fit_additive
from think_family.scoring.candidates import additive_candidates
from think_family.scoring.columns import training_from
from think_family.scoring.configuration import Configuration, read_configuration
from think_family.scoring.top_lists import compare_top_lists
from think_family.scoring.trials import (
    DAY_AFTER,
    Evidence,
    Trial,
    candidates_chosen,
    features_used,
    learned_from,
    try_models,
)
from think_family.scoring.variants import Catalogues, features_of

FILE = """\
name: m
title: A model
harm: cse
method: learned
version: 1
cohort: {target: cse, labels: [labels], age_from: 10, age_below: 18}
as_of: AS_OF
features: {set: shared, scopes: [person, family]}
index: {points: points_cse}
fit: {smallest_bin: 5}
capacity: 10
"""
DAY = date(2024, 1, 1)
BEFORE, AFTER = DAY - timedelta(days=1), DAY + timedelta(days=1)
EARLIER, LATER = DAY - timedelta(days=9), DAY - timedelta(days=8)
LONG_BEFORE = DAY - timedelta(days=365)
EARLIEST = DAY - timedelta(days=380)

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
        ("ended_on", pa.date32()),
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
        row("by the other rule", "before_outcome", LATER, DAY, is_outcome=True),
        row("not known yet either", "before_outcome", EARLIER, AFTER, is_outcome=True),
        row("never", "unlabelled", BEFORE, None, is_outcome=False),
        row("of the other days", "unlabelled", LATER, None, is_outcome=False),
        row("of a day that nobody knew of", "unlabelled", EARLIER, None, is_outcome=False),
        row("later", "unlabelled", BEFORE, AFTER, is_outcome=True),
        row("known by now", "unlabelled", BEFORE, DAY, is_outcome=True),
        row("of the day itself", "unlabelled", DAY, None, is_outcome=False),
        row("tested", "test", DAY, None, is_outcome=False),
    )
    learned = learned_from(configured(tmp_path, "day_before_referral"), rows, DAY)
    assert dict(zip(*learned.select(["person_id", "is_positive"]).to_pydict().values(),
                    strict=True)) == {"known": True, "never": False, "later": False}  # fmt: skip
    other = learned_from(configured(tmp_path, "day_before_outcome"), rows, DAY)
    assert dict(zip(*other.select(["person_id", "is_positive"]).to_pydict().values(),
                    strict=True)) == {
        "by the other rule": True, "of the other days": False
    }  # fmt: skip


def test_earlier_days_count_once_their_horizon_is_over(tmp_path: Path) -> None:
    rows = labelled(
        row("came", "test", LONG_BEFORE, BEFORE, is_outcome=True),
        row("came and not known yet", "earlier day", LONG_BEFORE, AFTER, is_outcome=True),
        row("did not", "earlier day", LONG_BEFORE, None, is_outcome=False),
        row("nobody can tell", "test", LONG_BEFORE, None, is_outcome=None, ended_on=BEFORE),
        row("came, then left", "test", LONG_BEFORE, BEFORE, is_outcome=True, ended_on=BEFORE),
        row(
            "left, and not known yet", "test", LONG_BEFORE, AFTER, is_outcome=True, ended_on=BEFORE
        ),
        row("one day more", "day after", LONG_BEFORE, None, is_outcome=False),
        row("not over", "test", LONG_BEFORE + timedelta(days=1), BEFORE, is_outcome=True),
    )
    learned = learned_from(configured(tmp_path, "earlier_days"), rows, DAY)
    assert dict(zip(*learned.select(["person_id", "is_positive"]).to_pydict().values(),
                    strict=True)) == {
        "came": True, "came and not known yet": False, "did not": False, "came, then left": True
    }  # fmt: skip


FEATURES = [
    # feature, indicator, scope, is_shared, is_label_proxy
    ("n_report_365_days", "report", "person", True, False),
    ("n_noise_365_days", "noise", "person", True, False),
    ("n_flag_365_days", "flag", "person", True, True),
    ("n_arrears_365_days", "arrears", "person", False, False),
    ("family_n_report_365_days", "report", "family", True, False),
]
NAMES = [feature for feature, *_ in FEATURES]
CODES = ["report", "noise", "flag", "arrears"]
CATALOGUES = Catalogues(
    features=pa.Table.from_pylist(
        [
            {
                "feature": feature, "indicator_code": code, "scope": scope,
                "measure": "n_365_days", "harm": None, "network_scope": None, "basis": None,
                "is_shared": is_shared, "is_label_proxy": is_proxy, "position": position,
            }
            for position, (feature, code, scope, is_shared, is_proxy) in enumerate(FEATURES)
        ]
    ),
    indicators=pa.table(
        {"indicator_code": CODES, "criterion": ["help"] * 4, "points_cse": [10, 0, 0, 0]}
    ),
    sources=pa.table(
        {
            "indicator_code": [*CODES, "noise"],
            "source_system": [
                "police_records", "police_records", "police_missing", "housing", "health"
            ],
        }
    ),
    programmes=pa.table(
        {
            "programme": ["bristol"] * 4 + ["somerset"] * 2,
            "indicator_code": [*CODES, "report", "arrears"],
            "held_from_date": pa.array([LONG_BEFORE] * 5 + [None], pa.date32()),
        }
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    """Of those with three reports or more, half come to harm; of the others hardly anybody.

    On two days of trial a year apart, and on the day after the later one. What came in the year
    after the earlier was known on the later one, but of one in four.
    """
    chance = np.random.default_rng(7)
    rows, described, counted, lived = [], [], [], []
    for reason, day, n in (
        ("before_referral", EARLIEST, 40),
        ("before_outcome", EARLIEST + timedelta(days=5), 40),
        ("unlabelled", EARLIEST, 300),
        ("unlabelled", EARLIEST + timedelta(days=5), 300),
        ("test", LONG_BEFORE, 300),
        ("before_referral", BEFORE, 30),
        ("unlabelled", BEFORE, 300),
        ("test", DAY, 300),
        (DAY_AFTER, AFTER, 300),
    ):
        for number in range(n):
            is_labelled = reason.startswith("before")
            person = (
                f"{reason.split()[0]} {day} {number:03d}"
                if reason != DAY_AFTER
                else (f"test {DAY} {number:03d}")
            )
            is_risky = is_labelled or chance.random() < 0.1
            n_reports = int(chance.integers(3, 6)) if is_risky else int(chance.integers(0, 3))
            came = is_labelled or (is_risky and chance.random() < 0.5)
            known = day + timedelta(days=6) if is_labelled else None
            if came and not is_labelled:
                known = day + timedelta(days=400 if number % 4 == 0 else 100)
            if day == BEFORE and is_labelled:
                known = DAY
            rows.append(row(person, reason, day, known, is_outcome=came, cluster_id=person))
            described.append(
                (person, day, n_reports, *(int(chance.integers(0, 3)) for _ in NAMES[1:]))
            )
            lived.append((person, day, "somerset" if number % 3 == 0 else "bristol"))
            if n_reports:
                counted.append((person, day, "report", n_reports / 10))
    schema = [("person_id", pa.string()), ("as_of_date", pa.date32())]

    def table(of: list[tuple[Any, ...]], *more: tuple[str, pa.DataType]) -> pa.Table:
        columns = pa.schema([*schema, *more])
        return pa.Table.from_pylist(
            [dict(zip(columns.names, values, strict=True)) for values in of], schema=columns
        )

    return Evidence(
        labelled(*rows),
        table(described, *((name, pa.int32()) for name in NAMES)),
        table(counted, ("indicator_code", pa.string()), ("weight", pa.float64())),
        table(lived, ("programme", pa.string())),
        CATALOGUES,
    )  # fmt: skip


def of(told: pa.Table, day: date = DAY, variant: str = "as_configured") -> pa.Table:
    return told.filter(
        (pc.field("cutoff_date") == pa.scalar(day)) & (pc.field("variant") == variant)
    )


def test_who_is_alike_those_who_were_harmed_scores_higher(
    tmp_path: Path, evidence: Evidence
) -> None:
    model = configured(tmp_path, "day_before_referral")
    told = of(try_models([model], evidence, ()))
    assert len(told) == 300
    reports = {
        (row["person_id"], row["as_of_date"]): row["n_report_365_days"]
        for row in evidence.features.to_pylist()
    }
    few, many = [], []
    for person, log_odds in zip(
        told["person_id"].to_pylist(), told["log_odds"].to_pylist(), strict=True
    ):
        (many if reports[person, DAY] >= 3 else few).append(log_odds)
    assert min(many) > max(few)
    assert set(told["n_labelled"].to_pylist()) == {70}
    # Of the unlabelled of these days, all to whom it is not known to have happened.
    n_unlabelled = sum(
        told["reason"] == "unlabelled"
        and told["as_of_date"] in (EARLIEST, BEFORE)
        and (told["outcome_known_on"] is None or told["outcome_known_on"] > DAY)
        for told in evidence.labelled.to_pylist()
    )
    assert 500 < n_unlabelled < 600
    assert set(told["n_learned_from"].to_pylist()) == {70 + n_unlabelled}
    scores = told.select(["model_score", "index_score", "score"]).to_pydict()
    assert scores["score"] == [
        max(pair) for pair in zip(scores["model_score"], scores["index_score"], strict=True)
    ]


def test_what_came_after_the_day_changes_no_score_of_it(tmp_path: Path, evidence: Evidence) -> None:
    """Of no variant: with only what was known on the later day, its scores are the same."""
    later = [
        known is not None and known > DAY
        for known in evidence.labelled["outcome_known_on"].to_pylist()
    ]
    assert any(later)
    rows = [
        told | {"outcome_known_on": None, "is_outcome": False} if is_later else told
        for told, is_later in zip(evidence.labelled.to_pylist(), later, strict=True)
    ]
    # Nor does a day that was drawn for somebody of whom nobody knew yet, or who is seen on it.
    more = [
        row("labelled later", "before_referral", EARLIER, AFTER, is_outcome=True),
        row("unlabelled then", "unlabelled", EARLIER, None, is_outcome=False),
    ]
    knowing = replace(evidence, labelled=pa.concat_tables([evidence.labelled, labelled(*more)]))
    unknowing = replace(evidence, labelled=pa.Table.from_pylist(rows, schema=LABELLED))
    scores = ["variant", "person_id", "log_odds", "index_points", "score", "candidate"]
    for as_of in ("day_before_referral", "earlier_days"):
        model = configured(tmp_path, as_of)
        with_it, without_it = (
            try_models([model], given).filter(pc.field("cutoff_date") == pa.scalar(DAY))
            for given in (knowing, unknowing)
        )
        assert len(set(with_it["variant"].to_pylist())) >= 7
        assert with_it.select(scores) == without_it.select(scores)


def test_the_order_of_rows_makes_no_difference(tmp_path: Path, evidence: Evidence) -> None:
    model = configured(tmp_path, "day_before_referral")
    chance = np.random.default_rng(3)

    def shuffle(table: pa.Table) -> pa.Table:
        return table.take(pa.array(chance.permutation(len(table))))

    shuffled = replace(
        evidence,
        labelled=shuffle(evidence.labelled),
        features=shuffle(evidence.features),
        windowed=shuffle(evidence.windowed),
        residents=shuffle(evidence.residents),
    )
    assert try_models([model], shuffled) == try_models([model], evidence)


def test_where_nothing_can_be_learned_the_index_stands_alone(
    tmp_path: Path, evidence: Evidence
) -> None:
    model = configured(tmp_path, "day_before_outcome")
    is_kept = pc.not_equal(evidence.labelled["reason"], "before_outcome")
    told = try_models([model], replace(evidence, labelled=evidence.labelled.filter(is_kept)))
    assert set(told["winner"].to_pylist()) == {"index"}
    assert told["log_odds"].null_count == told["candidate"].null_count == len(told)


def test_only_features_that_a_model_uses_are_asked_for(tmp_path: Path) -> None:
    model = configured(tmp_path, "day_before_referral")
    assert features_used([model], CATALOGUES, ()) == [
        "family_n_report_365_days", "n_noise_365_days", "n_report_365_days"
    ]  # fmt: skip
    assert features_used([model], CATALOGUES) == sorted(NAMES)


def test_variants_are_tried_on_the_same_people(tmp_path: Path, evidence: Evidence) -> None:
    model = configured(tmp_path, "day_before_referral")
    told = try_models([model], evidence)
    told = told.filter(pc.field("variant") != "in_sample")
    assert pc.unique(told["variant"]).to_pylist() == [
        "as_configured", "with_label_proxies", "before_outcome", "without_family",
        "without_police", "challenger", "bristol_full", "somerset_full",
    ]  # fmt: skip
    people = of(told)["person_id"].to_pylist()
    where = {
        (row["person_id"], row["as_of_date"]): row["programme"]
        for row in evidence.residents.to_pylist()
    }
    for variant in pc.unique(told["variant"]).to_pylist():
        area = variant.removesuffix("_full") if variant.endswith("_full") else None
        assert of(told, DAY, variant)["person_id"].to_pylist() == [
            person for person in people if area in (None, where[person, DAY])
        ]
    # The index is the model's, whatever the variant.
    points = dict(zip(people, of(told)["index_score"].to_pylist(), strict=True))
    for row in told.filter(pc.field("cutoff_date") == pa.scalar(DAY)).to_pylist():
        assert row["index_score"] == points[row["person_id"]]


def test_those_learned_from_are_scored_again_and_what_came_is_not_told(
    tmp_path: Path, evidence: Evidence
) -> None:
    model = configured(tmp_path, "day_before_referral")
    trial = Trial(model, evidence, ())
    again = trial.recognised(DAY)
    train = trial.training(trial.variants[0], DAY)
    learned = train.filter(train["is_positive"])["person_id"].to_pylist()
    assert again["person_id"].to_pylist() == sorted(set(learned))
    assert len(again) == 70
    assert set(again["variant"].to_pylist()) == {"in_sample"}
    assert set(again["cutoff_date"].to_pylist()) == {DAY}
    assert set(again["is_outcome"].to_pylist()) == {None}
    # All of them have three reports or more, as the riskiest of the day have.
    assert (
        min(again["log_odds"].to_pylist())
        >= pc.quantile(of(try_models([model], evidence, ()))["log_odds"], 0.85)[0].as_py()
    )


def test_an_area_learns_from_its_own_people(tmp_path: Path, evidence: Evidence) -> None:
    trial = Trial(configured(tmp_path, "day_before_referral"), evidence, ["full"])
    assert [variant.name for variant in trial.variants[1:]] == ["bristol_full", "somerset_full"]
    everybody, bristol, somerset = (
        set(trial.training(variant, DAY)["person_id"].to_pylist()) for variant in trial.variants
    )
    assert bristol
    assert somerset
    assert everybody == bristol | somerset
    assert not bristol & somerset


def test_a_variant_is_the_model_that_its_configuration_says(
    tmp_path: Path, evidence: Evidence
) -> None:
    """Fitted by itself, each glass box says what it says among the others."""
    trial = Trial(configured(tmp_path, "day_before_referral"), evidence)
    for variant in trial.variants:
        if variant.is_challenger:
            continue
        train = trial.training(variant, DAY)
        fit = trial.fitted(variant, DAY)
        assert fit.candidate is not None
        weight = train["weight"].cast(pa.float64())
        alone = fit_additive(
            training_from(train.drop_columns(["weight"]).append_column("weight", weight),
                          cluster="cluster_id"),
            features_of(variant.configuration, CATALOGUES, DAY),
            replace(additive_candidates(variant.configuration)[fit.candidate], folds=0),
            model="m",
        )  # fmt: skip
        assert fit.parameters == alone


def test_penalties_are_those_that_foretold_best_on_earlier_days(
    tmp_path: Path, evidence: Evidence
) -> None:
    """With penalties so large that nothing is told, and small ones, the small ones are chosen."""
    model = configured(tmp_path, "day_before_referral")
    model = replace(model, fit=replace(model.fit, l1=(1e6, 1.0), l2=(1.0,)))
    told = try_models([model], evidence, ["without_police"])
    for variant in ("as_configured", "without_police"):
        chosen = {
            day: of(told, day, variant)["candidate"].to_pylist() for day in (LONG_BEFORE, DAY)
        }
        assert set(chosen[LONG_BEFORE]) == {"l1=1e+06,l2=1"}
        assert set(chosen[DAY]) == {"l1=1,l2=1"}
    # Where nothing of it was known yet on the day, nothing can be chosen by it.
    rows = [
        told | ({"outcome_known_on": AFTER} if told["as_of_date"] == LONG_BEFORE else {})
        for told in evidence.labelled.to_pylist()
    ]
    unknowing = replace(evidence, labelled=pa.Table.from_pylist(rows, schema=LABELLED))
    assert set(of(try_models([model], unknowing, ()))["candidate"].to_pylist()) == {"l1=1e+06,l2=1"}
    # So are those of a model that is to be fitted today, by every day whose horizon is over.
    over = DAY + timedelta(days=365)
    assert candidates_chosen([model], unknowing, over) == {"m": "l1=1,l2=1"}
    assert candidates_chosen([model], evidence, LONG_BEFORE) == {"m": "l1=1e+06,l2=1"}


def test_a_list_is_set_beside_that_of_a_day_later(tmp_path: Path, evidence: Evidence) -> None:
    model = configured(tmp_path, "day_before_referral")
    told = compare_top_lists([model], evidence).to_pylist()
    assert [row["ranked_by"] for row in told] == ["log_odds", "index_points", "score"]
    for row in told:
        assert (row["cutoff_date"], row["next_date"], row["k"], row["n_listed"]) == (
            DAY, AFTER, 10, 10
        )  # fmt: skip
        assert 0 <= row["share_worst"] <= row["share_expected"] <= row["share_best"] <= 1
        # Drawn anew by chance, few of three hundred stay on a list of ten.
        assert row["share_worst"] < 0.5
    # With the same records a day later, all stay, but for ties.
    same = [
        (told | {"as_of_date": AFTER})
        for told in evidence.features.to_pylist()
        if told["as_of_date"] == DAY
    ]
    counted = [
        (told | {"as_of_date": AFTER})
        for told in evidence.windowed.to_pylist()
        if told["as_of_date"] == DAY
    ]

    def with_those(table: pa.Table, rows: list[dict[str, Any]]) -> pa.Table:
        before = table.filter(pc.not_equal(table["as_of_date"], pa.scalar(AFTER)))
        return pa.concat_tables([before, pa.Table.from_pylist(rows, schema=table.schema)])

    unchanged = replace(
        evidence,
        features=with_those(evidence.features, same),
        windowed=with_those(evidence.windowed, counted),
    )
    assert {row["share_best"] for row in compare_top_lists([model], unchanged).to_pylist()} == {1.0}
