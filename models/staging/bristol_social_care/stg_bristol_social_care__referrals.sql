with source_versions as (
    {{ source_versions("bristol_social_care", "referrals") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("referral_ref") }} as referral_id,
        {{ text_cleaned("person_ref") }} as social_care_id,
        -- dates
        {{ date_guarded("referral_date", "iso") }} as referral_date,
        {{ date_guarded("recorded_date", "iso") }} as recorded_date,
        -- attributes
        {{ decoded("source", "referral_source") }} as referral_source,
        {{ text_cleaned("source") }} as referral_source_code,
        {{ decoded("decision", "referral_decision") }} as decision,
        {{ text_cleaned("decision") }} as decision_code,
        -- record keeping
        {{ n_invalid_values([
            ("referral_date", date_guarded("referral_date", "iso")),
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
        {{ n_unknown_codes(["referral_source", "decision"]) }} as n_unknown_codes
    from renamed
)

select * from final
