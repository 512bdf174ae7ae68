"""The catalogue of indicators as a page for those who ask what is counted, and of what."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from think_family.contract.contract import Contract
from think_family.errors import ThinkFamilyError
from think_family.pages import table

Row = Mapping[str, str]

#: Which ties and which indicators of others count, by the end of a feature's name.
_NETWORKS = {
    "": "all ties, all indicators of the shared set",
    "_no_family": "without pairs of one family or household on the day",
    "_no_proxies": "label proxies not counted",
    "_no_family_no_proxies": "neither",
}

#: Programmes of extracts that tell of every programme's people.
_EVERYWHERE = ("force", "shared")

# Features that stand for no indicator: name, of whom, what it tells, what it is of nothing.
_OTHERS = (
    (
        "age_in_years",
        "the person",
        "Completed years by the birth date as it was known; 29 February comes with 1 March",
        "null",
    ),
    ("n_relatives", "the family", "Other members", "0"),
    ("n_relatives_under_18", "the family", "Of these, those under 18", "0"),
    ("n_indicators_known", "the person", "Indicators of which anything was known", "0"),
    (
        "n_family_indicators",
        "the family",
        "Indicators that other members had within 365 days",
        "0",
    ),
)

_INDEXES = {
    "points_cse": "Sexual exploitation",
    "points_criminal_exploitation": "Criminal exploitation",
    "points_serious_violence": "Serious violence",
    "points_conduct_disorder": "Conduct disorder",
    "points_neet": "NEET",
}

_PREAMBLE = """\
# Indicators and features

<!-- Made by `think-family indicators --write docs/indicators.md`; do not edit by hand. -->

What the warehouse counts, of whom, and from which extract: the variable list. This page is made
from the seeds indicator_catalogue, indicator_source, feature_kind, indicator_outcome, carried_risk
and network_feature_kind, which the models read too.

## How to read it

- An **indicator** is a dated fact about a person that may point to a need or a risk. It is a
  reason to look, never a finding: to be recorded as a suspect is no finding of guilt.
- An **event** happens on a day and counts as present for the days of its window; a **state**
  counts while it lasts. Windows end with the as-of date, and 90 days are the day itself and the
  89 before it. On the day on which it ended a state no longer lasts.
- **Known** on a day is what was recorded by then, as it stood then. A row that was amended later
  counts with what it said at the time; an end that lies ahead has not come. What a register says
  without a date of its own (free school meals, council tax owed, arrears in Somerset) is dated by
  the delivery that says so.
- **Held, derivable, absent**: a programme holds an indicator when its extracts tell it; derives
  it when it is made from something finer or near it; or lacks it. What a programme lacks, or had
  not yet begun to record, is null in the features of its people, with `is_held_<indicator>`
  false: never zero. The police and health tell of everyone.
- The **shared set** is what Bristol and Somerset both hold or can derive. A model over both areas
  uses it alone.
- A **label proxy** says nearly the same as what models are to find. Results are told with and
  without them.
