with relatives as (
    select * from {{ ref("int_features__relatives_paired") }}
),

windowed as (
    select * from {{ ref("int_features__indicators_windowed") }}
),

final as (
    select
        relatives.person_id,
        relatives.as_of_date,
        windowed.indicator_code,
        1 as has_relative,
        cast(sum(windowed.n_365_days) as integer) as n_365_days,
        max(
            coalesce(windowed.worst_365_days, cast(windowed.n_365_days as {{ type_double() }}))
        ) as worst_365_days
    from relatives
    inner join windowed
        on
            relatives.relative_id = windowed.person_id
            and relatives.as_of_date = windowed.as_of_date
    where windowed.n_365_days > 0
    group by relatives.person_id, relatives.as_of_date, windowed.indicator_code
)

select * from final
