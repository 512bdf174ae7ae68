{%- set kinds = incident_kinds() -%}
with person_events as (
    select * from {{ ref("int_network__person_events_gathered") }}
),

mass_events as (
    select * from {{ ref("int_network__mass_events_counted") }}
),

shared as (
    select * from {{ ref("int_network__events_shared") }}
),

links as (
    select * from {{ ref("int_network__associates_linked") }}
    where ended_on is null
),

kinds as (
    select 'all' as kind
    {%- for kind in kinds %}
        union all
        select '{{ kind }}' as kind
    {%- endfor %}
),

incidents as (
    select
        incident_id,
        kind,
        count(*) as n_persons
    from person_events
    group by incident_id, kind
),

incidents_counted as (
    select
        kinds.kind,
        count(*) as n_incidents,
        max(incidents.n_persons) as n_persons_largest,
        count(case when incidents.n_persons > 1 then incidents.incident_id end)
            as n_incidents_shared,
        sum(incidents.n_persons * (incidents.n_persons - 1) / 2) as n_pairs
    from kinds
    inner join incidents on kinds.kind in ('all', incidents.kind)
    group by kinds.kind
),

persons_counted as (
    select
        kinds.kind,
        count(distinct person_events.person_id) as n_persons
    from kinds
    inner join person_events on kinds.kind in ('all', person_events.kind)
    group by kinds.kind
),

incidents_linking as (
    select
        kinds.kind,
        count(distinct shared.event_id) as n_incidents_linking
    from kinds
    inner join shared on kinds.kind in ('all', shared.kind)
    inner join links
        on
            shared.person_id_l = links.person_id_l
            and shared.person_id_r = links.person_id_r
    group by kinds.kind
),

links_counted as (
    select
        'all' as kind,
        count(*) as n_links
    from links
    {%- for kind in kinds %}
        union all
        select
            '{{ kind }}' as kind,
            count(case when n_{{ kind }} > 0 then link_id end) as n_links
        from links
    {%- endfor %}
),

final as (
    select
        kinds.kind,
        cast({{ var("link_threshold") }} as integer) as link_threshold,
        cast({{ var("link_largest_event") }} as integer) as largest_event,
        cast(coalesce(incidents_counted.n_incidents, 0) as bigint) as n_incidents,
        cast(coalesce(persons_counted.n_persons, 0) as bigint) as n_persons,
        cast(coalesce(incidents_counted.n_persons_largest, 0) as bigint) as n_persons_largest,
        cast(coalesce(incidents_counted.n_incidents_shared, 0) as bigint) as n_incidents_shared,
        cast(coalesce(incidents_counted.n_pairs, 0) as bigint) as n_pairs,
        cast(coalesce(mass_events.n_events, 0) as bigint) as n_mass_incidents,
        cast(coalesce(mass_events.n_persons_in_them, 0) as bigint) as n_persons_left_out,
        cast(coalesce(mass_events.n_pairs_in_them, 0) as bigint) as n_pairs_left_out,
        cast(coalesce(incidents_linking.n_incidents_linking, 0) as bigint)
            as n_incidents_linking,
        cast(links_counted.n_links as bigint) as n_links
    from kinds
    inner join links_counted on kinds.kind = links_counted.kind
    left join incidents_counted on kinds.kind = incidents_counted.kind
    left join persons_counted on kinds.kind = persons_counted.kind
    left join mass_events on kinds.kind = mass_events.kind
    left join incidents_linking on kinds.kind = incidents_linking.kind
)

select * from final
