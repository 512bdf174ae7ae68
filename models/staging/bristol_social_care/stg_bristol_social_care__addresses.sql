with source_versions as (
    {{ source_versions("bristol_social_care", "addresses") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("person_ref") }} as social_care_id,
        {{ text_cleaned("uprn") }} as uprn,
        -- person and place
        {{ decoded("address_type", "address_type") }} as address_type,
        {{ text_cleaned("address_type") }} as address_type_code,
        {{ address_normalised("address_line") }} as address_line,
        {{ postcode_normalised("postcode") }} as postcode,
        -- dates
        {{ date_guarded("from_date", "iso") }} as from_date,
        {{ date_guarded("to_date", "iso") }} as to_date,
        {{ date_guarded("recorded_date", "iso") }} as recorded_date,
        -- record keeping
        {{ n_invalid_values([
            ("postcode", postcode_normalised("postcode")),
            ("from_date", date_guarded("from_date", "iso")),
            ("to_date", date_guarded("to_date", "iso")),
            ("recorded_date", date_guarded("recorded_date", "iso")),
        ]) }} as n_invalid_values,
        source_row_key,
        version_number,
        is_current,
        known_to_date,
        extract_date,
        source_file,
        source_row_number
    from source_versions
),

final as (
    select
        *,
        {{ known_from_date() }} as known_from_date,
        {{ n_unknown_codes(["address_type"]) }} as n_unknown_codes
    from renamed
)

select * from final
