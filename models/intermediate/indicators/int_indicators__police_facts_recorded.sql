{{ config(materialized="view") }}
{{ stands_below("person_records") }}
{{ stands_below("police") }}
with source_persons as (
    select * from {{ ref("int_identity__source_persons_identified") }}
),

occurrences as (
    select * from {{ ref("stg_police_records__occurrences") }}
),

role_rows as (
    {{ rows_with_persons(
        "stg_police_records__occurrence_roles", "staged.nominal_id", "police_records", "nominals"
    ) }}
),

custody as (
    {{ rows_with_persons(
        "stg_police_records__custody", "staged.nominal_id", "police_records", "nominals"
    ) }}
),

antisocial_behaviour as (
    {{ rows_with_persons(
        "stg_police_records__antisocial_behaviour", "staged.nominal_id", "police_records", "nominals"
    ) }}
),

domestic_abuse as (
    {{ rows_with_persons(
        "stg_police_records__domestic_abuse", "staged.nominal_id", "police_records", "nominals"
    ) }}
),

markers as (
    {{ rows_with_persons(
        "stg_police_records__markers", "staged.nominal_id", "police_records", "nominals"
    ) }}
),

missing_reports as (
    {{ rows_with_persons(
        "stg_police_missing__reports", "staged.nominal_id", "police_records", "nominals"
    ) }}
),

-- A role says what it says of the occurrence as that stood at the time.
occurrence_roles as (
    select
        role_rows.person_id,
        role_rows.source_row_key,
        role_rows.version_number,
        role_rows.occurrence_id,
        role_rows.occurrence_role,
        occurrences.offence,
        occurrences.flag,
        {{ local_date("occurrences.started_at") }} as started_date,
        role_rows.recorded_date,
        {{ later_of("role_rows.known_from_date", "occurrences.known_from_date") }}
            as known_from_date,
        {{ earlier_of("role_rows.known_to_date", "occurrences.known_to_date") }} as known_to_date
    from role_rows
    left join occurrences
        on
            role_rows.occurrence_id = occurrences.occurrence_id
            and {{ known_together("role_rows", "occurrences") }}
),

graded_missing_reports as (
    select
        *,
        {{ local_date("missing_at") }} as missing_date,
        case grade
            when 'no_apparent_risk' then 1
            when 'low' then 2
            when 'medium' then 3
            when 'high' then 4
        end as grade_number
    from missing_reports
),

graded_domestic_abuse as (
    select
        *,
        case dash_grade when 'standard' then 1 when 'medium' then 2 when 'high' then 3 end
            as grade_number
    from domestic_abuse
),

unioned as (
    {{ facts_stated("police_records", "occurrence_roles", "occurrence_roles", [
        {
            "attribute": "role", "value": "occurrence_role", "detail": "offence",
            "from_date": "started_date", "event_key": "'occurrence ' || occurrence_id",
        },
        {
            "attribute": "role and offence", "value": "occurrence_role || ' ' || offence",
            "detail": "offence", "from_date": "started_date",
            "event_key": "'occurrence ' || occurrence_id",
        },
        {
            "attribute": "role and flag", "value": "occurrence_role || ' ' || flag",
            "detail": "offence", "from_date": "started_date",
            "event_key": "'occurrence ' || occurrence_id", "where": "flag <> 'none'",
        },
    ]) }}
    union all
    {{ facts_stated("police_records", "custody", "custody", [
        {"attribute": "detention", "from_date": local_date("detained_at")},
    ]) }}
    union all
    {{ facts_stated("police_records", "antisocial_behaviour", "antisocial_behaviour", [
        {
            "attribute": "role", "value": "asb_role", "detail": "category",
            "from_date": "happened_date", "event_key": "'asb ' || incident_id",
        },
    ]) }}
    union all
    {{ facts_stated("police_records", "domestic_abuse", "graded_domestic_abuse", [
        {
            "attribute": "role", "value": "da_role", "measure": "grade_number",
            "from_date": "happened_date", "event_key": "'domestic abuse ' || incident_id",
        },
    ]) }}
    union all
    {{ facts_stated("police_records", "markers", "markers", [
        {
            "attribute": "marker", "value": "marker", "from_date": "from_date",
            "to_date": "to_date",
        },
    ]) }}
    union all
    {{ facts_stated("police_missing", "reports", "graded_missing_reports", [
        {
            "attribute": "grade", "value": "grade", "measure": "grade_number",
            "from_date": "missing_date",
        },
        {
            "attribute": "missing from", "value": "missing_from", "measure": "grade_number",
            "from_date": "missing_date",
        },
        {
            "attribute": "call script", "value": "'exploitation'", "from_date": "missing_date",
            "where": "has_script_exploitation",
        },
        {
            "attribute": "call script", "value": "'substances'", "from_date": "missing_date",
            "where": "has_script_substances",
        },
        {
            "attribute": "call script", "value": "'self_harm'", "from_date": "missing_date",
            "where": "has_script_self_harm",
        },
        {
            "attribute": "call script", "value": "'older_friends'", "from_date": "missing_date",
            "where": "has_script_older_friends",
        },
    ]) }}
)

select * from unioned
