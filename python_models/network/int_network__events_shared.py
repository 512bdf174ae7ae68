from think_family.network.links import link_events


def model(dbt, session):
    dbt.config(materialized="table")
    events = dbt.ref("int_network__person_events_gathered")
    return link_events(
        events.project("person_id, incident_id as event_id, kind, event_date, recorded_date"),
        threshold=int(dbt.config.get("threshold")),
        largest_event=int(dbt.config.get("largest_event")),
    )
