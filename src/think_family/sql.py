"""Names and texts in SQL, as DuckDB and Postgres both read them."""

from __future__ import annotations


def quoted(name: str) -> str:
    """Give `name` as an identifier, its case kept."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Give `text` as a string; for the project's own words, values are bound."""
    return "'" + text.replace("'", "''") + "'"
