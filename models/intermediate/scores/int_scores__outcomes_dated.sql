with label_facts as (
    select * from {{ ref("int_scores__label_facts_recorded") }}
),

facts as (
    select * from {{ ref("int_indicators__facts_gathered") }}
),

targets as (
    select * from {{ ref("score_target") }}
),

unioned as (
    select
        person_id,
        source_system,
        source_extract,
        source_row_key,
        version_number,
        attribute,
        value,
        referral_date,
        from_date,
        known_from_date,
        known_to_date
    from label_facts
    union all
    select
        person_id,
        source_system,
        source_extract,
        source_row_key,
        version_number,
        attribute,
        value,
        cast(null as date) as referral_date,
        from_date,
        known_from_date,
        known_to_date
    from facts
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key([
            "targets.target", "unioned.source_row_key", "unioned.version_number",
            "unioned.attribute", "unioned.value", "unioned.from_date", "unioned.known_from_date",
        ]) }} as outcome_key,
        targets.target,
        unioned.person_id,
        unioned.from_date as outcome_date,
        coalesce(unioned.referral_date, unioned.from_date) as referral_date,
        unioned.known_from_date,
        unioned.known_to_date,
        unioned.source_system,
        unioned.source_extract,
        unioned.source_row_key,
        unioned.version_number
    from unioned
    inner join targets
        on
            unioned.source_system = targets.source_system
            and unioned.source_extract = targets.source_extract
            and unioned.attribute = targets.attribute
            and (targets.value = '*' or unioned.value = targets.value)
)

select * from final
