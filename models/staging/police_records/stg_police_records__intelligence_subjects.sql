with source_versions as (
    {{ source_versions("police_records", "intelligence_subjects") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("report_ref") }} as report_id,
        {{ text_cleaned("nominal_ref") }} as nominal_id,
        -- dates
        {{ date_guarded("recorded_date", "dmy") }} as recorded_date,
        -- attributes
        {{ decoded("subject_role", "subject_role") }} as subject_role,
        {{ text_cleaned("subject_role") }} as subject_role_code,
        -- record keeping
        {{ n_invalid_values([
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
        {{ n_unknown_codes(["subject_role"]) }} as n_unknown_codes
    from renamed
)

select * from final
