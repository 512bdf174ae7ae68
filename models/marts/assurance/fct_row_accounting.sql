with extracts as (
    select * from {{ ref("stg_load_ledger__extracts") }}
),

files as (
    select * from {{ ref("stg_load_ledger__files") }}
),

staging_rows as (
    select * from {{ ref("int_assurance__staging_rows_counted") }}
),

files_per_extract as (
    select
        source_system,
        source_extract,
        count(*) as n_files,
        sum(n_rows_in_file) as n_rows_in_files,
        sum(n_rows_loaded) as n_rows_loaded,
        sum(n_rows_rejected) as n_rows_rejected
    from files
    group by source_system, source_extract
),

staging_rows_per_extract as (
    select
        source_system,
        source_extract,
        sum(n_versions) as n_versions,
        sum(n_current_rows) as n_current_rows,
        sum(n_closed_rows) as n_closed_rows,
        sum(n_unknown_codes) as n_unknown_codes,
        sum(n_invalid_values) as n_invalid_values
    from staging_rows
    group by source_system, source_extract
),

counted as (
    select
        extracts.source_system,
        extracts.source_extract,
        extracts.agency,
        extracts.programme,
        extracts.delivery,
        coalesce(files_per_extract.n_files, 0) as n_files,
        coalesce(files_per_extract.n_rows_in_files, 0) as n_rows_in_files,
        coalesce(files_per_extract.n_rows_loaded, 0) as n_rows_loaded,
        coalesce(files_per_extract.n_rows_rejected, 0) as n_rows_rejected,
        coalesce(staging_rows_per_extract.n_versions, 0) as n_versions,
        coalesce(staging_rows_per_extract.n_current_rows, 0) as n_current_rows,
        coalesce(staging_rows_per_extract.n_closed_rows, 0) as n_closed_rows,
        coalesce(staging_rows_per_extract.n_unknown_codes, 0) as n_unknown_codes,
        coalesce(staging_rows_per_extract.n_invalid_values, 0) as n_invalid_values
    from extracts
    left join files_per_extract
        on
            extracts.source_system = files_per_extract.source_system
            and extracts.source_extract = files_per_extract.source_extract
    left join staging_rows_per_extract
        on
            extracts.source_system = staging_rows_per_extract.source_system
            and extracts.source_extract = staging_rows_per_extract.source_extract
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key(["source_system", "source_extract"]) }} as extract_id,
        source_system,
        source_extract,
        agency,
        programme,
        delivery,
        cast(n_files as bigint) as n_files,
        cast(n_rows_in_files as bigint) as n_rows_in_files,
        cast(n_rows_loaded as bigint) as n_rows_loaded,
        cast(n_rows_rejected as bigint) as n_rows_rejected,
        cast(n_rows_loaded - n_versions as bigint) as n_rows_repeated,
        cast(n_versions as bigint) as n_versions,
        cast(n_current_rows as bigint) as n_current_rows,
        cast(n_closed_rows as bigint) as n_closed_rows,
        cast(n_unknown_codes as bigint) as n_unknown_codes,
        cast(n_invalid_values as bigint) as n_invalid_values,
        'official' as handling,
        '{{ purposes_listed(model) }}' as permitted_purposes
    from counted
)

select * from final
