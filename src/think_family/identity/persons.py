"""From person records and scored pairs to clusters: one cluster per person."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from think_family.identity.clustering import NEVER, Constraints, Ints, cluster
from think_family.identity.records import checked_records, normal_records_sql

# A person has one NHS number and one UPN, so that two valid ones are two persons. A life after an
# adoption order has new ones. NINO and police id are no such proof: agencies hold wrong ones.
EXCLUSIVE_IDENTIFIERS = ("nhs_number", "upn")


def cluster_persons(records: Any, pairs: Any, *, name: str = "person records") -> pa.Table:
    """Gather source persons into clusters along scored pairs.

    Records with one source_person_key always come together. Two clusters are not joined where that
    would put two NHS numbers or two UPNs together, join a pair that is kept apart (twins), or
    join what was recorded after an adoption order to a record that the order closed.

    Args:
        records: Arrow table of person records, columns as `records.RECORD_COLUMNS`.
        pairs: Arrow table as `linkage.score_pairs` returns it.
        name: How an error names the records.

    Returns:
        One row per source person, ordered by key: source_person_key, cluster_key (the smallest
        source_person_key of the cluster), n_source_persons (in the cluster), strongest_weight (of
        the links of this source person within its cluster, log2 odds; null where it has none).
    """
    with duckdb.connect(":memory:") as connection:
        checked_records(connection, records, records_name=name).create("checked_records")
        connection.execute(
            f"create table normal_records as {normal_records_sql('checked_records')}"
        )
        connection.register("scored_pairs", pairs)
        # Sorting here once makes node numbers, and with them ties, independent of row order.
        keys = connection.sql(
            """
            select source_person_key,
                coalesce(min(adoption_date) - date '1970-01-01', ?) as adoption_day,
                -- What an order closed is of the earlier life, however late it was recorded.
                case
                    when min(adoption_date) is null
                        then coalesce(min(first_recorded_date) - date '1970-01-01', ?)
                    else ?
                end as first_day
            from normal_records group by source_person_key order by source_person_key
            """,
            params=[NEVER, -NEVER, -NEVER],
        ).to_arrow_table()
        links = connection.sql(
            """
            with nodes as (
                select distinct source_person_key, person_number from normal_records
            )
            select nodes_l.person_number as node_l, nodes_r.person_number as node_r,
                match_weight, is_apart
            from scored_pairs
            inner join nodes as nodes_l
                on scored_pairs.source_person_key_l = nodes_l.source_person_key
            inner join nodes as nodes_r
                on scored_pairs.source_person_key_r = nodes_r.source_person_key
            """
        ).to_arrow_table()
        identifiers = [_held(connection, column) for column in EXCLUSIVE_IDENTIFIERS]
    n_nodes = keys.num_rows
    left, right = _ints(links["node_l"]), _ints(links["node_r"])
    weight = np.asarray(links["match_weight"].fill_null(0.0), dtype=np.float64)
    is_apart = np.asarray(links["is_apart"], dtype=bool)
    clusters = cluster(
        n_nodes,
        left[~is_apart],
        right[~is_apart],
        weight[~is_apart],
        Constraints(
            identifiers=identifiers,
            apart=(left[is_apart], right[is_apart]),
            adoption_day=_ints(keys["adoption_day"]),
            first_day=_ints(keys["first_day"]),
        ),
    )
    within = ~is_apart & (clusters[left] == clusters[right])
    strongest = np.full(n_nodes, -np.inf)
    np.maximum.at(strongest, left[within], weight[within])
    np.maximum.at(strongest, right[within], weight[within])
    sizes = np.bincount(clusters, minlength=n_nodes)
    return pa.table(
        {
            "source_person_key": keys["source_person_key"],
            "cluster_key": keys["source_person_key"].take(pa.array(clusters)),
            "n_source_persons": pa.array(sizes[clusters], pa.int64()),
            "strongest_weight": pa.array(strongest, mask=np.isneginf(strongest)),
        }
    )


def _ints(column: pa.ChunkedArray) -> Ints:
    return np.asarray(column, dtype=np.int64)


def _held(connection: duckdb.DuckDBPyConnection, column: str) -> tuple[Ints, Ints]:
    held = connection.sql(
        f"""
        select distinct person_number as node, dense_rank() over (order by {column}) as code
        from normal_records where {column} is not null order by node, code
        """
    ).to_arrow_table()
    return _ints(held["node"]), _ints(held["code"])
