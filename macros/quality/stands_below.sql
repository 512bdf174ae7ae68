{#-
    Puts a model below a gate, which it reads nothing of: dbt builds it only when the gate is open.
    Renders nothing. gate: name of the gate, as of the folder of its suites.
-#}
{%- macro stands_below(gate) -%}
    {%- do ref("gate_" ~ gate) -%}
{%- endmacro -%}
