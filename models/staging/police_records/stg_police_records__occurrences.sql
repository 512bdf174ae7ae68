with source_versions as (
    {{ source_versions("police_records", "occurrences") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("occurrence_ref") }} as occurrence_id,
        {{ text_cleaned("location_uprn") }} as location_uprn,
        {{ text_cleaned("control_ref") }} as control_incident_id,
        -- person and place
        {{ address_normalised("location_line") }} as location_line,
        {{ postcode_normalised("location_postcode") }} as location_postcode,
        -- dates
        {{ timestamp_guarded("started_at") }} as started_at,
        {{ timestamp_guarded("ended_at") }} as ended_at,
        {{ date_guarded("recorded_date", "dmy") }} as recorded_date,
        -- attributes
        {{ decoded("offence_code", "offence") }} as offence,
        {{ text_cleaned("offence_code") }} as offence_code,
        {{ decoded("flag", "occurrence_flag") }} as flag,
        {{ text_cleaned("flag") }} as flag_code,
        {{ decoded("outcome_code", "outcome") }} as outcome,
        {{ text_cleaned("outcome_code") }} as outcome_code,
        -- record keeping
        {{ n_invalid_values([
            ("started_at", timestamp_guarded("started_at")),
            ("ended_at", timestamp_guarded("ended_at")),
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
        {{ n_unknown_codes(["offence", "flag", "outcome"]) }} as n_unknown_codes
    from renamed
)

select * from final
