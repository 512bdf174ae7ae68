"""The input contract as a document for the people at an agency who must deliver it."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from think_family.contract.contract import Column, Contract, Extract, System
from think_family.errors import ThinkFamilyError

CodeLists = Mapping[str, Sequence[tuple[str, str]]]

_FORMATS = {
    ("date", "iso"): "date, YYYY-MM-DD",
    ("date", "dmy"): "date, DD/MM/YYYY",
    ("date", "dmon"): "date, DD-MON-YYYY",
    ("timestamp", "iso"): "timestamp, YYYY-MM-DDThh:mm:ssZ (UTC)",
    ("integer", None): "whole number",
    ("decimal", None): "decimal number",
    ("boolean", None): "Y or N (TRUE or FALSE, 1 or 0 are read too)",
    ("text", None): "text",
}
_DELIVERIES = {
    "full": "full: every file is the whole extract; a row that is absent from a later file is "
    "closed, not deleted",
    "incremental": "incremental: the first file is the whole extract, each later one holds new and "
    "changed rows only",
}
_LABEL_ROWS = {
    "none": "none",
    "some": "some rows are outcomes that models are measured by; staging parts them from the rest",
    "all": "every row is an outcome that models are measured by; never an input of a score",
}
_PREAMBLE = """\
# Input contract

<!-- Made by `think-family contract --write docs/input-contract.md`; do not edit by hand. -->

What each agency delivers, extract by extract. This page is made from the dbt sources under
`models/staging/`, which the loader and the models read too.

## How to deliver

- One file per extract and delivery, named by the day it was extracted:
  `extracts/<system>/<extract>/<YYYY-MM-DD>.csv`, or `.parquet`.
- CSV in UTF-8, comma-separated, the first line the column names, fields quoted with `"` where they
  hold a comma, a quotation mark (doubled) or a line break. Semicolon, tab and pipe, UTF-16 with a
  byte-order mark and Windows-1252 are accepted, and the load says so.
- Columns in any order; capitals, and spaces or hyphens for underscores, do not matter. A column
  that is not listed is kept aside as JSON; a listed column that is missing is left empty, except
  the key and the recorded date: without them the file is refused.
- A field may hold line breaks. One row may not be longer than 16 MiB.
- An empty field means not known. A row with an empty key is rejected, and told.
- An extract without rows is a file that holds the header line only.

Words used below. *Key*: the columns that identify a row for good. *Happened*: the date of the thing
itself. *Recorded*: the date it was entered in the system; nothing counts as known before it.
*Personal data*: identifier, name, demographic, contact, special category (UK GDPR Article 9),
criminal offence (Article 10), or none.
"""


def read_code_lists(path: Path) -> CodeLists:
    """Read the code lists of `seeds/code_map.csv` (code_list, code, value) in the file's order.

    An absent file gives no lists: the document then names the lists without their codes.
    """
    lists: dict[str, list[tuple[str, str]]] = defaultdict(list)
    if not path.exists():
        return lists
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        if not {"code_list", "code", "value"} <= set(reader.fieldnames or ()):
            raise ThinkFamilyError(f"{path}: it needs the columns code_list, code and value.")
        for row in reader:
            lists[row["code_list"]].append((row["code"], row["value"]))
    return lists


def render_contract(contract: Contract, code_lists: CodeLists) -> str:
    """Give the contract as Markdown, ending in one line break."""
    parts = [_PREAMBLE, "## Systems\n", _overview(contract)]
    parts += [_system(system, code_lists) for system in contract.systems]
    used = sorted({c.codes for e in contract.extracts for c in e.columns if c.codes})
    if any(name in code_lists for name in used):
        parts.append(
            "## Code lists\n\nThe codes an agency may send and how they are read. A code that is "
            "not listed is kept, shown as unknown, and counted.\n"
        )
        parts += [_code_list(name, code_lists[name]) for name in used if name in code_lists]
    return "\n".join(parts).rstrip() + "\n"


def _table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [headers, ["---"] * len(headers), *rows]
    return (
        "\n".join("| " + " | ".join(_cell(text) for text in line) + " |" for line in lines) + "\n"
    )


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _overview(contract: Contract) -> str:
    rows = [
        (
            f"[{system.name}](#{system.name})",
            system.agency,
            system.programme_name,
            ", ".join(f"[{extract.name}](#{_anchor(extract)})" for extract in system.extracts),
        )
        for system in contract.systems
    ]
    return _table(("System", "Agency", "Programme", "Extracts"), rows)


def _anchor(extract: Extract) -> str:
    return f"{extract.system}{extract.name}"


def _system(system: System, code_lists: CodeLists) -> str:
    head = f"## {system.name}\n\n{system.agency}. {system.description}".rstrip() + "\n"
    return "\n".join([head, *(_extract(extract, code_lists) for extract in system.extracts)])


def _extract(extract: Extract, code_lists: CodeLists) -> str:
    fresh = extract.fresh_within_days
    facts = [
        ("Folder", f"`extracts/{extract.label}/`"),
        ("Delivery", _DELIVERIES[extract.delivery]),
        ("Key", _names(extract.key)),
        ("Happened", _names((extract.happened_column,)) if extract.happened_column else "no date"),
        ("Recorded", _names((extract.recorded_column,)) if extract.recorded_column else "no date"),
        ("Freshness", f"a delivery at least every {fresh} days" if fresh else "not measured"),
        ("Handling", _words(extract.handling)),
        ("Lawful basis", extract.lawful_basis),
        ("Permitted purposes", ", ".join(_words(p) for p in extract.permitted_purposes)),
        ("Label rows", _LABEL_ROWS[extract.label_rows]),
    ]
    columns = [
        (
            f"`{column.name}`",
            _type(column, code_lists),
            _words(column.personal_data),
            _description(column, extract),
            f"`{column.staged_as}`",
        )
        for column in extract.columns
    ]
    return "\n".join(
        [
            f"### {extract.system}.{extract.name}\n",
            f"{extract.description}\n",
            *(f"- {name}: {value}" for name, value in facts),
            "",
            _table(("Column", "Type", "Personal data", "Meaning", "In staging"), columns),
        ]
    )


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f"`{column}`" for column in columns)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _type(column: Column, code_lists: CodeLists) -> str:
    kind = _FORMATS[column.data_type, column.format]
    if column.codes is None:
        return kind
    named = f"[{column.codes}](#{column.codes})" if column.codes in code_lists else column.codes
    return f"{kind}, code of {named}"


def _description(column: Column, extract: Extract) -> str:
    required = "Required. " if column.name in extract.required_columns else ""
    aliases = f" Also accepted as {_names(column.aliases)}." if column.aliases else ""
    return f"{required}{column.description}{aliases}"


def _code_list(name: str, codes: Sequence[tuple[str, str]]) -> str:
    return f"### {name}\n\n" + _table(("Code", "Value"), [(f"`{c}`", v) for c, v in codes])
