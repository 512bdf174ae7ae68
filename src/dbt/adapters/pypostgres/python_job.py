"""Run a Python model in dbt's process: refs in, one call, the result back into Postgres."""

from __future__ import annotations

import linecache
import traceback
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, Any

import duckdb
from dbt.adapters.base.impl import PythonJobHelper
from dbt_common.exceptions import DbtRuntimeError

from think_family.errors import ThinkFamilyError
from think_family.postgres.job import PythonJob

if TYPE_CHECKING:
    from dbt.adapters.pypostgres.connections import PypostgresCredentials

# Errors whose messages speak of names and of SQL. Any other may quote what it stumbled over.
_SPEAKS_OF_NAMES = (
    AttributeError,
    DbtRuntimeError,
    ImportError,
    NameError,
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.ParserException,
)

# The jobs under way, by the name of the connection of dbt that waits for them: the node's id.
_RUNNING: dict[str, PythonJob] = {}


def cancel_job(name: str | None) -> None:
    """Break off the Python model of a node, from another thread; nothing when none is running."""
    job = _RUNNING.get(name or "")
    if job is not None:
        job.cancel()


class PypostgresJobHelper(PythonJobHelper):
    """Runs one Python model."""

    def __init__(self, parsed_model: dict[str, Any], credential: PypostgresCredentials) -> None:
        """Take the node of the model, and the credentials of the target."""
        self._model = parsed_model
        self._credentials = credential

    def submit(self, compiled_code: str) -> int:
        """Run the compiled model and write what it returns; gives the number of rows.

        Raises:
            DbtRuntimeError: the model failed, with the lines that led there; no values of rows,
                and nothing written.
        """
        file = self._model["original_file_path"]
        name = self._model["unique_id"]
        settings = self._credentials.settings()
        try:
            with PythonJob(settings.reachable(), self._credentials.duckdb_settings) as job:
                _RUNNING[name] = job
                try:
                    return _run(job, compiled_code, file)
                except Exception as error:
                    if job.snapshot.failure is not None:
                        raise job.snapshot.failure.with_traceback(error.__traceback__) from None
                    raise
                finally:
                    del _RUNNING[name]
        except Exception as error:
            raise DbtRuntimeError(_told(error, file)) from None


def _run(job: PythonJob, compiled_code: str, file: str) -> int:
    module = ModuleType("dbt_python_model")
    # Tracebacks read their lines here.
    lines = compiled_code.splitlines(keepends=True)
    linecache.cache[file] = (len(compiled_code), None, lines, file)
    exec(compile(compiled_code, file, "exec"), vars(module))  # noqa: S102 - the model of the project
    dbt = module.dbtObj(job.read)
    if dbt.is_incremental:
        job.name_in_session(dbt.this.database, dbt.this.schema, dbt.this.identifier)
    result = module.model(dbt, job.session)
    return job.write(result, **module.dbt_target)


def _told(error: Exception, file: str) -> str:
    """Say what failed in a model, and where; no message that may quote a value."""
    if isinstance(error, ThinkFamilyError):
        message = error.message
    elif isinstance(error, _SPEAKS_OF_NAMES):
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
