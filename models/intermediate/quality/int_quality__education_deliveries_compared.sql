{{ deliveries_compared([
    "stg_bristol_education__attendance",
    "stg_bristol_education__children_missing_education",
    "stg_bristol_education__destinations",
    "stg_bristol_education__enrolments",
    "stg_bristol_education__exclusions",
    "stg_bristol_education__sen",
    "stg_school_register__schools",
    "stg_somerset_children__attendance"
]) }}
