import narwhals as nw

from think_family.scoring.history import drift_measured


def model(dbt, session):
    dbt.config(materialized="table")

    def table(relation):
        return nw.from_native(relation).collect("pyarrow").to_native()

    # What staging shows of this run is there once the run has counted.
    dbt.ref("int_scores__bins_counted")
    return drift_measured(
        table(dbt.ref("int_scores__runs_listed")),
        table(dbt.ref("stg_run_ledger__bins_kept")),
        least_count=int(dbt.config.get("least_count")),
    )
