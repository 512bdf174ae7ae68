with homes as (
    select * from {{ ref("int_identity__homes_dated") }}
),

records as (
    select * from {{ ref("int_identity__person_records_standardised") }}
),

source_persons as (
    select * from {{ ref("int_identity__source_persons_identified") }}
),

surnames_stated as (
    select
        source_persons.person_id,
        records.surname,
        records.person_first_recorded_date
    from records
    inner join source_persons on records.source_person_key = source_persons.source_person_key
    where records.surname is not null
    union all
    select
        source_persons.person_id,
        records.former_surname as surname,
        records.person_first_recorded_date
    from records
    inner join source_persons on records.source_person_key = source_persons.source_person_key
    where records.former_surname is not null
),

surnames as (
    select
        person_id,
        surname,
        min(person_first_recorded_date) as first_recorded_date
    from surnames_stated
    group by person_id, surname
),

named_homes as (
    select
        homes.person_id,
        homes.uprn,
        homes.to_date,
        surnames.surname,
        -- A name that was recorded later makes nobody a relative before.
        {{ later_of("homes.from_date", "surnames.first_recorded_date") }} as from_date
    from homes
    inner join surnames on homes.person_id = surnames.person_id
),

shared as (
    select distinct
        homes_l.person_id as person_id_l,
        homes_r.person_id as person_id_r,
        {{ later_of("homes_l.from_date", "homes_r.from_date") }} as from_date,
        {{ earlier_of("homes_l.to_date", "homes_r.to_date") }} as to_date
    from named_homes as homes_l
    inner join named_homes as homes_r
        on
            homes_l.uprn = homes_r.uprn
            and homes_l.surname = homes_r.surname
            and homes_l.person_id < homes_r.person_id
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key(
            ["person_id_l", "person_id_r", "from_date", "to_date"]
        ) }} as inferred_relation_key,
        *
    from shared
    where to_date is null or from_date < to_date
)

select * from final
