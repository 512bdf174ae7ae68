with participants as (
    select * from {{ ref("int_network__participants_recorded") }}
),

incidents as (
    select * from {{ ref("int_network__incidents_merged") }}
),

-- One incident has one kind: that of the event by which it was first known.
ranked as (
    select
        incidents.incident_id,
        participants.kind,
        participants.event_date,
        row_number() over (
            partition by incidents.incident_id
            order by
                participants.known_from_date asc,
                case participants.kind
                    when 'crime' then 1
                    when 'domestic_abuse' then 2
                    when 'missing' then 3
                    when 'custody' then 4
                    when 'intelligence' then 5
                    else 6
                end asc,
                participants.event_date asc,
                participants.participation_key asc
        ) as nth_known
    from participants
    inner join incidents on participants.event_id = incidents.event_id
),

known as (
    select
        participants.person_id,
        incidents.incident_id,
        min(participants.known_from_date) as known_from_date,
        max(case when participants.part = 'harmed' then 1 else 0 end) as was_harmed,
        max(case when participants.part = 'suspected' then 1 else 0 end) as was_suspected
    from participants
    inner join incidents on participants.event_id = incidents.event_id
    group by participants.person_id, incidents.incident_id
),

final as (
    select
        known.person_id,
        known.incident_id,
        ranked.kind,
        ranked.event_date,
        known.known_from_date as recorded_date,
        known.was_harmed = 1 as was_harmed,
        known.was_suspected = 1 as was_suspected
    from known
    inner join ranked on known.incident_id = ranked.incident_id and ranked.nth_known = 1
)

select * from final
