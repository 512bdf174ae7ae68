-- A view: rows come while models are built.
{{ config(materialized="view") }}

with source as (
    select * from {{ source("run_ledger", "bins_kept") }}
),

renamed as (
    select
        -- run
        invocation_id,
        -- bin
        model,
        version,
        what,
        column_name,
        bin,
        lower_edge,
        is_missing,
        -- counts
        n_people
    from source
)

select * from renamed
