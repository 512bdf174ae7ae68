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

parts as (
    select
        participants.person_id,
        incidents.incident_id,
        participants.part,
        participants.known_from_date,
        coalesce(participants.known_to_date, cast('9999-12-31' as date)) as known_to_date,
        max(coalesce(participants.known_to_date, cast('9999-12-31' as date))) over (
            partition by participants.person_id, incidents.incident_id
        ) as last_known_date
    from participants
    inner join incidents on participants.event_id = incidents.event_id
),

-- What was put right says no more who was harmed, or suspected.
known as (
    select
        person_id,
        incident_id,
        min(known_from_date) as known_from_date,
        nullif(max(known_to_date), cast('9999-12-31' as date)) as withdrawn_date,
        max(
            case when part = 'harmed' and known_to_date = last_known_date then 1 else 0 end
        ) as was_harmed,
        max(
            case when part = 'suspected' and known_to_date = last_known_date then 1 else 0 end
        ) as was_suspected
    from parts
    group by person_id, incident_id
),

final as (
    select
        known.person_id,
        known.incident_id,
        ranked.kind,
        ranked.event_date,
        known.known_from_date as recorded_date,
        known.withdrawn_date,
        known.was_harmed = 1 as was_harmed,
        known.was_suspected = 1 as was_suspected
    from known
    inner join ranked on known.incident_id = ranked.incident_id and ranked.nth_known = 1
)

select * from final
