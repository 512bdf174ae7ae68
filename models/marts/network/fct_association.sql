{{ stands_below("network") }}
{%- set kinds = incident_kinds() -%}
with ties as (
    select * from {{ ref("int_network__ties_gathered") }}
),

families as (
    select distinct
        person_id_l,
        person_id_r
    from ties
    where tie = 'family'
),

marked as (
    select
        ties.*,
        families.person_id_l is not null as is_family
    from ties
    left join families
        on
            ties.person_id_l = families.person_id_l
            and ties.person_id_r = families.person_id_r
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
