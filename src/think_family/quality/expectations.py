"""Great Expectations as the project uses it: quiet, without telemetry, and with one more kind.

Import Great Expectations from here only: it takes seconds to import, and would otherwise report
on itself to its makers.
"""

from __future__ import annotations

import logging
import os
from typing import Any, ClassVar

os.environ["GX_ANALYTICS_ENABLED"] = "false"

import great_expectations as gx
from great_expectations.expectations.core import UnexpectedRowsExpectation
from great_expectations.render import LegacyRendererType, RenderedStringTemplateContent
from great_expectations.render.renderer.renderer import renderer

# It logs what a suite says of itself, which the checks here say better; one of its modules sets a
# level of its own.
for _logger in ("great_expectations", "great_expectations.data_context.types.base"):
    logging.getLogger(_logger).setLevel(logging.ERROR)


class ExpectFewUnexpectedRows(UnexpectedRowsExpectation):  # type: ignore[misc]
    """A query on a batch returns at most the share `1 - mostly` of the batch's rows.

    What UnexpectedRowsExpectation is for a rule without exceptions, this is for one that real
    data breaks now and then, such as a reference between two relations.
    """

    mostly: float = 1.0

    metric_dependencies: ClassVar[tuple[str, ...]] = (
        *UnexpectedRowsExpectation.metric_dependencies,
        "table.row_count",
    )
    success_keys: ClassVar[tuple[str, ...]] = ("unexpected_rows_query", "mostly")

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: Any = None,
    ) -> dict[str, Any]:
        n_unexpected = int(metrics["unexpected_rows_query.row_count"])
        n_rows = int(metrics["table.row_count"])
        # In whole rows, so that the share of a few rows is not lost in rounding.
        n_tolerated = int((1.0 - self.mostly) * n_rows + 1e-9)
        return {
            "success": n_unexpected <= n_tolerated,
            "result": {
                "element_count": n_rows,
                "unexpected_count": n_unexpected,
                "unexpected_percent": 100.0 * n_unexpected / n_rows if n_rows else 0.0,
            },
        }

    @classmethod
    @renderer(renderer_type=LegacyRendererType.PRESCRIPTIVE)  # type: ignore[untyped-decorator]
    def _prescriptive_renderer(
        cls, configuration: Any = None, **_: Any
    ) -> list[RenderedStringTemplateContent]:
        """Tell in Data Docs how many of the rows the query may find."""
        share = 100.0 * (1.0 - configuration.kwargs.get("mostly", 1.0))
        found = "may be found by this query: $unexpected_rows_query"
        template = f"At most $share % of the rows {found}" if share else f"No row {found}"
        return [
            RenderedStringTemplateContent(
                content_block_type="string_template",
                string_template={
                    "template": template,
                    "params": {
                        "share": f"{share:.6g}",
                        "unexpected_rows_query": configuration.kwargs["unexpected_rows_query"],
                    },
                },
            )
        ]


__all__ = ["ExpectFewUnexpectedRows", "gx"]
