{{ rows_attached(
    "stg_response__alert_feedback",
    ["forename", "surname", "birth_date", "postcode"],
) }}
