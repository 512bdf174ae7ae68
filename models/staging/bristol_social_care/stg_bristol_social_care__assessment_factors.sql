with source_versions as (
    {{ source_versions("bristol_social_care", "assessment_factors") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("assessment_ref") }} as assessment_id,
        -- dates
        {{ date_guarded("recorded_date", "iso") }} as recorded_date,
        -- attributes
        {{ decoded("factor_code", "assessment_factor") }} as factor,
        {{ text_cleaned("factor_code") }} as factor_code,
        -- record keeping
        {{ n_invalid_values([
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
        {{ n_unknown_codes(["factor"]) }} as n_unknown_codes
    from renamed
)

select * from final
