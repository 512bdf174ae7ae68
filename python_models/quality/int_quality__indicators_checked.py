from think_family.quality import check


def model(dbt, session):
    dbt.config(materialized="table")
    return check(
        "indicators",
        session,
        checked={
            "int_features__family_windowed": dbt.ref("int_features__family_windowed"),
            "int_features__indicators_windowed": dbt.ref("int_features__indicators_windowed"),
            "int_features__nearness_measured": dbt.ref("int_features__nearness_measured"),
            "int_features__persons_described": dbt.ref("int_features__persons_described"),
            "int_features__persons_placed": dbt.ref("int_features__persons_placed"),
            "int_indicators__facts_coded": dbt.ref("int_indicators__facts_coded"),
            "int_indicators__facts_gathered": dbt.ref("int_indicators__facts_gathered"),
            "int_indicators__intelligence_coded": dbt.ref("int_indicators__intelligence_coded"),
            "int_indicators__persons_told": dbt.ref("int_indicators__persons_told"),
            "int_indicators__programmes_harmonised": dbt.ref(
                "int_indicators__programmes_harmonised"
            ),
            "int_indicators__sources_dated": dbt.ref("int_indicators__sources_dated"),
        },
        also_read={
            "int_features__person_dates_listed": dbt.ref("int_features__person_dates_listed"),
        },
    )
