with windowed as (
    select * from {{ ref("int_features__indicators_windowed") }}
),

catalogue as (
    select * from {{ ref("indicator_catalogue") }}
),

risks as (
    select * from {{ ref("carried_risk") }}
),

birth_dates as (
    select * from {{ ref("int_identity__birth_dates_dated") }}
),

-- What every programme can tell, so that nobody weighs more because their council tells more.
weighed as (
    select
        windowed.person_id,
        windowed.as_of_date,
        windowed.weight,
        catalogue.is_label_proxy,
        catalogue.points_cse,
        catalogue.points_criminal_exploitation,
        catalogue.points_serious_violence
    from windowed
    inner join catalogue on windowed.indicator_code = catalogue.indicator_code
    where catalogue.is_shared and windowed.weight > 0
),

-- To the hundredth, and exact from there on: the order of the rows makes no difference.
pointed as (
    {%- for harm in harms_carried() %}
        select
            person_id,
            as_of_date,
            '{{ harm }}' as harm,
            is_label_proxy,
            cast(weight * points_{{ harm }} as numeric(9, 2)) as points
        from weighed
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}
),

summed as (
    select
        person_id,
        as_of_date,
        harm,
        sum(points) as risk,
        sum(case when is_label_proxy then 0 else points end) as risk_no_proxies
    from pointed
    group by person_id, as_of_date, harm
),

aged as (
    select
        summed.*,
        {{ age_in_years("birth_dates.birth_date", "summed.as_of_date") }} as age_in_years
    from summed
    left join birth_dates
        on
            summed.person_id = birth_dates.person_id
            and summed.as_of_date >= birth_dates.from_date
            and (birth_dates.to_date is null or summed.as_of_date < birth_dates.to_date)
    where summed.risk >= {{ var("carrier_from_points") }}
),

final as (
    select
        aged.person_id,
        aged.as_of_date,
        aged.harm,
        cast(aged.risk as {{ type_double() }}) as risk,
        cast(
            case
                when aged.risk_no_proxies >= {{ var("carrier_from_points") }}
                    then aged.risk_no_proxies
            end as {{ type_double() }}
        ) as risk_no_proxies
    from aged
    inner join risks on aged.harm = risks.harm
    where risks.carrier_below_age is null or aged.age_in_years < risks.carrier_below_age
)

select * from final
