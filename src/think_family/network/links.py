"""Who is linked with whom: two persons whom several distinct events brought together.

Records of the police link people to events, hardly to each other. `link_events` finds the pairs of
persons who share enough events and gives every event that links them; all else that is told of a
link is derived from those rows, by `describe_links` or by whoever reads them.

What was known on a day is told exactly. A row of a shared event holds only what was known on its
recorded date, and whatever is recorded later changes no earlier row: the rows up to a day, given to
`describe_links`, are the network as of that day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import csr_array

from think_family.errors import ThinkFamilyError
from think_family.sql import literal, quoted

Ints = npt.NDArray[np.int64]
Ints32 = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]

Given = TypeVar("Given")
Made = TypeVar("Made")

THRESHOLD = 3
LARGEST_EVENT = 25

EVENT_COLUMNS = ("person_id", "event_id", "kind", "event_date", "recorded_date")

# Comes after every day that is known.
_NEVER = np.iinfo(np.int32).max

# Types of ids that Arrow holds, orders and gives back as DuckDB does; others go through text.
_PLAIN_TYPES = {
    "VARCHAR", "BLOB", "DATE",
    "TINYINT", "SMALLINT", "INTEGER", "BIGINT",
    "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
}  # fmt: skip

# Rows of one batch as they are read.
_BATCH_ROWS = 1_000_000

# Meetings of two persons that are counted at a time; bounds memory.
_BLOCK_MEETINGS = 1 << 22

# More would hold more blocks in memory than they gain time.
_THREADS = 4

# Parts of 1 whole, large enough that a sum of them is exact to the last digit of a double.
_WHOLE = 10**18


def link_events(
    events: duckdb.DuckDBPyRelation,
    *,
    threshold: int = THRESHOLD,
    largest_event: int = LARGEST_EVENT,
) -> duckdb.DuckDBPyRelation:
    """Find the pairs of persons whom events brought together, with the events that did.

    Two persons are linked when at least `threshold` distinct events count for them. An event counts
    for a pair unless more than `largest_event` persons were known to be part of it by the day on
    which both were: a crowd says little of any two in it. So an event that grows into a crowd links
    nobody from then on, and leaves those linked who were before.

    The rows are read once, in their order. Pairs are counted by products of sparse matrices, a
    bounded number of meetings at a time; ids are told apart by 64-bit hashes, and what is found is
    compared by the ids themselves. Were two ids of one hash among it, all would be done again
    without hashes. What this would not show is a link that is missed because two persons at one
    event, or two events of one pair, have one hash: among ten million rows, less likely than 1 in
    10^11.

    Args:
        events: Relation of any connection, with one row or more per person and event: person_id
            and event_id (of any types that can be compared), kind (text), event_date (date) and
            recorded_date (date; the day from which it was known that the person was part of the
            event). Rows without a person or an event are passed over. A row without a recorded
            date counts, but as known on no day.
        threshold: Distinct events from which two persons are linked; 1 or more.
        largest_event: Most persons of an event that links; 2 or more.

    Returns:
        Relation of the same connection with one row per linked pair and event that they share,
        ordered by its first three columns: person_id_l and person_id_r (the smaller id is left),
        event_id, kind and event_date (of the event's row that was recorded first; of several, the
        first date, then the first kind by alphabet), recorded_date (date; the later of the days
        from which each of the two was known to be part of it; null if one is not dated), n_persons
        (distinct persons known to be part of it by then).

    Raises:
        ThinkFamilyError: A column is missing, or an argument is out of range.
    """
    _check(events, EVENT_COLUMNS)
    _at_least("threshold", threshold, 1)
    _at_least("largest_event", largest_event, 2)
    table = _read(events)
    found = _linked(table, threshold, largest_event, by_hash=True)
    if found is None:
        found = _linked(table, threshold, largest_event, by_hash=False)
    person, event = (_type_of(events, name) for name in ("person_id", "event_id"))
    left, right = (f"cast({side} as {person})" for side in ("person_id_l", "person_id_r"))
    return _beside(
        events,
        found,
        f"""
            least({left}, {right}) as person_id_l,
            greatest({left}, {right}) as person_id_r,
            cast(event_id as {event}) as event_id,
            * exclude (person_id_l, person_id_r, event_id)
        """,
    )


def describe_links(
    shared: duckdb.DuckDBPyRelation,
    *,
    threshold: int = THRESHOLD,
    kinds: Sequence[str] = (),
) -> duckdb.DuckDBPyRelation:
    """Describe each link by the events that make it.

    Given the rows with a recorded date up to a day, the links are those of that day:

        describe_links(shared.filter("recorded_date <= date '2024-12-31'"), kinds=["crime"])

    Args:
        shared: Relation as `link_events` gives it.
        threshold: Distinct events from which two persons are linked; as for `link_events`, or more.
        kinds: Kinds of events to count, each in a column of its own; see `kind_column`.

    Returns:
        Relation with one row per linked pair, ordered by pair: person_id_l, person_id_r, n_events,
        a count per kind in the order of kinds, first_event_date, last_event_date, linked_on (date;
        the day on which the last event that the threshold needs was known of both; null where too
        few events have a recorded date) and strength: the sum over shared events of
        1 / (n_persons - 1), as many persons at one event say less of each two of them (M. E. J.
        Newman, Scientific collaboration networks II, Physical Review E 64 (2001) 016132). It is
        over the persons known on the day of each row.

    Raises:
        ThinkFamilyError: A column is missing, two kinds come to one name of a column, or
            the threshold is out of range.
    """
    needed = ("person_id_l", "person_id_r", "kind", "event_date", "recorded_date", "n_persons")
    _check(shared, needed)
    _at_least("threshold", threshold, 1)
    columns = {kind: kind_column(kind) for kind in sorted(set(kinds))}
    if len(set(columns.values()) | {"n_events"}) <= len(columns):
        raise ThinkFamilyError(
            "Two kinds of events come to one name of a column: give kinds that differ in more than"
            ' case and punctuation, and are not called "events".'
        )
    counts = "".join(
        f"count(*) filter (shared.kind = {literal(kind)}) as {quoted(column)},"
        for kind, column in columns.items()
    )
    sql = f"""
        select
            shared.person_id_l,
            shared.person_id_r,
            count(*) as n_events,
            {counts}
            min(shared.event_date) as first_event_date,
            max(shared.event_date) as last_event_date,
            min(shared.recorded_date, {int(threshold)})[{int(threshold)}] as linked_on,
            -- In whole numbers, so that the order of rows does not show in the last digit.
            cast(sum(cast({_WHOLE} // (shared.n_persons - 1) as bigint)) as double) / {_WHOLE}
                as strength
        from shared
        group by shared.person_id_l, shared.person_id_r
        having count(*) >= {int(threshold)}
        order by shared.person_id_l, shared.person_id_r
    """
    return _given(shared.query("shared", sql))


def count_mass_events(
    events: duckdb.DuckDBPyRelation, *, largest_event: int = LARGEST_EVENT
) -> duckdb.DuckDBPyRelation:
    """Count what `link_events` leaves out for the size of events.

    Args:
        events: Relation as for `link_events`.
        largest_event: Most persons of an event that links; 2 or more.

    Returns:
        Relation of the same connection with one row per kind of which there is any, ordered by
        kind: kind, n_events (events that have come to have more than `largest_event` persons),
        n_persons_in_them (distinct persons who link with nobody in one of them, because it had
        grown too large by the day on which they were known to be part of it) and n_pairs_in_them
        (pairs of persons for whom an event does not count, because it had grown too large by the
        day on which both were known to be part of it; once for each event).

    Raises:
        ThinkFamilyError: A column is missing, or the argument is out of range.
    """
    _check(events, EVENT_COLUMNS)
    _at_least("largest_event", largest_event, 2)
    parts = _parts_of(_read(events), by_hash=True)
    crowds = np.flatnonzero((parts.n_persons > largest_event)[parts.event])
    left_out = crowds[_n_known(parts.event[crowds], parts.day[crowds]) > largest_event]
    kinds, kind, _ = _described(parts, parts.n_persons > largest_event)
    # Crowds of no kind come last.
    kinds = pa.concat_arrays([kinds, pa.nulls(1, pa.string())])
    of_event = np.where(kind < 0, len(kinds) - 1, kind)
    event, n_left_out = np.unique(parts.event[left_out], return_counts=True)
    n_persons = parts.n_persons[event]
    # All pairs of the event, but for those of persons who were known while it was small.
    n_pairs = np.zeros(len(kinds), np.int64)
    np.add.at(n_pairs, of_event[event], _n_pairs(n_persons) - _n_pairs(n_persons - n_left_out))
    persons = np.unique(
        of_event[parts.event[left_out]].astype(np.int64) << 32 | parts.person[left_out]
    )
    n_events = np.bincount(of_event[event], minlength=len(kinds))
    counted = pa.table(
        {
            "kind": kinds,
            "n_events": pa.array(n_events, pa.int64()),
            "n_persons_in_them": pa.array(
                np.bincount(persons >> 32, minlength=len(kinds)), pa.int64()
            ),
            "n_pairs_in_them": pa.array(n_pairs, pa.int64()),
        }
    )
    return _beside(events, counted.filter(pa.array(n_events > 0)), "*")


def kind_column(kind: str) -> str:
    """Name the column of `describe_links` that counts a kind: "Stop/Search" in n_stop_search."""
    letters = "".join(letter if letter.isalnum() else " " for letter in kind.lower())
    return "_".join(["n", *letters.split()])


def _at_once(make: Callable[[Given], Made], given: Iterable[Given]) -> list[Made]:
    """Make something of each, in threads: what takes long leaves Python to others meanwhile."""
    with ThreadPoolExecutor(_THREADS) as threads:
        return list(threads.map(make, given))


def _n_pairs(n_persons: Ints) -> Ints:
    return n_persons * (n_persons - 1) // 2


def _at_least(name: str, value: int, least: int) -> None:
    if value < least:
        raise ThinkFamilyError(f"{name} must be {least} or more.")


def _check(relation: duckdb.DuckDBPyRelation, needed: Sequence[str]) -> None:
    missing = [column for column in needed if column not in relation.columns]
    if missing:
        raise ThinkFamilyError(f"The column {', '.join(missing)} is missing.")


def _beside(
    relation: duckdb.DuckDBPyRelation, table: pa.Table, columns: str
) -> duckdb.DuckDBPyRelation:
    """Give columns of an Arrow table as a relation of the connection that another one is of."""
    # DuckDB finds the table by the name of this variable, which no table of a warehouse has.
    think_family_table_beside = table  # noqa: F841
    return _given(
        relation.query("relation_beside", f"select {columns} from think_family_table_beside")
    )


def _given(result: duckdb.DuckDBPyRelation | None) -> duckdb.DuckDBPyRelation:
    assert result is not None  # noqa: S101 - only a statement without a result gives none
    return result


def _type_of(events: duckdb.DuckDBPyRelation, column: str) -> str:
    return str(events.types[events.columns.index(column)])


def _read(events: duckdb.DuckDBPyRelation) -> pa.Table:
    """Read the rows that name a person and an event, with hashes of both."""

    def plain(column: str) -> str:
        is_plain = _type_of(events, column) in _PLAIN_TYPES
        return column if is_plain else f"cast({column} as varchar)"

    person, event = plain("person_id"), plain("event_id")
    return (
        events.filter("person_id is not null and event_id is not null")
        .project(
            f"""
            hash({person}) as person_hash,
            hash({event}) as event_hash,
            {person} as person_id,
            {event} as event_id,
            cast(kind as varchar) as kind,
            cast(event_date as date) as event_date,
            cast(recorded_date as date) as recorded_date
            """
        )
        .to_arrow_table(_BATCH_ROWS)
    )


def _array(column: pa.ChunkedArray, kind: Any) -> npt.NDArray[Any]:
    """Give a column as one array."""
    if not column.num_chunks:
        return np.empty(0, kind)
    return np.concatenate([np.asarray(chunk, kind) for chunk in column.chunks])


def _days(column: pa.ChunkedArray) -> Ints32:
    """Give dates as days since 1970-01-01; null as a day that never comes."""
    return _array(column.cast(pa.int32()).fill_null(_NEVER), np.int32)


def _dates(days: Ints32) -> pa.Array:
    return pa.array(days, pa.int32(), mask=days == _NEVER).cast(pa.date32())


def _taken(column: pa.ChunkedArray, rows: Ints) -> pa.Array:
    """Give the values of rows, in ascending order, of a column in many chunks."""
    # Chunk by chunk, because Arrow would copy all of them into one.
    taken, start = [], 0
    for chunk in column.chunks:
        first, last = np.searchsorted(rows, (start, start + len(chunk)))
        taken.append(chunk.take(pa.array(rows[first:last] - start)))
        start += len(chunk)
    return pa.concat_arrays([*taken, pa.nulls(0, column.type)])


def _begins(ordered: npt.NDArray[Any]) -> Bools:
    """Whether each of some ordered values is the first of its kind."""
    begins = np.ones(len(ordered), bool)
    np.not_equal(ordered[1:], ordered[:-1], out=begins[1:])
    return begins


def _runs(begins: Bools) -> tuple[Ints, Ints]:
    """Give where runs begin, and how long each is."""
    starts = np.flatnonzero(begins)
    return starts, np.diff(np.append(starts, len(begins)))


def _numbered(values: npt.NDArray[Any]) -> tuple[Ints32, Ints]:
    """Give each value a number from 0, and per number the place of one of its values."""
    order = np.argsort(values)
    begins = _begins(values[order])
    numbers = np.empty(len(values), np.int32)
    numbers[order] = np.cumsum(begins, dtype=np.int32) - 1
    return numbers, order[begins]


@dataclass(frozen=True, slots=True)
class _Parts:
    """Which persons were part of which events of several rows, both by running numbers.

    Attributes:
        table: The rows as they were read.
        row: Rows of `table` that are of events of several rows.
        row_event: Event of each of these rows.
        row_person: Person of each of these rows.
        row_day: Day on which each of these rows was recorded.
        event: Per part, the event. Parts are ordered by event and person.
        person: Per part, the person.
        day: Per part, the day from which it was known; days since 1970-01-01.
        n_persons: Per event, its persons.
        event_row: Per event, one of its rows in `table`.
        person_row: Per person, one of their rows in `table`.
    """

    table: pa.Table
    row: Ints
    row_event: Ints32
    row_person: Ints32
    row_day: Ints32
    event: Ints32
    person: Ints32
    day: Ints32
    n_persons: Ints
    event_row: Ints
    person_row: Ints


def _parts_of(table: pa.Table, *, by_hash: bool) -> _Parts:
    def values(name: str) -> npt.NDArray[Any]:
        if by_hash:
            return _array(table[f"{name}_hash"], np.uint64)
        encoded = table[f"{name}_id"].dictionary_encode()
        return _array(
            pa.chunked_array([chunk.indices for chunk in encoded.chunks], pa.int32()), np.int32
        )

    (event, event_row), (person, person_row) = _at_once(
        lambda name: _numbered(values(name)), ("event", "person")
    )
    # An event of one row brings nobody together. Most are such, and cost nothing more.
    row = np.flatnonzero((np.bincount(event, minlength=len(event_row)) > 1)[event])
    event, person = event[row], person[row]
    day = _days(table["recorded_date"])[row]
    parts = _distinct(event, person, day)
    return _Parts(
        table,
        row,
        event,
        person,
        day,
        *parts,
        n_persons=np.bincount(parts[0], minlength=len(event_row)),
        event_row=event_row,
        person_row=person_row,
    )


def _distinct(event: Ints32, person: Ints32, day: Ints32) -> tuple[Ints32, Ints32, Ints32]:
    """Give each event and person once, with the first day, ordered by event and person."""
    if not len(event):
        return event, person, day
    known = day[day < _NEVER]
    first, last = (int(known.min()), int(known.max())) if len(known) else (0, 0)
    day_bits, person_bits = (last + 1 - first).bit_length(), int(person.max()).bit_length()
    if int(event.max()).bit_length() + person_bits + day_bits < 64:
        # One sort of whole numbers, which is several times as fast as one of three columns.
        key = event.astype(np.int64) << person_bits | person
        key = key << day_bits | (np.minimum(day.astype(np.int64), last + 1) - first)
        key.sort()
        key = key[_begins(key >> day_bits)]
        days = (key & ((1 << day_bits) - 1)) + first
        day = np.where(days > last, _NEVER, days).astype(np.int32)
        key >>= day_bits
        person = (key & ((1 << person_bits) - 1)).astype(np.int32)
        return (key >> person_bits).astype(np.int32), person, day
    order = np.lexsort((day, person, event))
    order = order[_begins(event[order]) | _begins(person[order])]
    return event[order], person[order], day[order]


def _n_known(event: Ints32, day: Ints32) -> Ints:
    """Count, per part, the persons known to be part of the same event by the same day.

    Args:
        event: Per part, the event; all parts of an event are there, side by side.
        day: Per part, the day from which it was known.
    """
    order = np.lexsort((day, event))
    is_new = _begins(event[order])
    start, length = _runs(is_new)
    of_day, n_of_day = _runs(is_new | _begins(day[order]))
    n_known = np.empty(len(order), np.int64)
    n_known[order] = np.repeat(of_day + n_of_day, n_of_day) - np.repeat(start, length)
    return n_known


def _linked(
    table: pa.Table, threshold: int, largest_event: int, *, by_hash: bool
) -> pa.Table | None:
    """Find the shared events of linked pairs; None if two ids of one hash are among them."""
    parts = _parts_of(table, by_hash=by_hash)
    links = (parts.n_persons > 1)[parts.event]
    crowds = np.flatnonzero((parts.n_persons > largest_event)[parts.event])
    links[crowds] = _n_known(parts.event[crowds], parts.day[crowds]) <= largest_event
    n_events = np.bincount(parts.person[links], minlength=len(parts.person_row))
    links &= (n_events >= threshold)[parts.person]
    left, right = _shared(parts, np.flatnonzero(links), threshold)

    is_traced = np.zeros(len(parts.event_row), bool)
    is_traced[parts.event[left]] = True
    is_linked = np.zeros(len(parts.person_row), bool)
    is_linked[parts.person[left]] = is_linked[parts.person[right]] = True
    (persons, person), (events, event) = _at_once(
        lambda of: _ranked(*of),
        [
            (table["person_id"], parts.person_row, is_linked),
            (table["event_id"], parts.event_row, is_traced),
        ],
    )
    if by_hash and not _is_true(parts, is_traced, (persons, person), (events, event)):
        return None

    n_known = np.zeros(len(parts.event), np.int64)
    traced = np.flatnonzero(is_traced[parts.event])
    n_known[traced] = _n_known(parts.event[traced], parts.day[traced])
    kinds, kind, date = _described(parts, is_traced)

    of_pair = person[parts.person[left]], person[parts.person[right]]
    person_l, person_r = np.minimum(*of_pair), np.maximum(*of_pair)
    place = event[parts.event[left]]
    order = np.lexsort((place, person_l.astype(np.int64) << 32 | person_r))
    left, right = left[order], right[order]
    kind_of = kind[parts.event[left]]
    ids = _at_once(
        lambda of: of[0].take(pa.array(of[1][order])),
        [(persons, person_l), (persons, person_r), (events, place)],
    )
    return pa.table(
        {
            **dict(zip(("person_id_l", "person_id_r", "event_id"), ids, strict=True)),
            "kind": kinds.take(pa.array(kind_of, mask=kind_of < 0)),
            "event_date": _dates(date[parts.event[left]]),
            "recorded_date": _dates(np.maximum(parts.day[left], parts.day[right])),
            "n_persons": pa.array(np.maximum(n_known[left], n_known[right])),
        }
    )


def _shared(parts: _Parts, linking: Ints, threshold: int) -> tuple[Ints, Ints]:
    """Find the events that linked pairs share.

    Args:
        parts: All parts.
        linking: Numbers of the parts that link.
        threshold: Events from which two persons are linked.

    Returns:
        Two numbers of parts per event that a linked pair shares, one of each of the two persons.
    """
    is_linking = np.zeros(len(parts.person_row), bool)
    is_linking[parts.person[linking]] = True
    n_persons = int(is_linking.sum())
    person = (np.cumsum(is_linking, dtype=np.int32) - 1)[parts.person[linking]]
    starts, sizes = _runs(_begins(parts.event[linking]))
    ends = (starts + sizes).astype(np.int32)
    shape, bounds = (len(sizes), n_persons), np.append(np.int32(0), ends)
    places = np.arange(len(linking), dtype=np.int32)
    by_person = csr_array((places, person, bounds), shape=shape).T.tocsr()
    # Of each part, how many of the same event come after it.
    n_after = np.repeat(ends, sizes) - places - 1
    # Shared events are counted in numbers of half the size where these hold the busiest person's.
    busiest = int(np.diff(by_person.indptr).max(initial=0))
    ones = np.ones(len(linking), np.int16 if busiest < 1 << 15 else np.int32)
    events = csr_array((ones, person, bounds), shape=shape)
    n_meetings = np.append(0, np.cumsum(sizes[by_person.indices]))[by_person.indptr[1:]]

    def of_block(block: tuple[int, int]) -> tuple[Ints, Ints]:
        first, last = block
        left, right = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        begin, end = by_person.indptr[first], by_person.indptr[last]
        met = (
            csr_array(
                (
                    ones[begin:end],
                    by_person.indices[begin:end],
                    by_person.indptr[first : last + 1] - begin,
                ),
                shape=(last - first, len(sizes)),
            )
            @ events
        )
        often = np.flatnonzero(met.data >= threshold)
        one = first + np.searchsorted(met.indptr, often, side="right") - 1
        other = met.indices[often]
        # Each pair is met from both sides, and each person meets themselves.
        once = one < other
        pairs = np.sort(one[once] << 32 | other[once])
        has_link = np.zeros(n_persons, bool)
        has_link[pairs >> 32] = True
        here = by_person.data[begin:end].astype(np.int64)
        here = here[has_link[person[here]]]
        for step, those in _steps(here, n_after):
            pair = person[those].astype(np.int64) << 32 | person[those + step]
            place = np.minimum(np.searchsorted(pairs, pair), len(pairs) - 1)
            those = those[pairs[place] == pair]
            left.append(linking[those])
            right.append(linking[those + step])
        return np.concatenate(left), np.concatenate(right)

    found = _at_once(of_block, _blocks(n_meetings))
    none = np.empty(0, np.int64)
    return (
        np.concatenate([none, *(left for left, _ in found)]),
        np.concatenate([none, *(right for _, right in found)]),
    )


def _blocks(n_meetings: Ints) -> Iterator[tuple[int, int]]:
    """Part persons into runs that have a bounded number of meetings, or are one person.

    Args:
        n_meetings: Per person, the meetings of this one and of all before.
    """
    first, done = 0, 0
    while first < len(n_meetings):
        last = int(np.searchsorted(n_meetings, done + _BLOCK_MEETINGS, side="right"))
        last = max(last, first + 1)
        yield first, last
        first, done = last, int(n_meetings[last - 1])


def _steps(parts: Ints, n_after: Ints32) -> Iterator[tuple[int, Ints]]:
    """Give, per distance, the parts that have another of the same event at that distance."""
    step = 1
    while len(parts := parts[n_after[parts] >= step]):
        yield step, parts
        step += 1


def _ranked(column: pa.ChunkedArray, row: Ints, wanted: Bools) -> tuple[pa.Array, Ints32]:
    """Give the ids of wanted numbers in their order, and the place of each number among them."""
    numbers = np.flatnonzero(wanted)
    numbers = numbers[np.argsort(row[numbers])]
    ids = _taken(column, row[numbers])
    order = pc.sort_indices(ids)
    place = np.full(len(row), -1, np.int32)
    place[numbers[np.asarray(order)]] = np.arange(len(numbers))
    return ids.take(order), place


def _is_true(
    parts: _Parts,
    is_traced: Bools,
    persons: tuple[pa.Array, Ints32],
    events: tuple[pa.Array, Ints32],
) -> bool:
    """Whether the rows of traced events hold the ids that their numbers stand for."""
    rows = np.flatnonzero(is_traced[parts.row_event])
    places = persons[1][parts.row_person[rows]], events[1][parts.row_event[rows]]

    def is_read(of: tuple[str, pa.Array, Ints32]) -> bool:
        name, ids, place = of
        known = place >= 0
        read = _taken(parts.table[f"{name}_id"], parts.row[rows[known]])
        return bool(pc.all(pc.equal(read, ids.take(pa.array(place[known]))), min_count=0).as_py())

    return all(
        _at_once(is_read, [("person", persons[0], places[0]), ("event", events[0], places[1])])
    )


def _described(parts: _Parts, wanted: Bools) -> tuple[pa.Array, Ints32, Ints32]:
    """Tell kind and date of events, by the row of each that was recorded first.

    Args:
        parts: All parts.
        wanted: Whether each event is wanted.

    Returns:
        Kinds in alphabetical order; per event, the place of its kind among them (-1 for none) and
        its date.
    """
    rows = np.flatnonzero(wanted[parts.row_event])
    event = parts.row_event[rows]
    encoded = _taken(parts.table["kind"], parts.row[rows]).dictionary_encode()
    order = pc.sort_indices(encoded.dictionary)
    place = np.empty(len(order), np.int32)
    place[np.asarray(order)] = np.arange(len(order))
    kind = np.full(len(rows), _NEVER, np.int32)
    has_kind = np.asarray(encoded.is_valid())
    kind[has_kind] = place[np.asarray(encoded.indices.drop_null())]
    date = _days(pa.chunked_array([_taken(parts.table["event_date"], parts.row[rows])]))
    first = []
    columns = [parts.row_day[rows], date, kind]
    while columns:
        smallest = np.full(len(parts.event_row), _NEVER, np.int32)
        np.minimum.at(smallest, event, columns[0])
        first.append(smallest)
        # Rows that come second in one column have no say in the next.
        is_first = columns[0] == smallest[event]
        event, *columns = (values[is_first] for values in (event, *columns[1:]))
    return encoded.dictionary.take(order), np.where(first[2] == _NEVER, -1, first[2]), first[1]
