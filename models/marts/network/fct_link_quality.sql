{{ stands_below("network") }}
with measured as (
    select * from {{ ref("int_network__links_measured") }}
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key(["threshold", "slice"]) }} as link_quality_id,
        threshold,
        slice,
        n_links_found,
        n_ties_true,
        n_ties_found,
        case
            when n_links_found is not null
                then cast(n_ties_found as {{ type_double() }}) / nullif(n_links_found, 0)
        end as link_precision,
        cast(n_ties_found as {{ type_double() }}) / nullif(n_ties_true, 0) as link_recall,
        is_natural_prevalence,
        'official' as handling,
        '{{ purposes_listed(model) }}' as permitted_purposes
    from measured
)

select * from final
