"""Who is linked by shared events, on what day, and by which events."""

from __future__ import annotations

import datetime
import itertools
from collections import Counter
from collections.abc import Iterable
from typing import Any

import duckdb
import networkx as nx
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from think_family.errors import ThinkFamilyError
from think_family.network import links as module
from think_family.network.links import (
    count_mass_events,
    describe_links,
    kind_column,
    link_events,
)

# Person, event, kind, date of the event, recorded date.
Row = tuple[str, str, str | None, str | None, str | None]

CONNECTION = duckdb.connect(config={"threads": 1})

SCHEMA = pa.schema(
    [
        ("person_id", pa.string()),
        ("event_id", pa.string()),
        ("kind", pa.string()),
        ("event_date", pa.date32()),
        ("recorded_date", pa.date32()),
    ]
)


def day(text: str | None) -> datetime.date | None:
    return None if text is None else datetime.date.fromisoformat(text)


def relation(rows: Iterable[Row]) -> duckdb.DuckDBPyRelation:
    columns = list(zip(*rows, strict=True)) or [()] * 5
    table = pa.table(
        [*columns[:3], *([day(text) for text in column] for column in columns[3:])], schema=SCHEMA
    )
    return CONNECTION.from_arrow(table)


def rows_of(text: str) -> list[Row]:
    """Rows as a table in words: persons, event, kind, date of the event, recorded date.

    Several persons stand in one word, a letter each; a hyphen is nothing.
    """
    rows = []
    for line in text.strip().splitlines():
        persons, event, *rest = line.split()
        kind, date, recorded = ([word if word != "-" else None for word in rest] + [None] * 3)[:3]
        rows += [(person, event, kind, date, recorded) for person in persons]
    return rows


def shared(text: str, **settings: int) -> list[str]:
    """Pairs and the events that link them, as "ab 1 2 3"."""
    return by_pair(link_events(relation(rows_of(text)), **settings).fetchall())


def by_pair(found: list[tuple[Any, ...]]) -> list[str]:
    pairs: dict[str, list[str]] = {}
    for row in found:
        pairs.setdefault(row[0] + row[1], []).append(row[2])
    return [" ".join([pair, *events]) for pair, events in pairs.items()]


def told(text: str, *, kinds: Iterable[str] = (), **settings: int) -> list[dict[str, Any]]:
    found = link_events(relation(rows_of(text)), **settings)
    threshold = settings.get("threshold", 3)
    described = describe_links(found, threshold=threshold, kinds=list(kinds))
    return described.to_arrow_table().to_pylist()


def test_three_shared_events_link_two_persons_and_two_do_not() -> None:
    assert shared("ab 1\nab 2\nab 3\nbc 4\nbc 5\nc 6") == ["ab 1 2 3"]
    assert shared("ab 1\nab 2\nbc 4", threshold=2) == ["ab 1 2"]
    assert shared("ab 1\nbc 4\nd 5", threshold=1) == ["ab 1", "bc 4"]


def test_an_event_that_is_recorded_twice_is_one_event() -> None:
    assert shared("ab 1\nab 1\nab 1\nab 2") == []
    assert shared("ab 1\nab 1\na 1\nab 2\nab 3") == ["ab 1 2 3"]


def test_persons_are_linked_by_twos_whatever_came_together() -> None:
    assert shared("abc 1\nabc 2\nab 3\nbc 4") == ["ab 1 2 3", "bc 1 2 4"]


def test_a_crowd_links_nobody() -> None:
    assert shared("abcd 1\nab 2\nab 3", largest_event=3) == []
    assert shared("abc 1\nab 2\nab 3", largest_event=3) == ["ab 1 2 3"]


def test_an_event_that_grows_into_a_crowd_leaves_those_linked_who_were_before() -> None:
    grown = """
        ab  1  crime  2024-01-01  2024-01-02
        c   1  crime  2024-01-01  2024-01-03
        de  1  crime  2024-01-01  2024-01-04
    """
    # Who links when the largest event that links has two persons, three, and so on.
    for largest_event, persons in [(2, "ab"), (3, "abc"), (4, "abc"), (5, "abcde")]:
        found = shared(grown, threshold=1, largest_event=largest_event)
        assert found == [f"{one}{other} 1" for one, other in pairs_of(persons)]


