"""Reading the suites of a gate, and finding everything that would let one pass unread.

Great Expectations drops an expectation that it does not know with no more than a line in a log,
and a suite without expectations holds for any data. Here each such thing is a fault, and a fault
shuts the gate.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_KEYS = {"type", "kwargs", "severity", "description", "notes", "meta"}
_REQUIRED = _KEYS - {"meta"}
_META = {"critical_from", "column"}
# Kinds whose results hold counts, and no value of a row.
_COUNTING = {
    "expect_column_pair_values_a_to_be_greater_than_b",
    "expect_column_value_lengths_to_be_between",
    "expect_column_values_to_be_between",
    "expect_column_values_to_be_in_set",
    "expect_column_values_to_be_unique",
    "expect_column_values_to_not_be_in_set",
    "expect_column_values_to_not_be_null",
    "expect_compound_columns_to_be_unique",
    "expect_few_unexpected_rows",
    "expect_table_row_count_to_be_between",
}
# Kinds whose results hold a value of the column: for columns that count, and no others.
_SHOWING = {"expect_column_max_to_be_between", "expect_column_min_to_be_between"}
_COUNTS = ("n_", "share_")
_SEVERITIES = ("critical", "warning")
_COLUMN_ARGUMENTS = ("column", "column_A", "column_B")


@dataclass(frozen=True, slots=True)
class Expectation:
    """One rule of a suite.

    `rule` and `remedy` are plain sentences. `critical_from` is the number of unexpected rows from
    which a critical expectation that fails shuts the gate; with fewer it warns.
    """

    number: int
    type: str
    kwargs: Mapping[str, Any]
    severity: str
    rule: str
    remedy: str
    critical_from: int
    about: str | None

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the relation that the rule names."""
        named = [self.kwargs[name] for name in _COLUMN_ARGUMENTS if name in self.kwargs]
        return (*named, *self.kwargs.get("column_list", ()))

    @property
    def column(self) -> str | None:
        """The column to look at first when the rule is broken."""
        return self.about or (self.columns[0] if self.columns else None)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a suite, or a part of it, could not be checked; what to do about it."""

    suite: str
    what: str
    remedy: str
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Suite:
    """The rules for one relation; `extract` is `system/extract` where it stages one."""

    name: str
    extract: str | None
    expectations: tuple[Expectation, ...]
    faults: tuple[Fault, ...] = field(default=())


def read_suites(folder: Path, relations: Collection[str]) -> tuple[list[Suite], list[Fault]]:
    """Read the suite of each relation that a gate checks, from `<folder>/<relation>.json`.

    Returns the suites that could be read, in order of name, and a fault for each relation that
    has no suite and for each file that is no suite, or is one of a relation the gate does not
    check. What is wrong within a suite stands in its own faults.
    """
    suites: list[Suite] = []
    faults: list[Fault] = []
    files = {file.stem: file for file in folder.glob("*.json")}
    for name in sorted(set(relations) - files.keys()):
        faults.append(
            Fault(
                name,
                f"there is no file {(folder / name).as_posix()}.json",
                "Restore the suite from version control, or write one: no relation of a gate"
                " goes unchecked.",
            )
        )
    for name in sorted(files.keys() - set(relations)):
        faults.append(
            Fault(
                name,
                f"the gate does not check the relation that {files[name].as_posix()} is for",
                "Add the relation to the Python model of the gate, or delete the file.",
            )
        )
    for name in sorted(files.keys() & set(relations)):
        suite = read_suite(files[name])
        if isinstance(suite, Fault):
            faults.append(suite)
        else:
            suites.append(suite)
    return suites, faults


def read_suite(file: Path) -> Suite | Fault:
    """Read one suite, or say why it cannot be read at all."""
    where = file.as_posix()
    repair = f"Mend {where}, or restore it from version control."
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        return Fault(file.stem, f"{where} cannot be read ({type(error).__name__})", repair)
    except json.JSONDecodeError as error:
        return Fault(file.stem, f"{where}, line {error.lineno}: not valid JSON", repair)
    if not isinstance(document, dict) or not isinstance(document.get("expectations"), list):
        return Fault(file.stem, f"{where} has no list of expectations", repair)
    if document.get("name") != file.stem:
        return Fault(file.stem, f"{where} is named {document.get('name')!r} inside", repair)
    if not document["expectations"]:
        return Fault(file.stem, f"{where} holds no expectation", repair)
    expectations: list[Expectation] = []
    faults: list[Fault] = []
    for number, raw in enumerate(document["expectations"], start=1):
        wrong = _what_is_wrong(raw)
        if wrong:
            faults.append(
                Fault(file.stem, f"{where}, expectation {number}: {wrong}", repair, number)
            )
            continue
        meta = raw.get("meta", {})
        expectations.append(
            Expectation(
                number=number,
                type=raw["type"],
                kwargs=raw["kwargs"],
                severity=raw["severity"],
                rule=raw["description"],
                remedy=raw["notes"],
                critical_from=meta.get("critical_from", 1),
                about=meta.get("column"),
            )
        )
    extract = (document.get("meta") or {}).get("extract")
    return Suite(file.stem, extract, tuple(expectations), tuple(faults))


def _what_is_wrong(raw: Any) -> str | None:
    """Say what keeps an entry of a suite from being a rule, or None."""
    if not isinstance(raw, dict):
        return "it is no object"
    unknown = sorted(raw.keys() - _KEYS)
    missing = sorted(_REQUIRED - raw.keys())
    meta = raw.get("meta", {})
    if unknown:
        return f"{unknown[0]!r} is no part of an expectation"
    if missing:
        return f"it lacks {missing[0]!r}"
    if raw["severity"] not in _SEVERITIES:
        return f"the severity {raw['severity']!r} is none of {', '.join(_SEVERITIES)}"
    if not isinstance(raw["kwargs"], dict):
        return "its kwargs are no object"
    if raw["type"] in _SHOWING:
        if not str(raw["kwargs"].get("column")).startswith(_COUNTS):
            return (
                f"{raw['type']} shows a value of the column, and may be used of columns that"
                f" begin with {' or '.join(_COUNTS)} only"
            )
    elif raw["type"] not in _COUNTING:
        kinds = ", ".join(sorted(_COUNTING | _SHOWING))
        return f"{raw['type']!r} is none of the kinds that are known to show no values: {kinds}"
    if not isinstance(meta, dict) or meta.keys() - _META:
        return f"its meta may hold {' and '.join(sorted(_META))} only"
    for name in ("description", "notes"):
        if not isinstance(raw[name], str) or not raw[name].strip():
            return f"its {name} is empty"
    if not isinstance(meta.get("critical_from", 1), int) or meta.get("critical_from", 1) < 1:
        return "critical_from is no positive whole number"
    return None
