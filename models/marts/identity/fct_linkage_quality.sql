{{ stands_below("identity") }}
{{ stands_below("exploitation") }}
with measured as (
    select * from {{ ref("int_identity__linkage_measured") }}
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key(["subject", "slice", "as_of_date"]) }}
            as linkage_quality_id,
        subject,
        slice,
        as_of_date,
        n_pairs_found,
        n_pairs_true,
        n_pairs_right,
        cast(n_pairs_right as {{ type_double() }}) / nullif(n_pairs_found, 0) as pairwise_precision,
        cast(n_pairs_right as {{ type_double() }}) / nullif(n_pairs_true, 0) as pairwise_recall,
        cast(2 * n_pairs_right as {{ type_double() }}) / nullif(n_pairs_found + n_pairs_true, 0)
            as pairwise_f1,
        is_natural_prevalence,
        'official' as handling,
        '{{ purposes_listed(model) }}' as permitted_purposes
    from measured
)

select * from final
