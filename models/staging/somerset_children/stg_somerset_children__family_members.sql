with source_versions as (
    {{ source_versions("somerset_children", "family_members") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("household_ref") }} as household_id,
        {{ text_cleaned("som_id") }} as somerset_id,
        -- dates
        {{ date_guarded("from_date", "dmon") }} as from_date,
        {{ date_guarded("to_date", "dmon") }} as to_date,
        {{ date_guarded("date_added", "dmon") }} as recorded_date,
        -- attributes
        {{ decoded("member_type", "som_member") }} as member_type,
        {{ text_cleaned("member_type") }} as member_type_code,
        -- record keeping
        {{ n_invalid_values([
            ("from_date", date_guarded("from_date", "dmon")),
            ("to_date", date_guarded("to_date", "dmon")),
            ("date_added", date_guarded("date_added", "dmon")),
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
        {{ n_unknown_codes(["member_type"]) }} as n_unknown_codes
    from renamed
)

select * from final
