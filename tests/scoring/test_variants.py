"""What a variant changes of a model, and when there is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from think_family.errors import ThinkFamilyError
from think_family.scoring.configuration import Configuration, read_configuration
from think_family.scoring.variants import (
    VARIANTS,
    Catalogues,
    Variant,
    features_of,
    held_in,
    told_by_police_alone,
    variants_of,
)

FILE = """\
name: m
title: A model
harm: cse
method: learned
version: 1
cohort: {target: cse, labels: [labels], age_from: 10, age_below: 18}
as_of: day_before_referral
features: {set: shared, scopes: [person, family, associates, places], also: {age_in_years: either}}
index: {points: points_cse}
capacity: 10
"""

ROWS = [
    # feature, indicator, scope, harm, network_scope, basis, is_shared, is_label_proxy
    ("crime", "crime", "person", None, None, None, True, False),
    ("missing", "missing", "person", None, None, None, True, False),
    ("harm_by_anyone", "harm", "person", None, None, None, True, False),
    ("arrears", "arrears", "person", None, None, None, False, False),
    ("flag", "flag", "person", None, None, None, True, True),
    ("family_harm", "harm", "family", None, None, None, True, False),
    ("near_all", None, "associates", "cse", "all", "no_proxies", True, False),
    ("near_no_family", None, "associates", "cse", "no_family", "no_proxies", True, False),
    ("near_all_flags", None, "associates", "cse", "all", "all", True, True),
    ("near_no_family_flags", None, "associates", "cse", "no_family", "all", True, True),
    ("place", None, "places", "cse", "all", "no_proxies", True, False),
    ("place_flags", None, "places", "cse", "all", "all", True, True),
]
COLUMNS = [
    "feature", "indicator_code", "scope", "harm", "network_scope", "basis", "is_shared",
    "is_label_proxy",
]  # fmt: skip
CODES = ["crime", "missing", "harm", "arrears", "flag"]
FROM = date(2020, 1, 1)
CATALOGUES = Catalogues(
    features=pa.Table.from_pylist(
        [
            dict(zip(COLUMNS, row, strict=True)) | {"measure": "n", "position": position}
            for position, row in enumerate(ROWS)
        ]
    ),
    indicators=pa.table(
        {"indicator_code": CODES, "criterion": ["help"] * 5, "points_cse": [1, 0, 0, 0, 0]}
    ),
    sources=pa.table(
        {
            "indicator_code": ["crime", "missing", "harm", "harm", "arrears", "flag"],
            "source_system": [
                "police_records", "police_missing", "police_records", "health", "housing",
                "social_care",
            ],
        }
    ),
    programmes=pa.table(
        {
            "programme": ["bristol", "bristol", "bristol", "somerset", "somerset"],
            "indicator_code": ["crime", "arrears", "harm", "crime", "arrears"],
            "held_from_date": pa.array([FROM, FROM, date(2023, 1, 1), FROM, None], pa.date32()),
        }
    ),
)  # fmt: skip
USUAL = ["crime", "missing", "harm_by_anyone", "family_harm", "near_all", "place", "age_in_years"]


@pytest.fixture
def model(tmp_path: Path) -> Configuration:
    (tmp_path / "m.yml").write_text(FILE, encoding="utf-8")
    return read_configuration(tmp_path / "m.yml")


def by_name(model: Configuration) -> dict[str, Variant]:
    return {variant.name: variant for variant in variants_of(model, CATALOGUES)}


@pytest.mark.parametrize(
    ("name", "features"),
    [
        ("as_configured", USUAL),
        (
            "with_label_proxies",
            ["crime", "missing", "harm_by_anyone", "flag", "family_harm", "near_all_flags",
             "place_flags", "age_in_years"],
        ),
        ("before_outcome", USUAL),
        (
            "without_network",
            ["crime", "missing", "harm_by_anyone", "family_harm", "age_in_years"],
        ),
        (
            "without_family",
            ["crime", "missing", "harm_by_anyone", "near_no_family", "place", "age_in_years"],
        ),
        ("without_police", ["harm_by_anyone", "family_harm", "age_in_years"]),
        ("challenger", USUAL),
        (
            "bristol_full",
            ["crime", "harm_by_anyone", "arrears", "family_harm", "near_all", "place",
             "age_in_years"],
        ),
        ("somerset_full", ["crime", "near_all", "place", "age_in_years"]),
    ],
)  # fmt: skip
def test_a_variant_leaves_out_or_lets_in_what_it_is_named_for(
    model: Configuration, name: str, features: list[str]
) -> None:
    variant = by_name(model)[name]
    assert [feature.name for feature in features_of(variant.configuration, CATALOGUES)] == features
    assert variant.is_challenger == (name == "challenger")
    assert variant.configuration.as_of == (
        "day_before_outcome" if name == "before_outcome" else "day_before_referral"
    )
    area = name.removesuffix("_full") if name.endswith("_full") else None
    assert variant.configuration.cohort.area == area
    # Nothing else is another.
    assert (
        replace(
            variant.configuration, features=model.features, as_of=model.as_of, cohort=model.cohort
        )
        == model
    )


def test_an_area_has_what_it_holds_by_the_day(model: Configuration) -> None:
    bristol = by_name(model)["bristol_full"].configuration
    told = [feature.name for feature in features_of(bristol, CATALOGUES, date(2022, 12, 31))]
    assert told == ["crime", "arrears", "near_all", "place", "age_in_years"]
    assert held_in("bristol", CATALOGUES.programmes) == {"crime", "arrears", "harm"}
    assert held_in("bristol", CATALOGUES.programmes, date(2023, 1, 1)) == {
        "crime", "arrears", "harm"
    }  # fmt: skip
    assert held_in("somerset", CATALOGUES.programmes) == {"crime"}


def test_what_others_tell_too_is_not_of_the_police_alone() -> None:
    assert told_by_police_alone(CATALOGUES) == {"crime", "missing"}


def test_a_variant_that_would_be_the_model_itself_is_left_out(model: Configuration) -> None:
    earlier = replace(model, as_of="earlier_days")
    assert "before_outcome" not in by_name(earlier)
    assert "before_outcome" not in by_name(replace(model, as_of="day_before_outcome"))
    with_proxies = replace(model, features=replace(model.features, label_proxies=True))
    assert "with_label_proxies" not in by_name(with_proxies)
    alone = replace(model, features=replace(model.features, scopes=("person",)))
    assert not {"without_network", "without_family"} & set(by_name(alone))
    near = replace(model, features=replace(model.features, scopes=("associates",)))
    # Without its network nothing is left of it.
    assert not {"without_network", "without_police"} & set(by_name(near))
    bristol = replace(model, cohort=replace(model.cohort, area="bristol"))
    assert "bristol_full" in by_name(bristol)
    assert "somerset_full" not in by_name(bristol)
    full = replace(bristol, features=replace(model.features, feature_set="full"))
    assert not {name for name in by_name(full) if name.endswith("_full")}


def test_only_what_is_asked_for_is_given(model: Configuration) -> None:
    asked = variants_of(model, CATALOGUES, ["challenger", "without_family"])
    assert [variant.name for variant in asked] == ["as_configured", "without_family", "challenger"]
    assert [variant.name for variant in variants_of(model, CATALOGUES, ())] == ["as_configured"]
    with pytest.raises(ThinkFamilyError, match="No variant of a model is called without_schools"):
        variants_of(model, CATALOGUES, [*VARIANTS, "without_schools"])
