{{ stands_below("exploitation") }}
{{ stands_below("social_care") }}
with base_services as (
    select * from {{ ref("stg_base__services") }}
),

base_services_attached as (
    select * from {{ ref("int_identity__base_services_attached") }}
),

panel_decisions as (
    select * from {{ ref("stg_exploitation__panel_decisions") }}
),

panel_decisions_attached as (
    select * from {{ ref("int_identity__panel_decisions_attached") }}
),

national_referrals as (
    select * from {{ ref("stg_exploitation__national_referrals") }}
),

national_referrals_attached as (
    select * from {{ ref("int_identity__national_referrals_attached") }}
),

source_persons as (
    select * from {{ ref("int_identity__source_persons_identified") }}
),

episodes as (
    {{ rows_with_persons(
        "stg_somerset_children__exploitation_episodes", "staged.somerset_id", "somerset_children",
        "people"
    ) }}
),

-- What was decided or begun was not known before it was, whenever the row was first written.
unioned as (
    select
        base_services_attached.person_id,
        'base' as source_system,
        'services' as source_extract,
        base_services.source_row_key,
        base_services.version_number,
        'service' as attribute,
        'started' as value,
        base_services.referral_date,
        base_services.service_start_date as from_date,
        {{ later_of("base_services.service_start_date", "base_services.known_from_date") }}
            as known_from_date,
        base_services.known_to_date
    from base_services
    inner join base_services_attached
        on base_services.source_row_key = base_services_attached.source_row_key
    where base_services.service_start_date is not null
    union all
    select
        panel_decisions_attached.person_id,
        'exploitation' as source_system,
        'panel_decisions' as source_extract,
        panel_decisions.source_row_key,
        panel_decisions.version_number,
        'decision' as attribute,
        panel_decisions.decision as value,
        panel_decisions.referral_date,
        panel_decisions.panel_date as from_date,
        {{ later_of("panel_decisions.panel_date", "panel_decisions.known_from_date") }}
            as known_from_date,
        panel_decisions.known_to_date
    from panel_decisions
    inner join panel_decisions_attached
        on panel_decisions.source_row_key = panel_decisions_attached.source_row_key
    where panel_decisions.panel_date is not null
    union all
    select
        national_referrals_attached.person_id,
        'exploitation' as source_system,
        'national_referrals' as source_extract,
        national_referrals.source_row_key,
        national_referrals.version_number,
        'outcome and type' as attribute,
        national_referrals.outcome || ' ' || national_referrals.exploitation_type as value,
        national_referrals.referral_date,
        national_referrals.decision_date as from_date,
        {{ later_of("national_referrals.decision_date", "national_referrals.known_from_date") }}
            as known_from_date,
        national_referrals.known_to_date
    from national_referrals
    inner join national_referrals_attached
        on national_referrals.source_row_key = national_referrals_attached.source_row_key
    where national_referrals.decision_date is not null
    union all
    select
        person_id,
        'somerset_children' as source_system,
        'episodes' as source_extract,
        source_row_key,
        version_number,
        'episode' as attribute,
        episode_type as value,
        start_date as referral_date,
        start_date as from_date,
        {{ later_of("start_date", "known_from_date") }}
            as known_from_date,
        known_to_date
    from episodes
    where start_date is not null
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key(
            ["source_row_key", "version_number", "attribute"]
        ) }} as label_fact_key,
        *
    from unioned
    where known_to_date is null or known_from_date < known_to_date
)

select * from final
