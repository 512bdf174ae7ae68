{{ deliveries_compared([
    "stg_bristol_housing__asb_cases",
    "stg_bristol_housing__homelessness",
    "stg_bristol_housing__rent_arrears",
    "stg_bristol_housing__tenancies"
]) }}
