{#- The views below show this run once its scores are recorded and its models judged. -#}
{%- do ref("int_scores__scores_recorded") -%}
{%- do ref("int_scores__models_judged") -%}
with scores_kept as (
    select * from {{ ref("stg_run_ledger__scores_kept") }}
),

runs_started as (
    select * from {{ ref("stg_run_ledger__runs_started") }}
),

runs_ended as (
    select * from {{ ref("stg_run_ledger__runs_ended") }}
),

models_kept as (
    select * from {{ ref("stg_run_ledger__models_kept") }}
),

scored as (
    select distinct
        invocation_id,
        model,
        as_of_date
    from scores_kept
),

-- What readers saw, and what this run is about to show them.
shown as (
    select
        scored.model,
        scored.invocation_id,
        runs_started.run_number,
        runs_started.started_at,
        scored.as_of_date,
        coalesce(models_kept.is_withdrawn, false) as is_withdrawn
    from scored
    inner join runs_started on scored.invocation_id = runs_started.invocation_id
    left join runs_ended on scored.invocation_id = runs_ended.invocation_id
    left join models_kept
        on
            scored.invocation_id = models_kept.invocation_id
            and scored.model = models_kept.model
    where runs_ended.is_published or scored.invocation_id = '{{ invocation_id }}'
),

-- Nobody saw the scores of a model while it was withdrawn: no other run is set beside them.
numbered as (
    select
        shown.*,
        row_number() over (
            partition by shown.model, shown.is_withdrawn
            order by shown.as_of_date, shown.run_number
        ) as nth_run
    from shown
),

firsts as (
    select
        later.model,
        later.run_number,
        min(earlier.nth_run) as nth_first
    from numbered as later
    inner join numbered as earlier
        on
            later.model = earlier.model
            and later.is_withdrawn = earlier.is_withdrawn
            and later.nth_run > earlier.nth_run
    where
        {{ dbt.datediff("earlier.as_of_date", "later.as_of_date", "day") }}
        <= 365
    group by later.model, later.run_number
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key(["numbered.model", "numbered.run_number"]) }}
            as model_run_key,
        numbered.model,
        numbered.invocation_id,
        numbered.run_number,
        numbered.started_at,
        numbered.as_of_date,
        numbered.is_withdrawn,
        earlier.run_number as earlier_run_number,
        first_runs.run_number as first_run_number
    from numbered
    left join numbered as earlier
        on
            numbered.model = earlier.model
            and numbered.is_withdrawn = earlier.is_withdrawn
            and numbered.nth_run = earlier.nth_run + 1
    left join firsts
        on
            numbered.model = firsts.model
            and numbered.run_number = firsts.run_number
    left join numbered as first_runs
        on
            firsts.model = first_runs.model
            and numbered.is_withdrawn = first_runs.is_withdrawn
            and firsts.nth_first = first_runs.nth_run
)

select * from final
