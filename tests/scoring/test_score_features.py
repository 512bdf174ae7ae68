"""Which features a model uses, with what sign and what for a missing value."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from think_family.errors import ThinkFamilyError
from think_family.scoring.features import (
    EITHER,
    FALLS,
    RISES,
    Feature,
    FeatureChoice,
    MissingRule,
    features_chosen,
)

COLUMNS = (
    "position", "feature", "indicator_code", "scope", "measure", "harm", "network_scope", "basis",
    "is_shared", "is_label_proxy",
)  # fmt: skip
ROWS = (
    (2, "n_missing_365_days", "missing", "person", "n_365_days", None, None, None, True, False),
    (1, "days_since_missing", "missing", "person", "days_since", None, None, None, True, False),
    (3, "has_relative_missing", "missing", "family", "has_relative", None, None, None, True, False),
    (4, "n_flagged_365_days", "flagged", "person", "n_365_days", None, None, None, True, True),
    (5, "n_moves_365_days", "moves", "person", "n_365_days", None, None, None, False, False),
    (6, "n_near_cse", None, "associates", "n_carriers", "cse", "all", "all", True, True),
    (7, "hops_near_cse_no_proxies", None, "associates", "nearest_hops", "cse", "all", "no_proxies",
     True, False),
    (8, "n_near_cse_no_family_no_proxies", None, "associates", "n_carriers", "cse", "no_family",
     "no_proxies", True, False),
    (9, "n_near_violence_no_proxies", None, "associates", "n_carriers", "violence", "all",
     "no_proxies", True, False),
)  # fmt: skip
CATALOGUE = pa.Table.from_pylist([dict(zip(COLUMNS, row, strict=True)) for row in ROWS])
POINTS = {"missing": 8.0, "flagged": 10.0}


def chosen(held: set[str] | None = None, **choice: Any) -> tuple[Feature, ...]:
    return features_chosen(
        FeatureChoice(**choice),
        CATALOGUE,
        harm="cse",
        points=POINTS,
        missing={
            "default": MissingRule("lowest"),
            "days_since": MissingRule("highest"),
            "family": MissingRule("commonest", False),
            "hops_near_cse_no_proxies": MissingRule("highest", False),
        },
        held=held,
    )


def names(**choice: Any) -> list[str]:
    return [feature.name for feature in chosen(**choice)]


def test_label_proxies_and_what_one_area_alone_holds_are_left_out() -> None:
    assert names() == [
        "days_since_missing",
        "n_missing_365_days",
        "has_relative_missing",
        "hops_near_cse_no_proxies",
    ]


def test_what_is_asked_for_is_let_in() -> None:
    assert names(scopes=("person",), label_proxies=True) == [
        "days_since_missing",
        "n_missing_365_days",
        "n_flagged_365_days",
    ]
    assert names(scopes=("associates",), label_proxies=True) == ["n_near_cse"]
    assert names(scopes=("associates",), network="no_family") == ["n_near_cse_no_family_no_proxies"]
    full = names(feature_set="full", scopes=("person",), held={"moves"})
    assert full == ["n_moves_365_days"]
    assert names(scopes=("person",), exclude=("missing",), also=(("age", EITHER),)) == ["age"]
    assert "n_missing_365_days" not in names(exclude=("n_missing_365_days",))


def test_signs_follow_the_points_and_the_measure() -> None:
    signs = {feature.name: feature.sign for feature in chosen(label_proxies=False)}
    assert signs == {
        "days_since_missing": FALLS,
        "n_missing_365_days": RISES,
        "has_relative_missing": RISES,
        "hops_near_cse_no_proxies": FALLS,
    }
    (moves,) = chosen(feature_set="full", scopes=("person",), held={"moves"})
    assert moves.sign == EITHER
    named = chosen(
        scopes=("person",),
        signs=(("missing", FALLS), ("n_missing_365_days", EITHER)),
        also=(("age", FALLS),),
    )
    assert [feature.sign for feature in named] == [RISES, EITHER, FALLS]


def test_the_nearest_rule_for_missing_values_holds() -> None:
    assert [feature.missing for feature in chosen(also=(("age", EITHER),))] == [
        MissingRule("highest"),
        MissingRule("lowest"),
        MissingRule("commonest", False),
        MissingRule("highest", False),
        MissingRule("lowest"),
    ]


def test_what_cannot_be_chosen_is_said() -> None:
    with pytest.raises(ThinkFamilyError, match="No feature or indicator of the catalogue: nothing"):
        chosen(exclude=("nothing",))
    with pytest.raises(ThinkFamilyError, match="No feature or indicator of the catalogue: odd"):
        chosen(signs=(("odd", RISES),))
    with pytest.raises(ThinkFamilyError, match="needs the indicators that the area holds"):
        chosen(feature_set="full")
    with pytest.raises(ThinkFamilyError, match="leaves none"):
        chosen(scopes=("person",), exclude=("missing",))
