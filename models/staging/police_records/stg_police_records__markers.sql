with source_versions as (
    {{ source_versions("police_records", "markers") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("marker_ref") }} as marker_id,
        {{ text_cleaned("nominal_ref") }} as nominal_id,
        -- dates
        {{ date_guarded("from_date", "dmy") }} as from_date,
        {{ date_guarded("to_date", "dmy") }} as to_date,
        {{ date_guarded("recorded_date", "dmy") }} as recorded_date,
        -- attributes
        {{ decoded("marker_code", "marker") }} as marker,
        {{ text_cleaned("marker_code") }} as marker_code,
        -- record keeping
        {{ n_invalid_values([
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
    where coalesce({{ text_cleaned("marker_code") }}, '') not in ('OPT', 'CCE')
),

final as (
    select
        *,
        {{ known_from_date() }} as known_from_date,
        {{ n_unknown_codes(["marker"]) }} as n_unknown_codes
    from renamed
)

select * from final
