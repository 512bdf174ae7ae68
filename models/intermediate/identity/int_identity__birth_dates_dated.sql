with records as (
    select * from {{ ref("int_identity__person_records_standardised") }}
),

source_persons as (
    select * from {{ ref("int_identity__source_persons_identified") }}
),

stated as (
    select
        source_persons.person_id,
        records.source_person_key,
        records.birth_date,
        min(records.person_first_recorded_date) as stated_date
    from records
    inner join source_persons on records.source_person_key = source_persons.source_person_key
    where records.birth_date is not null
    group by source_persons.person_id, records.source_person_key, records.birth_date
),

-- Days on which another source person first states a birth date.
change_dates as (
    select distinct
        person_id,
        stated_date as change_date
    from stated
),

-- Of the birth dates stated by then, the one that most source persons have; of these, the earlier
-- stated.
ranked as (
    select
        change_dates.person_id,
        change_dates.change_date,
        stated.birth_date,
        row_number() over (
            partition by change_dates.person_id, change_dates.change_date
            order by count(*) desc, min(stated.stated_date) asc, stated.birth_date asc
        ) as nth_best
    from change_dates
    inner join stated
        on
            change_dates.person_id = stated.person_id
            and change_dates.change_date >= stated.stated_date
    group by change_dates.person_id, change_dates.change_date, stated.birth_date
),

changes as (
    select
        person_id,
        change_date,
        birth_date,
        lag(birth_date) over (partition by person_id order by change_date) as previous_birth_date
    from ranked
    where nth_best = 1
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key(["person_id", "change_date"]) }} as birth_date_key,
        person_id,
        birth_date,
        change_date as from_date,
        lead(change_date) over (partition by person_id order by change_date) as to_date
    from changes
    where previous_birth_date is null or previous_birth_date <> birth_date
)

select * from final
