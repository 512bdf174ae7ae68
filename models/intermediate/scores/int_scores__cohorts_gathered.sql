with sampled as (
    select * from {{ ref("int_scores__person_dates_sampled") }}
),

markers_known as (
    select * from {{ ref("int_scores__markers_known") }}
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key(["sampled.model", "sampled.person_id"]) }}
            as cohort_key,
        sampled.model,
        sampled.person_id,
        sampled.as_of_date,
        markers_known.known_by
    from sampled
    left join markers_known
        on
            sampled.model = markers_known.model
            and sampled.person_id = markers_known.person_id
            and sampled.as_of_date = markers_known.as_of_date
    where sampled.reason = 'today'
)

select * from final
