with indicator_sources as (
    select * from {{ ref("indicator_source") }}
),

extracts as (
    select * from {{ ref("stg_load_ledger__extracts") }}
),

facts as (
    select * from {{ ref("int_indicators__facts_gathered") }}
),

intelligence_facts as (
    select * from {{ ref("int_indicators__intelligence_facts_recorded") }}
),

stated as (
    select
        source_system,
        source_extract,
        known_from_date,
        person_id
    from facts
    union all
    select
        source_system,
        source_extract,
        known_from_date,
        person_id
    from intelligence_facts
),

dated as (
    select
        source_system,
        source_extract,
        min(known_from_date) as held_from_date,
        count(*) as n_facts,
        count(*) filter (where person_id is null) as n_facts_without_person
    from stated
    group by source_system, source_extract
),

declared as (
    select
        indicator_code,
        source_system,
        source_extract,
        min(coverage) as coverage,
        max(coverage) as last_coverage
    from indicator_sources
    group by indicator_code, source_system, source_extract
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key([
            "declared.indicator_code", "declared.source_system", "declared.source_extract",
        ]) }} as indicator_source_key,
        declared.indicator_code,
        declared.source_system,
        declared.source_extract,
        extracts.programme,
        -- Held before derivable, where an extract tells an indicator in both ways.
        case
            when declared.last_coverage = 'held' then 'held' else declared.coverage
        end as coverage,
        dated.held_from_date,
        coalesce(dated.n_facts, 0) as n_facts,
        coalesce(dated.n_facts_without_person, 0) as n_facts_without_person
    from declared
    inner join extracts
        on
            declared.source_system = extracts.source_system
            and declared.source_extract = extracts.source_extract
    left join dated
        on
            declared.source_system = dated.source_system
            and declared.source_extract = dated.source_extract
)

select * from final
