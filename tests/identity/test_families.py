"""How families are followed from month to month."""

from __future__ import annotations

import datetime

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from think_family.identity.families import family_spells, month_ends

date = datetime.date.fromisoformat


def spells(
    ties: list[tuple[str, str, str, str | None]], last_day: str
) -> list[tuple[str, int, str, str | None]]:
    table = pa.table(
        {
            "person_id_l": pa.array([tie[0] for tie in ties], pa.string()),
            "person_id_r": pa.array([tie[1] for tie in ties], pa.string()),
            "from_date": pa.array([date(tie[2]) for tie in ties], pa.date32()),
            "to_date": pa.array([date(tie[3]) if tie[3] else None for tie in ties], pa.date32()),
        }
    )
    return [
        (
            row["person_id"],
            row["family_number"],
            str(row["from_date"]),
            str(row["to_date"]) if row["to_date"] else None,
        )
        for row in family_spells(table, date("2024-01-01"), date(last_day)).to_pylist()
    ]


def test_month_ends_close_with_the_last_day() -> None:
    ends = month_ends(date("2024-01-15"), date("2024-03-10"))
    assert [str(np.datetime64(int(end), "D")) for end in ends] == [
        "2024-01-31",
        "2024-02-29",
        "2024-03-10",
    ]
    assert month_ends(date("2024-01-31"), date("2024-01-31")).tolist() == [19753]
    assert month_ends(date("2024-02-01"), date("2024-01-31")).tolist() == []


def test_ties_that_ended_before_families_are_followed_make_none() -> None:
    assert spells([("a", "b", "2020-01-01", "2023-12-31")], "2024-01-31") == []
    assert spells([("a", "b", "2020-01-01", None)], "2024-01-31") == [
        ("a", 0, "2024-01-31", None),
        ("b", 0, "2024-01-31", None),
    ]


def test_persons_joined_by_ties_are_one_family_while_the_ties_hold() -> None:
    assert spells(
        [("mother", "child", "2024-01-05", None), ("mother", "father", "2024-01-05", "2024-03-10")],
        "2024-04-30",
    ) == [
        ("child", 0, "2024-01-31", None),
        ("father", 0, "2024-01-31", "2024-03-31"),
        ("mother", 0, "2024-01-31", None),
    ]


def test_a_tie_that_ends_on_a_months_end_does_not_hold_that_day() -> None:
    assert spells([("a", "b", "2024-01-31", "2024-02-29")], "2024-02-29") == [
        ("a", 0, "2024-01-31", "2024-02-29"),
        ("b", 0, "2024-01-31", "2024-02-29"),
    ]


def test_the_larger_part_of_a_divided_family_stays_the_family() -> None:
    together = [
        ("a", "b", "2024-01-01", None),
        ("a", "c", "2024-01-01", None),
        ("c", "d", "2024-01-01", "2024-02-10"),
        ("d", "e", "2024-01-01", None),
    ]
    last = {(person, family) for person, family, _, to in spells(together, "2024-02-29") if not to}
    assert last == {("a", 0), ("b", 0), ("c", 0), ("d", 1), ("e", 1)}


def test_a_family_that_comes_back_is_the_same_family() -> None:
    assert [
        family
        for _, family, _, _ in spells(
            [("a", "b", "2024-01-01", "2024-02-01"), ("a", "b", "2024-03-01", None)], "2024-03-31"
        )
    ] == [0, 0, 0, 0]


def test_no_ties_are_no_families() -> None:
    assert spells([], "2024-01-31") == []


@given(
    st.lists(
        st.tuples(
            st.integers(0, 7),
            st.integers(0, 7),
            st.integers(0, 200),
            st.one_of(st.none(), st.integers(0, 300)),
        ),
        max_size=20,
    ),
    st.permutations(range(20)),
)
def test_spells_of_a_person_never_overlap_and_do_not_depend_on_row_order(
    raw: list[tuple[int, int, int, int | None]], order: list[int]
) -> None:
    ties = [(str(a), str(b), start, end) for a, b, start, end in raw if a != b]
    shuffled = [ties[place] for place in order if place < len(ties)]

    def table(rows: list[tuple[str, str, int, int | None]]) -> pa.Table:
        columns = list(zip(*rows, strict=True)) if rows else [(), (), (), ()]
        types = (pa.string(), pa.string(), pa.date32(), pa.date32())
        return pa.table(
            {
                name: pa.array(column, kind)  # days since 1970-01-01
                for name, column, kind in zip(
                    ("person_id_l", "person_id_r", "from_date", "to_date"),
                    columns,
                    types,
                    strict=True,
                )
            }
        )

    dates = date("1970-01-01"), date("1970-09-08")
    found = family_spells(table(ties), *dates)
    assert found.equals(family_spells(table(shuffled), *dates))
    previous: dict[str, datetime.date] = {}
    for row in found.to_pylist():
        end = row["to_date"] or datetime.date.max
        assert previous.get(row["person_id"], datetime.date.min) <= row["from_date"] < end
        previous[row["person_id"]] = end
