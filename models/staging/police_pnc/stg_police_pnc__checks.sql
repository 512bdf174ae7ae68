with source_versions as (
    {{ source_versions("police_pnc", "checks") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("check_ref") }} as check_id,
        {{ text_cleaned("nominal_ref") }} as nominal_id,
        {{ text_cleaned("control_ref") }} as control_incident_id,
        -- dates
        {{ timestamp_guarded("checked_at") }} as checked_at,
        {{ date_guarded("recorded_date", "dmy") }} as recorded_date,
        -- attributes
        {{ decoded("reason", "pnc_reason") }} as reason,
        {{ text_cleaned("reason") }} as reason_code,
        -- record keeping
        {{ n_invalid_values([
            ("checked_at", timestamp_guarded("checked_at")),
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
        {{ n_unknown_codes(["reason"]) }} as n_unknown_codes
    from renamed
)

select * from final
