"""What DuckDB, Postgres and Spark do not share stays out of the SQL, but in dispatched macros."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from .conftest import Project

# Pattern, and what to write instead.
NOT_SHARED = {
    r"::": "cast(), for Spark",
    r"\bas (text|varchar|string)\b(?!\()": "dbt.type_string(): no name of the type is known to all",
    r"\bas (double( precision)?|float|real)\b": "type_double(): a float is not of one size",
    r"\btry_cast\b": "cast_guarded(), for Postgres",
    r"\bqualify\b": "row_number() in a step of its own, for Postgres",
    r"\bdistinct on\b": "row_number() in a step of its own, for Spark",
    r"\bselect \* (exclude|except|replace)\b": "the columns, for Postgres",
    r"\b(group|order) by all\b": "the columns, for Postgres",
    r"\bregexp_\w+\s*\(|\brlike\b|\bsimilar to\b|~": "matches() or regexp_replaced()",
    r"\b(string_agg|group_concat|listagg|array_agg|list)\s*\(": "a row for each, for Spark's lists"
    " are in no order",
    r"\b(unnest|explode|generate_series|range)\s*\(": "a row for each, or a Python model",
    r"\b(first|last|any_value|arg_max|arg_min|max_by|min_by)\s*\(": "row_number(): which row it is"
    " differs from run to run, or Postgres lacks it",
    r"\b(date_trunc|datediff|date_diff|date_add|dateadd|date_sub|date_part|timestampadd|age)\s*\(|"
    r"\binterval\b": "dbt's macros for dates",
    r"\b(strftime|strptime|to_char|to_date|date_format|make_date)\s*\(": "date_guarded(), or"
    " position() in a list of names",
    r"\b(epoch|epoch_ms|to_timestamp|unix_timestamp)\s*\(": "dbt's macros for dates",
    r"\b(now|today|getdate|rand|random|uuid)\s*\(|\bcurrent_(date|time|timestamp)\b": "nothing:"
    " neither clock nor chance makes data",
    r"\b(ifnull|nvl|iff|if|decode)\s*\(": "coalesce() or case",
    r"\b(len|strlen|char_length|instr|strpos|locate|charindex)\s*\(": "length() or position()",
    r"\b(split|split_part|string_split)\s*\(": "dbt.split_part()",
    r"\b(starts_with|ends_with|contains|printf|format)\s*\(": "substr(), position() or ||",
    r"\bmd5\s*\(|\bsha\w*\s*\(|\bhash\s*\(": "dbt.hash()",
    r"\b(median|mode|percentile\w*|quantile\w*)\s*\(": "a Python model",
    r"\b(pivot|unpivot|lateral|asof)\b": "a row for each, or a Python model",
    r"\w\s*//\s*\w|\w\s%\s\w|\w\s\^\s\w": "floor() of a division: they differ in integers",
    r"\\": "no backslash: Spark takes what follows it for something else",
    r'"': "names that need no quotes: to Spark, what stands in these is text",
}


def plain(sql: str) -> str:
    """SQL without what dbt renders, without comments, and of texts the backslashes alone."""
    # A hook, within the configuration.
    sql = re.sub(r'"\{\{[^"]*\}\}"', " ", sql)
    sql = re.sub(r"\{#.*?#\}|\{%.*?%\}", " ", sql, flags=re.DOTALL)
    sql = re.sub(r"\{\{.*?\}\}", "rendered", sql, flags=re.DOTALL)
    sql = re.sub(r"--[^\n]*", " ", sql)
    return re.sub(r"'[^']*'", lambda text: "\\" if "\\" in text[0] else "''", sql)


def not_shared(sql: str) -> list[str]:
    text = plain(sql)
    return [f"{p}: {i}" for p, i in NOT_SHARED.items() if re.search(p, text, re.IGNORECASE)]


def portable(project: Project) -> Iterator[tuple[str, str]]:
    """SQL that every engine runs: of models and tests, and of macros that are no engine's own."""
    for node in [*project.models.values(), *project.tests]:
        if node["language"] == "sql":
            yield node["unique_id"], node["raw_code"]
    for unit_test in project.manifest["unit_tests"].values():
        for given in unit_test["given"]:
            if isinstance(given["rows"], str):
                yield unit_test["unique_id"], given["rows"]
    for macro in project.macros:
        if not re.match(r"[a-z]+__", macro["name"]):
            yield macro["unique_id"], macro["macro_sql"]


def test_sql_is_what_the_engines_share(project: Project) -> None:
    found = {name: not_shared(sql) for name, sql in portable(project)}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize(
    "sql",
    [
        "select a::date from t",
        "select cast(a as varchar) from t",
        "select a from t qualify row_number() over (order by a) = 1",
        "select max_by(a, b) from t",
        "select case when a ~ '^x$' then 1 end from t",
        "select date_trunc('month', a) from t",
        "select string_agg(a, ',') from t",
        "select current_date as today",
        r"select replace(a, '\n', '') from t",
        'select "a b" from t',
    ],
)
def test_what_one_engine_alone_knows_is_found(sql: str) -> None:
    assert not_shared(sql)


@pytest.mark.parametrize(
    "sql",
    [
        'select cast(a as {{ dbt.type_string() }}) from t -- as varchar, "quoted"',
        "select {{ dbt.datediff('a', 'b', 'day') }} from t {#- ~ and :: -#}",
        "select coalesce(a, 'first (of two)'), substr(b, 1, 3) || '/' from t",
        "select max(a) filter (where b = 1) from t group by c having count(*) > 1",
    ],
)
def test_what_they_share_is_let_through(sql: str) -> None:
    assert not_shared(sql) == []
