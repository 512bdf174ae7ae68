"""The Spark session of this process: begun once, and set to give the results of every engine."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from pathlib import Path

from pyspark.errors import PySparkRuntimeError
from pyspark.sql import SparkSession

from think_family.errors import ThinkFamilyError

# What must hold wherever Spark runs: the same data give the same rows on every engine.
_MEANING = {
    # What does not fit its type is an error, and not another number or a null.
    "spark.sql.ansi.enabled": "true",
    # A timestamp is what is written, in UTC, and does not move with the server.
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.session.timeZone": "UTC",
}
# Spark logs the messages of errors, which quote what could not be read.
_SILENCE = {"spark.log.level": "OFF", "spark.ui.showConsoleProgress": "false"}
_LOGGERS = ("SQLQueryContextLogger", "DataFrameQueryContextLogger")

_SESSIONS: list[SparkSession] = []
_BEGINNING = threading.Lock()


def open_session(folder: str, settings: Mapping[str, str]) -> SparkSession:
    """Give the session of this process, begun when first asked for.

    Args:
        folder: Spark runs on this machine and keeps tables and catalogue here; where it is empty,
            Spark's own configuration says where it runs and what it keeps.
        settings: further settings of Spark; none of them changes what results mean.

    Raises:
        ThinkFamilyError: Spark does not start, for lack of Java as a rule.
    """
    with _BEGINNING:
        if _SESSIONS:
            return _SESSIONS[0]
        for logger in _LOGGERS:
            logging.getLogger(logger).disabled = True
        builder = SparkSession.builder.appName("think_family").enableHiveSupport()
        of_folder = _kept_in(Path(folder)) if folder else {}
        for name, value in {**of_folder, **settings, **_SILENCE, **_MEANING}.items():
            builder = builder.config(name, value)
        try:
            _SESSIONS.append(builder.getOrCreate())
        except (PySparkRuntimeError, FileNotFoundError):
            raise ThinkFamilyError(
                "Spark does not start. It needs Java 17 or newer: look at `java -version`, and let"
                " JAVA_HOME name another Java where that one is older."
            ) from None
        return _SESSIONS[0]


def cancel_all() -> None:
    """Break off what the session is at, from any thread; nothing where none was begun."""
    for session in _SESSIONS:
        session.sparkContext.cancelAllJobs()


def _kept_in(folder: Path) -> dict[str, str]:
    """Give the settings of a Spark on this machine that leaves nothing outside of a folder."""
    folder = folder.absolute()
    # It holds what the extracts hold of persons.
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    scratch = folder / "scratch"
    return {
        "spark.master": "local[*]",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.local.dir": str(scratch),
        "spark.sql.warehouse.dir": str(folder / "tables"),
        "spark.hadoop.javax.jdo.option.ConnectionURL": (
            f"jdbc:derby:;databaseName={folder / 'catalogue'};create=true"
        ),
        "spark.hadoop.hive.exec.scratchdir": str(scratch / "hive"),
        "spark.hadoop.hive.downloaded.resources.dir": str(scratch / "resources"),
        # The catalogue's own log, which would lie in the folder where dbt stands.
        "spark.driver.extraJavaOptions": "-Dderby.stream.error.file=/dev/null",
        "spark.driver.memory": "3g",
        # Two hundred parts of a small table take longer to hand out than to read.
        "spark.sql.shuffle.partitions": "8",
    }