def pairs_of(persons: str) -> list[tuple[str, ...]]:
    return list(itertools.combinations(persons, 2))


def test_a_person_whose_part_is_dated_nowhere_counts_as_the_last_who_was_known() -> None:
    text = """
        ab  1  -  -  2024-01-02
        c   1  -  -  -
        ab  2  -  -  2024-01-02
        ab  3  -  -  2024-01-02
    """
    assert shared(text, largest_event=2) == ["ab 1 2 3"]


def test_crowds_are_counted_by_kind_with_those_who_link_with_nobody_in_them() -> None:
    text = """
        abc  1  crime    2024-01-01  2024-01-02
        d    1  crime    2024-01-01  2024-01-09
        abcd 2  crime    2024-01-01  2024-01-02
        ab   3  crime    2024-01-01  2024-01-02
        efgh 4  -        2024-01-01  2024-01-02
        aaaa 5  meeting  2024-01-01  2024-01-02
        abef 6  arrest   2024-01-01  -
    """
    counted = count_mass_events(relation(rows_of(text)), largest_event=3)
    assert counted.columns == ["kind", "n_events", "n_persons_in_them", "n_pairs_in_them"]
    # Of the first crime the three pairs count that were there before the fourth person.
    assert counted.fetchall() == [("arrest", 1, 4, 6), ("crime", 2, 4, 3 + 6), (None, 1, 4, 6)]
    assert count_mass_events(relation([]), largest_event=3).fetchall() == []


def test_a_shared_event_is_dated_when_both_were_known_to_be_part_of_it() -> None:
    text = """
        a  1  crime    2024-01-01  2024-01-05
        a  1  crime    2024-01-01  2024-01-03
        b  1  crime    2024-01-01  2024-01-04
        c  1  crime    2024-01-01  2024-02-01
        ab 2  missing  2024-02-01  2024-02-02
        ab 3  crime    2023-03-01  2024-03-02
    """
    found = link_events(relation(rows_of(text)))
    assert found.columns == [
        "person_id_l", "person_id_r", "event_id", "kind", "event_date", "recorded_date",
        "n_persons",
    ]  # fmt: skip
    assert found.fetchall() == [
        # The third person was not known of then.
        ("a", "b", "1", "crime", day("2024-01-01"), day("2024-01-04"), 2),
        ("a", "b", "2", "missing", day("2024-02-01"), day("2024-02-02"), 2),
        ("a", "b", "3", "crime", day("2023-03-01"), day("2024-03-02"), 2),
    ]


def test_a_link_is_described_by_its_events() -> None:
    text = """
        ab   1  crime         2024-01-01  2024-01-02
        abc  2  missing       2024-02-01  2024-06-01
        ab   3  crime         2023-03-01  2024-03-02
        abcd 4  Stop/Search   2024-04-01  2024-04-01
    """
    assert told(text, kinds=["missing", "Stop/Search", "crime"]) == [
        {
            "person_id_l": "a",
            "person_id_r": "b",
            "n_events": 4,
            "n_stop_search": 1,
            "n_crime": 2,
            "n_missing": 1,
            "first_event_date": day("2023-03-01"),
            "last_event_date": day("2024-04-01"),
            # The third of January, March, April and June.
            "linked_on": day("2024-04-01"),
            "strength": 1 + 1 / 2 + 1 + 1 / 3,
        }
    ]


def test_a_link_that_too_few_days_are_known_for_was_known_on_no_day() -> None:
    text = "ab 1 - 2024-01-01 2024-01-02\nab 2 - 2024-01-01 2024-01-02\nab 3 - - -"
    (link,) = told(text)
    assert (link["n_events"], link["linked_on"]) == (3, None)
    assert link["last_event_date"] == day("2024-01-01")


