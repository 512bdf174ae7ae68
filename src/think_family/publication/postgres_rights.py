"""Who may do what in the database: consumers read the published views, and nothing else.

Rights are looked at and set right at every publication, so that they are the same whatever someone
did in between. Nothing is granted by default privileges: what is made later is closed until it is
opened here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg2 import errors

from think_family.errors import ThinkFamilyError
from think_family.sql import literal, quoted

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812

# The role that consumers are members of; nobody logs in as it.
CONSUMERS = "think_family_consumers"

# The one schema that consumers may look into.
PUBLISHED = "published"

# Schemas that dbt and the loader build in, besides the one of the target.
BUILD_SCHEMAS = (
    "raw",
    "staging",
    "intermediate",
    "marts",
    "reference",
    "run_ledger",
    "publication",
)

# What is to be taken away from everybody, and what is needed for that, in order. Privileges are
# read where they were granted: what a consumer has by another role is for whoever gave that role.
# dbt makes temporary tables, so whoever builds keeps the right to.
_WALLS = """
    with grantees (oid, name) as (
        select cast(0 as oid), 'public'
        union all
        select oid, quote_ident(rolname) from pg_catalog.pg_roles where rolname = {consumers}
    ),
    databases as (
        select grants.*
        from
            pg_catalog.pg_database as databases,
            aclexplode(coalesce(databases.datacl, acldefault('d', databases.datdba))) as grants
        where databases.datname = current_database() and grants.privilege_type <> 'CONNECT'
    ),
    schemas as (
        select schemas.nspname, grants.*
        from
            pg_catalog.pg_namespace as schemas,
            aclexplode(coalesce(schemas.nspacl, acldefault('n', schemas.nspowner))) as grants
        where schemas.nspname in ({schemas}, {published}, 'public')
    )
    select statement
    from (
        select 1 as step, 'create role {consumers_name} nologin' as statement
        where not exists (select from grantees where name <> 'public')
        union all
        select 2, format('grant temporary on database %I to %I', current_database(), current_user)
        where
            exists (select from databases where grantee = 0 and privilege_type = 'TEMPORARY')
            and not exists (
                select from databases
                where
                    grantee <> 0
                    and privilege_type = 'TEMPORARY'
                    and pg_has_role(current_user, grantee, 'usage')
            )
        union all
        select
            3,
            format('revoke %s on database %I from %s', privilege_type, current_database(), name)
        from databases inner join grantees on grantees.oid = databases.grantee
        union all
        select 4, format('revoke %s on schema %I from %s', privilege_type, nspname, name)
        from schemas inner join grantees on grantees.oid = schemas.grantee
        where
            not (nspname = {published} and name <> 'public' and privilege_type = 'USAGE')
            and not (nspname = 'public' and privilege_type = 'USAGE')
    ) as needed
    order by step, statement
"""

# What is opened, on what belongs to whoever publishes.
_DOORS = """
    select statement
    from (
        select 1 as step, 'grant usage on schema {published_name} to {consumers_name}' as statement
        where not has_schema_privilege({consumers}, {published}, 'usage')
        union all
        select 2, format('grant select on %s to {consumers_name}', cast(views.oid as regclass))
        from pg_catalog.pg_class as views
        where
            views.relnamespace = cast({published} as regnamespace)
            and views.relkind = 'v'
            and not has_table_privilege({consumers}, views.oid, 'select')
        union all
        select 3, format('grant execute on function %s to {consumers_name}', functions.oid)
        from (select cast({function} as regprocedure) as oid) as functions
        where not has_function_privilege({consumers}, functions.oid, 'execute')
    ) as needed
    order by step, statement
"""

# Somebody else made the role at the same moment, or this user may not do it.
_PASSED_OVER = (errors.DuplicateObject, errors.UniqueViolation, errors.InsufficientPrivilege)


def wall_off(cursor: Cursor, schemas: tuple[str, ...]) -> None:
    """Make the role of consumers, and take from it and from everybody what they need not have.

    Args:
        cursor: of whoever publishes, in a transaction.
        schemas: those that nobody but their owners may look into, besides BUILD_SCHEMAS.

    Raises:
        ThinkFamilyError: it takes an administrator; the message holds what that one has to run.
    """
    query = _WALLS.format(
        consumers=literal(CONSUMERS),
        consumers_name=quoted(CONSUMERS),
        published=literal(PUBLISHED),
        schemas=", ".join(map(literal, (*BUILD_SCHEMAS, *schemas))),
    )
    for statement in _statements(cursor, query):
        cursor.execute("savepoint rights")
        try:
            cursor.execute(statement)
        except _PASSED_OVER:
            cursor.execute("rollback to savepoint rights")
    # Of some statements Postgres only warns that they changed nothing.
    left = _statements(cursor, query)
    if left:
        raise ThinkFamilyError(
            "Nothing was published: the rights of readers are not as they must be, and this user"
            " may not set them. Have an administrator of the server run this in the database, and"
            f" build again: {'; '.join(left)};"
        )


def open_up(cursor: Cursor, function: str) -> None:
    """Let consumers read all published views, and call the function that these views call."""
    query = _DOORS.format(
        consumers=literal(CONSUMERS),
        consumers_name=quoted(CONSUMERS),
        published=literal(PUBLISHED),
        published_name=quoted(PUBLISHED),
        function=literal(function),
    )
    for statement in _statements(cursor, query):
        cursor.execute(statement)


def _statements(cursor: Cursor, query: str) -> list[str]:
    cursor.execute(query)
    return [statement for (statement,) in cursor.fetchall()]
