with source_versions as (
    {{ source_versions("bristol_education", "pupils") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("pupil_ref") }} as pupil_id,
        {{ identifier_guarded("upn", "upn") }} as upn,
        {{ identifier_guarded("former_upn", "upn") }} as former_upn,
        -- person and place
        {{ name_normalised("legal_surname") }} as surname,
        {{ name_normalised("preferred_surname") }} as former_surname,
        {{ name_normalised("forename") }} as forename,
        {{ date_guarded("date_of_birth", "iso") }} as birth_date,
        {{ decoded("sex", "sex") }} as sex,
        {{ text_cleaned("sex") }} as sex_code,
        {{ decoded("ethnicity", "ethnicity_census") }} as ethnicity,
        {{ text_cleaned("ethnicity") }} as ethnicity_code,
        {{ address_normalised("address_line") }} as address_line,
        {{ postcode_normalised("postcode") }} as postcode,
        -- dates
        {{ date_guarded("recorded_date", "iso") }} as recorded_date,
        -- attributes
        {{ boolean_guarded("free_school_meals") }} as is_free_school_meals,
        -- record keeping
        {{ n_invalid_values([
            ("upn", identifier_guarded("upn", "upn")),
            ("former_upn", identifier_guarded("former_upn", "upn")),
            ("date_of_birth", date_guarded("date_of_birth", "iso")),
            ("free_school_meals", boolean_guarded("free_school_meals")),
            ("postcode", postcode_normalised("postcode")),
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
        {{ n_unknown_codes(["sex", "ethnicity"]) }} as n_unknown_codes
    from renamed
)

select * from final
