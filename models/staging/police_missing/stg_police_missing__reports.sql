with source_versions as (
    {{ source_versions("police_missing", "reports") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("missing_ref") }} as missing_id,
        {{ text_cleaned("nominal_ref") }} as nominal_id,
        {{ text_cleaned("from_uprn") }} as from_uprn,
        {{ text_cleaned("found_uprn") }} as found_uprn,
        {{ text_cleaned("control_ref") }} as control_incident_id,
        -- person and place
        {{ decoded("missing_from", "missing_place") }} as missing_from,
        {{ text_cleaned("missing_from") }} as missing_from_code,
        -- dates
        {{ timestamp_guarded("missing_at") }} as missing_at,
        {{ timestamp_guarded("found_at") }} as found_at,
        {{ date_guarded("recorded_date", "dmy") }} as recorded_date,
        -- attributes
        {{ decoded("grade", "missing_grade") }} as grade,
        {{ text_cleaned("grade") }} as grade_code,
        {{ boolean_guarded("script_exploitation") }} as has_script_exploitation,
        {{ boolean_guarded("script_substances") }} as has_script_substances,
        {{ boolean_guarded("script_self_harm") }} as has_script_self_harm,
        {{ boolean_guarded("script_older_friends") }} as has_script_older_friends,
        -- record keeping
        {{ n_invalid_values([
            ("missing_at", timestamp_guarded("missing_at")),
            ("found_at", timestamp_guarded("found_at")),
            ("recorded_date", date_guarded("recorded_date", "dmy")),
            ("script_exploitation", boolean_guarded("script_exploitation")),
            ("script_substances", boolean_guarded("script_substances")),
            ("script_self_harm", boolean_guarded("script_self_harm")),
            ("script_older_friends", boolean_guarded("script_older_friends")),
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
        {{ n_unknown_codes(["grade", "missing_from"]) }} as n_unknown_codes
    from renamed
)

select * from final
