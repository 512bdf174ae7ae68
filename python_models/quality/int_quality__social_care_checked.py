from think_family.quality import check


def model(dbt, session):
    dbt.config(materialized="table")
    return check(
        "social_care",
        session,
        checked={
            "stg_bristol_social_care__assessment_factors": dbt.ref(
                "stg_bristol_social_care__assessment_factors"
            ),
            "stg_bristol_social_care__assessments": dbt.ref("stg_bristol_social_care__assessments"),
            "stg_bristol_social_care__cin_plans": dbt.ref("stg_bristol_social_care__cin_plans"),
            "stg_bristol_social_care__cla_episodes": dbt.ref(
                "stg_bristol_social_care__cla_episodes"
            ),
            "stg_bristol_social_care__cp_plans": dbt.ref("stg_bristol_social_care__cp_plans"),
            "stg_bristol_social_care__early_help": dbt.ref("stg_bristol_social_care__early_help"),
            "stg_bristol_social_care__referrals": dbt.ref("stg_bristol_social_care__referrals"),
            "stg_bristol_youth_justice__interventions": dbt.ref(
                "stg_bristol_youth_justice__interventions"
            ),
            "stg_somerset_children__episodes": dbt.ref("stg_somerset_children__episodes"),
        },
        also_read={
            "stg_bristol_social_care__persons": dbt.ref("stg_bristol_social_care__persons"),
            "stg_gazetteer__addresses": dbt.ref("stg_gazetteer__addresses"),
            "stg_police_records__nominals": dbt.ref("stg_police_records__nominals"),
            "stg_somerset_children__people": dbt.ref("stg_somerset_children__people"),
        },
        deliveries=dbt.ref("int_quality__social_care_deliveries_compared"),
    )