def test_kind_and_date_are_those_of_the_row_that_was_recorded_first() -> None:
    text = """
        a  1  crime     2024-01-02  2024-01-05
        b  1  incident  2024-01-01  2024-01-04
        b  1  arrest    2024-01-03  2024-01-04
        c  1  crime     2024-01-01  -
    """
    found = link_events(relation(rows_of(text)), threshold=1, largest_event=9)
    assert {row[3:5] for row in found.fetchall()} == {("incident", day("2024-01-01"))}


def test_rows_that_name_no_person_or_no_event_are_passed_over() -> None:
    rows = rows_of("ab 1\nab 2\nab 3")
    rows += [(None, "1", None, None, None), ("a", None, None, None, None)] * 4  # type: ignore[list-item]
    assert by_pair(link_events(relation(rows)).fetchall()) == ["ab 1 2 3"]


@pytest.mark.parametrize(
    ("kind", "persons"),
    [
        ("bigint", ["9", "10", "-3"]),
        ("hugeint", ["9", "10", "170141183460469231731687303715884105727"]),
        ("decimal(9, 2)", ["9.50", "10.00", "10.01"]),
        ("uuid", [f"{n}0000000-0000-0000-0000-000000000000" for n in (9, 1, 8)]),
        ("enum ('late', 'early', 'other')", ["late", "early", "other"]),
        ("blob", ["a", "b", "c"]),
        ("timestamp", ["2024-01-01 10:00:00", "2023-01-01", "2024-01-01 09:00:00"]),
    ],
)
def test_ids_may_be_of_any_type_and_stay_of_it(kind: str, persons: list[str]) -> None:
    connection = duckdb.connect()
    values = ", ".join(f"(cast('{person}' as {kind}))" for person in persons)
    connection.execute(f"create table people as select * from (values {values}) as v (id)")
    events = connection.sql(
        """
        select one.id as person_id, other.id as event_id, 'x' as kind,
            date '2024-01-01' as event_date, date '2024-01-02' as recorded_date
        from people as one cross join people as other
        """
    )
    found = link_events(events)
    assert [str(t) for t in found.types[:3]] == [str(t) for t in events.types[:1]] * 3
    expected = connection.sql(
        """
        select l.id, r.id, e.id
        from people as l inner join people as r on l.id < r.id cross join people as e
        """
    )
    assert set(found.project("person_id_l, person_id_r, event_id").fetchall()) == set(
        expected.fetchall()
    )
    assert len(describe_links(found).fetchall()) == 3


def test_a_stream_is_read_once_and_the_result_as_often_as_one_likes() -> None:
    table = relation(rows_of("ab 1\nab 2\nab 3")).to_arrow_table()
    read = []

    def batches() -> Iterable[pa.RecordBatch]:
        for batch in table.to_batches(max_chunksize=2):
            read.append(batch.num_rows)
            yield batch

    reader = pa.RecordBatchReader.from_batches(table.schema, batches())
    found = link_events(duckdb.connect().from_arrow(reader))
    assert sum(read) == 6
    assert [len(found.fetchall()), len(found.fetchall())] == [3, 3]
    assert len(describe_links(found).fetchall()) == 1


def test_no_rows_are_no_links() -> None:
    found = link_events(relation([]))
    assert found.fetchall() == []
    assert describe_links(found, kinds=["crime"]).fetchall() == []


def test_ids_of_one_hash_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "ab 1\nab 2\nzb 3\nbc 4\nbc 5\nbc 6"
    read = module._read

    def with_a_clash(events: duckdb.DuckDBPyRelation) -> pa.Table:
        table = read(events)
        persons = table["person_id"].to_pylist()
        hashes = pa.array([0 if p in "az" else ord(p) for p in persons], pa.uint64())
        return table.set_column(0, "person_hash", hashes)

    monkeypatch.setattr(module, "_read", with_a_clash)
    assert shared(text) == ["bc 4 5 6"]


