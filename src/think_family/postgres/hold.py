"""One build or load at a time: whoever works in a database holds it, and others are turned away.

The hold is an advisory lock of an open transaction, on a connection that does nothing else. Of a
transaction and not of a session: behind a pooler, sessions go to others afterwards. It ends with
its connection, however that ends, so that a process that was killed leaves nothing to clear away.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psycopg2

from think_family.errors import ThinkFamilyError
from think_family.postgres.errors import said_by

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812

    from think_family.postgres.settings import Settings

# It spells what it is for, so that nothing else takes the same one.
_LOCK = int.from_bytes(b"tf_build", "big")
# A process that was killed leaves its hold to the server, which needs a moment to notice.
_PATIENCE_SECONDS = 3.0
_NAME = "think-family "

# However long the work takes, it is not for the server to end it; but a machine that went away
# without a word is found out within a minute. Not every version knows all of these.
_KEPT_UP = """
    select pg_catalog.set_config(name, setting, true)
    from (values
        ('idle_in_transaction_session_timeout', '0'),
        ('transaction_timeout', '0'),
        ('tcp_keepalives_idle', '30'),
        ('tcp_keepalives_interval', '10'),
        ('tcp_keepalives_count', '3')
    ) as wanted (name, setting)
    where name in (select known.name from pg_catalog.pg_settings as known)
"""
_HOLDER = """
    select activity.application_name, activity.pid, activity.usename, activity.backend_start
    from pg_catalog.pg_locks as locks
    inner join pg_catalog.pg_stat_activity as activity on activity.pid = locks.pid
    where
        locks.locktype = 'advisory'
        and locks.granted
        and locks.database = (
            select oid from pg_catalog.pg_database where datname = pg_catalog.current_database()
        )
        and cast(locks.classid as bigint) = %s
        and cast(locks.objid as bigint) = %s
        and locks.objsubid = 1
"""


@dataclass(frozen=True, slots=True)
class Holder:
    """Whoever works in a database.

    Attributes:
        work: `build` or `load`.
        run: of a build, its invocation id, as in the run ledger.
        pid: process of the server that keeps others out for it.
        user: its user.
        since: when it began; None where the server does not tell that to other users.
    """

    work: str
    run: str
    pid: int
    user: str
    since: datetime | None

    def __str__(self) -> str:
        """Say who it is, in brackets behind what it does."""
        since = f", since {self.since.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if self.since else ""
        return f"server process {self.pid}, user {self.user}{since}"


def under_way(settings: Settings) -> Holder | None:
    """Give whoever builds or loads in a database just now; None when nobody does.

    Raises:
        ThinkFamilyError: the server does not answer.
    """
    connection = settings.connect()
    try:
        with connection.cursor() as cursor:
            return _holder(cursor)
    except psycopg2.Error as error:
        raise ThinkFamilyError(f"Postgres cannot be asked. {said_by(error)}") from None
    finally:
        connection.close()


class Hold:
    """A database that is held; others are kept out until it is released, or its process ends."""

    def __init__(self, settings: Settings, work: str, run: str = "") -> None:
        """Take hold of a database, for what `Holder` tells of.

        Raises:
            ThinkFamilyError: somebody else holds it, or the server does not answer.
        """
        name = f"{_NAME}{work} {run}".rstrip()
        named = replace(settings, options={**settings.options, "application_name": name})
        self._connection = named.connect()
        try:
            with self._connection.cursor() as cursor:
                _take(cursor)
        except psycopg2.Error as error:
            self.release()
            raise ThinkFamilyError(f"The database cannot be held. {said_by(error)}") from None
        except BaseException:
            self.release()
            raise

    def stands(self) -> bool:
        """Whether it was never lost, as it is when the server restarts; from any thread."""
        try:
            with self._connection.cursor() as cursor:
                cursor.execute("select")
        except psycopg2.Error:
            return False
        return True

    def release(self) -> None:
        """Let others in."""
        self._connection.close()


def _take(cursor: Cursor) -> None:
    cursor.execute(_KEPT_UP)
    end = time.monotonic() + _PATIENCE_SECONDS
    while not _is_taken(cursor):
        # Between the two questions the other may have ended.
        if time.monotonic() > end and (holder := _holder(cursor)) is not None:
            raise ThinkFamilyError(
                f"Another {holder.work} is running on this database ({holder}). Nothing was changed"
                " by this one: run it again when the other is through. If nobody waits for the"
                f" other any more, end it with: select pg_terminate_backend({holder.pid})"
            )
        time.sleep(0.1)


def _is_taken(cursor: Cursor) -> bool:
    cursor.execute("select pg_catalog.pg_try_advisory_xact_lock(%s)", [_LOCK])
    ((is_taken,),) = cursor.fetchall()
    return bool(is_taken)


def _holder(cursor: Cursor) -> Holder | None:
    cursor.execute(_HOLDER, [_LOCK >> 32, _LOCK & 0xFFFFFFFF])
    found = cursor.fetchone()
    if found is None:
        return None
    name, pid, user, since = found
    work, _, run = (name or "").removeprefix(_NAME).partition(" ")
    return Holder(work or "build", run, pid, user, since)
