"""The features of a model, chosen from the catalogue, with signs and rules for missing values."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from think_family.errors import ThinkFamilyError

RISES = 1
FALLS = -1
EITHER = 0

LOWEST = "lowest"
HIGHEST = "highest"
COMMONEST = "commonest"
IMPUTED = (LOWEST, HIGHEST, COMMONEST)

# The larger one of these is, the longer ago or the farther away is what it tells of.
_DISTANCES = ("days_since", "nearest_hops")


@dataclass(frozen=True)
class MissingRule:
    """What a missing value of a feature is read as.

    Attributes:
        impute: The bin it is put into: `lowest`, `highest` or `commonest`.
        flag: Whether being missing has a weight of its own on top, of either sign. Of the days
            since something, missing may mean never: read as the highest, without a flag, it stays
            below them all; that nobody would have told is then flagged by the counts of the same
            indicator.
    """

    impute: str = LOWEST
    flag: bool = True


@dataclass(frozen=True)
class Feature:
    """A column that a model may use.

    Attributes:
        name: The column.
        sign: 1 where the score may only rise with the value, -1 where it may only fall, 0 either.
        missing: What a missing value is read as.
        indicator_code: The indicator that it is of, or none.
        scope: Whom it tells of: person, family, associates, or none.
        is_label_proxy: Whether it may tell the label itself.
    """

    name: str
    sign: int = EITHER
    missing: MissingRule = MissingRule()
    indicator_code: str | None = None
    scope: str | None = None
    is_label_proxy: bool = False


@dataclass(frozen=True)
class FeatureChoice:
    """Which features a model may use.

    Attributes:
        feature_set: `shared`: what every programme can tell. `full`: what the model's area holds.
        scopes: Of person, family, associates and places, those that are used.
        label_proxies: Whether label proxies are used.
        network: `all`, or `no_family` without ties of family and household.
        exclude: Names of features, or codes of indicators, that are left out.
        also: Columns outside the catalogue, such as an age, with their signs.
        signs: Signs of features, or of indicators, in the place of the rule.
    """

    feature_set: str = "shared"
    scopes: tuple[str, ...] = ("person", "family", "associates", "places")
    label_proxies: bool = False
    network: str = "all"
    exclude: tuple[str, ...] = ()
    also: tuple[tuple[str, int], ...] = ()
    signs: tuple[tuple[str, int], ...] = ()


def features_chosen(
    choice: FeatureChoice,
    catalogue: pa.Table,
    *,
    harm: str,
    points: Mapping[str, float],
    missing: Mapping[str, MissingRule],
    held: Collection[str] | None = None,
) -> tuple[Feature, ...]:
    """Choose the features of a model from the list of all.

    A feature rises when the analysts gave its indicator points for this harm: more events, a worse
    one, a lasting one; and falls with the days since, or the steps to somebody. Where they gave no
    points, either may be. What associates carry, and what gathers at places, always rises.

    Args:
        choice: What the configuration asks for.
        catalogue: `int_features__features_catalogued`, or columns of it: feature, indicator_code,
            scope, measure, harm, network_scope, basis, is_shared, is_label_proxy, position.
        harm: The harm whose carriers among associates are looked at.
        points: By indicator, the analysts' points for the harm.
        missing: By name of a feature, measure or scope, or `default`, the rule for missing values;
            the first of these that is named holds.
        held: Codes of the indicators that the area of a model with the full set holds.

    Returns:
        Features in the order of the catalogue, then those outside it.

    Raises:
        ThinkFamilyError: Something named in the choice is in no row of the catalogue, what the area
            holds is not told, or no feature is left.
    """
    rows = sorted(catalogue.to_pylist(), key=lambda row: row["position"])
    _check_named(choice, rows)
    if choice.feature_set == "full" and held is None:
        raise ThinkFamilyError("The full set of an area needs the indicators that the area holds.")
    signs = dict(choice.signs)
    chosen = [
        Feature(
            name=row["feature"],
            sign=_sign(row, signs, points),
            missing=_rule(row["feature"], (row["measure"], row["scope"]), missing),
            indicator_code=row["indicator_code"],
            scope=row["scope"],
            is_label_proxy=row["is_label_proxy"],
        )
        for row in rows
        if _is_chosen(row, choice, harm, held)
    ]
    chosen += [
        Feature(name, signs.get(name, sign), _rule(name, (), missing)) for name, sign in choice.also
    ]
    if not chosen:
        raise ThinkFamilyError("The choice of features leaves none.")
    return tuple(chosen)


def _check_named(choice: FeatureChoice, rows: list[dict[str, Any]]) -> None:
    known = {row["feature"] for row in rows} | {row["indicator_code"] for row in rows}
    also = {name for name, _ in choice.also}
    unknown = sorted(({*choice.exclude, *dict(choice.signs)} - known) - also)
    if unknown:
        raise ThinkFamilyError(f"No feature or indicator of the catalogue: {', '.join(unknown)}.")


def _is_chosen(
    row: Mapping[str, Any], choice: FeatureChoice, harm: str, held: Collection[str] | None
) -> bool:
    if {row["feature"], row["indicator_code"]} & set(choice.exclude):
        return False
    if row["scope"] not in choice.scopes:
        return False
    if row["harm"] is not None:
        # The same associates are told in four ways, and places in two; a model takes one of them.
        basis = "all" if choice.label_proxies else "no_proxies"
        network = choice.network if row["scope"] == "associates" else row["network_scope"]
        return (row["harm"], row["network_scope"], row["basis"]) == (harm, network, basis)
    if row["is_label_proxy"] and not choice.label_proxies:
        return False
    if choice.feature_set == "full":
        return held is not None and row["indicator_code"] in held
    return bool(row["is_shared"])


def _sign(row: Mapping[str, Any], signs: Mapping[str, int], points: Mapping[str, float]) -> int:
    if row["feature"] in signs:
        return signs[row["feature"]]
    direction = FALLS if row["measure"] in _DISTANCES else RISES
    if row["indicator_code"] in signs:
        return direction * signs[row["indicator_code"]]
    if row["harm"] is not None or points.get(row["indicator_code"], 0) > 0:
        return direction
    return EITHER


def _rule(name: str, kinds: tuple[str, ...], missing: Mapping[str, MissingRule]) -> MissingRule:
    for key in (name, *kinds, "default"):
        if key in missing:
            return missing[key]
    return MissingRule()
