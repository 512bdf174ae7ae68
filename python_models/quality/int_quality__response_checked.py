from think_family.quality import check


def model(dbt, session):
    dbt.config(materialized="table")
    return check(
        "response",
        session,
        checked={
            "stg_response__alert_feedback": dbt.ref("stg_response__alert_feedback"),
            "stg_response__interventions": dbt.ref("stg_response__interventions"),
        },
        deliveries=dbt.ref("int_quality__response_deliveries_compared"),
    )
