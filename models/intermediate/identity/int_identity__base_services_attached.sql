{{ rows_attached(
    "stg_base__services",
    ["forename", "surname", "birth_date", "postcode"],
) }}
