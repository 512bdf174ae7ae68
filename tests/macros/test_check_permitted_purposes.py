"""A mart may be used for what every agency whose data is in it has agreed to."""

from __future__ import annotations

import duckdb
import pytest

from .conftest import Dbt


def test_a_purpose_that_all_sources_permit_is_built(dbt: Dbt) -> None:
    assert dbt("run", "--exclude", "publication")[0]
    with duckdb.connect("build.duckdb", read_only=True) as connection:
        assert connection.execute("select count(*) from dim_person").fetchall() == [(2,)]


def test_a_purpose_that_one_source_far_above_does_not_permit_stops_the_run(dbt: Dbt) -> None:
    built, said = dbt("run", purposes="[safeguarding, planning]")
    assert not built
    assert "mart dim_person is for the purpose planning" in said
    assert "its source schools.pupils does not permit" in said
    assert "police.nominals" not in said
    with duckdb.connect("build.duckdb", read_only=True) as connection:
        tables = connection.execute("select table_name from duckdb_tables() order by 1").fetchall()
    assert tables == [("nominals",), ("pupils",)]


@pytest.mark.parametrize("purposes", ["[]", "null"])
def test_a_mart_without_purposes_stops_the_run(dbt: Dbt, purposes: str) -> None:
    built, said = dbt("run", purposes=purposes)
    assert not built
    assert "mart dim_person declares no purposes" in said
