with records as (
    select * from {{ ref("int_identity__person_records_standardised") }}
),

source_persons as (
    select * from {{ ref("int_identity__source_persons_identified") }}
),

final as (
    select distinct
        records.source_row_key,
        records.source_person_key,
        records.source_system,
        records.source_extract,
        records.programme,
        source_persons.person_id
    from records
    inner join source_persons on records.source_person_key = source_persons.source_person_key
)

select * from final
