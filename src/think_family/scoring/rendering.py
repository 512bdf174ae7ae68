"""The SQL of a glass box: its contributions and score, as an engine computes them."""

from __future__ import annotations

from collections.abc import Sequence

from think_family.scoring.columns import BOOLEAN
from think_family.scoring.parameters import AdditiveParameters, Term
from think_family.scoring.scale import Scale
from think_family.sql import quoted


def rendered(
    parameters: AdditiveParameters,
    relation: str,
    keys: Sequence[str],
    *,
    double: str = "double precision",
) -> str:
    """Give the SQL that scores every row of a relation.

    It is plain: `case`, `cast`, `least` and sums, which DuckDB, Postgres and Spark share.
    Contributions and log-odds are those of numpy to the last digit; scores are to within rounding.
    A missing value is null.

    Args:
        parameters: The glass box.
        relation: Where the features are, as it is to stand in the SQL.
        keys: Columns that are handed on, such as person_id and as_of_date.
        double: The engine's type of floating-point numbers.

    Returns:
        A query with the keys; contribution_1 and so on, one for each term in order; log_odds;
        score.
    """
    handed_on = ",\n".join(f"        {quoted(key)}" for key in keys)
    names = [f"contribution_{number + 1}" for number in range(len(parameters.terms))]
    contributions = "".join(
        f",\n        {_contribution(term, double)} as {name}"
        for term, name in zip(parameters.terms, names, strict=True)
    )
    summed = "".join(f"\n        + {name}" for name in names)
    return (
        "with contributed as (\n    select\n"
        f"{handed_on}{contributions}\n    from {relation}\n),\n\n"
        "summed as (\n    select\n        contributed.*,\n"
        f"        {_number(parameters.base, double)}{summed} as log_odds\n"
        "    from contributed\n),\n\n"
        "final as (\n    select\n        summed.*,\n"
        f"        {_score(parameters.scale, double)} as score\n    from summed\n)\n\n"
        "select * from final\n"
    )


def _number(value: float, double: str) -> str:
    return f"cast({value!r} as {double})"


def _contribution(term: Term, double: str) -> str:
    column = quoted(term.feature)
    value = f"cast({column} as integer)" if term.kind == BOOLEAN else column
    whens = "".join(
        f" when {value} < {_number(edge, double)} then {_number(told, double)}"
        for edge, told in zip(term.edges, term.contributions, strict=False)
    )
    return (
        f"case when {column} is null then {_number(term.missing, double)}{whens}"
        f" else {_number(term.contributions[-1], double)} end"
    )


def _score(scale: Scale, double: str) -> str:
    steps = zip(
        scale.values, scale.scores, scale.values[1:], scale.scores[1:], scale.slopes(), strict=False
    )
    whens = "".join(
        f" when log_odds < {_number(end, double)} then least({_number(low, double)}"
        f" + (log_odds - {_number(start, double)}) * {_number(slope, double)},"
        f" {_number(high, double)})"
        for start, low, end, high, slope in steps
    )
    return (
        f"case when log_odds < {_number(scale.values[0], double)}"
        f" then {_number(scale.scores[0], double)}{whens}"
        f" else {_number(scale.scores[-1], double)} end"
    )
