with source_versions as (
    {{ source_versions("bristol_housing", "asb_cases") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("asb_case_ref") }} as asb_case_id,
        {{ text_cleaned("tenancy_ref") }} as tenancy_id,
        -- dates
        {{ date_guarded("opened_date", "dmy") }} as opened_date,
        {{ date_guarded("closed_date", "dmy") }} as closed_date,
        {{ date_guarded("recorded_date", "dmy") }} as recorded_date,
        -- attributes
        {{ decoded("type", "housing_asb_type") }} as asb_type,
        {{ text_cleaned("type") }} as asb_type_code,
        -- record keeping
        {{ n_invalid_values([
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
        {{ n_unknown_codes(["asb_type"]) }} as n_unknown_codes
    from renamed
)

select * from final
