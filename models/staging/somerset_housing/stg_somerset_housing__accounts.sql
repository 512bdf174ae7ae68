with source_versions as (
    {{ source_versions("somerset_housing", "accounts") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("account_no") }} as account_id,
        {{ cast_guarded("person_no", "integer") }} as person_number,
        {{ identifier_guarded("nino", "nino") }} as nino,
        -- person and place
        {{ name_normalised(dbt.split_part("full_name", "','", 1)) }} as surname,
        {{ name_normalised(dbt.split_part("full_name", "','", 2)) }} as forename,
        {{ date_guarded("dob", "dmon") }} as birth_date,
        {{ address_normalised("address") }} as address_line,
        {{ postcode_normalised("post_code") }} as postcode,
        -- dates
        {{ date_guarded("tenancy_start", "dmon") }} as start_date,
        {{ date_guarded("tenancy_end", "dmon") }} as end_date,
        {{ date_guarded("date_added", "dmon") }} as recorded_date,
        -- attributes
        {{ decoded("relation", "occupant_relation") }} as relation_to_tenant,
        {{ text_cleaned("relation") }} as relation_to_tenant_code,
        {{ boolean_guarded("in_arrears") }} as is_in_arrears,
        -- record keeping
        {{ n_invalid_values([
            ("person_no", cast_guarded("person_no", "integer")),
            ("dob", date_guarded("dob", "dmon")),
            ("nino", identifier_guarded("nino", "nino")),
            ("post_code", postcode_normalised("post_code")),
            ("tenancy_start", date_guarded("tenancy_start", "dmon")),
            ("tenancy_end", date_guarded("tenancy_end", "dmon")),
            ("in_arrears", boolean_guarded("in_arrears")),
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
        {{ n_unknown_codes(["relation_to_tenant"]) }} as n_unknown_codes
    from renamed
)

select * from final
