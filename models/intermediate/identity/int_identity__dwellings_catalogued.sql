with addresses as (
    select * from {{ ref("stg_gazetteer__addresses") }}
),

current_addresses as (
    select
        address_line,
        postcode,
        uprn,
        address_kind,
        row_number() over (partition by address_line, postcode order by uprn) as nth_of_spelling
    from addresses
    where is_current and address_line is not null and postcode is not null
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key(["address_line", "postcode"]) }}
            as dwelling_spelling_key,
        address_line,
        postcode,
        uprn,
        address_kind
    from current_addresses
    where nth_of_spelling = 1
)

select * from final
