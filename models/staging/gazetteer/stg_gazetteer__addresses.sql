with source_versions as (
    {{ source_versions("gazetteer", "addresses") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("uprn") }} as uprn,
        -- dates
        {{ date_guarded("recorded_date", "iso") }} as recorded_date,
        -- attributes
        {{ address_normalised("address_line") }} as address_line,
        {{ text_cleaned("locality") }} as locality,
        {{ postcode_normalised("postcode") }} as postcode,
        {{ text_cleaned("ward_code") }} as ward_code,
        {{ text_cleaned("lsoa_code") }} as lsoa_code,
        {{ cast_guarded("imd_decile", "integer") }} as imd_decile,
        {{ decoded("address_kind", "address_kind") }} as address_kind,
        {{ text_cleaned("address_kind") }} as address_kind_code,
        -- record keeping
        {{ n_invalid_values([
            ("postcode", postcode_normalised("postcode")),
            ("imd_decile", cast_guarded("imd_decile", "integer")),
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
        {{ n_unknown_codes(["address_kind"]) }} as n_unknown_codes
    from renamed
)

select * from final
