with homes as (
    select * from {{ ref("int_identity__homes_dated") }}
),

social_care_addresses as (
    select * from {{ ref("stg_bristol_social_care__addresses") }}
),

gp_registrations as (
    select * from {{ ref("stg_health__gp_registrations") }}
),

dwellings as (
    select * from {{ ref("int_identity__dwellings_catalogued") }}
),

source_persons as (
    select * from {{ ref("int_identity__source_persons_identified") }}
),

-- Homes leave out where many families live: here it counts that somebody lived there, too.
unioned as (
    select
        person_id,
        uprn,
        'home' as stay_kind,
        from_date,
        to_date
    from homes
    union all
    select
        source_persons.person_id,
        coalesce(social_care_addresses.uprn, dwellings.uprn) as uprn,
        case
            when dwellings.address_kind = 'refuge' then 'refuge'
            else social_care_addresses.address_type
        end as stay_kind,
        {{ later_of("social_care_addresses.from_date", "social_care_addresses.known_from_date") }}
            as from_date,
        {{ earlier_of("social_care_addresses.to_date", "social_care_addresses.known_to_date") }}
            as to_date
    from social_care_addresses
    inner join source_persons
        on
            source_persons.source_system = 'bristol_social_care'
            and source_persons.source_extract = 'persons'
            and social_care_addresses.social_care_id = source_persons.local_person_id
    left join dwellings
        on
            social_care_addresses.address_line = dwellings.address_line
            and social_care_addresses.postcode = dwellings.postcode
    union all
    select
        source_persons.person_id,
        dwellings.uprn,
        dwellings.address_kind as stay_kind,
        {{ later_of("gp_registrations.registered_date", "gp_registrations.known_from_date") }}
            as from_date,
        {{ earlier_of("gp_registrations.deducted_date", "gp_registrations.known_to_date") }}
            as to_date
    from gp_registrations
    inner join source_persons
        on
            source_persons.source_system = 'health'
            and source_persons.source_extract = 'gp_registrations'
            and coalesce(gp_registrations.nhs_number, gp_registrations.source_row_key)
            = source_persons.local_person_id
    inner join dwellings
        on
            gp_registrations.address_line = dwellings.address_line
            and gp_registrations.postcode = dwellings.postcode
    where dwellings.address_kind <> 'residential'
),

final as (
    select distinct
        {{ dbt_utils.generate_surrogate_key(
            ["person_id", "uprn", "stay_kind", "from_date", "to_date"]
        ) }} as stay_key,
        person_id,
        uprn,
        coalesce(stay_kind, 'unknown') as stay_kind,
        from_date,
        to_date
    from unioned
    where uprn is not null and (to_date is null or from_date < to_date)
)

select * from final
