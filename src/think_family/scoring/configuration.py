"""One file per model: what is scored, of whom, from what, and how.

The machinery is one; a model is a file of YAML. A file is read whole or not at all: a key that is
unknown, missing, given twice or out of its range is an error that names the file and the key.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Hashable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import yaml

from think_family.errors import ThinkFamilyError
from think_family.scoring.features import EITHER, FALLS, IMPUTED, RISES, FeatureChoice, MissingRule
from think_family.scoring.scale import KINDS, PERCENTILE

LEARNED = "learned"
FLAG_COUNT = "flag_count"
NETWORK = "network"
METHODS = (LEARNED, FLAG_COUNT, NETWORK)

#: Labelled persons are seen on the day before their referral or outcome; or, where the outcome is a
#: person's own history, everybody is seen on earlier days of trial.
BEFORE_REFERRAL, BEFORE_OUTCOME, EARLIER_DAYS = (
    "day_before_referral",
    "day_before_outcome",
    "earlier_days",
)
AS_OF_RULES = (BEFORE_REFERRAL, BEFORE_OUTCOME, EARLIER_DAYS)

Taken = TypeVar("Taken")

_SIGNS = {"rises": RISES, "falls": FALLS, "either": EITHER}


@dataclass(frozen=True)
class Cohort:
    """Who is scored, and who is labelled.

    Attributes:
        target: What is to be found, as the seed score_target names it; empty where nothing is
            learned.
        labels: Every relation whose rows tell it; no feature may descend from one, unless it is
            the person's own history, which time parts from the features.
        age_from: Youngest age in years.
        age_below: Age in years from which nobody is scored, or none.
        area: Programme whose people are scored, or none for all.
        first_only: Whether nobody is scored to whom it has happened before.
        within_days: Only those are scored to whom it has happened within so many days, or none.
        outcome_age_below: Age in years from which nothing counts as an outcome, or none.
    """

    target: str
    labels: tuple[str, ...]
    age_from: int
    age_below: int | None
    area: str | None = None
    first_only: bool = True
    within_days: int | None = None
    outcome_age_below: int | None = None


@dataclass(frozen=True)
class IndexChoice:
    """The analysts' index.

    Attributes:
        points: Column of the indicator catalogue with the points.
        cap_per_criterion: The most that the indicators of one criterion count together, or none.
    """

    points: str
    cap_per_criterion: float | None


@dataclass(frozen=True)
class FitChoice:
    """How a model is fitted, and among what it is chosen.

    Attributes:
        seed: What chance there is comes from it.
        folds: Parts that families are dealt into.
        positive_share: Share of the weight that labelled rows get in the fit, or none for theirs.
        most_bins: The most bins of a feature.
        smallest_bin: The fewest rows of a bin.
        l1: Penalties on the size of steps to choose among: the larger, the fewer steps.
        l2: Penalties on the square of steps to choose among: the larger, the smaller steps.
        learning_rates: Of the boosted challenger, to choose among.
        n_trees: Trees of the challenger.
        depth: Of the trees of the challenger.
    """

    seed: int = 1
    folds: int = 5
    positive_share: float | None = None
    most_bins: int = 6
    smallest_bin: int = 20
    l1: tuple[float, ...] = (0.3, 1.0, 3.0)
    l2: tuple[float, ...] = (1.0,)
    learning_rates: tuple[float, ...] = (0.05,)
    n_trees: int = 150
    depth: int = 3


@dataclass(frozen=True)
class Configuration:
    """A model, as its file says it.

    Attributes:
        name: Name in results and files.
        title: In words.
        harm: The harm, as the catalogue names it.
        method: `learned`; or without learning `flag_count`, the number of the index's indicators,
            or `network`, who at risk is near.
        version: Raised when the model is meant differently.
        cohort: Who is scored, and who is labelled.
        as_of: On which day before what a labelled person is looked at; empty where nothing is
            learned.
        horizon_days: Days after a date in which a label counts as foretold; 0 where none is.
        features: Which features are used; none where nothing is learned.
        missing: Rules for missing values, by feature, measure or scope, and `default`.
        index: The analysts' index; of a network it has no points.
        fit: How it is fitted.
        scale: How the scale from 0 to 100 is made.
        capacity: How many people a team can look at.
        digest: SHA-256 of what the file says, whatever its layout.
    """

    name: str
    title: str
    harm: str
    method: str
    version: int
    cohort: Cohort
    as_of: str
    horizon_days: int
    features: FeatureChoice
    missing: tuple[tuple[str, MissingRule], ...]
    index: IndexChoice
    fit: FitChoice
    scale: str
    capacity: int
    digest: str = ""


class _Loader(yaml.SafeLoader):
    """A safe loader that refuses a key given twice, where YAML would take the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = sorted({str(key) for key in keys if keys.count(key) > 1})
        if twice:
            raise yaml.constructor.ConstructorError(
                None, None, f"given twice: {', '.join(twice)}", node.start_mark
            )
        return super().construct_mapping(node, deep)


