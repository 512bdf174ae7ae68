{#-
    Writes into the run ledger that this run has started, and how the registries of ids stood before
    it: the state from which the same data give the same ids again. The ledger is made when missing.

    Called at the start of a run, after whatever may refuse it: a run that was refused is none. A run
    that was killed is in the ledger with its start and without an end. Renders nothing.
-#}
{%- macro open_run() -%}
    {%- if execute and is_run() -%}
        {%- set args = invocation_args_dict -%}
        {#- Within a retry, all but the words on the command line say what is retried. -#}
        {%- set is_retry = "retry" in (args.get("invocation_command") or "").split() -%}
        {#- What makes a run less, or other, than the whole; empty for a whole build. -#}
        {%- set selection = [] -%}
        {%- for option in ("select", "exclude", "selector", "resource_types",
            "exclude_resource_types", "event_time_start", "event_time_end", "sample", "defer",
            "empty", "full_refresh") if args.get(option) -%}
            {%- set value = args.get(option) -%}
            {%- do selection.append("--" ~ option | replace("_", "-")) -%}
            {%- if value is sequence and value is not string -%}
                {%- do selection.append(value | join(" ")) -%}
            {%- elif value is not boolean -%}
                {%- do selection.append(value | string) -%}
            {%- endif -%}
        {%- endfor -%}

        {%- do adapter.create_schema(ledger_table("runs_started").without_identifier()) -%}
        {%- set statements = [] -%}
        {%- for table, columns in ledger_columns().items() -%}
            {%- set defined = [] -%}
            {%- for column, type in columns.items() -%}
                {%- do defined.append(column ~ " " ~ type) -%}
            {%- endfor -%}
            {%- do statements.append(
                "create table if not exists " ~ ledger_table(table) ~ " (" ~ defined | join(", ") ~ ")"
            ) -%}
        {%- endfor -%}
        {%- set started = [
            text_literal(invocation_id),
            timestamp_literal(run_started_at),
            text_literal("retry" if is_retry else flags.WHICH),
            text_literal(selection | join(" ")),
            text_literal(tojson(args.get("vars") or {}, sort_keys=true)),
        ] -%}
        {%- do statements.append(
            "insert into " ~ ledger_table("runs_started")
            ~ " select " ~ started | join(", ")
            ~ ", persons.registry_run, persons.registry_digest"
            ~ ", families.registry_run, families.registry_digest"
            ~ " from (" ~ registry_state("int_identity__person_ids_registered") ~ ") as persons"
            ~ " cross join (" ~ registry_state("int_identity__family_ids_registered") ~ ") as families"
        ) -%}
        {%- do write_ledger(statements) -%}
    {%- endif -%}
{%- endmacro -%}
