"""A card says what the results say, and of a withdrawn model only why it was withdrawn."""

from __future__ import annotations

from think_family.cards.card import render_card
from think_family.scoring.parameters import AdditiveParameters, Term
from think_family.scoring.scale import Scale

from .kept import DAY, MODEL, judged, kept, model, performance, row, sources

WITHDRAWN = "Withdrawn: it came to fewer of those that the model lists."


def lines_of(page: str, heading: str) -> list[str]:
    """The lines below a heading, down to the next."""
    lines = page.splitlines()
    start = lines.index(heading) + 1
    ends = [n for n in range(start, len(lines)) if lines[n].startswith("#")]
    return lines[start : ends[0] if ends else None]


def test_figures_stand_beside_those_of_the_baselines_with_their_intervals() -> None:
    told = lines_of(render_card(model(), sources(), kept()), "### Beside what costs nothing")
    assert told[3:5] == [
        "| the score: the higher of model and index | 20% (10% to 40%) | 25% (12% to 50%)"
        " | 0.075 (0.037 to 0.150) | - |",
        "| the analysts' index alone | 12% (6% to 24%) | 15% (7.5% to 30%) | - | - |",
    ]


def test_what_ties_could_do_is_told() -> None:
    rows = [performance("score", "precision", 0.2, worst=0.1, best=0.3)]
    page = render_card(model(), sources(), kept(performance=rows))
    assert "20% (10% to 40%); ties: 10% to 30%" in page


def test_a_list_that_tells_nobody_apart_is_left_out() -> None:
    rows = [
        performance("score", "precision", 0.2),
        performance("known already", "precision", 0.01),
        performance("known already", "roc_auc", 0.5, k=None, low=0.5, high=0.5),
    ]
    told = lines_of(
        render_card(model(), sources(), kept(performance=rows)), "### Beside what costs nothing"
    )
    assert not [line for line in told if "known already" in line]


def test_a_withdrawn_model_tells_why_and_nothing_else_that_was_found() -> None:
    results = kept(models=[judged(is_withdrawn=True, reason=WITHDRAWN)])
    page = render_card(model(), sources(), results)
    status = lines_of(page, "## Status")
    assert f"**{WITHDRAWN}** It publishes no score." in status
    assert "| the score: the higher of model and index | 20% (10% to 40%) |" in status
    assert "no statement of how good it is" in " ".join(status)
    assert "## What it was found to be worth" not in page
    # Neither recall nor average precision, which it was not judged by.
    assert "25%" not in page
    assert "0.075" not in page


def test_a_model_that_was_not_tried_claims_nothing() -> None:
    results = kept(models=[], trials=[], performance=[])
    page = render_card(model(), sources(), results)
    assert "Not judged" in page
    assert "nothing is known of what it is worth" in page


def test_a_figure_that_was_withheld_is_not_told() -> None:
    lead = [
        row("lead_times", lead_time="0-30", score="score", k=50.0, n_positive=None),
        row("lead_times", lead_time="31-180", score="score", k=50.0, n_positive=25, value=0.25),
    ]
    told = lines_of(render_card(model(), sources(), kept(lead_times=lead)), "### How far ahead")
    assert told[3:5] == [
        "| 0-30 | fewer than 10 | not told: too few |",
        "| 31-180 | 25 | 25% |",
    ]


def test_groups_that_cannot_be_told_apart_are_called_so() -> None:
    def of(group: str, measure: str, verdict: str, value: float | None) -> dict[str, object]:
        return row(
            "groups", score="score", grouping="sex", group=group, reference="male", measure=measure,
            n_rows=100, n_positive=20, value=value, verdict=verdict,
        )  # fmt: skip

    rows = [
        of("male", "true_positive_rate", "reference", 0.3),
        of("female", "true_positive_rate", "not enough evidence", None),
        of("female", "false_positive_rate", "lower", 0.1),
    ]
    told = lines_of(render_card(model(), sources(), kept(groups=rows)), "### By group")
    assert "| Male | 100 | 20 | - | 30% | reference | - |  |" in told
    assert (
        "| Female | 100 | 20 | - | not told: too few | not enough evidence | 10%"
        " | surely lower than the reference |"
    ) in told


def test_the_originals_protocol_is_named_as_in_sample_and_as_no_accuracy() -> None:
    rows = [
        performance("score", "precision", 0.2),
        performance(
            "score",
            "in_sample_share_of_identified_who_are_cohort",
            0.6,
            population="in-sample",
            as_of=DAY,
        ),
    ]
    page = render_card(model(), sources(), kept(performance=rows))
    told = lines_of(page, "### In-sample, as the original measured itself")
    assert told[1].startswith("**No accuracy.**")
    assert "60%" in " ".join(told)
    assert "60%" not in "".join(lines_of(page, "### Beside what costs nothing"))


def test_a_changed_model_stands_beside_the_model_on_the_same_draws() -> None:
    network = {"variant": "without_network"}
    rows = [
        performance("score", "precision", 0.2),
        performance("score", "precision", 0.1) | network,
    ]
    beside = row(
        "comparisons", population="not known", score="score", other="as_configured",
        measure="precision", k=50.0, difference=-0.1, difference_low=-0.15, difference_high=-0.05,
        verdict="lower",
    )  # fmt: skip
    page = render_card(model(), sources(), kept(performance=rows, comparisons=[beside | network]))
    assert (
        "| without who is near in the network, and places | score | 10% (5% to 20%) | - | -"
        " | -10.0 points (-15.0 to -5.0): surely lower |"
    ) in page


def test_what_stays_of_a_list_when_a_day_more_is_known_is_told() -> None:
    rows = [
        row("stability", ranked_by=name, share_expected=0.94, share_worst=0.9, share_best=1.0)
        for name in ("index_points", "score")
    ]
    told = lines_of(
        render_card(model(), sources(), kept(stability=rows)), "### How steady the list is"
    )
    assert told[-3:-1] == [
        "| the analysts' index alone | 94% | 90% to 100% |",
        "| the score: the higher of model and index | 94% | 90% to 100% |",
    ]


def test_each_feature_says_what_it_adds_and_whether_it_may_only_rise() -> None:
    term = Term(
        feature="n_missing_report_90_days",
        kind="number",
        sign=1,
        indicator_code="missing_report",
        scope="person",
        is_label_proxy=False,
        imputed="lowest",
        has_flag=False,
        edges=(1.0, 3.0),
        contributions=(-0.25, 0.5, 1.0),
        missing=-0.25,
    )
    fitted = AdditiveParameters(
        MODEL, -6.0, (term,), ("n_other",), Scale("percentile", (0.0, 1.0), (0.0, 100.0)), {}
    )
    page = render_card(model(), sources(fitted={MODEL: fitted}), kept())
    assert (
        "| Reported missing: events in the last 90 days | rise | below 1: -0.25; from 1 to below 3:"
        " +0.50; from 3: +1.00; missing: -0.25 |"
    ) in page


def test_the_first_line_says_of_how_many_people_the_figures_are() -> None:
    page = render_card(model(), sources(), kept({"people": "100000", "publishable": "no"}))
    assert page.splitlines()[0] == (
        "> These figures are of 100,000 made-up people, and not to be published as accuracy: that"
        " takes 535,000 people at natural prevalence."
    )
