{%- set harms = harms_carried() -%}
with incidents as (
    select * from {{ ref("int_network__incidents_scored") }}
),

parts as (
    select * from {{ ref("int_network__parts_dated") }}
),

stays as (
    select * from {{ ref("int_network__stays_dated") }}
),

protected_places as (
    select * from {{ ref("int_network__places_protected") }}
),

places_wanted as (
    select * from {{ ref("int_network__places_wanted") }}
),

windowed as (
    select
        incidents.*,
        {{ dbt.dateadd("day", -var("place_window_days"), "incidents.as_of_date") }} as window_start
    from incidents
    inner join places_wanted
        on
            incidents.uprn = places_wanted.uprn
            and incidents.as_of_date = places_wanted.as_of_date
),

-- The day itself counts, and so does the first of the days of the window.
recent as (
    select *
    from windowed
    where event_date > cast(window_start as date) and event_date <= as_of_date
),

shown as (
    select recent.*
    from recent
    left join protected_places
        on
            recent.uprn = protected_places.uprn
            and recent.as_of_date >= protected_places.protected_from_date
    where protected_places.uprn is null
),

-- Who lived there in the window, by what was recorded by its end.
dwellers as (
    select distinct
        shown.as_of_date,
        shown.incident_id,
        parts.person_id
    from shown
    inner join parts
        on
            shown.as_of_date = parts.as_of_date
            and shown.incident_id = parts.incident_id
    inner join stays
        on
            parts.person_id = stays.person_id
            and shown.uprn = stays.uprn
            and shown.as_of_date >= stays.from_date
            and (stays.to_date is null or stays.to_date > cast(shown.window_start as date))
),

dwellers_counted as (
    select
        as_of_date,
        incident_id,
        count(*) as n_persons_living_there
    from dwellers
    group by as_of_date, incident_id
),

-- What concerns only those who live there happened at home, and makes no place of it.
final as (
    select
        shown.as_of_date,
        shown.incident_id,
        shown.uprn,
        shown.event_date,
        {%- for harm in harms %}
            shown.points_{{ harm }},
            shown.points_{{ harm }}_no_proxies,
        {%- endfor %}
        shown.n_persons,
        cast(
            shown.n_persons - coalesce(dwellers_counted.n_persons_living_there, 0) as integer
        ) as n_persons_from_elsewhere
    from shown
    left join dwellers_counted
        on
            shown.as_of_date = dwellers_counted.as_of_date
            and shown.incident_id = dwellers_counted.incident_id
    where shown.n_persons > coalesce(dwellers_counted.n_persons_living_there, 0)
)

select * from final
