with source_versions as (
    {{ source_versions("police_records", "custody") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("custody_ref") }} as custody_id,
        {{ text_cleaned("nominal_ref") }} as nominal_id,
        {{ text_cleaned("occurrence_ref") }} as occurrence_id,
        -- dates
        {{ timestamp_guarded("detained_at") }} as detained_at,
        {{ timestamp_guarded("released_at") }} as released_at,
        {{ date_guarded("recorded_date", "dmy") }} as recorded_date,
        -- attributes
        {{ decoded("outcome_code", "custody_outcome") }} as outcome,
        {{ text_cleaned("outcome_code") }} as outcome_code,
        {{ boolean_guarded("appropriate_adult") }} as has_appropriate_adult,
        -- record keeping
        {{ n_invalid_values([
            ("detained_at", timestamp_guarded("detained_at")),
            ("released_at", timestamp_guarded("released_at")),
            ("appropriate_adult", boolean_guarded("appropriate_adult")),
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
        {{ n_unknown_codes(["outcome"]) }} as n_unknown_codes
    from renamed
)

select * from final
