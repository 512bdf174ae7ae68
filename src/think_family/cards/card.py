"""A model card: what a model is for, what it looks at, and what it was found to be worth.

After M. Mitchell and others, Model Cards for Model Reporting, FAT* 2019. All of it is read from the
model's file, its parameters, the seeds and the results that are kept; figures of a model that was
withdrawn are told as the reason of it, and not as what it is worth.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from think_family.cards.results import Results
from think_family.cards.words import (
    SCORES,
    VARIANTS,
    count,
    named,
    percent,
    plain,
    points,
    text_table,
    with_interval,
    worded,
)
from think_family.disclosure import LEAST_COUNT
from think_family.pages import page_of, table
from think_family.scoring.assess import EVERYONE, NOT_KNOWN
from think_family.scoring.assess_groups import NOT_ENOUGH, REFERENCE
from think_family.scoring.columns import BOOLEAN
from think_family.scoring.configuration import (
    BEFORE_OUTCOME,
    BEFORE_REFERRAL,
    EARLIER_DAYS,
    FLAG_COUNT,
    LEARNED,
    NETWORK,
    Configuration,
)
from think_family.scoring.features import FALLS, RISES
from think_family.scoring.parameters import (
    AdditiveParameters,
    IndexParameters,
    Term,
    version_of,
)
from think_family.scoring.trials_assessed import AS_CONFIGURED, RESTATED

Row = Mapping[str, Any]

MADE = "<!-- Made by `think-family cards --write docs/models`; do not edit by hand. -->"

_SCOPES = {
    "person": "Of the person",
    "family": "Of the other members of the family",
    "associates": "Of those who are near in the network",
    "places": "Of the places where the person was",
    None: "Beside these",
}

METHODS_TOLD = {
    LEARNED: "a glass box that adds up (see [how it is made](../scoring.md)), and the analysts'"
    " index; the higher counts",
    FLAG_COUNT: "a count of the analysts' flags; nothing is learned",
    NETWORK: "who at risk is near in the network; nothing is learned",
}

SHORTLY = {LEARNED: "learned, and index", FLAG_COUNT: "count of flags", NETWORK: "network"}

_AS_OF = {
    BEFORE_REFERRAL: "Whom a service took on is seen as on the day before the referral that led to"
    " it, for a referral itself makes records. Beside them stands a sample of those whom it did not"
    " take on, drawn on the same days.",
    BEFORE_OUTCOME: "Whom it happened to is seen as on the day before. Beside them stands a sample"
    " of the others, drawn on the same days.",
    EARLIER_DAYS: "Everybody of the cohort is seen as on earlier days of trial, those to whom it"
    " happened within the horizon and those to whom it did not.",
}

_NOT_FOR = """\
- To decide anything about a child or a family. It orders records, so that a person who knows the
  work looks at some of them sooner. What is done is decided by that person, on what they find.
- As a finding. A score says how alike somebody's records are to those of people to whom it
  happened; not that it happens, will happen, or is anybody's fault.
- To refuse, withdraw or put off help. A low score says that little was recorded, and no more.
- For enforcement, or as grounds for a stop, a search, an arrest or a charge.
- For people outside its cohort, by age or area, or for another harm than its own.
- As a list of whom to watch, or beside any score of whole families or addresses.
- With the role of a record as a name for a person. To be recorded as harmed or as suspected is
  something that was recorded, and nothing that somebody is."""

_MADE_UP = """\
- Everything here was measured on made-up people. The patterns that the generator planted are
  simpler than life, and a model may find them more easily: measure it on one's own records before
  any use."""

_LEARNED_LIMIT = """\
- It learns whom services took on, or what came to be recorded; not whom harm came to. Children
  whose harm nobody records rank low, and nothing in these records can tell."""

_LIMITS = """\
- What is recorded more of one group than of another lifts the scores of that group. The tables by
  group show differences, and cannot tell which lie in the score and which in the recording.
- Intervals say what chance does to whom was counted: not what another city, year or way of
  recording would do.
