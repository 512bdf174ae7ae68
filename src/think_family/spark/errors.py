"""Say what Spark said, without the values that it puts into its messages."""

from __future__ import annotations

from pyspark.errors import AnalysisException, PySparkException


def said_by(error: BaseException) -> str:
    """Give one sentence on an error of Spark that holds no value of a row."""
    # Nothing has been read yet: the message shows the SQL, and the names that are wrong in it. What
    # may follow is the plan, which is long.
    if isinstance(error, AnalysisException):
        message, _, _ = str(error).strip().partition(";\n")
        return f"Spark says: {message}"
    condition = error.getCondition() if isinstance(error, PySparkException) else None
    return (
        f"Spark could not go on: {condition or type(error).__name__} (its message is withheld,"
        " because it may hold values of rows)."
    )
