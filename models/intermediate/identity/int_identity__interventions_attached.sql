{{ rows_attached(
    "stg_response__interventions",
    ["forename", "surname", "birth_date"],
) }}
