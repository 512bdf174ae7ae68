"""Variants of a model: the same with a part left out or let in, to see what the part is worth."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

import pyarrow as pa

from think_family.errors import ThinkFamilyError
from think_family.scoring.configuration import (
    BEFORE_OUTCOME,
    BEFORE_REFERRAL,
    Configuration,
    missing_rules,
)
from think_family.scoring.features import Feature, FeatureChoice, features_chosen
from think_family.scoring.index import points_of

#: The variant of a model that scores people; others leave something out, or let something in.
AS_CONFIGURED = "as_configured"
#: What the model as it is configured says of those whom it learned from: no variant of it.
IN_SAMPLE = "in_sample"

WITH_LABEL_PROXIES = "with_label_proxies"
SEEN_BEFORE_OUTCOME = "before_outcome"
WITHOUT_NETWORK = "without_network"
WITHOUT_FAMILY = "without_family"
WITHOUT_POLICE = "without_police"
CHALLENGER = "challenger"
#: One variant for each programme, called `<programme>_full`.
FULL = "full"

#: What may be asked for beside the model as it is configured.
VARIANTS = (
    WITH_LABEL_PROXIES,
    SEEN_BEFORE_OUTCOME,
    WITHOUT_NETWORK,
    WITHOUT_FAMILY,
    WITHOUT_POLICE,
    CHALLENGER,
    FULL,
)

_NETWORK = ("associates", "places")
_POLICE = "police_"


@dataclass(frozen=True)
class Catalogues:
    """The lists that tell which features a model has.

    Attributes:
        features: `int_features__features_catalogued`.
        indicators: The seed `indicator_catalogue`.
        sources: The seed `indicator_source`: which extract tells which indicator.
        programmes: `int_indicators__programmes_harmonised`: from which day on which programme holds
            an indicator.
    """

    features: pa.Table
    indicators: pa.Table
    sources: pa.Table
    programmes: pa.Table


@dataclass(frozen=True)
class Variant:
    """A model that is tried.

    Attributes:
        name: What it is called in results.
        configuration: What it is; that of the model, but for what the variant changes.
        is_challenger: Whether it is boosted trees in place of the glass box.
    """

    name: str
    configuration: Configuration
    is_challenger: bool = False


def variants_of(
    model: Configuration, catalogues: Catalogues, asked: Collection[str] = VARIANTS
) -> tuple[Variant, ...]:
    """Give a model as it is configured, and its variants.

    A variant that would be the model itself is left out: label proxies where it has none, the day
    before the outcome where it learns from earlier days, a part that it does not use.

    Args:
        model: Its configuration.
        catalogues: The lists of features.
        asked: Names among `VARIANTS`.

    Raises:
        ThinkFamilyError: A name is none of a variant.
    """
    unknown = sorted(set(asked) - set(VARIANTS))
    if unknown:
        raise ThinkFamilyError(
            f"No variant of a model is called {', '.join(unknown)}; there are:"
            f" {', '.join(VARIANTS)}."
        )
    features = model.features
    without_network = _without_scopes(features, _NETWORK)
    changed = {
        WITH_LABEL_PROXIES: replace(features, label_proxies=True),
        WITHOUT_NETWORK: without_network,
        WITHOUT_FAMILY: replace(_without_scopes(features, ("family",)), network="no_family"),
        WITHOUT_POLICE: replace(
            without_network,
            exclude=tuple(sorted({*features.exclude, *told_by_police_alone(catalogues)})),
        ),
    }
    usual = features_of(model, catalogues)
    variants = [Variant(AS_CONFIGURED, model)]
    for name in VARIANTS:
        if name not in asked:
            continue
        if name in changed:
            variant = replace(model, features=changed[name])
            if changed[name].scopes and features_of(variant, catalogues) != usual:
                variants.append(Variant(name, variant))
        elif name == SEEN_BEFORE_OUTCOME and model.as_of == BEFORE_REFERRAL:
            variants.append(Variant(name, replace(model, as_of=BEFORE_OUTCOME)))
        elif name == CHALLENGER:
            variants.append(Variant(name, model, is_challenger=True))
        elif name == FULL and features.feature_set != "full":
            variants += [
                Variant(
                    f"{area}_{FULL}",
                    replace(
                        model,
                        cohort=replace(model.cohort, area=area),
                        features=replace(features, feature_set="full"),
                    ),
                )
                for area in sorted(set(catalogues.programmes["programme"].to_pylist()))
                if model.cohort.area in (None, area)
            ]
    return tuple(variants)


def features_of(
    model: Configuration, catalogues: Catalogues, day: date | None = None
) -> tuple[Feature, ...]:
    """Give the features of a model or variant.

    Args:
        model: Its configuration.
        catalogues: The lists of features.
        day: Of the full set of an area, what it held by this day; what it ever holds without.
    """
    points, _ = points_of(catalogues.indicators, model.index.points)
    return features_chosen(
        model.features,
        catalogues.features,
        harm=model.harm,
        points=points,
        missing=missing_rules(model),
        held=None
        if model.cohort.area is None
        else held_in(model.cohort.area, catalogues.programmes, day),
    )


def held_in(area: str, programmes: pa.Table, day: date | None = None) -> set[str]:
    """Give the codes of the indicators that an area holds, by a day or at all.

    Args:
        area: Name of the programme.
        programmes: `int_indicators__programmes_harmonised`, or columns of it: programme,
            indicator_code, held_from_date.
        day: The day.
    """
    return {
        row["indicator_code"]
        for row in programmes.select(["programme", "indicator_code", "held_from_date"]).to_pylist()
        if row["programme"] == area
        and row["held_from_date"] is not None
        and (day is None or row["held_from_date"] <= day)
    }


def told_by_police_alone(catalogues: Catalogues) -> set[str]:
    """Give the codes of the indicators that no extract tells but those of the police."""
    systems: dict[str, set[str]] = {}
    for code, system in zip(
        catalogues.sources["indicator_code"].to_pylist(),
        catalogues.sources["source_system"].to_pylist(),
        strict=True,
    ):
        systems.setdefault(code, set()).add(system)
    in_features = set(catalogues.features["indicator_code"].to_pylist())
    return {
        code
        for code, told_by in systems.items()
        if code in in_features and all(system.startswith(_POLICE) for system in told_by)
    }


def _without_scopes(features: FeatureChoice, scopes: Sequence[str]) -> FeatureChoice:
    return replace(
        features, scopes=tuple(scope for scope in features.scopes if scope not in scopes)
    )
