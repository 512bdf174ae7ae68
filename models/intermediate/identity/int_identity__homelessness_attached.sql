{{ rows_attached(
    "stg_bristol_housing__homelessness",
    ["forename", "surname", "birth_date", "postcode", "nino"],
) }}
