"""The algorithmic transparency record, by the fields of the UK standard.

The fields are those of the Algorithmic Transparency Recording Standard (ATRS), template v3.0, of
the United Kingdom's government. What only the agency that uses the models can say is left to it,
and marked so: no organisation, person or contact is made up.
"""

from __future__ import annotations

from collections.abc import Sequence

from think_family.cards.card import MADE, SHORTLY, Sources, withdrawal
from think_family.cards.results import LEAST_PEOPLE, Results
from think_family.cards.words import with_interval
from think_family.pages import page_of, table
from think_family.scoring.configuration import Configuration
from think_family.scoring.parameters import version_of

TO_FILL_IN = "**To be filled in by the agency that uses it:**"


def render_record(
    models: Sequence[Configuration], sources: Sources, results: Results, extracts: Sequence[str]
) -> str:
    """Render the record.

    Args:
        models: All models, those that were withdrawn as well.
        sources: What cards are made from.
        results: Results that are kept.
        extracts: Names of the systems whose extracts are read.
    """
    lines = [
        f"> {results.first_line}",
        "",
        "# Algorithmic transparency record",
        "",
        MADE,
        "",
        "By the fields of the UK Algorithmic Transparency Recording Standard, template v3.0. This"
        " is a draft for the agency that uses the models: what only the agency can say is marked,"
        " and nobody is named here. It is no published record.",
        "",
    ]
    for heading, fields in _fields(models, sources, results, extracts):
        lines += [f"## {heading}", ""]
        for number, name, told in fields:
            lines += [f"### {number} {name}", "", told, ""]
    return page_of(lines)


def _fill_in(what: str) -> str:
    return f"{TO_FILL_IN} {what}"


