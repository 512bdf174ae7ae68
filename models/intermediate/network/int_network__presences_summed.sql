{%- set threshold = var("place_threshold") -%}
with presences as (
    select * from {{ ref("int_network__presences_counted") }}
),

-- A place that is repeated only through what the person was part of is none to the person.
of_others as (
    select
        person_id,
        as_of_date,
        harm,
        'all' as basis,
        risk_of_others as risk
    from presences
    where n_incidents_of_others >= {{ threshold }}
    union all
    select
        person_id,
        as_of_date,
        harm,
        'no_proxies' as basis,
        risk_of_others_no_proxies as risk
    from presences
    where n_incidents_of_others_no_proxies >= {{ threshold }}
),

final as (
    select
        person_id,
        as_of_date,
        harm,
        basis,
        cast(count(*) as integer) as n_places,
        max(risk) as highest_risk
    from of_others
    group by person_id, as_of_date, harm, basis
)

select * from final
