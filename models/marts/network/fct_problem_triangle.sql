{{ stands_below("network") }}
{#- What incidents of a set may have in common: sides of the triangle, alone and two by two. -#}
{%- set sides = {
    "harmed": ["harmed_person_id"],
    "suspected": ["suspected_person_id"],
    "place": ["uprn"],
    "harmed_and_suspected": ["harmed_person_id", "suspected_person_id"],
    "harmed_and_place": ["harmed_person_id", "uprn"],
    "suspected_and_place": ["suspected_person_id", "uprn"],
} -%}
with triangles as (
    select * from {{ ref("int_network__triangles_formed") }}
),

-- An incident of several persons or places stands in several rows, and counts once.
numbered as (
    select
        *,
        {%- for name, columns in sides.items() %}
            row_number() over (
                partition by event_set_kind, event_set, {{ columns | join(", ") }}, incident_id
                order by triangle_key asc
            ) as nth_row_{{ name }}
            {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from triangles
),

counted as (
    select
        *,
        {%- for name, columns in sides.items() %}
            case
                when {{ columns | join(" is not null and ") }} is not null
                    then
                        sum(case when nth_row_{{ name }} = 1 then 1 else 0 end) over (
                            partition by event_set_kind, event_set, {{ columns | join(", ") }}
                        )
            end as n_incidents_{{ name }}
            {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from numbered
),

final as (
    select
        triangle_key as triangle_id,
        as_of_date,
        event_set_kind,
        event_set,
        incident_id,
        event_date,
        recorded_date,
        harmed_person_id,
        suspected_person_id,
        uprn,
        is_place_withheld,
        {%- for name in sides %}
            cast(n_incidents_{{ name }} as integer) as n_incidents_{{ name }},
        {%- endfor %}
        'restricted' as handling,
        'criminal_offence' as sensitivity,
        '{{ purposes_listed(model) }}' as permitted_purposes
    from counted
)

select * from final