- Who is listed and then helped may be spared the harm, and counts as listed in vain in later
  trials."""


@dataclass(frozen=True)
class Sources:
    """What cards are made from, beside configuration and results.

    Attributes:
        targets: Rows of the seed score_target.
        meanings: Name of a feature -> what it tells.
        indicators: Code of an indicator -> what it is called.
        fitted: Model -> parameters of its glass box, where they were written.
        indexed: Model -> parameters of its index, where they were written.
    """

    targets: Sequence[Row]
    meanings: Mapping[str, str]
    indicators: Mapping[str, str]
    fitted: Mapping[str, AdditiveParameters]
    indexed: Mapping[str, IndexParameters]


def render_card(model: Configuration, sources: Sources, results: Results) -> str:
    """Render the card of a model; the same in gives the same out."""
    withdrawn = withdrawal(results, model.name)
    lines = [
        f"> {results.first_line}",
        "",
        f"# {model.title}",
        "",
        MADE,
        "",
        *_status(model, results),
        *_details(model, sources),
        *_purpose(model),
        "## What it must not be used for",
        "",
        _NOT_FOR,
        "",
        *_outcomes(model, sources),
        *_features(model, sources),
        *_index(model, sources),
        *_learned(model, sources, results),
    ]
    if not results.of("trials", model.name):
        lines += [
            "## What it was found to be worth",
            "",
            "It was not tried: nothing is known of what it is worth.",
            "",
        ]
    elif withdrawn is None:
        lines += _found(model, results)
    lines += ["## Limits", "", *([_LEARNED_LIMIT] if model.method == LEARNED else []), _LIMITS]
    if results.about["synthetic"] == "yes":
        lines.append(_MADE_UP)
    return page_of(lines)


def withdrawal(results: Results, model: str) -> str | None:
    """Say why a model publishes no score; none where it does, or where nothing judged it."""
    for row in results.of("models", model):
        if row["is_withdrawn"]:
            return row["reason"] or "No reason was recorded."
    return None


def _status(model: Configuration, results: Results) -> Iterator[str]:
    yield "## Status"
    yield ""
    row = next(iter(results.of("models", model.name)), None)
    if row is None or row["reason"] is None:
        yield "Not judged: no results of it are kept."
        yield ""
        return
    if not row["is_withdrawn"]:
        yield row["reason"]
        yield ""
        return
    yield f"**{row['reason']}** It publishes no score."
    yield ""
    yield from _why(model, results)


def _why(model: Configuration, results: Results) -> Iterator[str]:
    """Set the two figures that a withdrawal stands on beside each other."""
    rows = [
        row
        for row in results.headline(model.name)
        if row["measure"] == "precision"
        and row["k"] == model.capacity
        and row["score"] in ("score", "model_score", "index_score")
    ]
    if not rows:
        return
    yield (
        f"What it was judged by: of the {model.capacity} highest on each day of trial, how many it"
        " came to. This is why it was withdrawn, and no statement of how good it is; the tables in"
        " `risk_models/results/` hold the rest."
    )
    yield ""
    yield from table(
        ["List", "It came to"], [[_named(row["score"]), with_interval(row)] for row in rows]
    )


def _details(model: Configuration, sources: Sources) -> Iterator[str]:
    fitted, indexed = sources.fitted.get(model.name), sources.indexed.get(model.name)
    not_written = "not written yet: the model scores nobody"
    yield "## Details"
    yield ""
    yield from table(
        ["", ""],
        [
            ["Name", f"`{model.name}`"],
            ["Version of the file", f"{model.version}; digest `{model.digest}`"],
            *(
                [["Parameters", f"`{version_of(fitted)}`" if fitted else not_written]]
                if model.method == LEARNED
                else []
            ),
            ["Parameters of the index", f"`{version_of(indexed)}`" if indexed else not_written],
            ["Method", METHODS_TOLD[model.method]],
            ["Scale", f"0 to 100, by {model.scale}"],
            ["Licence", "MIT"],
            ["Questions", "to the agency that uses it; the project runs nothing"],
        ],
    )


def _purpose(model: Configuration) -> Iterator[str]:
    cohort = model.cohort
    ages = (
        f"people of {cohort.age_from} and older"
        if cohort.age_below is None
        else f"people from {cohort.age_from} to {cohort.age_below - 1} years of age"
    )
    who = f"{ages}, {f'of {cohort.area.title()}' if cohort.area else 'of every programme'}"
    if cohort.within_days:
        who += f", to whom it happened within the {cohort.within_days} days before"
    elif cohort.first_only and model.method == LEARNED:
        who += ", to whom it is not known to have happened before"
    yield "## What it is for"
    yield ""
    ahead = f"it looks {model.horizon_days} days ahead, and " if model.horizon_days else ""
    yield (
        "To say whose records a practitioner might look at sooner, for:"
        f" **{_lowered(model.title)}**. It scores {who}; {ahead}a team that uses it is taken to see"
        f" {model.capacity} people at a time."
    )
    yield ""
    if model.method == NETWORK:
        yield (
            "It is read by analysts only, and says who is near; not a word of what anybody did."
            " Whoever was flagged or served as a child is on a list for support instead."
        )
        yield ""
    yield (
        "Whoever a marker lists already is listed as known, and never counted as found. Reasons"
        " stand beside each score: what carried it, since when, and from which rows."
    )
    yield ""


def _outcomes(model: Configuration, sources: Sources) -> Iterator[str]:
    if model.method != LEARNED:
        return
    cohort = model.cohort
    yield "## What counts as having happened"
    yield ""
    yield from text_table(
        ["Extract", "What it says", "Value"],
        [
            [
                f"{row['source_system']}/{row['source_extract']}",
                row["attribute"].replace("_", " "),
                "any" if row["value"] == "*" else row["value"].replace("_", " "),
            ]
            for row in sources.targets
            if row["target"] == cohort.target
        ],
        "Nothing that any extract tells.",
    )
    if cohort.outcome_age_below:
        yield f"From the age of {cohort.outcome_age_below} on, nothing counts."
        yield ""
    labels = ", ".join(f"`{label}`" for label in cohort.labels)
    if labels:
        yield (
            f"The relations that tell it are {labels}. "
            + (
                "It is the person's own history: time parts what is learned from and what is"
                " foretold."
                if model.as_of == EARLIER_DAYS
                else "No feature descends from one of them."
            )
        )
        yield ""


def _features(model: Configuration, sources: Sources) -> Iterator[str]:
    choice = model.features
    if model.method == NETWORK:
        yield "## What it looks at"
        yield ""
        yield (
            "Children at risk who are near to the person in the network: how many steps away, and"
            " how much of that risk they carry. Nothing that is recorded of the person alone"
            " counts. See [network.md](../network.md)."
        )
        yield ""
    if model.method != LEARNED:
        return
    yield "## What it looks at"
    yield ""
    which = (
        "the shared set, which every programme can tell"
        if choice.feature_set == "shared"
        else "all that its area holds"
    )
    proxies = "and label proxies" if choice.label_proxies else "without label proxies"
    yield f"Features of {which}, {proxies}: {_listed([_SCOPES_OF[s] for s in choice.scopes])}."
    yield ""
    fitted = sources.fitted.get(model.name)
    if fitted is None:
        yield (
            "Its parameters are not written yet; what each feature adds is told here once they are."
        )
        yield ""
        return
    yield (
        "What a feature adds stands in log-odds, counted from the mean of the population: +0.69"
        " doubles the odds. All of them and the base of"
        f" {fitted.base:.2f} add up to what the model says, to the last digit."
        f" {len(fitted.unused)} more features were offered, and add nothing."
    )
    yield ""
    for scope in dict.fromkeys([*_SCOPES, *(term.scope for term in fitted.terms)]):
        terms = [term for term in fitted.terms if term.scope == scope]
        if not terms:
            continue
        yield f"### {_SCOPES.get(scope, scope)}"
        yield ""
        yield from table(
            ["Feature", "May only", "What it adds"],
            [
                [
                    sources.meanings.get(term.feature, f"`{term.feature}`")
                    + (" (label proxy)" if term.is_label_proxy else ""),
                    {RISES: "rise", FALLS: "fall"}.get(term.sign, "either"),
                    _steps(term),
                ]
                for term in sorted(terms, key=lambda term: (-_reach(term), term.feature))
            ],
        )


_SCOPES_OF = {
    "person": "of the person",
    "family": "of the family",
    "associates": "of those near in the network",
    "places": "of places",
}


def _reach(term: Term) -> float:
    told = (*term.contributions, term.missing)
    return max(told) - min(told)


def _steps(term: Term) -> str:
    if term.kind == BOOLEAN and len(term.contributions) == 2:
        bins = ["no", "yes"]
    else:
        edges = [f"{edge:g}" for edge in term.edges]
        bins = (
            [f"below {edges[0]}"]
            + [f"from {low} to below {high}" for low, high in pairwise(edges)]
            + [f"from {edges[-1]}"]
            if edges
            else ["any"]
        )
    told = [f"{bin_}: {_added(adds)}" for bin_, adds in zip(bins, term.contributions, strict=True)]
    return "; ".join([*told, f"missing: {_added(term.missing)}"])


def _added(log_odds: float) -> str:
    return f"{log_odds:+.2f}" if abs(log_odds) >= 0.005 else "0"


def _index(model: Configuration, sources: Sources) -> Iterator[str]:
    if model.method == NETWORK:
        return
    indexed = sources.indexed.get(model.name)
    yield "## The analysts' index"
    yield ""
    cap = model.index.cap_per_criterion
    capped = f", at most {cap:g} for a criterion" if cap is not None else ""
    yield (
        f"Points of the column `{model.index.points}` of the catalogue, fading within each"
        f" indicator's window{capped}."
        if model.method == LEARNED
        else f"One for each indicator with points in the column `{model.index.points}`."
    )
    yield ""
    if indexed is None:
        return
    yield from table(
        ["Indicator", "Points"],
        [
            [sources.indicators.get(code, f"`{code}`"), f"{given:g}"]
            for code, given in sorted(
                indexed.points.items(),
                key=lambda item: (-item[1], sources.indicators.get(item[0], item[0])),
            )
        ],
    )


def _learned(model: Configuration, sources: Sources, results: Results) -> Iterator[str]:
    if model.method != LEARNED:
        return
    yield "## What it learned from"
    yield ""
    yield f"{_AS_OF[model.as_of]} Only what was recorded by the day counts."
    yield ""
    fitted = sources.fitted.get(model.name)
    if fitted:
        facts = fitted.training
        settings = facts.get("settings", {})
        yield from table(
            ["", "The parameters that score people"],
            [
                ["People and days", count(facts.get("n_rows"))],
                ["Of these, labelled", count(facts.get("n_labelled"))],
                ["Families", count(facts.get("n_families"))],
                ["As of", str(facts.get("as_of_date", "-"))],
                ["Penalties", f"l1 {settings.get('l1')}, l2 {settings.get('l2')}"],
                ["Seed", str(settings.get("seed"))],
                ["Digest of the rows", f"`{facts.get('data_digest')}`"],
            ],
        )
    trials = results.of("trials", model.name)
    if trials:
        yield "On each day of trial it was fitted anew, on what was known by then:"
        yield ""
        yield from table(
            ["Day", "Learned since", "People and days", "Labelled", "Tried on", "It came to",
             "Came of age first", "Left first", "Labels in both"],
            [
                [
                    str(row["cutoff_date"]),
                    str(row["learned_since"] or "-"),
                    *(
                        count(row[name])
                        for name in (
                            "n_learned_from", "n_labelled", "n_scored", "n_outcomes", "n_of_age",
                            "n_left",
                        )
                    ),
                    f"{row['n_labels_in_both']}",
                ]
                for row in trials
            ],
        )  # fmt: skip
        yield (
            "Counts are rounded to 5. *Labels in both*: outcomes that it learned from and was tried"
            " on, which must be none; [results.md](results.md) draws it."
        )
        yield ""


def _found(model: Configuration, results: Results) -> Iterator[str]:
    yield "## What it was found to be worth"
    yield ""
    trials = results.of("trials", model.name)
    capacity = model.capacity
    is_of_unknown = any(row["population"] == NOT_KNOWN for row in results.headline(model.name))
    of = ", of people whom no marker listed" if is_of_unknown else ""
    yield (
        f"Tried on {len(trials)} days, on everybody whom it would have scored, and held against"
        f" what came in the {model.horizon_days} days after. *It* is what the model is to find. A"
        f" list of {capacity} on each day{of}. In brackets intervals of 95%, families drawn."
        " Pictures stand in [results.md](results.md), and what each measure means in"
        " [how to assess scores](../how-to/assess-scores.md)."
    )
    yield ""
    yield from _beside_baselines(model, results)
    yield from _by_day(model, results)
    yield from _lead_times(model, results)
    yield from _calibration(model, results)
    yield from _groups(model, results)
    yield from _changed(model, results)
    yield from _best(model, results)
    yield from _stability(model, results)
    yield from _in_sample(model, results)


def _beside_baselines(model: Configuration, results: Results) -> Iterator[str]:
    rows = results.headline(model.name)
    lists = dict.fromkeys(row["score"] for row in rows if row["score"])
    is_restated = any(row["measure"] == RESTATED for row in rows)
    yield "### Beside what costs nothing"
    yield ""
    told = []
    for name in lists:
        of = {
            row["measure"]: row
            for row in rows
            if row["score"] == name and row["k"] in (None, model.capacity)
        }
        if "precision" not in of:
            continue
        told.append(
            [
                _named(name),
                with_interval(of["precision"]) + _ties(of["precision"]),
                with_interval(of.get("recall")),
                with_interval(of.get("average_precision"), plain),
                with_interval(of.get("lift"), lambda lift: f"{lift:.1f}"),
                *([with_interval(of.get(RESTATED))] if is_restated else []),
            ]
        )
    prevalence = next((row for row in rows if row["measure"] == "prevalence"), None)
    if prevalence:
        empty = [""] * (4 if is_restated else 3)
        told.append(["anybody, by chance", with_interval(prevalence), *empty])
    head = ["List", "It came to", "Of all it came to", "Average precision", "Times chance"]
    if is_restated:
        head.append("It would come to, where it is as common as in life")
    yield from text_table(head, told, "Nothing was measured.")
    others = [
        row
        for row in results.of("comparisons", model.name)
        if row["as_of"] is None
        and row["measure"] == "precision"
        and row["k"] == model.capacity
        and row["population"] == (rows[0]["population"] if rows else None)
    ]
    if others:
        yield "The score beside the others, on the same draws:"
        yield ""
        yield from table(
            ["Beside", "Difference", "Verdict"],
            [
                [
                    _named(str(row["other"])),
                    _difference(row),
                    worded(row["verdict"]),
                ]
                for row in others
            ],
        )
    yield from _known_list(results, model)


def _known_list(results: Results, model: Configuration) -> Iterator[str]:
    """Tell of the list of known people: it says nothing of those who are not on it."""
    rows = [
        row
        for row in results.of("performance", model.name)
        if row["as_of"] is None
        and row["population"] == EVERYONE
        and row["measure"] in ("precision", "recall")
        and row["k"] == model.capacity
    ]
    headline = {row["population"] for row in results.headline(model.name)}
    if EVERYONE in headline or not rows:
        return
    yield "Of everyone, with those whom a marker lists already:"
    yield ""
    yield from table(
        ["List", "It came to", "Of all it came to"],
        [
            [
                _named(name),
                *(
                    with_interval(
                        next(r for r in rows if r["score"] == name and r["measure"] == measure)
                    )
                    for measure in ("precision", "recall")
                ),
            ]
            for name in dict.fromkeys(row["score"] for row in rows)
        ],
    )


def _ties(row: Row) -> str:
    worst, best = row["worst"], row["best"]
    if worst is None or best is None or best - worst <= 0.005:
        return ""
    return f"; ties: {percent(worst)} to {percent(best)}"


def _by_day(model: Configuration, results: Results) -> Iterator[str]:
    rows = [
        row
        for row in results.of("performance", model.name)
        if row["as_of"] is not None
        and row["score"] in ("score", "index_score")
        and row["measure"] == "precision"
        and row["k"] == model.capacity
        and row["population"] in {r["population"] for r in results.headline(model.name)}
    ]
    if not rows:
        return
    yield "### Day by day"
    yield ""
    days = sorted({row["as_of"] for row in rows})
    yield from table(
        ["Day", "The score", "The index"],
        [
            [
                str(day),
                *(
                    with_interval(
                        next((r for r in rows if (r["as_of"], r["score"]) == (day, name)), None)
                    )
                    for name in ("score", "index_score")
                ),
            ]
            for day in days
        ],
    )


def _lead_times(model: Configuration, results: Results) -> Iterator[str]:
    rows = [
        row
        for row in results.of("lead_times", model.name)
        if row["as_of"] is None and row["score"] == "score"
    ]
    yield "### How far ahead"
    yield ""
    yield from text_table(
        ["Days until it came", "People", "Share that is on the list"],
        [[row["lead_time"], count(row["n_positive"]), with_interval(row)] for row in rows],
        "Nothing was measured.",
    )


def _calibration(model: Configuration, results: Results) -> Iterator[str]:
    rows = [
        row
        for row in results.of("performance", model.name)
        if row["as_of"] is None and row["measure"].startswith(("calibration_", "brier"))
    ]
    yield "### Calibration"
    yield ""
    if not rows:
        yield (
            "The score is no probability: it says how few stand as high, and is to be read as an"
            " order alone."
        )
        yield ""
        return
    names = {
        "calibration_slope": "Slope: 1 is right, below 1 too extreme",
        "calibration_intercept": "Intercept: 0 is right",
        "calibration_in_the_large": "In the large: as many came as were foretold at 0",
        "brier": "Brier score: the less the better",
    }
    yield "Of everyone, for a probability is of a person, whoever knows them."
    yield ""
    yield from table(
        ["Measure", "Of", "Value"],
        [
            [
                names[row["measure"]],
                _named(row["score"]),
                with_interval(row, lambda value: f"{value:.2g}"),
            ]
            for measure in names
            for row in rows
            if row["measure"] == measure
        ],
    )


def _groups(model: Configuration, results: Results) -> Iterator[str]:
    rows = [
        row
        for row in results.of("groups", model.name)
        if row["as_of"] is None and row["score"] == "score"
    ]
    yield "### By group"
    yield ""
    if not rows:
        yield "Nothing was measured."
        yield ""
        return
    yield (
        "How many of each group are listed, and how many of those to whom it came. *Not enough"
        " evidence* does not say that there is no difference. Shares of fewer than"
        f" {LEAST_COUNT} people are not told."
    )
    yield ""
    for grouping in dict.fromkeys(row["grouping"] for row in rows):
        of = [row for row in rows if row["grouping"] == grouping]
        told = []
        for group in dict.fromkeys(row["group"] for row in of):
            by = {row["measure"]: row for row in of if row["group"] == group}
            found = by.get("true_positive_rate")
            if found is None:
                continue
            told.append(
                [
                    named(str(group)),
                    count(found["n_rows"]),
                    count(found["n_positive"]),
                    with_interval(by.get("selection_rate")),
                    with_interval(found),
                    _verdict(found),
                    with_interval(by.get("false_positive_rate")),
                    _verdict(by.get("false_positive_rate")),
                ]
            )
        yield from table(
            [str(grouping).capitalize(), "People", "It came to", "Listed", "Found", "", "Listed in"
             " vain", ""],
            told,
        )  # fmt: skip


def _verdict(row: Row | None) -> str:
    if row is None:
        return ""
    if row["verdict"] in (REFERENCE, NOT_ENOUGH):
        return str(row["verdict"])
    return f"{worded(row['verdict'])} than the reference"


def _changed(model: Configuration, results: Results) -> Iterator[str]:
    told = []
    for variant, what in VARIANTS.items():
        rows = results.headline(model.name, variant)
        if not rows:
            continue
        for name in ("score", "model_score"):
            of = {
                row["measure"]: row
                for row in rows
                if row["score"] == name and row["k"] in (None, model.capacity)
            }
            if "precision" in of:
                told.append(
                    [
                        what,
                        {"score": "score", "model_score": "model alone"}[name],
                        with_interval(of["precision"]),
                        with_interval(of.get("recall")),
                        with_interval(of.get("average_precision"), plain),
                        _beside_configured(model, results, variant, name),
                    ]
                )
    if not told:
        return
    yield "### What its parts are worth, and what else could be in its place"
    yield ""
    yield (
        "Each fitted and tried as the model was, with one thing changed; the last column sets it"
        " beside the model on the same people and draws. A programme's own model is tried on its"
        " people alone, so that only that column can be compared. The analysts' index is the same"
        " in all, and lifts the score where the model does not."
    )
    yield ""
    head = [
        "Changed",
        "",
        "It came to",
        "Of all it came to",
        "Average precision",
        "Beside the model",
    ]
    yield from table(head, told)


def _beside_configured(model: Configuration, results: Results, variant: str, score: str) -> str:
    """Set what a changed model's list holds beside the model's, on the same draws."""
    for row in results.of("comparisons", model.name, variant):
        if (
            row["as_of"] is None
            and (row["score"], row["other"]) == (score, AS_CONFIGURED)
            and (row["measure"], row["k"]) == ("precision", model.capacity)
            and row["population"] == results.headline(model.name, variant)[0]["population"]
        ):
            return f"{_difference(row)}: {worded(row['verdict'])}"
    return ""


def _difference(row: Row) -> str:
    if row["difference_low"] is None:
        return points(row["difference"])
    low, high = points(row["difference_low"]), points(row["difference_high"])
    return f"{points(row['difference'])} points ({low} to {high})"


def _best(model: Configuration, results: Results) -> Iterator[str]:
    rows = [
        row
        for row in results.headline(model.name)
        if row["measure"].startswith("share_of_best")
        and row["score"] in ("score", "model_score", "index_score")
        and row["k"] in (None, model.capacity)
    ]
    if not rows:
        return
    yield "### Of the best that could be"
    yield ""
    yield (
        "The people are made up, so it is known who was truly at risk. This is how much of the best"
        " order's result is reached."
    )
    yield ""
    yield from table(
        ["List", "Measure", "Share of the best"],
        [
            [
                _named(row["score"]),
                row["measure"].removeprefix("share_of_best_").replace("_", " "),
                with_interval(row),
            ]
            for row in rows
        ],
    )


def _stability(model: Configuration, results: Results) -> Iterator[str]:
    rows = results.of("stability", model.name)
    if not rows:
        return
    names = {"log_odds": "the glass box alone", "index_points": "the analysts' index alone"}
    yield "### How steady the list is"
    yield ""
    yield (
        "How much of the list of the latest day of trial is on that of the day after, when one day"
        " more is known and nothing else differs. Ties at the ends are ordered by chance."
    )
    yield ""
    yield from table(
        ["List", "Stays", "As ties are ordered"],
        [
            [
                names.get(row["ranked_by"], _named(row["ranked_by"])),
                percent(row["share_expected"]),
                f"{percent(row['share_worst'])} to {percent(row['share_best'])}",
            ]
            for row in rows
        ],
    )


def _in_sample(model: Configuration, results: Results) -> Iterator[str]:
    names = {
        "who_are_cohort": "share of those listed who are people it was made from",
        "cohort_identified": "share of the people it was made from who are listed",
    }
    rows = [
        (told, row)
        for row in results.of("performance", model.name)
        if row["measure"].startswith("in_sample") and row["k"] in (None, model.capacity)
        for end, told in names.items()
        if row["measure"].endswith(end)
    ]
    if not rows:
        return
    yield "### In-sample, as the original measured itself"
    yield ""
    yield (
        "**No accuracy.** It says how well the score knows those again whom it was made from, and"
        " stands here because the original told nothing else."
    )
    yield ""
    yield from table(
        ["List", "In-sample measure", ""],
        [[_named(row["score"]), told, with_interval(row)] for told, row in rows],
    )


def _named(score: Any) -> str:
    return SCORES.get(score, str(score))


def _lowered(words: str) -> str:
    return words if words[:2].isupper() else words[0].lower() + words[1:]


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
