with source_versions as (
    {{ source_versions("bristol_housing", "rent_arrears") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("tenancy_ref") }} as tenancy_id,
        -- dates
        {{ date_guarded("month_end", "dmy") }} as quarter_end_date,
        {{ date_guarded("recorded_date", "dmy") }} as recorded_date,
        -- attributes
        {{ cast_guarded("arrears", "numeric(12, 2)") }} as arrears_gbp,
        -- record keeping
        {{ n_invalid_values([
            ("month_end", date_guarded("month_end", "dmy")),
            ("arrears", cast_guarded("arrears", "numeric(12, 2)")),
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
        0 as n_unknown_codes
    from renamed
)

select * from final
