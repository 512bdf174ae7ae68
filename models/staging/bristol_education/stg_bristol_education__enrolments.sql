with source_versions as (
    {{ source_versions("bristol_education", "enrolments") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("pupil_ref") }} as pupil_id,
        {{ text_cleaned("school_urn") }} as school_id,
        -- dates
        {{ date_guarded("entry_date", "iso") }} as entry_date,
        {{ date_guarded("leaving_date", "iso") }} as leaving_date,
        {{ date_guarded("recorded_date", "iso") }} as recorded_date,
        -- attributes
        {{ decoded("status", "enrolment_status") }} as status,
        {{ text_cleaned("status") }} as status_code,
        {{ decoded("year_group", "year_group") }} as year_group,
        {{ text_cleaned("year_group") }} as year_group_code,
        {{ decoded("leaving_reason", "leaving_reason") }} as leaving_reason,
        {{ text_cleaned("leaving_reason") }} as leaving_reason_code,
        -- record keeping
        {{ n_invalid_values([
            ("entry_date", date_guarded("entry_date", "iso")),
            ("leaving_date", date_guarded("leaving_date", "iso")),
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
        {{ n_unknown_codes(["status", "year_group", "leaving_reason"]) }} as n_unknown_codes
    from renamed
)

select * from final
