"""Python models as dbt builds them: what is left when one fails, and how incremental ones grow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from dbt.tests.util import run_dbt
from psycopg2.sql import SQL, Identifier

from think_family.postgres.settings import Settings

from .conftest import PASSWORD

# The fixtures of the suite are made that way.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestWarning")


class Warehouse:
    """The schema that dbt builds in, seen from outside."""

    def __init__(self, server: Settings, schema: str) -> None:
        self._server = server
        self._schema = schema

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        with closing(self._server.connect()) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(SQL("set search_path = {}").format(Identifier(self._schema)))
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []

    def tables(self) -> list[str]:
        rows = self.sql(
            "select relname from pg_class where relkind in ('r', 'v')"
            " and relnamespace = current_schema()::regnamespace order by 1"
        )
        return [name for (name,) in rows]


@pytest.fixture
def warehouse(server: Settings, project: Any) -> Warehouse:
    return Warehouse(server, project.test_schema)


def built(*arguments: str, expect_pass: bool = True) -> dict[str, Any]:
    """Run dbt, and give what came of each model."""
    results = run_dbt(["run", *arguments], expect_pass=expect_pass)
    return {result.node.name: result for result in results}


def messages(results: dict[str, Any]) -> dict[str, str]:
    return {name: result.message for name, result in results.items() if result.status != "success"}


def contents(folder: Path) -> Iterator[bytes]:
    for file in folder.rglob("*"):
        if file.is_file():
            yield file.read_bytes()


# A model that is as it should be until the variable `broken` is set.
BROKEN = {
    "fails_in_python": """
        def name_of(rows):
            raise ValueError(f"{rows[0][1]} is not a name")

        def model(dbt, session):
            people = dbt.ref("people")
            if dbt.config.get("broken"):
                name_of(people.limit(1).fetchall())
            return people.project("id")
    """,
    "fails_when_read": """
        def model(dbt, session):
            people = dbt.ref("people").project("id")
            return dbt.ref("unreadable") if dbt.config.get("broken") else people
    """,
    "fails_when_written": """
        def model(dbt, session):
            people = dbt.ref("people")
            if dbt.config.get("broken"):
                return people.project("case when id > 90000 then cast(name as integer) end as n")
            return people.project("id")
    """,
    "names_a_column_that_is_not_there": """
        def model(dbt, session):
            broken = dbt.config.get("broken")
            return dbt.ref("people").project("surname" if broken else "id")
    """,
    "returns_nothing": """
        def model(dbt, session):
            return None if dbt.config.get("broken") else dbt.ref("people").project("id")
    """,
    "is_cancelled": """
        from think_family.postgres.job import job_of

        def model(dbt, session):
            people = dbt.ref("people")
            if dbt.config.get("broken"):
                reader = people.to_arrow_reader(100)
                reader.read_next_batch()
                with job_of(session).settings.connect() as connection:
                    connection.cursor().execute(
                        "select pg_cancel_backend(pid) from pg_stat_activity"
                        " where state = 'active' and query ilike '%copy%people%'"
                        " and pid <> pg_backend_pid()"
                    )
                return reader
            return people.project("id")
    """,
    "is_cancelled_when_written": """
        import pyarrow

        from think_family.postgres.job import job_of

        def model(dbt, session):
            people = dbt.ref("people").project("id").to_arrow_reader(1000)

            def batches():
                for n, batch in enumerate(people):
                    yield batch
                    if dbt.config.get("broken") and n == 5:
                        with job_of(session).settings.connect() as connection:
                            connection.cursor().execute(
                                "select pg_cancel_backend(pid) from pg_stat_activity"
                                " where state = 'active' and query ilike 'copy%from stdin%'"
                            )

            return pyarrow.RecordBatchReader.from_batches(people.schema, batches())
    """,
    "fails_when_in_place": """
        def model(dbt, session):
            return dbt.ref("people").project("name")
    """,
    "fails_when_added": """
        def model(dbt, session):
            dbt.config(materialized="incremental")
            return dbt.ref("people").project("name")
    """,
    "loses_its_connection": """
        from think_family.postgres.job import job_of

        def model(dbt, session):
            people = dbt.ref("people")
            if dbt.config.get("broken"):
                reader = people.to_arrow_reader(100)
                reader.read_next_batch()
                with job_of(session).settings.connect() as connection:
                    connection.cursor().execute(
                        "select pg_terminate_backend(pid) from pg_stat_activity"
                        " where backend_type = 'client backend' and pid <> pg_backend_pid()"
                    )
                return reader
            return people.project("id")
    """,
}
TOLD = {
    "fails_in_python": ["ValueError", "models/fails_in_python.py", 'raise ValueError(f"{rows'],
    "fails_when_read": ['unreadable" could not be read', "invalid text representation"],
    "fails_when_written": ["result could not be computed", "Conversion Error"],
    "names_a_column_that_is_not_there": ["BinderException", "surname", "line 3"],
    "returns_nothing": ["returned NoneType: return a relation"],
    "is_cancelled": ["could not be read to its end", "57014"],
    "is_cancelled_when_written": ["result could not be written", "57014"],
    "fails_when_in_place": ["could not take a value"],
    "fails_when_added": ["could not take a value"],
    "loses_its_connection": ["could not be read to its end"],
}


class TestAModelThatFails:
    @pytest.fixture(scope="class")
    def dbt_profile_target(self, dbt_profile_target: dict[str, Any]) -> dict[str, Any]:
        # One after another: one of them cuts all connections.
        return {**dbt_profile_target, "threads": 1}

    @pytest.fixture(scope="class")
    def project_config_update(self) -> dict[str, Any]:
        read = "select {% if var('broken', false) %}cast(name as int){% endif %} from {{ this }}"
        fails_at_last = {"+post-hook": read}
        return {
            "models": {
                "+materialized": "table",
                "+broken": "{{ var('broken', false) | as_bool }}",
                "test": {"fails_when_in_place": fails_at_last, "fails_when_added": fails_at_last},
            },
            "flags": {"send_anonymous_usage_stats": False},
        }

    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        return {
            # The name of a person, which stands nowhere but in the database.
            "people.sql": (
                "select id, 'Mr ' || chr(83) || 'mith ' || id as name, repeat('x', 500) as notes"
                " from generate_series(1, 100000) as id"
            ),
            "unreadable.sql": (
                "{{ config(materialized='view') }}"
                "select cast(case when id > 90000 then name else '1' end as integer) as n"
                " from {{ ref('people') }}"
            ),
            **{f"{name}.py": dedent(code) for name, code in BROKEN.items()},
        }

    def test_it_says_why_and_where_and_leaves_all_as_it_was(
        self, project: Any, warehouse: Warehouse, logs_dir: str
    ) -> None:
        built()
        before = warehouse.tables()
        contents_of = "select '{0}', to_regclass('{0}')::oid, count(*) from {0}"
        counted = " union all ".join(contents_of.format(name) for name in BROKEN)
        tables = set(warehouse.sql(counted))

        said = messages(built("--vars", "broken: true", "-s", *BROKEN, expect_pass=False))

        assert set(said) == set(TOLD)
        for name, parts in TOLD.items():
            assert [part for part in parts if part not in said[name]] == [], said[name]
        # What was written before the model failed is not in place, and gone with the next run.
        late = {"fails_when_in_place__dbt_tmp", "fails_when_added__dbt_tmp"}
        assert set(warehouse.tables()) == {*before, *late}
        assert set(warehouse.sql(counted)) == tables
        # And no one is named, in what dbt says, writes and logs; nor is the password.
        left = b"".join(
            [
                *contents(Path(project.project_root)),
                *contents(Path(logs_dir)),
                *(text.encode() for text in said.values()),
            ]
        )
        assert (Path(logs_dir) / "dbt.log").stat().st_size > 0
        assert b"Mr Smith" not in left
        assert PASSWORD.encode() not in left

        # What cut the connections did no harm to the next run.
        built()
        assert warehouse.tables() == before


class TestWhatARunLeftBehind:
    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        model = """
            def model(dbt, session):
                dbt.config(materialized="{}")
                return session.sql("select 1 as id")
        """
        return {
            "a_table.py": dedent(model.format("table")),
            "an_increment.py": dedent(model.format("incremental")),
        }

    def test_it_is_cleared_away_by_the_next(self, project: Any, warehouse: Warehouse) -> None:
        built()
        for name in ("a_table", "an_increment"):
            # As a run leaves them that is killed before and after it put the new table in place.
            warehouse.sql(f"create table {name}__dbt_tmp (other integer)")
            warehouse.sql(f"create table {name}__dbt_backup (other integer)")
        built()
        assert warehouse.tables() == ["a_table", "an_increment"]
        assert warehouse.sql("table a_table") == [(1,)]
        assert warehouse.sql("table an_increment") == [(1,), (1,)]


class TestATable:
    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        return {
            "people.py": dedent(
                """
                def model(dbt, session):
                    dbt.config(
                        materialized="table",
                        indexes=[{"columns": ["id"], "unique": True}],
                    )
                    return session.sql("select 1 as id, 'a' as name")
                """
            ),
            "reader.sql": "select * from {{ ref('people') }}",
            "people.yml": dedent(
                """
                models:
                  - name: people
                    description: Those who live here.
                    config:
                      persist_docs: {relation: true, columns: true}
                      pre_hook: create table {{ this.schema }}.hooked as select 'before' as said
                      post_hook: insert into {{ this.schema }}.hooked values ('after')
                    columns: [{name: id, description: Of the person.}]
                """
            ),
        }

    def test_it_has_its_indexes_comments_and_hooks_and_replaces_a_view(
        self, project: Any, warehouse: Warehouse
    ) -> None:
        warehouse.sql("create view people as select 0 as id")
        assert built()["people"].adapter_response["rows_affected"] == 1
        assert warehouse.tables() == ["hooked", "people", "reader"]
        assert warehouse.sql("table people") == [(1, "a")]
        assert warehouse.sql("table hooked") == [("before",), ("after",)]
        described = warehouse.sql(
            "select indisunique, obj_description(indrelid), col_description(indrelid, 1)"
            " from pg_index where indrelid = 'people'::regclass"
        )
        assert described == [(True, "Those who live here.", "Of the person.")]


def grows(**config: str) -> str:
    """A model that gives 1 and 2 at first, and 2 and 3 and a column more when it grows."""
    given = ", ".join(f"{name}={value!r}" for name, value in config.items())
    return dedent(
        f"""
        def model(dbt, session):
            dbt.config(materialized="incremental", {given})
            if dbt.is_incremental:
                last = session.sql(f"select max(id) from {{dbt.this}}").fetchall()[0][0]
                return session.sql(
                    f"select unnest([{{last}}, {{last}} + 1]) as id, 'new' as name"
                    + (", 7 as age" if {config.get("on_schema_change")!r} else "")
                )
            return session.sql("select unnest([1, 2]) as id, 'old' as name")
        """
    )


class TestIncremental:
    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        return {
            "appended.py": grows(incremental_strategy="append"),
            "replaced.py": grows(incremental_strategy="delete+insert", unique_key="id"),
            "merged.py": grows(incremental_strategy="merge", unique_key="id"),
            "by_default.py": grows(unique_key="id"),
            "ignoring.py": grows(on_schema_change="ignore"),
            "appending.py": grows(on_schema_change="append_new_columns"),
            "syncing.py": grows(on_schema_change="sync_all_columns"),
            "failing.py": grows(on_schema_change="fail"),
            "in_batches.py": grows(
                incremental_strategy="microbatch",
                event_time="id",
                begin="2024-01-01",
                batch_size="year",
            ),
        }

    def test_rows_are_added_as_the_strategy_says(self, project: Any, warehouse: Warehouse) -> None:
        built("--exclude", "in_batches")
        told = messages(built(expect_pass=False))

        old_and_new = [(1, "old"), (2, "new"), (3, "new")]
        rows = {name: warehouse.sql(f"select * from {name} order by 1, 2") for name in TABLES}
        assert rows["appended"] == [(1, "old"), (2, "new"), (2, "old"), (3, "new")]
        assert rows["replaced"] == rows["merged"] == rows["by_default"] == old_and_new
        assert rows["ignoring"] == rows["appended"]
        ages = {"old": None, "new": 7}
        assert rows["appending"] == [(*row, ages[row[1]]) for row in rows["appended"]]
        assert rows["syncing"] == rows["appending"]
        assert rows["failing"] == [(1, "old"), (2, "old")]
        assert set(told) == {"failing", "in_batches"}
        assert "out of sync" in told["failing"]

        built("--full-refresh", "-s", "appended", "failing")
        assert warehouse.sql("table appended") == [(1, "old"), (2, "old")]
        # The rows that were refused stood in a table of their own, which is gone.
        assert warehouse.tables() == sorted(TABLES)


TABLES = [
    "appended",
    "replaced",
    "merged",
    "by_default",
    "ignoring",
    "appending",
    "syncing",
    "failing",
]