def _fields(
    models: Sequence[Configuration], sources: Sources, results: Results, extracts: Sequence[str]
) -> list[tuple[str, list[tuple[str, str, str]]]]:
    about = results.about
    natural = "natural" if about["natural prevalence"] == "yes" else "not natural"
    titles = "; ".join(f"{model.title}" for model in models)
    n_in_both = sum(row["n_labels_in_both"] for row in results.tables["trials"])
    people = f"{int(about['people']):,}"
    return [
        (
            "Tier 1: summary",
            [
                ("1", "Name", "Think Family Warehouse: risk scores."),
                (
                    "2",
                    "Description",
                    "The tool puts the records that agencies hold of people in an order, so"
                    " that practitioners see sooner those whose records are most alike to those of"
                    f" people to whom a harm happened. It does so for: {titles}. Each score comes"
                    " with its reasons and their source rows. A practitioner reads them, and"
                    " decides; nothing follows from a score by itself.",
                ),
                ("3", "Website", _fill_in("the page on which it tells the public of the tool.")),
                ("4", "Contact", _fill_in("an address that is read, and that the public may use.")),
            ],
        ),
        (
            "Tier 2, section 1: owner and responsibility",
            [
                ("1.1", "Organisation or department", _fill_in("its full name.")),
                ("1.2", "Team", _fill_in("the team that is responsible for its use.")),
                ("1.3", "Senior responsible owner", _fill_in("the role of that person.")),
                (
                    "1.4",
                    "External supplier involvement",
                    _fill_in(
                        "whether a supplier installs, runs or changes it; then 1.4.1 the supplier,"
                        " 1.4.2 its Companies House number, 1.4.3 its role, 1.4.4 the procedure of"
                        " procurement and 1.4.5 the terms on which it has access to data."
                    )
                    + "\n\nThe software is published under the MIT licence; using it takes no"
                    " supplier.",
                ),
            ],
        ),
        (
            "Tier 2, section 2: description and rationale",
            [
                (
                    "2.1",
                    "Detailed description",
                    "Extracts of agencies are joined into one picture of each person and family, as"
                    " of any day, by what was recorded by then. From it come features. A model that"
                    " adds up, fitted on people whom a service took on and on a sample of the"
                    " others, gives each person of its cohort a score from 0 to 100; the"
                    " analysts' index of weighted indicators gives another; the higher counts,"
                    " and both are kept. See [how it is made](../scoring.md), and a card per"
                    " model in [index.md](index.md).",
                ),
                (
                    "2.2",
                    "Scope",
                    "To help practitioners in safeguarding choose whose records to look at. Not to"
                    " decide, to refuse help, to enforce, or to be read as a finding; each card"
                    " says what its model must not be used for. "
                    + _fill_in("in which services, and for which of the models."),
                ),
                (
                    "2.3",
                    "Benefit",
                    "It is meant to give a list that holds more of those to whom harm came than one"
                    " by the index, by a simple rule or of people already known."
                    " [results.md](results.md) tells of which models that is so, by how much, and"
                    " of which it is not. " + _fill_in("what was gained in its own use."),
                ),
                (
                    "2.4",
                    "Previous process",
                    "Analysts weighted indicators by hand: that index stands beside every model"
                    " as a baseline. " + _fill_in("how it chose whom to look at before."),
                ),
                (
                    "2.5",
                    "Alternatives considered",
                    "The index alone; a rule (two or more missing episodes); the list of those"
                    " whom a marker lists already; boosted trees, which nobody can read. All are"
                    " measured beside the models, on the same days and people.",
                ),
            ],
        ),
        (
            "Tier 2, section 3: decision-making process",
            [
                (
                    "3.1",
                    "Process integration",
                    "Scores and reasons are tables that those whom the agency permits may read. "
                    + _fill_in("where in its process they are read, and what happens next."),
                ),
                (
                    "3.2",
                    "Provided information",
                    "Per person and model: the score, its parts, which of them counts and whether"
                    " they differ strongly; whether a marker lists the person already; the reasons"
                    " in order, each with its date and source rows; the same in sentences.",
                ),
                (
                    "3.3",
                    "Frequency and scale of usage",
                    "Scores are made with each build of the warehouse. Lists are as long as a team"
                    " can look at: "
                    + ", ".join(f"{model.capacity} for `{model.name}`" for model in models)
                    + ". "
                    + _fill_in("how many people are scored and looked at, and how often."),
                ),
                (
                    "3.4",
                    "Human decisions and review",
                    "Every decision is a person's. The tool starts nothing, sends nothing and"
                    " closes nothing. "
                    + _fill_in(
                        "who decides, who reviews, and how disagreement with it is recorded."
                    ),
                ),
                (
                    "3.5",
                    "Required training",
                    "Whoever reads scores should have read the model's card, and know what a list"
                    " misses and how many of it are listed in vain. "
                    + _fill_in("the training that it gives."),
                ),
                (
                    "3.6",
                    "Appeals and review",
                    "Every score can be traced to its source rows, and computed again as it was. "
                    + _fill_in(
                        "how a person, or a parent, learns of a score, objects to it, and has a"
                        " record put right."
                    ),
                ),
            ],
        ),
        (
            "Tier 2, section 4: tool specification and data",
            [
                (
                    "4.1.1",
                    "System architecture",
                    "A dbt project on DuckDB or Postgres: staging, quality gates, identity,"
                    " indicators, network, features, scores, marts. Models are files of"
                    " configuration (`risk_models/`) and of parameters that people can read"
                    " (`risk_models/parameters/`); scoring needs no training. See the"
                    " [overview](../overview.md).",
                ),
                (
                    "4.1.2",
                    "Phase",
                    "Published software, tried on made-up people. " + _fill_in("its own phase."),
                ),
                (
                    "4.1.3",
                    "Maintenance",
                    "Every build measures drift, and judges each model on the days that lie"
                    " behind: a model whose list falls below that of the index, or whose quality"
                    " gate failed, publishes no score. Models are fitted anew when their files"
                    " are made anew; each version has a digest. "
                    + _fill_in("how often, and by whom."),
                ),
                ("4.1.4", "Models", _models(models, sources, results)),
                (
                    "4.2.1 to 4.2.6",
                    "Model name, version, task, input, output, architecture",
                    "In the card of each model, linked above: an additive model of step functions"
                    " with few steps, monotone where analysts gave points, fitted by penalised"
                    " likelihood on labelled and unlabelled rows.",
                ),
                ("4.2.7", "Model performance", _performance(models, results)),
                (
                    "4.2.8 and 4.2.9",
                    "Datasets and their purposes",
                    "Fitting: people and days that lie behind the day of trial. Trial: everybody of"
                    " the cohort on each day of trial, and what came in the horizon after. Use:"
                    " everybody of the cohort on the day of the data. Outcomes that a model both"
                    f" learned from and was tried on: {n_in_both}.",
                ),
                (
                    "4.3.1",
                    "Source data name",
                    "The extracts of the [input contract](../input-contract.md): "
                    + ", ".join(extracts)
                    + ".",
                ),
                ("4.3.2", "Data modality", "Tables."),
                (
                    "4.3.3",
                    "Data description",
                    "What agencies recorded of people, families, schools, housing, health and"
                    " crime, with the day on which each was recorded;"
                    " [indicators.md](../indicators.md) lists what is counted of it.",
                ),
                (
                    "4.3.4",
                    "Data quantities",
                    f"The figures of this record are of {people} "
                    + ("made-up people" if about["synthetic"] == "yes" else "people")
                    + f", at a prevalence that is {natural}, from extracts until"
                    f" {about['data until']}. Rows and labels per day of trial stand in each card. "
                    + _fill_in("those of its own data."),
                ),
                (
                    "4.3.5",
                    "Sensitive attributes",
                    "Ethnicity, sex, age and deprivation are used to assess groups. Age is a"
                    " feature; ethnicity, sex and names are none. Features are made of"
                    " records on health, crime, disability and social care, which are special"
                    " categories or criminal offence data by law, and may stand for what is not"
                    " named.",
                ),
                (
                    "4.3.6",
                    "Data completeness and representativeness",
                    "What a programme does not hold is told as not held, never as nothing. What is"
                    " recorded differs by group and area; each card measures groups with intervals."
                    " Made-up people are simpler than life. "
                    + _fill_in("whom its records leave out."),
                ),
                (
                    "4.3.7",
                    "Source data URL",
                    "None: the made-up extracts come from `think-family synth`. An agency's are not"
                    " public.",
                ),
                (
                    "4.3.8",
                    "Data collection",
                    "Agencies record it for their own work; it is used a second time here. "
                    + _fill_in("the purposes for which it was collected, and the lawful basis."),
                ),
                (
                    "4.3.9",
                    "Data cleaning",
                    "Typing, decoding and the joining of records, by rules and weights that are"
                    " published; every row is counted, and quality gates stop what is broken. See"
                    " [identity.md](../identity.md) and [operations.md](../operations.md).",
                ),
                (
                    "4.3.10",
                    "Data sharing agreements",
                    _fill_in("its agreements, system by system."),
                ),
                (
                    "4.3.11",
                    "Data access and storage",
                    "Every table says how it is to be handled and for which purposes it may be"
                    " read; nothing leaves the machine. "
                    + _fill_in("where it is held, for how long, and who may read it."),
                ),
            ],
        ),
        (
            "Tier 2, section 5: risks, mitigations and impact assessments",
            [
                (
                    "5.1",
                    "Impact assessments",
                    _fill_in(
                        "the data protection impact assessment, the equality impact assessment"
                        " and a human rights or children's rights assessment, each with its date"
                        " and a link. None can be made by software, and none is claimed here."
                    ),
                ),
                ("5.2", "Risks and mitigations", _risks()),
            ],
        ),
    ]


