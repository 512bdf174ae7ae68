with source_versions as (
    {{ source_versions("bristol_education", "children_missing_education") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("cme_ref") }} as cme_id,
        {{ text_cleaned("pupil_ref") }} as pupil_id,
        -- dates
        {{ date_guarded("start_date", "iso") }} as start_date,
        {{ date_guarded("end_date", "iso") }} as end_date,
        {{ date_guarded("recorded_date", "iso") }} as recorded_date,
        -- attributes
        {{ decoded("reason", "cme_reason") }} as reason,
        {{ text_cleaned("reason") }} as reason_code,
        -- record keeping
        {{ n_invalid_values([
            ("start_date", date_guarded("start_date", "iso")),
            ("end_date", date_guarded("end_date", "iso")),
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
        {{ n_unknown_codes(["reason"]) }} as n_unknown_codes
    from renamed
)

select * from final
