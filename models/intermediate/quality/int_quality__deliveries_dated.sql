with extracts as (
    select * from {{ ref("stg_load_ledger__extracts") }}
),

files as (
    select * from {{ ref("stg_load_ledger__files") }}
),

files_published as (
    select * from {{ ref("stg_run_ledger__files_published") }}
),

as_of as (
    select max(extract_date) as as_of_date
    from files
),

deliveries as (
    select
        source_system,
        source_extract,
        extract_date,
        sum(n_rows_in_file) as n_rows,
        row_number() over (
            partition by source_system, source_extract order by extract_date desc
        ) as nth_latest
    from files
    group by source_system, source_extract, extract_date
),

latest as (
    select
        source_system,
        source_extract,
        count(*) as n_deliveries,
        max(extract_date) filter (where nth_latest = 1) as last_extract_date,
        max(extract_date) filter (where nth_latest = 2) as previous_extract_date,
        max(n_rows) filter (where nth_latest = 1) as n_rows_last,
        max(n_rows) filter (where nth_latest = 2) as n_rows_previous
    from deliveries
    group by source_system, source_extract
),

files_unpublished as (
    select
        files.source_system,
        files.source_extract,
        min(files.extract_date) as first_extract_date
    from files
    left join files_published
        on
            files.source_system = files_published.source_system
            and files.source_extract = files_published.source_extract
            and files.source_file = files_published.source_file
            and files.file_sha256 = files_published.file_sha256
    where files_published.source_file is null
    group by files.source_system, files.source_extract
),

dated as (
    select
        extracts.source_system,
        extracts.source_extract,
        extracts.delivery,
        extracts.fresh_within_days,
        as_of.as_of_date,
        latest.last_extract_date,
        latest.previous_extract_date,
        latest.n_rows_last,
        latest.n_rows_previous,
        coalesce(latest.n_deliveries, 0) as n_deliveries,
        -- A full delivery replaces what came before it. Increments count until they were
        -- published: a bad one that nobody mends must not be forgotten because a good one follows.
        case
            when
                extracts.delivery = 'incremental'
                and files_unpublished.first_extract_date < latest.last_extract_date
                then files_unpublished.first_extract_date
            else latest.last_extract_date
        end as checked_from_date
    from extracts
    cross join as_of
    left join latest
        on
            extracts.source_system = latest.source_system
            and extracts.source_extract = latest.source_extract
    left join files_unpublished
        on
            extracts.source_system = files_unpublished.source_system
            and extracts.source_extract = files_unpublished.source_extract
),

files_checked as (
    select
        files.source_system,
        files.source_extract,
        sum(files.n_rows_in_file) as n_rows_checked,
        sum(files.n_rows_rejected) as n_rows_rejected,
        sum(files.n_rows_in_file - files.n_rows_loaded - files.n_rows_rejected)
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
        dated.previous_extract_date,
        dated.checked_from_date,
        dated.fresh_within_days,
        cast(
            {{ dbt.datediff("dated.last_extract_date", "dated.as_of_date", "day") }}
            as bigint
        ) as n_days_since_delivery,
        cast(coalesce(dated.n_rows_last, 0) as bigint) as n_rows_last,
        cast(coalesce(dated.n_rows_previous, 0) as bigint) as n_rows_previous,
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
