-- Neither a refuge nor where somebody who was in one has lived since stands in a mart.
with protected_places as (
    select * from {{ ref("int_network__places_protected") }}
),

addresses as (
    select * from {{ ref("stg_gazetteer__addresses") }}
),

hidden as (
    select uprn
    from protected_places
    union
    select uprn
    from addresses
    where address_kind = 'refuge'
),

shown as (
    select uprn
    from {{ ref("fct_place_risk") }}
    union
    select uprn
    from {{ ref("fct_problem_triangle") }}
    union
    select uprn
    from {{ ref("fct_implied_association") }}
),

final as (
    select shown.uprn
    from shown
    inner join hidden on shown.uprn = hidden.uprn
)

select * from final
