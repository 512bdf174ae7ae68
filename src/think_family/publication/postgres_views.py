"""The views that readers ask and the tables of the slots below them: what stands, and its changes.

A view is its table in the slot that the pointer names; the other slot is left aside before a row of
it is read. A view changes only when its mart does: one that is new, gone or of other columns. The
new tables are made and filled aside, and take their places at the end, in a moment that readers of
this mart wait for.

A snapshot from before that moment cannot see the rows of the new tables, and would find no row at
all. So a view knows how often views had changed when it was made, and refuses a snapshot in which
they have not: with the error by which a program knows that a transaction is worth repeating.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg2 import errors

from think_family.errors import ThinkFamilyError
from think_family.publication.postgres_rights import PUBLISHED
from think_family.sql import literal, quoted

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812

SLOTS = ("slot_a", "slot_b")

# Holds the pointer: which slot is served, and how often views have changed.
SERVING = "serving"
_POINTER = (SERVING, "pointer")
POINTER = ".".join(_POINTER)
REFUSE = f"{SERVING}.refuse_old_snapshot()"

_COMMENTS = {
    PUBLISHED: "What consumers read: a view per mart, as of the last publication.",
    **dict.fromkeys(SLOTS, "One of two slots that publications take turns in. Read published."),
    SERVING: "Which slot is served.",
}

# Where the tables of marts that change are made; gone by the end of the transaction.
_ASIDE = {slot: f"{slot}_new" for slot in SLOTS}
# Where each mart stands.
_PLACES = (PUBLISHED, *SLOTS)

# To change a view is to wait for its readers, while further readers queue. Who holds on to it for
# longer than this is let be, and asked again later. Less than the second after which Postgres would
# break off readers, too, to end a deadlock.
_READERS_WAIT = "500ms"
_PAUSE_SECONDS = 2.0
_ATTEMPTS = 60

# Columns of relations, in order, as one would define them.
_COLUMNS = """
    select
        schemas.nspname,
        relations.relname,
        relations.relkind,
        columns.attname,
        format_type(columns.atttypid, columns.atttypmod)
        || case
            when columns.attcollation = types.typcollation then ''
            else ' collate ' || cast(cast(columns.attcollation as regcollation) as text)
        end
    from pg_catalog.pg_class as relations
    inner join pg_catalog.pg_namespace as schemas on schemas.oid = relations.relnamespace
    left join pg_catalog.pg_attribute as columns
        on columns.attrelid = relations.oid and columns.attnum > 0 and not columns.attisdropped
    left join pg_catalog.pg_type as types on types.oid = columns.atttypid
    where relations.relkind in ('r', 'v', 'm', 'f', 'p', 'S') and {condition}
    order by schemas.nspname, relations.relname, columns.attnum
