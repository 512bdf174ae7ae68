"""Measure persons and families against the planted truth of a synthetic city."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

MEASURES = pa.schema(
    [
        ("subject", pa.string()),
        ("slice", pa.string()),
        ("as_of_date", pa.date32()),
        ("n_pairs_found", pa.int64()),
        ("n_pairs_true", pa.int64()),
        ("n_pairs_right", pa.int64()),
        ("is_natural_prevalence", pa.bool_()),
    ]
)

# A slice is the set of pairs that touch a source person of the kind.
_TOUCHING = {
    "twins": "is_twin",
    "changed names": "is_name_changed",
    "no identifier": "not has_identifier",
    "adopted children": "is_adopted",
    "Bristol programme": "programme = 'bristol'",
    "Somerset programme": "programme = 'somerset'",
    "police": "programme = 'force'",
}


def measure_linkage(
    source_rows: Any,
    family_members: Any,
    attached: Any,
    *,
    as_of_dates: list[str],
    truth: Path,
) -> pa.Table:
    """Count pairs found, true and right, of persons, of families and of attached rows.

    Persons: pairs of source persons (a person as one system numbers them), so that what a system
    joins by itself is not counted as found. Families: pairs of true persons in one family on a
    date, as far as both are in some person record. Attached rows: pairs of a row and the person it
    is attached to, true where most records of that person are of the row's true person.

    Args:
        source_rows: Arrow table: source_row_key, source_person_key, person_id, programme.
        family_members: Arrow table: person_id, family_id, from_date, to_date.
        attached: Arrow table: source_row_key, source_extract, person_id (null if attached to none).
        as_of_dates: Dates (ISO 8601) on which families are measured.
        truth: Folder of the truth files.

    Returns:
        Rows of the schema `MEASURES`; none when there is no truth.
    """
    if not (truth / "person_records.parquet").is_file():
        return MEASURES.empty_table()
    settings = json.loads((truth / "settings.json").read_text("utf-8"))
    with duckdb.connect(":memory:") as connection:
        connection.register("source_rows", source_rows)
        connection.register("family_members", family_members)
        connection.register("attached", attached)
        for name in ("person_records", "families"):
            connection.read_parquet(str(truth / f"{name}.parquet")).create(f"true_{name}")
        connection.execute(_ITEMS_SQL)
        measures = [
            ("person", "all", None, *_pairs_touching(connection, "true")),
            *(
                ("person", name, None, *_pairs_touching(connection, kind))
                for name, kind in _TOUCHING.items()
            ),
            *(("family", "all", date, *_family_counts(connection, date)) for date in as_of_dates),
            *(
                ("attached row", extract, None, *counts)
                for extract, *counts in connection.sql(_ATTACHED_SQL).fetchall()
            ),
        ]
    columns = [list(column) for column in zip(*measures, strict=True)]
    natural = [bool(settings["is_natural_prevalence"])] * len(measures)
    dates = pa.array(columns[2], pa.string()).cast(pa.date32())
    return pa.table([*columns[:2], dates, *columns[3:], natural], schema=MEASURES)


# One item per source person and true person; a source person whose rows are of two true persons is
# two items. principal_persons says of whom a found person's records mostly are.
_ITEMS_SQL = """
    create table items as
    select
        source_person_key,
        person_id,
        true_person_id,
        min(source_rows.programme) as programme,
        bool_or(is_twin) as is_twin,
        bool_or(is_name_changed) as is_name_changed,
        bool_or(has_identifier) as has_identifier,
        bool_or(is_adopted) as is_adopted
    from source_rows
    inner join true_person_records using (source_row_key)
    group by all;

    create table principal_persons as
    select
        person_id,
        arg_max(true_person_id, (n_items, -true_person_id)) as true_person_id
    from (
        select person_id, true_person_id, count(*) as n_items from items group by all
    ) as counted
    group by all;
"""

_PERSON_SQL = """
    with sized as (
        select grouping(person_id) as no_person, grouping(true_person_id) as no_truth, count(*) as n
        from items where {condition}
        group by grouping sets ((person_id), (true_person_id), (person_id, true_person_id))
    )
    select
        coalesce(sum(n * (n - 1) // 2) filter (where no_truth = 1), 0),
        coalesce(sum(n * (n - 1) // 2) filter (where no_person = 1), 0),
        coalesce(sum(n * (n - 1) // 2) filter (where no_person = 0 and no_truth = 0), 0)
    from sized
"""


def _pairs_touching(connection: duckdb.DuckDBPyConnection, kind: str) -> tuple[int, ...]:
    """Count pairs found, true and right of which at least one item is of the kind."""

    def counts(condition: str) -> list[int]:
        sql = _PERSON_SQL.format(condition=condition)
        return [int(n) for n in connection.sql(sql).fetchall()[0]]

    # All pairs, less those of two items of another kind.
    others = counts(f"not ({kind})")
    return tuple(n_all - n for n_all, n in zip(counts("true"), others, strict=True))


_FAMILY_SQL = """
    with observed as (
        select distinct true_person_id from items
    ),
    true_members as (
        select distinct true_families.true_person_id, true_families.family
        from true_families
        inner join observed using (true_person_id)
        where true_families.from_date <= $as_of_date
            and (true_families.to_date is null or $as_of_date < true_families.to_date)
    ),
    true_pairs as (
        select distinct l.true_person_id as l, r.true_person_id as r
        from true_members as l
        inner join true_members as r
            on l.family = r.family and l.true_person_id < r.true_person_id
    ),
    found_members as (
        select distinct principal_persons.true_person_id, family_members.family_id
        from family_members
        inner join principal_persons using (person_id)
        where family_members.from_date <= $as_of_date
            and (family_members.to_date is null or $as_of_date < family_members.to_date)
    ),
    found_pairs as (
        select distinct l.true_person_id as l, r.true_person_id as r
        from found_members as l
        inner join found_members as r
            on l.family_id = r.family_id and l.true_person_id < r.true_person_id
    )
    select
        (select count(*) from found_pairs),
        (select count(*) from true_pairs),
        (select count(*) from found_pairs inner join true_pairs using (l, r))
"""


def _family_counts(connection: duckdb.DuckDBPyConnection, as_of_date: str) -> tuple[int, ...]:
    sql = _FAMILY_SQL.replace("$as_of_date", "cast($as_of_date as date)")
    rows = connection.sql(sql, params={"as_of_date": as_of_date}).fetchall()
    return tuple(int(n) for n in rows[0])


# A true pair is a row whose true person is in some person record.
_ATTACHED_SQL = """
    with known as (
        select distinct true_person_id from items
    )
    select
        attached.source_extract,
        count(attached.person_id),
        count(known.true_person_id),
        count(*) filter (
            where principal_persons.true_person_id = true_person_records.true_person_id
        )
    from attached
    inner join true_person_records using (source_row_key)
    left join known on true_person_records.true_person_id = known.true_person_id
    left join principal_persons using (person_id)
    group by 1 order by 1
"""
