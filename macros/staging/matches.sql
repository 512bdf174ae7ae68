{#- Whether the whole of an expression matches a pattern. pattern: anchored with ^ and $. -#}
{%- macro matches(expression, pattern) -%}
{{ return(adapter.dispatch("matches", "think_family")(expression, pattern)) }}
{%- endmacro -%}

{%- macro default__matches(expression, pattern) -%}
{{ expression }} ~ '{{ pattern }}'
{%- endmacro -%}

{#- There $ also matches before a last line break, of any kind that Unicode knows. -#}
{%- macro spark__matches(expression, pattern) -%}
{{ expression }} rlike '{{ pattern[:-1] }}\\z'
{%- endmacro -%}
