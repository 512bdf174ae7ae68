"""The registry of ids over several runs, through the SQL that the warehouse runs."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import duckdb
import jinja2
from hypothesis import given, settings
from hypothesis import strategies as st

MACRO = Path(__file__).parents[2] / "macros" / "identity" / "ids_registered.sql"

# One run: each member's cluster. Members are letters, clusters numbers.
Clustering = dict[str, int]


def registry_sql(*, is_incremental: bool) -> str:
    """The macro as dbt renders it on DuckDB, for members and a registry of those names."""
    environment = jinja2.Environment(autoescape=False)  # noqa: S701 - SQL, not HTML
    environment.globals.update(
        is_incremental=lambda: is_incremental,
        this="registry_table",
        dbt=SimpleNamespace(type_string=lambda: "varchar", hash=lambda text: f"md5({text})"),
        dbt_utils=SimpleNamespace(
            generate_surrogate_key=lambda columns: f"md5(concat_ws('|', {', '.join(columns)}))"
        ),
    )
    template = environment.from_string(MACRO.read_text(encoding="utf-8"))
    ctes = template.module.ids_registered("members", "person", "date '2025-08-31'")  # type: ignore[attr-defined]
    return f"with {ctes} select * from registered"


FIRST, LATER = registry_sql(is_incremental=False), registry_sql(is_incremental=True)


class Registry:
    """A registry that is run on one clustering after the other."""

    def __init__(self) -> None:
        self.connection = duckdb.connect(":memory:")
        self.n_runs = 0

    def run(self, clustering: Clustering) -> int:
        """Register a clustering; the number of rows appended."""
        self.connection.execute(
            "create or replace table members (member_key text, cluster_key text, mint_key text)"
        )
        if clustering:
            self.connection.executemany(
                "insert into members values (?, ?, ?)",
                [(key, str(cluster), f"row {key}") for key, cluster in clustering.items()],
            )
        if self.n_runs == 0:
            self.connection.execute(f"create table registry_table as {FIRST}")
        else:
            self.connection.execute(f"create table appended as {LATER}")
            self.connection.execute("insert into registry_table select * from appended")
            self.connection.execute("drop table appended")
        self.n_runs += 1
        return len(self.rows("where registry_run = (select max(registry_run) from registry_table)"))

    def rows(self, where: str = "") -> list[tuple[object, ...]]:
        return self.connection.sql(f"select * from registry_table {where}").fetchall()

    def ids(self) -> dict[str, str]:
        """Member -> the id it has now."""
        latest = (
            "select member_key, arg_max(person_id, registry_run) from registry_table group by 1"
        )
        return dict(self.connection.sql(latest).fetchall())

    def ids_ever_minted(self) -> list[str]:
        minted = "select distinct person_id, mint_key, mint_number from registry_table"
        return [
            row[0] for row in self.connection.sql(f"{minted} where mint_key is not null").fetchall()
        ]


def run_all(clusterings: list[Clustering]) -> Registry:
    registry = Registry()
    for clustering in clusterings:
        registry.run(clustering)
    return registry


clusterings = st.dictionaries(st.sampled_from("abcdefg"), st.integers(0, 3), max_size=7)


def test_a_merge_keeps_the_larger_and_a_later_split_gives_an_id_never_seen() -> None:
    registry = run_all([{"a": 0, "b": 1, "c": 1}])
    small, large = registry.ids()["a"], registry.ids()["b"]
    registry.run({"a": 0, "b": 0, "c": 0})
    assert set(registry.ids().values()) == {large}
    registry.run({"a": 0, "b": 1, "c": 1})
    assert registry.ids()["b"] == large
    assert registry.ids()["a"] not in {small, large}


def test_a_second_run_on_the_same_clusters_appends_nothing() -> None:
    registry = run_all([{"a": 0, "b": 1}])
    before = registry.rows()
    registry.run({"a": 5, "b": 6})
    assert registry.rows() == before


@settings(max_examples=10, deadline=None)
@given(st.lists(clusterings, min_size=1, max_size=4))
def test_ids_name_clusters_one_to_one_and_none_is_minted_twice(history: list[Clustering]) -> None:
    registry = run_all(history)
    ids, last = registry.ids(), history[-1]
    for a in last:
        for b in last:
            assert (ids[a] == ids[b]) == (last[a] == last[b])
    minted = registry.ids_ever_minted()
    assert len(minted) == len(set(minted))


@settings(max_examples=10, deadline=None)
@given(st.lists(clusterings, min_size=1, max_size=3), clusterings)
def test_an_id_stays_where_most_of_its_members_are_or_gives_way_to_a_larger_one(
    history: list[Clustering], last: Clustering
) -> None:
    registry = run_all(history)
    before = registry.ids()
    registry.run(last)
    after = registry.ids()
    shared: dict[tuple[str, int], int] = {}
    for member, cluster in last.items():
        if member in before:
            key = (before[member], cluster)
            shared[key] = shared.get(key, 0) + 1
    for name in {name for name, _ in shared}:
        most = max(n for (other, _), n in shared.items() if other == name)
        holders = [after[member] for member in last if after[member] == name]
        if holders:
            assert holders.count(name) >= most
        else:
            # Every cluster that held most of it kept an id with which it shares as many members.
            clusters = [c for (other, c), n in shared.items() if other == name and n == most]
            kept = {after[member] for member in last if last[member] == clusters[0]}
            assert (
                any(shared.get((other, clusters[0]), 0) >= most for other in kept)
                or len(clusters) > 1
            )


@settings(max_examples=10, deadline=None)
@given(st.lists(clusterings, min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_ids_do_not_depend_on_the_order_of_rows(history: list[Clustering], random: object) -> None:
    shuffled = []
    for clustering in history:
        items = list(clustering.items())
        random.shuffle(items)  # type: ignore[attr-defined]
        shuffled.append(dict(items))
    assert run_all(history).ids() == run_all(shuffled).ids()
