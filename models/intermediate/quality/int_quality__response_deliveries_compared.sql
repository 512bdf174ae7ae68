{{ deliveries_compared([
    "stg_response__alert_feedback",
    "stg_response__interventions"
]) }}
