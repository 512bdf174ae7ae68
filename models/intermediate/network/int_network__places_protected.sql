with stays as (
    select * from {{ ref("int_network__stays_dated") }}
),

addresses as (
    select * from {{ ref("stg_gazetteer__addresses") }}
),

fled as (
    select
        person_id,
        min(from_date) as fled_date
    from stays
    where stay_kind = 'refuge'
    group by person_id
),

unioned as (
    select
        uprn,
        known_from_date as protected_from_date
    from addresses
    where address_kind = 'refuge'
    union all
    select
        uprn,
        from_date as protected_from_date
    from stays
    where stay_kind = 'refuge'
    union all
    -- Who fled must not be found again where they live since. Where they fled from is no secret.
    select
        stays.uprn,
        stays.from_date as protected_from_date
    from stays
    inner join fled
        on
            stays.person_id = fled.person_id
            and stays.from_date >= fled.fled_date
),

-- Once protected, always: a place that is shown again would tell who lived there.
final as (
    select
        uprn,
        min(protected_from_date) as protected_from_date
    from unioned
    where uprn is not null
    group by uprn
)

select * from final
