"""Persons, families and attached rows counted against a truth."""

from __future__ import annotations

import datetime
import json
from itertools import combinations
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from think_family.identity.measurement import MEASURES, measure_linkage

RECORD = {
    "is_twin": False,
    "is_name_changed": False,
    "has_identifier": True,
    "is_adopted": False,
}
MEMBERS = pa.schema(
    [
        ("person_id", pa.string()),
        ("family_id", pa.string()),
        ("from_date", pa.date32()),
        ("to_date", pa.date32()),
    ]
)
ATTACHED = pa.schema(
    [("source_row_key", pa.string()), ("source_extract", pa.string()), ("person_id", pa.string())]
)
Counts = tuple[int, int, int]


def day(iso: str) -> datetime.date:
    return datetime.date.fromisoformat(iso)


def write_truth(
    folder: Path,
    records: list[dict[str, object]],
    families: list[tuple[int, int, str, str | None]] = (),  # type: ignore[assignment]
    *,
    is_natural: bool = True,
) -> None:
    folder.mkdir(exist_ok=True)
    parquet.write_table(
        pa.Table.from_pylist([RECORD | record for record in records]),
        folder / "person_records.parquet",
    )
    parquet.write_table(
        pa.table(
            {
                "true_person_id": pa.array([row[0] for row in families], pa.int32()),
                "family": pa.array([row[1] for row in families], pa.int32()),
                "from_date": pa.array([day(row[2]) for row in families], pa.date32()),
                "to_date": pa.array(
                    [day(row[3]) if row[3] else None for row in families], pa.date32()
                ),
            }
        ),
        folder / "families.parquet",
    )
    (folder / "settings.json").write_text(json.dumps({"is_natural_prevalence": is_natural}))


def rows(*found: tuple[str, str, str]) -> pa.Table:
    """Identified rows of (source row, person, programme), each a source person of its own."""
    return pa.table(
        {
            "source_row_key": [row for row, _, _ in found],
            "source_person_key": [row for row, _, _ in found],
            "person_id": [person for _, person, _ in found],
            "programme": [programme for _, _, programme in found],
        }
    )


def counts(measures: pa.Table) -> dict[tuple[str, str], Counts]:
    return {
        (row["subject"], row["slice"]): (
            row["n_pairs_found"],
            row["n_pairs_true"],
            row["n_pairs_right"],
        )
        for row in measures.to_pylist()
    }


def measured(
    truth: Path,
    source_rows: pa.Table,
    members: list[dict[str, object]] = [],  # noqa: B006 - read only
    attached: list[dict[str, object]] = [],  # noqa: B006 - read only
    dates: list[str] = [],  # noqa: B006 - read only
) -> pa.Table:
    return measure_linkage(
        source_rows,
        pa.Table.from_pylist(members, schema=MEMBERS),
        pa.Table.from_pylist(attached, schema=ATTACHED),
        as_of_dates=dates,
        truth=truth,
    )


def test_without_truth_nothing_is_measured(tmp_path: Path) -> None:
    found = measured(tmp_path / "absent", rows(("a", "P1", "force")))
    assert found.num_rows == 0
    assert found.schema == MEASURES


def test_pairs_are_counted_over_all_and_over_slices(tmp_path: Path) -> None:
    write_truth(
        tmp_path,
        [
            {"source_row_key": "a", "true_person_id": 1},
            {"source_row_key": "b", "true_person_id": 1},
            {"source_row_key": "c", "true_person_id": 1, "has_identifier": False},
            {"source_row_key": "d", "true_person_id": 2, "is_twin": True},
        ],
        is_natural=False,
    )
    # Found: {a, b, d}, {c}; true: {a, b, c}, {d}.
    measures = measured(
        tmp_path,
        rows(("a", "P1", "force"), ("b", "P1", "bristol"), ("d", "P1", "bristol"),
             ("c", "P2", "bristol")),
    )  # fmt: skip
    found = counts(measures)
    assert found["person", "all"] == (3, 3, 1)
    assert found["person", "twins"] == (2, 0, 0)
    assert found["person", "no identifier"] == (0, 2, 0)
    assert found["person", "changed names"] == (0, 0, 0)
    assert found["person", "Bristol programme"] == (3, 3, 1)
    assert found["person", "police"] == (2, 2, 1)
    assert found["person", "Somerset programme"] == (0, 0, 0)
    assert set(measures["is_natural_prevalence"].to_pylist()) == {False}


def test_families_are_compared_as_of_a_date_among_persons_on_record(tmp_path: Path) -> None:
    write_truth(
        tmp_path,
        [{"source_row_key": str(n), "true_person_id": n} for n in (1, 2, 3)],
        # Person 4 is in the family but in no record.
        [(1, 7, "2000-01-01", None), (2, 7, "2000-01-01", "2022-01-01"),
         (3, 7, "2022-01-01", None), (4, 7, "2000-01-01", None)],
    )  # fmt: skip
    members: list[dict[str, object]] = [
        {"person_id": "P1", "family_id": "F", "from_date": day("2019-01-31"), "to_date": None},
        {"person_id": "P2", "family_id": "F", "from_date": day("2019-01-31"), "to_date": None},
    ]
    source_rows = rows(("1", "P1", "force"), ("2", "P2", "force"), ("3", "P3", "force"))
    for date, expected in (("2021-12-31", (1, 1, 1)), ("2022-01-01", (1, 1, 0))):
        found = measured(tmp_path, source_rows, members, dates=[date])
        assert counts(found)["family", "all"] == expected


def test_attached_rows_are_right_where_the_person_is_mostly_of_their_true_person(
    tmp_path: Path,
) -> None:
    write_truth(
        tmp_path,
        [{"source_row_key": key, "true_person_id": person}
         for key, person in (("a", 1), ("b", 1), ("c", 2), ("x", 1), ("y", 2), ("z", 9))],
    )  # fmt: skip
    found = measured(
        tmp_path,
        rows(("a", "P1", "force"), ("b", "P1", "force"), ("c", "P1", "force")),
        attached=[
            {"source_row_key": "x", "source_extract": "services", "person_id": "P1"},
            {"source_row_key": "y", "source_extract": "services", "person_id": "P1"},
            # Nobody's record is of person 9, so that it is right to attach the row to none.
            {"source_row_key": "z", "source_extract": "services", "person_id": None},
        ],
    )
    assert counts(found)["attached row", "services"] == (2, 2, 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for truths that are written one after the other."""
    return tmp_path_factory.mktemp("truth")


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    items=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.booleans()), min_size=1,
                   max_size=12)
)  # fmt: skip
def test_counts_equal_those_of_going_through_all_pairs(
    folder: Path, items: list[tuple[int, int, bool]]
) -> None:
    write_truth(
        folder,
        [
            {"source_row_key": str(n), "true_person_id": true, "is_twin": twin}
            for n, (_, true, twin) in enumerate(items)
        ],
    )
    measures = measured(
        folder, rows(*((str(n), f"P{found}", "force") for n, (found, _, _) in enumerate(items)))
    )

    def expected(pairs: list[tuple[tuple[int, int, bool], tuple[int, int, bool]]]) -> Counts:
        return (
            sum(a[0] == b[0] for a, b in pairs),
            sum(a[1] == b[1] for a, b in pairs),
            sum(a[:2] == b[:2] for a, b in pairs),
        )

    pairs = list(combinations(items, 2))
    assert counts(measures)["person", "all"] == expected(pairs)
    assert counts(measures)["person", "twins"] == expected([p for p in pairs if p[0][2] or p[1][2]])
