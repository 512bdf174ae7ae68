-- A view: rows come while models are built.
{{ config(materialized="view") }}

with source as (
    select * from {{ source("run_ledger", "models_kept") }}
),

renamed as (
    select
        -- run
        invocation_id,
        -- model
        model,
        -- attributes
        is_withdrawn,
        reason
    from source
)

select * from renamed
