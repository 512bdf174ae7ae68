import narwhals as nw

from think_family.identity.persons import cluster_persons


def model(dbt, session):
    records = nw.from_native(dbt.ref("int_identity__person_records_standardised"))
    pairs = nw.from_native(dbt.ref("int_identity__source_persons_paired"))
    return cluster_persons(
        records.collect("pyarrow").to_native(), pairs.collect("pyarrow").to_native()
    )
