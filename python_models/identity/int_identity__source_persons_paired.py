import narwhals as nw

from think_family.identity.linkage import score_pairs
from think_family.identity.model import load_parameters


def model(dbt, session):
    records = nw.from_native(dbt.ref("int_identity__person_records_standardised"))
    return score_pairs(records.collect("pyarrow").to_native(), load_parameters())
