from think_family.quality import check


def model(dbt, session):
    dbt.config(materialized="table")
    return check(
        "education",
        session,
        checked={
            "stg_bristol_education__attendance": dbt.ref("stg_bristol_education__attendance"),
            "stg_bristol_education__children_missing_education": dbt.ref(
                "stg_bristol_education__children_missing_education"
            ),
            "stg_bristol_education__destinations": dbt.ref("stg_bristol_education__destinations"),
            "stg_bristol_education__enrolments": dbt.ref("stg_bristol_education__enrolments"),
            "stg_bristol_education__exclusions": dbt.ref("stg_bristol_education__exclusions"),
            "stg_bristol_education__sen": dbt.ref("stg_bristol_education__sen"),
            "stg_school_register__schools": dbt.ref("stg_school_register__schools"),
            "stg_somerset_children__attendance": dbt.ref("stg_somerset_children__attendance"),
        },
        also_read={
            "stg_bristol_education__pupils": dbt.ref("stg_bristol_education__pupils"),
            "stg_gazetteer__addresses": dbt.ref("stg_gazetteer__addresses"),
            "stg_somerset_children__people": dbt.ref("stg_somerset_children__people"),
        },
        deliveries=dbt.ref("int_quality__education_deliveries_compared"),
    )
