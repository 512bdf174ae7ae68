with source_versions as (
    {{ source_versions("police_records", "antisocial_behaviour") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("asb_ref") }} as incident_id,
        {{ text_cleaned("nominal_ref") }} as nominal_id,
        -- person and place
        {{ postcode_normalised("location_postcode") }} as location_postcode,
        -- dates
        {{ date_guarded("happened_date", "dmy") }} as happened_date,
        {{ date_guarded("recorded_date", "dmy") }} as recorded_date,
        -- attributes
        {{ decoded("category", "asb_category") }} as category,
        {{ text_cleaned("category") }} as category_code,
        {{ decoded("role", "role") }} as asb_role,
        {{ text_cleaned("role") }} as asb_role_code,
        -- record keeping
        {{ n_invalid_values([
            ("happened_date", date_guarded("happened_date", "dmy")),
            ("recorded_date", date_guarded("recorded_date", "dmy")),
            ("location_postcode", postcode_normalised("location_postcode")),
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
        {{ n_unknown_codes(["category", "asb_role"]) }} as n_unknown_codes
    from renamed
)

select * from final
