with members as (
    select * from {{ ref("int_identity__family_members_identified") }}
),

homes as (
    select * from {{ ref("int_identity__homes_dated") }}
),

participants as (
    select * from {{ ref("int_network__participants_recorded") }}
),

crime_parts as (
    select
        person_id,
        event_id,
        part,
        min(event_date) as event_date,
        min(known_from_date) as known_from_date,
        case when count(*) = count(known_to_date) then max(known_to_date) end as known_to_date
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
        {{ later_of("harmed.known_from_date", "suspected.known_from_date") }} as known_from_date,
        {{ earlier_of("harmed.known_to_date", "suspected.known_to_date") }} as known_to_date
    from crime_parts as harmed
    inner join crime_parts as suspected
        on
            harmed.event_id = suspected.event_id
            and harmed.person_id <> suspected.person_id
            and {{ known_together("harmed", "suspected") }}
    where harmed.part = 'harmed' and suspected.part = 'suspected'
),

-- Who of the two was harmed is not told: often both were, at different times.
sides as (
    select
        person_id_l,
        person_id_r,
        event_id,
        min(event_date) as event_date,
        min(known_from_date) as known_from_date,
        case when count(*) = count(known_to_date) then max(known_to_date) end as known_to_date
    from opposed
    group by person_id_l, person_id_r, event_id
),

together as (
    {%- for tie, relation, shared in [
        ("family", "members", "family_id"), ("household", "homes", "uprn")
    ] %}
        select
            '{{ tie }}' as tie,
            one.person_id as person_id_l,
            other.person_id as person_id_r,
            cast(null as {{ dbt.type_string() }}) as event_id,
            cast(null as date) as event_date,
            {{ later_of("one.from_date", "other.from_date") }} as from_date,
            {{ earlier_of("one.to_date", "other.to_date") }} as to_date
        from {{ relation }} as one
        inner join {{ relation }} as other
            on
                one.{{ shared }} = other.{{ shared }}
                and one.person_id < other.person_id
                and (one.to_date is null or one.to_date > other.from_date)
                and (other.to_date is null or one.from_date < other.to_date)
        union
    {%- endfor %}
    select
        'opposite_sides' as tie,
        person_id_l,
        person_id_r,
        event_id,
        event_date,
        known_from_date as from_date,
        known_to_date as to_date
    from sides
),

-- Several records may tell of one time; a time apart between two times is none.
preceded as (
    select
        *,
        max(coalesce(to_date, cast('9999-12-31' as date))) over (
            partition by tie, person_id_l, person_id_r
            order by from_date asc, to_date asc, event_id asc
            rows between unbounded preceding and 1 preceding
        ) as latest_to_date
    from together
),

numbered as (
    select
        *,
        sum(case when latest_to_date >= from_date then 0 else 1 end) over (
            partition by tie, person_id_l, person_id_r
            order by from_date asc, to_date asc, event_id asc
            rows between unbounded preceding and current row
        ) as time_number
    from preceded
),

times as (
    select
        tie,
        person_id_l,
        person_id_r,
        time_number,
        min(from_date) as linked_on,
        case when count(*) = count(to_date) then max(to_date) end as ended_on
    from numbered
    group by tie, person_id_l, person_id_r, time_number
),

-- The crimes of a time are those that were known to the last of it.
told as (
    select
        times.person_id_l,
        times.person_id_r,
        times.tie,
        times.linked_on,
        times.ended_on,
        cast(nullif(count(numbered.event_id), 0) as integer) as n_events,
        min(numbered.event_date) as first_event_date,
        max(numbered.event_date) as last_event_date
    from times
    inner join numbered
        on
            times.tie = numbered.tie
            and times.person_id_l = numbered.person_id_l
            and times.person_id_r = numbered.person_id_r
            and times.time_number = numbered.time_number
    where
        numbered.to_date = times.ended_on
        or (numbered.to_date is null and times.ended_on is null)
    group by
        times.person_id_l, times.person_id_r, times.tie, times.linked_on, times.ended_on
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key(
            ["person_id_l", "person_id_r", "tie", "linked_on"]
        ) }} as link_id,
        *
    from told
)

select * from final
