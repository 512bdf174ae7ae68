with source_versions as (
    {{ source_versions("bristol_social_care", "cla_episodes") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("cla_ref") }} as cla_id,
        {{ text_cleaned("person_ref") }} as social_care_id,
        {{ text_cleaned("placement_uprn") }} as placement_uprn,
        -- dates
        {{ date_guarded("start_date", "iso") }} as start_date,
        {{ date_guarded("end_date", "iso") }} as end_date,
        {{ date_guarded("recorded_date", "iso") }} as recorded_date,
        -- attributes
        {{ decoded("legal_status", "legal_status") }} as legal_status,
        {{ text_cleaned("legal_status") }} as legal_status_code,
        {{ decoded("placement", "placement") }} as placement,
        {{ text_cleaned("placement") }} as placement_code,
        {{ decoded("end_reason", "cla_ended") }} as end_reason,
        {{ text_cleaned("end_reason") }} as end_reason_code,
        -- record keeping
        {{ n_invalid_values([
            ("start_date", date_guarded("start_date", "iso")),
            ("end_date", date_guarded("end_date", "iso")),
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
        {{ n_unknown_codes(["legal_status", "placement", "end_reason"]) }} as n_unknown_codes
    from renamed
)

select * from final
