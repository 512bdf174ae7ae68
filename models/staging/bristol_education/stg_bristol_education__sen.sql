with source_versions as (
    {{ source_versions("bristol_education", "sen") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("sen_ref") }} as sen_id,
        {{ text_cleaned("pupil_ref") }} as pupil_id,
        -- dates
        {{ date_guarded("start_date", "iso") }} as start_date,
        {{ date_guarded("end_date", "iso") }} as end_date,
        {{ date_guarded("recorded_date", "iso") }} as recorded_date,
        -- attributes
        {{ decoded("provision", "sen_provision") }} as provision,
        {{ text_cleaned("provision") }} as provision_code,
        {{ decoded("primary_need", "sen_need") }} as primary_need,
        {{ text_cleaned("primary_need") }} as primary_need_code,
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
        {{ n_unknown_codes(["provision", "primary_need"]) }} as n_unknown_codes
    from renamed
)

select * from final
