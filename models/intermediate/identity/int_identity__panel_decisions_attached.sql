{{ rows_attached(
    "stg_exploitation__panel_decisions",
    ["forename", "surname", "birth_date", "postcode", "nominal_id"],
) }}
