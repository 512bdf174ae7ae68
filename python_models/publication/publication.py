from think_family.publication import publish


def model(dbt, session):
    dbt.config(materialized="table")
    return publish(
        session,
        {
            "dim_family": dbt.ref("dim_family"),
            "dim_person": dbt.ref("dim_person"),
            "fct_family_composition": dbt.ref("fct_family_composition"),
            "fct_family_membership": dbt.ref("fct_family_membership"),
            "fct_identity_change": dbt.ref("fct_identity_change"),
            "fct_linkage_quality": dbt.ref("fct_linkage_quality"),
            "fct_row_accounting": dbt.ref("fct_row_accounting"),
            "fct_source_freshness": dbt.ref("fct_source_freshness"),
        },
    )
