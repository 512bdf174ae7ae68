{%- set harms = harms_carried() -%}
{%- set least_points = var("incident_least_points") -%}
with places as (
    select * from {{ ref("int_network__places_repeated") }}
),

incidents as (
    select * from {{ ref("int_network__incidents_placed") }}
),

parts as (
    select * from {{ ref("int_network__parts_dated") }}
),

-- Whoever was there for anything was there; only incidents of risk tell of the place.
present as (
    select
        places.repeated_place_key,
        places.as_of_date,
        places.uprn,
        places.harm,
        parts.person_id,
        places.n_incidents as n_incidents_of_place,
        places.risk as risk_of_place,
        places.n_incidents_no_proxies as n_incidents_of_place_no_proxies,
        places.risk_no_proxies as risk_of_place_no_proxies,
        incidents.event_date,
        case places.harm
            {%- for harm in harms %}
                when '{{ harm }}' then incidents.points_{{ harm }}
            {%- endfor %}
        end as points,
        case places.harm
            {%- for harm in harms %}
                when '{{ harm }}' then incidents.points_{{ harm }}_no_proxies
            {%- endfor %}
        end as points_no_proxies
    from places
    inner join incidents
        on
            places.as_of_date = incidents.as_of_date
            and places.uprn = incidents.uprn
    inner join parts
        on
            incidents.as_of_date = parts.as_of_date
            and incidents.incident_id = parts.incident_id
),

counted as (
    select
        repeated_place_key,
        as_of_date,
        uprn,
        harm,
        person_id,
        n_incidents_of_place,
        risk_of_place,
        n_incidents_of_place_no_proxies,
        risk_of_place_no_proxies,
        count(*) as n_incidents_present,
        count(*) filter (where points >= {{ least_points }}) as n_incidents_own,
        coalesce(sum(points) filter (where points >= {{ least_points }}), 0) as risk_own,
        count(*) filter (where points_no_proxies >= {{ least_points }})
            as n_incidents_own_no_proxies,
        coalesce(
            sum(points_no_proxies) filter (where points_no_proxies >= {{ least_points }}),
            0
        ) as risk_own_no_proxies,
        min(event_date) as first_event_date,
        max(event_date) as last_event_date
    from present
    group by
        repeated_place_key,
        as_of_date,
        uprn,
        harm,
        person_id,
        n_incidents_of_place,
        risk_of_place,
        n_incidents_of_place_no_proxies,
        risk_of_place_no_proxies
),

-- What somebody was part of says nothing new of them: the place counts by what it is without it.
final as (
    select
        {{ dbt_utils.generate_surrogate_key(["repeated_place_key", "person_id"]) }} as presence_key,
        as_of_date,
        person_id,
        uprn,
        harm,
        cast(n_incidents_present as integer) as n_incidents_present,
        cast(n_incidents_of_place - n_incidents_own as integer) as n_incidents_of_others,
        cast(risk_of_place - risk_own as integer) as risk_of_others,
        cast(
            n_incidents_of_place_no_proxies - n_incidents_own_no_proxies as integer
        ) as n_incidents_of_others_no_proxies,
        cast(
            risk_of_place_no_proxies - risk_own_no_proxies as integer
        ) as risk_of_others_no_proxies,
        first_event_date,
        last_event_date
    from counted
)

select * from final
