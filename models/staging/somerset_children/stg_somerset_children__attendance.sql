with source_versions as (
    {{ source_versions("somerset_children", "attendance") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("som_id") }} as somerset_id,
        {{ text_cleaned("school_urn") }} as school_id,
        -- dates
        {{ date_guarded("year_start", "dmon") }} as year_start_date,
        {{ date_guarded("date_added", "dmon") }} as recorded_date,
        -- attributes
        {{ text_cleaned("academic_year") }} as academic_year,
        {{ cast_guarded("percent_attended", "numeric(12, 2)") }} as attendance_percent,
        {{ cast_guarded("unauthorised_percent", "numeric(12, 2)") }} as unauthorised_percent,
        -- record keeping
        {{ n_invalid_values([
            ("year_start", date_guarded("year_start", "dmon")),
            ("percent_attended", cast_guarded("percent_attended", "numeric(12, 2)")),
            ("unauthorised_percent", cast_guarded("unauthorised_percent", "numeric(12, 2)")),
            ("date_added", date_guarded("date_added", "dmon")),
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
