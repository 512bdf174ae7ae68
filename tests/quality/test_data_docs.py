"""Data Docs: pages that tell every rule and what came of it, and nothing of any person."""

from __future__ import annotations

import json
import re
from html import unescape
from importlib import import_module
from pathlib import Path
from typing import Any

import duckdb
import pytest

from think_family.quality import check

NAMES = ("Zebedee Quillfeather", "Philippa Oddsocks")
NHS_NUMBERS = ("9434765919", "9434765870")

Suite = dict[str, Any]


@pytest.fixture
def session() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(
        f"""
        create schema built;
        create table built.patients as
        select * from (values
            ('k1', '{NAMES[0]}', '{NHS_NUMBERS[0]}', 'unknown'),
            ('k2', '{NAMES[0]}', '{NHS_NUMBERS[1]}', 'f'),
            ('k3', '{NAMES[1]}', null, 'm'),
            ('k4', null, null, 'm')
        ) as rows (source_row_key, name, nhs_number, sex);
        """
    )
    return connection


@pytest.fixture(autouse=True)
def pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand where a project would stand, and give the folder of its Data Docs."""
    monkeypatch.chdir(tmp_path)
    # By its name, because the package gives the function of that name instead.
    monkeypatch.setattr(
        import_module("think_family.quality.check"), "target_folder", lambda: tmp_path / "target"
    )
    return tmp_path / "target" / "data_docs"


def rule(kind: str, kwargs: dict[str, Any], severity: str = "critical", **given: Any) -> Suite:
    told = {"description": "It is so.", "notes": "Ask the practice."} | given
    return {"type": kind, "kwargs": kwargs, "severity": severity, **told}


def query(sql: str, severity: str = "critical", mostly: float = 1.0, **given: Any) -> Suite:
    kwargs = {"unexpected_rows_query": sql, "mostly": mostly}
    return rule("expect_few_unexpected_rows", kwargs, severity, **given)


def run(session: duckdb.DuckDBPyConnection, *rules: Suite, gate: str = "health") -> None:
    folder = Path("expectations") / gate
    folder.mkdir(parents=True, exist_ok=True)
    document = {"name": "patients", "expectations": rules}
    (folder / "patients.json").write_text(json.dumps(document), encoding="utf-8")
    check(gate, session, {"patients": session.table("built.patients")})


def text(page: Path) -> str:
    """Give what a reader sees of a page."""
    body = page.read_text(encoding="utf-8").partition("<body>")[2]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


HOLDS = rule("expect_column_values_to_not_be_null", {"column": "source_row_key"})
WARNS = rule("expect_column_values_to_not_be_null", {"column": "name"}, "warning")
SHUTS = rule("expect_column_values_to_be_unique", {"column": "name"})
KNOWN = rule(
    "expect_column_values_to_not_be_in_set",
    {"column": "sex", "value_set": ["unknown"], "mostly": 0.9},
    description="Nearly everyone's sex is known.",
    notes="Ask the practice why it is left out.",
)
ALL_KINDS = (
    HOLDS,
    WARNS,
    SHUTS,
    KNOWN,
    rule("expect_column_values_to_be_in_set", {"column": "name", "value_set": ["Ann"]}),
    rule("expect_column_value_lengths_to_be_between", {"column": "nhs_number", "max_value": 3}),
    rule("expect_compound_columns_to_be_unique", {"column_list": ["name", "sex"]}),
    rule("expect_table_row_count_to_be_between", {"min_value": 5}),
    query("select name, nhs_number from {batch} as patients"),
    query("select cast(nhs_number as date) from {batch} as patients", "warning"),
    query("select 1 from {batch} as patients, no_such_relation"),
    rule("expect_column_values_to_not_be_null", {"column": "no_such_column"}),
)


def test_a_page_tells_the_rule_what_was_found_and_what_to_do(
    session: duckdb.DuckDBPyConnection, pages: Path
) -> None:
    run(session, KNOWN)
    page = text(pages / "health" / "patients.html")
    assert (
        "✗ Shuts the gate critical"
        " Nearly everyone's sex is known."
        " sex values must not belong to this set: unknown , at least 90 % of the time."
        " 1 of 4 rows break it: 25% unexpected"
        " Ask the practice why it is left out."
    ) in page


def test_a_query_is_told_with_the_share_that_is_tolerated(
    session: duckdb.DuckDBPyConnection, pages: Path
) -> None:
    sql = "select source_row_key from {batch} as patients where sex = 'unknown'"
    run(session, query(sql, mostly=0.75), query(sql))
    page = text(pages / "health" / "patients.html")
    assert "At most 25 % of the rows may be found by this query: select source_row_key" in page
    assert "No row may be found by this query: select source_row_key" in page
    assert "1 of 4 rows break it" in page


def test_rows_without_a_value_are_told_apart_from_rows_that_break_a_rule(
    session: duckdb.DuckDBPyConnection, pages: Path
) -> None:
    run(session, SHUTS)
    page = text(pages / "health" / "patients.html")
    assert "2 of 3 rows with a value (and 1 without) break it" in page


def test_a_relation_without_rows_has_its_page(
    session: duckdb.DuckDBPyConnection, pages: Path
) -> None:
    session.execute("delete from built.patients")
    run(session, HOLDS, rule("expect_table_row_count_to_be_between", {"min_value": 1}))
    page = text(pages / "health" / "patients.html")
    assert "source_row_key values must never be null. No row has a value." in page
    assert "Must have greater than or equal to 1 rows. 0 rows" in page


def test_what_is_broken_stands_first_and_how_much_it_matters_is_said(
    session: duckdb.DuckDBPyConnection, pages: Path
) -> None:
    run(
        session, HOLDS, WARNS, WARNS | {"severity": "critical", "meta": {"critical_from": 2}}, SHUTS
    )
    page = text(pages / "health" / "patients.html")
    marks = re.findall("✗ Shuts the gate|! Warning|✓ Holds", page)
    assert marks == ["✗ Shuts the gate", "! Warning", "! Warning", "✓ Holds"]
    assert "critical, but too few rows to shut the gate" in page
    assert "4 rules: 1 broken so that the gate is shut, 2 warnings." in page


def test_a_check_that_failed_says_so_and_no_more(
    session: duckdb.DuckDBPyConnection, pages: Path
) -> None:
    run(session, query("select cast(nhs_number as date) from {batch} as patients", "warning"))
    page = text(pages / "health" / "patients.html")
    assert "✗ Shuts the gate warning, but it could not be checked" in page
    assert "The check itself failed: it found nothing out." in page
    for traced in ("Traceback", "Error", "Conversion", "SQLAlchemy"):
        assert traced not in page


def test_no_value_of_a_person_is_in_any_file(
    session: duckdb.DuckDBPyConnection, pages: Path
) -> None:
    run(session, *ALL_KINDS)
    files = [file for file in pages.rglob("*") if file.is_file()]
    assert len(files) == 4
    for file in files:
        for canary in (*NAMES, *NHS_NUMBERS):
            assert canary not in file.read_text(encoding="utf-8")


def test_pages_lead_to_each_other_and_to_no_other_host(
    session: duckdb.DuckDBPyConnection, pages: Path
) -> None:
    run(session, *ALL_KINDS)
    for page in pages.rglob("*.html"):
        content = page.read_text(encoding="utf-8")
        for foreign in ("http:", "https:", "//", "<script", "<link", "src=", "url(", "@import"):
            assert foreign not in content
        for link in re.findall('href="([^"]*)"', content):
            assert (page.parent / link).is_file()


def test_texts_of_a_suite_are_no_markup(session: duckdb.DuckDBPyConnection, pages: Path) -> None:
    sql = "select 1 from {batch} as patients where '<b>' < '&amp;'"
    run(session, query(sql, description="a < b & <i>c</i>", notes="<script>"))
    content = (pages / "health" / "patients.html").read_text(encoding="utf-8")
    assert not re.search("<b>|<i>|<script>", content)
    assert "a < b & <i>c</i>" in unescape(content)
    assert "where '<b>' < '&amp;'" in unescape(content)


def test_the_index_tells_which_gates_are_open(
    session: duckdb.DuckDBPyConnection, pages: Path
) -> None:
    run(session, HOLDS, WARNS, gate="health")
    assert "✓ Every gate that was run is open." in text(pages / "index.html")
    run(session, SHUTS, gate="housing")
    index = text(pages / "index.html")
    assert "✗ Shut: housing." in index
    # Suites, rules, rules that shut the gate, warnings.
    assert re.search("✗ Shut housing 1 1 1 0 .* ✓ Open health 1 2 0 1 ", index)
    assert "✓ Open: what stands below this gate is built." in text(pages / "health/index.html")
    assert "✗ Shut by 1 broken rule." in text(pages / "housing/index.html")
    run(session, HOLDS, gate="housing")
    assert "Shut" not in text(pages / "index.html").replace("Shut the gate", "")


def test_a_suite_that_is_missing_has_its_page_too(
    session: duckdb.DuckDBPyConnection, pages: Path
) -> None:
    check("health", session, {"patients": session.table("built.patients")})
    assert "✗ Shuts the gate patients" in text(pages / "health/index.html")
    page = text(pages / "health" / "patients.html")
    assert "there is no file expectations/health/patients.json" in page
    assert "Restore the suite from version control" in page


def test_each_delivery_has_a_page_and_a_heading_apart(
    session: duckdb.DuckDBPyConnection, pages: Path
) -> None:
    session.execute(
        "create table built.deliveries as"
        " select 'health/patients' as subject, 'full' as delivery, 7 as n_days_late"
    )
    late = rule("expect_column_max_to_be_between", {"column": "n_days_late", "max_value": 0})
    late["description"] = "It came in time: it is {n_days_late} days late."
    Path("expectations").mkdir()
    document = {"name": "deliveries", "expectations": [late]}
    Path("expectations/deliveries.json").write_text(json.dumps(document), encoding="utf-8")
    check("health", session, {}, deliveries=session.table("built.deliveries"))
    assert "Deliveries Worst result Suite Rules Shut the gate Warnings" in text(
        pages / "health/index.html"
    )
    page = text(pages / "health/deliveries-of-health-patients.html")
    assert "Deliveries: health/patients" in page
    assert "It came in time: it is 7 days late." in page
    assert "n_days_late is 7" in page


def test_pages_of_the_last_run_are_replaced_whole(
    session: duckdb.DuckDBPyConnection, pages: Path
) -> None:
    run(session, SHUTS)
    (pages / "health" / "gone.html").touch()
    run(session, HOLDS)
    assert sorted(file.name for file in pages.iterdir()) == ["health", "index.html"]
    assert sorted(file.name for file in (pages / "health").iterdir()) == [
        "index.html",
        "patients.html",
        "summary.json",
    ]


def test_what_a_killed_run_left_behind_does_no_harm(
    session: duckdb.DuckDBPyConnection, pages: Path
) -> None:
    run(session, SHUTS, gate="housing")
    # Killed while the old pages were being replaced, and another one while it wrote.
    (pages / "housing").rename(pages / ".housing.old")
    (pages / ".health.new").mkdir()
    (pages / ".health.new" / "patients.html").write_text("half", encoding="utf-8")
    run(session, HOLDS, gate="health")
    assert "✓ Every gate that was run is open." in text(pages / "index.html")
    run(session, HOLDS, gate="housing")
    assert sorted(file.name for file in pages.iterdir()) == ["health", "housing", "index.html"]


def test_the_same_data_give_the_same_bytes(session: duckdb.DuckDBPyConnection, pages: Path) -> None:
    def written() -> dict[Path, bytes]:
        return {file: file.read_bytes() for file in pages.rglob("*") if file.is_file()}

    run(session, *ALL_KINDS)
    first = written()
    run(session, *ALL_KINDS)
    assert written() == first
