with sampled as (
    select * from {{ ref("int_scores__person_dates_sampled") }}
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key(["model", "person_id"]) }} as eligible_key,
        model,
        person_id,
        as_of_date
    from sampled
    where reason = 'today'
)

select * from final
