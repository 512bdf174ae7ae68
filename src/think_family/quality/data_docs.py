"""The Data Docs of the gates: what was checked, and what came of it, as pages for a browser.

What a rule demands is told in the words of Great Expectations, by its own renderers. The pages
around that are written here. Its own pages need scripts, fonts and styles from other hosts, which
many networks do not let through and to which a reader's visit is nobody's business; and they know
neither a rule's remedy nor whether it shuts the gate.

The pages hold rules and counts of rows, and no value of a row. Of a result only its numbers are
read, and of an error nothing: its text can quote the value that it failed on.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from numbers import Number
from pathlib import Path
from string import Template
from typing import Any

import pyarrow as pa

_SUMMARY = "summary.json"

# How bad a verdict is, for what is to be read first.
_RANK = {"held": 0, "warned": 1, "shut": 2}
_RESULT = {"held": "✓ Holds", "warned": "! Warning", "shut": "✗ Shuts the gate"}
_RELATIONS = "Relations"
_GATE = {True: "✓ Open", False: "✗ Shut"}


def write(folder: Path, gate: str, results: Mapping[str, Any], findings: pa.Table) -> None:
    """Write the pages of a gate, in place of those of its last run, and the index of all gates.

    Args:
        folder: where the Data Docs stand. Each gate has a folder of its own in it.
        gate: name of the gate.
        results: what Great Expectations found, by name of the suite; of a suite that is checked
            for many subjects, by `<suite> of <subject>`.
        findings: what `think_family.quality.check` gives back of the gate: a row per rule.
    """
    suites = _suites(results, findings)
    runs = sorted(set(findings["invocation_id"].to_pylist()))
    summary = {
        "gate": gate,
        "is_open": bool(suites) and all(suite.worst != "shut" for suite in suites),
        "n_suites": len(suites),
        "n_rules": sum(len(suite.rules) for suite in suites),
        "n_shut": sum(suite.count("shut") for suite in suites),
        "n_warned": sum(suite.count("warned") for suite in suites),
        "invocation_id": ", ".join(runs),
    }
    pages = {f"{_file_name(suite.title)}.html": _suite_page(gate, suite) for suite in suites}
    pages["index.html"] = _gate_page(summary, suites)
    pages[_SUMMARY] = json.dumps(summary, indent=2) + "\n"
    _replace(folder / gate, pages)
    _replace_file(folder / "index.html", _index_page(_summaries(folder)))


@dataclass(frozen=True, slots=True)
class _Rule:
    """A rule as its page tells it. `demand`: the rule in the words of Great Expectations."""

    text: str
    verdict: str
    severity: str
    column: str | None
    found: str
    remedy: str
    demand: _Html


@dataclass(frozen=True, slots=True)
class _Suite:
    """What was found with one suite. `query`: the rows that were checked, where known."""

    title: str
    name: str
    subject: str
    rules: tuple[_Rule, ...]
    query: str | None

    @property
    def is_of_each(self) -> bool:
        """Whether the suite is one for many subjects, and this is what was found with one."""
        return self.title != self.name

    @property
    def worst(self) -> str:
        return max((rule.verdict for rule in self.rules), key=_RANK.__getitem__)

    def count(self, verdict: str) -> int:
        return sum(rule.verdict == verdict for rule in self.rules)


# A row of a table: its verdict, and its cells, each of them a list of lines.
_Row = tuple[str, list[list[str]]]


class _Html(str):
    """Text that is markup already; all other text is escaped."""

    __slots__ = ()


def _suites(results: Mapping[str, Any], findings: pa.Table) -> list[_Suite]:
    """Put the findings of each suite together, what matters most first."""
    rows_of: dict[str, list[dict[str, Any]]] = {}
    for row in findings.to_pylist():
        of_subject = f"{row['suite']} of {row['subject']}"
        title = of_subject if of_subject in results else row["suite"]
        rows_of.setdefault(title, []).append(row)
    suites = []
    for title, rows in rows_of.items():
        result = results.get(title)
        by_number = {
            one.expectation_config.meta["number"]: one for one in (result.results if result else ())
        }
        rules = [_rule(row, by_number.get(row["expectation_number"])) for row in rows]
        suites.append(
            _Suite(
                title=title,
                name=rows[0]["suite"],
                subject=rows[-1]["subject"],
                rules=tuple(sorted(rules, key=lambda rule: -_RANK[rule.verdict])),
                query=result.meta.get("batch_spec", {}).get("query") if result else None,
            )
        )
    return sorted(suites, key=lambda suite: (-_RANK[suite.worst], suite.title))


def _rule(row: Mapping[str, Any], result: Any) -> _Rule:
    # A fault of a suite stands under the number of the rule that it is about, as a row more.
    is_fault = row["expectation_type"] == "suite_can_be_checked"
    message = (row["message"] or "").partition(" To do: ")
    if is_fault or result is None:
        found, remedy, demand = message[0], message[2], _Html()
    else:
        numbers = _numbers(result)
        demand, observed = _rendered(result, numbers)
        if result.result:
            found = _found(result.expectation_config.kwargs.get("column"), numbers, observed)
        else:
            found = "The check itself failed: it found nothing out."
        remedy = message[2] or result.expectation_config.notes
    return _Rule(
        text=row["rule"],
        verdict=row["verdict"],
        severity=row["severity"],
        column=row["column_name"],
        found=found,
        remedy=remedy,
        demand=demand,
    )


def _numbers(result: Any) -> dict[str, Number]:
    """Take the numbers of a result, and nothing that could be a value of a row."""
    return {name: value for name, value in result.result.items() if isinstance(value, Number)}


def _rendered(result: Any, numbers: Mapping[str, Number]) -> tuple[_Html, str]:
    """Let Great Expectations tell what a rule demands, and what share it observed."""
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from great_expectations.render.renderer.content_block import (
        ValidationResultsTableContentBlockRenderer,
    )

    checked = result.expectation_config
    # Without its description, for which it would leave the demand out, and without its error.
    bare = ExpectationValidationResult(
        success=result.success,
        expectation_config=ExpectationConfiguration(type=checked.type, kwargs=checked.kwargs),
        result=dict(numbers),
    )
    block = ValidationResultsTableContentBlockRenderer.render([bare])
    if block is None:
        return _element("code", checked.type), ""
    _, demand, observed = block.table[0]
    # What follows on the demand is what was found. It gives a share of the rows with a value as
    # one of all rows, so `_found` tells it instead.
    demand = demand[0] if isinstance(demand, list) else demand
    share = observed if isinstance(observed, str) and "unexpected_count" in numbers else ""
    return _text_of(demand), share


def _text_of(content: Any) -> _Html:
    """Turn a string template of Great Expectations into text, its parameters set off."""
    template = content.to_json_dict()["string_template"]
    parameters = {name: _code(_plain(value)) for name, value in template.get("params", {}).items()}
    return _Html(Template(escape(template["template"])).safe_substitute(parameters))


def _plain(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _found(column: str | None, numbers: Mapping[str, Any], share: str) -> str:
    if "unexpected_count" in numbers:
        n_missing = int(numbers.get("missing_count", 0))
        n_rows = int(numbers["element_count"]) - n_missing
        with_value = f" with a value (and {n_missing:,} without)" if n_missing else ""
        found = f"{int(numbers['unexpected_count']):,} of {n_rows:,} rows{with_value} break it"
        return f"{found}: {share}" if share and share != "--" else found
    if "observed_value" in numbers:
        observed = f"{numbers['observed_value']:,}"
        return f"{column} is {observed}" if column else f"{observed} rows"
    return "No row has a value."


def _suite_page(gate: str, suite: _Suite) -> str:
    n_shut, n_warned = suite.count("shut"), suite.count("warned")
    told = f"{_counted(len(suite.rules), 'rule')}: "
    if n_shut or n_warned:
        told += f"{n_shut} broken so that the gate is shut, {_counted(n_warned, 'warning')}."
    else:
        told += "every one holds."
    rows: list[_Row] = [
        (
            rule.verdict,
            [
                [_element("strong", _RESULT[rule.verdict]), _muted(_severity(rule))],
                [
                    _element("span", rule.text),
                    _muted(f"Column {rule.column}") if _names_column(rule) else "",
                    _element("small", rule.demand) if rule.demand else "",
                ],
                [rule.found],
                [rule.remedy],
            ],
        )
        for rule in suite.rules
    ]
    return _page(
        _heading(suite),
        [("../index.html", "Quality gates"), ("index.html", f"Gate {gate}")],
        [
            _verdict(suite.worst, told),
            _element("p", f"Extract: {suite.subject}") if _is_staged(suite) else "",
            _table(["Result", "Rule", "Found", "What to do when broken"], rows),
            _element("h2", "What was checked") if suite.query else "",
            _element("p", _code(suite.query)) if suite.query else "",
        ],
    )


def _gate_page(summary: Mapping[str, Any], suites: list[_Suite]) -> str:
    if summary["is_open"]:
        told = "Open: what stands below this gate is built."
    else:
        told = (
            f"Shut by {_counted(summary['n_shut'], 'broken rule')}. Nothing below this gate is"
            " built, and what was published last stays."
        )
    return _page(
        f"Gate {summary['gate']}",
        [("../index.html", "Quality gates")],
        [
            _verdict("held" if summary["is_open"] else "shut", told),
            *(
                _suite_table(heading, [suite for suite in suites if _group(suite) == heading])
                for heading in sorted({_group(suite) for suite in suites}, key=_relations_first)
            ),
            _muted(f"Found by the dbt invocation {summary['invocation_id']}."),
        ],
    )


def _suite_table(heading: str, suites: list[_Suite]) -> _Html:
    rows: list[_Row] = [
        (
            suite.worst,
            [
                [_element("strong", _RESULT[suite.worst])],
                [
                    _link(
                        f"{_file_name(suite.title)}.html",
                        suite.subject if suite.is_of_each else suite.name,
                    ),
                    _muted(suite.subject) if _is_staged(suite) else "",
                ],
                [f"{len(suite.rules):,}"],
                [f"{suite.count('shut'):,}"],
                [f"{suite.count('warned'):,}"],
            ],
        )
        for suite in suites
    ]
    columns = ["Worst result", "Suite", "Rules", "Shut the gate", "Warnings"]
    return _Html(_element("h2", heading) + _table(columns, rows))


def _index_page(summaries: list[Mapping[str, Any]]) -> str:
    shut = [summary["gate"] for summary in summaries if not summary["is_open"]]
    told = f"Shut: {', '.join(shut)}." if shut else "Every gate that was run is open."
    rows: list[_Row] = [
        (
            "held" if summary["is_open"] else "shut",
            [
                [_element("strong", _GATE[summary["is_open"]])],
                [_link(f"{summary['gate']}/index.html", summary["gate"])],
                [f"{summary['n_suites']:,}"],
                [f"{summary['n_rules']:,}"],
                [f"{summary['n_shut']:,}"],
                [f"{summary['n_warned']:,}"],
                [_muted(summary["invocation_id"])],
            ],
        )
        for summary in summaries
    ]
    return _page(
        "Quality gates",
        [],
        [
            _verdict("shut" if shut else "held", told),
            _element(
                "p",
                "A gate checks the data of one domain before anything is built on it. While it is"
                " shut, nothing below it is built. Each gate stands here as its last run left it:"
                " one with another invocation than the others was not run with them.",
            ),
            _table(
                [
                    "Verdict",
                    "Gate",
                    "Suites",
                    "Rules",
                    "Shut the gate",
                    "Warnings",
                    "dbt invocation",
                ],
                rows,
            ),
        ],
    )


def _heading(suite: _Suite) -> str:
    return f"{_group(suite)}: {suite.subject}" if suite.is_of_each else suite.name


def _group(suite: _Suite) -> str:
    return suite.name.capitalize() if suite.is_of_each else _RELATIONS


def _relations_first(group: str) -> tuple[bool, str]:
    return group != _RELATIONS, group


def _is_staged(suite: _Suite) -> bool:
    """Whether the suite is of a relation that stages an extract, which is then its subject."""
    return not suite.is_of_each and suite.subject != suite.name


def _names_column(rule: _Rule) -> bool:
    """Whether the column to look at is to be named, and is not where the rule is told."""
    is_broken = rule.verdict != "held"
    return is_broken and rule.column is not None and rule.column not in rule.demand


def _severity(rule: _Rule) -> str:
    if rule.verdict == "warned" and rule.severity == "critical":
        return "critical, but too few rows to shut the gate"
    if rule.verdict == "shut" and rule.severity == "warning":
        return "warning, but it could not be checked"
    return rule.severity


def _counted(n: int, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def _page(heading: str, path: list[tuple[str, str]], content: Iterable[str]) -> str:
    """Put a page together; `path` leads to it from the index, as links and their texts."""
    from think_family.quality.expectations import gx

    trail = [part for link, text in path for part in (_link(link, text), " / ")]
    body = _element(
        "body",
        _element("nav", *trail, heading) if path else "",
        _element("main", _element("h1", heading), *content),
        _element(
            "footer",
            "These pages show rules and counts of rows, and no value of a person's record."
            f" Checked with Great Expectations {gx.__version__}.",
        ),
    )
    return _HEAD.substitute(title=escape(heading), style=_STYLE) + body + "\n</html>\n"


def _table(columns: list[str], rows: Iterable[_Row]) -> _Html:
    head = _element("tr", *(_element("th", column, scope="col") for column in columns))
    body = [
        _element(
            "tr",
            *(
                _element("td", *(_line(line) for line in lines if line), data_label=column)
                for column, lines in zip(columns, cells, strict=True)
            ),
            class_=verdict,
        )
        for verdict, cells in rows
    ]
    return _element("table", _element("thead", head), _element("tbody", *body))


def _line(text: str) -> _Html:
    return _element("div", text)


def _code(text: str) -> _Html:
    # A query has a block of its own, where a name stands within the line.
    return _element("code", text, **({"class_": "long"} if len(text) > 60 else {}))


def _muted(text: str) -> _Html:
    return _element("small", text)


def _verdict(verdict: str, text: str) -> _Html:
    mark = _RESULT[verdict][0]
    return _element("p", _element("strong", f"{mark} {text}"), class_=f"verdict {verdict}")


def _link(address: str, text: str) -> _Html:
    return _element("a", text, href=address)


def _element(tag: str, *content: str, **attributes: str) -> _Html:
    told = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for name, value in attributes.items()
    )
    inner = "".join(part if isinstance(part, _Html) else escape(part) for part in content)
    return _Html(f"<{tag}{told}>{inner}</{tag}>")


def _file_name(title: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]+", "-", title)


def _replace(folder: Path, files: Mapping[str, str]) -> None:
    """Put a folder with these files in the place of what stood there, whole."""
    new, old = (folder.with_name(f".{folder.name}.{state}") for state in ("new", "old"))
    for left_by_a_killed_run in (new, old):
        if left_by_a_killed_run.exists():
            shutil.rmtree(left_by_a_killed_run)
    new.mkdir(parents=True)
    for name, text in files.items():
        (new / name).write_text(text, encoding="utf-8", newline="\n")
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    if old.exists():
        shutil.rmtree(old)


def _replace_file(file: Path, text: str) -> None:
    new = file.with_name(f".{file.name}.new")
    new.write_text(text, encoding="utf-8", newline="\n")
    os.replace(new, file)  # noqa: PTH105


def _summaries(folder: Path) -> list[Mapping[str, Any]]:
    """Read what each gate left of its last run, those that are shut first."""
    summaries = list(_read_summaries(folder))
    return sorted(summaries, key=lambda summary: (summary["is_open"], summary["gate"]))


def _read_summaries(folder: Path) -> Iterator[Mapping[str, Any]]:
    for file in folder.glob(f"*/{_SUMMARY}"):
        # A folder that a killed run left behind begins with a dot.
        if not file.parent.name.startswith("."):
            yield json.loads(file.read_text(encoding="utf-8"))


# The policy of the page forbids a browser to load anything at all.
_HEAD = Template(
    """<!DOCTYPE html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>$title</title>
