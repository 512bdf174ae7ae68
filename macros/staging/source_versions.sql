{#-
    Reads a raw extract as versions: consecutive deliveries of a source row with the same content are
    one version; a changed row opens the next; a row that a later full delivery lacks is closed on the
    date of that delivery, and opens again if it comes back. Nothing is deleted from raw.

    system, extract: the names of the source and its table.
-#}
{%- macro source_versions(system, extract) -%}
with deliveries as (
    select
        extract_date,
        case
            when delivery = 'full' then lead(extract_date) over (order by extract_date)
        end as _next_full_date
    from {{ source("load_ledger", "load_files") }}
    where system = '{{ system }}' and extract = '{{ extract }}'
),

raw_rows as (
    select * from {{ source(system, extract) }}
),

seen as (
    select
        raw_rows.*,
        deliveries._next_full_date,
        lag(raw_rows._content_hash) over same_row as _previous_content_hash,
        lead(raw_rows._extract_date) over same_row as _next_seen_date
    from raw_rows
    inner join deliveries on raw_rows._extract_date = deliveries.extract_date
    window same_row as (
        partition by raw_rows._source_row_key
        order by raw_rows._extract_date, raw_rows._row_number
    )
),

closed as (
    select
        *,
        case
            when _next_full_date < coalesce(_next_seen_date, cast('9999-12-31' as date)) then _next_full_date
        end as _closed_date
    from seen
),

opened as (
    select
        *,
        case
            when _previous_content_hash = _content_hash
                and lag(_closed_date) over (
                    partition by _source_row_key order by _extract_date, _row_number
                ) is null
                then 0
            else 1
        end as _is_opening
    from closed
),

numbered as (
    select
        *,
        cast(sum(_is_opening) over (
            partition by _source_row_key
            order by _extract_date, _row_number
            rows between unbounded preceding and current row
        ) as integer) as version_number
    from opened
),

bounded as (
    select
        *,
        max(_closed_date) over (partition by _source_row_key, version_number) as _version_closed_date
    from numbered
),

versions as (
    select
        *,
        coalesce(
            _version_closed_date,
            lead(_extract_date) over (partition by _source_row_key order by version_number)
        ) as known_to_date,
        _source_row_key as source_row_key,
        _extract_date as extract_date,
        _file as source_file,
        _row_number as source_row_number
    from bounded
    where _is_opening = 1
)

select
    *,
    known_to_date is null as is_current
from versions
{%- endmacro -%}
