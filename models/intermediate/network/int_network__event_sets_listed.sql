{%- set harms = harms_carried() -%}
with files as (
    select * from {{ ref("stg_load_ledger__files") }}
),

incidents as (
    select * from {{ ref("int_network__incidents_scored") }}
),

events as (
    select * from {{ ref("int_network__incidents_merged") }}
),

occurrences as (
    select * from {{ ref("stg_police_records__occurrences") }}
),

data_dates as (
    select max(extract_date) as as_of_date
    from files
),

-- Crimes of which nobody is known to have been part are of their set all the same.
offences as (
    select
        data_dates.as_of_date,
        occurrences.offence as event_set,
        events.incident_id,
        min(
            coalesce({{ local_date("occurrences.started_at") }}, occurrences.known_from_date)
        ) as event_date,
        min(occurrences.known_from_date) as recorded_date
    from occurrences
    inner join data_dates
        on {{ known_on("occurrences", "data_dates.as_of_date") }}
    inner join events
        on events.event_id = 'occurrence ' || occurrences.occurrence_id
    where occurrences.offence is not null
    group by data_dates.as_of_date, occurrences.offence, events.incident_id
),

unioned as (
    select
        'offence' as event_set_kind,
        event_set,
        incident_id,
        as_of_date,
        event_date,
        recorded_date
    from offences
    {%- for harm in harms %}
        union all
        select
            'harm' as event_set_kind,
            '{{ harm }}' as event_set,
            incidents.incident_id,
            incidents.as_of_date,
            incidents.event_date,
            incidents.recorded_date
        from incidents
        inner join data_dates on incidents.as_of_date = data_dates.as_of_date
        where incidents.points_{{ harm }} >= {{ var("incident_least_points") }}
    {%- endfor %}
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key(
            ["event_set_kind", "event_set", "incident_id"]
        ) }} as event_set_incident_key,
        *
    from unioned
)

select * from final
