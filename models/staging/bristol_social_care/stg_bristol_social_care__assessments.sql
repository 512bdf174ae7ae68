with source_versions as (
    {{ source_versions("bristol_social_care", "assessments") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("assessment_ref") }} as assessment_id,
        {{ text_cleaned("person_ref") }} as social_care_id,
        {{ text_cleaned("referral_ref") }} as referral_id,
        -- dates
        {{ date_guarded("started_date", "iso") }} as started_date,
        {{ date_guarded("completed_date", "iso") }} as completed_date,
        {{ date_guarded("recorded_date", "iso") }} as recorded_date,
        -- record keeping
        {{ n_invalid_values([
            ("started_date", date_guarded("started_date", "iso")),
            ("completed_date", date_guarded("completed_date", "iso")),
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
