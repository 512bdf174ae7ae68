{%- set harms = harms_carried() -%}
{%- set threshold, least_points = var("place_threshold"), var("incident_least_points") -%}
with incidents as (
    select * from {{ ref("int_network__incidents_placed") }}
),

parts as (
    select * from {{ ref("int_network__parts_dated") }}
),

stays as (
    select * from {{ ref("int_network__stays_dated") }}
),

harmful as (
    {%- for harm in harms %}
        select
            as_of_date,
            uprn,
            '{{ harm }}' as harm,
            incident_id,
            event_date,
            points_{{ harm }} as points,
            case
                when points_{{ harm }}_no_proxies >= {{ least_points }}
                    then points_{{ harm }}_no_proxies
            end as points_no_proxies
        from incidents
        where points_{{ harm }} >= {{ least_points }}
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}
),

repeated as (
    select
        as_of_date,
        uprn,
        harm,
        count(*) as n_incidents,
        sum(points) as risk,
        count(points_no_proxies) as n_incidents_no_proxies,
        coalesce(sum(points_no_proxies), 0) as risk_no_proxies,
        min(event_date) as first_event_date,
        max(event_date) as last_event_date
    from harmful
    group by as_of_date, uprn, harm
    having count(*) >= {{ threshold }}
),

dwellers as (
    select distinct
        repeated.as_of_date,
        repeated.uprn,
        stays.person_id
    from repeated
    inner join stays
        on
            repeated.uprn = stays.uprn
            and repeated.as_of_date >= stays.from_date
            and (
                stays.to_date is null
                or stays.to_date > cast(
                    {{ dbt.dateadd("day", -var("place_window_days"), "repeated.as_of_date") }}
                    as date
                )
            )
),

persons_counted as (
    select
        harmful.as_of_date,
        harmful.uprn,
        harmful.harm,
        count(distinct parts.person_id) as n_persons,
        count(distinct case when dwellers.person_id is null then parts.person_id end)
            as n_persons_from_elsewhere
    from harmful
    inner join parts
        on
            harmful.as_of_date = parts.as_of_date
            and harmful.incident_id = parts.incident_id
    left join dwellers
        on
            harmful.as_of_date = dwellers.as_of_date
            and harmful.uprn = dwellers.uprn
            and parts.person_id = dwellers.person_id
    group by harmful.as_of_date, harmful.uprn, harmful.harm
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key(
            ["repeated.as_of_date", "repeated.uprn", "repeated.harm"]
        ) }} as repeated_place_key,
        repeated.as_of_date,
        repeated.uprn,
        repeated.harm,
        cast(repeated.n_incidents as integer) as n_incidents,
        cast(repeated.risk as integer) as risk,
        cast(repeated.n_incidents_no_proxies as integer) as n_incidents_no_proxies,
        cast(repeated.risk_no_proxies as integer) as risk_no_proxies,
        repeated.n_incidents_no_proxies >= {{ threshold }} as is_repeated_no_proxies,
        cast(persons_counted.n_persons as integer) as n_persons,
        cast(persons_counted.n_persons_from_elsewhere as integer) as n_persons_from_elsewhere,
        repeated.first_event_date,
        repeated.last_event_date
    from repeated
    inner join persons_counted
        on
            repeated.as_of_date = persons_counted.as_of_date
            and repeated.uprn = persons_counted.uprn
            and repeated.harm = persons_counted.harm
)

select * from final
