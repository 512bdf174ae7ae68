{#-
    The columns of each table of the run ledger, with their types. The ledger is only ever added to: a
    new fact is a new table, for tables that stand are not altered.
-#}
{%- macro ledger_columns() -%}
    {%- set text, instant = dbt.type_string(), dbt.type_timestamp() -%}
    {{ return({
        "runs_started": {
            "invocation_id": text,
            "started_at": instant,
            "command": text,
            "selection": text,
            "variables": text,
            "person_registry_run": "integer",
            "person_registry_digest": text,
            "family_registry_run": "integer",
            "family_registry_digest": text,
        },
        "runs_described": {
            "invocation_id": text,
            "commit_hash": text,
            "has_local_changes": "boolean",
            "project_digest": text,
            "extracts_digest": text,
            "n_files": "bigint",
            "as_of_date": "date",
            "model_parameters": text,
        },
        "runs_ended": {
            "invocation_id": text,
            "ended_at": instant,
            "n_succeeded": "integer",
            "n_failed": "integer",
            "n_skipped": "integer",
            "is_published": "boolean",
        },
        "rules_checked": {
            "invocation_id": text,
            "expectation_key": text,
            "gate": text,
            "suite": text,
            "subject": text,
            "expectation_number": "integer",
            "expectation_type": text,
            "column_name": text,
            "severity": text,
            "rule": text,
            "verdict": text,
            "n_rows": "bigint",
            "n_unexpected": "bigint",
            "message": text,
        },
        "files_published": {
            "invocation_id": text,
            "source_system": text,
            "source_extract": text,
            "source_file": text,
            "file_sha256": text,
            "extract_date": "date",
        },
        "marts_published": {
            "invocation_id": text,
            "mart": text,
            "n_rows": "bigint",
            "digest": text,
        },
    }) }}
{%- endmacro -%}
