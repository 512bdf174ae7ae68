{#-
    How many values of a row were delivered but could not be read as what they should be.
    checks: pairs of the raw column and the expression that reads it.
-#}
{%- macro n_invalid_values(checks) -%}
{%- for column, expression in checks %}
case when {{ text_cleaned(column) }} is not null and ({{ expression }}) is null then 1 else 0 end
{%- if not loop.last %} +{% endif %}
{%- endfor %}
{%- endmacro -%}
