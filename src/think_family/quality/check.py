"""Check the relations of a gate against their suites, and say of every rule what came of it."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from think_family.contract import read_contract
from think_family.invocation import invocation_id, target_folder
from think_family.quality.bridge import Bridge, bridge
from think_family.quality.suites import Expectation, Fault, Suite, read_suite, read_suites

# The only result format with which no value of a row comes into results and documents.
_RESULT_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": 0}

# Great Expectations keeps its context in a global, and dbt runs models in threads.
_ONE_AT_A_TIME = threading.Lock()

_SCHEMA = pa.schema(
    [
        ("expectation_key", pa.string()),
        ("gate", pa.string()),
        ("suite", pa.string()),
        ("subject", pa.string()),
        ("expectation_number", pa.int32()),
        ("expectation_type", pa.string()),
        ("column_name", pa.string()),
        ("severity", pa.string()),
        ("rule", pa.string()),
        ("verdict", pa.string()),
        ("n_rows", pa.int64()),
        ("n_unexpected", pa.int64()),
        ("message", pa.string()),
        ("invocation_id", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True)
class _Row:
    """What came of one rule. verdict: held, warned (broken, but the gate stays open) or shut."""

    suite: str
    subject: str
    expectation_number: int | None
    expectation_type: str
    column_name: str | None
    severity: str
    rule: str
    verdict: str
    n_rows: int | None = None
    n_unexpected: int | None = None
    message: str | None = None


def check(
    gate: str,
    session: duckdb.DuckDBPyConnection,
    checked: Mapping[str, duckdb.DuckDBPyRelation],
    also_read: Mapping[str, duckdb.DuckDBPyRelation] | None = None,
    deliveries: duckdb.DuckDBPyRelation | None = None,
    volumes: duckdb.DuckDBPyRelation | None = None,
    expectations: Path = Path("expectations"),
) -> pa.Table:
    """Run the suites of a gate where its relations lie.

    Args:
        gate: name of the gate, and of the folder of its suites below `expectations`.
        session: what dbt gives to a Python model to work with.
        checked: the relations that the gate answers for, by name; each must have a suite.
        also_read: relations that the suites refer to, by name, and that are checked elsewhere.
        deliveries: for a gate of staging models, what is known of the deliveries of their
            extracts, one row per extract, with its `system/extract` as subject. Each is checked
            against the suite deliveries.json. Of an extract's staging model only current rows are
            checked, and of one that is delivered in increments only those of deliveries from
            `checked_from_date` on.
        volumes: for a gate of marts, their rows against those of the last publication, one row
            per mart, with its name as subject. Each is checked against the suite volumes.json.
        expectations: the folder of all suites.

    Returns:
        One row per rule, and one per fault that kept rules from being checked (a suite that is
        missing or misspelt, an error inside a check): a fault shuts the gate. No row holds a
        value of the relations, but counts only.
    """
    suites, faults = read_suites(expectations / gate, checked)
    rows = [_row_of_fault(fault) for fault in faults]
    of_each = {"deliveries": deliveries, "volumes": volumes}
    given = {name: relation for name, relation in of_each.items() if relation is not None}
    relations = {**checked, **(also_read or {}), **given}
    with _ONE_AT_A_TIME, bridge(session, relations) as reached:
        checker = _Checker(reached, gate)
        facts = {name: {row["subject"]: row for row in reached.rows(name)} for name in given}
        for suite in suites:
            rows += [_row_of_fault(fault) for fault in suite.faults]
            if suite.extract is None:
                query = f"select * from {suite.name}"
            elif suite.extract in facts.get("deliveries", {}):
                query = _rows_that_count(suite.name, facts["deliveries"][suite.extract])
            else:
                rows.append(_row_of_fault(_strange_extract(suite, expectations / gate)))
                continue
            rows += checker.check(suite, query, checked[suite.name].columns, suite.extract)
        for name, relation in given.items():
            each = read_suite(expectations / f"{name}.json")
            if isinstance(each, Fault):
                rows.append(_row_of_fault(each))
                continue
            rows += [_row_of_fault(fault) for fault in each.faults]
            for subject, known in sorted(facts[name].items()):
                query = f"select * from {name} where subject = '{subject}'"
                rows += checker.check(each, query, relation.columns, subject, known)
        findings = _table(gate, rows)
        checker.write_documents(findings)
    return findings


class _Checker:
    """One context of Great Expectations, for one gate."""

    def __init__(self, reached: Bridge, gate: str) -> None:
        # Here, and not above, because the import takes seconds.
        from think_family.quality.expectations import gx

        self._gate = gate
        self._context = gx.get_context(mode="ephemeral")
        self._context.variables.progress_bars = {"globally": False}
        with warnings.catch_warnings():
            # For Postgres it recommends a kind of its own, which wants a host and a password.
            warnings.simplefilter("ignore")
            self._source = self._context.data_sources.add_sql(
                "warehouse",
                connection_string=reached.connection_string,
                kwargs=reached.engine_arguments,
                create_temp_table=False,
            )
        self._results: dict[str, Any] = {}

    def check(
        self,
        suite: Suite,
        query: str,
        columns: list[str],
        subject: str | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> list[_Row]:
        """Check the rows of `query`, which has `columns`, and say what came of each rule.

        `subject` is the extract that the rows are of, or what one row tells of; the `facts` of
        that row fill the gaps in the texts of the suite.
        """
        rows: list[_Row] = []
        objects: dict[int, Any] = {}
        for expectation in suite.expectations:
            built = self._build(suite, expectation, columns, facts)
            if isinstance(built, Fault):
                rows.append(_row_of_fault(built, subject))
            else:
                objects[expectation.number] = built
        title = suite.name if facts is None else f"{suite.name} of {subject}"
        try:
            results = self._validate(title, query, list(objects.values()))
        except Exception as error:
            # Whatever it is, the gate is shut; the text of the error may hold values.
            what = f"the check of the suite failed ({type(error).__name__})"
            return [*rows, _row_of_fault(Fault(suite.name, what, _BY_HAND), subject)]
        for expectation in suite.expectations:
            if expectation.number in results:
                result = results[expectation.number]
                rows.append(_row_of_result(suite, expectation, result, subject, facts))
            elif expectation.number in objects:
                lost = Fault(suite.name, "Great Expectations lost it", _REPORT, expectation.number)
                rows.append(_row_of_fault(lost, subject))
        return rows

    def _build(
        self,
        suite: Suite,
        expectation: Expectation,
        columns: list[str],
        facts: Mapping[str, Any] | None,
    ) -> Any:
        from great_expectations.expectations.expectation_configuration import (
            ExpectationConfiguration,
        )

        strange = [column for column in expectation.columns if column not in columns]
        if strange:
            return Fault(
                suite.name,
                f"the relation has no column {strange[0]}",
                "Rename the column in the suite, or bring it back in the model.",
                expectation.number,
            )
        try:
            return ExpectationConfiguration(
                type=expectation.type,
                kwargs=_nested(expectation.kwargs),
                severity=expectation.severity,
                description=_filled(expectation.rule, facts),
                notes=_filled(expectation.remedy, facts),
                meta={"number": expectation.number},
            ).to_domain_obj()
        except Exception as error:
            return Fault(
                suite.name,
                f"Great Expectations does not take {expectation.type} with the arguments"
                f" {', '.join(sorted(expectation.kwargs))} ({type(error).__name__})",
                "Look the arguments up in its documentation and mend the suite.",
                expectation.number,
            )

    def _validate(self, title: str, query: str, objects: list[Any]) -> dict[int, Any]:
        """Results by the number of their expectation."""
        from think_family.quality.expectations import gx

        asset = self._source.add_query_asset(title, query=query)
        batch = asset.add_batch_definition_whole_table("rows").get_batch()
        suite = gx.ExpectationSuite(name=title, expectations=objects)
        result = batch.validate(suite, result_format=_RESULT_FORMAT)
        self._results[title] = result
        return {one.expectation_config.meta["number"]: one for one in result.results}

    def write_documents(self, findings: pa.Table) -> None:
        """Write the Data Docs of what was checked."""
        from think_family.quality.data_docs import write

        write(target_folder() / "data_docs", self._gate, self._results, findings)


_BY_HAND = "Build the relation alone and run the suite by hand to see the error."
_REPORT = "Run the build again; if it happens again, look for a change in Great Expectations."


def _row_of_fault(fault: Fault, subject: str | None = None) -> _Row:
    number = "" if fault.number is None else f", expectation {fault.number}"
    return _Row(
        suite=fault.suite,
        subject=subject or fault.suite,
        expectation_number=fault.number,
        expectation_type="suite_can_be_checked",
        column_name=None,
        severity="critical",
        rule="Every suite of the gate can be checked, and every rule in it.",
        verdict="shut",
        message=f"{subject or fault.suite}{number}: {fault.what}. To do: {fault.remedy}",
    )


def _strange_extract(suite: Suite, folder: Path) -> Fault:
    return Fault(
        suite.name,
        f"its meta names the extract {suite.extract}, which the gate knows no deliveries of",
        f"Mend meta.extract in {folder.as_posix()}/{suite.name}.json: `system/extract`, as in"
        " the input contract.",
    )


def _row_of_result(
    suite: Suite,
    expectation: Expectation,
    result: Any,
    subject: str | None,
    facts: Mapping[str, Any] | None,
) -> _Row:
    raised = _raised(result.exception_info)
    found = result.result
    n_unexpected = found.get("unexpected_count")
    n_rows = found.get("element_count")
    rule = _filled(expectation.rule, facts)
    # The columns of `deliveries` are the gate's own; what a rule is about, its meta says there.
    column = (
        expectation.column if facts is None else _filled(expectation.about or "", facts) or None
    )
    if facts is not None and n_unexpected is None:
        # The one row of a subject counts itself what is wrong.
        n_unexpected = found.get("observed_value")
    remedy = _filled(expectation.remedy, facts)
    if raised:
        verdict, what, remedy = "shut", ": the check itself failed, of the rule", _BY_HAND
    elif result.success:
        verdict, what = "held", ""
    else:
        lasting = n_unexpected is None or n_unexpected >= expectation.critical_from
        verdict = "shut" if expectation.severity == "critical" and lasting else "warned"
        counted = "" if n_rows is None else f": {n_unexpected:,} of {n_rows:,} rows"
        what = f"{counted} break the rule" if counted else " breaks the rule"
    about = f"{subject or suite.name}{_column_told(subject, column)}"
    return _Row(
        suite=suite.name,
        subject=subject or suite.name,
        expectation_number=expectation.number,
        expectation_type=expectation.type,
        column_name=column,
        severity=expectation.severity,
        rule=rule,
        verdict=verdict,
        n_rows=None if n_rows is None else int(n_rows),
        n_unexpected=None if n_unexpected is None else int(n_unexpected),
        message=None if verdict == "held" else f"{about}{what}: {rule} To do: {remedy}",
    )


def _nested(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Let a query name the batch: Great Expectations gives it an alias of its own already."""
    return {
        name: value.replace("{batch}", "(select * from {batch})")
        if name == "unexpected_rows_query"
        else value
        for name, value in kwargs.items()
    }


