with source_versions as (
    {{ source_versions("bristol_social_care", "relationships") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("person_ref") }} as social_care_id,
        {{ text_cleaned("related_ref") }} as related_social_care_id,
        -- dates
        {{ date_guarded("from_date", "iso") }} as from_date,
        {{ date_guarded("to_date", "iso") }} as to_date,
        {{ date_guarded("recorded_date", "iso") }} as recorded_date,
        -- attributes
        {{ decoded("relationship", "relationship") }} as relationship,
        {{ text_cleaned("relationship") }} as relationship_code,
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
        {{ n_unknown_codes(["relationship"]) }} as n_unknown_codes
    from renamed
)

select * from final
