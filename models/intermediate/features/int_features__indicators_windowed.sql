with person_dates as (
    select * from {{ ref("int_features__person_dates_listed") }}
),

relatives as (
    select * from {{ ref("int_features__relatives_paired") }}
),

facts as (
    select * from {{ ref("int_indicators__facts_coded") }}
),

intelligence as (
    select * from {{ ref("int_indicators__intelligence_coded") }}
),

catalogue as (
    select * from {{ ref("indicator_catalogue") }}
),

reached as (
    select * from {{ ref("int_features__associates_reached") }}
),

-- The windows of relatives and of those near in the network are needed too, whether or not features
-- of theirs are.
needed as (
    select
        person_id,
        as_of_date
    from person_dates
    union
    select
        relative_id as person_id,
        as_of_date
    from relatives
    union
    select
        person_id,
        as_of_date
    from reached
),

indicators as (
    select
        person_id,
        indicator_code,
        kind,
        event_key,
        from_date,
        to_date,
        measure,
        known_from_date,
        known_to_date
    from facts
    union all
    select
        person_id,
        indicator_code,
        kind,
        event_key,
        from_date,
        to_date,
        measure,
        known_from_date,
        known_to_date
    from intelligence
),

-- What was known on the day, as it stood then; one event that several rows tell counts once. An end
-- that lies ahead had not come: on the day the episode lasted.
known as (
    select
        needed.person_id,
        needed.as_of_date,
        indicators.indicator_code,
        indicators.event_key,
        max(case when indicators.kind = 'state' then 1 else 0 end) as is_state,
        min(indicators.from_date) as from_date,
        max(
            case when indicators.to_date <= needed.as_of_date then indicators.to_date end
        ) as to_date,
        max(
            case
                when indicators.kind <> 'state' then 0
                when indicators.to_date is null or indicators.to_date > needed.as_of_date then 1
                else 0
            end
        ) as is_current,
        max(indicators.measure) as measure
    from needed
    inner join indicators
        on
            needed.person_id = indicators.person_id
            and needed.as_of_date >= indicators.from_date
            and {{ known_on("indicators", "needed.as_of_date") }}
    group by
        needed.person_id, needed.as_of_date, indicators.indicator_code, indicators.event_key
),

-- A window of so many days ends with the as-of date; an episode is in it with its last day.
aged as (
    select
        person_id,
        as_of_date,
        indicator_code,
        is_current,
        measure,
        case
            when is_current = 1 then 0
            else {{ dbt.datediff(
                "case when is_state = 1 and to_date > from_date then to_date else from_date end",
                "as_of_date", "day"
            ) }}
        end as days_since
    from known
),

counted as (
    select
        person_id,
        as_of_date,
        indicator_code,
        cast(count(*) filter (where days_since < 90) as integer) as n_90_days,
        cast(count(*) filter (where days_since < 365) as integer) as n_365_days,
        cast(count(*) filter (where days_since < 1095) as integer) as n_1095_days,
        cast(min(days_since) as integer) as days_since,
        max(is_current) as is_current,
        max(measure) filter (where days_since < 365) as worst_365_days
    from aged
    group by person_id, as_of_date, indicator_code
),

final as (
    select
        counted.*,
        case
            when catalogue.kind = 'state' then cast(counted.is_current as {{ type_double() }})
            when counted.days_since < catalogue.window_days
                then
                    cast(catalogue.window_days - counted.days_since as {{ type_double() }})
                    / catalogue.window_days
            else 0
        end as weight
    from counted
    left join catalogue on counted.indicator_code = catalogue.indicator_code
)

select * from final
