with source_versions as (
    {{ source_versions("bristol_housing", "occupants") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("tenancy_ref") }} as tenancy_id,
        {{ cast_guarded("occupant_no", "integer") }} as occupant_number,
        {{ identifier_guarded("nino", "nino") }} as nino,
        -- person and place
        {{ name_normalised("surname") }} as surname,
        {{ name_normalised("forename") }} as forename,
        {{ date_guarded("date_of_birth", "dmy") }} as birth_date,
        {{ decoded("sex", "sex") }} as sex,
        {{ text_cleaned("sex") }} as sex_code,
        -- dates
        {{ date_guarded("from_date", "dmy") }} as from_date,
        {{ date_guarded("to_date", "dmy") }} as to_date,
        {{ date_guarded("recorded_date", "dmy") }} as recorded_date,
        -- attributes
        {{ decoded("relation", "occupant_relation") }} as relation_to_tenant,
        {{ text_cleaned("relation") }} as relation_to_tenant_code,
        -- record keeping
        {{ n_invalid_values([
            ("occupant_no", cast_guarded("occupant_no", "integer")),
            ("date_of_birth", date_guarded("date_of_birth", "dmy")),
            ("nino", identifier_guarded("nino", "nino")),
            ("from_date", date_guarded("from_date", "dmy")),
            ("to_date", date_guarded("to_date", "dmy")),
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
        {{ n_unknown_codes(["relation_to_tenant", "sex"]) }} as n_unknown_codes
    from renamed
)

select * from final
