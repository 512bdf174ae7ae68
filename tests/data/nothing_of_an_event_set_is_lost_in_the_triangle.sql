-- Every incident of a set is told, with everybody who was harmed or suspected in it.
with event_sets as (
    select * from {{ ref("int_network__event_sets_listed") }}
),

parts as (
    select * from {{ ref("int_network__parts_dated") }}
),

triangles as (
    select * from {{ ref("fct_problem_triangle") }}
),

expected as (
    select
        event_sets.event_set,
        event_sets.incident_id,
        case when parts.was_harmed then parts.person_id end as harmed_person_id,
        case when parts.was_suspected then parts.person_id end as suspected_person_id
    from event_sets
    left join parts
        on
            event_sets.as_of_date = parts.as_of_date
            and event_sets.incident_id = parts.incident_id
),

told_incidents as (
    select distinct
        event_set,
        incident_id
    from triangles
),

told_harmed as (
    select distinct
        event_set,
        incident_id,
        harmed_person_id
    from triangles
    where harmed_person_id is not null
),

told_suspected as (
    select distinct
        event_set,
        incident_id,
        suspected_person_id
    from triangles
    where suspected_person_id is not null
),

final as (
    select expected.*
    from expected
    left join told_incidents
        on
            expected.event_set = told_incidents.event_set
            and expected.incident_id = told_incidents.incident_id
    left join told_harmed
        on
            expected.event_set = told_harmed.event_set
            and expected.incident_id = told_harmed.incident_id
            and expected.harmed_person_id = told_harmed.harmed_person_id
    left join told_suspected
        on
            expected.event_set = told_suspected.event_set
            and expected.incident_id = told_suspected.incident_id
            and expected.suspected_person_id = told_suspected.suspected_person_id
    where
        told_incidents.incident_id is null
        or (expected.harmed_person_id is not null and told_harmed.incident_id is null)
        or (expected.suspected_person_id is not null and told_suspected.incident_id is null)
)

select * from final
