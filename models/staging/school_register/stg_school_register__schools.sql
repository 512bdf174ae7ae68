with source_versions as (
    {{ source_versions("school_register", "schools") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("school_urn") }} as school_id,
        {{ text_cleaned("uprn") }} as uprn,
        -- dates
        {{ date_guarded("recorded_date", "iso") }} as recorded_date,
        -- attributes
        {{ text_cleaned("school_name") }} as school_name,
        {{ decoded("phase", "school_phase") }} as phase,
        {{ text_cleaned("phase") }} as phase_code,
        {{ text_cleaned("programme_area") }} as programme_area,
        {{ postcode_normalised("postcode") }} as postcode,
        {{ cast_guarded("n_places", "integer") }} as n_places,
        -- record keeping
        {{ n_invalid_values([
            ("postcode", postcode_normalised("postcode")),
            ("n_places", cast_guarded("n_places", "integer")),
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
        {{ n_unknown_codes(["phase"]) }} as n_unknown_codes
    from renamed
)

select * from final
