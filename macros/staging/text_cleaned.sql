{#- Text without white space around it; null where nothing is left. column: an expression of text. -#}
{%- macro text_cleaned(column) -%}
nullif(trim({{ column }}), '')
{%- endmacro -%}
