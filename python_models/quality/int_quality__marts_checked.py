from think_family.quality import check


def model(dbt, session):
    dbt.config(materialized="table")
    return check(
        "marts",
        session,
        checked={
            "dim_family": dbt.ref("dim_family"),
            "dim_person": dbt.ref("dim_person"),
            "fct_association": dbt.ref("fct_association"),
            "fct_chronology": dbt.ref("fct_chronology"),
            "fct_data_quality": dbt.ref("fct_data_quality"),
            "fct_family_composition": dbt.ref("fct_family_composition"),
            "fct_family_criteria": dbt.ref("fct_family_criteria"),
            "fct_family_membership": dbt.ref("fct_family_membership"),
            "fct_identity_change": dbt.ref("fct_identity_change"),
            "fct_implied_association": dbt.ref("fct_implied_association"),
            "fct_indicator_coverage": dbt.ref("fct_indicator_coverage"),
            "fct_link_coverage": dbt.ref("fct_link_coverage"),
            "fct_link_quality": dbt.ref("fct_link_quality"),
            "fct_linkage_quality": dbt.ref("fct_linkage_quality"),
            "fct_model_drift": dbt.ref("fct_model_drift"),
            "fct_model_fairness": dbt.ref("fct_model_fairness"),
            "fct_model_performance": dbt.ref("fct_model_performance"),
            "fct_network_risk": dbt.ref("fct_network_risk"),
            "fct_over_18_subject": dbt.ref("fct_over_18_subject"),
            "fct_peer_violence_network": dbt.ref("fct_peer_violence_network"),
            "fct_person_indicators": dbt.ref("fct_person_indicators"),
            "fct_place_risk": dbt.ref("fct_place_risk"),
            "fct_problem_triangle": dbt.ref("fct_problem_triangle"),
            "fct_row_accounting": dbt.ref("fct_row_accounting"),
            "fct_run_manifest": dbt.ref("fct_run_manifest"),
            "fct_score_history": dbt.ref("fct_score_history"),
            "fct_source_freshness": dbt.ref("fct_source_freshness"),
            "fct_support_list": dbt.ref("fct_support_list"),
            "int_identity__label_records_attached": dbt.ref("int_identity__label_records_attached"),
        },
        volumes=dbt.ref("int_quality__marts_compared"),
    )
