with person_dates as (
    select * from {{ ref("int_features__person_dates_listed") }}
),

relatives as (
    select * from {{ ref("int_features__relatives_paired") }}
),

birth_dates as (
    select * from {{ ref("int_identity__birth_dates_dated") }}
),

programme_stays as (
    select * from {{ ref("int_identity__programmes_dated") }}
),

programmes as (
    select * from {{ ref("programme") }}
),

-- A set of programmes is one number, the sum of a power of two for each.
programmes_numbered as (
    select
        programme,
        cast(power(2, row_number() over (order by programme) - 1) as integer) as programme_bit
    from programmes
),

programmes_of_persons as (
    select distinct
        person_dates.person_id,
        person_dates.as_of_date,
        programmes_numbered.programme_bit
    from person_dates
    inner join programme_stays
        on
            person_dates.person_id = programme_stays.person_id
            and person_dates.as_of_date >= programme_stays.from_date
            and (
                programme_stays.to_date is null or person_dates.as_of_date < programme_stays.to_date
            )
    inner join programmes_numbered on programme_stays.programme = programmes_numbered.programme
),

programme_sets as (
    select
        person_id,
        as_of_date,
        sum(programme_bit) as programme_set
    from programmes_of_persons
    group by person_id, as_of_date
),

-- Ages by the birth date as it was known on the day.
aged_relatives as (
    select
        relatives.person_id,
        relatives.as_of_date,
        {{ age_in_years("birth_dates.birth_date", "relatives.as_of_date") }} as age_in_years
    from relatives
    left join birth_dates
        on
            relatives.relative_id = birth_dates.person_id
            and relatives.as_of_date >= birth_dates.from_date
            and (birth_dates.to_date is null or relatives.as_of_date < birth_dates.to_date)
),

families as (
    select
        person_id,
        as_of_date,
        count(*) as n_relatives,
        count(*) filter (where age_in_years < 18) as n_relatives_under_18
    from aged_relatives
    group by person_id, as_of_date
),

final as (
    select
        person_dates.person_id,
        person_dates.as_of_date,
        {{ age_in_years("birth_dates.birth_date", "person_dates.as_of_date") }} as age_in_years,
        cast(coalesce(families.n_relatives, 0) as integer) as n_relatives,
        cast(coalesce(families.n_relatives_under_18, 0) as integer) as n_relatives_under_18,
        cast(coalesce(programme_sets.programme_set, 0) as integer) as programme_set
    from person_dates
    left join birth_dates
        on
            person_dates.person_id = birth_dates.person_id
            and person_dates.as_of_date >= birth_dates.from_date
            and (birth_dates.to_date is null or person_dates.as_of_date < birth_dates.to_date)
    left join families
        on
            person_dates.person_id = families.person_id
            and person_dates.as_of_date = families.as_of_date
    left join programme_sets
        on
            person_dates.person_id = programme_sets.person_id
            and person_dates.as_of_date = programme_sets.as_of_date
)

select * from final
