from think_family.quality import check


def model(dbt, session):
    dbt.config(materialized="table")
    return check(
        "identity",
        session,
        checked={
            "int_identity__family_spells_followed": dbt.ref("int_identity__family_spells_followed"),
            "int_identity__homes_dated": dbt.ref("int_identity__homes_dated"),
            "int_identity__persons_named": dbt.ref("int_identity__persons_named"),
            "int_identity__source_persons_identified": dbt.ref(
                "int_identity__source_persons_identified"
            ),
            "int_identity__source_rows_identified": dbt.ref("int_identity__source_rows_identified"),
        },
    )
