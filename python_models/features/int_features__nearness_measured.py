import narwhals as nw

from think_family.network.carried import spread_as_of


def model(dbt, session):
    def table(relation):
        return nw.from_native(relation).collect("pyarrow").to_native()

    return spread_as_of(
        table(
            dbt.ref("int_network__ties_gathered").project(
                "person_id_l, person_id_r, tie, linked_on, ended_on"
            )
        ),
        table(dbt.ref("int_features__risks_carried")),
        table(dbt.ref("int_features__person_dates_listed")),
        hops=int(dbt.config.get("hops")),
        decay=float(dbt.config.get("decay")),
        largest_hub=int(dbt.config.get("largest_hub")),
    )
