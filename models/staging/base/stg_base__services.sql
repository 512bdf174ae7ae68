with source_versions as (
    {{ source_versions("base", "services") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("service_ref") }} as service_id,
        -- person and place
        {{ name_normalised("surname") }} as surname,
        {{ name_normalised("forename") }} as forename,
        {{ date_guarded("date_of_birth", "dmy") }} as birth_date,
        {{ postcode_normalised("postcode") }} as postcode,
        -- dates
        {{ date_guarded("referral_date", "dmy") }} as referral_date,
        {{ date_guarded("triage_date", "dmy") }} as triage_date,
        {{ date_guarded("service_start_date", "dmy") }} as service_start_date,
        {{ date_guarded("service_end_date", "dmy") }} as service_end_date,
        {{ date_guarded("recorded_date", "dmy") }} as recorded_date,
        -- attributes
        {{ decoded("referral_source", "referral_source") }} as referral_source,
        {{ text_cleaned("referral_source") }} as referral_source_code,
        {{ decoded("triage", "triage") }} as triage,
        {{ text_cleaned("triage") }} as triage_code,
        {{ decoded("end_reason", "cse_end_reason") }} as end_reason,
        {{ text_cleaned("end_reason") }} as end_reason_code,
        -- record keeping
        {{ n_invalid_values([
            ("date_of_birth", date_guarded("date_of_birth", "dmy")),
            ("postcode", postcode_normalised("postcode")),
            ("referral_date", date_guarded("referral_date", "dmy")),
            ("triage_date", date_guarded("triage_date", "dmy")),
            ("service_start_date", date_guarded("service_start_date", "dmy")),
            ("service_end_date", date_guarded("service_end_date", "dmy")),
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
        {{ n_unknown_codes(["referral_source", "triage", "end_reason"]) }} as n_unknown_codes
    from renamed
)

select * from final
