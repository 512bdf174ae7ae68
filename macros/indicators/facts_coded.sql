{#-
    Facts as indicators: each fact that a row of the seed indicator_source names, with the
    indicator's code. One row per fact, indicator and time in which it was known.

    facts: the model of facts.
    handling: how carefully its rows must be treated.
-#}
{%- macro facts_coded(facts, handling) -%}
with facts as (
    select * from {{ ref(facts) }}
),

indicator_sources as (
    select * from {{ ref("indicator_source") }}
),

catalogue as (
    select * from {{ ref("indicator_catalogue") }}
),

extracts as (
    select * from {{ ref("stg_load_ledger__extracts") }}
),

-- Two rules may name one fact for the same indicator: it counts once.
named as (
    select distinct
        indicator_sources.indicator_code,
        indicator_sources.coverage,
        facts.source_system,
        facts.source_extract,
        facts.source_row_key,
        facts.version_number,
        facts.person_id,
        facts.event_key,
        facts.measure,
        facts.detail,
        facts.from_date,
        facts.to_date,
        facts.recorded_date,
        facts.known_from_date,
        facts.known_to_date
    from facts
    inner join indicator_sources
        on
            facts.source_system = indicator_sources.source_system
            and facts.source_extract = indicator_sources.source_extract
            and facts.attribute = indicator_sources.attribute
            and (indicator_sources.value = '*' or facts.value = indicator_sources.value)
            and (indicator_sources.at_least is null or facts.measure >= indicator_sources.at_least)
            and (indicator_sources.below is null or facts.measure < indicator_sources.below)
    where facts.person_id is not null
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key([
            "named.indicator_code", "named.person_id", "named.source_row_key",
            "named.version_number", "named.event_key", "named.from_date", "named.known_from_date",
        ]) }} as person_indicator_key,
        named.person_id,
        named.indicator_code,
        catalogue.kind,
        named.event_key,
        named.from_date,
        named.to_date,
        case when catalogue.value_unit is not null then named.measure end as measure,
        named.detail,
        named.recorded_date,
        named.known_from_date,
        named.known_to_date,
        named.coverage,
        extracts.programme,
        named.source_system,
        named.source_extract,
        named.source_row_key,
        named.version_number,
        '{{ handling }}' as handling
    from named
    inner join catalogue on named.indicator_code = catalogue.indicator_code
    inner join extracts
        on
            named.source_system = extracts.source_system
            and named.source_extract = extracts.source_extract
)

select * from final
{%- endmacro -%}
