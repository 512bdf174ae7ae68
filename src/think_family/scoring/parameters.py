"""Trained parameters: a file that people can read, with all that scoring needs.

Contributions are multiples of 2 ** -20 (about a millionth). Sums of such numbers have no rounding:
in whatever order, and in whatever engine, the base and the contributions of a person add up to the
log-odds to the last digit.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from think_family.errors import ThinkFamilyError
from think_family.scoring.columns import BOOLEAN, NUMBER, Floats
from think_family.scoring.scale import Scale

# Format of the file; raised when a change makes older files unreadable.
FORMAT = 1

GRAIN = 2.0**-20

ADDITIVE = "additive"
BOOSTED = "boosted"
INDEX = "index"

POINTS = "points"
FLAGS = "flags"


def grained(values: Floats) -> Floats:
    """Round to multiples of 2 ** -20; sums of them are exact while they stay below 2 ** 32."""
    rounded: Floats = np.round(values / GRAIN) * GRAIN + 0.0
    return rounded


@dataclass(frozen=True)
class Term:
    """What a feature contributes to the log-odds.

    Attributes:
        feature: The column.
        kind: `boolean` (true is 1) or `number`.
        sign: 1 where contributions only rise with the value, -1 where they only fall, 0 either.
        indicator_code: The indicator that it is of, or none.
        scope: Whom it tells of: person, family, associates, or none.
        is_label_proxy: Whether it may tell the label itself.
        imputed: The bin that a missing value is put into; with a flag, missing counts on top of it.
        has_flag: Whether being missing has a weight of its own; of features that are missing of the
            same rows, the first has it.
        edges: From each of these on, upwards, another bin begins; rising.
        contributions: Of each bin, lowest first: one more than edges. Beside the population's mean.
        missing: Contribution where the value is missing.
    """

    feature: str
    kind: str
    sign: int
    indicator_code: str | None
    scope: str | None
    is_label_proxy: bool
    imputed: str
    has_flag: bool
    edges: tuple[float, ...]
    contributions: tuple[float, ...]
    missing: float

    def __post_init__(self) -> None:
        """Check that edges rise, that there are as many bins, and that the sign holds."""
        rises = [b - a for a, b in zip(self.contributions, self.contributions[1:], strict=False)]
        if (
            self.kind not in (BOOLEAN, NUMBER)
            or len(self.contributions) != len(self.edges) + 1
            or any(a >= b for a, b in zip(self.edges, self.edges[1:], strict=False))
            or any(self.sign * rise < 0 for rise in rises)
            or any(value % GRAIN for value in (*self.contributions, self.missing))
        ):
            raise ThinkFamilyError(
                f"The term of {self.feature} is not whole: edges rise, there is one bin more than"
                " edges, contributions are multiples of 2 ** -20 and keep to the sign."
            )


@dataclass(frozen=True)
class AdditiveParameters:
    """A glass box: base and terms add up to the log-odds of being labelled.

    Attributes:
        model: Name of the model.
        base: Log-odds of a person whose every feature contributes what it does on average in the
            population.
        terms: What each feature contributes.
        unused: Features that were offered and contribute nothing.
        scale: From log-odds to a score from 0 to 100.
        training: How they came about: counts, penalties, seed, versions of libraries, digests.
    """

    model: str
    base: float
    terms: tuple[Term, ...]
    unused: tuple[str, ...]
    scale: Scale
    training: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Tree:
    """A tree of a boosted model, its nodes numbered from 0, the root.

    Attributes:
        feature: Per node, the number of the feature that it asks for, or -1 at a leaf.
        threshold: Per node, up to which value one goes left; infinite where all but missing do.
        missing_left: Per node, whether one goes left where the value is missing.
        left: Per node, the node to the left; 0 at a leaf.
        right: Likewise to the right.
        value: Per node, what a leaf adds to the log-odds; 0 elsewhere.
    """

    feature: tuple[int, ...]
    threshold: tuple[float, ...]
    missing_left: tuple[bool, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    value: tuple[float, ...]

    def __post_init__(self) -> None:
        """Check that every way through the tree ends at a leaf."""
        lengths = {len(column) for column in asdict(self).values()}
        if lengths != {len(self.feature)} or not self.feature:
            raise ThinkFamilyError("A tree lists as many of each for its nodes, and one or more.")
        for node, (feature, left, right) in enumerate(
            zip(self.feature, self.left, self.right, strict=True)
        ):
            # Children stand after their parent, so that no way turns back.
            if feature >= 0 and not (
                node < left < len(self.left) and node < right < len(self.left)
            ):
                raise ThinkFamilyError("A tree has a node that leads nowhere.")


@dataclass(frozen=True)
class BoostedParameters:
    """The challenger: trees whose leaves add up to the log-odds.

    Attributes:
        model: Name of the model.
        base: Log-odds before any tree.
        features: Columns that trees ask for, by number.
        signs: Of each feature, 1, -1 or 0, as of a term.
        trees: The trees.
        scale: From log-odds to a score from 0 to 100.
        training: How they came about.
    """

    model: str
    base: float
    features: tuple[str, ...]
    signs: tuple[int, ...]
    trees: tuple[Tree, ...]
    scale: Scale
    training: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class IndexParameters:
    """The analysts' index: points that fade, capped per criterion; or a count of flags.

    Attributes:
        model: Name of the model.
        kind: `points`: points times the share that counts on the day. `flags`: one for each
            indicator that counts at all.
        points: By indicator, its points (1 each for flags); indicators without points are left out.
        criteria: By indicator, its criterion.
        cap_per_criterion: The most that one criterion counts, or none.
        scale: From points to a score from 0 to 100.
        training: How the scale came about.
    """

    model: str
    kind: str
    points: Mapping[str, float]
    criteria: Mapping[str, str]
    cap_per_criterion: float | None
    scale: Scale
    training: Mapping[str, Any] = field(default_factory=dict)


Parameters = AdditiveParameters | BoostedParameters | IndexParameters

_METHODS: dict[str, type[Parameters]] = {
    ADDITIVE: AdditiveParameters,
    BOOSTED: BoostedParameters,
    INDEX: IndexParameters,
}


def libraries() -> dict[str, str]:
    """Give the versions of what parameters are computed with."""
    names = ("numpy", "scipy", "scikit-learn", "pyarrow")
    return {"python": platform.python_version(), **{name: _version(name) for name in names}}


#: Looked up on disk once, not for each of the many models of a trial.
_version = cache(version)


def method_of(parameters: Parameters) -> str:
    """Name the method of parameters: additive, boosted or index."""
    return next(name for name, kind in _METHODS.items() if isinstance(parameters, kind))


def _content(parameters: Parameters) -> dict[str, Any]:
    content = {"format": FORMAT, "method": method_of(parameters), **_plain(asdict(parameters))}
    for tree in content.get("trees", []):
        # JSON knows no infinity.
        tree["threshold"] = [None if np.isinf(edge) else edge for edge in tree["threshold"]]
    return content


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value


def version_of(parameters: Parameters) -> str:
    """Give the version of parameters: the model, and how the digest of all they say begins."""
    said = json.dumps(_content(parameters), sort_keys=True, allow_nan=False)
    digest = hashlib.sha256(said.encode()).hexdigest()
    return f"{parameters.model}_{method_of(parameters)}_{digest[:12]}"


def written(parameters: Parameters) -> str:
    """Give parameters as the text of a JSON file; the same parameters give the same bytes."""
    content = {"version": version_of(parameters), **_content(parameters)}
    return _laid_out(content, "") + "\n"


def _laid_out(value: Any, margin: str) -> str:
    """Lay JSON out for readers: what holds only plain values stands on one line."""
    inner = list(value.values()) if isinstance(value, dict) else value
    if not isinstance(value, dict | list) or not any(isinstance(v, dict | list) for v in inner):
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    deeper = margin + "  "
    if isinstance(value, dict):
        parts = [f"{json.dumps(key)}: {_laid_out(v, deeper)}" for key, v in value.items()]
        opening, closing = "{", "}"
    else:
        parts = [_laid_out(v, deeper) for v in value]
        opening, closing = "[", "]"
    return opening + ",".join(f"\n{deeper}{part}" for part in parts) + f"\n{margin}{closing}"


def write_parameters(parameters: Parameters, path: Path) -> None:
    """Write a file that `read_parameters` reads."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(written(parameters), encoding="utf-8", newline="\n")


