"""An assessment as one page of pictures, an SVG document that says nothing of any person.

Precision along recall with its band, what each list of a team's capacity finds, calibration, recall
by lead time, and groups beside each other. Every number of it stands in the tables too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from xml.sax.saxutils import escape

import numpy as np

from think_family.scoring.assess import Assessment
from think_family.scoring.assess_groups import NOT_ENOUGH

Row = Mapping[str, Any]
# Draws at a left and an upper end, and gives its lower end.
_Panel = Callable[[float, float], tuple[list[str], float]]
Points = Sequence[tuple[float, float]]

_WIDTH = 980.0
_MARGIN = 28.0
_PANEL = 300.0  # height of a panel's field
_FIELD = 350.0  # width of a panel's field
_LEFT = 70.0  # room for what stands left of a field
_ROW = 20.0
_MOST_IN_LEGEND = 6

# Of groups, and of lists: room for names left of the field.
_NAMES = 250.0

# Told apart by pattern first; blues and greys, as in the pictures of networks.
_STYLES = ("first", "second", "third", "fourth", "fifth", "sixth")

_CSS = """
.assessment .ground { fill: #ffffff; }
.assessment text { fill: #1f2d3a; font-family: system-ui, "Segoe UI", "Liberation Sans",
  sans-serif; font-size: 12px; }
.assessment .heading { font-size: 18px; font-weight: 600; }
.assessment .title { font-size: 14px; font-weight: 600; }
.assessment .right { text-anchor: end; }
.assessment .middle { text-anchor: middle; }
.assessment .weak { fill: #5b6873; }
.assessment .axis { stroke: #8894a0; stroke-width: 1; }
.assessment .grid { stroke: #e6eaee; stroke-width: 1; }
.assessment .line { fill: none; stroke: #2f6ea5; stroke-width: 2; }
.assessment .band { fill: #2f6ea5; fill-opacity: 0.16; }
.assessment .dot { fill: #2f6ea5; }
.assessment .open { fill: #ffffff; stroke: #6f7b86; stroke-width: 1.6; }
.assessment .second { stroke: #1f2d3a; stroke-dasharray: 8 4; }
.assessment .third { stroke: #6f7b86; stroke-dasharray: 3 3; }
.assessment .fourth { stroke: #6f7b86; stroke-dasharray: 10 3 2 3; }
.assessment .fifth { stroke: #9aa5af; }
.assessment .sixth { stroke: #9aa5af; stroke-dasharray: 1 3; }
.assessment .whisker { stroke: #2f6ea5; stroke-width: 1.6; }
.assessment .unsure { stroke: #6f7b86; }
.assessment .even { stroke: #6f7b86; stroke-dasharray: 4 4; }
@media (prefers-color-scheme: dark) {
.assessment .ground { fill: #161c22; }
.assessment text { fill: #e4eaf0; }
.assessment .weak { fill: #a5b0ba; }
.assessment .grid { stroke: #2a333c; }
.assessment .line, .assessment .whisker { stroke: #7fb2de; }
.assessment .band, .assessment .dot { fill: #7fb2de; }
.assessment .open { fill: #161c22; stroke: #98a5b1; }
.assessment .second { stroke: #e4eaf0; }
.assessment .third, .assessment .fourth, .assessment .unsure { stroke: #98a5b1; }
.assessment .fifth, .assessment .sixth { stroke: #6f7b86; }
}
"""


def draw_assessment(
    assessment: Assessment, title: str = "What the scores find", note: str = ""
) -> str:
    """Draw an assessment; of several days, what is told of all together, or else the last.

    Args:
        assessment: As `assess` gives it.
        title: What stands above.
        note: What stands below it.

    Returns:
        An SVG document; the same assessment gives the same text.
    """
    days = set(assessment.tables["counts"]["as_of"].to_pylist())
    day = None if None in days else max(days)
    tables = {
        name: [row for row in table.to_pylist() if row["as_of"] == day]
        for name, table in assessment.tables.items()
    }
    of = assessment.headline
    performance = [row for row in tables["performance"] if row["population"] == of]
    lists = assessment.telling(day)
    capacity = assessment.settings.capacity
    heading = _heading(assessment, tables, title, day, len(days))
    if note:
        heading.insert(1, note)
    top = _MARGIN + 12 + _ROW * len(heading) + 16
    body = [
        _text(words, _MARGIN, _MARGIN + 12 + _ROW * nth, "weak" if nth else "heading")
        for nth, words in enumerate(heading)
    ]
    panels: list[_Panel] = [
        lambda x, y: _curves(tables["curves"], performance, lists, x, y),
        lambda x, y: _lists(performance, lists, capacity, x, y),
    ]
    first = next(row["score"] for row in performance if row["kind"] == "score")
    if tables["lead_times"]:
        panels.append(lambda x, y: _lead_times(tables["lead_times"], first, capacity, x, y))
    if len(days) > 1:
        every = assessment.tables["performance"].to_pylist()
        panels.append(lambda x, y: _over_time(every, of, first, capacity, x, y))
    if len({row["k"] for row in performance if row["measure"] == "precision"}) > 1:
        panels.append(lambda x, y: _lengths(performance, lists, x, y))
    if tables["calibration"]:
        panels.append(lambda x, y: _calibration(tables["calibration"], x, y))
    # In two columns, each picture in the one that ends higher up.
    ends = [top - 40, top - 40]
    for panel in panels:
        column = ends.index(min(ends))
        drawn, end = panel((_MARGIN, _WIDTH / 2)[column], ends[column] + 40)
        body += drawn
        ends[column] = end
    bottom = max(ends)
    if tables["groups"]:
        drawn, bottom = _groups(tables["groups"], first, capacity, bottom + 40)
        body += drawn
    height = bottom + _MARGIN
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" class="assessment" role="img"'
        ' aria-labelledby="assessment-title assessment-desc"'
        f' width="{_n(_WIDTH)}" height="{_n(height)}" viewBox="0 0 {_n(_WIDTH)} {_n(height)}">\n'
        f'<title id="assessment-title">{escape(heading[0])}</title>\n'
        f'<desc id="assessment-desc">{escape(_described(performance, lists, capacity))}</desc>\n'
        f"<style>{_CSS}</style>\n"
        f'<rect class="ground" width="{_n(_WIDTH)}" height="{_n(height)}"/>\n'
        + "\n".join(body)
        + "\n</svg>\n"
    )


def _heading(
    assessment: Assessment,
    tables: Mapping[str, list[Row]],
    title: str,
    day: date | None,
    n_days: int,
) -> list[str]:
    counts = {row["what"]: _people(row["n_rows"]) for row in tables["counts"]}
    when = f", scores as of {day.isoformat()}" if day else ""
    words = [
        f"{title}{when}",
        f"{counts['assessed']} people assessed; the event came to"
        f" {counts['assessed whom the event came to']} of them",
    ]
    if day is None and n_days > 1:
        words[-1] += f"; {n_days - 1} days together, a list on each"
    if assessment.headline != "everyone":
        words.append(
            f"Without {counts['assessed, known already']} who were known already: they are listed"
            " as known, and not counted as found"
        )
    settings = assessment.settings
    if settings.draws and any(row["low"] is not None for row in tables["curves"]):
        words.append(
            f"Bands and whiskers: {settings.level:.0%} of {settings.draws:,} draws of"
            f" {assessment.n_clusters[day]:,} clusters"
            if day in assessment.n_clusters
            else f"Bands and whiskers: {settings.level:.0%} of draws of whole families"
        )
    if day is not None and n_days > 1:
        words.append(f"The last of {n_days} days; the others are in the tables")
    return words


@dataclass(frozen=True)
class _Field:
    """The field of a panel, from 0 or less to the highest value each way."""

    x: float
    y: float
    width: float
    height: float
    most_x: float
    most_y: float

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Place a point; what lies outside stands at the edge."""
        right = min(max(x / self.most_x, 0.0), 1.0)
        up = min(max(y / self.most_y, 0.0), 1.0)
        return self.x + self.width * right, self.y + self.height * (1 - up)

    def frame(self, label_x: str, label_y: str) -> list[str]:
        """Draw grid, axes and what stands beside them."""
        body = self.frame_upwards(label_x, label_y)
        for tick in _ticks(self.most_x):
            x, _ = self.at(tick, 0)
            body.append(_text(_tick(tick), x, self.y + self.height + 16, "middle weak"))
        return body

    def frame_upwards(self, label_x: str, label_y: str) -> list[str]:
        """Draw the same without what stands below the ticks of the x axis."""
        body = []
        for tick in _ticks(self.most_y):
            _, y = self.at(0, tick)
            body.append(_line("grid", [(self.x, y), (self.x + self.width, y)]))
            body.append(_text(_tick(tick), self.x - 8, y + 4, "right weak"))
        bottom = self.y + self.height
        body.append(_line("axis", [(self.x, bottom), (self.x + self.width, bottom)]))
        body.append(_text(label_x, self.x + self.width / 2, bottom + 34, "middle"))
        body.append(_text(label_y, self.x - _LEFT + 14, self.y - 10))
        return body


def _curves(
    rows: Iterable[Row], performance: Iterable[Row], lists: Sequence[str], x: float, y: float
) -> tuple[list[str], float]:
    of_list = {
        name: [row for row in rows if row["score"] == name and row["precision"] is not None]
        for name in lists
    }
    shown = lists[:_MOST_IN_LEGEND]
    highest = max([_high(row, "precision") for name in shown for row in of_list[name]], default=1.0)
    field = _Field(x + _LEFT - 20, y + 56, _FIELD, _PANEL, 1.0, _round_up(highest))
    body = [_text("Precision along recall", x, y + 12, "title")]
    body += field.frame("recall: share found of all whom the event came to", "precision")
    first = [row for row in of_list[lists[0]] if row["low"] is not None]
    if first:
        edge = [field.at(row["recall"], row["high"]) for row in first]
        edge += [field.at(row["recall"], row["low"]) for row in reversed(first)]
        body.append(f'<polygon class="band" points="{_way(edge)}"/>')
    for style, name in zip(_STYLES, shown, strict=False):
        way = [field.at(row["recall"], row["precision"]) for row in of_list[name]]
        if way:
            body.append(_line(f"line {style}", way))
    areas = {
        row["score"]: row["value"] for row in performance if row["measure"] == "average_precision"
    }
    bottom = field.y + field.height + 56
    for nth, (style, name) in enumerate(zip(_STYLES, shown, strict=False)):
        at = bottom + _ROW * nth
        body.append(_line(f"line {style}", [(field.x, at - 4), (field.x + 34, at - 4)]))
        area = areas.get(name)
        told = "" if area is None else f": average precision {area:.3f}"
        body.append(_text(f"{name}{told}", field.x + 44, at))
    bottom += _ROW * len(shown)
    if len(lists) > len(shown):
        body.append(_text(f"{len(lists) - len(shown)} more are in the tables", field.x, bottom))
        bottom += _ROW
    return body, bottom


def _lists(
    rows: Iterable[Row], lists: Sequence[str], capacity: float, x: float, y: float
) -> tuple[list[str], float]:
    """Draw what each list finds: a dot and a whisker, and how far ties could move it."""
    found = {
        row["score"]: row
        for row in rows
        if row["measure"] == "precision" and row["k"] == capacity and row["score"] in lists
    }
    prevalence = [row for row in rows if row["measure"] == "prevalence"]
    body = [
        _text(f"Of {capacity:,g} people listed, how many it came to", x, y + 12, "title"),
    ]
    bars = [(name, found[name]) for name in lists]
    bars += [("anybody, by chance", row) for row in prevalence]
    highest = max([_high(row, "value") for _, row in bars], default=1.0)
    drawn, bottom = _dots(
        [(name, row, row["low"] is None) for name, row in bars], x, y + 40, 180, _round_up(highest)
    )
    body += drawn
    return body, bottom


def _lengths(
    rows: Iterable[Row], lists: Sequence[str], x: float, y: float
) -> tuple[list[str], float]:
    """Draw precision by length of list, the lengths as far apart as they are times one another."""
    of_list = {
        name: sorted(
            (
                row
                for row in rows
                if row["score"] == name
                and row["measure"] == "precision"
                and row["value"] is not None
            ),
            key=lambda row: float(row["k"]),
        )
        for name in lists
    }
    lengths = sorted({row["k"] for of in of_list.values() for row in of})
    highest = max([_high(row, "value") for of in of_list.values() for row in of], default=1.0)
    field = _Field(x + _LEFT - 20, y + 56, _FIELD, _PANEL, 1.0, _round_up(highest))
    body = [_text("Precision by length of the list", x, y + 12, "title")]
    body += field.frame_upwards("people listed", "share whom the event came to")
    least, most = np.log(lengths[0]), np.log(lengths[-1])

    def across(k: float) -> float:
        return float(0.04 + 0.92 * (np.log(k) - least) / (most - least))

    bottom = field.y + field.height
    for k in lengths:
        at, _ = field.at(across(k), 0)
        body.append(_text(f"{k:,g}", at, bottom + 16, "middle weak"))
    for row in of_list[lists[0]] if lists else ():
        if row["low"] is not None:
            ends = [field.at(across(row["k"]), row[end]) for end in ("low", "high")]
            body.append(_line("whisker", ends))
    for style, name in zip(_STYLES, lists, strict=False):
        way = [field.at(across(row["k"]), row["value"]) for row in of_list[name]]
        if way:
            body.append(_line(f"line {style}", way))
            body += [_dot("dot", *point) for point in way if style == _STYLES[0]]
    words = "Lines as in the first picture. Whiskers are of the first score."
    body.append(_text(words, field.x, bottom + 56, "weak"))
    return body, bottom + 56 + _ROW


def _calibration(rows: Sequence[Row], x: float, y: float) -> tuple[list[str], float]:
    name = rows[0]["score"]
    shown = [row for row in rows if row["score"] == name and row["observed"] is not None]
    highest = _round_up(
        max(max(row["expected"] for row in shown), max(_high(row, "observed") for row in shown))
    )
    field = _Field(x + _LEFT - 20, y + 56, _FIELD, _PANEL, highest, highest)
    body = [_text(f"Calibration of {name}, of everyone", x, y + 12, "title")]
    body += field.frame("mean probability of the bin", "share whom the event came to")
    body.append(_line("even", [field.at(0, 0), field.at(highest, highest)]))
    for row in shown:
        if row["low"] is not None:
            ends = [field.at(row["expected"], row[end]) for end in ("low", "high")]
            body.append(_line("whisker", ends))
        px, py = field.at(row["expected"], row["observed"])
        body.append(_dot("dot", px, py))
    bottom = field.y + field.height + 56
    words = "On the dashed line, as many came as were foretold."
    body.append(_text(words, field.x, bottom, "weak"))
    return body, bottom + _ROW


def _lead_times(
    rows: Iterable[Row], name: str, capacity: float, x: float, y: float
) -> tuple[list[str], float]:
    shown = [row for row in rows if row["score"] == name]
    highest = max([_high(row, "value") for row in shown], default=1.0)
    drawn, bottom = _dots(
        [
            (
                f"{row['lead_time']} days ({_people(row['n_positive'])})"
                if row["lead_time"] != "other"
                else f"other or unknown ({_people(row['n_positive'])})",
                row,
                row["low"] is None,
            )
            for row in shown
        ],
        x,
        y + 40,
        180,
        _round_up(highest),
    )
    title = f"Share found by the {capacity:,g} highest, by days to the event"
    body = [_text(title, x, y + 12, "title"), *drawn]
    body.append(_text("In brackets, how many the event came to then.", x, bottom, "weak"))
    return body, bottom + _ROW


def _over_time(
    rows: Iterable[Row], population: str, name: str, capacity: float, x: float, y: float
) -> tuple[list[str], float]:
    shown = [
        row
        for row in rows
        if row["as_of"] is not None
        and row["population"] == population
        and row["score"] == name
        and row["measure"] == "precision"
        and row["k"] == capacity
    ]
    highest = max([_high(row, "value") for row in shown], default=1.0)
    drawn, bottom = _dots(
        [(row["as_of"].isoformat(), row, row["low"] is None) for row in shown],
        x,
        y + 40,
        180,
        _round_up(highest),
    )
    title = f"Of the {capacity:,g} highest, how many it came to, day by day"
    return [_text(title, x, y + 12, "title"), *drawn], bottom


def _groups(rows: Iterable[Row], name: str, capacity: float, y: float) -> tuple[list[str], float]:
    """Draw how much of each group is found, grouping by grouping."""
    shown = [row for row in rows if row["score"] == name and row["measure"] == "true_positive_rate"]
    highest = _round_up(max([_high(row, "value") for row in shown], default=1.0))
    title = f"Share found by the {capacity:,g} highest of {name}, by group"
    body = [_text(title, _MARGIN, y + 12, "title")]
    words = (
        "Filled: surely other than the reference. Open: not enough evidence of a difference, or"
        " the reference itself."
    )
    body.append(_text(words, _MARGIN, y + 32, "weak"))
    bottom = y + 48
    for grouping in dict.fromkeys(row["grouping"] for row in shown):
        of = [row for row in shown if row["grouping"] == grouping]
        body.append(_text(grouping, _MARGIN, bottom + 14, "title"))
        drawn, bottom = _dots(
            [
                (
                    f"{row['group']} ({_people(row['n_positive'])} of {_people(row['n_rows'])})"
                    + (", reference" if row["group"] == row["reference"] else ""),
                    row,
                    row["verdict"] == NOT_ENOUGH or row["group"] == row["reference"],
                )
                for row in of
            ],
            _MARGIN,
            bottom + 22,
            _NAMES + 60,
            highest,
            width=_WIDTH - 2 * _MARGIN - _NAMES - 60 - 70,
        )
        body += drawn
    return body, bottom


def _dots(
    rows: Sequence[tuple[str, Row, bool]],
    x: float,
    y: float,
    names: float,
    highest: float,
    *,
    width: float = 190.0,
) -> tuple[list[str], float]:
    """Draw a row for each: name, whisker, dot, and the value in words.

    Args:
        rows: Name, row with value, low and high, and whether its dot is open.
        x: Left end.
        y: Upper end.
        names: Room for names.
        highest: The value at the right end.
        width: Width of the field.
    """
    left = x + names
    bottom = y + _ROW * len(rows) + 6
    body = []

    def at(value: float) -> float:
        return left + width * min(max(value / highest, 0.0), 1.0)

    for tick in _ticks(highest):
        body.append(_line("grid", [(at(tick), y), (at(tick), bottom)]))
        body.append(_text(_tick(tick), at(tick), bottom + 14, "middle weak"))
    for nth, (name, row, is_open) in enumerate(rows):
        middle = y + _ROW * (nth + 0.5) + 3
        body.append(_text(_short(name, names), left - 12, middle + 4, "right"))
        if row["value"] is None:
            body.append(_text("nobody to tell of, or too few", left + 6, middle + 4, "weak"))
            continue
        end = row["value"]
        if row["low"] is not None:
            style = "whisker unsure" if is_open else "whisker"
            body.append(_line(style, [(at(row["low"]), middle), (at(row["high"]), middle)]))
            end = max(end, row["high"])
        body.append(_dot("open" if is_open else "dot", at(row["value"]), middle))
        body.append(_text(_percent(row["value"]), at(end) + 10, middle + 4))
    return body, bottom + 30


def _described(performance: Iterable[Row], lists: Sequence[str], capacity: float) -> str:
    told = [
        f"{row['score']} {_percent(row['value'])}"
        for row in performance
        if row["measure"] == "precision"
        and row["k"] == capacity
        and row["score"] in lists
        and row["value"] is not None
    ]
    return f"Of the {capacity:,g} people listed highest, the event came to: {'; '.join(told)}."


def _high(row: Row, value: str) -> float:
    return max(each for each in (row[value], row["high"], 0.0) if each is not None)


def _round_up(value: float) -> float:
    """Give the end of an axis that reaches a value: 1, 2 or 5 times a power of ten, at most 1."""
    for most in _ENDS:
        if value <= most:
            return most
    return 1.0


_ENDS = tuple(
    step * 10.0**power for power in range(-6, 0) for step in (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0)
)


def _ticks(most: float) -> list[float]:
    return [float(tick) for tick in np.linspace(0, most, 5)]


def _people(n: int | None) -> str:
    """Write a count; of few it may have been withheld."""
    return "few" if n is None else f"{n:,}"


def _tick(share: float) -> str:
    """Write where a line of the grid stands, exactly."""
    return f"{100 * share:.4g}%"


def _percent(share: float) -> str:
    percent = 100 * share
    return f"{percent:.3g}%" if abs(percent) < 9.95 else f"{percent:.0f}%"


def _short(name: str, room: float) -> str:
    """Cut a name that would reach beyond the margin."""
    most = int(room / 6.4)
    return name if len(name) <= most else name[: most - 1] + "…"


def _text(words: str, x: float, y: float, style: str = "") -> str:
    of_style = f' class="{style}"' if style else ""
    return f'<text{of_style} x="{_n(x)}" y="{_n(y)}">{escape(words)}</text>'


def _line(style: str, points: Points) -> str:
    return f'<polyline class="{style}" points="{_way(points)}"/>'


def _dot(style: str, x: float, y: float) -> str:
    return f'<circle class="{style}" cx="{_n(x)}" cy="{_n(y)}" r="4"/>'


def _way(points: Points) -> str:
    return " ".join(f"{_n(x)},{_n(y)}" for x, y in points)


def _n(value: float) -> str:
    """Write a length with one decimal, which is all that shows; no zero has a sign."""
    return f"{round(value, 1) + 0.0:g}" if abs(value) < 1e5 else str(round(value))
