"""Reader of the input contract, `models/staging/<system>/_<system>__sources.yml`.

The dbt sources are the single description of the input: the loader takes its tables, keys and
header spellings from them, and the document for the agencies is made from them.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from think_family.errors import ThinkFamilyError

DATA_TYPES = ("text", "date", "timestamp", "integer", "decimal", "boolean")
DATE_FORMATS = ("iso", "dmy", "dmon")
DELIVERIES = ("full", "incremental")
LABEL_ROWS = ("none", "some", "all")
PERSONAL_DATA = (
    "identifier",
    "name",
    "demographic",
    "contact",
    "special_category",
    "criminal_offence",
    "none",
)
# What is told of the people of every programme; the programmes themselves are a seed.
_EVERYWHERE = {"force": "Police force-wide", "shared": "Shared by the programmes"}

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_DOC_CALL = re.compile(r"\{\{\s*doc\(\s*['\"]([^'\"]+)['\"]\s*\)\s*\}\}")
_DOC_BLOCK = re.compile(r"\{%-?\s*docs\s+(\w+)\s*-?%\}(.*?)\{%-?\s*enddocs\s*-?%\}", re.DOTALL)


class ContractError(ThinkFamilyError):
    """The contract itself is at fault: the message names file, table and column."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an extract; `format` holds for dates and timestamps only."""

    name: str
    data_type: str
    description: str
    staged_as: str
    personal_data: str
    format: str | None
    codes: str | None
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Extract:
    """One extract of one system: a folder of deliveries and a table of the schema raw."""

    system: str
    name: str
    table: str
    description: str
    agency: str
    programme: str
    delivery: str
    key: tuple[str, ...]
    happened_column: str | None
    recorded_column: str | None
    fresh_within_days: int | None
    lawful_basis: str
    permitted_purposes: tuple[str, ...]
    handling: str
    label_rows: str
    columns: tuple[Column, ...]
    source_file: str

    @property
    def label(self) -> str:
        """The extract as people write it, which is also its folder: `system/extract`."""
        return f"{self.system}/{self.name}"

    @property
    def required_columns(self) -> tuple[str, ...]:
        """Columns without which a file cannot be taken: the key and the recorded date."""
        recorded = (self.recorded_column,) if self.recorded_column else ()
        return tuple(dict.fromkeys((*self.key, *recorded)))

    @property
    def digest(self) -> str:
        """SHA-256 of all that decides how a file becomes rows; another digest, other rows."""
        shape = [
            self.key,
            [(c.name, c.data_type, c.format, sorted(c.aliases)) for c in self.columns],
            self.required_columns,
        ]
        return hashlib.sha256(json.dumps(shape).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class System:
    """One agency system: a folder of extracts."""

    name: str
    description: str
    agency: str
    programme: str
    programme_name: str
    extracts: tuple[Extract, ...]


@dataclass(frozen=True, slots=True)
class Contract:
    """All systems, in the order of their names; extracts in the order in which they are written."""

    systems: tuple[System, ...]

    @property
    def extracts(self) -> tuple[Extract, ...]:
        """Every extract of every system."""
        return tuple(extract for system in self.systems for extract in system.extracts)


def read_contract(folder: Path) -> Contract:
    """Read every `<folder>/*/_*__sources.yml` and check it as a whole.

    A source is an agency's system when its `config.meta` names an `agency`; other sources (the
    loader's own ledger, say) are not part of the contract and are passed over. Calls of `doc()` in
    descriptions are replaced by the text of the doc block, looked for in the Markdown files of the
    models' folder (the parent of `folder`) and of `docs` beside it; the programmes are those of
    `seeds/programme.csv` there.

    Raises:
        ContractError: no sources file, bad YAML, or an entry that does not keep the format.
    """
    files = sorted(folder.glob("*/_*__sources.yml"))
    if not files:
        raise ContractError(
            f"No input contract in {folder}: it is read from <system>/_<system>__sources.yml there."
        )
    blocks = _doc_blocks(folder.parent, folder.parent.parent / "docs")
    programmes = _programmes(folder.parent.parent / "seeds" / "programme.csv")
    systems: list[System] = []
    for path in files:
        for source in _sources(path):
            if _meta(source).get("agency") is None:
                _refuse_stray_extracts(path, source)
                continue
            systems.append(_system(path, source, blocks, programmes))
    names = [system.name for system in systems]
    for name in names:
        if names.count(name) > 1:
            raise ContractError(f"The source {name} is described twice in {folder}.")
    return Contract(tuple(sorted(systems, key=lambda system: system.name)))


def _sources(path: Path) -> list[Mapping[str, Any]]:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else "?"
        raise ContractError(f"{path}, line {line}: not valid YAML ({error.problem}).") from None
    if not isinstance(document, dict) or not isinstance(document.get("sources"), list):
        raise ContractError(f"{path}: there is no list `sources:`.")
    sources: list[Mapping[str, Any]] = document["sources"]
    return sources


def _meta(node: Mapping[str, Any]) -> Mapping[str, Any]:
    return (node.get("config") or {}).get("meta") or {}


def _refuse_stray_extracts(path: Path, source: Mapping[str, Any]) -> None:
    for table in source.get("tables") or []:
        if "key" in _meta(table):
            raise ContractError(
                f"{path}: the table {table.get('name')} has a key, but its source "
                f"{source.get('name')} names no agency in config.meta."
            )


def _doc_blocks(*folders: Path) -> dict[str, str]:
    blocks: dict[str, str] = {}
    for path in sorted(path for folder in folders for path in folder.rglob("*.md")):
        blocks.update(_DOC_BLOCK.findall(path.read_text(encoding="utf-8")))
    return blocks


def _programmes(path: Path) -> Mapping[str, str]:
    """Names of the programmes of `path` (programme, programme_name); an absent file has none."""
    programmes = dict(_EVERYWHERE)
    if path.exists():
        with path.open(encoding="utf-8", newline="") as stream:
            reader = csv.DictReader(stream)
            if not {"programme", "programme_name"} <= set(reader.fieldnames or ()):
                raise ContractError(f"{path}: it needs the columns programme and programme_name.")
            programmes |= {row["programme"]: row["programme_name"] for row in reader}
    return programmes


def _one_of(value: Any, allowed: tuple[str, ...], where: str, what: str) -> str:
    if value not in allowed:
        raise ContractError(
            f"{where}: {what} is {value!r}; it must be one of {', '.join(allowed)}."
        )
    return str(value)


def _text(value: Any, blocks: Mapping[str, str], where: str) -> str:
    def block(match: re.Match[str]) -> str:
        if match[1] not in blocks:
            raise ContractError(f"{where}: there is no doc block {match[1]!r}.")
        return blocks[match[1]]

    return " ".join(_DOC_CALL.sub(block, str(value or "")).split())


def _required(meta: Mapping[str, Any], key: str, where: str) -> Any:
    if meta.get(key) in (None, "", []):
        raise ContractError(f"{where}: config.meta lacks {key}.")
    return meta[key]


def _strings(value: Any, where: str, what: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ContractError(f"{where}: {what} must be a list of texts.")
    return tuple(value)


def _name(value: Any, where: str) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise ContractError(f"{where}: the name {value!r} is not in lower_snake_case.")
    return value


def _system(
    path: Path,
    source: Mapping[str, Any],
    blocks: Mapping[str, str],
    programmes: Mapping[str, str],
) -> System:
    name = _name(source.get("name"), str(path))
    where = f"{path}, source {name}"
    meta = _meta(source)
    if path.parent.name != name:
        raise ContractError(f"{where}: it must stand in the folder {name}, as its extracts do.")
    agency = str(meta["agency"])
    programme = _one_of(meta.get("programme"), tuple(programmes), where, "programme")
    extracts = tuple(
        _extract(path, name, agency, programme, table, blocks)
        for table in source.get("tables") or []
    )
    names = [extract.name for extract in extracts]
    if len(set(names)) < len(names):
        raise ContractError(f"{where}: a table is described twice.")
    description = _text(source.get("description"), blocks, where)
    return System(name, description, agency, programme, programmes[programme], extracts)


def _extract(
    path: Path,
    system: str,
    agency: str,
    programme: str,
    table: Mapping[str, Any],
    blocks: Mapping[str, str],
) -> Extract:
    name = _name(table.get("name"), f"{path}, source {system}")
    where = f"{path}, table {name}"
    meta = _meta(table)
    identifier = f"{system}__{name}"
    if table.get("identifier") != identifier:
        raise ContractError(f"{where}: identifier must be {identifier}.")
    columns = tuple(_column(column, where, blocks) for column in table.get("columns") or [])
    _check_spellings(columns, where)
    known = {column.name for column in columns}
    key = _strings(_required(meta, "key", where), where, "key")
    happened = meta.get("happened_column")
    recorded = meta.get("recorded_column")
    for column in (*key, happened, recorded):
        if column is not None and column not in known:
            raise ContractError(f"{where}: config.meta names the column {column}, which it lacks.")
    days = meta.get("fresh_within_days")
    if days is not None and (not isinstance(days, int) or days < 1):
        raise ContractError(f"{where}: fresh_within_days must be a whole number of days.")
    return Extract(
        system=system,
        name=name,
        table=identifier,
        description=_text(table.get("description"), blocks, where),
        agency=agency,
        programme=programme,
        delivery=_one_of(meta.get("delivery"), DELIVERIES, where, "delivery"),
        key=key,
        happened_column=happened,
        recorded_column=recorded,
        fresh_within_days=days,
        lawful_basis=_text(_required(meta, "lawful_basis", where), blocks, where),
        permitted_purposes=_strings(
            _required(meta, "permitted_purposes", where), where, "permitted_purposes"
        ),
        handling=str(_required(meta, "handling", where)),
        label_rows=_one_of(meta.get("label_rows", "none"), LABEL_ROWS, where, "label_rows"),
        columns=columns,
        source_file=path.as_posix(),
    )


def _column(column: Mapping[str, Any], where: str, blocks: Mapping[str, str]) -> Column:
    name = _name(column.get("name"), where)
    where = f"{where}, column {name}"
    meta = _meta(column)
    data_type = _one_of(column.get("data_type"), DATA_TYPES, where, "data_type")
    form = meta.get("format")
    if data_type == "date":
        form = _one_of(form or "iso", DATE_FORMATS, where, "format")
    elif data_type == "timestamp":
        form = _one_of(form or "iso", ("iso",), where, "format")
    elif form is not None:
        raise ContractError(f"{where}: only dates and timestamps have a format.")
    codes = meta.get("codes")
    return Column(
        name=name,
        data_type=data_type,
        description=_text(column.get("description"), blocks, where),
        staged_as=_name(meta.get("staged_as", name), where),
        personal_data=_one_of(
            meta.get("personal_data", "none"), PERSONAL_DATA, where, "personal_data"
        ),
        format=form,
        codes=None if codes is None else str(codes),
        aliases=_strings(meta.get("aliases"), where, "aliases"),
    )


def spelling(header: str) -> str:
    """Give a header as the contract compares it, without regard to case, spaces and hyphens.

    `" Nominal-Ref "`, `"NOMINAL REF"` and `"nominal_ref"` are one spelling.
    """
    return re.sub(r"[\s_-]+", "_", header.strip().lower())


def _check_spellings(columns: tuple[Column, ...], where: str) -> None:
    if not columns:
        raise ContractError(f"{where}: there are no columns.")
    owner: dict[str, str] = {}
    for column in columns:
        for header in (column.name, *column.aliases):
            if owner.setdefault(spelling(header), column.name) != column.name or (
                header == column.name and column.aliases.count(header)
            ):
                raise ContractError(f"{where}: the header {header!r} is claimed twice.")
    if len({column.name for column in columns}) < len(columns):
        raise ContractError(f"{where}: a column is described twice.")
