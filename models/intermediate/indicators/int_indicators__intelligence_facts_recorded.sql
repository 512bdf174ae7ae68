{{ config(materialized="view") }}
{{ stands_below("person_records") }}
{{ stands_below("police") }}
with source_persons as (
    select * from {{ ref("int_identity__source_persons_identified") }}
),

reports as (
    select * from {{ ref("stg_police_records__intelligence_reports") }}
),

subject_rows as (
    {{ rows_with_persons(
        "stg_police_records__intelligence_subjects", "staged.nominal_id", "police_records",
        "nominals"
    ) }}
),

-- Who is mentioned in passing, or named by what is thought to be false, is not made suspect by it.
subjects as (
    select
        subject_rows.person_id,
        subject_rows.source_row_key,
        subject_rows.version_number,
        subject_rows.report_id,
        reports.theme,
        reports.event_date,
        subject_rows.recorded_date,
        {{ later_of("subject_rows.known_from_date", "reports.known_from_date") }}
            as known_from_date,
        {{ earlier_of("subject_rows.known_to_date", "reports.known_to_date") }} as known_to_date
    from subject_rows
    inner join reports
        on
            subject_rows.report_id = reports.report_id
            and {{ known_together("subject_rows", "reports") }}
    where
        coalesce(subject_rows.subject_role, 'unknown') <> 'mentioned'
        and coalesce(reports.intelligence_grade, 'unknown') <> 'suspected_false'
),

unioned as (
    {{ facts_stated("police_records", "intelligence_subjects", "subjects", [
        {
            "attribute": "theme", "value": "theme", "from_date": "event_date",
            "event_key": "'intelligence ' || report_id",
        },
    ]) }}
)

select * from unioned
