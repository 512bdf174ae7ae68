{#-
    The relation of a model as it stands in the engine; none where it was never built, or the project
    has no such model. Not ref(): dbt does not notice when what is called at the start or end of a
    run comes to read another model. name: the model.
-#}
{%- macro built_relation(name) -%}
    {%- for node in graph.nodes.values() if node.resource_type == "model" and node.name == name -%}
        {{ return(adapter.get_relation(node.database, node.schema, node.alias)) }}
    {%- endfor -%}
    {{ return(none) }}
{%- endmacro -%}
