with source_versions as (
    {{ source_versions("somerset_children", "people") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("som_id") }} as somerset_id,
        {{ identifier_guarded("upn", "upn") }} as upn,
        {{ identifier_guarded("nhs_no", "nhs_number") }} as nhs_number,
        {{ identifier_guarded("nino", "nino") }} as nino,
        -- person and place
        {{ name_normalised(dbt.split_part("full_name", "','", 1)) }} as surname,
        {{ name_normalised(dbt.split_part("full_name", "','", 2)) }} as forename,
        {{ date_guarded("dob", "dmon") }} as birth_date,
        {{ decoded("gender", "som_gender") }} as sex,
        {{ text_cleaned("gender") }} as sex_code,
        {{ decoded("ethnic_group", "som_ethnic") }} as ethnicity,
        {{ text_cleaned("ethnic_group") }} as ethnicity_code,
        {{ address_normalised("address") }} as address_line,
        {{ postcode_normalised("post_code") }} as postcode,
        -- dates
        {{ date_guarded("adopted_closed", "dmon") }} as adopted_closed_date,
        {{ date_guarded("date_added", "dmon") }} as recorded_date,
        -- attributes
        {{ decoded("age_band", "som_age_band") }} as age_band,
        {{ text_cleaned("age_band") }} as age_band_code,
        -- record keeping
        {{ n_invalid_values([
            ("dob", date_guarded("dob", "dmon")),
            ("upn", identifier_guarded("upn", "upn")),
            ("nhs_no", identifier_guarded("nhs_no", "nhs_number")),
            ("nino", identifier_guarded("nino", "nino")),
            ("post_code", postcode_normalised("post_code")),
            ("adopted_closed", date_guarded("adopted_closed", "dmon")),
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
        {{ n_unknown_codes(["sex", "ethnicity", "age_band"]) }} as n_unknown_codes
    from renamed
)

select * from final
