from think_family.quality import check


def model(dbt, session):
    dbt.config(materialized="table")
    return check(
        "housing",
        session,
        checked={
            "stg_bristol_housing__asb_cases": dbt.ref("stg_bristol_housing__asb_cases"),
            "stg_bristol_housing__homelessness": dbt.ref("stg_bristol_housing__homelessness"),
            "stg_bristol_housing__rent_arrears": dbt.ref("stg_bristol_housing__rent_arrears"),
            "stg_bristol_housing__tenancies": dbt.ref("stg_bristol_housing__tenancies"),
        },
        also_read={
            "stg_bristol_housing__occupants": dbt.ref("stg_bristol_housing__occupants"),
            "stg_gazetteer__addresses": dbt.ref("stg_gazetteer__addresses"),
        },
        deliveries=dbt.ref("int_quality__housing_deliveries_compared"),
    )
