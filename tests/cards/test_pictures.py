"""Pictures of what is kept: all days together first, each day beside them, few people as few."""

from __future__ import annotations

from datetime import date

from think_family.cards.pictures import described, draw_found, draw_parted

from .kept import DAY, kept, model, performance, row

DAYS = (date(2023, 5, 15), DAY)


def test_all_days_together_are_drawn_with_each_day_beside_them() -> None:
    results = kept(
        counts=[
            row("counts", as_of=day, what=what, n_rows=n, n_people=float(n))
            for day in (None, *DAYS)
            for what, n in (
                ("assessed", 8000),
                ("assessed whom the event came to", 20),
                ("assessed, known already", 135),
            )
        ],
        performance=[
            performance("score", "roc_auc", 0.8, k=None),
            performance("score", "precision", 0.2),
            performance("score", "precision", 0.1, k=100.0),
            performance("score", "precision", 0.31, as_of=DAYS[0]),
            performance("score", "precision", 0.11, as_of=DAYS[1]),
        ],
    )
    picture = draw_found(model(), results)
    assert picture is not None
    for words in (
        "Child sexual exploitation, under 18",
        results.first_line,
        "2 days together, a list on each",
        "Precision by length of the list",
        "2023-05-15",
        "31%",
        "2024-05-14",
        "11%",
    ):
        assert words in picture, words


def test_nothing_is_drawn_where_nothing_may_be_told() -> None:
    results = kept(performance=[performance("score", "precision", None)])
    assert draw_found(model(), results) is None
    assert draw_parted(model(), kept(trials=[])) is None


def test_days_ahead_of_few_are_drawn_as_few() -> None:
    lead = [row("lead_times", population="not known", lead_time="0-30", score="score", k=50.0)]
    picture = draw_found(model(), kept(lead_times=lead))
    assert picture is not None
    assert "0-30 days (few)" in picture
    assert "nobody to tell of, or too few" in picture


def test_how_time_was_parted_is_drawn_with_what_is_in_both_parts() -> None:
    (trial,) = kept().tables["trials"]
    picture = draw_parted(model(), kept(trials=[{**trial, "n_outcomes": None}]))
    assert picture is not None
    assert "learned from: 85 labels" in picture
    assert "test: few" in picture
    assert "In both parts: 0 labels" in picture
    told = draw_parted(model(), kept(trials=[{**trial, "n_labels_in_both": 3}]))
    assert told is not None
    assert "In both parts: 3 labels" in told


def test_a_picture_is_told_in_words() -> None:
    assert described(model(), kept()) == (
        "Of the 50 people listed highest on each day, it came to: score 20%, index 12%."
    )
