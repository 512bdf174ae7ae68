{{ stands_below("police") }}
with control_incidents as (
    select * from {{ ref("stg_police_control__incidents") }}
),

occurrences as (
    select * from {{ ref("stg_police_records__occurrences") }}
),

domestic_abuse as (
    select * from {{ ref("stg_police_records__domestic_abuse") }}
),

intelligence_reports as (
    select * from {{ ref("stg_police_records__intelligence_reports") }}
),

missing_reports as (
    select * from {{ ref("stg_police_missing__reports") }}
),

custody as (
    select * from {{ ref("stg_police_records__custody") }}
),

participants as (
    select * from {{ ref("int_network__participants_recorded") }}
),

references_written as (
    select
        'occurrence ' || occurrence_id as event_id,
        'control' as referred_system,
        control_incident_id as referred_id,
        known_from_date
    from occurrences
    union all
    select
        'domestic abuse ' || incident_id as event_id,
        'occurrence' as referred_system,
        occurrence_id as referred_id,
        known_from_date
    from domestic_abuse
    union all
    select
        'domestic abuse ' || incident_id as event_id,
        'control' as referred_system,
        control_incident_id as referred_id,
        known_from_date
    from domestic_abuse
    union all
    select
        'intelligence ' || report_id as event_id,
        'occurrence' as referred_system,
        occurrence_id as referred_id,
        known_from_date
    from intelligence_reports
    union all
    select
        'missing ' || missing_id as event_id,
        'control' as referred_system,
        control_incident_id as referred_id,
        known_from_date
    from missing_reports
),

-- What each system refers to, in the first version that says so: a reference does not come undone.
references_ranked as (
    select
        *,
        row_number() over (
            partition by event_id, referred_system order by known_from_date asc, referred_id asc
        ) as nth_written
    from references_written
    where event_id is not null and referred_id is not null
),

first_references as (
    select
        event_id,
        max(case when referred_system = 'occurrence' then referred_id end) as occurrence_id,
        max(case when referred_system = 'control' then referred_id end) as control_incident_id
    from references_ranked
    where nth_written = 1
    group by event_id
),

domestic_references as (
    select distinct
        domestic_abuse.incident_id,
        first_references.occurrence_id,
        first_references.control_incident_id
    from domestic_abuse
    left join first_references
        on 'domestic abuse ' || domestic_abuse.incident_id = first_references.event_id
),

-- A crime that others name is one that happened, though it was never delivered itself.
occurrences_named as (
    select occurrence_id from occurrences
    union
    select occurrence_id from custody
    union
    select occurrence_id from first_references
),

-- Where the crime names no call, the domestic incident that names both may.
occurrence_references as (
    select
        occurrences_named.occurrence_id,
        coalesce(
            min(first_references.control_incident_id), min(domestic_references.control_incident_id)
        ) as control_incident_id
    from occurrences_named
    left join first_references
        on 'occurrence ' || occurrences_named.occurrence_id = first_references.event_id
    left join domestic_references
        on occurrences_named.occurrence_id = domestic_references.occurrence_id
    where occurrences_named.occurrence_id is not null
    group by occurrences_named.occurrence_id
),

occurrence_incidents as (
    select
        occurrence_id,
        coalesce('control ' || control_incident_id, 'occurrence ' || occurrence_id) as incident_id
    from occurrence_references
),

