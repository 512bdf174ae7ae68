with source_versions as (
    {{ source_versions("bristol_education", "exclusions") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("exclusion_ref") }} as exclusion_id,
        {{ text_cleaned("pupil_ref") }} as pupil_id,
        {{ text_cleaned("school_urn") }} as school_id,
        -- dates
        {{ date_guarded("start_date", "iso") }} as start_date,
        {{ date_guarded("recorded_date", "iso") }} as recorded_date,
        -- attributes
        {{ decoded("exclusion_type", "exclusion_type") }} as exclusion_type,
        {{ text_cleaned("exclusion_type") }} as exclusion_type_code,
        {{ decoded("reason", "exclusion_reason") }} as reason,
        {{ text_cleaned("reason") }} as reason_code,
        {{ cast_guarded("sessions", "integer") }} as n_sessions,
        -- record keeping
        {{ n_invalid_values([
            ("start_date", date_guarded("start_date", "iso")),
            ("sessions", cast_guarded("sessions", "integer")),
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
        {{ n_unknown_codes(["exclusion_type", "reason"]) }} as n_unknown_codes
    from renamed
)

select * from final
