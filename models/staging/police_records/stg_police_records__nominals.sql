with source_versions as (
    {{ source_versions("police_records", "nominals") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("nominal_ref") }} as nominal_id,
        {{ text_cleaned("pnc_id") }} as police_national_id,
        -- person and place
        {{ name_normalised("surname") }} as surname,
        {{ name_normalised("forename") }} as forename,
        {{ name_normalised("alias_surname") }} as former_surname,
        {{ date_guarded("date_of_birth", "dmy") }} as birth_date,
        {{ decoded("sex", "police_sex") }} as sex,
        {{ text_cleaned("sex") }} as sex_code,
        {{ decoded("ethnicity", "ethnicity_police") }} as ethnicity,
        {{ text_cleaned("ethnicity") }} as ethnicity_code,
        {{ address_normalised("address_line") }} as address_line,
        {{ postcode_normalised("postcode") }} as postcode,
        -- dates
        {{ date_guarded("recorded_date", "dmy") }} as recorded_date,
        -- record keeping
        {{ n_invalid_values([
            ("date_of_birth", date_guarded("date_of_birth", "dmy")),
            ("postcode", postcode_normalised("postcode")),
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
        {{ n_unknown_codes(["sex", "ethnicity"]) }} as n_unknown_codes
    from renamed
)

select * from final
