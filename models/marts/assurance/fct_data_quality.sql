-- A view, so that it tells of the last run also when a gate ended that run early.
{{ config(materialized="view") }}

with rules_checked as (
    select * from {{ ref("stg_run_ledger__rules_checked") }}
),

runs_started as (
    select * from {{ ref("stg_run_ledger__runs_started") }}
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key([
            "rules_checked.invocation_id", "rules_checked.expectation_key"
        ]) }} as data_quality_id,
        runs_started.run_number,
        runs_started.started_at,
        rules_checked.invocation_id,
        rules_checked.gate,
        rules_checked.suite,
        rules_checked.subject,
        rules_checked.column_name,
        rules_checked.rule,
        rules_checked.expectation_type,
        rules_checked.severity,
        rules_checked.verdict,
        rules_checked.n_rows,
        rules_checked.n_unexpected,
        rules_checked.message,
        'official' as handling,
        '{{ purposes_listed(model) }}' as permitted_purposes
    from rules_checked
    inner join runs_started on rules_checked.invocation_id = runs_started.invocation_id
)

select * from final
