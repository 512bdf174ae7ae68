"""Say what Postgres said, without the values that it puts into its messages."""

from __future__ import annotations

from typing import Any

# Classes of SQLSTATE. Errors in data: the message quotes what could not be read.
_QUOTES_VALUES = "22"
# Errors in SQL: nothing has been read yet, and the whole of it shows the line that is wrong.
_SHOWS_SQL = "42"
# In every other class the message names tables, columns and constraints, and values stand in its
# details alone, which are left out.

_CONNECTING = "Failed to connect: "


def said_by(error: BaseException) -> str:
    """Give one sentence on an error of psycopg2 or ADBC that holds no value of a row."""
    code, message = _code_and_message(error)
    if code is None:
        # Not the server spoke but libpq, of the connection; it never shows a password.
        return message
    if code.startswith(_QUOTES_VALUES):
        return f"Postgres could not take a value: {_name(code)} (the value is withheld)."
    return f"Postgres says: {message or _name(code)} [{code}]"


def _code_and_message(error: BaseException) -> tuple[str | None, str]:
    """SQLSTATE and primary message, of either driver."""
    diagnostics: Any = getattr(error, "diag", None)
    if diagnostics is not None:
        code = diagnostics.sqlstate
        whole = code is None or code.startswith(_SHOWS_SQL)
        return code, str(error if whole else diagnostics.message_primary).strip()
    code = getattr(error, "sqlstate", None)
    if code:
        details = dict(getattr(error, "details", None) or ())
        return code, details.get(b"PG_DIAG_MESSAGE_PRIMARY", b"").decode("utf-8", "replace")
    text = str(error)
    if _CONNECTING in text:
        return None, text.partition(_CONNECTING)[2].strip()
    return None, "The connection was lost, or the driver could not go on."


def _name(code: str) -> str:
    """Give what a SQLSTATE is called."""
    from psycopg2 import errorcodes

    try:
        return str(errorcodes.lookup(code)).lower().replace("_", " ")
    except KeyError:
        return code
