"""Train the parameters of the linkage model on a bounded sample, without labels."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import duckdb

from think_family.errors import ThinkFamilyError
from think_family.identity.linkage import prepare_records
from think_family.identity.model import (
    BLOCKS,
    IDENTIFIER_U,
    IDENTIFIERS,
    LinkageParameters,
    comparisons,
    settings,
)

# Blocks on which expectation maximisation runs. None trains the comparisons whose columns it agrees
# on; pairs with an identifier in common are nearly all matches and train the rest without the
# slant of a name block. Splink takes the median over the blocks.
_TRAINING_BLOCKS = (
    "nhs_number",
    "upn",
    "nino",
    "postcode_birth_date",
    "surname_birth_date",
    "forename_birth_date",
    "forename_surname",
)
_FEWEST_PAIRS = 200

# Of the pairs of one person, the share that the deterministic rules below find.
_RULES_RECALL = 0.8
_DETERMINISTIC_RULES = (
    ("nhs_number",),
    ("upn",),
    ("nino",),
    ("forename", "surname", "birth_date"),
)


def train_parameters(
    records: Any,
    *,
    version: str,
    threshold: float = 4.0,
    max_pairs: int = 2_000_000,
    seed: int = 1,
    name: str = "person records",
    say: Callable[[str], None] = lambda message: None,
) -> LinkageParameters:
    """Estimate m, u and the prior of the linkage model.

    u comes from random pairs among records that are apparently of different persons (one record per
    forename and birth date, surname and birth date, and identifier): a city's tables hold several
    records per person, and random pairs of them would take those for chance agreement. m comes from
    expectation maximisation on bounded blocks with u fixed. The prior is the number of pairs found
    by deterministic rules over their presumed recall. Time and memory grow with `max_pairs`, hardly
    with the records.

    Args:
        records: Arrow table with the columns of `records.RECORD_COLUMNS`.
        version: Name to give to the parameters.
        threshold: Match weight (log2 odds) to be written into the parameters.
        max_pairs: Most pairs that any single step looks at.
        seed: Seed of the random pairs.
        name: How an error names the table.
        say: Receives a line before each step.

    Returns:
        The parameters. Comparisons whose columns are empty, and identifiers that never agree, are
        left out; a level that no pair showed gets half a pair (so that its weight stays finite)
        and is named in `training`.

    Raises:
        ThinkFamilyError: Too few pairs to train a comparison that has data.
    """
    with duckdb.connect(":memory:") as connection:
        prepare_records(connection, records, name=name)
        n_records = _scalar(connection, "select count(*) from linkage_records")
        model = [comparison for comparison in comparisons() if _has_data(connection, comparison)]
        say(
            f"{n_records:,} records; comparisons: "
            f"{', '.join(str(each['output_column_name']) for each in model)}"
        )
        say("chance agreement (u), from random pairs")
        model = _with_u(connection, model, max_pairs=max_pairs, seed=seed)
        say("agreement within persons (m), by expectation maximisation")
        model, prior, blocks = _with_m(connection, model, max_pairs=max_pairs, say=say, name=name)
        model = [comparison for comparison in model if not _never_agrees(comparison)]
        smoothed = _smooth(model, n_pairs=max_pairs)
    _check_trained(model, name=name)
    return LinkageParameters(
        version=version,
        threshold=threshold,
        prior=prior,
        n_records=n_records,
        comparisons=model,
        training={
            "max_pairs": max_pairs,
            "seed": seed,
            "blocks": blocks,
            "levels_not_seen": smoothed,
        },
    )


def _scalar(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    return int(connection.sql(sql).fetchall()[0][0])


def _has_data(connection: duckdb.DuckDBPyConnection, comparison: dict[str, Any]) -> bool:
    name = comparison["output_column_name"]
    column = "coalesce(uprn, postcode)" if name == "place" else name
    return _scalar(connection, f"select count({column}) from linkage_records") > 1


def _linker(connection: duckdb.DuckDBPyConnection, table: str, options: dict[str, Any]) -> Any:
    from splink import DuckDBAPI, Linker

    linker = Linker(DuckDBAPI(connection).register(table), options, log_level="ERROR")
    # Splink tells at each step which levels are still untrained; `_check_trained` does so once.
    logging.getLogger("splink").setLevel(logging.ERROR)
    return linker


def _levels(comparison: dict[str, Any]) -> list[dict[str, Any]]:
    return [level for level in comparison["comparison_levels"] if not level.get("is_null_level")]


def _is_trained(level: dict[str, Any], parameter: str) -> bool:
    return isinstance(level.get(parameter), float) and level[parameter] > 0


def _with_u(
    connection: duckdb.DuckDBPyConnection,
    model: list[dict[str, Any]],
    *,
    max_pairs: int,
    seed: int,
) -> list[dict[str, Any]]:
    firsts = [("forename", "birth_date"), ("surname", "birth_date"), ("person_number",)]
    firsts += [(identifier,) for identifier in IDENTIFIERS]
    conditions = " and ".join(
        f"({' or '.join(f'{column} is null' for column in columns)} or "
        f"row_number() over (partition by {', '.join(columns)} order by record_number) = 1)"
        for columns in firsts
    )
    connection.execute(
        f"create table apparent_persons as select * from linkage_records qualify {conditions}"
    )
    linker = _linker(connection, "apparent_persons", settings(model, prior=1e-4))
    linker.training.estimate_u_using_random_sampling(max_pairs=max_pairs, seed=seed)
    trained: list[dict[str, Any]] = linker.misc.save_model_to_json()["comparisons"]
    for comparison in trained:
        for level in _levels(comparison):
            level.pop("m_probability", None)
            if comparison["output_column_name"] in IDENTIFIERS:
                is_same = level["label_for_charts"] == "same"
                level["u_probability"] = IDENTIFIER_U if is_same else 1 - IDENTIFIER_U
            elif not _is_trained(level, "u_probability"):
                level["u_probability"] = 0.5 / max_pairs
    connection.execute("drop table apparent_persons")
    return trained


def _agreement(columns: tuple[str, ...]) -> str:
    return " and ".join(f"l.{column} = r.{column}" for column in columns)


def _with_m(
    connection: duckdb.DuckDBPyConnection,
    model: list[dict[str, Any]],
    *,
    max_pairs: int,
    say: Callable[[str], None],
    name: str,
) -> tuple[list[dict[str, Any]], float, dict[str, int]]:
    linker = _linker(connection, "linkage_records", settings(model, prior=1e-4))
    try:
        linker.training.estimate_probability_two_random_records_match(
            [_agreement(rule) for rule in _DETERMINISTIC_RULES], recall=_RULES_RECALL
        )
    except ValueError as error:
        raise ThinkFamilyError(
            f"{name}: nearly all records agree on name and birth date; "
            "linkage has nothing to learn from them."
        ) from error
    blocks: dict[str, int] = {}
    for block in _TRAINING_BLOCKS:
        n_pairs = _scalar(
            connection,
            f"""
            with persons as (
                select block_{block} as block, person_number, count(*) as n_records
                from linkage_records
                where block_{block} is not null
                group by all
            ),
            blocks as (
                select (sum(n_records) ** 2 - sum(n_records ** 2)) / 2 as n_pairs
                from persons group by block
            )
            select coalesce(sum(n_pairs), 0) from blocks
            """,
        )
        if n_pairs < _FEWEST_PAIRS:
            continue
        say(f"  on {block.replace('_', ' ')}: {n_pairs:,} pairs")
        linker.training.estimate_parameters_using_expectation_maximisation(
            f"l.block_{block} = r.block_{block} and {_agreement(BLOCKS[block])} "
            "and l.person_number <> r.person_number",
            estimate_without_term_frequencies=True,
            max_pairs=max_pairs,
        )
        blocks[block] = min(n_pairs, max_pairs)
    saved = linker.misc.save_model_to_json()
    return saved["comparisons"], float(saved["probability_two_random_records_match"]), blocks


def _never_agrees(comparison: dict[str, Any]) -> bool:
    """Whether this is an identifier that no two records of a person were seen to share.

    Nothing can be said then of what sharing it, or not, is worth.
    """
    return comparison["output_column_name"] in IDENTIFIERS and not all(
        _is_trained(level, "m_probability") for level in _levels(comparison)
    )


def _smooth(model: list[dict[str, Any]], *, n_pairs: int) -> list[str]:
    """Give half a pair to each level that no pair showed; the names of those levels."""
    smoothed = []
    for comparison in model:
        levels = _levels(comparison)
        if not any(_is_trained(level, "m_probability") for level in levels):
            continue
        for level in levels:
            if not _is_trained(level, "m_probability"):
                level["m_probability"] = 0.5 / n_pairs
                smoothed.append(f"{comparison['output_column_name']}: {level['label_for_charts']}")
    return smoothed


def _check_trained(model: list[dict[str, Any]], *, name: str) -> None:
    untrained = [
        str(comparison["output_column_name"])
        for comparison in model
        if not all(
            _is_trained(level, parameter)
            for level in _levels(comparison)
            for parameter in ("m_probability", "u_probability")
        )
    ]
    if untrained:
        raise ThinkFamilyError(
            f"{name}: too few pairs to train {', '.join(untrained)}. Give more records, or map "
            "more columns (identifiers, postcode, birth date), so that some records agree on one."
        )
