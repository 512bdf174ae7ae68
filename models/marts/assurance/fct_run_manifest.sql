{#- The view below shows this run once it has described itself. -#}
{%- do ref("int_assurance__run_described") -%}
with runs_described as (
    select * from {{ ref("stg_run_ledger__runs_described") }}
),

runs_started as (
    select * from {{ ref("stg_run_ledger__runs_started") }}
),

runs_ended as (
    select * from {{ ref("stg_run_ledger__runs_ended") }}
),

final as (
    select
        runs_started.invocation_id,
        runs_started.run_number,
        runs_started.started_at,
        runs_ended.ended_at,
        runs_started.command,
        runs_started.selection,
        runs_started.variables,
        case
            when runs_ended.is_published then 'published'
            when runs_ended.invocation_id is not null then 'not_published'
            else 'unfinished'
        end as outcome,
        runs_ended.n_failed,
        runs_ended.n_skipped,
        runs_described.commit_hash,
        runs_described.has_local_changes,
        runs_described.project_digest,
        runs_described.extracts_digest,
        cast(runs_described.n_files as integer) as n_files,
        runs_described.as_of_date,
        runs_described.model_parameters,
        runs_started.person_registry_run,
        runs_started.person_registry_digest,
        runs_started.family_registry_run,
        runs_started.family_registry_digest,
        'official' as handling,
        '{{ purposes_listed(model) }}' as permitted_purposes
    from runs_described
    inner join runs_started on runs_described.invocation_id = runs_started.invocation_id
    left join runs_ended on runs_described.invocation_id = runs_ended.invocation_id
)

select * from final
