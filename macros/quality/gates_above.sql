{#
    The gates among the ancestors of a node: the models whose `meta.is_gate` is true.

    node: a node of the graph.
#}
{%- macro gates_above(node) -%}
    {%- set gates = [] -%}
    {#- A list that grows while it is walked: each ancestor is visited once. -#}
    {%- set ancestors = node.depends_on.nodes | unique | list -%}
    {%- for unique_id in ancestors if unique_id in graph.nodes -%}
        {%- set ancestor = graph.nodes[unique_id] -%}
        {%- if ancestor.config.meta.get("is_gate") -%}
            {%- do gates.append(ancestor) -%}
        {%- endif -%}
        {%- for parent in ancestor.depends_on.nodes if parent not in ancestors -%}
            {%- do ancestors.append(parent) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(gates) }}
{%- endmacro -%}
