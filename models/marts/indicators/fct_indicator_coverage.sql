{{ stands_below("indicators") }}
with harmonised as (
    select * from {{ ref("int_indicators__programmes_harmonised") }}
),

sources as (
    select * from {{ ref("int_indicators__sources_dated") }}
),

facts as (
    select * from {{ ref("int_indicators__facts_coded") }}
),

intelligence as (
    select * from {{ ref("int_indicators__intelligence_coded") }}
),

catalogue as (
    select * from {{ ref("indicator_catalogue") }}
),

tellings as (
    select
        indicator_code,
        source_system,
        source_extract,
        person_id,
        event_key,
        cast(extract(year from from_date) as integer) as event_year
    from facts
    union all
    select
        indicator_code,
        source_system,
        source_extract,
        person_id,
        event_key,
        cast(extract(year from from_date) as integer) as event_year
    from intelligence
),

events as (
    select distinct
        indicator_code,
        source_system,
        source_extract,
        person_id,
        event_key,
        event_year
    from tellings
),

counted as (
    select
        indicator_code,
        source_system,
        source_extract,
        event_year,
        count(*) as n_events
    from events
    group by indicator_code, source_system, source_extract, event_year
),

-- The police and health tell of every programme's people together: their counts are not parted.
told as (
    select
        harmonised.indicator_code,
        harmonised.programme,
        harmonised.coverage,
        harmonised.held_from_date,
        harmonised.is_shared,
        sources.source_system,
        sources.source_extract,
        sources.programme as source_programme,
        sources.n_facts,
        sources.n_facts_without_person,
        counted.event_year,
        coalesce(counted.n_events, 0) as n_events
    from harmonised
    left join sources
        on
            harmonised.indicator_code = sources.indicator_code
            and (
                harmonised.programme = sources.programme
                or sources.programme in ('force', 'shared')
            )
    left join counted
        on
            sources.indicator_code = counted.indicator_code
            and sources.source_system = counted.source_system
            and sources.source_extract = counted.source_extract
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key([
            "told.indicator_code", "told.programme", "told.source_system", "told.source_extract",
            "told.event_year",
        ]) }} as indicator_coverage_id,
        told.indicator_code,
        catalogue.indicator,
        catalogue.criterion,
        told.is_shared,
        told.programme,
        told.coverage,
        told.held_from_date,
        told.source_system,
        told.source_extract,
        told.source_programme,
        told.event_year,
        cast(told.n_events as integer) as n_events,
        cast(coalesce(told.n_facts, 0) as integer) as n_facts_of_extract,
        cast(coalesce(told.n_facts_without_person, 0) as integer) as n_facts_without_person,
        'official_sensitive' as handling,
        '{{ purposes_listed(model) }}' as permitted_purposes
    from told
    inner join catalogue on told.indicator_code = catalogue.indicator_code
)

select * from final