def read_parameters(path: Path) -> Parameters:
    """Read a file of parameters.

    Raises:
        ThinkFamilyError: There is no such file, it is of another format, something in it is missing
            or contradicts the rest, or it is not what its version says: it was changed since.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ThinkFamilyError(f"{path}: there is no such file of parameters.") from None
    except UnicodeDecodeError:
        raise ThinkFamilyError(f"{path}: this is no file of parameters.") from None
    try:
        return parameters_from(text)
    except ThinkFamilyError as error:
        raise ThinkFamilyError(f"{path}: {error.message}") from None


def parameters_from(text: str) -> Parameters:
    """Read parameters from the text of their file; errors as of `read_parameters`."""
    try:
        content = json.loads(text)
        found = content.pop("format")
        if found != FORMAT:
            raise ThinkFamilyError(f"format {found}, where this version reads {FORMAT}; fit anew.")
        stated = content.pop("version")
        parameters = _read(_METHODS[content.pop("method")], content)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ThinkFamilyError("this is no file of parameters, or it is not whole.") from None
    if version_of(parameters) != stated:
        raise ThinkFamilyError("the file was changed since it was written: its digest differs.")
    return parameters


def _read(kind: type[Parameters], content: dict[str, Any]) -> Parameters:
    content["scale"] = Scale(**_tuples(content["scale"]))
    if kind is AdditiveParameters:
        content["terms"] = tuple(Term(**_tuples(term)) for term in content["terms"])
        content["unused"] = tuple(content["unused"])
    if kind is BoostedParameters:
        content["features"] = tuple(content["features"])
        content["signs"] = tuple(content["signs"])
        for tree in content["trees"]:
            tree["threshold"] = [np.inf if edge is None else edge for edge in tree["threshold"]]
        content["trees"] = tuple(Tree(**_tuples(tree)) for tree in content["trees"])
    return kind(**content)


def _tuples(content: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(v) if isinstance(v, list) else v for key, v in content.items()}
