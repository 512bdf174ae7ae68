{#
    Stops the run when a mart declares a purpose that one of the sources it descends from does
    not permit: data may be used for a purpose only when every agency whose data is in it has
    agreed to that purpose. Reads `meta.purposes` of marts (models with access: public) and
    `meta.permitted_purposes` of sources; a mart without purposes, or a source without permitted
    ones, stops the run too. Run at the start of every run; renders nothing.
#}
{%- macro check_permitted_purposes() -%}
    {%- if execute -%}
        {%- set problems = [] -%}
        {%- for mart in graph.nodes.values() if mart.resource_type == "model"
            and mart.package_name == project_name and mart.access | string == "public" -%}
            {%- set purposes = mart.config.meta.get("purposes") or [] -%}
            {%- if not purposes -%}
                {%- do problems.append(
                    "mart " ~ mart.name ~ " declares no purposes: list them under"
                    ~ " config.meta.purposes in its YAML."
                ) -%}
            {%- endif -%}
            {#- A list that grows while it is walked: each ancestor is visited once. -#}
            {%- set ancestors = mart.depends_on.nodes | unique | list -%}
            {%- for unique_id in ancestors -%}
                {%- set ancestor = graph.nodes.get(unique_id) or {} -%}
                {#- A gate passes on a verdict, and none of the data that it judges; the spine says of
                    whom and as of when features are wanted, and marts show days of everybody. -#}
                {%- set meta = ancestor.get("config", {}).get("meta", {}) -%}
                {%- if not meta.get("is_gate") and not meta.get("is_spine") -%}
                    {%- for parent in ancestor.get("depends_on", {}).get("nodes", [])
                        if parent not in ancestors -%}
                        {%- do ancestors.append(parent) -%}
                    {%- endfor -%}
                {%- endif -%}
                {%- if unique_id in graph.sources -%}
                    {%- set source = graph.sources[unique_id] -%}
                    {%- set permitted = source.config.meta.get("permitted_purposes") or [] -%}
                    {%- for purpose in purposes if purpose not in permitted -%}
                        {%- do problems.append(
                            "mart " ~ mart.name ~ " is for the purpose " ~ purpose
                            ~ ", which its source " ~ source.source_name ~ "." ~ source.name
                            ~ " does not permit. Take the purpose from the mart, take the source"
                            ~ " from its lineage, or agree the purpose with the agency and add it"
                            ~ " to permitted_purposes of the source."
                        ) -%}
                    {%- endfor -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- if problems -%}
            {%- do exceptions.raise_compiler_error(
                "Purposes that are not permitted:\n- " ~ problems | join("\n- ")
            ) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro -%}
