with source_versions as (
    {{ source_versions("bristol_education", "pupil_contacts") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("pupil_ref") }} as pupil_id,
        {{ cast_guarded("contact_no", "integer") }} as contact_number,
        -- person and place
        {{ name_normalised("surname") }} as surname,
        {{ name_normalised("forename") }} as forename,
        {{ date_guarded("date_of_birth", "iso") }} as birth_date,
        {{ decoded("sex", "sex") }} as sex,
        {{ text_cleaned("sex") }} as sex_code,
        {{ address_normalised("address_line") }} as address_line,
        {{ postcode_normalised("postcode") }} as postcode,
        -- dates
        {{ date_guarded("recorded_date", "iso") }} as recorded_date,
        -- attributes
        {{ decoded("relationship", "contact_relationship") }} as relationship,
        {{ text_cleaned("relationship") }} as relationship_code,
        {{ boolean_guarded("has_parental_responsibility") }} as has_parental_responsibility,
        -- record keeping
        {{ n_invalid_values([
            ("contact_no", cast_guarded("contact_no", "integer")),
            ("date_of_birth", date_guarded("date_of_birth", "iso")),
            ("postcode", postcode_normalised("postcode")),
            ("has_parental_responsibility", boolean_guarded("has_parental_responsibility")),
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
        {{ n_unknown_codes(["relationship", "sex"]) }} as n_unknown_codes
    from renamed
)

select * from final
