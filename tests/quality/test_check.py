"""What a gate says of literal tables: each rule has a row, and whatever fails shuts the gate."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import duckdb
import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from think_family.errors import ThinkFamilyError
from think_family.postgres.job import PythonJob
from think_family.quality import check

Row = dict[str, Any]

ROOT = Path(__file__).parents[2]
CANARY = "Zebedee-Quillfeather"

BUILT = """
    create schema built;
    create table built.pupils as
    select * from (values
        ('k1', 'A1', 'white', date '2010-05-01', date '2025-08-31', true, 'S1'),
        ('k2', 'A2', 'unknown', date '2011-05-01', date '2025-08-31', true, 'S1'),
        ('k3', null, 'unknown', date '2031-05-01', date '2025-08-31', true, 'S9'),
        ('k4', 'A4', 'asian', date '2012-05-01', date '2025-07-31', true, 'S2'),
        ('k5', null, 'unknown', date '2012-05-01', date '2025-06-30', false, 'S9')
    ) as rows (source_row_key, upn, ethnicity, birth_date, extract_date, is_current, school_id);
    create table built.schools as select * from (values ('S1'), ('S2')) as rows (school_id);
    create table built.deliveries as
    select
        'bristol_education/pupils' as subject,
        'full' as delivery,
        date '2025-08-31' as checked_from_date,
        40 as n_rows_short,
        60 as n_rows_counted
"""


class Built:
    """What dbt has built in an engine, and what a Python model is given to work with there."""

    session: duckdb.DuckDBPyConnection
    relations: str

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a statement beside the gate."""
        raise NotImplementedError

    def table(self, name: str) -> duckdb.DuckDBPyRelation:
        """What dbt.ref gives."""
        raise NotImplementedError


class BuiltInDuckDB(Built):
    relations = """
        select table_name from duckdb_tables()
        union all
        select view_name from duckdb_views() where not internal
    """

    def __init__(self) -> None:
        self.session = duckdb.connect()

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        return self.session.execute(sql).fetchall()

    def table(self, name: str) -> duckdb.DuckDBPyRelation:
        return self.session.table(f"built.{name}")


class BuiltInPostgres(Built):
    relations = """
        select relname
        from pg_class
        inner join pg_namespace on pg_namespace.oid = relnamespace
        where relkind in ('r', 'v') and nspname in ('built', 'public')
    """

    def __init__(self, connection: Connection, job: PythonJob) -> None:
        self._connection, self._job = connection, job
        self.session = job.session

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall()) if cursor.description else []

    def table(self, name: str) -> duckdb.DuckDBPyRelation:
        return self._job.read(f'"built"."{name}"')


