"""Disclosure control: what small numbers may be told in tables and pages for many readers.

Counts of people are rounded, so that no part of a whole is found by taking away the others, and
counts of very few are not told at all. Shares of few people are not told either. This is the custom
of official statistics; it guards people, and says nothing of how sure a number is.
"""

from __future__ import annotations

#: Counts of fewer people, but none, are not told, and no share of them; as `least_count_told` of
#: dbt_project.yml says of marts.
LEAST_COUNT = 10

#: Counts are rounded to multiples of it.
ROUNDED_TO = 5


def told_count(n: float | None) -> int | None:
    """Give a count of people as it may be told, or None where it may not be."""
    if n is None or 0 < n < LEAST_COUNT:
        return None
    return ROUNDED_TO * int(n / ROUNDED_TO + 0.5)


def is_told_of(n: float | None) -> bool:
    """Tell whether a share of so many people may be told."""
    return n is not None and n >= LEAST_COUNT
