with members as (
    select * from {{ ref("int_identity__family_members_identified") }}
),

homes as (
    select * from {{ ref("int_identity__homes_dated") }}
),

participants as (
    select * from {{ ref("int_network__participants_recorded") }}
),

families_shared as (
    select
        members_l.person_id as person_id_l,
        members_r.person_id as person_id_r,
        {{ later_of("members_l.from_date", "members_r.from_date") }} as from_date,
        {{ earlier_of("members_l.to_date", "members_r.to_date") }} as to_date
    from members as members_l
    inner join members as members_r
        on
            members_l.family_id = members_r.family_id
            and members_l.person_id < members_r.person_id
            and (members_l.to_date is null or members_l.to_date > members_r.from_date)
            and (members_r.to_date is null or members_l.from_date < members_r.to_date)
),

families as (
    select
        person_id_l,
        person_id_r,
        min(from_date) as linked_on,
        case when count(*) = count(to_date) then max(to_date) end as ended_on
    from families_shared
    group by person_id_l, person_id_r
),

homes_shared as (
    select
        homes_l.person_id as person_id_l,
        homes_r.person_id as person_id_r,
        {{ later_of("homes_l.from_date", "homes_r.from_date") }} as from_date,
        {{ earlier_of("homes_l.to_date", "homes_r.to_date") }} as to_date
    from homes as homes_l
    inner join homes as homes_r
        on
            homes_l.uprn = homes_r.uprn
            and homes_l.person_id < homes_r.person_id
            and (homes_l.to_date is null or homes_l.to_date > homes_r.from_date)
            and (homes_r.to_date is null or homes_l.from_date < homes_r.to_date)
),

-- Of those who are or were of one family, that says more.
households as (
    select
        homes_shared.person_id_l,
        homes_shared.person_id_r,
        min(homes_shared.from_date) as linked_on,
        case
            when count(*) = count(homes_shared.to_date) then max(homes_shared.to_date)
        end as ended_on
    from homes_shared
    left join families
        on
            homes_shared.person_id_l = families.person_id_l
            and homes_shared.person_id_r = families.person_id_r
    where families.person_id_l is null
    group by homes_shared.person_id_l, homes_shared.person_id_r
),

crime_parts as (
    select
        person_id,
        event_id,
        part,
        min(event_date) as event_date,
        min(known_from_date) as known_from_date
    from participants
    where source_extract = 'occurrence_roles'
    group by person_id, event_id, part
),

opposed as (
    select
        harmed.event_id,
        harmed.event_date,
        case
            when harmed.person_id < suspected.person_id then harmed.person_id
            else suspected.person_id
        end as person_id_l,
        case
            when harmed.person_id < suspected.person_id then suspected.person_id
            else harmed.person_id
        end as person_id_r,
        {{ later_of("harmed.known_from_date", "suspected.known_from_date") }} as known_from_date
    from crime_parts as harmed
    inner join crime_parts as suspected
        on
            harmed.event_id = suspected.event_id
            and harmed.person_id <> suspected.person_id
    where harmed.part = 'harmed' and suspected.part = 'suspected'
),

-- Who of the two was harmed is not told: often both were, at different times.
sides as (
    select
        person_id_l,
        person_id_r,
        event_id,
        min(event_date) as event_date,
        min(known_from_date) as known_from_date
    from opposed
    group by person_id_l, person_id_r, event_id
),

unioned as (
    select
        person_id_l,
        person_id_r,
        'family' as tie,
        linked_on,
        ended_on,
        cast(null as integer) as n_events,
        cast(null as date) as first_event_date,
        cast(null as date) as last_event_date
    from families
    union all
    select
        person_id_l,
        person_id_r,
        'household' as tie,
        linked_on,
        ended_on,
        cast(null as integer) as n_events,
        cast(null as date) as first_event_date,
        cast(null as date) as last_event_date
    from households
    union all
    select
        person_id_l,
        person_id_r,
        'opposite_sides' as tie,
        min(known_from_date) as linked_on,
        cast(null as date) as ended_on,
        cast(count(*) as integer) as n_events,
        min(event_date) as first_event_date,
        max(event_date) as last_event_date
    from sides
    group by person_id_l, person_id_r
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key([
            "unioned.person_id_l", "unioned.person_id_r", "unioned.tie"
        ]) }} as link_id,
        unioned.*,
        families.person_id_l is not null as is_family
    from unioned
    left join families
        on
            unioned.person_id_l = families.person_id_l
            and unioned.person_id_r = families.person_id_r
)

select * from final
