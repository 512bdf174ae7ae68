{#-
    SQL, for a post-hook, that adds to a table of the run ledger those rows of a model whose key it does
    not hold yet: what many runs stand on is kept once.

    table: the table of the ledger, whose columns the model has.
    key: the column that tells rows apart.
-#}
{%- macro kept_once_in_ledger(table, key) -%}
    {%- set columns = ledger_columns()[table] | join(", ") -%}
insert into {{ ledger_table(table) }} ({{ columns }})
select {{ columns }}
from {{ this }} as told
where not exists (
    select 1 from {{ ledger_table(table) }} as kept where kept.{{ key }} = told.{{ key }}
)
{%- endmacro -%}
