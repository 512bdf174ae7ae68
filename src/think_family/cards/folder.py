"""All pages of models: a card each, the transparency record, results with pictures, an index."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from think_family.cards.card import MADE, SHORTLY, Sources, render_card, withdrawal
from think_family.cards.pictures import described, draw_found, draw_parted
from think_family.cards.record import render_record
from think_family.cards.results import Results
from think_family.contract.contract import Contract
from think_family.errors import ThinkFamilyError
from think_family.indicators.document import feature_meanings, read_catalogue, read_seed
from think_family.pages import page_of, table
from think_family.scoring.configuration import Configuration
from think_family.scoring.parameters import (
    AdditiveParameters,
    IndexParameters,
    Parameters,
    read_parameters,
)

# A comment of XML holds no two hyphens.
_DRAWN = "<!-- Made by `think-family cards`; do not edit by hand. -->"


def read_sources(models: Sequence[Configuration], parameters: Path, seeds: Path) -> Sources:
    """Read what cards are made from, beside configuration and results.

    Args:
        models: All models.
        parameters: Folder of their parameters; a model may have none yet.
        seeds: Folder of the seeds.

    Raises:
        ThinkFamilyError: A seed is missing, or parameters are no whole file of their model.
    """
    catalogue = read_catalogue(seeds)

    def read(name: str, kind: type[Parameters]) -> Parameters | None:
        file = parameters / f"{name}.json"
        if not file.is_file():
            return None
        found = read_parameters(file)
        if not isinstance(found, kind):
            raise ThinkFamilyError(
                f"{file}: holds parameters of another method than its name says."
            )
        return found

    fitted, indexed = {}, {}
    for model in models:
        one, other = (
            read(model.name, AdditiveParameters),
            read(f"{model.name}_index", IndexParameters),
        )
        if isinstance(one, AdditiveParameters):
            fitted[model.name] = one
        if isinstance(other, IndexParameters):
            indexed[model.name] = other
    return Sources(
        targets=read_seed(seeds, "score_target"),
        meanings=feature_meanings(catalogue),
        indicators={row["indicator_code"]: row["indicator"] for row in catalogue.indicators},
        fitted=fitted,
        indexed=indexed,
    )


def render_folder(
    models: Sequence[Configuration], sources: Sources, results: Results, contract: Contract
) -> dict[str, str]:
    """Render the pages and pictures: the path of each below the folder, and what it says."""
    systems = [f"{system.name} ({len(system.extracts)})" for system in contract.systems]
    pages = {
        "index.md": _index(models, results),
        "results.md": page_of(_results(models, results)),
        "transparency-record.md": render_record(models, sources, results, systems),
    }
    for model in models:
        pages[f"{model.name}.md"] = render_card(model, sources, results)
        for kind, picture in (
            ("found", None if withdrawal(results, model.name) else draw_found(model, results)),
            ("parted", draw_parted(model, results)),
        ):
            if picture is not None:
                pages[f"pictures/{model.name}-{kind}.svg"] = f"{_DRAWN}\n{picture}"
    return pages


def _index(models: Sequence[Configuration], results: Results) -> str:
    def state(model: Configuration) -> str:
        if withdrawal(results, model.name):
            return "withdrawn: publishes no score"
        return "tried" if results.of("trials", model.name) else "not tried"

    lines = [
        f"> {results.first_line}",
        "",
        "# Risk models",
        "",
        MADE,
        "",
        "What a reviewer reads: a card for each model, what the models were found to be worth, and"
        " a record for the public.",
        "",
        *table(
            ["Model", "Of whom", "Method", "State"],
            [
                [
                    f"[{model.title}]({model.name}.md)",
                    f"{model.cohort.age_from} and older"
                    if model.cohort.age_below is None
                    else f"{model.cohort.age_from} to {model.cohort.age_below - 1}",
                    SHORTLY[model.method],
                    state(model),
                ]
                for model in models
            ],
        ),
        "- [results.md](results.md): pictures of what was found, and of how time was parted",
        "- [transparency-record.md](transparency-record.md): the record by the UK standard, as a"
        " draft for the agency that uses it",
        "- [../scoring.md](../scoring.md): how scores are made",
        "- [../how-to/assess-scores.md](../how-to/assess-scores.md): how to assess a score, and"
        " what each measure means",
        "",
        "The numbers stand in `risk_models/results/`, a file per table; they are read from a"
        " warehouse that was built:",
        "",
        "```sh",
        "think-family results --write risk_models/results",
        "think-family cards --write docs/models",
        "```",
    ]
    return page_of(lines)


def _results(models: Sequence[Configuration], results: Results) -> Iterator[str]:
    yield f"> {results.first_line}"
    yield ""
    yield "# What the models were found to be worth"
    yield ""
    yield MADE
    yield ""
    yield (
        "Each model was fitted as of days that lie behind, on what was recorded by then, and held"
        " against what came after. Dots are values, whiskers and bands intervals of 95%. Every"
        " number stands in `risk_models/results/` too."
    )
    yield ""
    for model in models:
        yield f"## {model.title}"
        yield ""
        reason = withdrawal(results, model.name)
        if not results.of("trials", model.name):
            yield "It was not tried."
            yield ""
            continue
        if reason is not None:
            yield f"{reason} It publishes no score; see [its card]({model.name}.md)."
        elif draw_found(model, results) is None:
            yield "It came to too few of those whom it was tried on for anything to be told."
        else:
            yield f"![{described(model, results)}](pictures/{model.name}-found.svg)"
        yield ""
        yield "What each day of trial learned from and was tried on:"
        yield ""
        n = sum(row["n_labels_in_both"] for row in results.of("trials", model.name))
        yield (
            f"![A line for each day of trial: what was learned from ends where the test begins; {n}"
            f" labels are in both.](pictures/{model.name}-parted.svg)"
        )
        yield ""
