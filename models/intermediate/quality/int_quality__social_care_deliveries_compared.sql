{{ deliveries_compared([
    "stg_bristol_social_care__assessment_factors",
    "stg_bristol_social_care__assessments",
    "stg_bristol_social_care__cin_plans",
    "stg_bristol_social_care__cla_episodes",
    "stg_bristol_social_care__cp_plans",
    "stg_bristol_social_care__early_help",
    "stg_bristol_social_care__referrals",
    "stg_bristol_youth_justice__interventions",
    "stg_somerset_children__episodes"
]) }}
