"""Results of Python models as tables of Spark."""

from __future__ import annotations

from typing import Any

import narwhals as nw
from pyspark.sql import DataFrame, SparkSession

from think_family.errors import ThinkFamilyError


def write_frame(session: SparkSession, result: object, name: str, file_format: str) -> None:
    """Write what a model returned to a new table.

    Args:
        session: Spark.
        result: a frame of Spark, or of anything else that narwhals knows; also in narwhals.
        name: of the table, with its schema; it must be free.
        file_format: how Spark keeps it, such as parquet.

    Raises:
        ThinkFamilyError: the model returned no frame.
    """
    _frame_of(session, result).write.format(file_format).saveAsTable(name)


def _frame_of(session: SparkSession, result: Any) -> DataFrame:
    native = nw.to_native(result, pass_through=True)
    if isinstance(native, DataFrame):
        return native
    try:
        frame = nw.from_native(native)
    except TypeError:
        raise ThinkFamilyError(
            f"The model returned {type(result).__name__}: return a frame of Spark, a table of Arrow"
            " or a data frame."
        ) from None
    eager = frame.collect("pyarrow") if isinstance(frame, nw.LazyFrame) else frame
    return session.createDataFrame(eager.to_arrow())
