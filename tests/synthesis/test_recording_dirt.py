"""The tools of recording: slips of the keys, dates of birth, text, folders that appear whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from think_family.errors import ThinkFamilyError
from think_family.synthesis.recording.dirt import BIRTH_KINDS, Slips, births, mistyped
from think_family.synthesis.recording.extract import Extract
from think_family.synthesis.recording.people import Timeline
from think_family.synthesis.recording.recorder import Records, first_of, spells_met, within_groups
from think_family.synthesis.recording.text import dates, pounds, references, stamps, whole
from think_family.synthesis.replacement import Target, replacement
from think_family.synthesis.world import NEVER, day


def slip(kind: int, place: float, letter: int = 0) -> Slips:
    return Slips(np.array([kind]), np.array([place]), np.array([letter]))


@pytest.mark.parametrize(
    ("text", "kind", "place", "expected"),
    [
        ("Harbolt", 0, 0.0, "Hqrbolt"),
        ("Harbolt", 1, 0.0, "Hrbolt"),
        ("Harbolt", 2, 0.0, "Hrabolt"),
        ("Harbolt", 3, 0.0, "Haarbolt"),
        ("Harbolt", 1, 0.99, "Harbol"),
        ("Harbolt", 2, 0.99, "Harbotl"),
        ("Ab", 2, 0.0, "bA"),
        ("A", 1, 0.0, "A"),
        ("", 3, 0.5, ""),
    ],
)
def test_each_kind_of_slip(text: str, kind: int, place: float, expected: str) -> None:
    assert mistyped(pa.array([text]), slip(kind, place)).to_pylist() == [expected]


def distance(a: str, b: str) -> int:
    """Optimal string alignment distance, by the book."""
    d = [[max(i, j) if 0 in (i, j) else 0 for j in range(len(b) + 1)] for i in range(len(a) + 1)]
    for i, x in enumerate(a, 1):
        for j, y in enumerate(b, 1):
            d[i][j] = min(d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                d[i][j] = min(d[i][j], d[i - 2][j - 2] + 1)
    return d[-1][-1]


NAMES = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyzABCDEFGHIJ-' é"), max_size=14)


@settings(max_examples=80, deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=12), st.integers(0, 2**32))
def test_a_slip_is_one_edit_and_spares_the_first_letter(texts: list[str], seed: int) -> None:
    slips = Slips.drawn(np.random.default_rng(seed), len(texts))
    for before, after in zip(texts, mistyped(pa.array(texts), slips).to_pylist(), strict=True):
        assert distance(before, after) <= 1
        if len(before) >= 3:
            assert after[0] == before[0]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.from_regex(r"999[0-9]{7}", fullmatch=True), min_size=1), st.integers(0, 99))
def test_a_mistyped_number_keeps_its_length_and_differs(texts: list[str], seed: int) -> None:
    slips = Slips.drawn(np.random.default_rng(seed), len(texts))
    made = mistyped(pa.array(texts), slips, substitute_only=True).to_pylist()
    assert all(
        len(a) == len(b) and sum(x != y for x, y in zip(a, b, strict=True)) == 1 and b.isdigit()
        for a, b in zip(texts, made, strict=True)
    )


@pytest.mark.parametrize(
    ("kind", "born", "step", "expected"),
    [
        ("right", "2011-05-09", 1, "2011-05-09"),
        ("birth_day_month_swapped", "2011-05-09", 1, "2011-09-05"),
        ("birth_day_month_swapped", "2011-05-19", 1, "2011-05-19"),
        ("birth_year_off", "2011-05-09", 1, "2012-05-09"),
        ("birth_year_off", "2012-02-29", -1, "2011-02-28"),
        ("birth_day_off", "2011-03-01", -1, "2011-02-28"),
        ("birth_first_january", "2011-05-09", 1, "2011-01-01"),
    ],
)
def test_dates_of_birth_as_recorded(kind: str, born: str, step: int, expected: str) -> None:
    position = BIRTH_KINDS.index(kind)
    recorded, missing, unreadable = births(
        np.array([day(born)]), np.array([position]), np.array([step])
    )
    assert dates(recorded, "iso").to_pylist() == [expected]
    assert not missing[0]
    assert not unreadable[0]


@pytest.mark.parametrize(
    ("style", "expected"), [("iso", "2024-03-01"), ("dmy", "01/03/2024"), ("dmon", "01-MAR-2024")]
)
def test_dates_in_each_style(style: str, expected: str) -> None:
    assert dates(np.array([day("2024-03-01"), NEVER]), style).to_pylist() == [expected, None]


def test_text_of_numbers_and_times() -> None:
    assert references("N", np.array([7, -1]), 4).to_pylist() == ["N0007", None]
    assert pounds(np.array([5, 12345])).to_pylist() == ["0.05", "123.45"]
    assert whole(np.array([3]), where=np.array([False])).to_pylist() == [None]
    assert stamps(np.array([day("2024-03-01"), NEVER]), np.array([61, 0])).to_pylist() == [
        "2024-03-01T01:01:00Z",
        None,
    ]
    with pytest.raises(ValueError, match="more than 2 digits"):
        references("N", np.array([100]), 2)


def test_a_timeline_gives_the_spell_of_the_day_and_before_all_the_first() -> None:
    spells = Timeline(np.array([5, 5, 8]), np.array([10, 20, 15]), np.array([20, 30, 40]))
    subject, on = np.array([5, 5, 5, 5, 8, 9]), np.array([9, 10, 25, 99, 15, 15])
    assert spells.at(subject, on).tolist() == [0, 0, 1, 1, 2, -1]
    assert spells.at(subject, on, strict=True).tolist() == [-1, 0, 1, -1, 2, -1]


def test_rows_in_groups() -> None:
    assert first_of(np.array([2, 1, 2, 1]), np.array([0, 0, 0, 1])).tolist() == [0, 1, 3]
    assert within_groups(np.array([4, 4, 7, 4])).tolist() == [0, 1, 0, 0]
    left, right = spells_met(
        np.array([1, 2]),
        np.array([2, 1, 1]),
        np.array([0, 0]),
        np.array([10, 5]),
        np.array([5, 3, 10]),
        np.array([9, 4, 12]),
    )
    assert sorted(zip(left.tolist(), right.tolist(), strict=True)) == [(0, 1)]


def test_people_with_two_records_share_the_rows_between_them() -> None:
    rng = np.random.default_rng(1)
    person, on = np.repeat(np.arange(400), 6), np.tile(np.arange(6) * 500 + 17_800, 400)
    records = Records.of(rng, 400, 0.5, {"rows": (person, on)}, alternating=True)
    of_row = records.of_row["rows"]
    assert (records.person[of_row] == person).all()
    assert (np.diff(records.first) >= 0).all()
    assert (records.first[of_row] <= on).all()
    assert (records.last[of_row] >= on).all()
    assert (records.main[records.person[records.main]] == records.main).all()
    n_records = np.bincount(records.person)
    assert n_records.max() == 2
    assert 0.4 < (n_records == 2).mean() < 0.55


def test_an_extract_shows_what_was_known_on_the_day() -> None:
    extract = Extract.of("bristol_education/sen", np.full(3, day("2025-01-10")))
    ends = np.array([day("2025-06-01"), day("2025-07-15"), NEVER])
    extract.reveal_dates(end_date=ends)
    june, july = day("2025-06-30"), day("2025-07-31")
    assert extract.column_on("end_date", june).to_pylist() == ["2025-06-01", None, None]
    assert extract.column_on("end_date", july).to_pylist() == ["2025-06-01", "2025-07-15", None]
    assert extract.changed(june, july).tolist() == [False, True, False]


def target(folder: Path, *, ours: bool = True) -> Target:
    return Target(folder, "--out", lambda _: ours)


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    out = tmp_path / "out"

    def break_off() -> None:
        with replacement([target(out)], overwrite=False) as (made,):
            (made / "half").write_text("x")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    assert list(tmp_path.iterdir()) == []
    with replacement([target(out)], overwrite=False) as (made,):
        (made / "whole").write_text("x")
        assert not out.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (out / "whole").read_text() == "x"


def test_what_is_there_is_replaced_only_when_asked_and_only_if_made_here(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "precious").write_text("x")
    with (
        pytest.raises(ThinkFamilyError, match="add --overwrite"),
        replacement([target(out)], overwrite=False),
    ):
        pass
    with (
        pytest.raises(ThinkFamilyError, match="precious, which was not made by this command"),
        replacement([target(out, ours=False)], overwrite=True),
    ):
        pass
    assert (out / "precious").read_text() == "x"
    with replacement([target(out)], overwrite=True) as (made,):
        (made / "new").write_text("y")
    assert [path.name for path in out.iterdir()] == ["new"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_one_folder_in_the_other_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(ThinkFamilyError, match="separate folders"),
        replacement([target(tmp_path / "a"), target(tmp_path / "a" / "b")], overwrite=False),
    ):
        pass
