"""What dbt asks of every adapter, from its own suite.

SQL models are built by dbt-postgres: of them there are the cases that go through the connections
and the views, which are ours, and the one on constraints, whose errors are told in other words
here. What dbt and dbt-postgres test themselves is left out. What the suite does not ask of Python
models is in test_python_models.py.
"""

from __future__ import annotations

import pytest
from dbt.tests.adapter.basic.test_base import BaseSimpleMaterializations
from dbt.tests.adapter.basic.test_validate_connection import BaseValidateConnection
from dbt.tests.adapter.constraints.test_constraints import BaseConstraintsRollback
from dbt.tests.adapter.python_model.test_python_model import (
    BasePythonEmptyTests,
    BasePythonIncrementalTests,
    BasePythonModelTests,
    BasePythonSampleTests,
    incremental_python,
    m_1,
)

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestWarning")


class TestSimpleMaterializations(BaseSimpleMaterializations):
    pass


class TestValidateConnection(BaseValidateConnection):
    pass


class TestConstraintsRollback(BaseConstraintsRollback):
    @pytest.fixture(scope="class")
    def expected_error_messages(self) -> list[str]:
        return ["violates not-null constraint"]


class TestPythonModel(BasePythonModelTests):
    pass


class TestPythonIncremental(BasePythonIncrementalTests):
    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        # A relation of DuckDB takes its condition as text.
        model = incremental_python.replace("df.id > 5", "'id > 5'")
        return {"m_1.sql": m_1, "incremental.py": model}


class TestPythonEmpty(BasePythonEmptyTests):
    pass


class TestPythonSample(BasePythonSampleTests):
    pass
