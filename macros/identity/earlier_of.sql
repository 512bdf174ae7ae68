{#- The earlier of two dates; the other where one is null. -#}
{%- macro earlier_of(first, second) -%}
case when {{ first }} < {{ second }} or {{ second }} is null then {{ first }} else {{ second }} end
{%- endmacro -%}
