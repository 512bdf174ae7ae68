with source_versions as (
    {{ source_versions("bristol_revenues", "council_tax") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("account_ref") }} as account_id,
        {{ cast_guarded("liable_no", "integer") }} as liable_number,
        {{ identifier_guarded("nino", "nino") }} as nino,
        {{ text_cleaned("uprn") }} as uprn,
        -- person and place
        {{ name_normalised("surname") }} as surname,
        {{ name_normalised("forename") }} as forename,
        {{ date_guarded("date_of_birth", "dmy") }} as birth_date,
        {{ address_normalised("address_line") }} as address_line,
        {{ postcode_normalised("postcode") }} as postcode,
        -- dates
        {{ date_guarded("from_date", "dmy") }} as from_date,
        {{ date_guarded("to_date", "dmy") }} as to_date,
        {{ date_guarded("recorded_date", "dmy") }} as recorded_date,
        -- attributes
        {{ decoded("status", "council_tax_status") }} as status,
        {{ text_cleaned("status") }} as status_code,
        {{ decoded("reduction", "reduction") }} as reduction,
        {{ text_cleaned("reduction") }} as reduction_code,
        {{ cast_guarded("arrears", "numeric(12, 2)") }} as arrears_gbp,
        -- record keeping
        {{ n_invalid_values([
            ("liable_no", cast_guarded("liable_no", "integer")),
            ("date_of_birth", date_guarded("date_of_birth", "dmy")),
            ("nino", identifier_guarded("nino", "nino")),
            ("postcode", postcode_normalised("postcode")),
            ("arrears", cast_guarded("arrears", "numeric(12, 2)")),
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
        {{ n_unknown_codes(["status", "reduction"]) }} as n_unknown_codes
    from renamed
)

select * from final
