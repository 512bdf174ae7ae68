with source as (
    select * from {{ source("run_ledger", "files_published") }}
),

renamed as (
    select
        -- run
        invocation_id,
        -- file
        source_system,
        source_extract,
        source_file,
        file_sha256,
        -- dates
        extract_date
    from source
)

select * from renamed
