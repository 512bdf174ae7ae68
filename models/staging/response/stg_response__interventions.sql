with source_versions as (
    {{ source_versions("response", "interventions") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("intervention_ref") }} as intervention_id,
        {{ text_cleaned("alert_ref") }} as alert_id,
        -- person and place
        {{ name_normalised("surname") }} as surname,
        {{ name_normalised("forename") }} as forename,
        {{ date_guarded("date_of_birth", "iso") }} as birth_date,
        -- dates
        {{ date_guarded("start_date", "iso") }} as start_date,
        {{ date_guarded("end_date", "iso") }} as end_date,
        {{ date_guarded("recorded_date", "iso") }} as recorded_date,
        -- attributes
        {{ decoded("type", "intervention") }} as intervention_type,
        {{ text_cleaned("type") }} as intervention_type_code,
        {{ decoded("outcome", "intervention_outcome") }} as outcome,
        {{ text_cleaned("outcome") }} as outcome_code,
        -- record keeping
        {{ n_invalid_values([
            ("date_of_birth", date_guarded("date_of_birth", "iso")),
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
        {{ n_unknown_codes(["intervention_type", "outcome"]) }} as n_unknown_codes
    from renamed
)

select * from final
