{%- set kinds = incident_kinds() -%}
with inferred as (
    select * from {{ ref("int_network__associates_linked") }}
),

recorded as (
    select * from {{ ref("int_network__associates_recorded") }}
),

final as (
    select
        link_id,
        person_id_l,
        person_id_r,
        'shared_incidents' as tie,
        'inferred' as evidence,
        linked_on,
        ended_on,
        n_events,
        {%- for kind in kinds %}
            n_{{ kind }},
        {%- endfor %}
        n_harmed_together,
        first_event_date,
        last_event_date,
        strength
    from inferred
    union all
    select
        link_id,
        person_id_l,
        person_id_r,
        tie,
        'recorded' as evidence,
        linked_on,
        ended_on,
        n_events,
        {%- for kind in kinds %}
            cast(null as integer) as n_{{ kind }},
        {%- endfor %}
        cast(null as integer) as n_harmed_together,
        first_event_date,
        last_event_date,
        cast(null as {{ type_double() }}) as strength
    from recorded
)

select * from final
