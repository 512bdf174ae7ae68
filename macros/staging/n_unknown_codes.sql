{#- How many coded columns of a row hold a code that no list knows. columns: the decoded columns. -#}
{%- macro n_unknown_codes(columns) -%}
{%- for column in columns %}
case when {{ column }} = 'unknown' then 1 else 0 end
{%- if not loop.last %} +{% endif %}
{%- endfor %}
{%- endmacro -%}
