{#
    Fails with one row per combination of values that more than one row of the model holds.

    combination_of_columns: the columns that together are the key.
    quote_columns: whether to quote their names.
#}
{% test unique_combination_of_columns(model, combination_of_columns, quote_columns=false) %}
{%- set key = [] -%}
{%- for column in combination_of_columns -%}
    {%- do key.append(adapter.quote(column) if quote_columns else column) -%}
{%- endfor %}

select {{ key | join(", ") }}
from {{ model }}
group by {{ key | join(", ") }}
having count(*) > 1
{% endtest %}