referred_alone as (
    select distinct
        'control ' || control_incident_id as event_id,
        'control ' || control_incident_id as incident_id
    from control_incidents
    where control_incident_id is not null
    union all
    select
        'occurrence ' || occurrence_id as event_id,
        incident_id
    from occurrence_incidents
    union all
    select
        'domestic abuse ' || domestic_references.incident_id as event_id,
        coalesce(
            occurrence_incidents.incident_id,
            'control ' || domestic_references.control_incident_id,
            'domestic abuse ' || domestic_references.incident_id
        ) as incident_id
    from domestic_references
    left join occurrence_incidents
        on domestic_references.occurrence_id = occurrence_incidents.occurrence_id
    where domestic_references.incident_id is not null
    union all
    select distinct
        'intelligence ' || intelligence_reports.report_id as event_id,
        coalesce(
            occurrence_incidents.incident_id, 'intelligence ' || intelligence_reports.report_id
        ) as incident_id
    from intelligence_reports
    left join first_references
        on 'intelligence ' || intelligence_reports.report_id = first_references.event_id
    left join occurrence_incidents
        on first_references.occurrence_id = occurrence_incidents.occurrence_id
    where intelligence_reports.report_id is not null
    union all
    select distinct
        'missing ' || missing_reports.missing_id as event_id,
        coalesce(
            'control ' || first_references.control_incident_id,
            'missing ' || missing_reports.missing_id
        ) as incident_id
    from missing_reports
    left join first_references
        on 'missing ' || missing_reports.missing_id = first_references.event_id
    where missing_reports.missing_id is not null
),

-- Two calls for one incident: the domestic incident names one, and its crime the other.
calls_named as (
    select
        occurrence_incidents.incident_id as crime_incident_id,
        'control ' || domestic_references.control_incident_id as named_id
    from domestic_references
    inner join occurrence_incidents
        on domestic_references.occurrence_id = occurrence_incidents.occurrence_id
    where domestic_references.control_incident_id is not null
),

calls_joined as (
    select
        greatest(named_id, crime_incident_id) as incident_id,
        min(least(named_id, crime_incident_id)) as joined_id
    from calls_named
    where named_id <> crime_incident_id
    group by greatest(named_id, crime_incident_id)
),

referred as (
    select
        referred_alone.event_id,
        coalesce(further.joined_id, calls_joined.joined_id, referred_alone.incident_id)
            as incident_id
    from referred_alone
    left join calls_joined on referred_alone.incident_id = calls_joined.incident_id
    left join calls_joined as further on calls_joined.joined_id = further.incident_id
),

-- Where nobody wrote a reference: two events of two systems that brought the same two people to
-- the same place within the hour are one incident. It is known by the event that was known first,
-- so that what is recorded later changes nothing of what was counted before.
placed as (
    select
        participants.person_id,
        participants.kind,
        participants.event_at,
        participants.uprn,
        referred.incident_id,
        min(participants.known_from_date) over (partition by referred.incident_id)
            as first_known_date
    from participants
    inner join referred on participants.event_id = referred.event_id
    where participants.uprn is not null and participants.event_at is not null
),

alike as (
    select
        placed.incident_id as earlier_id,
        placed.first_known_date as earlier_known_date,
        others_placed.incident_id as later_id
    from placed
    inner join placed as others_placed
        on
            placed.person_id = others_placed.person_id
            and placed.uprn = others_placed.uprn
            and placed.kind <> others_placed.kind
            and placed.incident_id <> others_placed.incident_id
            and placed.event_at <= {{ dbt.dateadd("hour", 1, "others_placed.event_at") }}
            and others_placed.event_at <= {{ dbt.dateadd("hour", 1, "placed.event_at") }}
    where
        placed.first_known_date < others_placed.first_known_date
        or (
            placed.first_known_date = others_placed.first_known_date
            and placed.incident_id < others_placed.incident_id
        )
    group by placed.incident_id, placed.first_known_date, others_placed.incident_id
    having count(distinct placed.person_id) >= 2
),

ranked as (
    select
        later_id,
        earlier_id,
        row_number() over (
            partition by later_id order by earlier_known_date asc, earlier_id asc
        ) as nth_known
    from alike
),

-- Two steps, for three systems tell hour and place: an incident of all of them is still one.
final as (
    select
        referred.event_id,
        coalesce(further.earlier_id, ranked.earlier_id, referred.incident_id) as incident_id,
        ranked.earlier_id is not null as is_merged_by_likeness
    from referred
    left join ranked on referred.incident_id = ranked.later_id and ranked.nth_known = 1
    left join ranked as further on ranked.earlier_id = further.later_id and further.nth_known = 1
)

select * from final
