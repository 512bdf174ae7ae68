{%- set kinds = ["crime", "custody", "domestic_abuse", "intelligence", "missing", "research"] -%}
with shared as (
    select * from {{ ref("int_network__events_shared") }}
),

person_events as (
    select * from {{ ref("int_network__person_events_gathered") }}
),

ranked as (
    select
        shared.*,
        events_l.was_harmed and events_r.was_harmed
        and not events_l.was_suspected and not events_r.was_suspected as is_harm_to_both,
        row_number() over (
            partition by shared.person_id_l, shared.person_id_r
            order by shared.recorded_date asc, shared.event_id asc
        ) as nth_known
    from shared
    inner join person_events as events_l
        on
            shared.person_id_l = events_l.person_id
            and shared.event_id = events_l.incident_id
    inner join person_events as events_r
        on
            shared.person_id_r = events_r.person_id
            and shared.event_id = events_r.incident_id
),

-- Of an event that many share, each pair has less (Newman, Scientific collaboration networks II,
-- Physical Review E 64, 016132, 2001).
described as (
    select
        person_id_l,
        person_id_r,
        count(*) as n_events,
        {%- for kind in kinds %}
            count(*) filter (where kind = '{{ kind }}') as n_{{ kind }},
        {%- endfor %}
        count(*) filter (where is_harm_to_both) as n_harmed_together,
        min(event_date) as first_event_date,
        max(event_date) as last_event_date,
        max(case when nth_known = {{ var("link_threshold") }} then recorded_date end) as linked_on,
        sum(1 / cast(n_persons - 1 as {{ type_double() }})) as strength
    from ranked
    group by person_id_l, person_id_r
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key(["person_id_l", "person_id_r"]) }} as link_id,
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
        strength
    from described
)

select * from final