def test_persons_are_counted_in_blocks_with_the_same_result(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(3)
    rows = [
        (f"p{p}", f"e{e}", None, None, None)
        for p, e in rng.integers(0, (40, 60), (500, 2)).tolist()
    ]
    whole = link_events(relation(rows)).fetchall()
    assert whole
    monkeypatch.setattr(module, "_BLOCK_MEETINGS", 50)
    assert link_events(relation(rows)).fetchall() == whole


def test_numbers_too_large_for_one_word_are_sorted_all_the_same() -> None:
    event = np.array([2**31 - 1, 0, 2**31 - 1, 2**31 - 1], np.int32)
    person = np.array([2**31 - 1, 5, 2**31 - 1, 3], np.int32)
    days = np.array([700, 800, 600, 2**31 - 1], np.int32)
    distinct = [values.tolist() for values in module._distinct(event, person, days)]
    assert distinct == [[0, 2**31 - 1, 2**31 - 1], [5, 3, 2**31 - 1], [800, 2**31 - 1, 600]]


def test_women_of_davis_who_met_three_times() -> None:
    graph = nx.davis_southern_women_graph()
    women = graph.graph["top"]
    rows = [(woman, event, None, None, None) for woman in women for event in graph[woman]]
    assert (len(women), len({row[1] for row in rows})) == (18, 14)
    found = describe_links(link_events(relation(rows)))
    assert len(found.fetchall()) == 46
    projected = nx.bipartite.weighted_projected_graph(graph, women)
    assert {(row[0], row[1]): row[2] for row in found.fetchall()} == {
        (min(a, b), max(a, b)): n for a, b, n in projected.edges(data="weight") if n >= 3
    }


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda e: link_events(e.project("person_id")), "event_id, kind, event_date"),
        (lambda e: link_events(e, threshold=0), "threshold must be 1 or more"),
        (lambda e: link_events(e, largest_event=1), "largest_event must be 2 or more"),
        (lambda e: count_mass_events(e, largest_event=1), "largest_event must be 2 or more"),
        (lambda e: count_mass_events(e.project("kind")), "person_id, event_id"),
        (lambda e: describe_links(e), "person_id_l, person_id_r, n_persons is missing"),
        (lambda e: describe_links(link_events(e), kinds=["a b", "A/B"]), "Two kinds of events"),
        (lambda e: describe_links(link_events(e), kinds=["events"]), "Two kinds of events"),
        (lambda e: describe_links(link_events(e), threshold=0), "threshold must be 1 or more"),
    ],
)
def test_what_is_wrong_is_told(call: Any, message: str) -> None:
    with pytest.raises(ThinkFamilyError, match=message):
        call(relation(rows_of("ab 1")))


def test_a_kind_gives_its_column_a_name() -> None:
    assert [kind_column(kind) for kind in ("crime", "Stop/Search ", "n° 5")] == [
        "n_crime",
        "n_stop_search",
        "n_n_5",
    ]


# Few persons, events and days, so that much is shared, grows and falls on one day.
DAYS = st.one_of(st.none(), st.integers(0, 4).map(lambda n: f"2024-01-0{n + 1}"))
ROWS = st.lists(
    st.tuples(
        st.sampled_from("abcdefgh"),
        st.sampled_from("123456"),
        st.sampled_from(["crime", "missing", None]),
        DAYS,
        DAYS,
    ),
    max_size=70,
)


def reference(rows: list[Row], threshold: int, largest_event: int) -> list[tuple[Any, ...]]:
    """The same, by intersecting sets."""
    known: dict[str, dict[str, str]] = {}
    first: dict[str, tuple[str, str, str]] = {}
    for person, event, kind, date, recorded in rows:
        parts = known.setdefault(event, {})
        parts[person] = min(parts.get(person, "never"), recorded or "never")
        row = (recorded or "never", date or "never", kind or "~none")
        first[event] = min(first.get(event, row), row)
    events_of: dict[str, set[str]] = {}
    for event, parts in known.items():
        for person in parts:
            events_of.setdefault(person, set()).add(event)
    found = []
    for left, right in itertools.combinations(sorted(events_of), 2):
        of_pair = []
        for event in sorted(events_of[left] & events_of[right]):
            both = max(known[event][left], known[event][right])
            n_persons = sum(recorded <= both for recorded in known[event].values())
            if n_persons <= largest_event:
                _, date, kind = first[event]
                of_pair.append(
                    (
                        left,
                        right,
                        event,
                        None if kind == "~none" else kind,
                        None if date == "never" else day(date),
                        None if both == "never" else day(both),
                        n_persons,
                    )
                )
        if len(of_pair) >= threshold:
            found += of_pair
    return found


