with source_versions as (
    {{ source_versions("police_records", "intelligence_reports") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("report_ref") }} as report_id,
        {{ text_cleaned("location_uprn") }} as location_uprn,
        {{ text_cleaned("occurrence_ref") }} as occurrence_id,
        -- dates
        {{ date_guarded("event_date", "dmy") }} as event_date,
        {{ date_guarded("recorded_date", "dmy") }} as recorded_date,
        -- attributes
        {{ decoded("source_evaluation", "source_evaluation") }} as source_evaluation,
        {{ text_cleaned("source_evaluation") }} as source_evaluation_code,
        {{ decoded("intelligence_assessment", "intelligence_assessment") }} as intelligence_grade,
        {{ text_cleaned("intelligence_assessment") }} as intelligence_grade_code,
        {{ decoded("handling_code", "handling_code") }} as handling_code,
        {{ text_cleaned("handling_code") }} as handling_code_raw,
        {{ decoded("theme", "intelligence_theme") }} as theme,
        {{ text_cleaned("theme") }} as theme_code,
        -- record keeping
        {{ n_invalid_values([
            ("event_date", date_guarded("event_date", "dmy")),
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
        {{ n_unknown_codes([
            "source_evaluation",
            "intelligence_grade",
            "handling_code",
            "theme",
        ]) }} as n_unknown_codes
    from renamed
)

select * from final
