from pathlib import Path

import narwhals as nw

from think_family.identity.measurement import measure_linkage


def model(dbt, session):
    def table(relation):
        return nw.from_native(relation).collect("pyarrow").to_native()

    earlier_dates = dbt.config.get("family_as_of_dates")
    truth_path = dbt.config.get("truth_path")
    files = nw.from_native(dbt.ref("stg_load_ledger__files"))
    last_date = files.select(nw.col("extract_date").max()).collect("pyarrow").item()
    return measure_linkage(
        table(dbt.ref("int_identity__source_rows_identified")),
        table(dbt.ref("int_identity__family_members_identified")),
        table(dbt.ref("int_identity__label_records_attached")),
        as_of_dates=[*earlier_dates, *([str(last_date)] if last_date else [])],
        truth=Path(truth_path),
    )
