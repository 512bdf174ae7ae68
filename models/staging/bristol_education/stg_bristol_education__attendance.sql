with source_versions as (
    {{ source_versions("bristol_education", "attendance") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("pupil_ref") }} as pupil_id,
        {{ text_cleaned("school_urn") }} as school_id,
        -- dates
        {{ date_guarded("half_term_start", "iso") }} as half_term_start_date,
        {{ date_guarded("recorded_date", "iso") }} as recorded_date,
        -- attributes
        {{ text_cleaned("half_term") }} as half_term,
        {{ cast_guarded("sessions_possible", "integer") }} as n_sessions_possible,
        {{ cast_guarded("sessions_authorised", "integer") }} as n_sessions_authorised,
        {{ cast_guarded("sessions_unauthorised", "integer") }} as n_sessions_unauthorised,
        -- record keeping
        {{ n_invalid_values([
            ("half_term_start", date_guarded("half_term_start", "iso")),
            ("sessions_possible", cast_guarded("sessions_possible", "integer")),
            ("sessions_authorised", cast_guarded("sessions_authorised", "integer")),
            ("sessions_unauthorised", cast_guarded("sessions_unauthorised", "integer")),
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
        0 as n_unknown_codes
    from renamed
)

select * from final
