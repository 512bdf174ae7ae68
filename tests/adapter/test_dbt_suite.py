"""What dbt asks of every adapter, from its own suite.

SQL models are built by dbt-postgres, untouched: of them there are the basic cases alone, and the
one on constraints, whose errors are told in other words here. Left out is what dbt-postgres tests
itself: the functions of SQL, seeds, snapshots, grants, hooks, documentation, unit tests, clones,
microbatches, schema changes, threads. Of Python models every case is here but those of Spark; what
the suite does not ask of them is in test_python_models.py.
"""

from __future__ import annotations

import pytest
from dbt.tests.adapter.basic.test_adapter_methods import BaseAdapterMethod
from dbt.tests.adapter.basic.test_base import BaseSimpleMaterializations
from dbt.tests.adapter.basic.test_empty import BaseEmpty
from dbt.tests.adapter.basic.test_ephemeral import BaseEphemeral
from dbt.tests.adapter.basic.test_generic_tests import BaseGenericTests
from dbt.tests.adapter.basic.test_incremental import (
    BaseIncremental,
    BaseIncrementalBadStrategy,
    BaseIncrementalNotSchemaChange,
)
from dbt.tests.adapter.basic.test_singular_tests import BaseSingularTests
from dbt.tests.adapter.basic.test_table_materialization import BaseTableMaterialization
from dbt.tests.adapter.basic.test_validate_connection import BaseValidateConnection
from dbt.tests.adapter.constraints.test_constraints import BaseConstraintsRollback
from dbt.tests.adapter.python_model.test_python_model import (
    BasePythonEmptyTests,
    BasePythonIncrementalTests,
    BasePythonMetaGetTests,
    BasePythonModelTests,
    BasePythonSampleTests,
    incremental_python,
    m_1,
    python_model_meta_from_schema,
    python_model_meta_get,
    schema_yml_with_meta,
)

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestWarning")


class TestAdapterMethods(BaseAdapterMethod):
    pass


class TestSimpleMaterializations(BaseSimpleMaterializations):
    pass


class TestEmpty(BaseEmpty):
    pass


class TestEphemeral(BaseEphemeral):
    pass


class TestGenericTests(BaseGenericTests):
    pass


class TestIncremental(BaseIncremental):
    pass


class TestIncrementalBadStrategy(BaseIncrementalBadStrategy):
    pass


class TestIncrementalNotSchemaChange(BaseIncrementalNotSchemaChange):
    pass


class TestSingularTests(BaseSingularTests):
    pass


class TestTableMaterialization(BaseTableMaterialization):
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


class TestPythonMetaGet(BasePythonMetaGetTests):
    @pytest.fixture(scope="class")
    def models(self) -> dict[str, str]:
        def of_duckdb(model: str) -> str:
            # The session of Spark makes a data frame from rows and names; ours has no such method.
            made = "return session.createDataFrame(data, "
            assert made in model
            return "import pandas\n" + model.replace(made, "return pandas.DataFrame(data, columns=")

        return {
            "meta_test.py": of_duckdb(python_model_meta_get),
            "meta_from_schema.py": of_duckdb(python_model_meta_from_schema),
            "schema.yml": schema_yml_with_meta,
        }
