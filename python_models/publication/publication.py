from think_family.publication import publish


def model(dbt, session):
    dbt.config(materialized="table")
    # Every gate: one that is shut, wherever it stands, keeps this node from being reached.
    dbt.ref("gate_education")
    dbt.ref("gate_exploitation")
    dbt.ref("gate_health")
    dbt.ref("gate_housing")
    dbt.ref("gate_identity")
    dbt.ref("gate_indicators")
    dbt.ref("gate_linkage")
    dbt.ref("gate_marts")
    dbt.ref("gate_network")
    dbt.ref("gate_person_records")
    dbt.ref("gate_police")
    dbt.ref("gate_response")
    dbt.ref("gate_scores")
    dbt.ref("gate_social_care")
    return publish(
        session,
        {
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
            "fct_peer_violence_network": dbt.ref("fct_peer_violence_network"),
            "fct_over_18_subject": dbt.ref("fct_over_18_subject"),
            "fct_person_indicators": dbt.ref("fct_person_indicators"),
            "fct_place_risk": dbt.ref("fct_place_risk"),
            "fct_problem_triangle": dbt.ref("fct_problem_triangle"),
            "fct_row_accounting": dbt.ref("fct_row_accounting"),
            "fct_run_manifest": dbt.ref("fct_run_manifest"),
            "fct_score_history": dbt.ref("fct_score_history"),
            "fct_source_freshness": dbt.ref("fct_source_freshness"),
            "fct_support_list": dbt.ref("fct_support_list"),
        },
    )
