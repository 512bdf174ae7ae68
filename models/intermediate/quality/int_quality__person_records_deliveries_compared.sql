{{ deliveries_compared([
    "stg_bristol_education__pupil_contacts",
    "stg_bristol_education__pupils",
    "stg_bristol_housing__occupants",
    "stg_bristol_revenues__council_tax",
    "stg_bristol_social_care__addresses",
    "stg_bristol_social_care__persons",
    "stg_bristol_social_care__relationships",
    "stg_dwp__benefits",
    "stg_gazetteer__addresses",
    "stg_health__gp_registrations",
    "stg_police_records__nominals",
    "stg_somerset_children__family_members",
    "stg_somerset_children__people",
    "stg_somerset_housing__accounts"
]) }}
