{{ stands_below("network") }}
with incidents_counted as (
    select * from {{ ref("int_network__incidents_counted") }}
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key(["kind"]) }} as link_coverage_id,
        kind,
        link_threshold,
        largest_event,
        n_incidents,
        n_persons,
        n_persons_largest,
        n_incidents_shared,
        n_pairs,
        n_mass_incidents,
        n_persons_left_out,
        n_pairs_left_out,
        cast(n_pairs_left_out as {{ type_double() }}) / nullif(n_pairs, 0)
            as share_pairs_left_out,
        n_incidents_linking,
        n_links,
        'official' as handling,
        '{{ purposes_listed(model) }}' as permitted_purposes
    from incidents_counted
)

select * from final
