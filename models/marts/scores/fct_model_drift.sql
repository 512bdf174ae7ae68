{{ stands_below("exploitation") }}
{{ stands_below("indicators") }}
{{ stands_below("network") }}
{{ stands_below("scores") }}
with drift as (
    select * from {{ ref("int_scores__drift_measured") }}
),

runs as (
    select * from {{ ref("int_scores__runs_listed") }}
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key([
            "drift.run_number", "drift.model", "drift.what", "drift.column_name"
        ]) }} as model_drift_id,
        drift.run_number,
        runs.invocation_id,
        runs.started_at,
        drift.model,
        runs.as_of_date,
        drift.what,
        drift.column_name,
        drift.version,
        drift.n_people,
        drift.missing_share,
        drift.earlier_run_number,
        drift.earlier_n_people,
        drift.earlier_missing_share,
        drift.psi,
        drift.verdict,
        runs.is_withdrawn,
        'official_sensitive' as handling,
        '{{ purposes_listed(model) }}' as permitted_purposes
    from drift
    inner join runs
        on
            drift.model = runs.model
            and drift.run_number = runs.run_number
)

select * from final
