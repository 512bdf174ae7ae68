{#- A table of the run ledger. name: the table. -#}
{%- macro ledger_table(name) -%}
    {{ return(api.Relation.create(
        database=target.get("database"), schema="run_ledger", identifier=name, type="table"
    )) }}
{%- endmacro -%}
