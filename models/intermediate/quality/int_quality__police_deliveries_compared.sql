{{ deliveries_compared([
    "stg_police_control__incidents",
    "stg_police_missing__companions",
    "stg_police_missing__reports",
    "stg_police_pnc__checks",
    "stg_police_records__antisocial_behaviour",
    "stg_police_records__custody",
    "stg_police_records__domestic_abuse",
    "stg_police_records__intelligence_reports",
    "stg_police_records__intelligence_subjects",
    "stg_police_records__markers",
    "stg_police_records__occurrence_roles",
    "stg_police_records__occurrences"
]) }}
