with as_of_dates as (
    select * from {{ ref("int_features__as_of_dates_listed") }}
),

ties as (
    select * from {{ ref("int_network__ties_gathered") }}
),

birth_dates as (
    select * from {{ ref("int_identity__birth_dates_dated") }}
),

parts as (
    select * from {{ ref("int_network__parts_dated") }}
),

incidents as (
    select * from {{ ref("int_network__incidents_scored") }}
),

-- Incidents tie while they stand; who was ever of one family or home is marked.
pairs as (
    select
        as_of_dates.as_of_date,
        ties.person_id_l,
        ties.person_id_r,
        min(
            case
                when
                    ties.tie = 'shared_incidents'
                    and (ties.ended_on is null or ties.ended_on > as_of_dates.as_of_date)
                    then ties.linked_on
            end
        ) as shared_on,
        min(
            case
                when
                    ties.tie = 'opposite_sides'
                    and (ties.ended_on is null or ties.ended_on > as_of_dates.as_of_date)
                    then ties.linked_on
            end
        ) as opposed_on,
        max(case when ties.tie = 'family' then 1 else 0 end) = 1 as is_family,
        max(case when ties.tie = 'household' then 1 else 0 end) = 1 as is_household
    from ties
    inner join as_of_dates on ties.linked_on <= as_of_dates.as_of_date
    group by as_of_dates.as_of_date, ties.person_id_l, ties.person_id_r
),

-- Whose birth date nobody had recorded by the day was not known to be young.
young as (
    select
        as_of_dates.as_of_date,
        birth_dates.person_id
    from birth_dates
    inner join as_of_dates
        on
            birth_dates.from_date <= as_of_dates.as_of_date
            and (birth_dates.to_date is null or birth_dates.to_date > as_of_dates.as_of_date)
    where {{ age_in_years("birth_dates.birth_date", "as_of_dates.as_of_date") }} < 25
),

peers as (
    select pairs.*
    from pairs
    inner join young as young_l
        on
            pairs.as_of_date = young_l.as_of_date
            and pairs.person_id_l = young_l.person_id
    inner join young as young_r
        on
            pairs.as_of_date = young_r.as_of_date
            and pairs.person_id_r = young_r.person_id
    where pairs.shared_on is not null or pairs.opposed_on is not null
),

violent as (
    select *
    from incidents
    where
        points_serious_violence >= {{ var("incident_least_points") }}
        and n_persons <= {{ var("link_largest_event") }}
),

-- What the two have in common is counted, never what one of them did.
shared as (
    select
        peers.as_of_date,
        peers.person_id_l,
        peers.person_id_r,
        count(*) as n_violent_incidents,
        count(*) filter (
            where
            parts_l.was_harmed and parts_r.was_harmed
            and not parts_l.was_suspected and not parts_r.was_suspected
        ) as n_harmed_together,
        count(*) filter (
            where
            (parts_l.was_harmed and parts_r.was_suspected)
            or (parts_l.was_suspected and parts_r.was_harmed)
        ) as n_on_opposite_sides,
        min(violent.event_date) as first_event_date,
        max(violent.event_date) as last_event_date
    from peers
    inner join parts as parts_l
        on
            peers.as_of_date = parts_l.as_of_date
            and peers.person_id_l = parts_l.person_id
    inner join parts as parts_r
        on
            peers.as_of_date = parts_r.as_of_date
            and peers.person_id_r = parts_r.person_id
            and parts_l.incident_id = parts_r.incident_id
    inner join violent
        on
            peers.as_of_date = violent.as_of_date
            and parts_l.incident_id = violent.incident_id
    group by peers.as_of_date, peers.person_id_l, peers.person_id_r
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key(
            ["peers.as_of_date", "peers.person_id_l", "peers.person_id_r"]
        ) }} as peer_pair_key,
        peers.as_of_date,
        peers.person_id_l,
        peers.person_id_r,
        peers.shared_on is not null as is_linked_by_incidents,
        peers.opposed_on is not null as is_linked_by_opposite_sides,
        peers.is_family,
        peers.is_household,
        {{ earlier_of("peers.shared_on", "peers.opposed_on") }} as linked_on,
        cast(shared.n_violent_incidents as integer) as n_violent_incidents,
        cast(shared.n_harmed_together as integer) as n_harmed_together,
        cast(shared.n_on_opposite_sides as integer) as n_on_opposite_sides,
        shared.first_event_date,
        shared.last_event_date
    from peers
    inner join shared
        on
            peers.as_of_date = shared.as_of_date
            and peers.person_id_l = shared.person_id_l
            and peers.person_id_r = shared.person_id_r
)

select * from final
