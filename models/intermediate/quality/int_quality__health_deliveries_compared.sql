{{ deliveries_compared([
    "stg_health__maternity",
    "stg_health__mental_health_contacts",
    "stg_health__substance_treatment"
]) }}
