with source_versions as (
    {{ source_versions("bristol_social_care", "persons") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("person_ref") }} as social_care_id,
        {{ identifier_guarded("nhs_number", "nhs_number") }} as nhs_number,
        {{ identifier_guarded("upn", "upn") }} as upn,
        -- person and place
        {{ name_normalised("surname") }} as surname,
        {{ name_normalised("forename") }} as forename,
        {{ name_normalised("former_surname") }} as former_surname,
        {{ date_guarded("date_of_birth", "iso") }} as birth_date,
        {{ decoded("sex", "sex_number") }} as sex,
        {{ text_cleaned("sex") }} as sex_code,
        {{ decoded("ethnicity", "ethnicity_census") }} as ethnicity,
        {{ text_cleaned("ethnicity") }} as ethnicity_code,
        -- dates
        {{ date_guarded("closed_date", "iso") }} as closed_date,
        {{ date_guarded("recorded_date", "iso") }} as recorded_date,
        -- attributes
        {{ decoded("record_status", "record_status") }} as record_status,
        {{ text_cleaned("record_status") }} as record_status_code,
        -- record keeping
        {{ n_invalid_values([
            ("date_of_birth", date_guarded("date_of_birth", "iso")),
            ("nhs_number", identifier_guarded("nhs_number", "nhs_number")),
            ("upn", identifier_guarded("upn", "upn")),
            ("closed_date", date_guarded("closed_date", "iso")),
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
        {{ n_unknown_codes(["sex", "ethnicity", "record_status"]) }} as n_unknown_codes
    from renamed
)

select * from final