"""

# Columns of a relation in order, each with its type.
Form = tuple[tuple[str, str], ...]


def make_schemas(cursor: Cursor) -> None:
    """Make the schemas of the publication where there are none, and the function that refuses."""
    for schema, comment in _COMMENTS.items():
        cursor.execute(f"create schema if not exists {schema}")
        cursor.execute(f"comment on schema {schema} is {literal(comment)}")
    cursor.execute(
        f"create or replace function {REFUSE} returns text language plpgsql parallel safe as $$"
        " begin raise exception 'the published marts have changed their columns since this"
        " transaction began' using errcode = 'serialization_failure', hint = 'Begin it again.';"
        " end $$"
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """What publications have made so far.

    Attributes:
        forms: by schema and name, each published view and each table of a slot.
        has_pointer: whether there is a pointer.
    """

    forms: Mapping[tuple[str, str], Form]
    has_pointer: bool

    @classmethod
    def look(cls, cursor: Cursor) -> Standing:
        """Look into the schemas of the publication.

        Raises:
            ThinkFamilyError: one of them holds what no publication has made.
        """
        schemas = ", ".join(map(literal, _COMMENTS))
        relations = _forms(cursor, f"schemas.nspname in ({schemas})")
        has_pointer = relations.pop((*_POINTER, "r"), None) is not None
        forms = {(schema, name): form for (schema, name, _), form in relations.items()}
        foreign = sorted(
            f"{schema}.{name}"
            for schema, name, kind in relations
            if kind != ("v" if schema == PUBLISHED else "r")
            # One that someone dropped by mistake is made again.
            or sum((place, name) in forms for place in _PLACES) < len(_PLACES) - 1
            or not has_pointer
        )
        if foreign:
            raise ThinkFamilyError(
                f"Nothing was published: the schemas {', '.join(_COMMENTS)} are for publications"
                f" alone, and no publication has made {', '.join(foreign)}. Move it to another"
                " schema, or rename the schema that it is in."
            )
        return cls(forms, has_pointer)

    def tables(self, slot: str) -> list[str]:
        """Give the tables of a slot, qualified and quoted."""
        return [name_in(schema, name) for schema, name in self.forms if schema == slot]

    def changes(self, wanted: Mapping[str, Form]) -> Changes:
        """Say what has to change so that marts of these columns can be published, and no others."""
        changed = {
            name: form
            for name, form in wanted.items()
            if any(self.forms.get((place, name)) != form for place in _PLACES)
        }
        return Changes(self, changed, {name for _, name in self.forms} - wanted.keys())


@dataclass(frozen=True, slots=True)
class Changes:
    """What changes in the schemas of the publication.

    Attributes:
        standing: what stands there.
        changed: marts that are new or of other columns, with these.
        gone: marts that are no more.
    """

    standing: Standing
    changed: Mapping[str, Form]
    gone: Set[str]

    def table(self, slot: str, name: str) -> str:
        """Give the table that holds a mart in a slot, also while it stands aside."""
        return name_in(_ASIDE[slot] if name in self.changed else slot, name)

    def make_aside(self, cursor: Cursor) -> None:
        """Make the tables of marts that change, where nobody reads them."""
        for slot, aside in _ASIDE.items():
            if self.changed:
                cursor.execute(f"create schema {aside}")
            for name, form in self.changed.items():
                table = self.table(slot, name)
                columns = ", ".join(f"{quoted(column)} {kind}" for column, kind in form)
                cursor.execute(f"create table {table} ({columns})")
                for column, _ in form:
                    if column.endswith("_id"):
                        cursor.execute(f"create index on {table} ({quoted(column)})")

    def put_in_place(self, cursor: Cursor, n_changes: int) -> None:
        """Let the views be of the new tables; readers of these marts wait until the commit.

        Args:
            cursor: of the publication.
            n_changes: how often views have changed, with this time.

        Raises:
            ThinkFamilyError: transactions that read these marts do not end.
        """
        self._shut_out_readers(cursor)
        for name in sorted(self.gone):
            cursor.execute(f"drop view if exists {name_in(PUBLISHED, name)}")
            for slot in SLOTS:
                cursor.execute(f"drop table if exists {name_in(slot, name)}")
        for name in self.changed:
            self._make_view(cursor, name, n_changes)
            for slot in SLOTS:
                cursor.execute(f"drop table if exists {name_in(slot, name)}")
                cursor.execute(f"alter table {self.table(slot, name)} set schema {slot}")
        for aside in _ASIDE.values():
            cursor.execute(f"drop schema if exists {aside}")

    def _shut_out_readers(self, cursor: Cursor) -> None:
        names = [
            name
            for name in sorted(self.changed.keys() | self.gone)
            if all((place, name) in self.standing.forms for place in _PLACES)
        ]
        # Autovacuum gives way to this lock, but not within the time that readers are made to wait.
        for name in names:
            tables = ", ".join(name_in(slot, name) for slot in SLOTS)
            cursor.execute(f"lock table {tables} in share update exclusive mode")
        # In the order in which a query takes them, so that nobody waits in a circle.
        locks = "".join(
            f"alter view {name_in(PUBLISHED, name)} set (security_barrier = true);"
            f"lock table {', '.join(name_in(slot, name) for slot in SLOTS)};"
            for name in names
        )
        for _ in range(_ATTEMPTS):
            cursor.execute("savepoint readers")
            cursor.execute(f"set local statement_timeout = '{_READERS_WAIT}'")
            try:
                cursor.execute(f"do {literal(f'begin {locks} end')}")
            except (errors.QueryCanceled, errors.DeadlockDetected):
                cursor.execute("rollback to savepoint readers")
                time.sleep(_PAUSE_SECONDS)
            else:
                cursor.execute("set local statement_timeout to default")
                return
        raise ThinkFamilyError(
            f"Nothing was published: the columns of {', '.join(names)} change, and transactions"
            " that read them do not end. Look for these in pg_stat_activity, and build again."
        )

    def _make_view(self, cursor: Cursor, name: str, n_changes: int) -> None:
        view, form = name_in(PUBLISHED, name), self.changed[name]
        old = self.standing.forms.get((PUBLISHED, name), ())
        if old != form[: len(old)]:
            # Only further columns can be added to a view that stands.
            cursor.execute(f"drop view {view}")
        # The aggregates give a row in any case: a snapshot that sees no pointer is refused, too.
        served = (
            f"(select case when max(n_changes) >= {n_changes} then max(served) else {REFUSE} end"
            f" from {POINTER})"
        )
        branches = " union all ".join(
            f"select * from {self.table(slot, name)} where {served} = {literal(slot)}"
            for slot in SLOTS
        )
        # Whatever the tables or the view come to hide, no condition of a reader may see it first.
        cursor.execute(
            f"create or replace view {view} with (security_barrier = true) as {branches}"
        )


def form_of(cursor: Cursor, relation: str) -> Form:
    """Give the columns of a relation, by its qualified and quoted name; none where it is not."""
    forms = _forms(cursor, f"relations.oid = to_regclass({literal(relation)})")
    return next(iter(forms.values()), ())


def _forms(cursor: Cursor, condition: str) -> dict[tuple[str, str, str], Form]:
    """Give the columns of relations, by their schemas, names and kinds."""
    cursor.execute(_COLUMNS.format(condition=condition))
    forms: dict[tuple[str, str, str], Form] = {}
    for schema, name, kind, column, definition in cursor.fetchall():
        columns = forms.setdefault((schema, name, kind), ())
        if column is not None:
            forms[schema, name, kind] = (*columns, (column, definition))
    return forms


def other_slot(slot: str) -> str:
    """Give the other one of the two slots."""
    return SLOTS[1 - SLOTS.index(slot)]


def name_in(schema: str, name: str) -> str:
    """Give the qualified and quoted name of a relation in a schema of the publication."""
    return f"{schema}.{quoted(name)}"
