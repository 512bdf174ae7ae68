with source_persons as (
    select * from {{ ref("int_identity__source_persons_identified") }}
),

dwellings as (
    select * from {{ ref("int_identity__dwellings_catalogued") }}
),

gp_registrations as (
    select * from {{ ref("stg_health__gp_registrations") }}
),

council_tax as (
    select * from {{ ref("stg_bristol_revenues__council_tax") }}
),

social_care_addresses as (
    select * from {{ ref("stg_bristol_social_care__addresses") }}
),

somerset_accounts as (
    select * from {{ ref("stg_somerset_housing__accounts") }}
),

-- Only systems that keep an address up to date, and end it. The others repeat it long after a move.
statements as (
    select
        'health' as source_system,
        'gp_registrations' as source_extract,
        coalesce(nhs_number, source_row_key) as local_person_id,
        cast(null as {{ dbt.type_string() }}) as uprn,
        address_line,
        postcode,
        registered_date as stated_from_date,
        deducted_date as stated_to_date,
        known_from_date,
        known_to_date
    from gp_registrations
    union all
    select
        'bristol_revenues' as source_system,
        'council_tax' as source_extract,
        account_id || '|' || cast(liable_number as {{ dbt.type_string() }}) as local_person_id,
        uprn,
        address_line,
        postcode,
        from_date as stated_from_date,
        to_date as stated_to_date,
        known_from_date,
        known_to_date
    from council_tax
    union all
    select
        'bristol_social_care' as source_system,
        'persons' as source_extract,
        social_care_id as local_person_id,
        uprn,
        address_line,
        postcode,
        from_date as stated_from_date,
        to_date as stated_to_date,
        known_from_date,
        known_to_date
    from social_care_addresses
    where address_type = 'home'
    union all
    select
        'somerset_housing' as source_system,
        'accounts' as source_extract,
        account_id || '|' || cast(person_number as {{ dbt.type_string() }}) as local_person_id,
        cast(null as {{ dbt.type_string() }}) as uprn,
        address_line,
        postcode,
        start_date as stated_from_date,
        end_date as stated_to_date,
        known_from_date,
        known_to_date
    from somerset_accounts
),

located as (
    select
        source_persons.person_id,
        coalesce(statements.uprn, dwellings.uprn) as uprn,
        dwellings.address_kind,
        {{ later_of("statements.stated_from_date", "statements.known_from_date") }} as from_date,
        {{ earlier_of("statements.stated_to_date", "statements.known_to_date") }} as to_date
    from statements
    inner join source_persons
        on
            statements.source_system = source_persons.source_system
            and statements.source_extract = source_persons.source_extract
            and statements.local_person_id = source_persons.local_person_id
    left join dwellings
        on
            statements.address_line = dwellings.address_line
            and statements.postcode = dwellings.postcode
),

-- A refuge, hostel, school or prison houses many families and is none.
final as (
    select distinct
        {{ dbt_utils.generate_surrogate_key(["person_id", "uprn", "from_date", "to_date"]) }}
            as home_key,
        person_id,
        uprn,
        from_date,
        to_date
    from located
    where
        uprn is not null
        and coalesce(address_kind, 'residential') = 'residential'
        and (to_date is null or from_date < to_date)
)

select * from final
