with source as (
    select * from {{ source("run_ledger", "marts_published") }}
),

renamed as (
    select
        -- run
        invocation_id,
        -- mart
        mart,
        -- attributes
        n_rows,
        digest
    from source
)

select * from renamed
