{#- Every match of a pattern replaced. expression: text; pattern, replacement: plain strings. -#}
{%- macro regexp_replaced(expression, pattern, replacement) -%}
regexp_replace({{ expression }}, '{{ pattern }}', '{{ replacement }}', 'g')
{%- endmacro -%}
