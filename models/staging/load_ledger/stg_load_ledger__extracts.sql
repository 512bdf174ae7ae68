with source as (
    select * from {{ source("load_ledger", "load_extracts") }}
),

renamed as (
    select
        -- extract
        system as source_system,
        extract as source_extract,
        -- attributes
        agency,
        programme,
        delivery,
        cast(fresh_within_days as integer) as fresh_within_days
    from source
)

select * from renamed
