with as_of_dates as (
    select * from {{ ref("int_features__as_of_dates_listed") }}
),

parts as (
    select * from {{ ref("int_network__parts_scored") }}
),

-- As the records stood on the day: what was corrected by then counts as corrected.
final as (
    select
        as_of_dates.as_of_date,
        parts.incident_id,
        parts.person_id,
        max(case when parts.part = 'harmed' then 1 else 0 end) = 1 as was_harmed,
        max(case when parts.part = 'suspected' then 1 else 0 end) = 1 as was_suspected
    from parts
    inner join as_of_dates
        on {{ known_on("parts", "as_of_dates.as_of_date") }}
    group by as_of_dates.as_of_date, parts.incident_id, parts.person_id
)

select * from final
