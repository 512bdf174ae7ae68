from think_family.quality import check


def model(dbt, session):
    dbt.config(materialized="table")
    return check(
        "network",
        session,
        checked={
            "int_network__associates_linked": dbt.ref("int_network__associates_linked"),
            "int_network__associates_recorded": dbt.ref("int_network__associates_recorded"),
            "int_network__events_shared": dbt.ref("int_network__events_shared"),
            "int_network__incidents_counted": dbt.ref("int_network__incidents_counted"),
            "int_network__incidents_merged": dbt.ref("int_network__incidents_merged"),
            "int_network__incidents_placed": dbt.ref("int_network__incidents_placed"),
            "int_network__meetings_implied": dbt.ref("int_network__meetings_implied"),
            "int_network__participants_recorded": dbt.ref("int_network__participants_recorded"),
            "int_network__parts_scored": dbt.ref("int_network__parts_scored"),
            "int_network__person_events_gathered": dbt.ref("int_network__person_events_gathered"),
            "int_network__places_protected": dbt.ref("int_network__places_protected"),
            "int_network__places_repeated": dbt.ref("int_network__places_repeated"),
            "int_network__presences_counted": dbt.ref("int_network__presences_counted"),
            "int_network__ties_gathered": dbt.ref("int_network__ties_gathered"),
            "int_network__visits_recorded": dbt.ref("int_network__visits_recorded"),
        },
    )
