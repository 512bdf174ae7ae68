"""The models to choose among, as a configuration names them: plainest first."""

from __future__ import annotations

from think_family.scoring.additive import AdditiveSettings
from think_family.scoring.boosting import BoostingSettings
from think_family.scoring.configuration import Configuration


def additive_candidates(configuration: Configuration) -> dict[str, AdditiveSettings]:
    """Give each glass box to choose among by name, the one with the largest penalties first."""
    fit = configuration.fit
    return {
        f"l1={l1:g},l2={l2:g}": AdditiveSettings(
            l1=l1,
            l2=l2,
            most_bins=fit.most_bins,
            smallest_bin=fit.smallest_bin,
            positive_share=fit.positive_share,
            folds=fit.folds,
            seed=fit.seed,
            scale=configuration.scale,
        )
        for l1 in sorted(fit.l1, reverse=True)
        for l2 in sorted(fit.l2, reverse=True)
    }


def boosting_candidates(configuration: Configuration) -> dict[str, BoostingSettings]:
    """Give each challenger to choose among by name, the one that learns least first."""
    fit = configuration.fit
    return {
        f"learning_rate={rate:g}": BoostingSettings(
            learning_rate=rate,
            n_trees=fit.n_trees,
            depth=fit.depth,
            smallest_leaf=fit.smallest_bin,
            positive_share=fit.positive_share,
            folds=fit.folds,
            seed=fit.seed,
            scale=configuration.scale,
        )
        for rate in sorted(fit.learning_rates)
    }
