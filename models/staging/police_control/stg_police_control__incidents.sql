with source_versions as (
    {{ source_versions("police_control", "incidents") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("control_ref") }} as control_incident_id,
        {{ text_cleaned("location_uprn") }} as location_uprn,
        -- person and place
        {{ address_normalised("location_line") }} as location_line,
        {{ postcode_normalised("location_postcode") }} as location_postcode,
        -- dates
        {{ timestamp_guarded("opened_at") }} as opened_at,
        {{ date_guarded("recorded_date", "dmy") }} as recorded_date,
        -- attributes
        {{ decoded("incident_type", "control_type") }} as incident_type,
        {{ text_cleaned("incident_type") }} as incident_type_code,
        -- record keeping
        {{ n_invalid_values([
            ("opened_at", timestamp_guarded("opened_at")),
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
        {{ n_unknown_codes(["incident_type"]) }} as n_unknown_codes
    from renamed
)

select * from final
