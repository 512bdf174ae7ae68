with files as (
    select * from {{ ref("stg_load_ledger__files") }}
),

facts as (
    select * from {{ ref("int_indicators__facts_coded") }}
),

catalogue as (
    select * from {{ ref("indicator_catalogue") }}
),

data_dates as (
    select max(extract_date) as as_of_date
    from files
),

known as (
    select
        facts.*,
        data_dates.as_of_date
    from facts
    inner join data_dates
        on
            facts.from_date <= data_dates.as_of_date
            and {{ known_on("facts", "data_dates.as_of_date") }}
),

-- An event is present for the days of its window, a state while it lasts.
present as (
    select
        known.*,
        row_number() over (
            partition by known.person_id, known.indicator_code
            order by known.from_date desc, known.source_row_key asc
        ) as nth_latest
    from known
    inner join catalogue on known.indicator_code = catalogue.indicator_code
    where
        (
            catalogue.kind = 'state'
            and (known.to_date is null or known.to_date > known.as_of_date)
        )
        or (
            catalogue.kind = 'event'
            and {{ dbt.datediff("known.from_date", "known.as_of_date", "day") }}
            < catalogue.window_days
        )
),

counted as (
    select
        person_id,
        indicator_code,
        as_of_date,
        min(from_date) as since_date,
        count(distinct event_key) as n_events
    from present
    group by person_id, indicator_code, as_of_date
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key(["counted.person_id", "counted.indicator_code"]) }}
            as person_told_key,
        counted.person_id,
        counted.indicator_code,
        counted.as_of_date,
        counted.since_date,
        present.from_date as latest_date,
        cast(counted.n_events as integer) as n_events,
        present.measure,
        present.detail,
        present.programme,
        present.source_system,
        present.source_extract,
        present.source_row_key,
        present.handling
    from counted
    inner join present
        on
            counted.person_id = present.person_id
            and counted.indicator_code = present.indicator_code
            and present.nth_latest = 1
)

select * from final
