from think_family.quality import check


def model(dbt, session):
    dbt.config(materialized="table")
    return check(
        "police",
        session,
        checked={
            "stg_police_control__incidents": dbt.ref("stg_police_control__incidents"),
            "stg_police_missing__companions": dbt.ref("stg_police_missing__companions"),
            "stg_police_missing__reports": dbt.ref("stg_police_missing__reports"),
            "stg_police_pnc__checks": dbt.ref("stg_police_pnc__checks"),
            "stg_police_records__antisocial_behaviour": dbt.ref(
                "stg_police_records__antisocial_behaviour"
            ),
            "stg_police_records__custody": dbt.ref("stg_police_records__custody"),
            "stg_police_records__domestic_abuse": dbt.ref("stg_police_records__domestic_abuse"),
            "stg_police_records__intelligence_reports": dbt.ref(
                "stg_police_records__intelligence_reports"
            ),
            "stg_police_records__intelligence_subjects": dbt.ref(
                "stg_police_records__intelligence_subjects"
            ),
            "stg_police_records__markers": dbt.ref("stg_police_records__markers"),
            "stg_police_records__occurrence_roles": dbt.ref("stg_police_records__occurrence_roles"),
            "stg_police_records__occurrences": dbt.ref("stg_police_records__occurrences"),
        },
        also_read={
            "int_quality__deliveries_dated": dbt.ref("int_quality__deliveries_dated"),
            "stg_gazetteer__addresses": dbt.ref("stg_gazetteer__addresses"),
            "stg_police_records__nominals": dbt.ref("stg_police_records__nominals"),
        },
        deliveries=dbt.ref("int_quality__police_deliveries_compared"),
    )