@pytest.fixture(params=["duckdb", "postgres"])
def built(request: pytest.FixtureRequest) -> Iterator[Built]:
    with ExitStack() as stack:
        if request.param == "duckdb":
            made: Built = BuiltInDuckDB()
        else:
            server = request.getfixturevalue("server")
            connection = stack.enter_context(closing(server.connect()))
            connection.autocommit = True
            job = PythonJob(server)
            made = BuiltInPostgres(connection, job)
            stack.callback(made.execute, "drop schema built cascade")
            # Before the schema is dropped: a job holds what it has read.
            stack.callback(job.close)
        for statement in BUILT.split(";"):
            made.execute(statement)
        yield made


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand where a project would stand: Data Docs go to ./target, suites are in ./expectations."""
    monkeypatch.chdir(tmp_path)
    for name in ("models", "seeds"):
        (tmp_path / name).symlink_to(ROOT / name)
    return tmp_path


def rule(kind: str, kwargs: dict[str, Any], severity: str = "critical", **meta: Any) -> Row:
    return {
        "type": kind,
        "kwargs": kwargs,
        "severity": severity,
        "description": "This holds.",
        "notes": "Ask the school.",
        "meta": meta,
    }


def suite(name: str, *rules: Row, gate: str = "education", **document: Any) -> None:
    file = Path("expectations") / gate / f"{name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    document = {"name": name, "expectations": list(rules)} | document
    file.write_text(json.dumps(document), encoding="utf-8")


def found(built: Built, **given: Any) -> list[Row]:
    checked = given.pop("checked", {"pupils": built.table("pupils")})
    rows: list[Row] = check("education", built.session, checked, **given).to_pylist()
    return rows


UPN = rule("expect_column_values_to_not_be_null", {"column": "upn"})
KNOWN = rule(
    "expect_column_values_to_not_be_in_set", {"column": "ethnicity", "value_set": ["unknown"]}
)
BORN = rule(
    "expect_column_pair_values_a_to_be_greater_than_b",
    {
        "column_A": "extract_date",
        "column_B": "birth_date",
        "or_equal": True,
        "ignore_row_if": "either_value_is_missing",
    },
)
SCHOOL = rule(
    "expect_few_unexpected_rows",
    {
        "unexpected_rows_query": "select pupils.source_row_key from {batch} as pupils"
        " left join schools on pupils.school_id = schools.school_id"
        " where schools.school_id is null",
        "mostly": 0.7,
    },
    column="school_id",
)


def test_each_rule_gives_a_row_that_counts(built: Built) -> None:
    suite("pupils", UPN, KNOWN, BORN, SCHOOL)
    rows = found(built, also_read={"schools": built.table("schools")})
    assert [
        (row["expectation_number"], row["column_name"], row["verdict"], row["n_unexpected"])
        for row in rows
    ] == [
        (1, "upn", "shut", 2),
        (2, "ethnicity", "shut", 3),
        (3, "extract_date", "shut", 1),
        (4, "school_id", "shut", 2),
    ]
    assert {row["n_rows"] for row in rows} == {5}
    assert rows[0]["message"] == (
        "pupils, column upn: 2 of 5 rows break the rule: This holds. To do: Ask the school."
    )


def test_of_an_extract_only_rows_that_stand_are_checked(
    built: Built,
) -> None:
    suite("pupils", UPN, KNOWN, SCHOOL, meta={"extract": "bristol_education/pupils"})
    suite(
        "deliveries",
        rule("expect_column_max_to_be_between", {"column": "n_rows_short", "max_value": 0}),
        gate="",
    )
    given = {
        "also_read": {"schools": built.table("schools")},
        "deliveries": built.table("deliveries"),
    }
    full = found(built, **given)
    assert [(row["n_rows"], row["n_unexpected"]) for row in full[:3]] == [(4, 1), (4, 2), (4, 1)]
    # A school in four is not known, which is fewer than three in ten.
    assert [row["verdict"] for row in full] == ["shut", "shut", "held", "shut"]

    built.execute("update built.deliveries set delivery = 'incremental'")
    rows = found(built, **given)
    assert [(row["n_rows"], row["n_unexpected"]) for row in rows[:3]] == [(3, 1), (3, 2), (3, 1)]


def test_a_message_names_the_column_as_the_agency_does_too(
    built: Built,
) -> None:
    suite(
        "pupils",
        BORN | {"meta": {"column": "birth_date"}},
        meta={"extract": "bristol_education/pupils"},
    )
    suite("deliveries", UPN, gate="")
    row = found(built, deliveries=built.table("deliveries"))[0]
    assert row["message"] == (
        "bristol_education/pupils, column birth_date (delivered as date_of_birth):"
        " 1 of 4 rows break the rule: This holds. To do: Ask the school."
    )


def test_a_rule_of_deliveries_tells_what_it_counted(built: Built) -> None:
    suite("pupils", BORN, meta={"extract": "bristol_education/pupils"})
    short = rule("expect_column_max_to_be_between", {"column": "n_rows_short", "max_value": 0})
    short["description"] = "As many rows came as were expected: {n_rows_counted}."
    suite("deliveries", short, gate="")
    row = found(built, deliveries=built.table("deliveries"))[-1]
    assert (row["suite"], row["subject"], row["verdict"]) == (
        "deliveries",
        "bristol_education/pupils",
        "shut",
    )
    assert row["n_unexpected"] == 40
    assert row["message"] == (
        "bristol_education/pupils breaks the rule: As many rows came as were expected: 60."
        " To do: Ask the school."
    )


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({"severity": "warning"}, "warned"),
        ({"meta": {"critical_from": 3}}, "warned"),
        ({"meta": {"critical_from": 2}}, "shut"),
        ({"kwargs": {"column": "upn", "mostly": 0.6}}, "held"),
        ({"kwargs": {"column": "upn", "mostly": 0.61}}, "shut"),
    ],
)
def test_severity_and_number_decide_whether_the_gate_is_shut(
    built: Built, changed: Row, verdict: str
) -> None:
    suite("pupils", UPN | changed)
    assert [row["verdict"] for row in found(built)] == [verdict]


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (
            rule("expect_column_values_to_not_be_nul", {"column": "upn"}),
            "none of the kinds",
        ),
        (
            rule("expect_column_values_to_not_be_null", {"column": "upn", "mostyl": 0.5}),
            "does not take expect_column_values_to_not_be_null with the arguments column, mostyl",
        ),
        (
            rule("expect_column_values_to_not_be_null", {"column": "unique_pupil_number"}),
            "the relation has no column unique_pupil_number",
        ),
        (
            rule(
                "expect_few_unexpected_rows",
                {"unexpected_rows_query": "select cast(upn as date) from {batch} as pupils"},
            ),
            "the check itself failed",
        ),
        (
            rule(
                "expect_few_unexpected_rows",
                {"unexpected_rows_query": "select 1 from {batch} as pupils, no_such_relation"},
            ),
            "the check itself failed",
        ),
    ],
)
def test_a_rule_that_cannot_be_checked_shuts_the_gate_and_the_others_are_checked(
    built: Built, broken: Row, told: str
) -> None:
    suite("pupils", BORN | {"severity": "warning"}, broken | {"severity": "critical"})
    verdicts = {row["verdict"]: row for row in found(built)}
    assert verdicts.keys() == {"warned", "shut"}
    assert told in verdicts["shut"]["message"]


def test_a_warning_that_cannot_be_checked_shuts_the_gate_too(
    built: Built,
) -> None:
    query = "select cast(upn as date) from {batch} as pupils"
    suite("pupils", rule("expect_few_unexpected_rows", {"unexpected_rows_query": query}, "warning"))
    assert [row["verdict"] for row in found(built)] == ["shut"]


def test_a_suite_that_lost_its_file_shuts_the_gate(built: Built) -> None:
    suite("schools", rule("expect_table_row_count_to_be_between", {"min_value": 1}))
    checked = {name: built.table(name) for name in ("pupils", "schools")}
    assert [(row["suite"], row["verdict"]) for row in found(built, checked=checked)] == [
        ("pupils", "shut"),
        ("schools", "held"),
    ]


def test_a_gate_without_any_suite_is_shut(built: Built) -> None:
    assert [row["verdict"] for row in found(built)] == ["shut"]


def test_an_extract_that_no_contract_knows_shuts_the_gate(
    built: Built,
) -> None:
    suite("pupils", UPN, meta={"extract": "bristol_education/pupil"})
    suite("deliveries", UPN, gate="")
    rows = found(built, deliveries=built.table("deliveries"))
    assert "shut" in {row["verdict"] for row in rows}
    assert "bristol_education/pupil," in " ".join(row["message"] or "" for row in rows)


def test_no_value_is_in_results_nor_in_anything_that_is_written(
    built: Built, folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    built.execute(f"update built.pupils set upn = '{CANARY}', ethnicity = '{CANARY}'")
    named = {"column": "ethnicity", "value_set": ["white"]}
    suite(
        "pupils",
        rule("expect_column_values_to_be_in_set", named),
        rule("expect_column_values_to_be_unique", {"column": "upn"}),
        rule("expect_column_value_lengths_to_be_between", {"column": "upn", "max_value": 3}),
        rule(
            "expect_few_unexpected_rows",
            {"unexpected_rows_query": "select upn from {batch} as pupils"},
        ),
        rule(
            "expect_few_unexpected_rows",
            {"unexpected_rows_query": "select cast(upn as date) from {batch} as pupils"},
        ),
    )
    rows = found(built)
    assert [row["verdict"] for row in rows] == ["shut"] * 5
    assert CANARY not in str(rows)
    out, err = capfd.readouterr()
    assert CANARY not in out + err
    written = [file for file in folder.rglob("*") if file.is_file()]
    assert any(file.suffix == ".html" for file in written)
    assert [f.name for f in written if CANARY.encode() in f.read_bytes()] == []


def test_nothing_is_left_in_the_database(built: Built) -> None:
    suite("pupils", UPN)
    found(built)
    assert sorted(built.execute(built.relations)) == [("deliveries",), ("pupils",), ("schools",)]


def test_a_transaction_of_dbt_is_left_to_dbt() -> None:
    built = BuiltInDuckDB()
    built.execute("create schema built; create table built.pupils as select 'A1' as upn")
    built.execute("begin; delete from built.pupils")
    suite("pupils", UPN)
    found(built)
    built.execute("rollback")
    assert built.execute("from built.pupils") == [("A1",)]


def test_what_a_model_computed_cannot_be_checked_in_postgres(built: Built) -> None:
    suite("pupils", UPN)
    computed = {"pupils": built.table("pupils").filter("upn is not null")}
    if isinstance(built, BuiltInPostgres):
        with pytest.raises(ThinkFamilyError, match=r"hand on what dbt\.ref"):
            found(built, checked=computed)
    else:
        assert [row["verdict"] for row in found(built, checked=computed)] == ["held"]
