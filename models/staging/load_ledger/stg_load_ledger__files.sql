with source as (
    select * from {{ source("load_ledger", "load_files") }}
),

renamed as (
    select
        -- file
        system as source_system,
        extract as source_extract,
        file as source_file,
        sha256 as file_sha256,
        -- attributes
        missing_columns as columns_missing,
        -- dates
        cast(extract_date as date) as extract_date,
        -- counts
        cast(n_bytes as bigint) as n_bytes,
        cast(n_rows as bigint) as n_rows_in_file,
        cast(n_loaded as bigint) as n_rows_loaded,
        cast(n_rejected as bigint) as n_rows_rejected
    from source
)

select * from renamed
