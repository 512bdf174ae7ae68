"""A view is rebuilt alone, and what stands on it stays."""

from __future__ import annotations

from typing import Any

import pytest
from dbt.tests.util import run_dbt

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestWarning")

VIEW = "{{{{ config(materialized='view') }}}} select {} from {}"


class TestAViewOnAView:
    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        columns = "1 as id, cast('a' as {{ env_var('TYPE', 'varchar(3)') }}) as name"
        return {
            "below.sql": VIEW.format(columns, "generate_series(1, {{ env_var('ROWS', '1') }})"),
            "above.sql": VIEW.format("*", "{{ ref('below') }}"),
        }

    def rows(self, project: Any) -> list[tuple[Any, ...]] | None:
        """What readers see of the view above; None when it is gone."""
        if project.run_sql("select to_regclass('{schema}.above') is null", fetch="one")[0]:
            return None
        found: list[tuple[Any, ...]] = project.run_sql("select * from {schema}.above", fetch="all")
        return found

    def test_it_stays_while_the_columns_below_are_the_same(
        self, project: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run_dbt(["run"])
        assert self.rows(project) == [(1, "a")]
        # It is built anew all the same.
        monkeypatch.setenv("ROWS", "2")
        run_dbt(["run", "-s", "below"])
        assert self.rows(project) == [(1, "a"), (1, "a")]
        # And one that fails leaves both as they were.
        monkeypatch.setenv("TYPE", "nothing")
        run_dbt(["run", "-s", "below"], expect_pass=False)
        assert self.rows(project) == [(1, "a"), (1, "a")]

    def test_it_goes_when_they_are_others_and_comes_with_the_next_run(
        self, project: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run_dbt(["run"])
        monkeypatch.setenv("TYPE", "varchar(4)")
        run_dbt(["run", "-s", "below"])
        assert self.rows(project) is None
        run_dbt(["run"])
        assert self.rows(project) == [(1, "a")]
