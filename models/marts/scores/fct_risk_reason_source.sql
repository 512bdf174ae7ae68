{{ stands_below("exploitation") }}
{{ stands_below("indicators") }}
{{ stands_below("network") }}
{{ stands_below("scores") }}
with sources as (
    select * from {{ ref("int_scores__reasons_sourced") }}
),

reasons as (
    select * from {{ ref("fct_risk_reason") }}
),

catalogue as (
    select * from {{ ref("indicator_catalogue") }}
),

shown as (
    select distinct
        person_id,
        as_of_date,
        scope,
        reason_code
    from reasons
),

final as (
    select
        sources.source_key as risk_reason_source_id,
        sources.person_id,
        sources.as_of_date,
        sources.scope,
        sources.reason_code,
        sources.source_person_id,
        catalogue.indicator,
        sources.event_date,
        sources.ended_date,
        sources.is_present,
        sources.source_system,
        sources.source_extract,
        sources.source_row_key,
        sources.version_number,
        sources.handling,
        coalesce(catalogue.sensitivity, 'criminal_offence') as sensitivity,
        '{{ purposes_listed(model) }}' as permitted_purposes
    from sources
    inner join shown
        on
            sources.person_id = shown.person_id
            and sources.as_of_date = shown.as_of_date
            and sources.scope = shown.scope
            and sources.reason_code = shown.reason_code
    left join catalogue on sources.indicator_code = catalogue.indicator_code
)

select * from final
