-- A child's life before and after an adoption order are two persons: no record that a source first
-- held after the order may hang on the person whose record the order closed. A record that says
-- itself that the order closed it is of the earlier life, however late it was made.
with records as (
    select * from {{ ref("int_identity__person_records_standardised") }}
),

source_persons as (
    select * from {{ ref("int_identity__source_persons_identified") }}
),

lives as (
    select
        records.source_person_key,
        source_persons.person_id,
        source_persons.first_recorded_date,
        min(records.adoption_date) as adoption_date
    from records
    inner join source_persons on records.source_person_key = source_persons.source_person_key
    group by
        records.source_person_key,
        source_persons.person_id,
        source_persons.first_recorded_date
)

select later.source_person_key
from lives as earlier
inner join lives as later on earlier.person_id = later.person_id
where
    later.adoption_date is null
    and later.first_recorded_date > earlier.adoption_date
