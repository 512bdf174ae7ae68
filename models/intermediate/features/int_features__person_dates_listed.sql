with explained as (
    select * from {{ ref("int_features__person_dates_explained") }}
),

final as (
    select distinct
        person_id,
        as_of_date
    from explained
)

select * from final
