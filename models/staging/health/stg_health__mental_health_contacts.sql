with source_versions as (
    {{ source_versions("health", "mental_health_contacts") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("contact_ref") }} as contact_id,
        {{ identifier_guarded("nhs_number", "nhs_number") }} as nhs_number,
        -- dates
        {{ date_guarded("contact_date", "iso") }} as contact_date,
        {{ date_guarded("recorded_date", "iso") }} as recorded_date,
        -- attributes
        {{ decoded("service", "mh_service") }} as service,
        {{ text_cleaned("service") }} as service_code,
        {{ decoded("status", "mh_status") }} as status,
        {{ text_cleaned("status") }} as status_code,
        -- record keeping
        {{ n_invalid_values([
            ("nhs_number", identifier_guarded("nhs_number", "nhs_number")),
            ("contact_date", date_guarded("contact_date", "iso")),
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
        {{ n_unknown_codes(["service", "status"]) }} as n_unknown_codes
    from renamed
)

select * from final
