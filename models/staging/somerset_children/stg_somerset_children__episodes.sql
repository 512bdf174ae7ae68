with source_versions as (
    {{ source_versions("somerset_children", "episodes") }}
),

renamed as (
    select
        -- keys and references
        {{ text_cleaned("episode_id") }} as episode_id,
        {{ text_cleaned("som_id") }} as somerset_id,
        -- dates
        {{ date_guarded("start_date", "dmon") }} as start_date,
        {{ date_guarded("end_date", "dmon") }} as end_date,
        {{ date_guarded("date_added", "dmon") }} as recorded_date,
        -- attributes
        {{ decoded("type_code", "som_episode") }} as episode_type,
        {{ text_cleaned("type_code") }} as episode_type_code,
        {{ text_cleaned("detail") }} as detail,
        {{ decoded("outcome", "som_outcome") }} as outcome,
        {{ text_cleaned("outcome") }} as outcome_code,
        -- record keeping
        {{ n_invalid_values([
            ("start_date", date_guarded("start_date", "dmon")),
            ("end_date", date_guarded("end_date", "dmon")),
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
    where coalesce({{ text_cleaned("type_code") }}, '') not in ('CSS', 'CEP')
),

final as (
    select
        *,
        {{ known_from_date() }} as known_from_date,
        {{ n_unknown_codes(["episode_type", "outcome"]) }} as n_unknown_codes
    from renamed
)

select * from final
