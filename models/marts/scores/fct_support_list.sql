{{ stands_below("exploitation") }}
{{ stands_below("indicators") }}
{{ stands_below("scores") }}
with listed as (
    select * from {{ ref("int_scores__support_listed") }}
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key(["person_id"]) }} as support_id,
        person_id,
        as_of_date,
        was_flagged,
        was_served,
        first_date,
        last_date,
        'restricted' as handling,
        'special_category' as sensitivity,
        '{{ purposes_listed(model) }}' as permitted_purposes
    from listed
)

select * from final
