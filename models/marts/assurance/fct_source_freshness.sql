with extracts as (
    select * from {{ ref("stg_load_ledger__extracts") }}
),

files as (
    select * from {{ ref("stg_load_ledger__files") }}
),

-- The data's own day, not the clock's: a warehouse built again tells the same freshness.
as_of as (
    select max(extract_date) as as_of_date
    from files
),

last_deliveries as (
    select
        source_system,
        source_extract,
        max(extract_date) as last_extract_date
    from files
    group by source_system, source_extract
),

aged as (
    select
        extracts.source_system,
        extracts.source_extract,
        extracts.agency,
        extracts.programme,
        extracts.fresh_within_days,
        last_deliveries.last_extract_date,
        as_of.as_of_date,
        {{ dbt.datediff("last_deliveries.last_extract_date", "as_of.as_of_date", "day") }}
            as n_days_since_delivery
    from extracts
    cross join as_of
    left join last_deliveries
        on
            extracts.source_system = last_deliveries.source_system
            and extracts.source_extract = last_deliveries.source_extract
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key(["source_system", "source_extract"]) }} as extract_id,
        source_system,
        source_extract,
        agency,
        programme,
        as_of_date,
        last_extract_date,
        cast(n_days_since_delivery as integer) as n_days_since_delivery,
        fresh_within_days,
        last_extract_date is not null as is_delivered,
        coalesce(n_days_since_delivery <= fresh_within_days, false) as is_fresh,
        'official' as handling,
        '{{ purposes_listed(model) }}' as permitted_purposes
    from aged
)

select * from final