- Events that several rows tell, as the roles of one person in one occurrence, count once.
"""

_PURPOSES = """\
Restricted intelligence stands apart in int_indicators__intelligence_coded: features count it, and
no mart of the front line descends from it.
"""


@dataclass(frozen=True)
class Catalogue:
    """The seeds that say what is counted, row by row as they stand in their files."""

    indicators: Sequence[Row]
    sources: Sequence[Row]
    needs: Sequence[Row]
    outcomes: Sequence[Row]
    feature_kinds: Sequence[Row]
    risks: Sequence[Row]
    network_kinds: Sequence[Row]
    programmes: Sequence[Row]


def read_catalogue(seeds: Path) -> Catalogue:
    """Read the seeds of a folder.

    Raises:
        ThinkFamilyError: a seed is missing.
    """

    def rows(name: str) -> list[dict[str, str]]:
        return read_seed(seeds, name)

    return Catalogue(
        rows("indicator_catalogue"),
        rows("indicator_source"),
        rows("need_catalogue"),
        rows("indicator_outcome"),
        rows("feature_kind"),
        rows("carried_risk"),
        rows("network_feature_kind"),
        rows("programme"),
    )


def read_seed(seeds: Path, name: str) -> list[dict[str, str]]:
    """Read a seed of a folder, row by row as it stands in its file.

    Raises:
        ThinkFamilyError: it is missing.
    """
    file = seeds / f"{name}.csv"
    if not file.exists():
        raise ThinkFamilyError(
            f"{file} is not there. Run the command in the root of the project, or name the folder"
            " of the seeds with --seeds."
        )
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def render_catalogue(catalogue: Catalogue, contract: Contract) -> str:
    """Render the page.

    Args:
        catalogue: the seeds.
        contract: the extracts, for the programme of each.
    """
    return "\n".join(
        [
            _PREAMBLE,
            *_summary(catalogue),
            *_by_criterion(catalogue, contract),
            *_facts(catalogue),
            *_points(catalogue),
            *_outcomes(catalogue),
            *_features(catalogue),
        ]
    )


def feature_names(catalogue: Catalogue) -> Iterator[str]:
    """Name every feature that stands for an indicator, in the order of the catalogue."""
    for name, _, _ in _features_of_indicators(catalogue):
        yield name


def network_feature_names(catalogue: Catalogue) -> Iterator[str]:
    """Name every feature that tells of who is near a person, and of where the person was."""
    for name, _, _, _ in _features_of_networks(catalogue):
        yield name


def feature_meanings(catalogue: Catalogue) -> dict[str, str]:
    """Say in words what each feature is: its name, and what it tells."""
    told = {
        name: f"{indicator['indicator']}: {_lowered(kind['meaning'])}"
        for name, indicator, kind in _features_of_indicators(catalogue)
    }
    told |= {
        name: f"{kind['meaning']}, of {risk['meaning']}"
        + (f" ({_without(network)})" if network else "")
        for name, risk, kind, network in _features_of_networks(catalogue)
    }
    return told | {name: what for name, _, what, _ in _OTHERS}


def _features_of_indicators(catalogue: Catalogue) -> Iterator[tuple[str, Row, Row]]:
    for indicator in catalogue.indicators:
        for kind in catalogue.feature_kinds:
            if (
                kind["applies_to"] == "all"
                or (kind["applies_to"] == "state" and indicator["kind"] == "state")
                or (kind["applies_to"] == "measured" and indicator["value_unit"])
            ):
                name = f"{kind['feature_start']}{indicator['indicator_code']}{kind['feature_end']}"
                yield name, indicator, kind


def _features_of_networks(catalogue: Catalogue) -> Iterator[tuple[str, Row, Row, str]]:
    for risk in catalogue.risks:
        for kind in catalogue.network_kinds:
            for network in _networks_of(kind):
                yield f"{kind['feature_start']}{risk['harm']}{network}", risk, kind, network


def _without(network: str) -> str:
    """Say in words which ties and indicators a feature leaves out, by the end of its name."""
    parts = (part for part in ("_no_family", "_no_proxies") if part in network)
    return ", ".join(_NETWORKS[part] for part in parts)


def _lowered(words: str) -> str:
    return words[0].lower() + words[1:]


def _criteria(catalogue: Catalogue) -> list[Row]:
    return [need for need in catalogue.needs if need["framework"] == "six_criteria"]


def _summary(catalogue: Catalogue) -> list[str]:
    features = sum(1 for _ in feature_names(catalogue))
    shared = [row for row in catalogue.indicators if row["is_shared"] == "true"]
    proxies = [row for row in catalogue.indicators if row["is_label_proxy"] == "true"]
    return [
        f"There are {len(catalogue.indicators)} indicators under {len(_criteria(catalogue))}"
        f" criteria, {len(shared)} of them in the shared set and {len(proxies)} of them label"
        f" proxies;\n{features} features are counted from them and"
        f" {sum(1 for _ in network_feature_names(catalogue))} from who is near in the network"
        " and where the person was, beside\nage, family and a flag for each indicator that says"
        " whether it is held.",
        "",
        _PURPOSES,
    ]


def _by_criterion(catalogue: Catalogue, contract: Contract) -> Iterator[str]:
    programme_of = {
        (extract.system, extract.name): system.programme
        for system in contract.systems
        for extract in system.extracts
    }
    sources = defaultdict(list)
    for source in catalogue.sources:
        sources[source["indicator_code"]].append(source)
    names = [row["programme_name"] for row in catalogue.programmes]
    yield "## Indicators"
    yield ""
    for criterion in _criteria(catalogue):
        yield f"### {criterion['need']}"
        yield ""
        yield from table(
            ["Indicator", "Code", "What it says", "Kind", "Value", *names, "Proxy", "Data"],
            (
                [
                    row["indicator"],
                    f"`{row['indicator_code']}`",
                    row["meaning"],
                    "state" if row["kind"] == "state" else f"event, {row['window_days']} days",
                    row["value_unit"],
                    *(
                        _coverage(sources[row["indicator_code"]], programme_of, one["programme"])
                        for one in catalogue.programmes
                    ),
                    "proxy" if row["is_label_proxy"] == "true" else "",
                    row["sensitivity"].replace("_", " "),
                ]
                for row in catalogue.indicators
                if row["criterion"] == criterion["need_code"]
            ),
        )


def _coverage(
    sources: Iterable[Row], programme_of: Mapping[tuple[str, str], str], programme: str
) -> str:
    told = {
        source["coverage"]
        for source in sources
        if programme_of.get((source["source_system"], source["source_extract"]))
        in (programme, *_EVERYWHERE)
    }
    return "held" if "held" in told else "derivable" if told else "absent"


def _facts(catalogue: Catalogue) -> Iterator[str]:
    yield "## From which facts"
    yield ""
    yield "What an extract states, and the indicators that it is. `*` is any value."
    yield ""
    facts: dict[tuple[str, str, str, str], list[str]] = defaultdict(list)
    for source in catalogue.sources:
        bounds = [
            *([f"at least {source['at_least']}"] if source["at_least"] else []),
            *([f"below {source['below']}"] if source["below"] else []),
        ]
        facts[
            f"{source['source_system']}/{source['source_extract']}",
            source["attribute"],
            source["value"],
            " and ".join(bounds),
        ].append(f"`{source['indicator_code']}`")
    yield from table(
        ["Extract", "Attribute", "Value", "Measure", "Indicators"],
        ([*fact, ", ".join(codes)] for fact, codes in sorted(facts.items())),
    )


def _points(catalogue: Catalogue) -> Iterator[str]:
    yield "## Points in the analysts' indexes"
    yield ""
    yield "Conduct disorder is a count of flags, 1 each. Indicators without points are left out."
    yield ""
    yield from table(
        ["Indicator", *_INDEXES.values()],
        (
            [row["indicator"], *(row[points] for points in _INDEXES)]
            for row in catalogue.indicators
            if any(row[points] != "0" for points in _INDEXES)
        ),
    )


def _outcomes(catalogue: Catalogue) -> Iterator[str]:
    label = {row["indicator_code"]: row["indicator"] for row in catalogue.indicators}
    yield "## The ten outcomes of 2022"
    yield ""
    yield "Of the Supporting Families outcome framework; an indicator may stand under two."
    yield ""
    yield from table(
        ["Outcome", "Indicators"],
        (
            [
                need["need"],
                ", ".join(
                    label[row["indicator_code"]]
                    for row in catalogue.outcomes
                    if row["outcome_code"] == need["need_code"]
                )
                or "none: no extract tells of it",
            ]
            for need in catalogue.needs
            if need["framework"] == "ten_outcomes"
        ),
    )


def _features(catalogue: Catalogue) -> Iterator[str]:
    applies = {
        "all": "every indicator",
        "state": "states",
        "measured": "indicators with a value",
    }
    yield "## Features"
    yield ""
    yield (
        "Columns of int_features__persons_described, one row per person and day; listed one by one"
        " in\nint_features__features_catalogued."
    )
    yield ""
    yield from table(
        ["Name", "Of", "Counts", "When there is nothing"],
        (
            [
                f"`{kind['feature_start']}<indicator>{kind['feature_end']}`",
                applies[kind["applies_to"]],
                kind["meaning"],
                "0, or null where it is not held"
                if kind["is_zero_when_none"] == "true"
                else "null",
            ]
            for kind in catalogue.feature_kinds
        ),
    )
    yield (
        "Who is near in the network and carries a risk, and at which places the person was, is told"
        " of each harm:\n"
        + "; ".join(f"`{risk['harm']}` ({_carried(risk)})" for risk in catalogue.risks)
        + ".\nHow it is worked out stands in [network.md](network.md)."
    )
    yield ""
    yield from table(
        ["Name", "Of", "Counts", "When there is nothing"],
        (
            [
                f"`{kind['feature_start']}<harm>`",
                kind["scope"],
                kind["meaning"],
                "0" if kind["is_zero_when_none"] == "true" else "null",
            ]
            for kind in catalogue.network_kinds
        ),
    )
    yield from table(
        ["The name ends with", "What counts"],
        ([f"`{end}`" if end else "the harm", counts] for end, counts in _NETWORKS.items()),
    )
    yield from table(
        ["Name", "Of", "Counts", "When there is nothing"],
        [
            [
                "`is_held_<indicator>`",
                "every indicator",
                "Whether anybody would have told",
                "false",
            ],
            *([f"`{name}`", of, what, none] for name, of, what, none in _OTHERS),
        ],
    )


def _networks_of(kind: Row) -> list[str]:
    """Give the ends of the names of one kind of feature: places know nothing of families."""
    return [end for end in _NETWORKS if kind["scope"] == "associates" or "family" not in end]


def _carried(risk: Row) -> str:
    below = risk["carrier_below_age"]
    return risk["meaning"] + (f"; only those under {below} carry it" if below else "")
