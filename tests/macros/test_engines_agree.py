"""Odd values mean the same on both engines, in every macro that reads what agencies deliver."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from think_family.postgres.settings import Settings

ROOT = Path(__file__).parents[2]

READINGS = {
    "cleaned": "{{ text_cleaned('value') }}",
    "name": "{{ name_normalised('value') }}",
    "address": "{{ address_normalised('value') }}",
    "postcode": "{{ postcode_normalised('value') }}",
    "nhs_number": "{{ identifier_guarded('value', 'nhs_number') }}",
    "upn": "{{ identifier_guarded('value', 'upn') }}",
    "nino": "{{ identifier_guarded('value', 'nino') }}",
    "answer": "{{ boolean_guarded('value') }}",
    "whole_number": "{{ cast_guarded('value', 'integer') }}",
    "amount": "{{ cast_guarded('value', 'numeric(12, 2)') }}",
    "iso_date": "{{ date_guarded('value', 'iso') }}",
    "slashed_date": "{{ date_guarded('value', 'dmy') }}",
    "oracle_date": "{{ date_guarded('value', 'dmon') }}",
    "instant": "{{ timestamp_guarded('value') }}",
    "local_day": "{{ local_date(timestamp_guarded('value')) }}",
    "age": "{{ age_in_years(date_guarded('value', 'iso'), date_guarded('value', 'iso')) }}",
    "age_then": "{{ age_in_years(date_guarded('value', 'iso'), \"cast('2023-02-28' as date)\") }}",
    "words": "{{ date_in_words(date_guarded('value', 'iso')) }}",
    "key": "{{ dbt_utils.generate_surrogate_key(['value', 'id']) }}",
    "n_invalid": "{{ n_invalid_values([('value', date_guarded('value', 'iso'))]) }}",
}
QUERY = (
    "select id, "
    + ", ".join(f"{reading} as {name}" for name, reading in READINGS.items())
    + " from odd_values order by id"
)

# What is nearly a date, a number or an identifier is odder than what is nothing of the kind.
NEARLY = st.text("0123456789+-./:TZeE ABn\t\u00a0", max_size=24)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=24)
NAMES = st.text("aZ éÉßſıŒœŉǆﬁİ'\u2019`-\u2028\n", max_size=12)
DATES = st.builds(
    "{}{:0{}d}{}{:02d}{}{:02d}{}".format,
    st.sampled_from(["", " ", "'", "-"]),
    st.integers(0, 12000),
    st.sampled_from([1, 4]),
    st.sampled_from(["-", "/", ""]),
    st.integers(0, 13),
    st.sampled_from(["-", "/", ""]),
    st.integers(0, 32),
    st.sampled_from(["", " ", "\n", "T24:00:00Z", "T23:59:59Z", "T12:60:00Z", " BC"]),
)
ODD = st.lists(st.one_of(st.none(), NEARLY, TEXTS, NAMES, DATES), min_size=1, max_size=40)


@dataclass
class Engines:
    """The same query in the SQL of each engine, to be run on values."""

    in_duckdb: Callable[[list[str | None]], list[tuple[Any, ...]]]
    in_postgres: Callable[[list[str | None]], list[tuple[Any, ...]]]


def compiled(target: str, folder: Path) -> str:
    """The query in the SQL of a target."""
    from dbt.cli.main import dbtRunner

    done = dbtRunner().invoke(
        [
            "--quiet", "compile", "--inline", QUERY, "--target", target,
            "--project-dir", str(ROOT), "--profiles-dir", str(ROOT),
            "--target-path", str(folder / target), "--log-path", str(folder / "logs"),
        ]
    )  # fmt: skip
    assert done.success, done.exception
    code: str = done.result.results[0].node.compiled_code
    return code


@pytest.fixture(scope="module")
def engines(server: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    folder = tmp_path_factory.mktemp("engines")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("THINK_FAMILY_BUILD_FILE", str(folder / "build.duckdb"))
        patch.setenv("THINK_FAMILY_PG_HOST", server.host)
        patch.setenv("THINK_FAMILY_PG_PORT", str(server.port))
        patch.setenv("THINK_FAMILY_PG_USER", server.user)
        patch.setenv("THINK_FAMILY_PG_DATABASE", server.database)
        sql = {target: compiled(target, folder) for target in ("duckdb", "postgres")}
    with duckdb.connect() as here, closing(server.connect()) as there, there.cursor() as cursor:
        here.execute("create table odd_values (id integer, value varchar)")
        cursor.execute("create temporary table odd_values (id integer, value text)")

        def in_duckdb(values: list[str | None]) -> list[tuple[Any, ...]]:
            here.execute("delete from odd_values")
            here.executemany("insert into odd_values values (?, ?)", list(enumerate(values)))
            return here.execute(sql["duckdb"]).fetchall()

        def in_postgres(values: list[str | None]) -> list[tuple[Any, ...]]:
            cursor.execute("delete from odd_values")
            cursor.executemany("insert into odd_values values (%s, %s)", list(enumerate(values)))
            cursor.execute(sql["postgres"])
            return list(cursor.fetchall())

        yield Engines(in_duckdb, in_postgres)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(values=ODD)
def test_odd_values_are_read_alike(engines: Engines, values: list[str | None]) -> None:
    assert engines.in_duckdb(values) == engines.in_postgres(values)


def test_what_is_well_formed_is_read_at_all(engines: Engines) -> None:
    values: list[str | None] = ["2025-02-28", "28/02/2025", "28-FEB-2025", "1,5", "12.0", "zoë"]
    columns = ["id", *READINGS]
    iso, slashed, oracle, comma, whole, name = (
        dict(zip(columns, row, strict=True)) for row in engines.in_postgres(values)
    )
    day = date(2025, 2, 28)
    assert (iso["iso_date"], slashed["slashed_date"], oracle["oracle_date"]) == (day, day, day)
    assert (comma["amount"], whole["whole_number"], name["name"]) == (None, 12, "ZOE")
