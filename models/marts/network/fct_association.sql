{{ stands_below("network") }}
{%- set kinds = ["crime", "custody", "domestic_abuse", "intelligence", "missing", "research"] -%}
with links as (
    select * from {{ ref("int_network__associates_linked") }}
),

-- Each link is told from both sides, so that a person's associates are one filter.
sides as (
    select
        *,
        person_id_l as person_id,
        person_id_r as associate_id
    from links
    union all
    select
        *,
        person_id_r as person_id,
        person_id_l as associate_id
    from links
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key(["person_id", "associate_id"]) }} as association_id,
        link_id,
        person_id,
        associate_id,
        'inferred' as evidence,
        is_family,
        linked_on,
        n_events,
        {%- for kind in kinds %}
            n_{{ kind }},
        {%- endfor %}
        first_event_date,
        last_event_date,
        strength,
        'restricted' as handling,
        'criminal_offence' as sensitivity,
        '{{ purposes_listed(model) }}' as permitted_purposes
    from sides
)

select * from final
