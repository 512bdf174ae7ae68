{#- The harms of the seed carried_risk, for each of which the catalogue has a column of points. -#}
{%- macro harms_carried() -%}
    {{ return(["cse", "criminal_exploitation", "serious_violence"]) }}
{%- endmacro -%}
