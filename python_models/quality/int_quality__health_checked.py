from think_family.quality import check


def model(dbt, session):
    dbt.config(materialized="table")
    return check(
        "health",
        session,
        checked={
            "stg_health__maternity": dbt.ref("stg_health__maternity"),
            "stg_health__mental_health_contacts": dbt.ref("stg_health__mental_health_contacts"),
            "stg_health__substance_treatment": dbt.ref("stg_health__substance_treatment"),
        },
        also_read={
            "stg_health__gp_registrations": dbt.ref("stg_health__gp_registrations"),
        },
        deliveries=dbt.ref("int_quality__health_deliveries_compared"),
    )
