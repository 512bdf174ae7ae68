from think_family.quality import check


def model(dbt, session):
    dbt.config(materialized="table")
    return check(
        "linkage",
        session,
        checked={
            "int_identity__person_records_standardised": dbt.ref(
                "int_identity__person_records_standardised"
            ),
            "int_identity__source_persons_clustered": dbt.ref(
                "int_identity__source_persons_clustered"
            ),
            "int_identity__source_persons_paired": dbt.ref("int_identity__source_persons_paired"),
        },
        also_read={
            "int_quality__person_records_deliveries_compared": dbt.ref(
                "int_quality__person_records_deliveries_compared"
            ),
        },
    )
