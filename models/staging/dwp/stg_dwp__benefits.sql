with source_versions as (
    {{ source_versions("dwp", "benefits") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("claim_ref") }} as claim_id,
        {{ cast_guarded("claimant_no", "integer") }} as claimant_number,
        {{ identifier_guarded("nino", "nino") }} as nino,
        -- person and place
        {{ name_normalised("surname") }} as surname,
        {{ name_normalised("forename") }} as forename,
        {{ date_guarded("date_of_birth", "dmy") }} as birth_date,
        {{ postcode_normalised("postcode") }} as postcode,
        {{ address_normalised("address_line") }} as address_line,
        -- dates
        {{ date_guarded("start_date", "dmy") }} as start_date,
        {{ date_guarded("end_date", "dmy") }} as end_date,
        {{ date_guarded("recorded_date", "dmy") }} as recorded_date,
        -- attributes
        {{ decoded("role", "claimant_role") }} as claimant_role,
        {{ text_cleaned("role") }} as claimant_role_code,
        {{ decoded("benefit", "benefit") }} as benefit,
        {{ text_cleaned("benefit") }} as benefit_code,
        {{ decoded("work_status", "work_status") }} as work_status,
        {{ text_cleaned("work_status") }} as work_status_code,
        -- record keeping
        {{ n_invalid_values([
            ("claimant_no", cast_guarded("claimant_no", "integer")),
            ("nino", identifier_guarded("nino", "nino")),
            ("date_of_birth", date_guarded("date_of_birth", "dmy")),
            ("postcode", postcode_normalised("postcode")),
            ("start_date", date_guarded("start_date", "dmy")),
            ("end_date", date_guarded("end_date", "dmy")),
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
        {{ n_unknown_codes(["claimant_role", "benefit", "work_status"]) }} as n_unknown_codes
    from renamed
)

select * from final
