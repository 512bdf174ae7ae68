{#
    A pre-hook that keeps a model from being built in a run that did not open its gates: on rows
    that nobody checked. The gates of a model are those among its ancestors; each must have been
    built in this very invocation of `dbt build`, on all rows, and be open. Renders nothing.
#}
{%- macro refuse_ungated() -%}
    {%- if execute -%}
        {%- set refusal = namespace(reason=none, remedy="Run `dbt build`, or `dbt build -s +" ~ model.name ~ "` for this model and"
            ~ " all it stands on. What was built and published before stays as it was.") -%}
        {%- if flags.EMPTY -%}
            {%- set refusal.reason = "--empty builds no rows" -%}
        {%- elif flags.SAMPLE -%}
            {%- set refusal.reason = "--sample builds a part of the rows" -%}
        {%- elif flags.WHICH not in ("build", "retry") -%}
            {%- set refusal.reason = "dbt " ~ flags.WHICH ~ " runs no tests, so that no gate could stop it" -%}
        {%- endif -%}
        {%- set gates = gates_above(model) -%}
        {%- if not gates -%}
            {%- set refusal.reason = "no gate stands above it in the lineage" -%}
            {%- set refusal.remedy = "Refer to a gate in the model, or in one that it is made of." -%}
        {%- endif -%}
        {%- for gate in gates if not refusal.reason -%}
            {%- if gate.unique_id not in selected_resources -%}
                {%- set refusal.reason = gate.name ~ " is not part of this run" -%}
            {%- else -%}
                {%- set verdicts = run_query(
                    "select is_open from " ~ gate.relation_name
                    ~ " where invocation_id = '" ~ invocation_id ~ "'"
                ).rows -%}
                {%- if not verdicts -%}
                    {%- set refusal.reason = gate.name ~ " was not built in this run" -%}
                {%- elif not verdicts[0][0] -%}
                    {%- set refusal.reason = gate.name ~ " is shut" -%}
                {%- endif -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if refusal.reason -%}
            {%- do exceptions.raise_compiler_error(
                model.name ~ " is not built: " ~ refusal.reason ~ ". " ~ refusal.remedy
            ) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro -%}
