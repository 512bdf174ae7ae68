import datetime

import narwhals as nw

from think_family.identity.families import family_spells


def model(dbt, session):
    first_date = dbt.config.get("first_date")
    files = nw.from_native(dbt.ref("stg_load_ledger__files"))
    last_date = files.select(nw.col("extract_date").max()).collect("pyarrow").item()
    ties = nw.from_native(dbt.ref("int_identity__family_ties_dated")).collect("pyarrow")
    first_date = datetime.date.fromisoformat(first_date)
    return family_spells(ties.to_native(), first_date, last_date or first_date)
