"""From a file of configuration to a chosen model, and to the score of a person."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
from sklearn.metrics import average_precision_score

from think_family.scoring.additive import cross_fit_additive, fit_additive
from think_family.scoring.applying import score
from think_family.scoring.boosting import cross_fit_boosting, fit_boosting
from think_family.scoring.candidates import additive_candidates, boosting_candidates
from think_family.scoring.columns import Bools, Floats, Training
from think_family.scoring.configuration import missing_rules, read_configuration
from think_family.scoring.features import features_chosen
from think_family.scoring.parameters import read_parameters, version_of, write_parameters
from think_family.scoring.selection import choose_in_folds, folds_of

FILE = """\
name: missing_again
title: Missing again
harm: cse
method: learned
version: 1
cohort: {target: labels, labels: [labels], age_from: 0}
as_of: day_before_referral
features: {set: shared, scopes: [person]}
missing: {days_since: {impute: highest, flag: false}}
index: {points: points_cse}
fit: {folds: 3, l1: [0.5, 50], l2: [1], learning_rates: [0.1, 0.3], n_trees: 6, depth: 2}
scale: rarity
capacity: 20
"""


def measured(is_positive: Bools, scores: Floats, weight: Floats) -> float:
    return float(average_precision_score(is_positive, scores, sample_weight=weight))


def test_a_file_leads_to_a_chosen_model_and_its_scores(tmp_path: Path) -> None:
    (tmp_path / "model.yml").write_text(FILE, encoding="utf-8")
    configuration = read_configuration(tmp_path / "model.yml")
    catalogue = pa.Table.from_pylist(
        [
            {
                "position": number,
                "feature": feature,
                "indicator_code": "missing",
                "scope": "person",
                "measure": measure,
                "harm": None,
                "network_scope": None,
                "basis": None,
                "is_shared": True,
                "is_label_proxy": False,
            }
            for number, (feature, measure) in enumerate(
                [("days_since_missing", "days_since"), ("n_missing_365_days", "n_365_days")]
            )
        ]
    )
    features = features_chosen(
        configuration.features,
        catalogue,
        harm=configuration.harm,
        points={"missing": 8.0},
        missing=missing_rules(configuration),
    )
    chance = np.random.default_rng(8)
    count = chance.poisson(0.4, 1500)
    days = pa.array(np.where(count > 0, chance.integers(0, 365, 1500), 0), mask=count == 0)
    table = pa.table({"days_since_missing": days, "n_missing_365_days": count})
    label = chance.random(1500) < 0.02 + 0.2 * count
    training = Training(table, label, np.ones(1500), [str(number) for number in range(1500)])

    boxes = additive_candidates(configuration)
    assert list(boxes) == ["l1=50,l2=1", "l1=0.5,l2=1"]
    challengers = boosting_candidates(configuration)
    assert list(challengers) == ["learning_rate=0.1", "learning_rate=0.3"]
    fold = folds_of(training.cluster, configuration.fit.folds, configuration.fit.seed)
    chosen = choose_in_folds(
        {
            **{
                name: lambda settings=settings: cross_fit_additive(training, features, settings)
                for name, settings in boxes.items()
            },
            **{
                name: lambda settings=settings: cross_fit_boosting(training, features, settings)
                for name, settings in challengers.items()
            },
        },
        label,
        training.weight,
        fold,
        measured,
    )
    assert chosen.name in {*boxes, *challengers}
    assert len(chosen.measured["l1=0.5,l2=1"]) == 3
    assert sum(chosen.measured["l1=0.5,l2=1"]) > sum(chosen.measured["l1=50,l2=1"])

    facts = {"configuration_digest": configuration.digest, "cut_off": "2024-06-30"}
    box = fit_additive(
        training, features, boxes["l1=0.5,l2=1"], model=configuration.name, facts=facts
    )
    challenger = fit_boosting(
        training,
        features,
        challengers["learning_rate=0.1"],
        model=configuration.name,
        facts=facts,
    )
    for parameters in (box, challenger):
        file = tmp_path / f"{version_of(parameters)}.json"
        write_parameters(parameters, file)
        read = read_parameters(file)
        assert read.training["configuration_digest"] == configuration.digest
        told = score(read, {"days_since_missing": [None, 300, 3], "n_missing_365_days": [0, 1, 4]})  # type: ignore[arg-type]
        assert (np.diff(told.score) > 0).all()
