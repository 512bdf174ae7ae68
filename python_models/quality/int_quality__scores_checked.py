from think_family.quality import check


def model(dbt, session):
    dbt.config(materialized="table")
    return check(
        "scores",
        session,
        checked={
            "int_scores__adults_neared": dbt.ref("int_scores__adults_neared"),
            "int_scores__cohorts_gathered": dbt.ref("int_scores__cohorts_gathered"),
            "int_scores__features_judged": dbt.ref("int_scores__features_judged"),
            "int_scores__persons_scored": dbt.ref("int_scores__persons_scored"),
            "int_scores__reasons_weighed": dbt.ref("int_scores__reasons_weighed"),
            "int_scores__support_listed": dbt.ref("int_scores__support_listed"),
        },
    )
