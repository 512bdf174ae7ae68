import narwhals as nw

from think_family.scoring.history import bins_counted, parameters_by_version


def model(dbt, session):
    dbt.config(materialized="table")

    def table(relation):
        return nw.from_native(relation).collect("pyarrow").to_native()

    return bins_counted(
        table(dbt.ref("int_scores__scores_recorded")),
        parameters_by_version(table(dbt.ref("int_scores__parameters_recorded"))),
    )
