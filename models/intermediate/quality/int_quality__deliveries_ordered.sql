with files as (
    select * from {{ ref("stg_load_ledger__files") }}
),

files_published as (
    select * from {{ ref("stg_run_ledger__files_published") }}
),

falls_agreed as (
    select * from {{ ref("delivery_falls_agreed") }}
),

-- Each publication names every file that it stands on.
contents_published as (
    select distinct
        source_system,
        source_extract,
        source_file,
        file_sha256
    from files_published
),

deliveries as (
    select
        files.source_system,
        files.source_extract,
        files.extract_date,
        cast(sum(files.n_rows_in_file) as bigint) as n_rows,
        count(*) = count(contents_published.source_file) as is_published
    from files
    left join contents_published
        on
            files.source_system = contents_published.source_system
            and files.source_extract = contents_published.source_extract
            and files.source_file = contents_published.source_file
            and files.file_sha256 = contents_published.file_sha256
    group by files.source_system, files.source_extract, files.extract_date
),

ordered as (
    select
        *,
        lag(extract_date) over of_extract as previous_extract_date,
        lag(n_rows) over of_extract as n_rows_previous,
        (lead(extract_date) over of_extract) is null as is_last
    from deliveries
    window of_extract as (partition by source_system, source_extract order by extract_date)
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key(
            ["ordered.source_system", "ordered.source_extract", "ordered.extract_date"]
        ) }} as delivery_id,
        ordered.source_system,
        ordered.source_extract,
        ordered.extract_date,
        ordered.previous_extract_date,
        ordered.n_rows,
        ordered.n_rows_previous,
        ordered.is_last,
        ordered.is_published,
        falls_agreed.extract_date is not null as is_fall_agreed
    from ordered
    left join falls_agreed
        on
            ordered.source_system = falls_agreed.source_system
            and ordered.source_extract = falls_agreed.source_extract
            and ordered.extract_date = falls_agreed.extract_date
)

select * from final
