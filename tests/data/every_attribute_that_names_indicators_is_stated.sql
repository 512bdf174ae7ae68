-- A misspelt attribute would make an indicator that nobody ever has.
with indicator_sources as (
    select * from {{ ref("indicator_source") }}
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
        attribute,
        count(*) as n_facts
    from facts
    group by source_system, source_extract, attribute
    union all
    select
        source_system,
        source_extract,
        attribute,
        count(*) as n_facts
    from intelligence_facts
    group by source_system, source_extract, attribute
),

-- Extracts that were delivered with rows enough to state something of each kind.
large_extracts as (
    select
        source_system,
        source_extract
    from stated
    group by source_system, source_extract
    having sum(n_facts) >= 100
),

named as (
    select distinct
        indicator_sources.source_system,
        indicator_sources.source_extract,
        indicator_sources.attribute
    from indicator_sources
    inner join large_extracts
        on
            indicator_sources.source_system = large_extracts.source_system
            and indicator_sources.source_extract = large_extracts.source_extract
),

final as (
    select named.*
    from named
    left join stated
        on
            named.source_system = stated.source_system
            and named.source_extract = stated.source_extract
            and named.attribute = stated.attribute
    where stated.attribute is null
)

select * from final
