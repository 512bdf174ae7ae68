with source_persons as (
    select * from {{ ref("int_identity__source_persons_identified") }}
),

as_of_dates as (
    select * from {{ ref("int_features__as_of_dates_listed") }}
),

drawn as (
    select * from {{ ref("int_scores__person_dates_sampled") }}
),

persons as (
    select
        person_id,
        min(first_recorded_date) as first_recorded_date
    from source_persons
    group by person_id
),

final as (
    select
        persons.person_id,
        as_of_dates.as_of_date,
        'population' as reason
    from persons
    inner join as_of_dates on persons.first_recorded_date <= as_of_dates.as_of_date
    union all
    select
        person_id,
        as_of_date,
        model || ': ' || reason as reason
    from drawn
)

select * from final
