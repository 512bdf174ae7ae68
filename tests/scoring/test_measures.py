"""Measures of scores: tiny tables, told person by person, then brute force and scikit-learn."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from think_family.scoring.measures import (
    RECALLS,
    AtK,
    InSample,
    Ranked,
    average_precision,
    bins_of_equal_count,
    brier,
    calibration_line,
    in_sample,
    lead_time_of,
    precision_at,
    recall_at,
    restated_precision,
    roc_auc,
)
from think_family.scoring.resampling import as_they_are, draw_clusters, row_sums

#                 came   score
ONE_BY_ONE = [
    (1, 0.9),
    (0, 0.8),
    (1, 0.7),
    (0, 0.2),
    (0, 0.1),
]
# The second and third are tied, and the event came to one of them.
TIED = [
    (1, 4),
    (0, 3),
    (1, 3),
    (0, 1),
]


def columns(people: list[tuple[int, float]]) -> tuple[list[int], list[float]]:
    return [came for came, _ in people], [score for _, score in people]


@pytest.mark.parametrize(
    ("k", "precision", "recall"),
    [(1, 1 / 1, 1 / 2), (2, 1 / 2, 1 / 2), (3, 2 / 3, 2 / 2), (5, 2 / 5, 1), (99, 2 / 5, 1)],
)
def test_a_list_of_k_is_precise_and_finds(k: int, precision: float, recall: float) -> None:
    assert precision_at(*columns(ONE_BY_ONE), k) == AtK(precision, precision, precision)
    assert recall_at(*columns(ONE_BY_ONE), k) == AtK(recall, recall, recall)


def test_ties_at_the_end_of_a_list_are_counted_by_chance_at_best_and_at_worst() -> None:
    assert precision_at(*columns(TIED), 2) == AtK(expected=3 / 4, best=2 / 2, worst=1 / 2)
    assert recall_at(*columns(TIED), 2) == AtK(expected=3 / 4, best=2 / 2, worst=1 / 2)
    # Where the tie is all on the list, there is nothing to order.
    assert precision_at(*columns(TIED), 3) == AtK(2 / 3, 2 / 3, 2 / 3)


def test_who_has_no_score_stands_below_all() -> None:
    came, score = [1, 0, 1], [np.nan, -5.0, 0.0]
    assert precision_at(came, score, 1).expected == 1
    assert recall_at(came, score, 2).expected == 1 / 2
    # Several of them are tied.
    assert precision_at([1, 0], [np.nan, np.nan], 1) == AtK(1 / 2, 1, 0)


def test_a_row_of_weight_three_stands_for_three_people() -> None:
    came, score, weight = [0, 1, 0], [3.0, 2.0, 1.0], [1, 3, 6]
    assert precision_at(came, score, 4, weight).expected == 3 / 4
    # Of the three, one is still on the list.
    assert recall_at(came, score, 2, weight).expected == 1 / 3
    assert precision_at(came, score, 10, weight).expected == 3 / 10


def test_average_precision_is_the_mean_of_precisions_where_the_event_came() -> None:
    assert average_precision(*columns(ONE_BY_ONE)) == pytest.approx((1 / 1 + 2 / 3) / 2)
    # Of the tie, either may come first: (1 + 2/2) / 2 or (1 + 2/3) / 2.
    assert average_precision(*columns(TIED)) == pytest.approx((1 + 5 / 6) / 2)


def test_auc_is_how_often_who_it_came_to_is_above_who_not() -> None:
    # 0.9 is above 3 of 3, 0.7 above 2 of 3.
    assert roc_auc(*columns(ONE_BY_ONE)) == pytest.approx(5 / 6)
    # 4 is above 2 of 2; 3 is above 1 and beside 1, which counts half.
    assert roc_auc(*columns(TIED)) == pytest.approx((2 + 1.5) / 4)


def test_where_nobody_or_everybody_is_hit_there_is_nothing_to_measure() -> None:
    assert np.isnan(average_precision([0, 0], [1, 2]))
    assert np.isnan(roc_auc([0, 0], [1, 2]))
    assert np.isnan(roc_auc([1, 1], [1, 2]))
    assert np.isnan(recall_at([0, 0], [1, 2], 1).expected)
    assert average_precision([1, 1], [1, 2]) == 1


def test_the_brier_score_is_the_mean_squared_miss() -> None:
    assert brier([1, 0], [0.8, 0.4]) == pytest.approx((0.2**2 + 0.4**2) / 2)
    assert brier([1, 0], [0.8, 0.4], [3, 1]) == pytest.approx((3 * 0.2**2 + 0.4**2) / 4)


def test_the_line_of_calibration_recovers_what_was_done_to_true_probabilities() -> None:
    chance = np.random.default_rng(1)
    odds = chance.normal(-1, 1.5, size=200_000)
    came = chance.random(len(odds)) < 1 / (1 + np.exp(-odds))
    assert calibration_line(came, 1 / (1 + np.exp(-odds))) == pytest.approx((0, 1), abs=0.03)
    # Twice as far from even as they should be, and too low by 1 in log odds.
    extreme = 1 / (1 + np.exp(-(2 * odds - 1)))
    assert calibration_line(came, extreme) == pytest.approx((0.5, 0.5), abs=0.03)


def test_where_a_score_parts_them_wholly_there_is_no_line() -> None:
    assert all(np.isnan(calibration_line([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4])))
    assert all(np.isnan(calibration_line([0, 0, 1, 1], [0.3, 0.3, 0.3, 0.3])))


def test_bins_hold_equal_counts_and_part_no_ties() -> None:
    ones = np.ones(6)
    assert bins_of_equal_count(np.arange(6.0), ones, bins=3).tolist() == [0, 0, 1, 1, 2, 2]
    tied = np.array([1.0, 1, 1, 1, 2, 3])
    assert bins_of_equal_count(tied, ones, bins=3).tolist() == [0, 0, 0, 0, 1, 1]


@pytest.mark.parametrize(
    ("days", "name"),
    [(0, "0-30"), (30, "0-30"), (31, "31-180"), (180, "31-180"), (181, "181-365"),
     (365, "181-365"), (366, "other"), (-1, "other"), (np.nan, "other")],
)  # fmt: skip
def test_lead_times_have_edges(days: float, name: str) -> None:
    assert lead_time_of([days, 5], np.array([True, False])).tolist() == [name, None]


def test_precision_is_restated_at_another_prevalence() -> None:
    # 100 of 1,000 hit; a list finds 50 of them and 50 others: 50 of 100, and 50 of 900.
    precision, prevalence = np.array([0.5]), np.array([0.1])
    # Where 10 of 1,000 are hit, it finds 5 of them and 55 of 990 others.
    assert restated_precision(precision, prevalence, 0.01)[0] == pytest.approx(5 / 60)
    assert restated_precision(precision, prevalence, 0.1)[0] == pytest.approx(0.5)


def test_in_sample_says_how_many_of_the_cohort_are_known_again() -> None:
    identified, cohort = [1, 1, 1, 0, 0], [1, 1, 0, 1, 0]
    assert in_sample(identified, cohort) == InSample(2 / 3, 2 / 3)
    assert in_sample([1, 1, 1, 1, 1], cohort) == InSample(3 / 5, 1)


def test_shares_tell_which_part_of_each_row_is_on_a_list() -> None:
    came, score = (np.array(values, dtype=float) for values in columns(TIED))
    ranked = Ranked(came > 0, score, np.ones(4), as_they_are(4))
    assert ranked.shares(2).tolist() == [1, 0.5, 0.5, 0]
    assert ranked.shares(9).tolist() == [1, 1, 1, 1]


people = st.lists(st.tuples(st.booleans(), st.integers(0, 3)), min_size=1, max_size=6)


@given(people=people, k=st.integers(1, 7))
@settings(max_examples=60, deadline=None)
def test_ties_are_as_if_every_order_were_tried(people: list[tuple[bool, int]], k: int) -> None:
    came = np.array([each for each, _ in people])
    score = np.array([float(each) for _, each in people])
    precisions, areas = [], []
    for order in permutations(range(len(people))):
        ranked = came[sorted(order, key=lambda person: -score[person])]
        precisions.append(ranked[:k].mean())
        places = np.flatnonzero(ranked)
        if len(places):
            areas.append((np.cumsum(ranked)[places] / (places + 1)).mean())
    found = precision_at(came, score, k)
    assert found.expected == pytest.approx(np.mean(precisions))
    assert (found.best, found.worst) == pytest.approx((max(precisions), min(precisions)))
    if came.any():
        assert average_precision(came, score) == pytest.approx(np.mean(areas))


@given(
    people=st.lists(
        st.tuples(st.booleans(), st.integers(0, 4), st.integers(1, 3)), min_size=2, max_size=12
    )
)
@settings(max_examples=60, deadline=None)
def test_auc_is_that_of_all_pairs_and_weights_are_people(
    people: list[tuple[bool, int, int]],
) -> None:
    each = [(came, score) for came, score, weight in people for _ in range(weight)]
    pairs = [
        1.0 if hit > missed else 0.5 if hit == missed else 0.0
        for came, hit in each
        if came
        for other, missed in each
        if not other
    ]
    found = roc_auc(*zip(*((c, s) for c, s, _ in people), strict=True), [w for *_, w in people])
    if pairs:
        assert found == pytest.approx(np.mean(pairs))
        came, scores = zip(*each, strict=True)
        assert found == pytest.approx(roc_auc(came, scores))
    else:
        assert np.isnan(found)


@given(seed=st.integers(0, 10_000), n=st.integers(2, 80))
@settings(max_examples=50, deadline=None)
def test_without_ties_it_is_what_scikit_learn_says(seed: int, n: int) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    chance = np.random.default_rng(seed)
    score, weight = chance.permutation(n).astype(float), chance.random(n) + 0.1
    came = chance.random(n) < 0.3
    came[:2] = [True, False]
    assert average_precision(came, score, weight) == pytest.approx(
        metrics.average_precision_score(came, score, sample_weight=weight)
    )
    assert roc_auc(came, score, weight) == pytest.approx(
        metrics.roc_auc_score(came, score, sample_weight=weight)
    )
    probability = (score + 0.5) / n
    assert brier(came, probability, weight) == pytest.approx(
        metrics.brier_score_loss(came, probability, sample_weight=weight)
    )


def test_a_draw_is_as_if_its_rows_were_repeated() -> None:
    """Average precision, AUC and the curve; whoever is drawn twice is tied with themselves."""
    chance = np.random.default_rng(4)
    n = 80
    for most in (4, 1000):
        score = chance.integers(0, most, n).astype(float)
        came = chance.random(n) < 0.3
        family = chance.integers(0, 30, n)
        _, family = np.unique(family, return_inverse=True)
        draws = draw_clusters(family, draws=30, seed=1)
        ranked = Ranked(came, score, np.ones(n), draws)
        found = [ranked.whole(counts) for counts in draws.chunks()]
        (whole,) = found
        for draw, counts in enumerate(draws.counts):
            row = np.repeat(np.arange(n), counts[family])
            assert whole.average_precision[draw] == pytest.approx(
                average_precision(came[row], score[row])
            )
            assert whole.roc_auc[draw] == pytest.approx(roc_auc(came[row], score[row]))
            # At full recall, the list ends with the lowest of whom the event came to.
            lowest = score[row][came[row]].min()
            assert came[row].sum() / whole.precisions[-1, draw] == pytest.approx(
                (score[row] >= lowest).sum()
            )


def test_precision_along_recall_grows_evenly_within_ties() -> None:
    came = np.array([True, False, True, False])
    score = np.array([2.0, 1.0, 1.0, 1.0])
    precisions = Ranked(came, score, np.ones(4), as_they_are(4)).whole(np.ones((4, 1))).precisions
    told = {
        round(recall, 2): precision
        for recall, (precision,) in zip(RECALLS, precisions, strict=True)
    }
    assert told[0.5] == pytest.approx(1)
    # Half of the tie is 1.5 people, of whom it came to half of one.
    assert told[0.76] == pytest.approx(1.52 / (1 + 0.52 * 3))
    assert told[1.0] == pytest.approx(2 / 4)


def test_every_reading_of_the_top_is_that_of_each_draw_by_itself() -> None:
    """A list much longer than the ties, one within them, and draws that must look further down."""
    chance = np.random.default_rng(3)
    n = 60
    score = chance.integers(0, 12, n).astype(float)
    came, weight = chance.random(n) < 0.3, chance.integers(1, 4, n).astype(float)
    # Some draws hold next to nobody of the top.
    counts = np.ones((n, 40)) * np.r_[np.zeros(3), np.full(37, 1.0)]
    counts[:, 3:] = chance.poisson(1, (n, 37))
    counts[score < 4, :3] = 5
    cells = row_sums([weight, weight * came], n)
    ranked = Ranked(came, score, weight, as_they_are(n))
    for k in (1, 5, 20, 60, 100):
        drawn = ranked.top(k, cells).draw(counts)
        listed, sums = drawn.at(k), drawn.selected(k)
        for draw in range(counts.shape[1]):
            of_draw = weight * counts[:, draw]
            expected = precision_at(came, score, k, of_draw)
            assert listed.n[draw] == pytest.approx(min(k, of_draw.sum()))
            assert listed.found[draw] == pytest.approx(expected.expected * listed.n[draw])
            assert listed.best[draw] == pytest.approx(expected.best * listed.n[draw])
            assert listed.worst[draw] == pytest.approx(expected.worst * listed.n[draw])
            assert sums[:, draw] == pytest.approx([listed.n[draw], listed.found[draw]])
