"""One file per model: read whole, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from think_family.errors import ThinkFamilyError
from think_family.scoring.configuration import (
    Cohort,
    FitChoice,
    IndexChoice,
    missing_rules,
    read_configuration,
)
from think_family.scoring.features import FALLS, RISES, FeatureChoice, MissingRule

FILE = """\
name: cse_under_18
title: Child sexual exploitation, under 18
harm: cse
method: learned
version: 1
cohort:
  target: cse
  labels: [stg_base__service_starts, stg_base__referrals]
  age_from: 10
  age_below: 18
as_of: day_before_referral
features:
  set: shared
  scopes: [person, family, places]
  exclude: [asb_involved]
  also: {age_in_years: falls}
  signs: {neet: rises}
missing:
  default: {impute: lowest}
  days_since: {impute: highest, flag: false}
index:
  points: points_cse
  cap_per_criterion: 20
fit:
  positive_share: 0.02
  l1: [0.5, 2]
capacity: 100
"""


def read(tmp_path: Path, text: str) -> object:
    file = tmp_path / "model.yml"
    file.write_text(text, encoding="utf-8")
    return read_configuration(file)


def test_a_file_says_what_is_scored_and_how(tmp_path: Path) -> None:
    file = tmp_path / "model.yml"
    file.write_text(FILE, encoding="utf-8")
    told = read_configuration(file)
    assert told.cohort == Cohort(
        target="cse",
        labels=("stg_base__service_starts", "stg_base__referrals"),
        age_from=10,
        age_below=18,
    )
    assert (told.horizon_days, told.scale, told.capacity) == (365, "percentile", 100)
    assert told.features == FeatureChoice(
        scopes=("person", "family", "places"),
        exclude=("asb_involved",),
        also=(("age_in_years", FALLS),),
        signs=(("neet", RISES),),
    )
    assert missing_rules(told) == {
        "default": MissingRule("lowest", True),
        "days_since": MissingRule("highest", False),
    }
    assert told.index == IndexChoice("points_cse", 20.0)
    assert told.fit == FitChoice(positive_share=0.02, l1=(0.5, 2.0))


def test_the_digest_is_of_what_the_file_says(tmp_path: Path) -> None:
    said = read(tmp_path, FILE)
    laid_out_anew = FILE.replace("[0.5, 2]", "\n    - 0.5\n    - 2.0  # strong")
    assert read(tmp_path, laid_out_anew) == said
    assert read(tmp_path, FILE.replace("capacity: 100", "capacity: 99")) != said
    usual = read(tmp_path, FILE + "horizon_days: 365\n")
    assert usual.digest == said.digest  # type: ignore[attr-defined]
    other = read(tmp_path, FILE + "horizon_days: 366\n")
    assert other.digest != said.digest  # type: ignore[attr-defined]


def test_a_count_of_flags_names_no_features(tmp_path: Path) -> None:
    file = """\
name: m
title: A count of flags
harm: criminal_exploitation
method: flag_count
version: 1
cohort: {age_from: 5, age_below: 18}
index: {points: points_conduct_disorder}
capacity: 10
"""
    counted = read(tmp_path, file)
    assert counted.method == "flag_count"  # type: ignore[attr-defined]
    assert counted.cohort == Cohort("", (), 5, 18, first_only=False)  # type: ignore[attr-defined]
    for unknown in ("features: {set: shared}", "as_of: earlier_days", "horizon_days: 365"):
        with pytest.raises(ThinkFamilyError, match=f"unknown key: {unknown.split(':')[0]}"):
            read(tmp_path, file + unknown + "\n")
    with pytest.raises(ThinkFamilyError, match=r"unknown key: cohort\.target"):
        read(tmp_path, file.replace("{age_from", "{target: cse, age_from"))


def test_a_score_by_network_alone_names_no_points(tmp_path: Path) -> None:
    file = """\
name: m
title: By network
harm: cse
method: network
version: 1
cohort: {age_from: 18}
capacity: 10
"""
    assert read(tmp_path, file).cohort.age_below is None  # type: ignore[attr-defined]
    with pytest.raises(ThinkFamilyError, match="unknown key: index"):
        read(tmp_path, file + "index: {points: points_cse}\n")


@pytest.mark.parametrize(
    ("there", "instead", "message"),
    [
        ("capacity: 100", "", "capacity: this key is missing"),
        ("capacity: 100", "capacity: 100\nspeed: 3", "unknown key: speed"),
        ("age_from: 10", "age_from: 10\n  age_until: 12", "unknown key: cohort.age_until"),
        ("age_from: 10\n  ", "", "cohort.age_from: this key is missing"),
        ("age_below: 18", "age_below: 10", "cohort.age_below: must be more than age_from"),
        ("age_below: 18", "age_below: old", "cohort.age_below: must be a whole number"),
        ("capacity: 100", "capacity: true", "capacity: must be a whole number"),
        ("capacity: 100", "capacity: 0", "capacity: must be 1 or more"),
        ("capacity: 100", "capacity: 100\ncapacity: 90", "model.yml:1: .*given twice: capacity"),
        (
            "method: learned",
            "method: guessed",
            "method: must be one of learned, flag_count, network",
        ),
        ("day_before_referral", "never", "as_of: must be one of day_before_referral"),
        ("set: shared", "set: full", "features.set: the full set is that of an area"),
        (
            "scopes: [person, family, places]",
            "scopes: [school]",
            "features.scopes: must be among person",
        ),
        ("[asb_involved]", "asb_involved", "features.exclude: must be a list of texts"),
        ("[asb_involved]", "[a, a]", "features.exclude: names something twice"),
        ("neet: rises", "neet: up", "features.signs.neet: must be one of rises, falls, either"),
        ("{impute: lowest}", "{impute: mean}", "missing.default.impute: must be one of lowest"),
        ("{impute: lowest}", "lowest", "missing.default.* must be keys with values"),
        (
            "positive_share: 0.02",
            "positive_share: 1",
            "positive_share: must be 0 or more and below",
        ),
        ("positive_share: 0.02", "positive_share: 0", "positive_share: must be more than 0"),
        ("l1: [0.5, 2]", "l1: []", "fit.l1: must be a list of numbers"),
        ("l1: [0.5, 2]", "l1: [-1]", "fit.l1: must be 0 or more"),
        ("l1: [0.5, 2]", "l1: [.nan]", "fit.l1: must be 0 or more"),
        ("age_from: 10", "age_from: 10\n  within_days: 9", "within_days: asks for those to whom"),
        ("l1: [0.5, 2]", "learning_rates: [0]", "fit.learning_rates: must be more than 0"),
        ("title: Child", "title: [Child", "model.yml:.*: cannot be read"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, there: str, instead: str, message: str) -> None:
    assert there in FILE
    with pytest.raises(ThinkFamilyError, match=message) as caught:
        read(tmp_path, FILE.replace(there, instead))
    assert "model.yml" in caught.value.message


def test_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(ThinkFamilyError, match=r"nowhere\.yml: there is no such file"):
        read_configuration(tmp_path / "nowhere.yml")
    with pytest.raises(ThinkFamilyError, match="must be keys with values"):
        read(tmp_path, "just text")
    (tmp_path / "model.yml").write_bytes(b"name: \xff\xfe")
    with pytest.raises(ThinkFamilyError, match="cannot be read as YAML"):
        read_configuration(tmp_path / "model.yml")
