{{ stands_below("network") }}
with implied as (
    select * from {{ ref("int_network__associates_implied") }}
),

recorded as (
    select * from {{ ref("int_network__associates_recorded") }}
),

protected_places as (
    select * from {{ ref("int_network__places_protected") }}
),

families as (
    select distinct
        person_id_l,
        person_id_r
    from recorded
    where tie in ('family', 'household')
),

final as (
    select
        implied.implied_key as implied_association_id,
        implied.person_id_l,
        implied.person_id_r,
        'implied' as evidence,
        families.person_id_l is not null as is_family_or_household,
        implied.n_meetings,
        implied.n_places,
        case when protected_places.uprn is null then implied.uprn end as uprn,
        implied.first_met_date,
        implied.last_met_date,
        implied.known_on,
        implied.ended_on,
        implied.reported_together_on,
        implied.strength,
        'restricted' as handling,
        'criminal_offence' as sensitivity,
        '{{ purposes_listed(model) }}' as permitted_purposes
    from implied
    left join families
        on
            implied.person_id_l = families.person_id_l
            and implied.person_id_r = families.person_id_r
    left join protected_places on implied.uprn = protected_places.uprn
)

select * from final
