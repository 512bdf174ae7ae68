{#- SQL for a text. value: a string. -#}
{%- macro text_literal(value) -%}
    {{ return(dbt.string_literal(dbt.escape_single_quotes(value))) }}
{%- endmacro -%}
