"""How good scores are, and how sure that is: everything that one assessment tells, as tables.

`assess` measures scores against what came after, forward in time, beside baselines that cost
nothing. Each day as of which scores were made is assessed by itself. Who cannot be told apart, for
they moved away or came of age before the horizon ended, is counted and left out. Whom a marker
lists already is listed as known: the results are those of everybody else (the population "not
known"), and beside them stand those of everyone, in which the list of known people has its place
as a baseline.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
from scipy import sparse

from think_family.errors import ThinkFamilyError
from think_family.scoring.assess_groups import (
    GROUP_SCHEMA,
    NOT_ENOUGH,
    GroupSums,
    compare_groups,
)
from think_family.scoring.measures import (
    CALIBRATION_BINS,
    LEAD_TIMES,
    RECALLS,
    Calibrated,
    Ranked,
    RankedByDay,
    Top,
    TopByDay,
    lead_time_of,
    restated_precision,
)
from think_family.scoring.resampling import (
    DRAWS,
    LEVEL,
    SEED,
    Basis,
    Bools,
    Draws,
    Estimate,
    Floats,
    basis_of,
    draw_clusters,
    estimate,
    estimate_difference,
    estimate_share,
    ratio,
    row_sums,
)
from think_family.scoring.rows import Scored

CAPACITY = 100
AT = (50, 100, 200, 500, 1000)

EVERYONE = "everyone"
NOT_KNOWN = "not known"

# With fewer, what chance draws says nothing: no intervals are told.
LEAST_CLUSTERS = 20

_ESTIMATE = [("value", pa.float64()), ("low", pa.float64()), ("high", pa.float64())]
_OF = [("as_of", pa.date32()), ("population", pa.string()), ("score", pa.string())]

SCHEMAS: Mapping[str, pa.Schema] = {
    "counts": pa.schema(
        [("as_of", pa.date32()), ("what", pa.string()), ("n_rows", pa.int64()),
         ("n_people", pa.float64())]
    ),
    "performance": pa.schema(
        [*_OF, ("kind", pa.string()), ("measure", pa.string()), ("k", pa.float64()), *_ESTIMATE,
         ("worst", pa.float64()), ("best", pa.float64())]
    ),
    "comparisons": pa.schema(
        [*_OF, ("other", pa.string()), ("other_kind", pa.string()), ("measure", pa.string()),
         ("k", pa.float64()), ("value", pa.float64()), ("other_value", pa.float64()),
         ("difference", pa.float64()), ("difference_low", pa.float64()),
         ("difference_high", pa.float64()), ("ratio", pa.float64()), ("ratio_low", pa.float64()),
         ("ratio_high", pa.float64()), ("verdict", pa.string())]
    ),
    "lead_times": pa.schema(
        [*_OF, ("lead_time", pa.string()), ("k", pa.float64()), ("n_positive", pa.int64()),
         *_ESTIMATE]
    ),
    "calibration": pa.schema(
        [*_OF, ("bin", pa.int32()), ("n_rows", pa.int64()), ("expected", pa.float64()),
         ("observed", pa.float64()), ("low", pa.float64()), ("high", pa.float64())]
    ),
    "groups": GROUP_SCHEMA,
    "curves": pa.schema(
        [*_OF, ("recall", pa.float64()), ("precision", pa.float64()), ("low", pa.float64()),
         ("high", pa.float64())]
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """How scores are assessed.

    Attributes:
        capacity: How many people a team can see: the length of the list that counts.
        at: Further lengths of lists to tell precision and recall of.
        draws: Draws of clusters; 0: no intervals.
        seed: Where chance begins.
        level: How much of the draws an interval holds.
        prevalence: A share of people at which precision is restated, or None.
        bins: Bins of calibration.
        is_curved: Whether precision is told along recall.
        least_rows: Fewer rows of a group are not enough evidence.
        least_positives: Fewer rows whom the event came to, of a group or of all, are not enough
            evidence of a difference.
    """

    capacity: float = CAPACITY
    at: tuple[float, ...] = AT
    draws: int = DRAWS
    seed: int = SEED
    level: float = LEVEL
    prevalence: float | None = None
    bins: int = CALIBRATION_BINS
    is_curved: bool = True
    least_rows: int = 50
    least_positives: int = 10


@dataclass(frozen=True)
class Assessment:
    """What an assessment tells.

    Attributes:
        settings: How it was made.
        tables: Name of `SCHEMAS` -> table.
        n_clusters: Clusters that were drawn from, per day.
        headline: The population whose results count.
    """

    settings: Settings
    tables: Mapping[str, pa.Table]
    n_clusters: Mapping[date | None, int]
    headline: str

    def telling(self, day: date | None) -> list[str]:
        """Name the lists that tell anybody of the headline's population apart, in order.

        A list of known people says nothing of those who are not.
        """
        return [
            row["score"]
            for row in self.tables["performance"].to_pylist()
            if row["as_of"] == day
            and row["population"] == self.headline
            and row["measure"] == "roc_auc"
            and not (row["value"] == 0.5 and row["low"] == row["high"])
        ]


def assess(
    scored: Scored,
    settings: Settings | None = None,
    *,
    is_pooled: bool = False,
    advance: Callable[[int], None] = lambda _: None,
) -> Assessment:
    """Assess scores.

    Args:
        scored: Scores and what came after.
        settings: How to; the defaults if left out.
        is_pooled: Whether all days are told as one, with a list of its own for each day's people
            (`RankedByDay`); a family is drawn with its people of all days.
        advance: Called with the number of draws that were done since; 1 + draws in all, per day.

    Returns:
        The tables of `SCHEMAS`. The same rows in any order, settings and seed give the same.

    Raises:
        ThinkFamilyError: As of one day, the event came to nobody or to all.
    """
    settings = settings or Settings()
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in SCHEMAS}
    n_clusters = {}
    for day in [None] if is_pooled else scored.days:
        of_day = _Day(scored.of_day(day), day, settings)
        n_clusters[day] = of_day.draws.n_clusters
        of_day.measure(advance)
        for name, told in of_day.tell().items():
            rows[name] += told
    return Assessment(
        settings,
        {name: pa.Table.from_pylist(rows[name], schema=schema) for name, schema in SCHEMAS.items()},
        n_clusters,
        EVERYONE if scored.known is None else NOT_KNOWN,
    )


@dataclass(frozen=True)
class _List:
    """One score or baseline, of some people."""

    population: str
    name: str
    kind: str
    ranked: Ranked | RankedByDay


@dataclass
class _Drawn:
    """What was measured in each draw: key -> arrays, one per chunk of draws."""

    pieces: dict[tuple[Any, ...], list[Floats]] = field(default_factory=dict)

    def add(self, key: tuple[Any, ...], values: Floats) -> None:
        self.pieces.setdefault(key, []).append(values)

    def whole(self, *key: Any) -> Floats:
        return np.concatenate(self.pieces[key], axis=-1)


class _Day:
    """The assessment of one day's scores, or of those of all days, each with its list."""

    def __init__(self, scored: Scored, day: date | None, settings: Settings) -> None:
        self._all = scored
        self._day = day
        self._settings = settings
        n_clusters = int(scored.cluster.max()) + 1 if len(scored.cluster) else 0
        draws = draw_clusters(
            scored.cluster,
            draws=settings.draws if n_clusters >= LEAST_CLUSTERS else 0,
            seed=settings.seed,
        )
        self.draws = draws
        told = scored.is_told
        self._scored = rows = scored.where(told)
        # Of the same draws, the rows of which anybody can tell.
        self._told = Draws(scored.cluster[told], draws.counts)
        self._refuse_one_sided()
        self._populations: dict[str, Bools] = {EVERYONE: np.ones(len(rows.label), dtype=bool)}
        if rows.known is not None:
            self._populations[NOT_KNOWN] = ~rows.known
        self._headline = NOT_KNOWN if rows.known is not None else EVERYONE
        if not (rows.label & self._populations[self._headline] & (rows.weight > 0)).any():
            raise ThinkFamilyError(
                f"{self._when()}everybody whom the event came to was known already. Nobody is left"
                " to be found; take `known` out of the map to assess everyone."
            )
        # Of all days at once, which rows are of each.
        self._of_days = [np.ones(len(rows.label), dtype=bool)]
        if day is None and rows.as_of is not None:
            self._of_days = [np.asarray(rows.as_of == each, dtype=bool) for each in rows.days]
        self._lists = list(self._make_lists())
        self._ks = self._lengths()
        self._lead = None if rows.lead_days is None else lead_time_of(rows.lead_days, rows.label)
        self._groups = GroupSums(rows.groups, rows.label, rows.weight)
        self._calibrated = dict(self._make_calibrated())
        self._drawn = _Drawn()
        self._counted: dict[tuple[str, str, float], tuple[Basis, Basis]] = {}

    def _when(self) -> str:
        return f"as of {self._day}: " if self._day else ""

    def _refuse_one_sided(self) -> None:
        counting = self._scored.label[self._scored.weight > 0]
        if not len(counting) or counting.all() or not counting.any():
            what = "everybody" if len(counting) and counting.all() else "nobody"
            raise ThinkFamilyError(
                f"{self._when()}the event came to {what} of {len(counting)} rows. Nothing can be"
                " told of a score then: check which column `label` is mapped to, and that the"
                " horizon has passed."
            )

    def _make_lists(self) -> Iterator[_List]:
        rows = self._scored
        named = [
            *(("score", name, values) for name, values in rows.scores.items()),
            *(("baseline", name, values) for name, values in rows.baselines.items()),
        ]
        if rows.truth is not None:
            named.append(("truth", "truth", rows.truth))
        for population, among in self._populations.items():
            for kind, name, values in named:
                yield _List(population, name, kind, self._ranked(values, among))

    def _ranked(self, values: Floats, among: Bools) -> Ranked | RankedByDay:
        rows = self._scored
        days = [
            Ranked(rows.label, values, rows.weight, self._told, among=among & of_day)
            for of_day in self._of_days
        ]
        return days[0] if len(days) == 1 else RankedByDay(days)

    def _lengths(self) -> list[float]:
        rows = self._scored
        among = self._populations[self._headline]
        n_people = min(rows.weight[among & of_day].sum() for of_day in self._of_days)
        shorter = {k for k in self._settings.at if k < n_people}
        return sorted(shorter | {self._settings.capacity})

    def _make_calibrated(self) -> Iterator[tuple[str, Calibrated]]:
        for name, values in self._probabilities().items():
            rows = self._scored
            yield (
                name,
                Calibrated(rows.label, values, rows.weight, self._told, bins=self._settings.bins),
            )

    def _probabilities(self) -> dict[str, Floats]:
        """Find the scores that are probabilities, or have one beside them."""
        rows = self._scored
        found = {}
        for nth, (name, values) in enumerate(rows.scores.items()):
            if nth == 0 and rows.probability is not None:
                found[name] = rows.probability
            elif is_probability(values):
                found[name] = values
        return found

    def _lead_cells(self) -> sparse.csr_array:
        rows = self._scored
        weight = rows.weight * rows.label
        bands = [*LEAD_TIMES, "other"] if self._lead is not None else []
        return row_sums([weight * (self._lead == band) for band in bands], len(weight))

    def measure(self, advance: Callable[[int], None]) -> None:
        """Measure everything in every draw."""
        rows, told, drawn = self._scored, self._told, self._drawn
        n_rows = len(rows.label)
        capacity, ks = self._settings.capacity, self._ks
        known = rows.weight * (rows.known if rows.known is not None else np.zeros(n_rows))
        lead = self._lead_cells()
        cells = sparse.csr_array(sparse.vstack([row_sums([known], n_rows), lead]))
        with_groups = sparse.csr_array(sparse.vstack([cells, self._groups.cells]))
        n_lead = lead.shape[0]
        totals: dict[str, sparse.csr_array] = {}
        for population, among in self._populations.items():
            every = row_sums([rows.weight, rows.weight * rows.label], n_rows)
            of_population = sparse.csr_array(
                sparse.vstack([every, with_groups]).multiply(among[None, :])
            )
            totals[population] = told.per_cluster(of_population)
        probabilities = self._probabilities()
        expected = {
            name: told.per_cluster(self._groups.expected(values))
            for name, values in probabilities.items()
        }
        in_sample = self._in_sample_lists()
        tops = {
            (each.population, each.name): each.ranked.top(
                ks[-1], with_groups if self._is_grouped(each) else cells
            )
            for each in self._lists
        }
        for counts in told.chunks():
            for population, matrix in totals.items():
                drawn.add(("totals", population), matrix @ counts)
            for each in self._lists:
                of = (each.population, each.name)
                whole = each.ranked.whole(counts, is_curved=self._settings.is_curved)
                drawn.add((*of, "average_precision"), whole.average_precision)
                drawn.add((*of, "roc_auc"), whole.roc_auc)
                drawn.add((*of, "precisions"), whole.precisions)
                top = tops[of].draw(counts)
                for k in ks:
                    listed = top.at(k)
                    drawn.add(
                        (*of, "listed", k),
                        np.stack([listed.n, listed.found, listed.worst, listed.best]),
                    )
                selected = top.selected(capacity)
                drawn.add((*of, "known"), selected[0])
                drawn.add((*of, "lead"), selected[1 : 1 + n_lead])
                if self._is_grouped(each):
                    drawn.add((*of, "groups"), selected[1 + n_lead :])
            for name, calibrated in self._calibrated.items():
                found = calibrated.measure(counts)
                for measure in ("brier", "in_the_large", "intercept", "slope"):
                    drawn.add(("calibration", name, measure), getattr(found, measure))
                drawn.add(("calibration", name, "expected"), found.expected)
                drawn.add(("calibration", name, "observed"), found.observed)
                drawn.add(("expected", name), expected[name] @ counts)
            for name, top_of_all in in_sample.items():
                listed = top_of_all.draw(counts).at(capacity)
                cohort = self._cohort_totals @ counts
                drawn.add(("in_sample", name), np.stack([listed.n, listed.found, cohort[0]]))
            advance(counts.shape[1])

    def _is_grouped(self, each: _List) -> bool:
        return each.kind == "score" and each.population == self._headline

    def _in_sample_lists(self) -> dict[str, Top | TopByDay]:
        """Rank everybody who has a score, those of whom nobody can tell as well."""
        every = self._all
        if every.cohort is None:
            return {}
        self._cohort_totals = self.draws.per_cluster(
            row_sums([every.weight * every.cohort], len(every.weight))
        )
        return {
            name: Ranked(every.cohort, values, every.weight, self.draws).top(
                self._settings.capacity
            )
            for name, values in every.scores.items()
        }

    def _estimate(self, values: Floats) -> Estimate:
        return estimate(values, level=self._settings.level)

    def tell(self) -> dict[str, list[dict[str, Any]]]:
        """Tell what was measured, as rows of the tables of `SCHEMAS`."""
        told: dict[str, list[dict[str, Any]]] = {
            "counts": list(self._tell_counts()),
            "performance": [*self._tell_performance(), *self._tell_in_sample()],
            "comparisons": list(self._tell_comparisons()),
            "lead_times": list(self._tell_lead_times()),
            "calibration": list(self._tell_calibration()),
            "groups": list(self._tell_groups()),
            "curves": list(self._tell_curves()),
        }
        return {
            name: [{"as_of": self._day} | _without_nan(row) for row in rows]
            for name, rows in told.items()
        }

    def _tell_counts(self) -> Iterator[dict[str, Any]]:
        every, rows = self._all, self._scored
        all_rows = np.ones(len(every.label), dtype=bool)
        parts = [
            ("rows", all_rows, every),
            ("left out: nobody can tell whether the event came", ~every.is_told, every),
            ("assessed", np.ones(len(rows.label), dtype=bool), rows),
            ("assessed whom the event came to", rows.label, rows),
        ]
        if rows.known is not None:
            parts.append(("assessed, known already", rows.known, rows))
            parts.append(
                ("assessed, known already, whom the event came to", rows.known & rows.label, rows)
            )
        if rows.lead_days is not None:
            other = np.asarray(self._lead == "other", dtype=bool)
            parts.append(("came, with no lead time from 0 to 365 days", other, rows))
        for name, values in {**rows.scores, **rows.baselines}.items():
            parts.append((f"assessed without {name}: ranked last", np.isnan(values), rows))
        for what, which, of in parts:
            yield {
                "what": what,
                "n_rows": int(which.sum()),
                "n_people": float(of.weight[which].sum()),
            }

    def _row(self, values: Floats, basis: Basis | None = None) -> dict[str, float]:
        level = self._settings.level
        found = (
            self._estimate(values) if basis is None else estimate_share(values, basis, level=level)
        )
        return {"value": found.value, "low": found.low, "high": found.high}

    def _tell_performance(self) -> Iterator[dict[str, Any]]:
        rows = self._scored
        for population in self._populations:
            n, n_positive = self._drawn.whole("totals", population)[:2]
            prevalence = ratio(n_positive, n)
            yield {
                "population": population,
                "kind": "all people",
                "measure": "prevalence",
                **self._row(
                    prevalence,
                    basis_of(self._populations[population], rows.label.astype(float), rows.weight),
                ),
            }
            for each in self._lists:
                if each.population != population:
                    continue
                of = {"population": population, "score": each.name, "kind": each.kind}
                for k in self._ks:
                    for row in self._at(each, k, n_positive, prevalence):
                        yield {**of, "k": k, **row}
                for measure in ("average_precision", "roc_auc"):
                    values = self._drawn.whole(population, each.name, measure)
                    yield {**of, "measure": measure, **self._row(values)}
                if each.kind != "truth" and self._scored.truth is not None:
                    yield {**of, **self._share_of_best(each, "average_precision", None)}
        for name in self._calibrated:
            of = {"population": EVERYONE, "score": name, "kind": "score"}
            for measure, told in (
                ("brier", "brier"),
                ("in_the_large", "calibration_in_the_large"),
                ("intercept", "calibration_intercept"),
                ("slope", "calibration_slope"),
            ):
                values = self._drawn.whole("calibration", name, measure)
                yield {**of, "measure": told, **self._row(values)}

    def _at(
        self, each: _List, k: float, n_positive: Floats, prevalence: Floats
    ) -> Iterator[dict[str, Any]]:
        n, found, worst, best = self._drawn.whole(each.population, each.name, "listed", k)
        listed, came = self._bases(each, k)
        precision = self._row(ratio(found, n), listed)
        lift = self._row(ratio(found, n * prevalence))
        # What widens precision widens what is made of it.
        if listed.is_few:
            lift |= {end: float(ratio(precision[end], prevalence[0])) for end in ("low", "high")}
        for measure, under, told in (
            ("precision", n, precision),
            ("recall", n_positive, self._row(ratio(found, n_positive), came)),
            ("lift", n * prevalence, lift),
        ):
            yield {
                "measure": measure,
                **told,
                "worst": float(ratio(worst, under)[0]),
                "best": float(ratio(best, under)[0]),
            }
        at = self._settings.prevalence
        if at is not None:
            restated = self._row(restated_precision(ratio(found, n), prevalence, at))
            if listed.is_few:
                ends = np.array([precision["low"], precision["high"]])
                low, high = restated_precision(ends, prevalence[:1], at)
                restated |= {"low": float(low), "high": float(high)}
            yield {"measure": f"precision_restated_at_{at:g}", **restated}
        if each.kind != "truth" and self._scored.truth is not None:
            yield self._share_of_best(each, "precision", k)
        if k == self._settings.capacity and self._scored.known is not None:
            known = self._drawn.whole(each.population, each.name, "known")
            yield {"measure": "share_known_already", **self._row(ratio(known, n))}

    def _bases(self, each: _List, k: float) -> tuple[Basis, Basis]:
        """Count the rows that precision and recall of a list of k stand on."""
        key = (each.population, each.name, k)
        if key not in self._counted:
            rows, among = self._scored, self._populations[each.population]
            shares = each.ranked.shares(k)
            self._counted[key] = (
                # Those tied at the end of the list tell what it would hold, though not all are on.
                basis_of(shares > 0, rows.label.astype(np.float64), rows.weight),
                basis_of(among & rows.label, shares, rows.weight),
            )
        return self._counted[key]

    def _of_list(self, population: str, name: str, measure: str, k: float | None) -> Floats:
        """Give one measure of one list in every draw."""
        if k is None:
            return self._drawn.whole(population, name, measure)
        n, found, _, _ = self._drawn.whole(population, name, "listed", k)
        n_positive = self._drawn.whole("totals", population)[1]
        values: Floats = ratio(found, n if measure == "precision" else n_positive)
        return values

    def _share_of_best(self, each: _List, measure: str, k: float | None) -> dict[str, Any]:
        """Set a score beside the order of the true probability, which no score can surpass.

        On average, that is: chance can let a score do better in one city.
        """
        value = self._of_list(each.population, each.name, measure, k)
        best = self._of_list(each.population, "truth", measure, k)
        return {"measure": f"share_of_best_{measure}", **self._row(ratio(value, best))}

    def _tell_in_sample(self) -> Iterator[dict[str, Any]]:
        if self._all.cohort is None:
            return
        for name in self._all.scores:
            n, found, cohort = self._drawn.whole("in_sample", name)
            of = {
                "population": "in-sample",
                "score": name,
                "kind": "score",
                "k": self._settings.capacity,
            }
            for measure, under in (
                ("in_sample_identified_who_are_cohort", n),
                ("in_sample_cohort_identified", cohort),
            ):
                yield {**of, "measure": measure, **self._row(ratio(found, under))}

    def _tell_comparisons(self) -> Iterator[dict[str, Any]]:
        name = next(iter(self._scored.scores))
        of_score = {each.population: each for each in self._lists if each.name == name}
        whole: list[tuple[str, float | None]] = [("average_precision", None), ("roc_auc", None)]
        at = [(measure, k) for k in self._ks for measure in ("precision", "recall")]
        for each in self._lists:
            if each.name == name or each.kind == "truth":
                continue
            one = of_score[each.population]
            among = self._populations[each.population] & (self._scored.weight > 0)
            n_positive = int((among & self._scored.label).sum())
            for measure, k in [*at, *whole]:
                value = self._of_list(each.population, name, measure, k)
                other = self._of_list(each.population, each.name, measure, k)
                difference = self._estimate(value - other)
                over = self._estimate(ratio(value, other))
                is_few = False
                if k is not None:
                    place = 0 if measure == "precision" else 1
                    bases = [self._bases(of, k)[place] for of in (one, each)]
                    is_few = any(basis.is_few for basis in bases)
                if is_few:
                    level = self._settings.level
                    difference = estimate_difference(
                        value,
                        other,
                        *(
                            estimate_share(values, basis, level=level)
                            for values, basis in zip((value, other), bases, strict=True)
                        ),
                        level=level,
                    )
                verdict = NOT_ENOUGH
                if n_positive >= self._settings.least_positives:
                    if difference.low > 0:
                        verdict = "higher"
                    elif difference.high < 0:
                        verdict = "lower"
                yield {
                    "population": each.population,
                    "score": name,
                    "other": each.name,
                    "other_kind": each.kind,
                    "measure": measure,
                    "k": k,
                    "value": float(value[0]),
                    "other_value": float(other[0]),
                    "difference": difference.value,
                    "difference_low": difference.low,
                    "difference_high": difference.high,
                    "ratio": over.value,
                    "ratio_low": None if is_few else over.low,
                    "ratio_high": None if is_few else over.high,
                    "verdict": verdict,
                }

    def _tell_lead_times(self) -> Iterator[dict[str, Any]]:
        if self._lead is None:
            return
        bands = [*LEAD_TIMES, "other"]
        among = self._populations[self._headline]
        # After the known in turn: see `measure`.
        totals = self._drawn.whole("totals", self._headline)[3 : 3 + len(bands)]
        for each in self._lists:
            if each.population != self._headline or each.kind == "truth":
                continue
            listed = self._drawn.whole(each.population, each.name, "lead")
            shares = each.ranked.shares(self._settings.capacity)
            for nth, band in enumerate(bands):
                came = among & np.asarray(self._lead == band, dtype=bool)
                n_positive = int(came.sum())
                if band == "other" and not n_positive:
                    continue
                basis = basis_of(came, shares, self._scored.weight)
                yield {
                    "population": each.population,
                    "score": each.name,
                    "lead_time": band,
                    "k": self._settings.capacity,
                    "n_positive": n_positive,
                    **self._row(ratio(listed[nth], totals[nth]), basis),
                }

    def _tell_calibration(self) -> Iterator[dict[str, Any]]:
        for name, calibrated in self._calibrated.items():
            expected = self._drawn.whole("calibration", name, "expected")
            observed = self._drawn.whole("calibration", name, "observed")
            for nth in range(calibrated.n_bins):
                came = estimate_share(
                    observed[nth], calibrated.bases[nth], level=self._settings.level
                )
                yield {
                    "population": EVERYONE,
                    "score": name,
                    "bin": nth + 1,
                    "n_rows": int(calibrated.rows_per_bin[nth]),
                    "expected": float(expected[nth, 0]),
                    "observed": came.value,
                    "low": came.low,
                    "high": came.high,
                }

    def _tell_groups(self) -> Iterator[dict[str, Any]]:
        n_before = 3 + (len(LEAD_TIMES) + 1 if self._lead is not None else 0)
        rankeds = {
            each.name: each.ranked for each in self._lists if each.population == self._headline
        }
        for name in self._scored.scores:
            expected = None
            if name in self._calibrated:
                # Of everyone: a probability is of a person, whoever knows them.
                expected = self._drawn.whole("expected", name)
            for row in compare_groups(
                self._groups,
                among=self._populations[self._headline],
                totals=self._drawn.whole("totals", self._headline)[n_before:],
                selected=self._drawn.whole(self._headline, name, "groups"),
                shares=rankeds[name].shares(self._settings.capacity),
                expected=expected,
                references=self._scored.references,
                level=self._settings.level,
                least_rows=self._settings.least_rows,
                least_positives=self._settings.least_positives,
            ):
                population = EVERYONE if row["measure"] == "observed_less_expected" else None
                yield {
                    "population": population or self._headline,
                    "score": name,
                    "k": self._settings.capacity if population is None else None,
                    **row,
                }

    def _tell_curves(self) -> Iterator[dict[str, Any]]:
        for each in self._lists:
            if each.population != self._headline or not self._settings.is_curved:
                continue
            precisions = self._drawn.whole(each.population, each.name, "precisions")
            for recall, values in zip(RECALLS, precisions, strict=True):
                found = self._estimate(values)
                yield {
                    "population": each.population,
                    "score": each.name,
                    "recall": float(recall),
                    "precision": found.value,
                    "low": found.low,
                    "high": found.high,
                }


def _without_nan(row: dict[str, Any]) -> dict[str, Any]:
    """Leave empty what has no value."""
    return {
        name: None if isinstance(value, float) and np.isnan(value) else value
        for name, value in row.items()
    }


def is_probability(values: Floats) -> bool:
    """Tell whether a score can be a probability: from 0 to 1, and no mere flag."""
    given = np.unique(values[~np.isnan(values)])
    return len(given) > 2 and bool(given[0] >= 0) and bool(given[-1] <= 1)
