"""Spark in dbt's own process: the adapter of dbt-spark, and Python models."""

from dbt.adapters.base.plugin import AdapterPlugin
from dbt.adapters.pyspark.connections import PysparkCredentials
from dbt.adapters.pyspark.impl import PysparkAdapter
from dbt.include import pyspark

Plugin = AdapterPlugin(
    adapter=PysparkAdapter,
    credentials=PysparkCredentials,
    include_path=pyspark.PACKAGE_PATH,
    dependencies=["spark"],
)
