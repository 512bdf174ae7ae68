"""Words and numbers of the pages: what scores, variants and measures are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from think_family.disclosure import LEAST_COUNT
from think_family.pages import table

Row = Mapping[str, Any]

#: The scores of a trial, as readers know them; baselines are called what they are.
SCORES = {
    "score": "the score: the higher of model and index",
    "model_score": "the glass box alone",
    "index_score": "the analysts' index alone",
    "truth": "the best order there could be (the planted truth)",
}

#: Variant -> what it is, and what it is there to tell.
VARIANTS = {
    "as_configured": "as it scores people",
    "with_label_proxies": "with label proxies",
    "before_outcome": "learned on the day before the service began, as the original did",
    "without_network": "without who is near in the network, and places",
    "without_family": "without the family",
    "without_police": "without what the police recorded",
    "challenger": "the challenger: boosted trees in the place of the glass box",
    "bristol_full": "Bristol alone, from all that Bristol holds",
    "somerset_full": "Somerset alone, from all that Somerset holds",
}

_VERDICTS = {"higher": "surely higher", "lower": "surely lower"}

NOT_TOLD = "not told: too few"


#: What stands in capitals wherever it is in a name.
_PROPER = ("Asian", "Black", "British", "White")


def named(code: str) -> str:
    """Write the code of a group as a name: white_british as White British."""
    words = [next((name for name in _PROPER if name.lower() == w), w) for w in code.split("_")]
    name = " ".join(words)
    return name[:1].upper() + name[1:]


def percent(share: float | None) -> str:
    """Write a share; of little, two figures."""
    if share is None:
        return "-"
    value = 100 * share
    return f"{value:.2g}%" if abs(value) < 9.95 else f"{value:.0f}%"


def plain(value: float | None) -> str:
    """Write a number with three decimals."""
    return "-" if value is None else f"{value:.3f}"


def points(difference: float | None) -> str:
    """Write a difference of shares in points."""
    return "-" if difference is None else f"{100 * difference:+.1f}"


def worded(verdict: str | None) -> str:
    """Give a verdict in words."""
    return _VERDICTS.get(verdict or "", verdict or "-")


def count(n: int | None) -> str:
    """Write a count of people; of a few, that they are not told."""
    return f"fewer than {LEAST_COUNT}" if n is None else f"{n:,}"


def with_interval(row: Row | None, write: Any = percent) -> str:
    """Write a figure with its interval; where it is withheld, that it is."""
    if row is None:
        return "-"
    if row["value"] is None:
        return NOT_TOLD
    if row["low"] is None:
        return str(write(row["value"]))
    return f"{write(row['value'])} ({write(row['low'])} to {write(row['high'])})"


def text_table(head: Sequence[str], rows: Sequence[Sequence[str]], instead: str) -> list[str]:
    """Give the lines of a table, or a sentence where it has no row."""
    return table(head, rows) if rows else [instead, ""]
