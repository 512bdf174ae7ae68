with source_versions as (
    {{ source_versions("health", "substance_treatment") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("treatment_ref") }} as treatment_id,
        {{ identifier_guarded("nhs_number", "nhs_number") }} as nhs_number,
        -- dates
        {{ date_guarded("start_date", "iso") }} as start_date,
        {{ date_guarded("end_date", "iso") }} as end_date,
        {{ date_guarded("recorded_date", "iso") }} as recorded_date,
        -- attributes
        {{ decoded("substance", "substance") }} as substance,
        {{ text_cleaned("substance") }} as substance_code,
        {{ decoded("exit_reason", "treatment_exit") }} as exit_reason,
        {{ text_cleaned("exit_reason") }} as exit_reason_code,
        -- record keeping
        {{ n_invalid_values([
            ("nhs_number", identifier_guarded("nhs_number", "nhs_number")),
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
        {{ n_unknown_codes(["substance", "exit_reason"]) }} as n_unknown_codes
    from renamed
)

select * from final
