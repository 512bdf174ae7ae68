{%- set hours = var("implied_hours") -%}
with visits as (
    select * from {{ ref("int_network__visits_recorded") }}
),

person_events as (
    select * from {{ ref("int_network__person_events_gathered") }}
),

quiet as (
    select *
    from visits
    where not is_crowded
),

-- Where one of the two names no hour, the day must be the same. The days stand in the condition
-- beside the hours so that engines join by them.
near as (
    select
        quiet.uprn,
        quiet.person_id as person_id_l,
        others_quiet.person_id as person_id_r,
        quiet.incident_id as incident_id_l,
        others_quiet.incident_id as incident_id_r,
        {{ earlier_of("quiet.visited_date", "others_quiet.visited_date") }} as met_date,
        {{ later_of("quiet.known_from_date", "others_quiet.known_from_date") }} as known_on,
        {{ earlier_of("quiet.withdrawn_date", "others_quiet.withdrawn_date") }} as withdrawn_on
    from quiet
    inner join quiet as others_quiet
        on
            quiet.uprn = others_quiet.uprn
            and quiet.person_id < others_quiet.person_id
            and quiet.incident_id <> others_quiet.incident_id
            and (
                (
                    quiet.visited_at <= {{ dbt.dateadd("hour", hours, "others_quiet.visited_at") }}
                    and others_quiet.visited_at
                    <= {{ dbt.dateadd("hour", hours, "quiet.visited_at") }}
                )
                or (
                    (quiet.visited_at is null or others_quiet.visited_at is null)
                    and quiet.visited_date = others_quiet.visited_date
                )
            )
),

pairs as (
    select distinct
        person_id_l,
        person_id_r
    from near
),

-- Together in any report, of whatever size: then there is no need to imply it.
reported as (
    select
        pairs.person_id_l,
        pairs.person_id_r,
        min(
            {{ later_of("events_l.recorded_date", "events_r.recorded_date") }}
        ) as reported_together_on
    from pairs
    inner join person_events as events_l on pairs.person_id_l = events_l.person_id
    inner join person_events as events_r
        on
            pairs.person_id_r = events_r.person_id
            and events_l.incident_id = events_r.incident_id
    group by pairs.person_id_l, pairs.person_id_r
),

implied as (
    select
        near.*,
        reported.reported_together_on
    from near
    left join reported
        on
            near.person_id_l = reported.person_id_l
            and near.person_id_r = reported.person_id_r
    where
        (near.withdrawn_on is null or near.withdrawn_on > near.known_on)
        and (
            reported.reported_together_on is null
            or reported.reported_together_on > near.known_on
        )
),

moments as (
    select distinct
        uprn,
        met_date,
        known_on
    from implied
),

-- Of a place to which half the town comes, two who came on one day say little of each other.
busy as (
    select
        moments.uprn,
        moments.met_date,
        moments.known_on,
        count(distinct visits.person_id) as n_persons_at_place
    from moments
    inner join visits
        on
            moments.uprn = visits.uprn
            and moments.known_on >= visits.known_from_date
            and visits.visited_date
            >= cast({{ dbt.dateadd("day", -var("place_window_days"), "moments.met_date") }} as date)
            and visits.visited_date
            <= cast({{ dbt.dateadd("day", var("place_window_days"), "moments.met_date") }} as date)
    group by moments.uprn, moments.met_date, moments.known_on
),

final as (
    select
        {{ dbt_utils.generate_surrogate_key([
            "implied.person_id_l", "implied.person_id_r", "implied.incident_id_l",
            "implied.incident_id_r", "implied.uprn",
        ]) }} as meeting_key,
        implied.person_id_l,
        implied.person_id_r,
        implied.uprn,
        implied.incident_id_l,
        implied.incident_id_r,
        implied.met_date,
        implied.known_on,
        implied.reported_together_on,
        implied.withdrawn_on,
        cast(busy.n_persons_at_place as integer) as n_persons_at_place
    from implied
    inner join busy
        on
            implied.uprn = busy.uprn
            and implied.met_date = busy.met_date
            and implied.known_on = busy.known_on
)

select * from final
