{{ config(materialized="view") }}
{{ stands_below("person_records") }}
{{ stands_below("education") }}
with source_persons as (
    select * from {{ ref("int_identity__source_persons_identified") }}
),

schools as (
    select * from {{ ref("stg_school_register__schools") }}
),

attendance_rows as (
    {{ rows_with_persons(
        "stg_bristol_education__attendance", "staged.pupil_id", "bristol_education", "pupils"
    ) }}
),

exclusions as (
    {{ rows_with_persons(
        "stg_bristol_education__exclusions", "staged.pupil_id", "bristol_education", "pupils"
    ) }}
),

children_missing_education as (
    {{ rows_with_persons(
        "stg_bristol_education__children_missing_education", "staged.pupil_id",
        "bristol_education", "pupils"
    ) }}
),

sen as (
    {{ rows_with_persons(
        "stg_bristol_education__sen", "staged.pupil_id", "bristol_education", "pupils"
    ) }}
),

destinations as (
    {{ rows_with_persons(
        "stg_bristol_education__destinations", "staged.pupil_id", "bristol_education", "pupils"
    ) }}
),

pupils as (
    {{ rows_with_persons(
        "stg_bristol_education__pupils", "staged.pupil_id", "bristol_education", "pupils"
    ) }}
),

enrolment_rows as (
    {{ rows_with_persons(
        "stg_bristol_education__enrolments", "staged.pupil_id", "bristol_education", "pupils"
    ) }}
),

-- A move is known only once it has come, though the row was recorded on the day of entry.
enrolments as (
    select
        enrolment_rows.person_id,
        enrolment_rows.source_row_key,
        enrolment_rows.version_number,
        enrolment_rows.entry_date,
        enrolment_rows.leaving_date,
        enrolment_rows.leaving_reason,
        {{ dbt.dateadd("day", 1, "enrolment_rows.leaving_date") }} as left_date,
        schools.phase,
        enrolment_rows.recorded_date,
        {{ later_of("enrolment_rows.known_from_date", "schools.known_from_date") }}
            as known_from_date,
        {{ earlier_of("enrolment_rows.known_to_date", "schools.known_to_date") }} as known_to_date
    from enrolment_rows
    left join schools
        on
            enrolment_rows.school_id = schools.school_id
            and {{ known_together("enrolment_rows", "schools") }}
),

attendance as (
    select
        *,
        cast(100 * (n_sessions_authorised + n_sessions_unauthorised) as {{ type_double() }})
        / nullif(n_sessions_possible, 0) as percent_missed
    from attendance_rows
),

absence_years as (
    select
        *,
        known_from_date as recorded_date
    from {{ ref("int_indicators__absence_years_harmonised") }}
),

unioned as (
    {{ facts_stated("bristol_education", "attendance", "attendance", [
        {
            "attribute": "percent missed", "measure": "percent_missed",
            "from_date": "half_term_start_date",
        },
        {
            "attribute": "sessions unauthorised", "measure": "n_sessions_unauthorised",
            "from_date": "half_term_start_date",
        },
    ]) }}
    union all
    {{ facts_stated("bristol_education", "attendance", "absence_years", [
        {
            "attribute": "percent missed in the year", "measure": "percent_missed",
            "from_date": "year_start_date",
            "event_key": "'school year ' || pupil_id || ' ' || academic_year",
        },
    ]) }}
    union all
    {{ facts_stated("bristol_education", "exclusions", "exclusions", [
        {
            "attribute": "type", "value": "exclusion_type", "detail": "reason",
            "from_date": "start_date",
        },
        {
            "attribute": "reason", "value": "reason", "detail": "reason",
            "from_date": "start_date",
        },
    ]) }}
    union all
    {{ facts_stated(
        "bristol_education", "children_missing_education", "children_missing_education", [
            {"attribute": "missing education", "from_date": "start_date", "to_date": "end_date"},
        ]
    ) }}
    union all
    {{ facts_stated("bristol_education", "enrolments", "enrolments", [
        {
            "attribute": "phase of school", "value": "phase", "from_date": "entry_date",
            "to_date": "left_date",
        },
    ]) }}
    union all
    {{ facts_stated("bristol_education", "enrolments", "enrolments", [
        {
            "attribute": "leaving reason", "value": "leaving_reason", "from_date": "leaving_date",
            "where": (
                "leaving_date is not null"
                " and (known_to_date is null or leaving_date < known_to_date)"
            ),
        },
    ], known_from=later_of("known_from_date", "leaving_date")) }}
    union all
    {{ facts_stated("bristol_education", "sen", "sen", [
        {
            "attribute": "provision", "value": "provision", "detail": "primary_need",
            "from_date": "start_date", "to_date": "end_date",
        },
    ]) }}
    union all
    {{ facts_stated("bristol_education", "destinations", "destinations", [
        {
            "attribute": "destination", "value": "destination", "from_date": "from_date",
            "to_date": "to_date",
        },
        {
            "attribute": "risk", "value": "neet_risk", "detail": "neet_risk",
            "from_date": "from_date", "where": "neet_risk is not null",
        },
    ]) }}
    union all
    -- The register says how it is, not since when: it is dated by the delivery that says so.
    {{ facts_stated("bristol_education", "pupils", "pupils", [
        {
            "attribute": "free school meals",
            "value": "case when is_free_school_meals then 'true' else 'false' end",
            "from_date": "extract_date",
        },
    ], known_from="extract_date") }}
)

select * from unioned
