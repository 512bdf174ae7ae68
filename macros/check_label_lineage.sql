{#
    Stops the run when a feature descends from a label, which would let a model see the answer that
    it is asked for. Reads `meta.is_feature` of models; `meta.label_rows` of models and of sources
    whose every row is a label; passes over gates, which pass on a verdict and no data, and over the
    spine (`meta.is_spine`), which says of whom and as of when features are wanted and nothing else.
    Run at the start of every run; renders nothing.
#}
{%- macro check_label_lineage() -%}
    {%- if execute -%}
        {%- set problems = [] -%}
        {%- for feature in graph.nodes.values() if feature.resource_type == "model"
            and feature.config.meta.get("is_feature") and not feature.config.meta.get("is_spine") -%}
            {#- A list that grows while it is walked; each ancestor knows what it was reached from. -#}
            {%- set waiting = [feature.unique_id] -%}
            {%- set reached_from = {feature.unique_id: none} -%}
            {%- for unique_id in waiting -%}
                {%- set node = graph.nodes.get(unique_id) or graph.sources.get(unique_id) or {} -%}
                {%- set meta = node.get("config", {}).get("meta", {}) -%}
                {%- if meta.get("label_rows") in (true, "all") -%}
                    {%- set path = [] -%}
                    {%- set place = namespace(unique_id=unique_id) -%}
                    {%- for _ in reached_from if place.unique_id -%}
                        {%- do path.append(place.unique_id.split(".", 2)[2]) -%}
                        {%- set place.unique_id = reached_from[place.unique_id] -%}
                    {%- endfor -%}
                    {%- do problems.append(
                        "feature model " ~ feature.name ~ " descends from the label "
                        ~ path[0] ~ ": " ~ path | join(" -> ")
                    ) -%}
                {%- elif not meta.get("is_gate") and not meta.get("is_spine") -%}
                    {%- for parent in node.get("depends_on", {}).get("nodes", []) if parent not in reached_from -%}
                        {%- do reached_from.update({parent: unique_id}) -%}
                        {%- do waiting.append(parent) -%}
                    {%- endfor -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- if problems -%}
            {%- do exceptions.raise_compiler_error(
                "Features that know the answer:\n- " ~ problems | join("\n- ")
                ~ "\nTake the label out of the path; only the spine may cross from labels to features."
            ) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro -%}
