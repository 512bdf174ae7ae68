with source_persons as (
    select * from {{ ref("int_identity__source_persons_identified") }}
),

homes as (
    select * from {{ ref("int_identity__homes_dated") }}
),

addresses as (
    select * from {{ ref("stg_gazetteer__addresses") }}
),

programmes as (
    select * from {{ ref("programme") }}
),

programme_areas as (
    select * from {{ ref("programme_area") }}
),

-- What a programme has once recorded of a person it goes on holding.
known as (
    select
        source_persons.person_id,
        programmes.programme,
        min(source_persons.first_recorded_date) as from_date,
        cast(null as date) as to_date
    from source_persons
    inner join programmes on source_persons.programme = programmes.programme
    group by source_persons.person_id, programmes.programme
),

-- Somebody who lives in the area and of whom its programme has recorded nothing.
resident as (
    select distinct
        homes.person_id,
        programme_areas.programme,
        homes.from_date,
        homes.to_date
    from homes
    inner join addresses on homes.uprn = addresses.uprn and addresses.is_current
    inner join programme_areas
        on
            substr(addresses.ward_code, 1, length(programme_areas.ward_code_start))
            = programme_areas.ward_code_start
),

unioned as (
    select
        *,
        'recorded' as evidence
    from known
    union all
    select
        *,
        'resident' as evidence
    from resident
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key(
            ["person_id", "programme", "evidence", "from_date", "to_date"]
        ) }} as programme_stay_key,
        *
    from unioned
)

select * from final
