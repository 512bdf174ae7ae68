{#-
    Fails when a gate is shut, with a message for every rule that shut it: which extract, which
    column, how many rows, and what to do. So it is said when no rule was checked, or in another run
    than the one that built the gate. The messages of rules that are broken while the gate stays open
    are logged.

    model: the gate.
    results: the relation with what its suites found.
-#}
{% test gate_is_open(model, results) %}
    {#- Only where the gate has been built: documents and editors compile tests as well. -#}
    {%- if execute and flags.WHICH in ("build", "test", "retry") and not flags.EMPTY -%}
        {%- set told = run_query(
            "select verdict, message from " ~ results ~ " where verdict <> 'held'"
            ~ " order by subject, suite, expectation_number"
        ) -%}
        {%- set gate = model.identifier -%}
        {%- set rules = run_query(
            "select count(*), count(*) filter (where results.invocation_id = gate.invocation_id)"
            ~ " from " ~ results ~ " as results cross join " ~ model ~ " as gate"
        ).rows[0] -%}
        {%- set shut, warned = [], [] -%}
        {%- if not rules[0] or rules[1] < rules[0] -%}
            {%- do shut.append(
                (
                    "its rules were checked in another run, which says nothing of what has come since"
                    if rules[0] else "none of its rules was checked"
                )
                ~ ". To do: Run `dbt build`, or `dbt build -s +" ~ gate ~ "`, which checks them anew."
            ) -%}
        {%- endif -%}
        {%- for row in told.rows -%}
            {%- do (shut if row[0] == "shut" else warned).append(row[1]) -%}
        {%- endfor -%}
        {%- for message in warned -%}
            {%- do log(gate ~ " is open, but: " ~ message, info=true) -%}
        {%- endfor -%}
        {%- if shut -%}
            {%- set most = 25 -%}
            {%- do exceptions.raise_compiler_error(
                gate ~ " is shut: no mart below it is built, and nothing is published.\n- "
                ~ shut[:most] | join("\n- ")
                ~ ("\n- and " ~ (shut | length - most) ~ " more, in fct_data_quality." if shut | length > most else "")
                ~ "\ndocs/operations.md says what to do when a gate is shut."
            ) -%}
        {%- endif -%}
    {%- endif -%}
    select * from {{ model }} where not is_open
{% endtest %}
