with addresses as (
    select * from {{ ref("stg_bristol_social_care__addresses") }}
),

source_persons as (
    select * from {{ ref("int_identity__source_persons_identified") }}
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key(
            ["addresses.source_row_key", "addresses.version_number"]
        ) }} as placement_key,
        source_persons.person_id,
        coalesce(addresses.from_date, addresses.known_from_date) as from_date,
        {{ earlier_of("addresses.to_date", "addresses.known_to_date") }} as to_date,
        addresses.known_from_date
    from addresses
    inner join source_persons
        on
            source_persons.source_system = 'bristol_social_care'
            and addresses.social_care_id = source_persons.local_person_id
    where addresses.address_type = 'placement'
)

select * from final
