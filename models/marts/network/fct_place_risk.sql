{{ stands_below("network") }}
with as_of_dates as (
    select * from {{ ref("int_features__as_of_dates_listed") }}
),

places as (
    select * from {{ ref("int_network__places_repeated") }}
),

protected_places as (
    select * from {{ ref("int_network__places_protected") }}
),

addresses as (
    select * from {{ ref("stg_gazetteer__addresses") }}
),

current_addresses as (
    select
        uprn,
        address_kind,
        ward_code,
        lsoa_code,
        row_number() over (partition by uprn order by source_row_key asc) as nth_of_uprn
    from addresses
    where is_current
),

-- What is protected now is shown of no day, also of days on which nobody knew that it would be.
final as (
    select
        places.repeated_place_key as place_risk_id,
        places.as_of_date,
        places.uprn,
        current_addresses.address_kind,
        current_addresses.ward_code,
        current_addresses.lsoa_code,
        places.harm,
        places.n_incidents,
        places.risk,
        places.n_incidents_no_proxies,
        places.risk_no_proxies,
        places.n_persons,
        places.n_persons_from_elsewhere,
        places.first_event_date,
        places.last_event_date,
        'restricted' as handling,
        'criminal_offence' as sensitivity,
        '{{ purposes_listed(model) }}' as permitted_purposes
    from places
    inner join as_of_dates on places.as_of_date = as_of_dates.as_of_date
    left join protected_places on places.uprn = protected_places.uprn
    left join current_addresses
        on
            places.uprn = current_addresses.uprn
            and current_addresses.nth_of_uprn = 1
    where protected_places.uprn is null
)

select * from final
