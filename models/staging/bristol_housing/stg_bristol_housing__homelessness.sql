with source_versions as (
    {{ source_versions("bristol_housing", "homelessness") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("case_ref") }} as homelessness_id,
        {{ identifier_guarded("nino", "nino") }} as nino,
        -- person and place
        {{ name_normalised("surname") }} as surname,
        {{ name_normalised("forename") }} as forename,
        {{ date_guarded("date_of_birth", "dmy") }} as birth_date,
        {{ postcode_normalised("last_postcode") }} as postcode,
        -- dates
        {{ date_guarded("opened_date", "dmy") }} as opened_date,
        {{ date_guarded("closed_date", "dmy") }} as closed_date,
        {{ date_guarded("recorded_date", "dmy") }} as recorded_date,
        -- attributes
        {{ decoded("stage", "homeless_stage") }} as stage,
        {{ text_cleaned("stage") }} as stage_code,
        {{ decoded("reason", "homeless_reason") }} as reason,
        {{ text_cleaned("reason") }} as reason_code,
        {{ cast_guarded("n_children", "integer") }} as n_children,
        -- record keeping
        {{ n_invalid_values([
            ("date_of_birth", date_guarded("date_of_birth", "dmy")),
            ("nino", identifier_guarded("nino", "nino")),
            ("last_postcode", postcode_normalised("last_postcode")),
            ("n_children", cast_guarded("n_children", "integer")),
            ("opened_date", date_guarded("opened_date", "dmy")),
            ("closed_date", date_guarded("closed_date", "dmy")),
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
        {{ n_unknown_codes(["stage", "reason"]) }} as n_unknown_codes
    from renamed
)

select * from final
