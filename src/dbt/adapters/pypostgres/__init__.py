"""Postgres with Python models: the adapter of dbt-postgres, and what a Python model needs."""

from dbt.adapters.base.plugin import AdapterPlugin
from dbt.adapters.pypostgres.connections import PypostgresCredentials
from dbt.adapters.pypostgres.impl import PypostgresAdapter
from dbt.include import pypostgres

Plugin = AdapterPlugin(
    adapter=PypostgresAdapter,  # type: ignore[arg-type]
    credentials=PypostgresCredentials,
    include_path=pypostgres.PACKAGE_PATH,
    dependencies=["postgres"],
)
