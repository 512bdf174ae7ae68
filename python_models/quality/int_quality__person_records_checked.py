from think_family.quality import check


def model(dbt, session):
    dbt.config(materialized="table")
    return check(
        "person_records",
        session,
        checked={
            "stg_bristol_education__pupil_contacts": dbt.ref(
                "stg_bristol_education__pupil_contacts"
            ),
            "stg_bristol_education__pupils": dbt.ref("stg_bristol_education__pupils"),
            "stg_bristol_housing__occupants": dbt.ref("stg_bristol_housing__occupants"),
            "stg_bristol_revenues__council_tax": dbt.ref("stg_bristol_revenues__council_tax"),
            "stg_bristol_social_care__addresses": dbt.ref("stg_bristol_social_care__addresses"),
            "stg_bristol_social_care__persons": dbt.ref("stg_bristol_social_care__persons"),
            "stg_bristol_social_care__relationships": dbt.ref(
                "stg_bristol_social_care__relationships"
            ),
            "stg_dwp__benefits": dbt.ref("stg_dwp__benefits"),
            "stg_gazetteer__addresses": dbt.ref("stg_gazetteer__addresses"),
            "stg_health__gp_registrations": dbt.ref("stg_health__gp_registrations"),
            "stg_police_records__nominals": dbt.ref("stg_police_records__nominals"),
            "stg_somerset_children__family_members": dbt.ref(
                "stg_somerset_children__family_members"
            ),
            "stg_somerset_children__people": dbt.ref("stg_somerset_children__people"),
            "stg_somerset_housing__accounts": dbt.ref("stg_somerset_housing__accounts"),
        },
        also_read={
            "stg_bristol_housing__tenancies": dbt.ref("stg_bristol_housing__tenancies"),
        },
        deliveries=dbt.ref("int_quality__person_records_deliveries_compared"),
    )
