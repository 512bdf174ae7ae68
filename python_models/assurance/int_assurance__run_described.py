from pathlib import Path

import narwhals as nw

from think_family.invocation import invocation_id, target_folder
from think_family.publication.manifest import describe_run, run_described, write_manifest


def model(dbt, session):
    dbt.config(materialized="table")

    def table(relation):
        return nw.from_native(relation).collect("pyarrow").to_native()

    manifest = describe_run(
        invocation_id(),
        table(dbt.ref("stg_run_ledger__runs_started")),
        table(dbt.ref("stg_load_ledger__files")),
        # dbt stands in the folder of the project.
        Path.cwd(),
    )
    if manifest is not None:
        write_manifest(manifest, target_folder())
    return run_described(manifest)
