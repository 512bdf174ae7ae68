"""Labelled and unlabelled rows: what changes a ranking, and what changes only its scale.

Whom a service took on is labelled; the others are unlabelled, which is not the same as unharmed. A
model that tells the labelled from the unlabelled estimates g(x), the probability to be labelled.
Ranking by g is ranking by the probability of harm when whoever is harmed is labelled by the same
chance c whatever their features ("selected completely at random"); then g(x) = c * p(harm | x)
(Elkan and Noto, Learning classifiers from only positive and unlabeled data, KDD 2008). Services do
not take children on at random: a kind of child that is never taken on ranks low, and no arithmetic
on these rows can tell (Bekker and Davis, Learning from positive and unlabeled data: a survey,
Machine Learning 109, 2020, sections 3 and 5).

What changes a ranking is the weight of the labelled rows in the fit (`biased_weights`). What
changes only the scale is the shift back to how many are labelled (`shift_to_labelled`) and the
division by c (`label_frequency`, `share_harmed`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

from think_family.errors import ThinkFamilyError
from think_family.scoring.columns import Bools, Floats


def biased_weights(is_positive: Bools, weight: Floats, positive_share: float | None) -> Floats:
    """Weigh rows for a fit: labelled ones by a share of the whole, if one is set.

    With an unlabelled row in the place of a negative one, a fit makes errors on the harmed among
    them; to weigh the labelled rows up counters that (Lee and Liu, Learning with positive and
    unlabeled examples using weighted logistic regression, ICML 2003; Bekker and Davis 2020, section
    5.2). It changes the ranking, through the penalty and where the model is not true. The class
    prior is the natural share to set.

    Args:
        is_positive: Per row, whether it is labelled.
        weight: Sampling weights.
        positive_share: Share of the weight that labelled rows get, between 0 and 1; none keeps the
            sampling weights.

    Returns:
        Weights, scaled so that labelled rows weigh one each on average; penalties are in that unit.
    """
    labelled = np.sort(weight[is_positive]).sum()
    unlabelled = np.sort(weight[~is_positive]).sum()
    factor = 1.0
    if positive_share is not None:
        if not 0 < positive_share < 1:
            raise ThinkFamilyError("The share of the labelled rows must lie between 0 and 1.")
        factor = positive_share / (1 - positive_share) * unlabelled / labelled
    unit = is_positive.sum() / (factor * labelled)
    weights: Floats = weight * np.where(is_positive, factor, 1.0) * unit
    return weights


def shift_to_labelled(log_odds: Floats, positive: Floats, total: Floats) -> float:
    """Give what to add to log-odds so that as many are expected to be labelled as are.

    It takes back what weights did to the level (the prior correction of King and Zeng, Logistic
    regression in rare events data, Political Analysis 9, 2001, by calibration in the large). No
    ranking changes.

    Args:
        log_odds: Per row, from the fit.
        positive: Per row, the sampling weight of what is labelled in it.
        total: Per row, its whole sampling weight.
    """
    wanted = positive.sum()

    def excess(shift: float) -> float:
        return float((total * expit(log_odds + shift)).sum() - wanted)

    return float(brentq(excess, -60.0, 60.0, xtol=1e-13, rtol=1e-13))


@dataclass(frozen=True)
class LabelFrequency:
    """How many of the harmed are labelled, as far as the labelled tell.

    Attributes:
        mean: The mean of g over labelled rows, Elkan and Noto's e1. It is c when labelled rows are
            certain to be harmed by their features; where harmed and others look alike it is less
            than c.
        highest: The highest g of any labelled row, their e3. It is c when somebody is certain to be
            harmed and g is exact; by chance it is more.
    """

    mean: float
    highest: float


def label_frequency(probability: Floats, weight: Floats) -> LabelFrequency:
    """Estimate c, the share of the harmed who are labelled (Elkan and Noto 2008).

    Assumes that the labelled are a random sample of the harmed, and that features tell the harmed
    from the others with certainty. The second never holds here, so `mean` is a lower bound of c and
    what it makes of the number of harmed an upper one.

    Args:
        probability: g of each labelled row, from a fit that did not see the row.
        weight: Their sampling weights.
    """
    order = np.lexsort((weight, probability))
    probability, weight = probability[order], weight[order]
    return LabelFrequency(
        float((probability * weight).sum() / weight.sum()), float(probability.max())
    )


def share_harmed(log_odds: Floats, frequency: float) -> Floats:
    """Divide g by c and cut at 1: the probability of harm under Elkan and Noto's assumptions."""
    if not 0 < frequency <= 1:
        raise ThinkFamilyError(
            "The share of the harmed who are labelled must lie above 0, up to 1."
        )
    shares: Floats = np.minimum(1.0, expit(log_odds) / frequency)
    return shares
