from pathlib import Path

import narwhals as nw

from think_family.network.measurement import measure_links


def model(dbt, session):
    def table(relation):
        return nw.from_native(relation).collect("pyarrow").to_native()

    return measure_links(
        table(dbt.ref("int_network__person_events_gathered").filter("withdrawn_date is null")),
        table(dbt.ref("int_identity__source_rows_identified")),
        thresholds=range(1, 6),
        largest_event=int(dbt.config.get("largest_event")),
        truth=Path(dbt.config.get("truth_path")),
    )
