with extracts as (
    select * from {{ ref("stg_load_ledger__extracts") }}
),

files as (
    select * from {{ ref("stg_load_ledger__files") }}
),

deliveries as (
    select * from {{ ref("int_quality__deliveries_ordered") }}
),

as_of as (
    select max(extract_date) as as_of_date
    from files
),

delivered as (
    select
        source_system,
        source_extract,
        count(*) as n_deliveries,
        max(extract_date) as last_extract_date,
        min(extract_date) filter (where not is_published) as unpublished_extract_date
    from deliveries
    group by source_system, source_extract
),

dated as (
    select
        extracts.source_system,
        extracts.source_extract,
        extracts.delivery,
        extracts.fresh_within_days,
        as_of.as_of_date,
        delivered.last_extract_date,
        coalesce(delivered.n_deliveries, 0) as n_deliveries,
        -- A full delivery replaces what came before it. Increments count until they were
        -- published: a bad one that nobody mends must not be forgotten because a good one follows.
        case
            when
                extracts.delivery = 'incremental'
                and delivered.unpublished_extract_date < delivered.last_extract_date
                then delivered.unpublished_extract_date
            else delivered.last_extract_date
        end as checked_from_date
    from extracts
    cross join as_of
    left join delivered
        on
            extracts.source_system = delivered.source_system
            and extracts.source_extract = delivered.source_extract
),

files_checked as (
    select
        files.source_system,
        files.source_extract,
        sum(files.n_rows_in_file) as n_rows_checked,
        sum(files.n_rows_rejected) as n_rows_rejected,
        -- Rows lost of one file must not make up for rows counted twice of another.
        sum(abs(files.n_rows_in_file - files.n_rows_loaded - files.n_rows_rejected))
            as n_rows_unaccounted,
        count(files.columns_missing) as n_files_with_columns_missing,
        max(files.columns_missing) as columns_missing
    from files
    inner join dated
        on
            files.source_system = dated.source_system
            and files.source_extract = dated.source_extract
            and files.extract_date >= dated.checked_from_date
    group by files.source_system, files.source_extract
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key(["dated.source_system", "dated.source_extract"]) }}
            as extract_id,
        dated.source_system,
        dated.source_extract,
        dated.delivery,
        dated.as_of_date,
        dated.n_deliveries,
        dated.last_extract_date,
        dated.checked_from_date,
        dated.fresh_within_days,
        cast(
            {{ dbt.datediff("dated.last_extract_date", "dated.as_of_date", "day") }}
            as bigint
        ) as n_days_since_delivery,
        cast(coalesce(files_checked.n_rows_checked, 0) as bigint) as n_rows_checked,
        cast(coalesce(files_checked.n_rows_rejected, 0) as bigint) as n_rows_rejected,
        cast(coalesce(files_checked.n_rows_unaccounted, 0) as bigint) as n_rows_unaccounted,
        cast(coalesce(files_checked.n_files_with_columns_missing, 0) as bigint)
            as n_files_with_columns_missing,
        coalesce(files_checked.columns_missing, 'none') as columns_missing
    from dated
    left join files_checked
        on
            dated.source_system = files_checked.source_system
            and dated.source_extract = files_checked.source_extract
)

select * from final
