"""Run a Python model in dbt's process: refs in, one call, the result back into Postgres."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
from dbt.adapters.base.impl import PythonJobHelper
from dbt_common.exceptions import DbtRuntimeError

from think_family.postgres.job import PythonJob
from think_family.python_model import failure, loaded

if TYPE_CHECKING:
    from dbt.adapters.pypostgres.connections import PypostgresCredentials

# Errors whose messages speak of names and of SQL.
_SPEAKS_OF_NAMES = (
    AttributeError,
    DbtRuntimeError,
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
            raise DbtRuntimeError(failure(error, file, _SPEAKS_OF_NAMES)) from None


def _run(job: PythonJob, compiled_code: str, file: str) -> int:
    module = loaded(compiled_code, file)
    dbt = module.dbtObj(job.read)
    if dbt.is_incremental:
        job.name_in_session(dbt.this.database, dbt.this.schema, dbt.this.identifier)
    result = module.model(dbt, job.session)
    return job.write(result, **module.dbt_target)
