-- raw_line is left in raw: a rejected row may hold anything of a person, in any column.
with source as (
    select * from {{ source("load_ledger", "load_rejects") }}
),

renamed as (
    select
        -- file
        system as source_system,
        extract as source_extract,
        file as source_file,
        -- row
        cast(line as bigint) as source_line,
        cast(
            row_number() over (partition by system, extract, file order by line, reason) as bigint
        ) as reject_number,
        -- attributes
        reason
    from source
)

select * from renamed
