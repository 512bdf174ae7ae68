"""The adapter of dbt-postgres, with Python models."""

from __future__ import annotations

from typing import Any

from dbt.adapters.base.impl import PythonJobHelper
from dbt.adapters.contracts.connection import AdapterResponse
from dbt.adapters.postgres.impl import PostgresAdapter
from dbt.adapters.pypostgres.connections import PypostgresConnectionManager
from dbt.adapters.pypostgres.python_job import PypostgresJobHelper


class PypostgresAdapter(PostgresAdapter):
    """Postgres, and Python models that run in dbt's own process."""

    ConnectionManager = PypostgresConnectionManager

    connections: PypostgresConnectionManager

    @property
    def default_python_submission_method(self) -> str:
        """The only way to run a Python model."""
        return "in_process"

    @property
    def python_submission_helpers(self) -> dict[str, type[PythonJobHelper]]:
        """The ways to run a Python model."""
        return {"in_process": PypostgresJobHelper}

    def submit_python_job(
        self, parsed_model: dict[str, Any], compiled_code: str
    ) -> AdapterResponse:
        """Run a Python model, after committing what dbt has done for it so far.

        The model works over connections of its own. They would not see what its pre-hooks did, and
        would wait for ever for the table that dbt has just dropped.
        """
        if not self.connections.get_thread_connection().transaction_open:
            self.connections.begin()
        self.connections.commit()
        response: AdapterResponse = super().submit_python_job(parsed_model, compiled_code)
        return response

    def generate_python_submission_response(self, submission_result: int) -> AdapterResponse:
        """Say how many rows the model gave."""
        return AdapterResponse(
            _message=f"PYTHON {submission_result}", code="PYTHON", rows_affected=submission_result
        )
