{#-
    The purposes that a mart declares, as text for its rows: what is checked against the sources is
    then also what the rows say.

    model: the mart.
-#}
{%- macro purposes_listed(model) -%}
{{ model.config.meta.get("purposes", []) | sort | join(", ") }}
{%- endmacro -%}
