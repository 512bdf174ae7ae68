{%- set kinds = incident_kinds() -%}
with shared as (
    select * from {{ ref("int_network__events_shared") }}
),

person_events as (
    select * from {{ ref("int_network__person_events_gathered") }}
),

-- An incident counts from the day on which both were known to be part of it, for as long as no
-- system has withdrawn that of either.
known as (
    select
        shared.*,
        {{ earlier_of("events_l.withdrawn_date", "events_r.withdrawn_date") }} as withdrawn_date,
        events_l.was_harmed and events_r.was_harmed
        and not events_l.was_suspected and not events_r.was_suspected as is_harm_to_both
    from shared
    inner join person_events as events_l
        on
            shared.person_id_l = events_l.person_id
            and shared.event_id = events_l.incident_id
    inner join person_events as events_r
        on
            shared.person_id_r = events_r.person_id
            and shared.event_id = events_r.incident_id
    where
        (events_l.withdrawn_date is null or events_l.withdrawn_date > shared.recorded_date)
        and (events_r.withdrawn_date is null or events_r.withdrawn_date > shared.recorded_date)
),

changes as (
    select
        person_id_l,
        person_id_r,
        recorded_date as changed_on,
        1 as n_more
    from known
    union all
    select
        person_id_l,
        person_id_r,
        withdrawn_date as changed_on,
        -1 as n_more
    from known
    where withdrawn_date is not null
),

days as (
    select
        person_id_l,
        person_id_r,
        changed_on,
        sum(n_more) as n_more
    from changes
    group by person_id_l, person_id_r, changed_on
),

counted as (
    select
        person_id_l,
        person_id_r,
        changed_on,
        sum(n_more) over (
            partition by person_id_l, person_id_r
            order by changed_on asc
            rows between unbounded preceding and current row
        ) >= {{ var("link_threshold") }} as is_linked
    from days
),

compared as (
    select
        *,
        coalesce(
            lag(is_linked) over (
                partition by person_id_l, person_id_r order by changed_on asc
            ),
            false
        ) as was_linked
    from counted
),

bounds as (
    select
        person_id_l,
        person_id_r,
        is_linked,
        changed_on as linked_on,
        lead(changed_on) over (
            partition by person_id_l, person_id_r order by changed_on asc
        ) as ended_on
    from compared
    where is_linked <> was_linked
),

-- A link is told as it was last known.
last_known as (
    select
        known.*,
        bounds.linked_on,
        bounds.ended_on
    from known
    inner join bounds
        on
            known.person_id_l = bounds.person_id_l
            and known.person_id_r = bounds.person_id_r
            and bounds.is_linked
            and (
                (bounds.ended_on is null and known.withdrawn_date is null)
                or (
                    known.recorded_date < bounds.ended_on
                    and (
                        known.withdrawn_date is null
                        or known.withdrawn_date >= bounds.ended_on
                    )
                )
            )
),

-- Of an event that many share, each pair has less (Newman, Scientific collaboration networks II,
-- Physical Review E 64, 016132, 2001).
described as (
    select
        person_id_l,
        person_id_r,
        linked_on,
        max(ended_on) as ended_on,
        count(*) as n_events,
        {%- for kind in kinds %}
            count(*) filter (where kind = '{{ kind }}') as n_{{ kind }},
        {%- endfor %}
        count(*) filter (where is_harm_to_both) as n_harmed_together,
        min(event_date) as first_event_date,
        max(event_date) as last_event_date,
        sum(1 / cast(n_persons - 1 as {{ type_double() }})) as strength
    from last_known
    group by person_id_l, person_id_r, linked_on
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key(["person_id_l", "person_id_r", "linked_on"]) }}
            as link_id,
        person_id_l,
        person_id_r,
        cast(n_events as integer) as n_events,
        {%- for kind in kinds %}
            cast(n_{{ kind }} as integer) as n_{{ kind }},
        {%- endfor %}
        cast(n_harmed_together as integer) as n_harmed_together,
        first_event_date,
        last_event_date,
        linked_on,
        ended_on,
        strength
    from described
)

select * from final
