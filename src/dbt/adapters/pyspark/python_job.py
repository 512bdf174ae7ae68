"""Run a Python model in dbt's process: refs in, one call, the result back into Spark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dbt.adapters.base.impl import PythonJobHelper
from dbt_common.exceptions import DbtRuntimeError
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException

from think_family.errors import ThinkFamilyError
from think_family.python_model import failure, loaded
from think_family.spark.errors import said_by
from think_family.spark.frames import write_frame
from think_family.spark.session import open_session

if TYPE_CHECKING:
    from dbt.adapters.pyspark.connections import PysparkCredentials


class PysparkJobHelper(PythonJobHelper):
    """Runs one Python model."""

    def __init__(self, parsed_model: dict[str, Any], credential: PysparkCredentials) -> None:
        """Take the node of the model, and the credentials of the target."""
        self._file: str = parsed_model["original_file_path"]
        self._credentials = credential

    def submit(self, compiled_code: str) -> None:
        """Run the compiled model and write what it returns.

        Raises:
            DbtRuntimeError: the model failed, with the lines that led there; no values of rows.
        """
        try:
            session = open_session(
                self._credentials.folder, self._credentials.server_side_parameters
            )
            module = loaded(compiled_code, self._file)
            result = module.model(module.dbtObj(session.table), session)
            write_frame(session, result, **module.dbt_target)
        except (PySparkException, Py4JError) as error:
            told = ThinkFamilyError(said_by(error)).with_traceback(error.__traceback__)
            raise DbtRuntimeError(failure(told, self._file)) from None
        except Exception as error:
            raise DbtRuntimeError(failure(error, self._file, (DbtRuntimeError,))) from None