<style>$style</style>
</head>
"""
)

_STYLE = """
body { margin: 0 auto; padding: 1rem; max-width: 75rem; color: #1b1b1b; background: #fff;
  font: 1rem/1.5 system-ui, "Segoe UI", "Noto Sans", "Liberation Sans", Arial, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 1rem 0; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2rem 0 0.5rem; }
a { color: #0b4a8f; }
nav, footer { font-size: 0.9rem; color: #444; }
footer { margin-top: 3rem; padding-top: 0.75rem; border-top: 1px solid #bbb; }
.verdict { padding: 0.6rem 0.9rem; border: 1px solid #bbb; border-left-width: 0.5rem; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: 0.6rem 0.75rem; text-align: left; vertical-align: top;
  border-bottom: 1px solid #bbb; overflow-wrap: break-word; }
th { border-bottom: 2px solid #1b1b1b; }
td:first-child { border-left: 0.3rem solid transparent; width: 11rem; }
td:first-child strong { white-space: nowrap; }
td:nth-child(2) { width: 38%; }
td:nth-child(4):last-child { width: 30%; }
td div + div { margin-top: 0.3rem; }
small { color: #444; font-size: 0.875rem; }
code { font-family: ui-monospace, "Liberation Mono", Consolas, monospace; font-size: 0.9em;
  background: #f0f0f0; padding: 0 0.2em; white-space: pre-wrap; overflow-wrap: anywhere; }
code.long { display: block; margin-top: 0.3rem; padding: 0.4rem 0.6rem; }
.held td:first-child, .verdict.held { border-left-color: #2e6b34; }
.warned td:first-child, .verdict.warned { border-left-color: #8a5a00; }
.shut td:first-child, .verdict.shut { border-left-color: #a11c1c; }
tr.warned { background: #fdf6e6; }
tr.shut { background: #fcefef; }
@media (max-width: 45rem) {
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, tbody, tr, td, td:nth-child(n) { display: block; width: auto; }
  tr { margin-bottom: 1rem; border: 1px solid #bbb; }
  td { border: 0; }
  td::before { content: attr(data-label); display: block; font-size: 0.8rem; color: #444; }
}
@media print { tr { break-inside: avoid; } }
"""
