{%- set harms = harms_carried() -%}
with incidents_wanted as (
    select * from {{ ref("int_network__incidents_wanted") }}
),

parts as (
    select * from {{ ref("int_network__parts_scored") }}
),

known as (
    select
        parts.*,
        incidents_wanted.as_of_date
    from parts
    inner join incidents_wanted
        on
            parts.incident_id = incidents_wanted.incident_id
            and {{ known_on("parts", "incidents_wanted.as_of_date") }}
),

-- Of several places of one incident, that of the row which was known first.
ranked as (
    select
        as_of_date,
        incident_id,
        uprn,
        row_number() over (
            partition by as_of_date, incident_id
            order by known_from_date asc, event_date asc, participation_key asc
        ) as nth_known
    from known
    where uprn is not null
),

gathered as (
    select
        as_of_date,
        incident_id,
        min(event_date) as event_date,
        min(known_from_date) as recorded_date,
        count(distinct person_id) as n_persons,
        {%- for harm in harms %}
            max(points_{{ harm }}) as points_{{ harm }},
            max(points_{{ harm }}_no_proxies) as points_{{ harm }}_no_proxies
            {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from known
    group by as_of_date, incident_id
),

final as (
    select
        gathered.as_of_date,
        gathered.incident_id,
        gathered.event_date,
        gathered.recorded_date,
        ranked.uprn,
        cast(gathered.n_persons as integer) as n_persons,
        {%- for harm in harms %}
            gathered.points_{{ harm }},
            gathered.points_{{ harm }}_no_proxies
            {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from gathered
    left join ranked
        on
            gathered.as_of_date = ranked.as_of_date
            and gathered.incident_id = ranked.incident_id
            and ranked.nth_known = 1
)

select * from final
