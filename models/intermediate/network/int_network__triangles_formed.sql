with event_sets as (
    select * from {{ ref("int_network__event_sets_listed") }}
),

parts as (
    select * from {{ ref("int_network__parts_dated") }}
),

placed_parts as (
    select * from {{ ref("int_network__parts_scored") }}
),

events as (
    select * from {{ ref("int_network__incidents_merged") }}
),

occurrences as (
    select * from {{ ref("stg_police_records__occurrences") }}
),

protected_places as (
    select * from {{ ref("int_network__places_protected") }}
),

incidents as (
    select distinct
        as_of_date,
        incident_id
    from event_sets
),

harmed as (
    select
        incidents.incident_id,
        parts.person_id
    from incidents
    inner join parts
        on
            incidents.as_of_date = parts.as_of_date
            and incidents.incident_id = parts.incident_id
    where parts.was_harmed
),

suspected as (
    select
        incidents.incident_id,
        parts.person_id
    from incidents
    inner join parts
        on
            incidents.as_of_date = parts.as_of_date
            and incidents.incident_id = parts.incident_id
    where parts.was_suspected
),

-- Who is named on both sides was not harmed by themselves; the other side may be unknown.
opposed as (
    select
        harmed.incident_id,
        harmed.person_id as harmed_person_id,
        suspected.person_id as suspected_person_id
    from harmed
    inner join suspected
        on
            harmed.incident_id = suspected.incident_id
            and harmed.person_id <> suspected.person_id
),

sides as (
    select
        incident_id,
        harmed_person_id,
        suspected_person_id
    from opposed
    union all
    select
        harmed.incident_id,
        harmed.person_id as harmed_person_id,
        cast(null as {{ dbt.type_string() }}) as suspected_person_id
    from harmed
    left join opposed
        on
            harmed.incident_id = opposed.incident_id
            and harmed.person_id = opposed.harmed_person_id
    where opposed.incident_id is null
    union all
    select
        suspected.incident_id,
        cast(null as {{ dbt.type_string() }}) as harmed_person_id,
        suspected.person_id as suspected_person_id
    from suspected
    left join opposed
        on
            suspected.incident_id = opposed.incident_id
            and suspected.person_id = opposed.suspected_person_id
    where opposed.incident_id is null
),

placed as (
    select
        incidents.incident_id,
        placed_parts.uprn
    from incidents
    inner join placed_parts
        on
            incidents.incident_id = placed_parts.incident_id
            and {{ known_on("placed_parts", "incidents.as_of_date") }}
    where placed_parts.uprn is not null
    union
    select
        incidents.incident_id,
        occurrences.location_uprn as uprn
    from incidents
    inner join events on incidents.incident_id = events.incident_id
    inner join occurrences
        on
            events.event_id = 'occurrence ' || occurrences.occurrence_id
            and {{ known_on("occurrences", "incidents.as_of_date") }}
    where occurrences.location_uprn is not null
),

places as (
    select distinct
        placed.incident_id,
        case when protected_places.uprn is null then placed.uprn end as uprn,
        protected_places.uprn is not null as is_place_withheld
    from placed
    left join protected_places on placed.uprn = protected_places.uprn
),

-- A side that nobody recorded is null, and the incident is there.
final as (
    select
        {{ dbt_utils.generate_surrogate_key([
            "event_sets.event_set_incident_key", "sides.harmed_person_id",
            "sides.suspected_person_id", "places.uprn", "places.is_place_withheld",
        ]) }} as triangle_key,
        event_sets.as_of_date,
        event_sets.event_set_kind,
        event_sets.event_set,
        event_sets.incident_id,
        event_sets.event_date,
        event_sets.recorded_date,
        sides.harmed_person_id,
        sides.suspected_person_id,
        places.uprn,
        coalesce(places.is_place_withheld, false) as is_place_withheld
    from event_sets
    left join sides on event_sets.incident_id = sides.incident_id
    left join places on event_sets.incident_id = places.incident_id
)

select * from final
