"""The closing lines of a build tell what the published file holds."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from think_family.errors import ThinkFamilyError
from think_family.housekeeping.summary import summarise

DOCS = Path("target/static_index.html")


def write(file: Path, linkage: str) -> None:
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            "create table dim_person as select * from range(1234);"
            "create table dim_family as select n > 0 as is_current from range(3) as t (n);"
            "create table fct_row_accounting as select * from (values"
            " (2, 1000, 990, 10), (0, 0, 0, 0))"
            " as t (n_files, n_rows_in_files, n_rows_loaded, n_rows_rejected);"
            "create table fct_data_quality as select * from (values"
            " (1, 'police', 'shut'), (2, 'police', 'held'), (2, 'health', 'held'),"
            " (2, 'health', 'warned')) as t (run_number, gate, verdict);"
            f"create table fct_linkage_quality as select * from (values {linkage}) as t (subject,"
            " slice, as_of_date, pairwise_precision, pairwise_recall, pairwise_f1,"
            " is_natural_prevalence)"
        )


def test_counts_places_and_the_last_linkage_are_told(tmp_path: Path) -> None:
    file = tmp_path / "served.duckdb"
    write(
        file,
        "('person', 'all', null::date, 0.99, 0.98, 0.985, true),"
        "('person', 'twins', null, 0.5, 0.5, 0.5, true),"
        "('family', 'all', date '2021-12-31', 0.1, 0.1, 0.1, false),"
        "('family', 'all', date '2025-08-31', 0.9, 0.8, 0.8471, false)",
    )
    assert summarise(file, DOCS) == [
        f"Warehouse  {file}",
        "Docs page  target/static_index.html",
        "Holds      1,234 persons and the 2 families of today",
        "Extracts   1 of 2 delivered, in 2 files",
        "Rows       1,000 in files = 990 loaded + 10 rejected",
        "Gates      2 open: 2 rules hold, 1 are broken and only warn; target/data_docs/index.html",
        "Linkage    person: F1 0.9850 (precision 0.9900, recall 0.9800) against the planted truth",
        "Linkage    family: F1 0.8471 (precision 0.9000, recall 0.8000) against the planted truth,"
        " not at natural prevalence",
    ]


def test_without_truth_no_linkage_is_told(tmp_path: Path) -> None:
    file = tmp_path / "served.duckdb"
    write(file, "('person', 'all', null::date, null::double, null::double, null::double, null)")
    assert not any(line.startswith("Linkage") for line in summarise(file, DOCS))


def test_what_is_missing_is_said_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ThinkFamilyError, match=r"nothing has been published. Run `make build`"):
        summarise(tmp_path / "none.duckdb", DOCS)
    with duckdb.connect(str(tmp_path / "other.duckdb")):
        pass
    with pytest.raises(ThinkFamilyError, match="does not hold the marts"):
        summarise(tmp_path / "other.duckdb", DOCS)
