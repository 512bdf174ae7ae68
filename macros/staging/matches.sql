{#- Whether the whole of an expression matches a pattern. pattern: anchored with ^ and $. -#}
{%- macro matches(expression, pattern) -%}
{{ expression }} ~ '{{ pattern }}'
{%- endmacro -%}
