with source_versions as (
    {{ source_versions("response", "alert_feedback") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("alert_ref") }} as alert_id,
        -- person and place
        {{ name_normalised("surname") }} as surname,
        {{ name_normalised("forename") }} as forename,
        {{ date_guarded("date_of_birth", "iso") }} as birth_date,
        {{ postcode_normalised("postcode") }} as postcode,
        -- dates
        {{ date_guarded("alert_date", "iso") }} as alert_date,
        {{ date_guarded("decision_date", "iso") }} as decision_date,
        {{ date_guarded("recorded_date", "iso") }} as recorded_date,
        -- attributes
        {{ decoded("model", "alert_model") }} as alert_model,
        {{ text_cleaned("model") }} as alert_model_code,
        {{ decoded("decision", "alert_decision") }} as decision,
        {{ text_cleaned("decision") }} as decision_code,
        -- record keeping
        {{ n_invalid_values([
            ("date_of_birth", date_guarded("date_of_birth", "iso")),
            ("postcode", postcode_normalised("postcode")),
            ("alert_date", date_guarded("alert_date", "iso")),
            ("decision_date", date_guarded("decision_date", "iso")),
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
        {{ n_unknown_codes(["alert_model", "decision"]) }} as n_unknown_codes
    from renamed
)

select * from final
