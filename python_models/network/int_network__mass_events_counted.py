from think_family.network.links import count_mass_events


def model(dbt, session):
    dbt.config(materialized="table")
    largest_event = int(dbt.config.get("largest_event"))
    events = dbt.ref("int_network__person_events_gathered").project(
        "person_id, incident_id as event_id, kind, event_date, recorded_date"
    )
    by_kind = count_mass_events(events, largest_event=largest_event)
    of_all = count_mass_events(
        events.project("* replace ('all' as kind)"), largest_event=largest_event
    )
    return by_kind.union(of_all)
