{#- The later of two dates; the other where one is null. -#}
{%- macro later_of(first, second) -%}
case when {{ first }} > {{ second }} or {{ second }} is null then {{ first }} else {{ second }} end
{%- endmacro -%}
