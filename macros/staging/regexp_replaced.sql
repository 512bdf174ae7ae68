{#- Every match of a pattern replaced. expression: text; pattern, replacement: plain strings. -#}
{%- macro regexp_replaced(expression, pattern, replacement) -%}
{{ return(adapter.dispatch("regexp_replaced", "think_family")(expression, pattern, replacement)) }}
{%- endmacro -%}

{%- macro default__regexp_replaced(expression, pattern, replacement) -%}
regexp_replace({{ expression }}, '{{ pattern }}', '{{ replacement }}', 'g')
{%- endmacro -%}

{#- There every match is replaced, without being asked. -#}
{%- macro spark__regexp_replaced(expression, pattern, replacement) -%}
regexp_replace({{ expression }}, '{{ pattern }}', '{{ replacement }}')
{%- endmacro -%}
