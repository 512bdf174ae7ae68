-- A view: rows come while models are built.
{{ config(materialized="view") }}

with source as (
    select * from {{ source("run_ledger", "scores_kept") }}
),

renamed as (
    select
        -- run
        invocation_id,
        -- person
        model,
        person_id,
        as_of_date,
        -- parameters
        model_version,
        index_version,
        -- scores
        log_odds,
        index_points,
        model_score,
        index_score,
        score,
        winner,
        level,
        known_by
    from source
)

select * from renamed
