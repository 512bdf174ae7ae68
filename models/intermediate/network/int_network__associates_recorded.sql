with members as (
    select * from {{ ref("int_identity__family_members_identified") }}
),

homes as (
    select * from {{ ref("int_identity__homes_dated") }}
),

participants as (
    select * from {{ ref("int_network__participants_recorded") }}
),

together as (
    {%- for tie, relation, shared in [
        ("family", "members", "family_id"), ("household", "homes", "uprn")
    ] %}
        select
            '{{ tie }}' as tie,
            one.person_id as person_id_l,
            other.person_id as person_id_r,
            {{ later_of("one.from_date", "other.from_date") }} as from_date,
            {{ earlier_of("one.to_date", "other.to_date") }} as to_date
        from {{ relation }} as one
        inner join {{ relation }} as other
            on
                one.{{ shared }} = other.{{ shared }}
                and one.person_id < other.person_id
                and (one.to_date is null or one.to_date > other.from_date)
                and (other.to_date is null or one.from_date < other.to_date)
        {%- if not loop.last %}
            union
        {%- endif %}
    {%- endfor %}
),

-- Several records may tell of one time; a time apart between two times is none.
preceded as (
    select
        *,
        max(coalesce(to_date, cast('9999-12-31' as date))) over (
            partition by tie, person_id_l, person_id_r
            order by from_date asc, to_date asc
            rows between unbounded preceding and 1 preceding
        ) as latest_to_date
    from together
),

numbered as (
    select
        *,
        sum(case when latest_to_date >= from_date then 0 else 1 end) over (
            partition by tie, person_id_l, person_id_r
            order by from_date asc, to_date asc
            rows between unbounded preceding and current row
        ) as time_number
    from preceded
),

times as (
    select
        tie,
        person_id_l,
        person_id_r,
        min(from_date) as linked_on,
        case when count(*) = count(to_date) then max(to_date) end as ended_on
    from numbered
    group by tie, person_id_l, person_id_r, time_number
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
        tie,
        linked_on,
        ended_on,
        cast(null as integer) as n_events,
        cast(null as date) as first_event_date,
        cast(null as date) as last_event_date
    from times
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
        {{ dbt_utils.generate_surrogate_key(
            ["person_id_l", "person_id_r", "tie", "linked_on"]
        ) }} as link_id,
        *
    from unioned
)

select * from final
