{#
    A pre-hook that lets a model run only within a whole `dbt build`: every model, seed and test
    of the project selected, on real rows. Readers get a publication only when all marts and all
    their tests passed in the same run. Renders nothing.
#}
{%- macro refuse_partial_publication() -%}
    {%- if execute -%}
        {%- set missing = [] -%}
        {%- for node in graph.nodes.values() if node.resource_type in ("model", "seed", "test")
            and node.config.enabled and node.unique_id not in selected_resources -%}
            {%- do missing.append(node.name) -%}
        {%- endfor -%}
        {%- set reason = none -%}
        {%- if flags.WHICH != "build" -%}
            {%- set reason = "this is dbt " ~ flags.WHICH -%}
        {%- elif flags.EMPTY -%}
            {%- set reason = "--empty builds no rows" -%}
        {%- elif flags.SAMPLE -%}
            {%- set reason = "--sample builds a part of the rows" -%}
        {%- elif missing -%}
            {%- set reason = missing | length ~ " models, seeds or tests are left out, such as "
                ~ missing | sort | first -%}
        {%- endif -%}
        {%- if reason -%}
            {%- do exceptions.raise_compiler_error(
                "Nothing is published: " ~ reason ~ ". What readers see stays as it was."
                ~ " Run `dbt build` without a selection, or leave out the publication with"
                ~ " `--exclude publication`."
            ) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro -%}
