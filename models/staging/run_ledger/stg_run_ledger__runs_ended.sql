with source as (
    select * from {{ source("run_ledger", "runs_ended") }}
),

renamed as (
    select
        -- run
        invocation_id,
        -- timestamps
        ended_at,
        -- counts
        n_succeeded,
        n_failed,
        n_skipped,
        -- attributes
        is_published
    from source
)

select * from renamed
