{{ stands_below("network") }}
with peers as (
    select * from {{ ref("int_network__peer_violence_shared") }}
),

-- Each pair is told from both sides: nobody comes first, and a person's peers are one filter.
sides as (
    select
        *,
        person_id_l as person_id,
        person_id_r as associate_id
    from peers
    union all
    select
        *,
        person_id_r as person_id,
        person_id_l as associate_id
    from peers
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key(["as_of_date", "person_id", "associate_id"]) }}
            as peer_violence_id,
        as_of_date,
        person_id,
        associate_id,
        is_linked_by_incidents,
        is_linked_by_opposite_sides,
        is_family,
        is_household,
        linked_on,
        n_violent_incidents,
        n_harmed_together,
        n_on_opposite_sides,
        first_event_date,
        last_event_date,
        'restricted' as handling,
        'criminal_offence' as sensitivity,
        '{{ purposes_listed(model) }}' as permitted_purposes
    from sides
)

select * from final
