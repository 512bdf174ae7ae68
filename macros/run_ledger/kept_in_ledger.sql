{#-
    SQL, for a post-hook, that adds the rows of a model to a table of the run ledger: the model itself
    holds the last run only, and may be made anew. The run is the one under way, whether or not the
    model tells it.

    table: the table of the ledger, whose other columns the model has.
-#}
{%- macro kept_in_ledger(table) -%}
    {%- set columns = ledger_columns()[table] | reject("equalto", "invocation_id") | join(", ") -%}
insert into {{ ledger_table(table) }} (invocation_id, {{ columns }})
select {{ text_literal(invocation_id) }}, {{ columns }} from {{ this }}
{%- endmacro -%}
