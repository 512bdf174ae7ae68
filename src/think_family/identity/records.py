"""The table of person records that linkage reads, from any source, and its normal form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from think_family.errors import ThinkFamilyError
from think_family.tables import ColumnMap, as_date, as_text, found_columns, read_column_map

# Column -> what it holds. Only the first three must be given; the others may be absent or empty,
# and tell nothing then.
RECORD_COLUMNS: dict[str, str] = {
    "person_record_key": "a key of the record, unique in the table",
    "forename": "first name as recorded",
    "surname": "last name as recorded",
    "source_person_key": "records with the same value are one person for certain "
    "(default: person_record_key)",
    "former_surname": "an earlier last name, such as a birth name",
    "birth_date": "date of birth",
    "sex": "sex as recorded",
    "postcode": "postcode of residence",
    "uprn": "a key of the dwelling: the UPRN, or any other",
    "nhs_number": "NHS number; one that fails its check digit is set aside",
    "upn": "unique pupil number",
    "nino": "national insurance number",
    "police_national_id": "id on the Police National Computer",
    "first_recorded_date": "date the source first held the person",
    "adoption_date": "date on which the record was closed because the child was adopted",
}
REQUIRED_COLUMNS = ("person_record_key", "forename", "surname")
_DATE_COLUMNS = ("birth_date", "first_recorded_date", "adoption_date")


def read_record_map(path: Path) -> ColumnMap:
    """Read a map of `RECORD_COLUMNS` from a YAML or JSON file.

    Raises:
        ThinkFamilyError: The file is not a mapping, names an unknown column, or leaves out a
            required one.
    """
    return read_column_map(path, known=RECORD_COLUMNS, required=REQUIRED_COLUMNS)


def unreadable_dates(
    records: duckdb.DuckDBPyRelation, column_map: ColumnMap, *, records_name: str
) -> dict[str, tuple[int, int]]:
    """Count, per mapped date column, the values and those of them that are no date.

    Raises:
        ThinkFamilyError: A mapped column is not in the records.
    """
    found = {
        target: source
        for target, source in found_columns(records, column_map.columns, name=records_name).items()
        if target in _DATE_COLUMNS
    }
    counts = {}
    for target, source in found.items():
        value = as_text(source)
        n_filled, n_read = records.aggregate(
            f"count({value}), count({as_date(source, column_map.date_format)})"
        ).fetchall()[0]
        counts[target] = (int(n_filled), int(n_filled - n_read))
    return counts


def apply_column_map(
    records: duckdb.DuckDBPyRelation, column_map: ColumnMap, *, records_name: str
) -> duckdb.DuckDBPyRelation:
    """Rename an outsider's columns to `RECORD_COLUMNS`; dates become dates, the rest text.

    Raises:
        ThinkFamilyError: A mapped column is not in the records.
    """
    expressions = []
    for target, source in found_columns(records, column_map.columns, name=records_name).items():
        if target in _DATE_COLUMNS:
            value = as_date(source, column_map.date_format)
        else:
            value = as_text(source)
        expressions.append(f"{value} as {target}")
    return records.project(", ".join(expressions))


def checked_records(
    connection: duckdb.DuckDBPyConnection, records: Any, *, records_name: str
) -> duckdb.DuckDBPyRelation:
    """Give every column of `RECORD_COLUMNS` to a table of person records, and check its key.

    Args:
        connection: The connection to work on.
        records: An Arrow table, or a relation of `connection`.
        records_name: How an error names the table.

    Returns:
        One row per record with exactly the columns of `RECORD_COLUMNS`.

    Raises:
        ThinkFamilyError: A required column is absent, or person_record_key is empty or repeated.
    """
    relation = (
        records if isinstance(records, duckdb.DuckDBPyRelation) else connection.from_arrow(records)
    )
    missing = [column for column in REQUIRED_COLUMNS if column not in relation.columns]
    if missing:
        raise ThinkFamilyError(f"{records_name}: the column {', '.join(missing)} is missing.")
    expressions = []
    for column in RECORD_COLUMNS:
        data_type = "date" if column in _DATE_COLUMNS else "varchar"
        if column == "source_person_key":
            given = column if column in relation.columns else "null"
            value = f"coalesce(cast({given} as varchar), cast(person_record_key as varchar))"
        else:
            value = column if column in relation.columns else "null"
        expressions.append(f"cast({value} as {data_type}) as {column}")
    checked = relation.project(", ".join(expressions))
    n_rows, n_keys, n_distinct = checked.aggregate(
        "count(*), count(person_record_key), count(distinct person_record_key)"
    ).fetchall()[0]
    if n_keys < n_rows:
        raise ThinkFamilyError(
            f"{records_name}: {n_rows - n_keys} of {n_rows} records have no person_record_key; "
            "map person_record_key to a column that is always filled."
        )
    if n_distinct < n_keys:
        raise ThinkFamilyError(
            f"{records_name}: person_record_key repeats in {n_keys - n_distinct} of {n_rows} "
            "records; map person_record_key to a column that is unique, and a person's id to "
            "source_person_key."
        )
    return checked


# Letters only, in one case and without accents, so that O'Brien, OBrien and o'brien are equal.
# One letter alone is an initial, which neither agrees nor disagrees with a name.
def _name(column: str) -> str:
    letters = f"regexp_replace(lower(strip_accents({column})), '[^a-z]', '', 'g')"
    return f"case when length({letters}) > 1 then {letters} end"


def _compact(column: str) -> str:
    return f"nullif(regexp_replace(upper({column}), '[^A-Z0-9]', '', 'g'), '')"


def _valid_nhs_number() -> str:
    digits = "regexp_replace(nhs_number, '[^0-9]', '', 'g')"
    weighted = " + ".join(
        f"{11 - place} * cast(substr({digits}, {place}, 1) as integer)" for place in range(1, 10)
    )
    check = f"(11 - ({weighted}) % 11) % 11"
    # Modulus 11 as the NHS Data Dictionary defines it: a remainder of 10 is never issued.
    return (
        f"case when length({digits}) = 10 then "
        f"case when {check} = cast(substr({digits}, 10, 1) as integer) then {digits} end end"
    )


def normal_records_sql(source: str) -> str:
    """Write SQL for the normal form of checked records, with source persons numbered.

    `record_number` and `person_number` number person_record_key and source_person_key in their
    order, so that results do not depend on the order of rows.
    """
    return f"""
        select
            row_number() over (order by person_record_key) as record_number,
            dense_rank() over (order by source_person_key) - 1 as person_number,
            {_name("forename")} as forename,
            {_name("surname")} as surname,
            {_name("former_surname")} as former_surname,
            cast(birth_date as varchar) as birth_date,
            nullif(nullif(lower(trim(sex)), 'unknown'), 'not_known') as sex,
            {_compact("postcode")} as postcode,
            left({_compact("postcode")}, length({_compact("postcode")}) - 3) as outcode,
            uprn,
            {_valid_nhs_number()} as nhs_number,
            {_compact("upn")} as upn,
            {_compact("nino")} as nino,
            {_compact("police_national_id")} as police_national_id,
            source_person_key,
            first_recorded_date,
            adoption_date
        from {source}
    """
