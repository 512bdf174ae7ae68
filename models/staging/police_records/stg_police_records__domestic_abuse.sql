with source_versions as (
    {{ source_versions("police_records", "domestic_abuse") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("da_ref") }} as incident_id,
        {{ text_cleaned("nominal_ref") }} as nominal_id,
        {{ text_cleaned("occurrence_ref") }} as occurrence_id,
        {{ text_cleaned("control_ref") }} as control_incident_id,
        {{ text_cleaned("location_uprn") }} as location_uprn,
        -- dates
        {{ date_guarded("happened_date", "dmy") }} as happened_date,
        {{ date_guarded("recorded_date", "dmy") }} as recorded_date,
        -- attributes
        {{ decoded("da_role", "da_role") }} as da_role,
        {{ text_cleaned("da_role") }} as da_role_code,
        {{ decoded("dash_grade", "dash_grade") }} as dash_grade,
        {{ text_cleaned("dash_grade") }} as dash_grade_code,
        -- record keeping
        {{ n_invalid_values([
            ("happened_date", date_guarded("happened_date", "dmy")),
            ("recorded_date", date_guarded("recorded_date", "dmy")),
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
        {{ n_unknown_codes(["da_role", "dash_grade"]) }} as n_unknown_codes
    from renamed
)

select * from final
