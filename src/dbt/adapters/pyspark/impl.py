"""The adapter of dbt-spark, with Python models in dbt's own process."""

from __future__ import annotations

from dbt.adapters.base.impl import PythonJobHelper
from dbt.adapters.pyspark.connections import PysparkConnectionManager
from dbt.adapters.pyspark.python_job import PysparkJobHelper
from dbt.adapters.spark.column import SparkColumn
from dbt.adapters.spark.impl import SparkAdapter

# Types that contracts and seeds of the project name, and Spark calls by another name.
_TYPES = {"text": "string", "varchar": "string", "double precision": "double"}


class PysparkColumn(SparkColumn):
    """A column of Spark."""

    @classmethod
    def translate_type(cls, dtype: str) -> str:
        """Give Spark's name of a type."""
        return _TYPES.get(dtype.lower(), dtype)


class PysparkAdapter(SparkAdapter):
    """Spark, and Python models that run in dbt's own process."""

    ConnectionManager = PysparkConnectionManager
    Column = PysparkColumn

    @property
    def default_python_submission_method(self) -> str:
        """The only way to run a Python model."""
        return "in_process"

    @property
    def python_submission_helpers(self) -> dict[str, type[PythonJobHelper]]:
        """The ways to run a Python model."""
        return {"in_process": PysparkJobHelper}
