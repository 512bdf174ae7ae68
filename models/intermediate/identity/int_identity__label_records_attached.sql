with base_services as (
    select * from {{ ref("int_identity__base_services_attached") }}
),

panel_decisions as (
    select * from {{ ref("int_identity__panel_decisions_attached") }}
),

national_referrals as (
    select * from {{ ref("int_identity__national_referrals_attached") }}
),

somerset_episodes as (
    select * from {{ ref("stg_somerset_children__exploitation_episodes") }}
),

exploitation_markers as (
    select * from {{ ref("stg_police_records__exploitation_markers") }}
),

source_persons as (
    select * from {{ ref("int_identity__source_persons_identified") }}
),

-- These bear the id of a person whom their own system holds.
local_ids as (
    select distinct
        source_row_key,
        'somerset_children' as source_system,
        'episodes' as source_extract,
        'people' as person_extract,
        somerset_id as local_person_id
    from somerset_episodes
    union all
    select distinct
        source_row_key,
        'police_records' as source_system,
        'markers' as source_extract,
        'nominals' as person_extract,
        nominal_id as local_person_id
    from exploitation_markers
),

by_local_id as (
    select
        local_ids.source_row_key,
        local_ids.source_system,
        local_ids.source_extract,
        min(source_persons.person_id) as person_id,
        case when min(source_persons.person_id) is not null then 'local id' end as agrees_on
    from local_ids
    left join source_persons
        on
            local_ids.source_system = source_persons.source_system
            and local_ids.person_extract = source_persons.source_extract
            and local_ids.local_person_id = source_persons.local_person_id
    group by local_ids.source_row_key, local_ids.source_system, local_ids.source_extract
),

final as (
    select
        source_row_key,
        source_system,
        source_extract,
        person_id,
        agrees_on
    from base_services
    union all
    select
        source_row_key,
        source_system,
        source_extract,
        person_id,
        agrees_on
    from panel_decisions
    union all
    select
        source_row_key,
        source_system,
        source_extract,
        person_id,
        agrees_on
    from national_referrals
    union all
    select
        source_row_key,
        source_system,
        source_extract,
        person_id,
        agrees_on
    from by_local_id
)

select * from final
