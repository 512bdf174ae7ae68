-- A child's life before and after an adoption order are two persons: no record that a source first
-- held after the order may hang on the person whose record the order closed.
with records as (
    select * from {{ ref("int_identity__person_records_standardised") }}
),

source_persons as (
    select * from {{ ref("int_identity__source_persons_identified") }}
),

orders as (
    select
        source_persons.person_id,
        min(records.adoption_date) as adoption_date
    from records
    inner join source_persons on records.source_person_key = source_persons.source_person_key
    where records.adoption_date is not null
    group by source_persons.person_id
)

select source_persons.source_person_key
from source_persons
inner join orders on source_persons.person_id = orders.person_id
where source_persons.first_recorded_date > orders.adoption_date
