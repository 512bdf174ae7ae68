{{ config(materialized="view") }}
{{ stands_below("person_records") }}
{{ stands_below("social_care") }}
with source_persons as (
    select * from {{ ref("int_identity__source_persons_identified") }}
),

youth_justice_attached as (
    select * from {{ ref("int_identity__youth_justice_attached") }}
),

referrals as (
    {{ rows_with_persons(
        "stg_bristol_social_care__referrals", "staged.social_care_id", "bristol_social_care",
        "persons"
    ) }}
),

assessments as (
    {{ rows_with_persons(
        "stg_bristol_social_care__assessments", "staged.social_care_id", "bristol_social_care",
        "persons"
    ) }}
),

factor_rows as (
    select * from {{ ref("stg_bristol_social_care__assessment_factors") }}
),

cin_plans as (
    {{ rows_with_persons(
        "stg_bristol_social_care__cin_plans", "staged.social_care_id", "bristol_social_care",
        "persons"
    ) }}
),

cp_plans as (
    {{ rows_with_persons(
        "stg_bristol_social_care__cp_plans", "staged.social_care_id", "bristol_social_care",
        "persons"
    ) }}
),

cla_episodes as (
    {{ rows_with_persons(
        "stg_bristol_social_care__cla_episodes", "staged.social_care_id", "bristol_social_care",
        "persons"
    ) }}
),

early_help as (
    {{ rows_with_persons(
        "stg_bristol_social_care__early_help", "staged.social_care_id", "bristol_social_care",
        "persons"
    ) }}
),

youth_justice as (
    select
        interventions.*,
        youth_justice_attached.person_id
    from {{ ref("stg_bristol_youth_justice__interventions") }} as interventions
    left join youth_justice_attached
        on interventions.source_row_key = youth_justice_attached.source_row_key
),

assessed_persons as (
    select
        assessment_id,
        person_id,
        min(known_from_date) as first_known_date
    from assessments
    group by assessment_id, person_id
),

-- Whom a factor is of is known only with its assessment.
assessment_factors as (
    select
        assessed_persons.person_id,
        factor_rows.source_row_key,
        factor_rows.version_number,
        factor_rows.assessment_id,
        factor_rows.factor,
        factor_rows.recorded_date,
        {{ later_of("factor_rows.known_from_date", "assessed_persons.first_known_date") }}
            as known_from_date,
        factor_rows.known_to_date
    from factor_rows
    left join assessed_persons on factor_rows.assessment_id = assessed_persons.assessment_id
),

unioned as (
    {{ facts_stated("bristol_social_care", "referrals", "referrals", [
        {"attribute": "referral", "detail": "'from ' || referral_source", "from_date": "referral_date"},
    ]) }}
    union all
    {{ facts_stated("bristol_social_care", "assessments", "assessments", [
        {"attribute": "assessment", "from_date": "started_date"},
    ]) }}
    union all
    {{ facts_stated("bristol_social_care", "assessment_factors", "assessment_factors", [
        {
            "attribute": "factor", "value": "factor", "detail": "factor",
            "from_date": "recorded_date", "event_key": "'assessment ' || assessment_id",
            "where": "known_to_date is null or known_from_date < known_to_date",
        },
    ]) }}
    union all
    {{ facts_stated("bristol_social_care", "cin_plans", "cin_plans", [
        {
            "attribute": "plan", "detail": "primary_need", "from_date": "start_date",
            "to_date": "end_date",
        },
    ]) }}
    union all
    {{ facts_stated("bristol_social_care", "cp_plans", "cp_plans", [
        {
            "attribute": "plan", "detail": "category", "from_date": "start_date",
            "to_date": "end_date",
        },
    ]) }}
    union all
    {{ facts_stated("bristol_social_care", "cla_episodes", "cla_episodes", [
        {
            "attribute": "episode", "detail": "legal_status", "from_date": "start_date",
            "to_date": "end_date",
        },
        {
            "attribute": "placement", "value": "placement", "detail": "placement",
            "from_date": "start_date", "to_date": "end_date",
        },
    ]) }}
    union all
    {{ facts_stated("bristol_social_care", "early_help", "early_help", [
        {
            "attribute": "episode", "detail": "level", "from_date": "start_date",
            "to_date": "end_date",
        },
    ]) }}
    union all
    {{ facts_stated("bristol_youth_justice", "interventions", "youth_justice", [
        {
            "attribute": "intervention", "detail": "intervention_type", "from_date": "start_date",
            "to_date": "end_date",
        },
    ]) }}
)

select * from unioned
