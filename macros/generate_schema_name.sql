{#
    The schema of a model: its own name as given, without the target's schema before it, so that
    staging, intermediate and marts are called just that in every target.

    custom_schema_name: the schema configured on the model, or none.
    node: the model; not used.
#}
{%- macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro -%}