def _models(models: Sequence[Configuration], sources: Sources, results: Results) -> str:
    rows = []
    for model in models:
        fitted = sources.fitted.get(model.name) or sources.indexed.get(model.name)
        rows.append(
            [
                f"[{model.title}]({model.name}.md)",
                SHORTLY[model.method],
                f"`{version_of(fitted)}`" if fitted else "not written yet",
                "withdrawn" if withdrawal(results, model.name) else "",
            ]
        )
    return "\n".join(table(["Model", "Method", "Version", ""], rows)).rstrip()


def _performance(models: Sequence[Configuration], results: Results) -> str:
    rows = []
    for model in models:
        if withdrawal(results, model.name) or not results.of("trials", model.name):
            told = "withdrawn" if withdrawal(results, model.name) else "not tried"
            rows.append([model.title, told, "", ""])
            continue
        by = {
            (row["score"], row["measure"]): row
            for row in results.headline(model.name)
            if row["k"] == model.capacity
        }
        rows.append(
            [
                model.title,
                with_interval(by.get(("score", "precision"))),
                with_interval(by.get(("index_score", "precision"))),
                with_interval(by.get(("score", "recall"))),
            ]
        )
    head = ["Model", "Of its list, it came to", "Of the index's list", "Of all it came to, listed"]
    note = (
        ""
        if results.is_accuracy
        else f" They are no accuracy, which is told from {LEAST_PEOPLE:,} people at natural"
        " prevalence on."
    )
    return "\n".join(table(head, rows)).rstrip() + (
        f"\n\nOn all days of trial together, with intervals of 95%.{note} The rest stands in the"
        " cards."
    )


_RISKS = (
    (
        "A score is read as a finding, or as what will happen",
        "Reasons stand beside it; cards and this record say what it is not; most of a list are"
        " listed in vain, and how many is told",
    ),
    (
        "What is recorded more of one group lifts its scores",
        "Results by ethnicity, sex, age, programme and deprivation with intervals; what cannot be"
        " told is called not enough evidence",
    ),
    (
        "A child who is harmed and in no record is passed over",
        "No low score may be used to refuse help; how many are missed is told beside how many are"
        " found",
    ),
    (
        "A model foretells its own label: a flag that says nearly the same",
        "Such indicators are named label proxies and left out; results with them are told beside;"
        " no feature descends from a relation of labels, or time parts the two",
    ),
    (
        "Results look better than use will be",
        "Models are tried forward in time, as of what was recorded by then, beside baselines;"
        " what is measured on the people it learned from is named in-sample",
    ),
    (
        "A person is called by the role of a record",
        "Words such as suspect stand only in phrases on a recorded event; a test guards it",
    ),
    (
        "A model that has grown worse goes on",
        "Drift is measured with each run; a model whose list falls below the index publishes no"
        " score",
    ),
    (
        "Records of two people are joined, or of one parted",
        "Joining is measured, and every reason names its source rows, so that a mistake can be seen"
        " and put right",
    ),
    (
        "Someone reads who may not",
        "Handling and permitted purposes on every table, rights in the database; the agency decides"
        " who may",
    ),
)


def _risks() -> str:
    rows = [[risk, mitigation] for risk, mitigation in _RISKS]
    return (
        "\n".join(table(["Risk", "What is done"], rows)).rstrip()
        + "\n\n"
        + _fill_in("the risks of its own use.")
    )
