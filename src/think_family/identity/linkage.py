"""Score pairs of person records with Splink, and gather them into pairs of source persons."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import duckdb

from think_family.identity.model import (
    BLOCKS,
    FORENAMES_ALIKE,
    IDENTIFIERS,
    LinkageParameters,
    most_records,
)
from think_family.identity.records import checked_records, normal_records_sql

if TYPE_CHECKING:
    import pyarrow as pa


# How common a value is, is counted in the table itself, as if so many records of usual frequency
# were added: a table of a few records says nothing about how common its names are.
_USUAL_RECORDS = 2000


def prepare_records(connection: duckdb.DuckDBPyConnection, records: Any, *, name: str) -> None:
    """Make the table `linkage_records` on `connection`: normal form and block keys.

    A block key is a hash of the values that a block agrees on; null where one is unknown or where
    the block holds more than `most_records` of it.

    Args:
        connection: An in-memory connection that belongs to the caller alone.
        records: Arrow table or relation with the columns of `records.RECORD_COLUMNS`.
        name: How an error names the table.
    """
    checked_records(connection, records, records_name=name).create("checked_records")
    hashes = ",\n".join(
        "case when {known} then hash({values}) end as hash_{block}".format(
            known=" and ".join(f"{column} is not null" for column in columns),
            values=", ".join(columns),
            block=block,
        )
        for block, columns in BLOCKS.items()
    )
    keys = ",\n".join(
        f"case when count(*) over (partition by hash_{block}) <= {most_records(block)} "
        f"then hash_{block} end as block_{block}"
        for block in BLOCKS
    )
    hash_names = ", ".join(f"hash_{block}" for block in BLOCKS)
    connection.execute(
        f"""
        create table linkage_records as
        with normal as ({normal_records_sql("checked_records")}),
        hashed as (select *, {hashes} from normal)
        select * exclude ({hash_names}), {keys} from hashed order by record_number
        """
    )
    connection.execute("drop table checked_records")


def _on_pair(condition: str) -> str:
    """Turn a condition on columns named <column>_l and <column>_r to tables l and r."""
    return re.sub(r"\b(forename|surname)_([lr])\b", r"\2.\1", condition)


# Twins share all but the forename. The weights of the model take agreements for independent and
# would join them. So two source persons are apart who share birth date and postcode while no
# forename of one is like any of the other, unless an identifier says that they are one.
_APART_SQL = """
    with candidates as (
        select distinct l.person_number as person_l, r.person_number as person_r
        from linkage_records as l
        inner join linkage_records as r
            on l.block_postcode_birth_date = r.block_postcode_birth_date
            and l.person_number < r.person_number
        where not ({alike})
    )
    select candidates.person_l, candidates.person_r
    from candidates
    inner join linkage_records as l on candidates.person_l = l.person_number
    inner join linkage_records as r on candidates.person_r = r.person_number
    group by candidates.person_l, candidates.person_r
    having not bool_or(coalesce({alike}, false) or coalesce({same_identifier}, false))
""".format(
    alike=_on_pair(FORENAMES_ALIKE),
    same_identifier=" or ".join(
        f"coalesce(l.{column} = r.{column}, false)" for column in IDENTIFIERS
    ),
)


def score_pairs(
    records: Any, parameters: LinkageParameters, *, name: str = "person records"
) -> pa.Table:
    """Score the pairs of source persons that may be one person.

    Args:
        records: One row per person record (Arrow table), columns as `records.RECORD_COLUMNS`.
        parameters: Trained parameters.
        name: How an error names the table.

    Returns:
        One row per pair of source persons whose match weight reaches the threshold or that are kept
        apart: source_person_key_l and source_person_key_r (text, in order), match_weight (log2
        odds that they are one person; null where it is below the threshold), is_apart (they share
        birth date and postcode, but no forename and no identifier: twins), parameters_version.
        Ordered by the keys. Values of persons are not in it.

    Raises:
        ThinkFamilyError: The records lack a column or a key.
    """
    with duckdb.connect(":memory:") as connection:
        prepare_records(connection, records, name=name)
        predictions = _predict(connection, parameters)
        result: pa.Table = connection.sql(
            f"""
            with linked as (
                select
                    least(person_number_l, person_number_r) as person_l,
                    greatest(person_number_l, person_number_r) as person_r,
                    round(max(match_weight), 4) as match_weight
                from {predictions}
                group by all
            ),
            apart as ({_APART_SQL}),
            pairs as (
                select person_l, person_r, linked.match_weight,
                    apart.person_l is not null as is_apart
                from linked
                full join apart using (person_l, person_r)
            ),
            keys as (select distinct person_number, source_person_key from linkage_records)
            select
                keys_l.source_person_key as source_person_key_l,
                keys_r.source_person_key as source_person_key_r,
                pairs.match_weight,
                pairs.is_apart,
                cast(? as varchar) as parameters_version
            from pairs
            inner join keys as keys_l on pairs.person_l = keys_l.person_number
            inner join keys as keys_r on pairs.person_r = keys_r.person_number
            order by pairs.person_l, pairs.person_r
            """,
            params=[parameters.version],
        ).to_arrow_table()
        return result


def _predict(connection: duckdb.DuckDBPyConnection, parameters: LinkageParameters) -> str:
    """Predict with Splink on `linkage_records`; the name of the table of predictions."""
    from splink import DuckDBAPI, Linker

    database = DuckDBAPI(connection)
    n_records = connection.sql("select count(*) from linkage_records").fetchall()[0][0]
    linker = Linker(
        database.register("linkage_records"), parameters.settings(n_records), log_level="ERROR"
    )
    for column, chance in parameters.frequency_columns():
        connection.execute(
            f"""
            create table frequencies_{column} as
            select {column}, (count(*) + {_USUAL_RECORDS} * {chance})
                / (sum(count(*)) over () + {_USUAL_RECORDS}) as tf_{column}
            from linkage_records where {column} is not null group by {column}
            """
        )
        linker.table_management.register_term_frequency_lookup(
            database.register(f"frequencies_{column}"), column
        )
    predictions = linker.inference.predict(
        threshold_match_weight=parameters.threshold, warning_mode="never"
    )
    return str(predictions.physical_name)
