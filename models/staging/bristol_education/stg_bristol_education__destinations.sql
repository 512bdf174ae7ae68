with source_versions as (
    {{ source_versions("bristol_education", "destinations") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("destination_ref") }} as destination_id,
        {{ text_cleaned("pupil_ref") }} as pupil_id,
        -- dates
        {{ date_guarded("from_date", "iso") }} as from_date,
        {{ date_guarded("to_date", "iso") }} as to_date,
        {{ date_guarded("recorded_date", "iso") }} as recorded_date,
        -- attributes
        {{ decoded("destination", "destination") }} as destination,
        {{ text_cleaned("destination") }} as destination_code,
        {{ decoded("detail", "destination_detail") }} as detail,
        {{ text_cleaned("detail") }} as detail_code,
        {{ decoded("neet_risk", "neet_risk") }} as neet_risk,
        {{ text_cleaned("neet_risk") }} as neet_risk_code,
        -- record keeping
        {{ n_invalid_values([
            ("from_date", date_guarded("from_date", "iso")),
            ("to_date", date_guarded("to_date", "iso")),
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
        {{ n_unknown_codes(["destination", "detail", "neet_risk"]) }} as n_unknown_codes
    from renamed
)

select * from final
