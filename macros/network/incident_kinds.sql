{#- The kinds that an incident may have, in the order of their names, as a list. -#}
{%- macro incident_kinds() -%}
    {{ return(["crime", "custody", "domestic_abuse", "intelligence", "missing", "research"]) }}
{%- endmacro -%}
