with source_versions as (
    {{ source_versions("bristol_youth_justice", "interventions") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("yj_ref") }} as youth_justice_id,
        {{ text_cleaned("young_person_ref") }} as young_person_id,
        {{ text_cleaned("pnc_id") }} as police_national_id,
        -- person and place
        {{ name_normalised("surname") }} as surname,
        {{ name_normalised("forename") }} as forename,
        {{ date_guarded("date_of_birth", "dmy") }} as birth_date,
        {{ decoded("sex", "sex") }} as sex,
        {{ text_cleaned("sex") }} as sex_code,
        {{ postcode_normalised("postcode") }} as postcode,
        -- dates
        {{ date_guarded("start_date", "dmy") }} as start_date,
        {{ date_guarded("end_date", "dmy") }} as end_date,
        {{ date_guarded("recorded_date", "dmy") }} as recorded_date,
        -- attributes
        {{ decoded("type", "yj_type") }} as intervention_type,
        {{ text_cleaned("type") }} as intervention_type_code,
        -- record keeping
        {{ n_invalid_values([
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
        {{ n_unknown_codes(["sex", "intervention_type"]) }} as n_unknown_codes
    from renamed
)

select * from final