def _raised(exception_info: Any) -> bool:
    """Whether an error is told of: once for an expectation, or once for each of its metrics."""
    infos = [exception_info] if "raised_exception" in exception_info else exception_info.values()
    return any(info["raised_exception"] for info in infos)


def _column_told(subject: str | None, column: str | None) -> str:
    """Name the column as the project does, and as the agency does where that is another name."""
    if column is None:
        return ""
    is_extract = subject is not None and "/" in subject
    delivered = _delivered_names().get((subject or "", column), column) if is_extract else column
    return f", column {column}" + ("" if delivered == column else f" (delivered as {delivered})")


@cache
def _delivered_names() -> dict[tuple[str, str], str]:
    """Name in the delivery, by extract and staged column."""
    contract = read_contract(Path("models/staging"))
    return {
        (extract.label, staged): column.name
        for extract in contract.extracts
        for column in extract.columns
        for staged in (column.staged_as, f"{column.staged_as}_code")
    }


def _rows_that_count(relation: str, facts: Mapping[str, Any]) -> str:
    query = f"select * from {relation} where is_current"
    if facts["delivery"] == "incremental" and facts["checked_from_date"] is not None:
        query += f" and extract_date >= cast('{facts['checked_from_date']}' as date)"
    return query


def _filled(text: str, facts: Mapping[str, Any] | None) -> str:
    if facts is None:
        return text
    return text.format_map(
        {name: f"{value:,}" if isinstance(value, int) else value for name, value in facts.items()}
    )


def _table(gate: str, rows: list[_Row]) -> pa.Table:
    run = invocation_id()
    records = []
    for number, row in enumerate(rows, start=1):
        record = asdict(row)
        record |= {"expectation_key": f"{gate}|{number}", "gate": gate, "invocation_id": run}
        records.append(record)
    return pa.Table.from_pylist(records, schema=_SCHEMA)
