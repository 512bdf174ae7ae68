with source_versions as (
    {{ source_versions("health", "maternity") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("pregnancy_ref") }} as pregnancy_id,
        {{ identifier_guarded("nhs_number", "nhs_number") }} as nhs_number,
        -- dates
        {{ date_guarded("booking_date", "iso") }} as booking_date,
        {{ date_guarded("due_date", "iso") }} as due_date,
        {{ date_guarded("recorded_date", "iso") }} as recorded_date,
        -- attributes
        {{ decoded("outcome", "pregnancy_outcome") }} as outcome,
        {{ text_cleaned("outcome") }} as outcome_code,
        -- record keeping
        {{ n_invalid_values([
            ("nhs_number", identifier_guarded("nhs_number", "nhs_number")),
            ("booking_date", date_guarded("booking_date", "iso")),
            ("due_date", date_guarded("due_date", "iso")),
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
        {{ n_unknown_codes(["outcome"]) }} as n_unknown_codes
    from renamed
)

select * from final