@given(ROWS, st.integers(1, 4), st.integers(2, 5), st.randoms(use_true_random=False))
@settings(max_examples=50, deadline=None)
def test_links_are_those_of_a_plain_intersection_of_sets(
    rows: list[Row], threshold: int, largest_event: int, chance: Any
) -> None:
    expected = reference(rows, threshold, largest_event)
    shuffled = rows[:]
    chance.shuffle(shuffled)
    for given_rows in (rows, shuffled):
        found = link_events(relation(given_rows), threshold=threshold, largest_event=largest_event)
        assert found.fetchall() == expected
    described = describe_links(found, threshold=threshold, kinds=["crime", "missing"])
    by_pair: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
    for row in expected:
        by_pair.setdefault(row[:2], []).append(row)
    links = described.to_arrow_table().to_pylist()
    assert [(link["person_id_l"], link["person_id_r"]) for link in links] == list(by_pair)
    for link, of_pair in zip(links, by_pair.values(), strict=True):
        recorded = sorted(row[5] for row in of_pair if row[5])
        dates = [row[4] for row in of_pair if row[4]]
        assert link["n_events"] == len(of_pair)
        assert link["n_crime"] == sum(row[3] == "crime" for row in of_pair)
        assert link["n_missing"] == sum(row[3] == "missing" for row in of_pair)
        assert link["first_event_date"] == min(dates, default=None)
        assert link["last_event_date"] == max(dates, default=None)
        assert link["linked_on"] == (
            recorded[threshold - 1] if len(recorded) >= threshold else None
        )
        assert link["strength"] == pytest.approx(sum(1 / (row[6] - 1) for row in of_pair), 1e-15)


@given(ROWS, st.integers(2, 4))
@settings(max_examples=50, deadline=None)
def test_crowds_leave_out_what_would_be_shared_without_a_limit_and_is_not_with_it(
    rows: list[Row], largest_event: int
) -> None:
    within = set(reference(rows, 1, largest_event))
    left_out = [row for row in reference(rows, 1, len(rows) + 2) if row not in within]
    n_pairs = Counter(row[3] for row in left_out)
    n_events = Counter(kind for kind, _ in {(row[3], row[2]) for row in left_out})
    counted = count_mass_events(relation(rows), largest_event=largest_event)
    found = counted.project("kind, n_events, n_pairs_in_them").fetchall()
    assert {kind: counts for kind, *counts in found} == {
        kind: [n_events[kind], n_pairs[kind]] for kind in n_pairs
    }


@given(ROWS, st.integers(1, 3), st.integers(2, 4), st.integers(1, 4))
@settings(max_examples=50, deadline=None)
def test_the_network_of_a_day_is_the_same_when_later_records_are_taken_away(
    rows: list[Row], threshold: int, largest_event: int, last: int
) -> None:
    then = f"2024-01-0{last}"

    def as_of(given_rows: list[Row]) -> tuple[list[Any], list[Any], list[Any]]:
        found = link_events(relation(given_rows), threshold=threshold, largest_event=largest_event)
        links = describe_links(found, threshold=threshold)
        known = links.filter(f"linked_on <= date '{then}'").project(
            "person_id_l, person_id_r, linked_on"
        )
        until = found.filter(f"recorded_date <= date '{then}'")
        described = describe_links(until, threshold=threshold, kinds=["crime"])
        pairs = {(row[0], row[1]) for row in described.fetchall()}
        traced = [row for row in until.fetchall() if (row[0], row[1]) in pairs]
        return known.fetchall(), described.fetchall(), traced

    assert as_of(rows) == as_of([row for row in rows if row[4] and row[4] <= then])