class _Section:
    """A mapping of the file, whose keys are taken one by one; none may be left."""

    def __init__(self, raw: object, path: Path, name: str = "") -> None:
        if not isinstance(raw, dict):
            raise ThinkFamilyError(f"{path}: {name or 'the file'} must be keys with values.")
        self._raw = dict(raw)
        self._path = path
        self._name = name

    def error(self, key: str, what: str) -> ThinkFamilyError:
        return ThinkFamilyError(f"{self._path}: {self._name}{key}: {what}.")

    def take(self, key: str, **default: Any) -> Any:
        if key in self._raw:
            return self._raw.pop(key)
        if "default" in default:
            return default["default"]
        raise self.error(key, "this key is missing")

    def text(self, key: str, among: tuple[str, ...] | None = None, **default: Any) -> str:
        value = self.take(key, **default)
        if not isinstance(value, str) or not value:
            raise self.error(key, "must be text")
        if among is not None and value not in among:
            raise self.error(key, f"must be one of {', '.join(among)}")
        return value

    def number(
        self,
        key: str,
        least: float,
        *,
        kind: type = int,
        below: float | None = None,
        **default: Any,
    ) -> Any:
        value = self.take(key, **default)
        if value is None and default.get("default", 0) is None:
            return None
        return self._number(key, value, least, kind, below)

    def _number(
        self, key: str, value: Any, least: float, kind: type, below: float | None = None
    ) -> Any:
        kinds: tuple[type, ...] = (int,) if kind is int else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds):
            raise self.error(key, "must be a whole number" if kind is int else "must be a number")
        if not value >= least or (below is not None and not value < below):
            limit = "" if below is None else f" and below {below:g}"
            raise self.error(key, f"must be {least:g} or more{limit}")
        return kind(value)

    def numbers(
        self, key: str, least: float, default: tuple[float, ...], kind: type = float
    ) -> tuple[Any, ...]:
        values = self.take(key, default=list(default))
        if not isinstance(values, list) or not values:
            raise self.error(key, "must be a list of numbers")
        return tuple(self._number(key, value, least, kind) for value in values)

    def truth(self, key: str, default: bool) -> bool:
        value = self.take(key, default=default)
        if not isinstance(value, bool):
            raise self.error(key, "must be true or false")
        return value

    def texts(
        self, key: str, among: tuple[str, ...] | None = None, **default: Any
    ) -> tuple[str, ...]:
        values = self.take(key, **default)
        if not isinstance(values, list | tuple) or not all(
            isinstance(v, str) and v for v in values
        ):
            raise self.error(key, "must be a list of texts")
        if among is not None and not set(values) <= set(among):
            raise self.error(key, f"must be among {', '.join(among)}")
        if len(set(values)) < len(values):
            raise self.error(key, "names something twice")
        return tuple(values)

    def signs(self, key: str) -> tuple[tuple[str, int], ...]:
        section = self.section(key, default={})
        return tuple(
            (name, _SIGNS[section.text(name, tuple(_SIGNS))]) for name in sorted(section.keys())
        )

    def section(self, key: str, **default: Any) -> _Section:
        return _Section(self.take(key, **default), self._path, f"{self._name}{key}.")

    def keys(self) -> list[str]:
        return [str(key) for key in self._raw]

    def done(self) -> None:
        if self._raw:
            unknown = ", ".join(sorted(f"{self._name}{key}" for key in self._raw))
            raise ThinkFamilyError(f"{self._path}: unknown key: {unknown}.")


