{%- set harms = harms_carried() -%}
with participants as (
    select * from {{ ref("int_network__participants_recorded") }}
),

incidents as (
    select * from {{ ref("int_network__incidents_merged") }}
),

police_indicators as (
    select * from {{ ref("int_indicators__police_coded") }}
),

intelligence_indicators as (
    select * from {{ ref("int_indicators__intelligence_coded") }}
),

catalogue as (
    select * from {{ ref("indicator_catalogue") }}
),

-- What the police themselves say of the event, and nothing that another agency says of a person.
indicators as (
    select
        indicator_code,
        source_row_key,
        version_number,
        known_from_date
    from police_indicators
    union all
    select
        indicator_code,
        source_row_key,
        version_number,
        known_from_date
    from intelligence_indicators
),

-- The gravest thing that a row says stands for all: that somebody is suspected of violence is also
-- said by that they are suspected of an offence, and would count twice in a sum.
points as (
    select
        indicators.source_row_key,
        indicators.version_number,
        indicators.known_from_date,
        {%- for harm in harms %}
            max(catalogue.points_{{ harm }}) as points_{{ harm }},
            max(case when not catalogue.is_label_proxy then catalogue.points_{{ harm }} end)
                as points_{{ harm }}_no_proxies
            {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from indicators
    inner join catalogue on indicators.indicator_code = catalogue.indicator_code
    group by indicators.source_row_key, indicators.version_number, indicators.known_from_date
),

final as (
    select
        participants.participation_key,
        incidents.incident_id,
        participants.person_id,
        participants.kind,
        participants.part,
        participants.event_date,
        participants.uprn,
        participants.known_from_date,
        participants.known_to_date,
        {%- for harm in harms %}
            cast(coalesce(points.points_{{ harm }}, 0) as integer) as points_{{ harm }},
            cast(coalesce(points.points_{{ harm }}_no_proxies, 0) as integer)
                as points_{{ harm }}_no_proxies
            {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from participants
    inner join incidents on participants.event_id = incidents.event_id
    left join points
        on
            participants.source_row_key = points.source_row_key
            and participants.version_number = points.version_number
            and participants.known_from_date = points.known_from_date
)

select * from final
