"""The compiled code of a Python model: run in dbt's process, by the adapters that do so."""

from __future__ import annotations

import linecache
import traceback
from types import ModuleType, TracebackType

from think_family.errors import ThinkFamilyError


def loaded(compiled_code: str, file: str) -> ModuleType:
    """Give the module that dbt compiled a model to; `file` is where tracebacks say it stands."""
    module = ModuleType("dbt_python_model")
    # Tracebacks read their lines here.
    lines = compiled_code.splitlines(keepends=True)
    linecache.cache[file] = (len(compiled_code), None, lines, file)
    exec(compile(compiled_code, file, "exec"), vars(module))  # noqa: S102 - the model of the project
    return module


def failure(error: Exception, file: str, speaks_of_names: tuple[type[Exception], ...] = ()) -> str:
    """Say what failed in a model, and where, without a message that may quote a value.

    Args:
        error: what the model raised.
        file: as it was loaded.
        speaks_of_names: kinds of errors whose messages speak of names and of SQL alone, besides
            those of Python and of this project. Any other may quote what it stumbled over.
    """
    if isinstance(error, ThinkFamilyError):
        message = error.message
    elif isinstance(error, (ImportError, NameError, *speaks_of_names)):
        message = f"{type(error).__name__}: {error}"
    else:
        message = (
            f"{type(error).__name__} (its message is withheld, because it may hold values of rows)"
        )
    frames = "".join(traceback.format_tb(_from(error.__traceback__, file)))
    return f"Python model failed: {message}\n{frames}".rstrip()


def _from(trace: TracebackType | None, file: str) -> TracebackType | None:
    """Give the part of a traceback that begins in the model; nothing when it never got there."""
    while trace is not None and trace.tb_frame.f_code.co_filename != file:
        trace = trace.tb_next
    return trace
