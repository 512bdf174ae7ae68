{#- The type of a floating number of eight bytes; what dbt calls float has four on some engines. -#}
{%- macro type_double() -%}
{{ return(adapter.dispatch("type_double", "think_family")()) }}
{%- endmacro -%}

{%- macro default__type_double() -%}
double precision
{%- endmacro -%}

{%- macro spark__type_double() -%}
double
{%- endmacro -%}
