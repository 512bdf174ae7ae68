{{ rows_attached(
    "stg_exploitation__national_referrals",
    ["forename", "surname", "birth_date", "nominal_id"],
) }}
