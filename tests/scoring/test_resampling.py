"""The bootstrap by cluster: what is drawn, and whether intervals hold what they say."""

from __future__ import annotations

import numpy as np
import pytest

from think_family.scoring.measures import Ranked
from think_family.scoring.resampling import (
    Basis,
    Estimate,
    basis_of,
    draw_clusters,
    estimate,
    estimate_difference,
    estimate_share,
    row_sums,
    wilson,
)

FAMILIES = np.array([0, 0, 1, 2, 2, 2])


def test_whole_families_are_drawn_as_many_as_there_are() -> None:
    draws = draw_clusters(FAMILIES, draws=50, seed=1)
    assert (draws.n_clusters, draws.n_draws) == (3, 50)
    assert draws.counts[0].tolist() == [1, 1, 1]
    assert (draws.counts[1:].sum(axis=1) == 3).all()
    # A person counts as often as the family: a sum over people is one over families.
    summed = draws.per_cluster(row_sums([np.arange(6.0)], 6))
    assert summed.toarray().tolist() == [[1, 2, 12]]


def test_the_same_seed_draws_the_same_and_more_draws_change_none() -> None:
    some = draw_clusters(FAMILIES, draws=5, seed=7)
    more = draw_clusters(FAMILIES, draws=9, seed=7)
    other = draw_clusters(FAMILIES, draws=9, seed=8)
    assert (more.counts[:6] == some.counts).all()
    assert (more.counts != other.counts).any()


def test_chunks_hold_all_draws_in_order() -> None:
    draws = draw_clusters(np.arange(100), draws=200, seed=1)
    assert (draws.counts == np.concatenate(list(draws.chunks()), axis=1).T).all()


def test_an_interval_is_between_percentiles_of_the_draws() -> None:
    drawn = np.arange(101) / 100
    found = estimate(np.r_[0.4, drawn], level=0.9)
    assert (found.value, found.low, found.high) == pytest.approx((0.4, 0.05, 0.95))


def test_where_most_draws_have_no_value_there_is_no_interval() -> None:
    found = estimate(np.r_[0.4, np.full(10, np.nan), np.full(90, 0.4)])
    assert found.value == 0.4
    assert np.isnan([found.low, found.high]).all()
    assert np.isnan(estimate(np.array([0.4])).low)


def test_wilsons_interval_is_that_of_the_books() -> None:
    # R. G. Newcombe 1998, table I: 81 of 263, and 0 of 20.
    assert wilson(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0, 0.1611), abs=5e-5)


def test_newcombes_interval_is_that_of_the_books() -> None:
    # R. G. Newcombe 1998, table II, method 10: 5 of 56 less 0 of 29.
    nothing = np.full(2, np.nan)
    one, other = Estimate(5 / 56, *wilson(5 / 56, 56)), Estimate(0.0, *wilson(0, 29))
    found = estimate_difference(np.r_[5 / 56, nothing], np.r_[0.0, nothing], one, other)
    assert (found.low, found.high) == pytest.approx((-0.0381, 0.1926), abs=5e-5)


def test_what_stands_on_few_rows_is_as_unsure_as_it_is() -> None:
    label = np.zeros(77, dtype=bool)
    basis = basis_of(np.ones(77, dtype=bool), label.astype(float), np.ones(77))
    assert basis == Basis(n_yes=0, n_no=77, n_effective=77)
    # Every draw of 0 found in 77 finds 0.
    found = estimate_share(np.zeros(101), basis)
    assert (found.low, found.high) == pytest.approx((0, 0.0475), abs=5e-5)
    many = Basis(n_yes=50, n_no=50, n_effective=100)
    assert estimate_share(np.r_[0.5, np.full(9, 0.5)], many) == Estimate(0.5, 0.5, 0.5)


def test_weights_make_rows_tell_less() -> None:
    every = np.ones(2, dtype=bool)
    assert basis_of(every, np.ones(2), np.array([1.0, 1.0])).n_effective == 2
    assert basis_of(every, np.ones(2), np.array([1.0, 9.0])).n_effective == pytest.approx(100 / 82)
    assert basis_of(every, np.ones(2), np.array([1.0, 0.0])).n_effective == 1


def city(chance: np.random.Generator, n_families: int) -> tuple[np.ndarray, ...]:
    """Families of three with risk in common, and a score that sees some of it."""
    family = np.repeat(np.arange(n_families), 3)
    odds = -2 + chance.normal(0, 1, n_families)[family] + chance.normal(0, 0.7, len(family))
    came = chance.random(len(family)) < 1 / (1 + np.exp(-odds))
    return family, came, odds + chance.normal(0, 0.7, len(family))


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    """AUC, average precision and precision at a tenth, in 150 cities; each with 200 draws."""
    chance = np.random.default_rng(11)
    _, came, score = city(chance, 150_000)
    ones = np.ones(len(came))

    def measured(family: np.ndarray, came: np.ndarray, score: np.ndarray, draws: int) -> np.ndarray:
        weight, drawn = np.ones(len(came)), draw_clusters(family, draws=draws, seed=1)
        ranked = Ranked(came, score, weight, drawn)
        found = []
        for counts in drawn.chunks():
            whole = ranked.whole(counts)
            top = ranked.top(len(came) / 10).draw(counts).at(len(came) / 10)
            found.append(np.stack([whole.roc_auc, whole.average_precision, top.found / top.n]))
        return np.concatenate(found, axis=1)

    truth = measured(np.arange(len(ones)), came, score, 0)[:, 0]
    held = np.zeros(3)
    for _ in range(150):
        for nth, values in enumerate(measured(*city(chance, 400), 200)):
            told = estimate(values, level=0.9)
            held[nth] += told.low <= truth[nth] <= told.high
    # Of 150 at 90%, 135 are due; within 3.5 standard deviations, 122 to 148.
    assert (held >= 122).all(), held
    assert (held <= 148).all(), held


def test_what_chance_does_to_both_alike_does_not_widen_a_difference() -> None:
    chance = np.random.default_rng(5)
    family, came, score = city(chance, 400)
    draws = draw_clusters(family, draws=200, seed=1)
    near = score + chance.normal(0, 0.05, len(score))
    one, other = (
        np.concatenate(
            [
                Ranked(came, each, np.ones(len(came)), draws).whole(counts).roc_auc
                for counts in draws.chunks()
            ]
        )
        for each in (score, near)
    )
    paired, alone = estimate(one - other), estimate(one)
    assert paired.high - paired.low < 0.3 * (alone.high - alone.low)
