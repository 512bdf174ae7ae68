with participants as (
    select * from {{ ref("int_network__participants_recorded") }}
),

incidents as (
    select * from {{ ref("int_network__incidents_merged") }}
),

missing_reports as (
    select * from {{ ref("stg_police_missing__reports") }}
),

stays as (
    select * from {{ ref("int_network__stays_dated") }}
),

protected_places as (
    select * from {{ ref("int_network__places_protected") }}
),

-- The place of a missing report is where somebody was found, and they were there when they were.
timed as (
    select
        participants.participation_key,
        participants.person_id,
        incidents.incident_id,
        participants.uprn,
        case
            when participants.kind = 'missing' then missing_reports.found_at
            else participants.event_at
        end as visited_at,
        coalesce(
            case
                when participants.kind = 'missing'
                    then {{ local_date("missing_reports.found_at") }}
            end,
            participants.event_date
        ) as visited_date,
        participants.known_from_date,
        max(coalesce(participants.known_to_date, cast('9999-12-31' as date))) over (
            partition by participants.person_id, incidents.incident_id, participants.uprn
        ) as last_known_date
    from participants
    inner join incidents on participants.event_id = incidents.event_id
    left join missing_reports
        on
            participants.event_id = 'missing ' || missing_reports.missing_id
            and {{ known_on("missing_reports", "participants.known_from_date") }}
    where participants.uprn is not null
),

-- Once in each incident and at each place, as it was first known: what is recorded later changes
-- nothing of what was implied before.
ranked as (
    select
        *,
        row_number() over (
            partition by person_id, incident_id, uprn
            order by
                known_from_date asc,
                case when visited_at is null then 1 else 0 end asc,
                visited_at asc,
                visited_date asc,
                participation_key asc
        ) as nth_known
    from timed
),

first_known as (
    select *
    from ranked
    where nth_known = 1
),

-- Who is at home is not on a visit; and a protected place tells of nobody.
at_home as (
    select distinct first_known.participation_key
    from first_known
    inner join stays
        on
            first_known.person_id = stays.person_id
            and first_known.uprn = stays.uprn
            and first_known.known_from_date >= stays.from_date
            and (stays.to_date is null or first_known.visited_date < stays.to_date)
),

away as (
    select first_known.*
    from first_known
    left join at_home on first_known.participation_key = at_home.participation_key
    left join protected_places
        on
            first_known.uprn = protected_places.uprn
            and first_known.known_from_date >= protected_places.protected_from_date
    where at_home.participation_key is null and protected_places.uprn is null
),

-- A person counts once for a place and day, from the first visit there that was known.
numbered as (
    select
        *,
        row_number() over (
            partition by uprn, visited_date, person_id
            order by known_from_date asc, participation_key asc
        ) as nth_of_person
    from away
),

counted as (
    select
        *,
        sum(case when nth_of_person = 1 then 1 else 0 end) over (
            partition by uprn, visited_date
            order by known_from_date
            range between unbounded preceding and current row
        ) as n_persons
    from numbered
),

final as (
    select
        participation_key as visit_key,
        person_id,
        incident_id,
        uprn,
        visited_at,
        visited_date,
        known_from_date,
        nullif(last_known_date, cast('9999-12-31' as date)) as withdrawn_date,
        cast(n_persons as integer) as n_persons,
        n_persons > {{ var("link_largest_event") }} as is_crowded
    from counted
)

select * from final
