{#- Every staging model of an extract; a test of the conventions tells when one is missing. -#}
{%- set staging_models = [
    "stg_base__services",
    "stg_bristol_education__attendance",
    "stg_bristol_education__children_missing_education",
    "stg_bristol_education__destinations",
    "stg_bristol_education__enrolments",
    "stg_bristol_education__exclusions",
    "stg_bristol_education__pupil_contacts",
    "stg_bristol_education__pupils",
    "stg_bristol_education__sen",
    "stg_bristol_housing__asb_cases",
    "stg_bristol_housing__homelessness",
    "stg_bristol_housing__occupants",
    "stg_bristol_housing__rent_arrears",
    "stg_bristol_housing__tenancies",
    "stg_bristol_revenues__council_tax",
    "stg_bristol_social_care__addresses",
    "stg_bristol_social_care__assessment_factors",
    "stg_bristol_social_care__assessments",
    "stg_bristol_social_care__cin_plans",
    "stg_bristol_social_care__cla_episodes",
    "stg_bristol_social_care__cp_plans",
    "stg_bristol_social_care__early_help",
    "stg_bristol_social_care__persons",
    "stg_bristol_social_care__referrals",
    "stg_bristol_social_care__relationships",
    "stg_bristol_youth_justice__interventions",
    "stg_dwp__benefits",
    "stg_exploitation__national_referrals",
    "stg_exploitation__panel_decisions",
    "stg_gazetteer__addresses",
    "stg_health__gp_registrations",
    "stg_health__maternity",
    "stg_health__mental_health_contacts",
    "stg_health__substance_treatment",
    "stg_police_control__incidents",
    "stg_police_missing__companions",
    "stg_police_missing__reports",
    "stg_police_pnc__checks",
    "stg_police_records__antisocial_behaviour",
    "stg_police_records__custody",
    "stg_police_records__domestic_abuse",
    "stg_police_records__exploitation_markers",
    "stg_police_records__intelligence_reports",
    "stg_police_records__intelligence_subjects",
    "stg_police_records__markers",
    "stg_police_records__nominals",
    "stg_police_records__occurrence_roles",
    "stg_police_records__occurrences",
    "stg_response__alert_feedback",
    "stg_response__interventions",
    "stg_school_register__schools",
    "stg_somerset_children__attendance",
    "stg_somerset_children__episodes",
    "stg_somerset_children__exploitation_episodes",
    "stg_somerset_children__family_members",
    "stg_somerset_children__people",
    "stg_somerset_housing__accounts"
] -%}
{%- for further in var("further_programmes") -%}
    {%- for extract in ([further.persons] + further.facts) | unique -%}
        {%- do staging_models.append("stg_" ~ further.system ~ "__" ~ extract) -%}
    {%- endfor -%}
{%- endfor -%}
{#- Label rows of these extracts stand in a staging model of their own. -#}
{%- set extract_of = {
    "stg_police_records__exploitation_markers": "police_records__markers",
    "stg_somerset_children__exploitation_episodes": "somerset_children__episodes",
} -%}

with counted as (
    {% for staging_model in staging_models %}
        {% set system, extract = extract_of.get(staging_model, staging_model[4:]).split("__") %}
        select
            '{{ staging_model }}' as staging_model,
            '{{ system }}' as source_system,
            '{{ extract }}' as source_extract,
            count(*) as n_versions,
            count(*) filter (where is_current) as n_current_rows,
            count(distinct source_row_key) as n_source_rows,
            cast(coalesce(sum(n_unknown_codes), 0) as bigint) as n_unknown_codes,
            cast(coalesce(sum(n_invalid_values), 0) as bigint) as n_invalid_values
        from {{ ref(staging_model) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

final as (
    select
        staging_model,
        source_system,
        source_extract,
        n_versions,
        n_current_rows,
        n_unknown_codes,
        n_invalid_values,
        -- A source row whose last version was closed is known of, but no longer held.
        n_source_rows - n_current_rows as n_closed_rows
    from counted
)

select * from final
