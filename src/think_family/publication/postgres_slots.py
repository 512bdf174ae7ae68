"""Publish marts in Postgres, where readers go on reading while the next publication is filled in.

There are two slots: permanent schemas with the same tables. One is served and the other idle. A
publication fills the idle one and moves a pointer, all in one transaction. Readers ask the views in
the schema `published`, which stay: each is its table in the slot that the pointer names. So a
reader sees one publication or the next, and a transaction in repeatable read sees one throughout.
Rows of the idle slot are deleted and not truncated, because an old snapshot may still read them.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import TYPE_CHECKING

import psycopg2
from psycopg2 import errors

from think_family.errors import ThinkFamilyError
from think_family.postgres.errors import said_by
from think_family.publication.contents import CONTENTS, Content, content, contents_table
from think_family.publication.postgres_rights import PUBLISHED, open_up, wall_off
from think_family.publication.postgres_views import (
    POINTER,
    REFUSE,
    SERVING,
    SLOTS,
    Form,
    Standing,
    form_of,
    make_schemas,
    name_in,
    other_slot,
)
from think_family.sql import literal

if TYPE_CHECKING:
    import pyarrow as pa
    from psycopg2.extensions import connection as Connection  # noqa: N812
    from psycopg2.extensions import cursor as Cursor  # noqa: N812

    from think_family.postgres.settings import Settings

# How long to wait for another publication.
_PATIENCE = "60s"
# Columns of the table of contents.
_CONTENTS: Form = (("mart", "text"), ("n_rows", "bigint"), ("digest", "text"))
# Neither rows nor their digests may depend on the settings of a server, a database or a user.
_SAME_TEXT = """
    set local TimeZone = 'UTC';
    set local DateStyle = 'ISO, YMD';
    set local IntervalStyle = 'postgres';
    set local extra_float_digits = 1;
    set local bytea_output = 'hex';
    set local lc_monetary = 'C'
"""
_DIGEST = """
    select
        count(*),
        coalesce(sum(cast(cast('x' || substr(hash, 1, 16) as bit(64)) as bigint)), 0),
        coalesce(sum(cast(cast('x' || substr(hash, 17, 16) as bit(64)) as bigint)), 0)
    from (select md5(cast(row_to_json(mart.*) as text)) as hash from {table} as mart) as hashes
"""
# Statements that give a view the comments of a mart, where they differ.
_COMMENTED = """
    with comments as (
        select
            descriptions.objoid as relation,
            coalesce(columns.attname, '') as column_name,
            descriptions.description
        from pg_catalog.pg_description as descriptions
        left join pg_catalog.pg_attribute as columns
            on
                columns.attrelid = descriptions.objoid
                and columns.attnum = nullif(descriptions.objsubid, 0)
        where descriptions.classoid = cast('pg_catalog.pg_class' as regclass)
    ),
    wanted as (select * from comments where relation = to_regclass({mart})),
    found as (select * from comments where relation = to_regclass({view}))
    select
        format(
            case column_name when '' then 'comment on view %s is %L'
            else 'comment on column %1$s.%3$I is %2$L' end,
            {view},
            wanted.description,
            column_name
        )
    from wanted
    full outer join found using (column_name)
    where wanted.description is distinct from found.description
    order by column_name
