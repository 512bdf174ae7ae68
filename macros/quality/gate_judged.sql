{#-
    A gate: the verdict on what its suites found in this run. Marts refer to it, so that dbt builds
    none of them when its test gate_is_open fails. One row.

    gate: name of the gate, as of the folder of its suites.
-#}
{%- macro gate_judged(gate) -%}
with results as (
    select * from {{ ref("int_quality__" ~ gate ~ "_checked") }}
),

judged as (
    select
        count(*) as n_rules,
        count(*) filter (where verdict = 'warned') as n_warned,
        count(*) filter (where verdict = 'shut') as n_shut,
        -- Results that another run left are no verdict on the data of this one.
        count(*) filter (where invocation_id = '{{ invocation_id }}') as n_rules_of_this_run
    from results
),

final as (
    select
        '{{ gate }}' as gate,
        '{{ invocation_id }}' as invocation_id,
        n_rules,
        n_warned,
        n_shut,
        n_rules > 0 and n_rules = n_rules_of_this_run and n_shut = 0 as is_open
    from judged
)

select * from final
{%- endmacro -%}
