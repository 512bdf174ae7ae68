"""Measure inferred links against the ties that a synthetic city planted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

MEASURES = pa.schema(
    [
        ("threshold", pa.int32()),
        ("slice", pa.string()),
        ("n_links_found", pa.int64()),
        ("n_ties_true", pa.int64()),
        ("n_ties_found", pa.int64()),
        ("is_natural_prevalence", pa.bool_()),
    ]
)


def measure_links(
    person_events: Any,
    source_rows: Any,
    *,
    thresholds: range,
    largest_event: int,
    truth: Path,
) -> pa.Table:
    """Count links that are found at each threshold, and the true ties that are among them.

    A tie is true when the city planted an association between two people (friends, those harmed by
    the same people, and so on) or they were ever of one family. Only people who take part in some
    event can be linked: ties of others are not counted, so that what is measured is the inference
    and not the police's knowledge.

    Args:
        person_events: Arrow table: person_id, incident_id, and others that are not read.
        source_rows: Arrow table: source_row_key, person_id.
        thresholds: numbers of shared events from which two people are linked.
        largest_event: persons of the largest event that links anybody.
        truth: folder of the truth files.

    Returns:
        Rows of the schema `MEASURES`, one per threshold and kind of tie, beside all of them; of a
        kind alone, `n_links_found` is null, for a link has no kind. None when there is no truth.
    """
    if not (truth / "associations.parquet").is_file():
        return MEASURES.empty_table()
    settings = json.loads((truth / "settings.json").read_text("utf-8"))
    with duckdb.connect(":memory:") as connection:
        connection.register("person_events", person_events)
        connection.register("source_rows", source_rows)
        for name in ("person_records", "families", "associations"):
            connection.read_parquet(str(truth / f"{name}.parquet")).create(f"true_{name}")
        connection.execute(_PAIRS_SQL.format(largest_event=int(largest_event)))
        rows = [
            (threshold, *counts)
            for threshold in thresholds
            for counts in connection.execute(_COUNTS_SQL, {"threshold": threshold}).fetchall()
        ]
    columns = [list(column) for column in zip(*rows, strict=True)]
    natural = [bool(settings["is_natural_prevalence"])] * len(rows)
    return pa.table([*columns, natural], schema=MEASURES)


# The true person of a found one is that of most of the found one's records.
_PAIRS_SQL = """
    create table true_persons as
    select
        person_id,
        arg_max(true_person_id, (n_rows, -true_person_id)) as true_person_id
    from (
        select person_id, true_person_id, count(*) as n_rows
        from source_rows
        inner join true_person_records using (source_row_key)
        group by all
    ) as counted
    group by all;

    create table events as
    select distinct person_events.incident_id, true_persons.true_person_id as person
    from person_events
    inner join true_persons using (person_id);

    create table found as
    with small as (
        select incident_id from events group by all having count(*) between 2 and {largest_event}
    )
    select l.person as l, r.person as r, count(*) as n_events
    from events as l
    inner join events as r on l.incident_id = r.incident_id and l.person < r.person
    inner join small on l.incident_id = small.incident_id
    group by all;

    create table ties as
    with planted as (
        select least(a, b) as l, greatest(a, b) as r, kind
        from true_associations
        union
        select one.true_person_id, other.true_person_id, 'family'
        from true_families as one
        inner join true_families as other
            on one.family = other.family and one.true_person_id < other.true_person_id
    ),
    seen as (
        select distinct person from events
    )
    select distinct planted.*
    from planted
    inner join seen as seen_l on planted.l = seen_l.person
    inner join seen as seen_r on planted.r = seen_r.person;
"""

_COUNTS_SQL = """
    with linked as (
        select l, r from found where n_events >= $threshold
    ),
    kinds as (
        select kind, count(*) as n_true, count(linked.l) as n_found
        from ties
        left join linked using (l, r)
        group by all
    ),
    every as (
        select count(*) as n_true, count(linked.l) as n_found
        from (select distinct l, r from ties) as pairs
        left join linked using (l, r)
    )
    select 'all' as slice, (select count(*) from linked) as n_links, n_true, n_found from every
    union all
    select kind, null, n_true, n_found from kinds
    order by slice
"""
