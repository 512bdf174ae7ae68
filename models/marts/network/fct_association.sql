{{ stands_below("network") }}
{%- set kinds = ["crime", "custody", "domestic_abuse", "intelligence", "missing", "research"] -%}
with inferred as (
    select * from {{ ref("int_network__associates_linked") }}
),

recorded as (
    select * from {{ ref("int_network__associates_recorded") }}
),

links as (
    select
        link_id,
        person_id_l,
        person_id_r,
        'shared_incidents' as tie,
        'inferred' as evidence,
        linked_on,
        cast(null as date) as ended_on,
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
),

families as (
    select distinct
        person_id_l,
        person_id_r
    from recorded
    where tie = 'family'
),

marked as (
    select
        links.*,
        families.person_id_l is not null as is_family
    from links
    left join families
        on
            links.person_id_l = families.person_id_l
            and links.person_id_r = families.person_id_r
),

-- Each link is told from both sides, so that a person's associates are one filter.
sides as (
    select
        *,
        person_id_l as person_id,
        person_id_r as associate_id
    from marked
    union all
    select
        *,
        person_id_r as person_id,
        person_id_l as associate_id
    from marked
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key(
            ["person_id", "associate_id", "tie", "linked_on"]
        ) }} as association_id,
        link_id,
        person_id,
        associate_id,
        tie,
        evidence,
        is_family,
        linked_on,
        ended_on,
        n_events,
        {%- for kind in kinds %}
            n_{{ kind }},
        {%- endfor %}
        n_harmed_together,
        first_event_date,
        last_event_date,
        strength,
        'restricted' as handling,
        'criminal_offence' as sensitivity,
        '{{ purposes_listed(model) }}' as permitted_purposes
    from sides
)

select * from final
