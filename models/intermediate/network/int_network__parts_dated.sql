with incidents_wanted as (
    select * from {{ ref("int_network__incidents_wanted") }}
),

parts as (
    select * from {{ ref("int_network__parts_scored") }}
),

-- As the records stood on the day: what was corrected by then counts as corrected.
final as (
    select
        incidents_wanted.as_of_date,
        parts.incident_id,
        parts.person_id,
        max(case when parts.part = 'harmed' then 1 else 0 end) = 1 as was_harmed,
        max(case when parts.part = 'suspected' then 1 else 0 end) = 1 as was_suspected
    from parts
    inner join incidents_wanted
        on
            parts.incident_id = incidents_wanted.incident_id
            and {{ known_on("parts", "incidents_wanted.as_of_date") }}
    group by incidents_wanted.as_of_date, parts.incident_id, parts.person_id
)

select * from final
