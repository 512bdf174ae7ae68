"""The adapter of dbt-postgres, with Python models."""

from __future__ import annotations

from typing import Any

from dbt.adapters.base.impl import PythonJobHelper
from dbt.adapters.base.meta import available
from dbt.adapters.contracts.connection import AdapterResponse
from dbt.adapters.postgres.impl import PostgresAdapter
from dbt.adapters.pypostgres.connections import PypostgresConnectionManager
from dbt.adapters.pypostgres.python_job import PypostgresJobHelper
from dbt_common.exceptions import DbtRuntimeError

from think_family.errors import ThinkFamilyError
from think_family.postgres.hold import Hold

# How the names end that dbt gives to a table on its way in, and on its way out.
_LEFT_BEHIND = ("__dbt_tmp", "__dbt_backup")


class PypostgresAdapter(PostgresAdapter):
    """Postgres, and Python models that run in dbt's own process."""

    ConnectionManager = PypostgresConnectionManager

    connections: PypostgresConnectionManager

    def __init__(self, config: Any, mp_context: Any) -> None:
        """Take the profile, as every adapter does."""
        super().__init__(config, mp_context)
        self._hold: Hold | None = None
        self._cached: tuple[list[Any], Any] | None = None

    @available
    def hold_database(self, invocation_id: str) -> str:
        """Keep other builds and loads out of the database until this run of dbt ends.

        Raises:
            DbtRuntimeError: one is running.
        """
        if self._hold is None:
            settings = self.config.credentials.settings()
            try:
                self._hold = Hold(settings.reachable(), "build", invocation_id)
            except ThinkFamilyError as error:
                raise DbtRuntimeError(error.message) from None
            self._look_again()
        return ""

    def _look_again(self) -> None:
        """See what there is now that nobody else is at work, and clear away what runs left behind.

        dbt has looked before it was let in, while another run may have been building.
        """
        if self._cached is not None:
            nodes, schemas = self._cached
            self.set_relations_cache(nodes, clear=True, required_schemas=schemas)
        for schema in self.cache.schemas:
            for relation in self.cache.get_relations(*schema):
                if str(relation.identifier).endswith(_LEFT_BEHIND):
                    self.drop_relation(relation)
        if self.connections.get_thread_connection().transaction_open:
            self.connections.commit()

    def set_relations_cache(
        self, relation_configs: Any, clear: bool = False, required_schemas: Any = None
    ) -> None:
        """Look up which relations there are."""
        self._cached = (list(relation_configs), required_schemas)
        super().set_relations_cache(self._cached[0], clear, required_schemas)

    def pre_model_hook(self, config: Any) -> None:
        """Refuse to go on when others may have been let in, before each node.

        Raises:
            DbtRuntimeError: the hold on the database was lost.
        """
        if self._hold is not None and not self._hold.stands():
            raise DbtRuntimeError(
                "This run does not hold the database any more, and another may have begun there:"
                " the server was restarted, or somebody ended the connection. What was built"
                " stands. Run it again."
            )

    def cleanup_connections(self) -> None:
        """Close all connections, and let others in."""
        try:
            super().cleanup_connections()
        finally:
            if self._hold is not None:
                self._hold.release()
                self._hold = None

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
