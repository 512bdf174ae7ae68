with source_versions as (
    {{ source_versions("bristol_housing", "tenancies") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("tenancy_ref") }} as tenancy_id,
        {{ text_cleaned("uprn") }} as uprn,
        -- person and place
        {{ address_normalised("address_line") }} as address_line,
        {{ postcode_normalised("postcode") }} as postcode,
        -- dates
        {{ date_guarded("start_date", "dmy") }} as start_date,
        {{ date_guarded("end_date", "dmy") }} as end_date,
        {{ date_guarded("recorded_date", "dmy") }} as recorded_date,
        -- attributes
        {{ decoded("tenure", "tenure") }} as tenure,
        {{ text_cleaned("tenure") }} as tenure_code,
        -- record keeping
        {{ n_invalid_values([
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
        {{ n_unknown_codes(["tenure"]) }} as n_unknown_codes
    from renamed
)

select * from final
