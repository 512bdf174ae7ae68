with clustered as (
    select * from {{ ref("int_identity__source_persons_clustered") }}
),

registry as (
    select * from {{ ref("int_identity__person_ids_registered") }}
),

records as (
    select * from {{ ref("int_identity__person_records_standardised") }}
),

registry_ranked as (
    select
        member_key,
        person_id,
        row_number() over (partition by member_key order by registry_run desc) as nth_latest
    from registry
),

source_persons as (
    select
        source_person_key,
        source_system,
        source_extract,
        programme,
        local_person_id,
        min(source_row_key) as source_row_key,
        min(person_first_recorded_date) as first_recorded_date,
        max(case when is_current then 1 else 0 end) = 1 as is_current
    from records
    group by source_person_key, source_system, source_extract, programme, local_person_id
),

final as (
    select
        source_persons.source_person_key,
        source_persons.source_system,
        source_persons.source_extract,
        source_persons.programme,
        source_persons.local_person_id,
        registry_ranked.person_id,
        clustered.n_source_persons,
        clustered.strongest_weight,
        source_persons.source_row_key,
        source_persons.first_recorded_date,
        source_persons.is_current
    from source_persons
    inner join clustered on source_persons.source_person_key = clustered.source_person_key
    inner join registry_ranked
        on
            source_persons.source_person_key = registry_ranked.member_key
            and registry_ranked.nth_latest = 1
)

select * from final