def read_configuration(path: Path) -> Configuration:
    """Read the file of a model.

    Raises:
        ThinkFamilyError: There is no such file, it is no YAML, or a key is unknown, missing, given
            twice or out of its range.
    """
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 a safe loader
    except FileNotFoundError:
        raise ThinkFamilyError(f"{path}: there is no such file.") from None
    except yaml.MarkedYAMLError as error:
        line = f"{path}:{error.problem_mark.line + 1}" if error.problem_mark else str(path)
        raise ThinkFamilyError(f"{line}: cannot be read: {error.problem}.") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise ThinkFamilyError(f"{path}: cannot be read as YAML in UTF-8.") from None
    file = _Section(raw, path)
    method = file.text("method", METHODS)
    is_learned = method == LEARNED
    configuration = Configuration(
        name=file.text("name"),
        title=file.text("title"),
        harm=file.text("harm"),
        method=method,
        version=file.number("version", 1),
        cohort=_whole(file.section("cohort"), _cohort if is_learned else _ages_and_area),
        # Who does not learn has nothing to foretell and no features; its file names none.
        as_of=file.text("as_of", AS_OF_RULES) if is_learned else "",
        horizon_days=file.number("horizon_days", 1, default=365) if is_learned else 0,
        features=_whole(file.section("features"), _features) if is_learned else FeatureChoice(),
        missing=_whole(file.section("missing", default={}), _missing) if is_learned else (),
        index=IndexChoice("", None)
        if method == NETWORK
        else _whole(file.section("index"), _index if is_learned else _flags),
        fit=_whole(file.section("fit", default={}), _fit) if is_learned else FitChoice(),
        scale=file.text("scale", KINDS, default=PERCENTILE),
        capacity=file.number("capacity", 1),
    )
    file.done()
    _check(configuration, path)
    said = json.dumps(asdict(configuration), sort_keys=True)
    digest = hashlib.sha256(said.encode()).hexdigest()
    return Configuration(**{**configuration.__dict__, "digest": digest})


def _whole(section: _Section, read: Callable[[_Section], Taken]) -> Taken:
    value = read(section)
    section.done()
    return value


def _ages_and_area(section: _Section) -> Cohort:
    age_from = section.number("age_from", 0)
    age_below = section.number("age_below", 1, default=None)
    if age_below is not None and age_below <= age_from:
        raise section.error("age_below", "must be more than age_from")
    area = section.take("area", default=None)
    if area is not None and not isinstance(area, str):
        raise section.error("area", "must be the name of a programme, or null")
    return Cohort("", (), age_from, age_below, area, first_only=False)


def _cohort(section: _Section) -> Cohort:
    ages_and_area = _ages_and_area(section)
    first_only = section.truth("first_only", True)
    within_days = section.number("within_days", 1, default=None)
    if first_only and within_days is not None:
        raise section.error("within_days", "asks for those to whom it has happened, and first_only")
    return replace(
        ages_and_area,
        target=section.text("target"),
        labels=section.texts("labels"),
        first_only=first_only,
        within_days=within_days,
        outcome_age_below=section.number("outcome_age_below", 1, default=None),
    )


def _features(section: _Section) -> FeatureChoice:
    return FeatureChoice(
        feature_set=section.text("set", ("shared", "full")),
        scopes=section.texts("scopes", ("person", "family", "associates", "places")),
        label_proxies=section.truth("label_proxies", False),
        network=section.text("network", ("all", "no_family"), default="all"),
        exclude=section.texts("exclude", default=()),
        also=section.signs("also"),
        signs=section.signs("signs"),
    )


def _missing(section: _Section) -> tuple[tuple[str, MissingRule], ...]:
    rules = []
    for name in sorted(section.keys()):
        rule = section.section(name)
        rules.append(
            (name, MissingRule(rule.text("impute", IMPUTED), rule.truth("flag", default=True)))
        )
        rule.done()
    return tuple(rules)


def _index(section: _Section) -> IndexChoice:
    return IndexChoice(
        points=section.text("points"),
        cap_per_criterion=section.number("cap_per_criterion", 1, kind=float, default=None),
    )


def _flags(section: _Section) -> IndexChoice:
    return IndexChoice(points=section.text("points"), cap_per_criterion=None)


def _fit(section: _Section) -> FitChoice:
    usual = FitChoice()
    share = section.number("positive_share", 0, kind=float, below=1, default=None)
    if share == 0:
        raise section.error("positive_share", "must be more than 0")
    learning_rates = section.numbers("learning_rates", 0, usual.learning_rates)
    if 0 in learning_rates:
        raise section.error("learning_rates", "must be more than 0")
    return FitChoice(
        seed=section.number("seed", 0, default=usual.seed),
        folds=section.number("folds", 2, default=usual.folds),
        positive_share=share,
        most_bins=section.number("most_bins", 2, below=256, default=usual.most_bins),
        smallest_bin=section.number("smallest_bin", 1, default=usual.smallest_bin),
        l1=section.numbers("l1", 0, usual.l1),
        l2=section.numbers("l2", 0, usual.l2),
        learning_rates=learning_rates,
        n_trees=section.number("n_trees", 1, default=usual.n_trees),
        depth=section.number("depth", 1, default=usual.depth),
    )


def _check(configuration: Configuration, path: Path) -> None:
    if configuration.features.feature_set == "full" and configuration.cohort.area is None:
        raise ThinkFamilyError(
            f"{path}: features.set: the full set is that of an area: name it in cohort.area."
        )


def missing_rules(configuration: Configuration) -> Mapping[str, MissingRule]:
    """Give the rules for missing values by what they are of."""
    return dict(configuration.missing)
