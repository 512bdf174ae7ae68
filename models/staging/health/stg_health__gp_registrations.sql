with source_versions as (
    {{ source_versions("health", "gp_registrations") }}
),

renamed as (
    select
        -- keys and references
        {{ identifier_guarded("nhs_number", "nhs_number") }} as nhs_number,
        {{ text_cleaned("practice_code") }} as practice_id,
        -- person and place
        {{ name_normalised("surname") }} as surname,
        {{ name_normalised("forename") }} as forename,
        {{ name_normalised("previous_surname") }} as former_surname,
        {{ date_guarded("date_of_birth", "iso") }} as birth_date,
        {{ decoded("sex", "sex_number") }} as sex,
        {{ text_cleaned("sex") }} as sex_code,
        {{ address_normalised("address_line") }} as address_line,
        {{ postcode_normalised("postcode") }} as postcode,
        -- dates
        {{ date_guarded("registered_date", "iso") }} as registered_date,
        {{ date_guarded("deducted_date", "iso") }} as deducted_date,
        {{ date_guarded("recorded_date", "iso") }} as recorded_date,
        -- attributes
        {{ decoded("status", "gp_status") }} as status,
        {{ text_cleaned("status") }} as status_code,
        -- record keeping
        {{ n_invalid_values([
            ("nhs_number", identifier_guarded("nhs_number", "nhs_number")),
            ("date_of_birth", date_guarded("date_of_birth", "iso")),
            ("postcode", postcode_normalised("postcode")),
            ("registered_date", date_guarded("registered_date", "iso")),
            ("deducted_date", date_guarded("deducted_date", "iso")),
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
        {{ n_unknown_codes(["sex", "status"]) }} as n_unknown_codes
    from renamed
)

select * from final
