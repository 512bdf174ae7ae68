{#-
    SQL, for a post-hook, that adds the rows of a model to a table of the run ledger: the model itself
    holds the last run only, and may be made anew.

    table: the table of the ledger, whose columns the model has.
-#}
{%- macro kept_in_ledger(table) -%}
    {%- set columns = ledger_columns()[table] | join(", ") -%}
insert into {{ ledger_table(table) }} ({{ columns }}) select {{ columns }} from {{ this }}
{%- endmacro -%}
