"""The last node: hands every mart to the readers, once all of them and their tests have passed."""

from think_family.publication import publish


def model(dbt, session):
    dbt.config(materialized="table")
    return publish(
        session,
        {
            "fct_row_accounting": dbt.ref("fct_row_accounting"),
            "fct_source_freshness": dbt.ref("fct_source_freshness"),
        },
    )
