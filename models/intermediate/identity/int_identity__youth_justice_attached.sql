{{ rows_attached(
    "stg_bristol_youth_justice__interventions",
    ["forename", "surname", "birth_date", "postcode", "police_national_id"],
) }}