"""


def publish_slot(settings: Settings, marts: Mapping[str, str]) -> pa.Table:
    """Fill the idle slot with every mart, and let readers see it.

    Args:
        settings: how to reach the database, as the user whom all that is published belongs to.
        marts: name of each mart, and the qualified and quoted name of the relation that holds it.

    Returns:
        The table of contents.

    Raises:
        ThinkFamilyError: another publication is under way; a schema of the publication holds
            something else; this user lacks a right, or may not set those of consumers; readers
            hold on to a mart whose columns change; or Postgres fails. What was published stands.
    """
    try:
        with closing(settings.connect()) as connection:
            connection.set_session("READ COMMITTED", readonly=False)
            _make_room(connection)
            with connection, connection.cursor() as cursor:
                contents = _publish(cursor, marts, settings.schema)
    except psycopg2.Error as error:
        raise ThinkFamilyError(
            f"The publication failed, and readers see the last whole one. {said_by(error)}"
        ) from None
    return contents_table(contents)


def _make_room(connection: Connection) -> None:
    """Clear the idle slot of what an earlier publication deleted from it.

    Before a publication and not after it, when the snapshot of the model itself still keeps those
    rows.
    """
    connection.autocommit = True
    with connection.cursor() as cursor:
        standing = Standing.look(cursor)
        if standing.has_pointer:
            cursor.execute(f"select served from {POINTER}")
            tables = standing.tables(other_slot(*cursor.fetchone()))
            if tables:
                # To give the room back to the system, it would shut out readers.
                cursor.execute(f"vacuum (truncate false, skip_locked) {', '.join(tables)}")
    connection.autocommit = False


def _publish(cursor: Cursor, marts: Mapping[str, str], schema: str) -> list[Content]:
    served, n_changes = _take_pointer(cursor)
    idle = other_slot(served)
    make_schemas(cursor)
    wall_off(cursor, (*SLOTS, SERVING, schema))

    forms = {name: form_of(cursor, relation) for name, relation in marts.items()}
    changes = Standing.look(cursor).changes({**forms, CONTENTS: _CONTENTS})
    changes.make_aside(cursor)
    tables = {name: changes.table(idle, name) for name in (*marts, CONTENTS)}
    for table in tables.values():
        cursor.execute(f"delete from {table}")
    for name, relation in marts.items():
        cursor.execute(f"insert into {tables[name]} select * from {relation}")
    contents = _digested(cursor, {name: tables[name] for name in sorted(marts)})
    cursor.executemany(
        f"insert into {tables[CONTENTS]} values (%s, %s, %s)",
        [(row.mart, row.n_rows, row.digest) for row in contents],
    )
    cursor.execute(f"analyze {', '.join(tables.values())}")

    if changes.changed or changes.gone:
        n_changes += 1
        changes.put_in_place(cursor, n_changes)
    for name, relation in marts.items():
        _comment(cursor, name, relation)
    open_up(cursor, REFUSE)
    cursor.execute(f"update {POINTER} set served = %s, n_changes = %s", [idle, n_changes])
    return contents


def _take_pointer(cursor: Cursor) -> tuple[str, int]:
    """Give which slot is served and how often views have changed; other publications wait.

    Raises:
        ThinkFamilyError: another publication has been under way for long.
    """
    if not Standing.look(cursor).has_pointer:
        cursor.execute(
            f"create schema if not exists {SERVING};"
            f"create table {POINTER} (served text not null, n_changes bigint not null);"
            f"insert into {POINTER} values ({literal(SLOTS[1])}, 0)"
        )
    cursor.execute(f"set local lock_timeout = '{_PATIENCE}'")
    try:
        cursor.execute(f"select served, n_changes from {POINTER} for update")
    except errors.LockNotAvailable:
        raise ThinkFamilyError(
            f"Nothing was published: another publication has been under way for {_PATIENCE}. See"
            " that it ends, and build again."
        ) from None
    ((served, n_changes),) = cursor.fetchall()
    return served, n_changes


def _digested(cursor: Cursor, tables: Mapping[str, str]) -> list[Content]:
    """Count and digest the rows of each mart's table."""
    cursor.execute(_SAME_TEXT)
    contents = []
    for name, table in tables.items():
        cursor.execute(_DIGEST.format(table=table))
        ((n_rows, upper, lower),) = cursor.fetchall()
        contents.append(content(name, n_rows, int(upper), int(lower)))
    return contents


def _comment(cursor: Cursor, name: str, relation: str) -> None:
    """Give the view of a mart the comments of the mart."""
    view = name_in(PUBLISHED, name)
    cursor.execute(_COMMENTED.format(mart=literal(relation), view=literal(view)))
    for (statement,) in cursor.fetchall():
        cursor.execute(statement)
