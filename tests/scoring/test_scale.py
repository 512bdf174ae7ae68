"""The scale from 0 to 100: a table that never falls."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from think_family.errors import ThinkFamilyError
from think_family.scoring.scale import KINDS, RARITY, Scale, scale_from


def test_a_score_is_the_share_that_stands_lower() -> None:
    scale = scale_from(np.arange(1000.0), np.ones(1000))
    assert scale.score(np.array([-5, 0, 500, 950, 990, 999, 2000])) == pytest.approx(
        [0, 0, 50, 95, 99, 100, 100], abs=0.1
    )


def test_where_most_have_nothing_nothing_is_zero() -> None:
    scale = scale_from(np.repeat([0.0, 1.0, 2.0], [80, 15, 5]), np.ones(100))
    assert scale.score(np.array([0.0, 1.0, 2.0])).tolist() == [0, 80, 100]
    # Half way between two values lies half way between their scores.
    assert scale.score(np.array([0.5])).tolist() == [40]


def test_people_count_as_many_as_they_stand_for() -> None:
    scale = scale_from(np.array([0.0, 1.0, 2.0]), np.array([1.0, 8.0, 1.0]))
    assert scale.score(np.array([1.0, 2.0])) == pytest.approx([10, 100])


def test_rarity_tells_the_few_at_the_top_apart() -> None:
    scale = scale_from(np.arange(100_000.0), np.ones(100_000), RARITY)
    at = np.array([0, 90_000, 99_000, 99_900, 99_999])
    assert scale.score(at.astype(float)) == pytest.approx([0, 25, 50, 75, 100], abs=0.1)


def test_one_value_alone_is_zero() -> None:
    scale = scale_from(np.zeros(5), np.ones(5))
    assert scale.score(np.array([-1.0, 0.0, 1.0])).tolist() == [0, 0, 0]


@given(
    st.lists(st.tuples(st.integers(-40, 40), st.integers(1, 9)), min_size=1, max_size=60),
    st.sampled_from(KINDS),
    st.lists(st.floats(-30, 30), min_size=2, max_size=40),
)
def test_the_map_never_falls(people: list[tuple[int, int]], kind: str, new: list[float]) -> None:
    values = np.array([value / 3 for value, _ in people])
    scale = scale_from(values, np.array([float(weight) for _, weight in people]), kind)
    told = scale.score(np.sort(np.array([*new, *values])))
    assert (np.diff(told) >= 0).all()
    assert told.min() >= 0
    assert told.max() <= 100


@pytest.mark.parametrize(
    "wrong",
    [
        ("percentile", (), ()),
        ("other", (0.0,), (0.0,)),
        ("percentile", (1.0, 0.0), (0.0, 1.0)),
        ("percentile", (0.0, 1.0), (1.0, 0.0)),
        ("percentile", (0.0, 1.0), (0.0, 101.0)),
    ],
)
def test_what_is_no_map_is_refused(
    wrong: tuple[str, tuple[float, ...], tuple[float, ...]],
) -> None:
    with pytest.raises(ThinkFamilyError, match="no table of rising values"):
        Scale(*wrong)
